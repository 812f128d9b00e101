"""Cohorts: do customers come back, their table, and whether one group comes back more than another."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import cohorts as analysis
from crm.db import reads
from crm.errors import InvalidInput
from crm.services import scores

# Fields that say who a customer is. A stage such as “former” is given for not coming back and would only prove itself.
GROUPINGS = ("channel", "country", "region", "kind", "segment")


@reads("sales")
def run(session: Session, *, as_of: date, by: str = "auto", within_days: int | None = None,
        silence_days: int | None = None, new_customers: str = "auto", random_state: int = 0) -> analysis.Cohorts:
    """Whether customers come back; see crm.analytics.cohorts."""
    return analysis.analyse(frames.orders(session, until=as_of), as_of=as_of, by=by, within_days=within_days,
                            silence_days=silence_days, new_customers=new_customers, random_state=random_state)


@reads("sales", "customers")
def compare(session: Session, *, as_of: date, group_by: str, only: tuple[str, ...] = (), outcome: str = "return",
            segments_run: int | None = None, days: int | None = None, silence_days: int | None = None,
            new_customers: str = "auto") -> analysis.Comparison:
    """Groups of customers beside one another, by a field of theirs or by the groups saved in the run `segments_run` (the
    newest where none is named; a page names it, for saved scores raise no revision)."""
    if group_by not in GROUPINGS:
        raise InvalidInput(f"Customers cannot be compared by “{group_by}”; choose one of {', '.join(GROUPINGS)}.",
                           field="group_by")
    if group_by == "segment":
        run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
        groups = scores.labels(session, run_id=run_id)
    else:
        groups = frames.customers(session).set_index("customer_id")[group_by]
    return analysis.compare(frames.orders(session, until=as_of), groups, as_of=as_of, group_name=group_by, only=only,
                            outcome=outcome, days=days, silence_days=silence_days, new_customers=new_customers)


def table(result: analysis.Cohorts) -> pd.DataFrame:
    """One row a cohort and age; see crm.analytics.cohorts.retention. What is not over yet is blank."""
    return result.triangle


def triangle(result: analysis.Cohorts, *, shown: str) -> pd.DataFrame:
    """The triangle of one measure, all of it: one row a cohort (cohort, customers), one column an age ("age_0" ...)."""
    sizes = result.triangle.drop_duplicates("cohort").set_index("cohort")["customers"]
    cells = analysis.wide(result.triangle, shown=shown).add_prefix("age_")
    return cells.assign(customers=sizes).reset_index()[["cohort", "customers", *cells.columns]]


def quality(result: analysis.Cohorts) -> dict:
    """What was found, as plain figures, tables as lists of rows."""
    stay, found = result.staying, result.trend
    cohorts = result.triangle.drop_duplicates("cohort")
    return {
        "customers": result.customers, "came_back": result.coming_back.n_events, "left_out": result.left_out,
        "new_from": result.new_from, "by": result.by, "cohorts": len(cohorts),
        "small_cohorts": int(cohorts["is_small"].sum()), "within_days": result.within_days,
        **({} if result.back is None else {"share_back": result.back["share"], "share_back_low": result.back["low"],
                                           "share_back_high": result.back["high"]}),
        "half_back_days": result.half_back_days, "half_of_days": result.half_of_days,
        "back_by_days": result.by_days.to_dict("records"), "quartiles": result.quartiles.to_dict("records"),
        "trend": None if found is None else {
            "verdict": found.verdict, "difference": found.difference, "low": found.low, "high": found.high,
            "dispersion": found.dispersion, "older": vars(found.older), "newer": vars(found.newer)},
        "trend_missing": result.trend_missing,
        "staying": None if stay is None else {
            "silence_days": stay.silence_days, "pauses_shorter": stay.pauses_shorter, "customers": stay.customers,
            "came_back_share": stay.came_back_share, "by_days": stay.by_days.to_dict("records"),
            "quartiles": stay.quartiles.to_dict("records")},
        "staying_missing": result.staying_missing, "early_credits": result.early_credits}
