"""Ratings: how well is foretold what customers say of products?"""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.recommendations import ratings
from crm.db import reads


@reads("surveys", "sales", "customers")
def judged_ratings(session: Session, *, as_of: date, random_state: int = 0) -> pd.DataFrame:
    """Every method's error on ratings it has not seen, the smallest first; see ratings.judge_ratings. Raises NotEnoughData below
    20 ratings of products."""
    return ratings.judge_ratings(frames.ratings(session, until=as_of), random_state=random_state)
