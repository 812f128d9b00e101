"""What did one customer say, in all surveys, by whatever road it came in?"""

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.models import Product, SurveyAnswer

COLUMNS = ("answered_at", "item", "score", "scale_min", "scale_max", "comment", "product", "ticket_id")
MOST = 200  # the newest; nobody reads more at once


def of_customer(session: Session, *, customer_id: int, limit: int = MOST) -> pd.DataFrame:
    """COLUMNS, the newest first: score NaN where a question did not apply or asked for words; comment and product None, ticket_id
    0 where there is none."""
    rows = session.execute(
        select(SurveyAnswer.answered_at, SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max,
               SurveyAnswer.comment, Product.name, func.coalesce(SurveyAnswer.ticket_id, 0))
        .outerjoin(Product, Product.id == SurveyAnswer.product_id)
        .where(SurveyAnswer.customer_id == customer_id)
        .order_by(SurveyAnswer.answered_at.desc(), SurveyAnswer.id).limit(min(int(limit), MOST)))
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS))
    return frame.assign(answered_at=pd.to_datetime(frame["answered_at"]), score=frame["score"].astype(float))
