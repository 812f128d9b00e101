"""Journey: how customers come, stay and go; its table."""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import journey as analysis
from crm.db import reads
from crm.errors import InvalidInput
from crm.services import scores

# Fields that say who a customer is, and how the journey began. A stage such as “former” is given for going and would only
# prove itself.
FIELDS = ("channel", "country", "region", "kind")
GROUPINGS = ("entry", *FIELDS, "segment")
PATH_JOIN = " → "


# "work" holds the campaigns.
@reads("sales", "customers", "service", "surveys", "work")
def run(session: Session, *, as_of: date, since: str = "auto", silence_days: int | None = None,
        steps: int = analysis.USUAL_STEPS, without: str = "", group_by: str | None = None, segments_run: int | None = None, random_state: int = 0,
        among: np.ndarray | None = None) -> analysis.Journey:
    """Everybody's way from the first contact to today; see crm.analytics.journey.follow. Only customers `among` these ids
    where some are given.

    since: "auto", "all" or a day (2025-01-31) on which a journey began at the earliest. without: kinds that are no steps,
    with commas between ("low_score,high_score"). group_by: one of GROUPINGS; the groups
    saved in the run `segments_run`, the newest where none is named (a page names it, for saved scores raise no revision).
    """
    known = frames.customers(session)
    groups = _groups(session, known, group_by, segments_run)
    kept = known["customer_id"].to_numpy()
    if among is not None:
        kept = np.intersect1d(kept, among)
    # Deleted customers keep their tickets and answers; who is not known any more takes no way.
    read = {"orders": (frames.orders(session, until=as_of), "customer_id"),
            "tickets": (frames.tickets(session, until=as_of), "customer_id"),
            "contacts": (frames.contacts(session, until=as_of), "customer_id"),
            "answers": (frames.answers(session, until=as_of), "customer_id"),
            "campaigns": (frames.campaign_contacts(session, until=as_of), "customer_id"),
            "referrals": (frames.referrals(session), "referred_id")}
    narrowed = {name: frame[frame[customer].isin(kept)] for name, (frame, customer) in read.items()}
    return analysis.follow(narrowed.pop("orders"), as_of=as_of, **narrowed, since=_since(since), silence_days=silence_days,
                           steps=steps, without=tuple(kind.strip() for kind in without.split(",") if kind.strip()), groups=groups, group_name=group_by, random_state=random_state)


def _groups(session: Session, known: pd.DataFrame, group_by: str | None, segments_run: int | None) -> pd.Series | str | None:
    if group_by is None or group_by == "entry":
        return group_by
    if group_by == "segment":
        run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
        return scores.labels(session, run_id=run_id)
    if group_by not in FIELDS:
        raise InvalidInput(f"Journeys cannot be compared by “{group_by}”; choose one of {', '.join(GROUPINGS)}.",
                           field="group_by")
    return known.set_index("customer_id")[group_by]


def _since(since: str) -> date | str:
    if since in ("auto", "all"):
        return since
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise InvalidInput(f"“{since}” is no day; write “auto”, “all” or a day such as 2025-01-31.", field="since") from None


def table(result: analysis.Journey) -> pd.DataFrame:
    """One row a step and what came next; see crm.analytics.journey.paths.flows."""
    return result.flows


def written(ways: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """A table of ways for a download: path in words instead of a tuple, end in words where it has one."""
    shown = ways.assign(path=[PATH_JOIN.join(names[kind] for kind in path) for path in ways["path"]])
    return shown.assign(end=shown["end"].map(names)) if "end" in shown else shown


def quality(result: analysis.Journey) -> dict:
    """What was found, as plain figures, tables as lists of rows."""
    compared = None if result.groups is None else {
        "group_name": result.groups.group_name, "again_days": result.groups.again_days,
        "groups": written(result.groups.table.rename(columns={"usual_path": "path"}), {kind: kind for kind in analysis.STATES}).to_dict("records"),
        "tests": result.groups.tests.to_dict("records"), "unknown": result.groups.unknown}
    return {
        "customers": result.customers, "left_out": result.left_out, "since": result.since, "since_from": result.since_from,
        "silence_days": result.silence_days, "silence_from": result.silence_from, "silent_now": result.silent_now,
        "weakest": result.weakest, "weakest_is_clear": result.weakest_is_clear, "entries": result.entries.to_dict("records"),
        "stages": result.stages.to_dict("records"), "dropouts": result.dropouts.to_dict("records"), "to_first_order": _waited(result.to_first_order),
        "to_second_order": _waited(result.to_second_order), "groups": compared}


def _waited(found: analysis.Waiting | None) -> dict | None:
    return None if found is None else {
        "customers": found.customers, "taken": found.taken, "within_days": found.within_days, "share": found.share,
        "low": found.low, "high": found.high, "half_days": found.half_days, "median_days": found.median_days,
        "is_drifting": found.is_drifting, "older_share": found.older_share, "newer_share": found.newer_share,
        "by_days": found.by_days.to_dict("records")}
