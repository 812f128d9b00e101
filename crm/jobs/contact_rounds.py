"""Contact rounds: what did contacting bring, as far as it is known by a day?"""

from datetime import date

from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.churn import effect as analysis
from crm.db import reads
from crm.services import contact_rounds


@reads("sales", "customers", "work")
def effect(session: Session, *, round_id: int, as_of: date, random_state: int = 0) -> analysis.Effect:
    """Those who were contacted against those who were held out; see crm.analytics.churn.effect. Raises NotFound."""
    known = contact_rounds.get(session, round_id)
    return analysis.measure(
        contact_rounds.members(session, round_id), frames.orders(session, until=as_of), started_on=known.started_on,
        horizon_days=known.horizon_days, as_of=as_of, contact_cost=known.contact_cost, random_state=random_state)
