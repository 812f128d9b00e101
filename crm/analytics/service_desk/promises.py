"""Which share of what was promised was kept?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.analytics.service_desk.tickets import Desk
from crm.analytics.service_desk.waiting import FEW_TICKETS, Z


@dataclass(frozen=True)
class Kept:
    """Of n tickets whose deadline has passed, `kept` were done by then: share 0..1 with its 95 % interval (Wilson 1927); all
    None where no deadline has passed. A ticket whose deadline lies ahead is not counted, though it be done: else the latest
    ones would look better than they are. unknown: done, but nobody wrote down when."""

    n: int
    kept: int
    unknown: int
    share: float | None
    low: float | None
    high: float | None
    few: bool


def outcomes(desk: Desk) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For "answer" and "solution": whose deadline has passed and is decided, who kept it, whose outcome is not known."""
    found = {}
    for name, due, done, unknown in (("answer", desk.answer_due, desk.answered, desk.no_answer_time),
                                     ("solution", desk.solution_due, desk.solved, desk.no_solution_time)):
        passed = ~np.isnat(due) & (due < desk.until)
        kept = passed & ~np.isnat(done) & (done <= due)
        if name == "answer":  # solved in time without an answer on record: the solution was one
            by_solution = passed & unknown & ~np.isnat(desk.solved) & (desk.solved <= due)
            kept, unknown = kept | by_solution, unknown & ~by_solution
        found[name] = passed & ~unknown, kept & ~unknown, passed & unknown
    return found


def kept_of(decided: np.ndarray, kept: np.ndarray, unknown: np.ndarray) -> Kept:
    n, good = int(decided.sum()), int(kept.sum())
    if n == 0:
        return Kept(0, 0, int(unknown.sum()), None, None, None, True)
    low, high = wilson(good, n)
    return Kept(n, good, int(unknown.sum()), good / n, float(low), float(high), n < FEW_TICKETS)


def wilson(hits: np.ndarray | int, n: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share (Wilson 1927): inside 0 to 1 and never of no width; NaN where n is 0.

    >>> [round(float(end), 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    n = np.where(np.asarray(n) > 0, n, np.nan).astype(float)
    share = hits / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
