"""Single customers: how happy did each of them say they are?"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import read_scores


def by_customer(answers: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    """One row a customer with a score up to `as_of`: customer_id, happiness (0 the worst, 1 the best score), answers.

    happiness: the mean of all the customer's scores but CES, each on its own scale; CES asks about effort, not about
    being content. Anonymous answers count for nobody; without scores of known customers there are no rows.
    """
    scores = read_scores(answers, as_of=as_of)
    counted = (scores.customer != 0) & ~scores.metric("ces")
    share = (scores.score - scores.low)[counted] / (scores.high - scores.low)[counted]
    customer_id, place = np.unique(scores.customer[counted], return_inverse=True)
    given = np.bincount(place)
    return pd.DataFrame({"customer_id": customer_id, "happiness": np.bincount(place, weights=share) / given,
                         "answers": given})
