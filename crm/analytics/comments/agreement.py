"""How far can the reading of tones be trusted? Beside the scores that were given with the same comments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_SCORED = 20  # comments with a low or high score whose tone is told; below, a share says nothing


@dataclass(frozen=True)
class Agreement:
    """Of the comments with a clearly low or high score, `compared` have a happy or unhappy tone and `agree` of them the one
    that goes with the score.

    share: agree / compared, with its Wilson interval (1927) low to high, 0 to 1; by_low, by_high: the share among low and
    high scores alone (NaN without any); always: the share that guessing the more frequent of the two would reach;
    scored: comments with a low or high score, told or not.
    """

    compared: int
    agree: int
    share: float
    low: float
    high: float
    by_low: float
    by_high: float
    always: float
    scored: int


def agreement(tone: np.ndarray, band: np.ndarray) -> Agreement | None:
    """tone: one of TONES each; band: "low", "middle", "high" or "" each. None with fewer than FEWEST_SCORED to compare."""
    told = np.isin(tone, ("happy", "unhappy"))
    is_low, is_high = band == "low", band == "high"
    lows, highs = int((told & is_low).sum()), int((told & is_high).sum())
    right_low, right_high = int((is_low & (tone == "unhappy")).sum()), int((is_high & (tone == "happy")).sum())
    compared, agree = lows + highs, right_low + right_high
    if compared < FEWEST_SCORED:
        return None
    low, high = wilson(agree, compared)
    return Agreement(compared, agree, agree / compared, float(low), float(high), right_low / lows if lows else float("nan"),
                     right_high / highs if highs else float("nan"), max(lows, highs) / compared, int((is_low | is_high).sum()))


def wilson(successes: np.ndarray | int, whole: np.ndarray | int) -> tuple:
    """95 % interval of a share (Wilson 1927); NaN of nothing.

    >>> [round(float(end), 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    z = 1.959963984540054
    whole = np.asarray(whole, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = successes / whole
        centre = (share + z * z / (2 * whole)) / (1 + z * z / whole)
        half = z * np.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return np.clip(centre - half, 0, 1)[()], np.clip(centre + half, 0, 1)[()]
