"""What is to be predicted, from which rows is it learned, and on which is it tested?"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Rows:
    """frame: one row a case, the features alone (float64 with NaN for missing, bool, or str with missing), no identifiers.
    target: aligned; bool where a yes or no is asked, float64 where an amount is. groups: aligned int64 ids of whom a row is
    about: the rows of one customer stay on one side of every split and are drawn together by a bootstrap."""

    frame: pd.DataFrame
    target: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True, eq=False)
class Task:
    """A question to a table; whoever makes it has seen to it that no feature knows what came after.

    learn: what models are compared on. test: a later time that no model has seen; None: there is none, and each row of
    learn is predicted by a model that was made without it and without the others of its group (five parts). refit: what the
    model in use is made from (all whose outcome is known by now); None: learn. now: rows to be scored, features alone; None:
    the frame of learn. scales: column -> "root" (square root), "log" (log1p, below 0 as 0), "capped" (at 10), "plain"; other
    columns: chosen by their skewness. rule: the column that the simple rule sorts by, the highest first; None: no rule.
    """

    learn: Rows
    test: Rows | None = None
    refit: Rows | None = None
    now: pd.DataFrame | None = None
    scales: dict[str, str] = field(default_factory=dict)
    rule: str | None = None
