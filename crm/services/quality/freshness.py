"""Does it go on? The age of each table's newest record against the gap that is usual between two."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from crm.models import Customer, Deal, Interaction, Order, Payment, Product, SurveyAnswer, Ticket
from crm.services.quality.look import EARLIEST, Look, there

FEWEST_DAYS = 10  # days with records, before a gap can be called usual
LONGEST = 0.95  # share of the gaps that are not longer than the usual one: weekends and holidays are no sign of age
LOOKED_BACK_DAYS = 730  # how it was two years ago says nothing about now
# What dates a record. Lines go with their orders; a customer without a day of its own came when it was written down.
MOMENTS = {
    "customers": (Customer, func.coalesce(Customer.since_on, func.date(Customer.created_at))),
    "products": (Product, Product.created_at), "orders": (Order, Order.ordered_at),
    "order_lines": (Order, Order.ordered_at), "payments": (Payment, Payment.paid_on),
    "interactions": (Interaction, Interaction.happened_at), "tickets": (Ticket, Ticket.opened_at),
    "survey_answers": (SurveyAnswer, SurveyAnswer.answered_at), "deals": (Deal, Deal.opened_on),
}


@dataclass(frozen=True)
class Freshness:
    """`age_days` of the newest record at the day of looking; `usual_gap_days` None where there are too few days."""

    newest_on: date
    age_days: int
    usual_gap_days: float | None

    @property
    def score(self) -> float | None:
        """100 while the newest record is no older than the usual gap, then 100 * usual gap / age."""
        if self.usual_gap_days is None:
            return None
        return 100.0 * min(1.0, self.usual_gap_days / max(self.age_days, 1e-9))


def measure(look: Look, table: str) -> Freshness | None:
    """Of one table; None where it has no dated record."""
    return _of_days(_days(look, *MOMENTS[table]), look.today)


def _days(look: Look, model, moment) -> pd.DatetimeIndex:
    """The days with records, up to today: what is dated ahead is another finding."""
    day = func.date(moment)
    days = pd.to_datetime(pd.Series(look.session.scalars(select(day).where(there(model), moment.is_not(None))
                                                         .distinct()).all(), dtype=object))
    return pd.DatetimeIndex(days[(days >= pd.Timestamp(EARLIEST)) & (days <= pd.Timestamp(look.today))].sort_values())


def _of_days(days: pd.DatetimeIndex, today: date) -> Freshness | None:
    if not len(days):
        return None
    newest = days[-1].date()
    lately = days[days >= pd.Timestamp(newest - timedelta(days=LOOKED_BACK_DAYS))]
    gaps = np.diff(lately.to_numpy()).astype("timedelta64[D]").astype(float)
    usual = float(np.quantile(gaps, LONGEST, method="higher")) if len(lately) >= FEWEST_DAYS else None
    return Freshness(newest, (today - newest).days, usual)
