"""How are amounts added up so that the sequence of the rows changes nothing?"""

import numpy as np

from crm.money import UNITS


def sums(groups: np.ndarray, amounts: np.ndarray, size: int) -> np.ndarray:
    """The amounts of each group 0..size-1, added as whole units: exact whatever comes first.

    >>> sums(np.array([1, 1, 0]), np.array([0.1, 0.2, 5.0]), 3)
    array([5. , 0.3, 0. ])
    """
    return np.bincount(groups, np.rint(np.asarray(amounts, dtype="float64") * UNITS), minlength=size) / UNITS


def counts(groups: np.ndarray, size: int, *, where: np.ndarray | None = None) -> np.ndarray:
    """How many rows of each group 0..size-1 there are, or how many of those `where` is true.

    >>> counts(np.array([1, 1, 0]), 3, where=np.array([True, False, True]))
    array([1, 1, 0])
    """
    return np.bincount(groups if where is None else groups[where], minlength=size)


def total(amounts: np.ndarray) -> float:
    """All amounts together, exact whatever comes first."""
    return float(np.rint(np.asarray(amounts, dtype="float64") * UNITS).sum() / UNITS)
