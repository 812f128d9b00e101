"""What is a check? One rule on the records of one table: how many it looked at, and which of them break it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement

from crm.models import Base
from crm.services.quality.look import MODELS, Look

# Complete: what matters is filled in. Valid: it can be right. Unique: nothing is there twice. Consistent: the same is
# written the same way, and what belongs together agrees. Plausible: nothing lies far off the usual. Fresh: it goes on.
DIMENSIONS = ("completeness", "validity", "uniqueness", "consistency", "plausibility", "freshness")
WRONG_FIGURES, MISSED, LOOKS = 3, 2, 1  # what a finding spoils: sums; analyses and letters; only the looks


@dataclass(frozen=True)
class Found:
    """`records`: one row a wrong record: id, and columns that explain it; `looked_at`: how many were checked."""

    looked_at: int
    records: pd.DataFrame


@dataclass(frozen=True)
class Check:
    """One rule. Either `find` names the wrong records, or `wrong` is a condition that the database counts.

    `harm`: WRONG_FIGURES, MISSED or LOOKS; `shown`: the fields that are shown beside a wrong record; `among`: the
    records that the condition looks at (None: all).
    """

    code: str
    dimension: str
    harm: int
    shown: tuple[str, ...] = ()
    find: Callable[[Look], Found] | None = None
    wrong: Callable[[Look], ColumnElement[bool]] | None = None
    among: ColumnElement[bool] | None = None

    @property
    def table(self) -> str:
        return self.code.partition(".")[0]

    @property
    def model(self) -> type[Base]:
        return MODELS[self.table]


def of_ids(ids, **explained) -> pd.DataFrame:
    """A frame of wrong records with columns that explain them."""
    return pd.DataFrame({"id": np.asarray(ids, dtype=np.int64), **explained})
