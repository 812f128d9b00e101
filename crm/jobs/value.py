"""Value: what customers brought and will spend, their table, their saved figures."""

from dataclasses import asdict
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import value as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.jobs.results import plain
from crm.services import scores


@reads("sales", "customers")
def run(session: Session, *, as_of: date, months: int = 12, yearly_discount: float = 0.10,
        segments_run: int | None = None, hold_out_days: int | None = None,
        random_state: int = 0) -> analysis.CustomerValue:
    """What customers brought and what they will spend in the next `months`; see crm.analytics.value.

    Groups are those saved in the run `segments_run`, the newest where none is named. A page names it, for saved scores
    raise no revision and a cached answer would not notice newer ones.
    """
    return analysis.estimate(
        frames.orders(session, until=as_of), frames.order_lines(session, until=as_of), as_of=as_of, months=months,
        yearly_discount=yearly_discount, groupings=_groupings(session, segments_run), hold_out_days=hold_out_days,
        random_state=random_state)


@reads("sales", "customers")
def past(session: Session, *, as_of: date, segments_run: int | None = None) -> analysis.PastValue:
    """What customers brought until now: what can be said where orders are too few to look ahead."""
    return analysis.past(frames.orders(session, until=as_of), frames.order_lines(session, until=as_of), as_of=as_of,
                         groupings=_groupings(session, segments_run))


def table(result: analysis.CustomerValue, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer, most expected spend first: CustomerValue.customers with customer_code and customer_name."""
    return named(result.customers, names)


def quality(result: analysis.CustomerValue) -> dict:
    """The models' parameters, what they expect altogether, how unequal customers are, the test on later orders, and what
    limits it all; as plain values."""
    tested = None if result.hold_out is None else plain(asdict(result.hold_out))
    return {**result.quality, **result.total, "past_spend": result.past.revenue, "past_margin": result.past.margin,
            "known_cost_share": result.past.known_cost_share, "gini": result.past.concentration.gini,
            "top_fifth_share": result.past.concentration.top_fifth_share, "warnings": list(result.warnings),
            "hold_out": tested, "hold_out_missing": result.hold_out_missing,
            "new_customers": result.newcomers.groups["all"].to_dict("records")[0]}


def save(session: Session, result: analysis.CustomerValue) -> int:
    """Keep what every customer is expected to spend, and in how many months (the label); returns the run's id."""
    kept = result.customers[["customer_id", "expected_spend"]].rename(columns={"expected_spend": "number"})
    return scores.save(session, kept.assign(label=f"{result.months} months"), analysis="value", as_of=result.as_of,
                       parameters=result.parameters, quality=quality(result))


def _groupings(session: Session, segments_run: int | None) -> dict[str, pd.Series]:
    run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
    known = {"channel": frames.customers(session).set_index("customer_id")["channel"]}
    return known if run_id is None else {"segment": scores.labels(session, run_id=run_id), **known}
