"""How long did each wait last, where some had not ended when the data did?"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from crm.errors import InvalidInput, NotEnoughData

FEWEST_SEEN = 50  # orders that came: about five a feature and step
FEWEST_GROUPS = 20


@dataclass(frozen=True, eq=False)
class Waits:
    """frame: one row a customer and cutoff, features alone. days: (n,) floats > 0 from the cutoff to the next order, or to the end
    of what is known where none had come by then. is_seen: (n,) bool, an order came on that day. groups: (n,) int64 whom a row is
    about."""

    frame: pd.DataFrame
    days: np.ndarray
    is_seen: np.ndarray
    groups: np.ndarray

    def take(self, chosen: np.ndarray) -> "Waits":
        """The rows at these positions, or where this mask is True."""
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return replace(self, frame=self.frame.take(chosen).reset_index(drop=True), days=self.days[chosen],
                       is_seen=self.is_seen[chosen], groups=self.groups[chosen])


@dataclass(frozen=True, eq=False)
class WaitingTask:
    """learn: what models are compared on. test: a later time; its waits are known for `within_days` days at least, for those who
    had not ordered by then. refit: the latest rows (None: learn). now: features of those to be told (None: learn's). scales: as of
    prediction.Task. gap, silent: columns with a customer's mean days between orders (NaN: none yet) and days since the last one,
    for the simple rules; they need not be among the features, so `learn.frame` may have them beside `columns`. columns: what
    models look at; None: all."""

    learn: Waits
    test: Waits
    within_days: int
    refit: Waits | None = None
    now: pd.DataFrame | None = None
    scales: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    gap: str = "mean_gap_days"
    silent: str = "days_silent"


def check(waits: Waits, *, of: str, fewest: int = FEWEST_SEEN) -> None:
    """Raise a sentence that helps where the waits are wrong or too few ended."""
    if not (np.isfinite(waits.days).all() and (waits.days > 0).all()):
        raise InvalidInput("Every wait lasts at least a day: days to the next order are more than 0.", field="days")
    seen = int(waits.is_seen.sum())
    if seen < fewest:
        raise NotEnoughData(f"When customers order next can be learned from {fewest} orders that followed another {of}; there are "
                            f"{seen}.")
    groups = len(np.unique(waits.groups[waits.is_seen]))
    if groups < FEWEST_GROUPS and fewest > 1:
        raise NotEnoughData(f"When customers order next can be learned from {FEWEST_GROUPS} customers who ordered again {of}; there "
                            f"are {groups}.")
