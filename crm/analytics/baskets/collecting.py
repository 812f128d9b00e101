"""What a search for itemsets has found so far, when it is to stop, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from crm.errors import Cancelled

MAX_ITEMSETS = 200_000  # nobody reads more, and each longer level may multiply them again
PAUSE = 0.1  # seconds between two reports: a page need not be told more often

Level = tuple[np.ndarray, np.ndarray]  # groups (n, length) of columns, ascending, and their numbers of orders (n,)


class TooMany(Exception):
    """The search was stopped; `at_least`: below so many orders the pairs alone are too many (0 not known)."""

    def __init__(self, at_least: int = 0) -> None:
        super().__init__(at_least)
        self.at_least = at_least


class Collector:
    """Gathers the groups of each length; raises TooMany before they fill the memory."""

    def __init__(self, *, max_length: int, limit: int) -> None:
        self.groups: list[list[np.ndarray]] = [[] for _ in range(max_length)]
        self.counts: list[list[np.ndarray]] = [[] for _ in range(max_length)]
        self.limit = limit
        self.total = 0

    def add(self, groups: np.ndarray, counts: np.ndarray) -> None:
        """Keep groups of one length, one a row."""
        self.total += len(groups)
        if self.total > self.limit:
            raise TooMany
        if len(groups):
            self.groups[groups.shape[1] - 1].append(groups)
            self.counts[groups.shape[1] - 1].append(counts)

    def levels(self, columns: np.ndarray) -> list[Level]:
        """Groups in terms of `columns`, sorted; one entry a length, up to the longest that was found."""
        found = []
        for groups, counts in zip(self.groups, self.counts, strict=True):
            if not groups:
                break
            group = np.sort(columns[np.concatenate(groups)], axis=1)
            order = np.lexsort(group.T[::-1])
            found.append((group[order], np.concatenate(counts)[order]))
        return found


@dataclass
class Steps:
    """How far the work is, and whether it is to go on; asked ten times a second at most."""

    progress: Callable[[float, str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    asked_at: float = field(default=0.0)

    def at(self, share: float) -> None:
        """Report a share of 0 to 1; raises Cancelled where the user stopped the work."""
        if self.progress is None and self.cancelled is None:
            return
        now = time.monotonic()
        if now - self.asked_at < PAUSE:
            return
        self.asked_at = now
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("The search for groups of products was stopped.")
        if self.progress is not None:
            self.progress(share, "groups of products")
