"""Where do customers drop out? After which step follows no order, or no sign of life at all, for so many days.

The shares are of the customers whose days after the step are over by as_of: who took it last week has not been silent for long
enough to be counted on either side. Counting him as going on once he does would make every step look safer than it is. Each
customer counts once a kind of step, with the first one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.journey.events import KINDS, Events
from crm.analytics.journey.shares import FEW, differ, wilson

PAUSES_SHORTER = 0.9  # nine of ten pauses of customers who do come back are shorter than the silence
ROUND_DAYS = (30, 45, 60, 90, 120, 150, 180, 270, 365, 540, 730)  # lengths that people can remember
FEWEST_REPEATERS = 10  # rhythms from fewer customers are anecdotes
MOST_OF_HISTORY = 3  # at most a third of the time that is known: two thirds must be left to watch customers in
WITHOUT_RHYTHM = 90  # days, where too few came back to show one: a quarter, as other pages take it
ORDERS = tuple(KINDS.index(name) for name in ("first_order", "second_order", "later_order"))
CONTACT = KINDS.index("contact")
ENOUGH_JUDGED = 30  # customers; with fewer the weakest step would often be the one with fewest
ALPHA = 0.05
STAGES = ("contact", "first_order", "second_order", "later_order")  # how far a customer came: no order, one, two, more
DROPOUT_COLUMNS = ["kind", "reached", "judged", "no_order", "share", "low", "high", "silent", "silent_share", "silent_low",
                   "silent_high", "came_back_share", "is_uncertain"]
NEVER = np.iinfo(np.int64).max


def usual_silence(events: Events) -> tuple[int, str]:
    """Days without a sign of life that count as silence, and where they are from: "rhythm", "records" or "longest" (more
    than one in ten pauses is longer, but the records are too short for more, or it is the longest there is) or "usual"
    (WITHOUT_RHYTHM).

    The rhythm: nine of ten pauses between two purchases are shorter, every customer who came back counting once, rounded up
    to a length that people remember, at most a third of the time since the first order; as the page of cohorts has it.
    """
    bought = np.isin(events.kind, ORDERS)
    code, day = events.code[bought], events.day[bought]
    same = code[1:] == code[:-1]
    pause, owner = np.diff(day)[same], code[1:][same]
    known_days = events.as_of_day - int(day.min()) if len(day) else 0
    possible = [days for days in ROUND_DAYS if days * MOST_OF_HISTORY <= known_days] or [ROUND_DAYS[0]]
    pauses_each = np.bincount(owner)
    if (pauses_each > 0).sum() < FEWEST_REPEATERS:
        return min(WITHOUT_RHYTHM, possible[-1]), "usual"
    lengths, place = np.unique(pause, return_inverse=True)
    up_to = np.cumsum(np.bincount(place, weights=1 / pauses_each[owner]))
    usual = lengths[np.searchsorted(up_to / up_to[-1], PAUSES_SHORTER - 1e-12)]
    if usual > possible[-1]:
        return possible[-1], "longest" if possible[-1] == ROUND_DAYS[-1] else "records"
    return next(days for days in possible if usual <= days), "rhythm"


def first_steps(events: Events, *, silence_days: int) -> pd.DataFrame:
    """One row a customer and kind of step, its first: code, kind (place in KINDS), judged (its days are over), no_order (no
    order in them), silent (no sign of life in them), came_back (no order in them, but one later)."""
    key = np.sort(_key(events.code, events.kind.astype(np.int64)) * 2**20 + events.day + 2**19)
    rows = key[np.diff(key >> 20, prepend=-1) != 0]  # the earliest of each
    code, kind, day = rows >> 20 >> 4, rows >> 20 & 15, (rows & 2**20 - 1) - 2**19
    bought = np.isin(events.kind, ORDERS)
    # A contact comes before an order of the same day, everything else after it.
    order_day = _next(events.code[bought], events.day[bought], code, day - (kind == CONTACT))
    sign_day = _next(events.sign_code, events.sign_day, code, day)
    other_day = _next_step(events, code, kind, day)
    following = np.minimum(np.minimum(order_day, sign_day), other_day)
    judged = day + silence_days <= events.as_of_day
    no_order = judged & (order_day > day + silence_days)
    return pd.DataFrame({"code": code, "kind": kind, "judged": judged, "no_order": no_order,
                         "silent": judged & (following > day + silence_days), "came_back": no_order & (order_day < NEVER)})


def _key(code: np.ndarray, kind: np.ndarray) -> np.ndarray:
    return code << 4 | kind


def _next(of: np.ndarray, days: np.ndarray, code: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The first of a customer's `days` after each `day`, NEVER where there is none; `of`, `days` sorted."""
    place = np.searchsorted(of * 2**20 + days, code * 2**20 + day, side="right")
    after = np.minimum(place, max(len(of) - 1, 0))
    if not len(of):
        return np.full(len(code), NEVER)
    return np.where((place < len(of)) & (of[after] == code), days[after], NEVER)


def _next_step(events: Events, code: np.ndarray, kind: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The day of the next step of any kind, which may be the same day."""
    place = np.searchsorted(((events.code << 20) + events.day + 2**19) << 4 | events.kind, ((code << 20) + day + 2**19) << 4 | kind,
                            side="right")
    after = np.minimum(place, len(events.code) - 1)
    return np.where((place < len(events.code)) & (events.code[after] == code), events.day[after], NEVER)


def dropouts(first: pd.DataFrame) -> pd.DataFrame:
    """One row a kind of step that anybody reached, in the order of KINDS (DROPOUT_COLUMNS).

    reached: customers; judged: those whose days after it are over; no_order: no order in these days; share (0..1 of judged),
    low, high (Wilson, 95 %), NaN where nobody is judged; silent, silent_share, silent_low, silent_high: no sign of life at all
    in them; came_back_share: of those without an order in these days, who ordered later (NaN: none); is_uncertain: fewer
    than ten judged.
    """
    kind = first["kind"].to_numpy()
    counted = {"reached": np.bincount(kind, minlength=len(KINDS))} | {
        name: np.bincount(kind[first[name].to_numpy()], minlength=len(KINDS))
        for name in ("judged", "no_order", "silent", "came_back")}
    table = pd.DataFrame({"kind": KINDS, **counted})
    judged = table["judged"].where(table["judged"] > 0)
    for name, prefix in (("no_order", ""), ("silent", "silent_")):
        low, high = wilson(table[name].to_numpy(), table["judged"].to_numpy())
        table = table.assign(**{f"{prefix}share": table[name] / judged, f"{prefix}low": low, f"{prefix}high": high})
    table = table.assign(came_back_share=table["came_back"] / table["no_order"].where(table["no_order"] > 0),
                         is_uncertain=table["judged"] < FEW)
    return table.loc[table["reached"] > 0, DROPOUT_COLUMNS].reset_index(drop=True)


def weakest(table: pd.DataFrame) -> tuple[str | None, bool]:
    """The one of STAGES after which the largest share of `dropouts` does not order, and whether that is more than after the
    next one beyond chance."""
    judged = table[table["kind"].isin(STAGES) & (table["judged"] >= ENOUGH_JUDGED)].sort_values("share", ascending=False, kind="stable")
    if judged.empty or judged["no_order"].iloc[0] == 0:
        return None, False
    two = judged.head(2)
    return str(two["kind"].iloc[0]), differ(two["no_order"].to_numpy(), two["judged"].to_numpy()) < ALPHA


def stages(events: Events, is_silent: np.ndarray) -> pd.DataFrame:
    """Where everybody stands today, one row each of STAGES: stage, customers, silent; "contact": no order yet."""
    code = events.code[np.isin(events.kind, ORDERS)]
    stage = np.minimum(np.bincount(code, minlength=len(is_silent)), len(STAGES) - 1)
    return pd.DataFrame({"stage": STAGES, "customers": np.bincount(stage, minlength=len(STAGES)),
                         "silent": np.bincount(stage[is_silent], minlength=len(STAGES))})
