"""Journey: from the first contact to the first order, and again? Which ways customers take, how long that lasts, where they stop."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.journey import beginning, paths, silence
from crm.analytics.journey.events import ENTRIES, Events, read
from crm.analytics.journey.groups import Groups, compare
from crm.analytics.journey.shares import FEW
from crm.analytics.journey.waiting import Waiting, waiting
from crm.errors import InvalidInput, NotEnoughData

MOST_STEPS = 8
USUAL_STEPS = 3
OPTIONAL = ("complaint", "solution", "low_score", "high_score")  # steps that an owner may not want to see in the ways
WHOLE_STEPS = 5  # of a whole way that is told; longer ones "go on"
GROUP_STEPS = 3  # of the usual way of a group: with more, even the most usual one is rare
LONGEST_DAYS = 3_650  # ten years
AGAIN_DAYS = 90  # for groups, where too few were watched for a usual length
LONG_SILENCE = 2  # times the usual wait for the next order; who is silent for less may only be late


@dataclass(frozen=True, eq=False)
class Journey:
    """How customers come, stay and go, up to and including `as_of`.

    customers: whose journeys are followed; left_out: customers whose journey began before `since` (None: all are
    followed); since_from: "crowd" (old customers look new before it), "chosen" or "all". silence_days without a sign of
    life are silence; silence_from: "chosen" or what silence.usual_silence says. steps: shown in `flows`.

    entries: entry (one of ENTRIES), customers, share. reached, flows, following, whole, beginnings (with after_days): see
    crm.analytics.journey.paths; in `following` the days from the first to the second order are those of to_second_order, where it
    has any. dropouts: see crm.analytics.journey.silence. to_first_order: from the first contact on, of those
    whose journey began with one; to_second_order: from the first order on; None with fewer than ten customers.
    stages: stage (one of silence.STAGES: how far they came), customers, silent (today); silent_now: how many are silent in all.
    weakest: the stage after which the largest share does not order (of those with thirty judged customers), None where there
    is none; weakest_is_clear: the next weakest lies below it by more than chance would explain. without: kinds that were asked not to be steps. groups: None where none were asked for or there are not two of ten customers.
    """

    as_of: dt.date
    customers: int
    left_out: int
    since: dt.date | None
    since_from: str
    silence_days: int
    silence_from: str
    steps: int
    entries: pd.DataFrame
    reached: pd.DataFrame
    flows: pd.DataFrame
    following: pd.DataFrame
    whole: pd.DataFrame
    beginnings: pd.DataFrame
    after_days: int | None
    dropouts: pd.DataFrame
    to_first_order: Waiting | None
    to_second_order: Waiting | None
    stages: pd.DataFrame
    silent_now: int
    weakest: str | None
    weakest_is_clear: bool
    without: tuple[str, ...]
    groups: Groups | None

    @property
    def silence_is_long(self) -> bool:
        """Is the silence at least twice as long as half of those who order again need for it? Not, where that is unknown."""
        return self.to_second_order is not None and self.silence_days >= LONG_SILENCE * self.to_second_order.half_days


def follow(orders: pd.DataFrame, *, as_of: dt.date, tickets: pd.DataFrame | None = None, contacts: pd.DataFrame | None = None,
           answers: pd.DataFrame | None = None, campaigns: pd.DataFrame | None = None, referrals: pd.DataFrame | None = None,
           since: dt.date | str = "auto", silence_days: int | None = None, steps: int = USUAL_STEPS,
           without: tuple[str, ...] = (), groups: pd.Series | str | None = None, group_name: str | None = None,
           random_state: int = 0) -> Journey:
    """Follow every customer from the first event to today.

    Frames as crm.frames gives them: orders; tickets (customer_id, kind, opened_at, resolved_at), contacts (customer_id,
    direction, happened_at), answers, campaigns (campaign_contacts) and referrals where there are any. since: journeys that
    began on that day or later; "all"; "auto" leaves out a crowd at the beginning of the data. silence_days: None lets the
    customers' own rhythm say. steps: 1 to 8, of `flows`. without: kinds of OPTIONAL that are no steps (their days stay signs of
    life). groups: a label by customer_id, or "entry": how a journey began.

    Raises InvalidInput for a wrong choice, NotEnoughData with fewer than ten customers.
    """
    _check(steps, silence_days, since, without)
    events = read(orders, as_of=as_of, tickets=tickets, contacts=contacts, answers=answers, campaigns=campaigns, referrals=referrals)
    events = events.only(np.bincount(events.code, minlength=len(events.customer_ids)) > 0)
    first_day, since_from = _since(events, since)
    kept = events.start >= first_day if first_day is not None else np.ones(len(events.customer_ids), dtype=bool)
    if kept.sum() < FEW:
        raise NotEnoughData(
            f"To follow journeys takes {FEW} customers who ordered or got in touch; there are {int(kept.sum())}."
            if since_from != "chosen" else
            f"To follow journeys takes {FEW} customers; since {first_day_written(first_day)} {int(kept.sum())} came. Choose an earlier day.")
    silent_after, silence_from = (silence_days, "chosen") if silence_days is not None else silence.usual_silence(events)
    events = events.only(kept)
    found = paths.ways(events, silence_days=silent_after, without=without)
    first = silence.first_steps(events, silence_days=silent_after)
    standing = silence.stages(events, found.is_silent)
    stops = silence.dropouts(first)
    weakest, is_clear = silence.weakest(stops)
    brought, after_days = paths.beginnings(events, found)
    to_first, to_second = _to_first_order(events), _to_second_order(events)
    return Journey(
        as_of=as_of, customers=int(kept.sum()), left_out=int((~kept).sum()),
        since=None if first_day is None else np.datetime64(first_day, "D").astype(object), since_from=since_from,
        silence_days=silent_after, silence_from=silence_from, steps=steps, entries=_entries(events),
        reached=paths.reached(found), flows=paths.flows(found, steps=steps),
        following=_with_wait(paths.following(found), to_second), whole=paths.whole(events, found, steps=WHOLE_STEPS),
        beginnings=brought, after_days=after_days, dropouts=stops, to_first_order=to_first, to_second_order=to_second,
        stages=standing, silent_now=int(standing["silent"].sum()), weakest=weakest, weakest_is_clear=is_clear, without=tuple(sorted(without)),
        groups=_groups(events, found, first, groups, group_name, to_second, random_state))


def first_day_written(day: int) -> str:
    when = np.datetime64(day, "D").astype(object)
    return f"{when.day} {when:%B %Y}"


def _check(steps: int, silence_days: int | None, since: dt.date | str, without: tuple[str, ...]) -> None:
    strange = [kind for kind in without if kind not in OPTIONAL]
    if strange:
        raise InvalidInput(f"“{strange[0]}” is no step that can be left out; choose of {', '.join(OPTIONAL)}.", field="without")
    if not 1 <= steps <= MOST_STEPS:
        raise InvalidInput(f"{steps} steps are to be shown; choose 1 to {MOST_STEPS}.", field="steps")
    if silence_days is not None and not 1 <= silence_days <= LONGEST_DAYS:
        raise InvalidInput(f"Customers are to count as silent after {silence_days} days; choose 1 to {LONGEST_DAYS:,}.",
                           field="silence_days")
    if isinstance(since, str) and since not in ("auto", "all"):
        raise InvalidInput(f"Journeys are to be followed since “{since}”; choose a day, “all” or “auto”.", field="since")


def _since(events: Events, since: dt.date | str) -> tuple[int | None, str]:
    if since == "all":
        return None, "all"
    if since != "auto":
        return int(np.datetime64(since, "D").astype(np.int64)), "chosen"
    found = beginning.new_from(events.start, as_of_day=events.as_of_day)
    return (None, "all") if found is None else (found, "crowd")


def _entries(events: Events) -> pd.DataFrame:
    size = np.bincount(events.entry, minlength=len(ENTRIES))
    table = pd.DataFrame({"entry": ENTRIES, "customers": size, "share": size / len(events.entry)})
    return table[table["customers"] > 0].sort_values("customers", ascending=False, kind="stable", ignore_index=True)


def _to_first_order(events: Events) -> Waiting | None:
    contact, order = events.first_day("contact"), events.first_day("first_order")
    begun = ~np.isnan(contact)
    return _waiting(contact[begun], order[begun], events.as_of_day)


def _to_second_order(events: Events) -> Waiting | None:
    first, second = events.first_day("first_order"), events.first_day("second_order")
    begun = ~np.isnan(first)
    return _waiting(first[begun], second[begun], events.as_of_day)


def _with_wait(following: pd.DataFrame, to_second: Waiting | None) -> pd.DataFrame:
    """With the days to the second order of the estimate that counts who still waits: one wait, one figure."""
    if to_second is None or to_second.half_days != to_second.half_days:
        return following
    is_second = (following["from_kind"] == "first_order") & (following["to_kind"] == "second_order")
    return following.assign(**{column: following[column].mask(is_second, days) for column, days in (
        ("days_quarter", to_second.quarter_days), ("days_median", to_second.half_days),
        ("days_three_quarters", to_second.three_quarters_days))})


def _waiting(begin: np.ndarray, end: np.ndarray, as_of_day: int) -> Waiting | None:
    watched, taken = as_of_day - begin, ~np.isnan(end)
    return waiting(np.where(taken, end - begin, watched).astype(np.int64), taken, watched.astype(np.int64))


def _groups(events: Events, found: paths.Ways, first: pd.DataFrame, groups: pd.Series | str | None, group_name: str | None,
            to_second: Waiting | None, random_state: int) -> Groups | None:
    if groups is None:
        return None
    if isinstance(groups, str):
        if groups != "entry":
            raise InvalidInput(f"Journeys cannot be compared by “{groups}”.", field="group_by")
        groups, group_name = pd.Series(np.array(ENTRIES)[events.entry], index=events.customer_ids), "entry"
    again_days = (to_second.within_days if to_second is not None else None) or AGAIN_DAYS
    return compare(events, found, first, groups, group_name=group_name or "group", steps=GROUP_STEPS, again_days=again_days,
                   random_state=random_state)
