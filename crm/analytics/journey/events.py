"""What happened to each customer, and when? First contact, orders, complaints, solutions, low and high scores, by day.

Within a day the sequence is that of KINDS: orders are known by day only, so that the hour of a message says nothing beside
them. All orders of one day are one purchase.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.journey.opinions import opinions

KINDS = ("contact", "first_order", "second_order", "later_order", "complaint", "solution", "low_score", "high_score")
ENTRIES = ("referral", "campaign", "inquiry", "message", "order", "other")  # how a journey began
KIND_BITS, DAY_BITS = 4, 20  # of a sort key: sixteen kinds, 2,800 years of days
_CODE = {name: place for place, name in enumerate(KINDS)}


@dataclass(frozen=True, eq=False)
class Events:
    """The events of n customers as arrays; days count from 1970-01-01.

    customer_ids (n,) rising. code, kind, day (m,): whose (0..n-1), which of KINDS, when; by customer, day, kind. sign_code,
    sign_day: the days on which a customer gave any sign of life (order, message, ticket, answer), each once, in the same
    order. start (n,): day of the first of both. entry (n,): which of ENTRIES. order_code, order_day, order_net: all orders,
    credit notes included, by customer and day. as_of_day: the last day that counts.
    """

    customer_ids: np.ndarray
    code: np.ndarray
    kind: np.ndarray
    day: np.ndarray
    sign_code: np.ndarray
    sign_day: np.ndarray
    start: np.ndarray
    entry: np.ndarray
    order_code: np.ndarray
    order_day: np.ndarray
    order_net: np.ndarray
    as_of_day: int

    def first_day(self, kind: str) -> np.ndarray:
        """The day on which each customer first had an event of the kind, (n,) float64; NaN: never."""
        found = np.full(len(self.customer_ids), np.nan)
        rows = np.flatnonzero(self.kind == _CODE[kind])[::-1]  # the earliest is written last
        found[self.code[rows]] = self.day[rows]
        return found

    def only(self, kept: np.ndarray) -> Events:
        """The same for the customers marked in `kept` (n,)."""
        place = np.cumsum(kept) - 1
        rows, signs, orders = kept[self.code], kept[self.sign_code], kept[self.order_code]
        return Events(self.customer_ids[kept], place[self.code[rows]], self.kind[rows], self.day[rows],
                      place[self.sign_code[signs]], self.sign_day[signs], self.start[kept], self.entry[kept],
                      place[self.order_code[orders]], self.order_day[orders], self.order_net[orders], self.as_of_day)


def read(orders: pd.DataFrame, *, as_of: dt.date, tickets: pd.DataFrame | None = None, contacts: pd.DataFrame | None = None,
         answers: pd.DataFrame | None = None, campaigns: pd.DataFrame | None = None,
         referrals: pd.DataFrame | None = None) -> Events:
    """The events up to `as_of` from the frames of crm.frames (see `follow`); customers without any are not in it."""
    last = int(np.datetime64(as_of, "D").astype(np.int64))
    bought = _dated(orders[orders["is_purchase"].to_numpy(dtype=bool)], "customer_id", "ordered_on", last)
    asked, complained, solved = _tickets(tickets, last)
    wrote = _none() if contacts is None else _dated(contacts[contacts["direction"] == "in"], "customer_id", "happened_at", last)
    responded = _none() if campaigns is None else _dated(campaigns, "customer_id", "responded_at", last)
    brought = _none() if referrals is None else _dated(referrals, "referred_id", "referred_on", last)
    answered, verdict = (_none(), np.zeros(0)) if answers is None else opinions(answers, last=last)
    every = (bought, asked, complained, solved, wrote, responded, brought, answered)
    customer_ids = np.unique(np.concatenate([customer for customer, _ in every]))
    n = len(customer_ids)

    def coded(found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return np.searchsorted(customer_ids, found[0]), found[1]

    bought = _unique(coded(bought))
    complained, solved, answered = coded(complained), coded(solved), coded(answered)
    others = tuple(np.concatenate(column) for column in zip(bought, complained, answered, strict=True))
    contact = _first_contacts(n, others, complained, [coded(found) for found in (brought, responded, asked, wrote)])
    orders_by_place = _orders_in_turn(bought)
    parts = [(contact[0], contact[1], _CODE["contact"]), *orders_by_place, (*complained, _CODE["complaint"]),
             (*solved, _CODE["solution"])]
    for name, said in (("low_score", -1), ("high_score", 1)):
        parts.append((answered[0][verdict == said], answered[1][verdict == said], _CODE[name]))
    key = np.concatenate([_key(code, day) << KIND_BITS | kind for code, day, kind in parts])
    key.sort()
    code, day = _parted(key >> KIND_BITS)
    kind = (key & (2**KIND_BITS - 1)).astype(np.int8)
    signs = [bought, complained, answered, contact[:2], *map(coded, (asked, wrote, responded))]
    sign_code, sign_day = _unique(tuple(np.concatenate(column) for column in zip(*signs, strict=True)))
    entry = np.full(n, ENTRIES.index("other"), dtype=np.int8)
    opens = np.flatnonzero(np.diff(code, prepend=-1) != 0)
    by_order = opens[kind[opens] == _CODE["first_order"]]
    entry[code[by_order]] = ENTRIES.index("order")
    source = np.zeros(n, dtype=np.int8)
    source[contact[0]] = contact[2]
    by_contact = opens[kind[opens] == _CODE["contact"]]
    entry[code[by_contact]] = source[code[by_contact]]
    start = np.full(n, last)
    np.minimum.at(start, code, day)
    np.minimum.at(start, sign_code, sign_day)
    counted = orders[orders["customer_id"].isin(customer_ids)]
    owner, when = counted["customer_id"].to_numpy(), _days(counted["ordered_on"])
    net = counted["net_amount"].to_numpy(dtype=np.float64)[when <= last]
    place = np.searchsorted(customer_ids, owner[when <= last])
    order = np.argsort(_key(place, when[when <= last]), kind="stable")
    return Events(customer_ids, code, kind, day, sign_code, sign_day, start, entry, place[order],
                  when[when <= last][order], net[order], last)


def _first_contacts(n: int, others: tuple, complained: tuple, sources: list[tuple]) -> tuple[np.ndarray, ...]:
    """Customer, day and source (place in ENTRIES) of each customer's first contact, where nothing else (an order, a
    complaint, an answer) came before it, and it was not the complaint itself."""
    complaints = _key(*complained)
    best = np.full(n, np.iinfo(np.int64).max)
    for place, (code, day) in enumerate(sources):
        if place == ENTRIES.index("message"):  # a complaint that came as a message is no first contact
            is_own = ~np.isin(_key(code, day), complaints)
            code, day = code[is_own], day[is_own]
        np.minimum.at(best, code, day << 3 | place)
    before = np.full(n, np.iinfo(np.int64).max >> 3)
    np.minimum.at(before, *others)
    code = np.flatnonzero((best < np.iinfo(np.int64).max) & (best >> 3 <= before))
    return code, best[code] >> 3, best[code] & 7


def _orders_in_turn(bought: tuple[np.ndarray, np.ndarray]) -> list[tuple]:
    code, day = bought
    opens = np.flatnonzero(np.diff(code, prepend=-1) != 0)
    turn = np.arange(len(code)) - np.repeat(opens, np.diff(opens, append=len(code)))
    turn = np.minimum(turn, 2)
    return [(code[turn == place], day[turn == place], _CODE[name])
            for place, name in enumerate(("first_order", "second_order", "later_order"))]


def _tickets(tickets: pd.DataFrame | None, last: int) -> tuple[tuple, tuple, tuple]:
    """Questions and wishes, complaints, solved complaints."""
    if tickets is None:
        return _none(), _none(), _none()
    is_complaint = (tickets["kind"] == "complaint").to_numpy(dtype=bool)
    # What was solved before it came is a slip of the pen; a complaint after as_of is not known yet.
    known = tickets[is_complaint & (_days(tickets["opened_at"]) <= last)]
    known = known[known["resolved_at"] >= known["opened_at"]]
    return (_dated(tickets[~is_complaint], "customer_id", "opened_at", last),
            _dated(tickets[is_complaint], "customer_id", "opened_at", last),
            _dated(known, "customer_id", "resolved_at", last))


def _dated(frame: pd.DataFrame, customer: str, moment: str, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Known customers and days up to the last one."""
    days, customers = _days(frame[moment]), frame[customer].to_numpy(dtype=np.int64)
    known = (customers > 0) & (days <= last)
    return customers[known], days[known]


def _days(moments: pd.Series) -> np.ndarray:
    """Days from 1970-01-01; a moment that is not known lies after every other."""
    days = pd.to_datetime(moments).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.iinfo(np.int64).max, days.astype(np.int64))


def _none() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)


def _key(code: np.ndarray, day: np.ndarray) -> np.ndarray:
    return (np.asarray(code, dtype=np.int64) << DAY_BITS) + day + 2 ** (DAY_BITS - 1)  # days before 1970 too


def _parted(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return key >> DAY_BITS, (key & (2**DAY_BITS - 1)) - 2 ** (DAY_BITS - 1)


def _unique(found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    key = np.sort(_key(*found))  # np.unique goes by hashes, which takes ten times as long
    return _parted(key[np.diff(key, prepend=-1) != 0])
