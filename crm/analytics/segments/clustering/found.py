"""What one method found, before the groups are numbered and the rows put back into the caller's order."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Found:
    """labels (n,) any whole numbers, below 0 = none; approximated "" | "micro" | "sample"; details of the whole, and
    of_customer: arrays with one element a customer."""

    labels: np.ndarray
    approximated: str = ""
    details: dict = field(default_factory=dict)
    of_customer: dict[str, np.ndarray] = field(default_factory=dict)
