"""Careless forms: who ticked the same box all the way down, and who was too fast to have read the questions?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.forms import Battery

FEWEST_ITEMS = 5  # the same answer to fewer questions is nothing remarkable
FEWEST_FORMS = 30  # below, what honest people would answer cannot be told
FEWEST_TIMED = 20  # below, a median of times says little
FAST = 1 / 3  # of the median time: nobody reads three times as fast as the middle of all (Greszki, Meyer & Schoen 2015)
SURPLUS_P = 0.01  # how seldom chance alone may bring as many equal forms as were seen
MOST_EQUAL = 0.2  # of the forms; the model of honest answers is made from these very forms and takes more equal ones for usual
SURPLUS = 2.0  # times as many as expected: then at least half of them are surplus
QUADRATURE = 61  # points of the common attitude; the shares are then exact to six digits
BITS = 30  # questions looked at together; the codes of the forms so far take the other half of a whole number
REVERSED_LOADING = -0.2  # a question that follows the common attitude so strongly the other way round runs against the others
STRONGEST_LOADING = 0.97  # a perfect one would leave an item no answer of its own


@dataclass(frozen=True, eq=False)
class Careless:
    """Marks of a battery's forms, masks (forms,).

    straight: all scores equal, at least five given. doubtful: those of them at a score that many more forms are equal at
    than honest answers explain. untold: those that may or may not be honest, for more than a fifth of the forms is equal
    (too_many) or there are too few to tell. speeder: filled in within less than a third of the median time of the same survey.
    careless: doubtful or speeder. levels, a row a score at which forms are equal, ascending: score, forms, expected (how
    many would be equal there although all answered honestly; NaN where that cannot be told), doubtful. judged: whether the
    battery is long enough for equal forms to say something. timed: forms with a time; median_seconds (of all timed forms;
    None below 20).
    """

    straight: np.ndarray
    doubtful: np.ndarray
    untold: np.ndarray
    too_many: bool
    speeder: np.ndarray
    careless: np.ndarray
    levels: pd.DataFrame
    judged: bool
    timed: int
    median_seconds: float | None


def mark(battery: Battery) -> Careless:
    """Straight-liners and speeders of a battery.

    Who is content with everything gives honest forms of equal scores. How many is estimated: each answer as the rounded
    sum of one attitude common to all questions and something of its own (one-factor model on polychoric correlations,
    approximated by Olsson, Drasgow & Dorans 1982), the shares of each score as observed. Scores are doubtful where more
    than twice as many forms are equal as that, and chance (Poisson) would bring so many in under 1 %. Careless forms raise
    the correlations, so that the expected number is rather too high: it accuses too few, not too many. The best and the worst
    score all the way down is what delight and anger look like: doubtful only where a question runs the other way, so that
    equal scores contradict each other. Where more than a fifth of the forms is equal, they themselves make the expectation; only the
    doubt that comes in spite of that stands.
    """
    score = battery.score
    given = ~np.isnan(score)
    enough = given.sum(axis=1) >= FEWEST_ITEMS
    lowest = np.where(given, score, np.inf).min(axis=1, initial=np.inf)
    highest = np.where(given, score, -np.inf).max(axis=1, initial=-np.inf)
    straight = enough & (lowest == highest)
    levels = _levels(score, given, straight, enough, lowest)
    doubtful = straight & np.isin(lowest, levels.loc[levels["doubtful"], "score"].to_numpy(dtype=np.float32))
    untold = straight & np.isin(lowest, levels.loc[levels["expected"].isna(), "score"].to_numpy(dtype=np.float32))
    speeder, timed, median = _speeders(battery.forms)
    too_many = bool(straight.sum() > MOST_EQUAL * enough.sum())
    return Careless(straight, doubtful, untold, too_many, speeder, doubtful | speeder, levels, score.shape[1] >= FEWEST_ITEMS, timed, median)


def _levels(score: np.ndarray, given: np.ndarray, straight: np.ndarray, enough: np.ndarray, lowest: np.ndarray) -> pd.DataFrame:
    from scipy.special import pdtrc

    points, seen = np.unique(lowest[straight], return_counts=True)
    expected, may_doubt = np.full(len(points), np.nan), np.zeros(len(points), dtype=bool)
    if len(points) and enough.sum() >= FEWEST_FORMS:
        chance, reversed_ones = expected_equal(score[enough])
        expected = np.array([chance.get(float(point), np.nan) for point in points])
        inner = (points > np.nanmin(score)) & (points < np.nanmax(score))
        may_doubt = inner | reversed_ones
    with np.errstate(invalid="ignore"):
        doubtful = may_doubt & (seen >= SURPLUS * expected) & (pdtrc(seen - 1, np.maximum(expected, 1e-12)) < SURPLUS_P)
    if seen.sum() > MOST_EQUAL * enough.sum():
        expected = np.where(doubtful, expected, np.nan)
    return pd.DataFrame({"score": points.astype(float), "forms": seen, "expected": expected, "doubtful": doubtful})


def expected_equal(score: np.ndarray) -> tuple[dict[float, float], bool]:
    """How many of the forms (forms, items; NaN no answer) would have each score all the way down, if nobody was careless; and
    whether a question runs the other way."""
    from scipy.special import logsumexp, ndtr, ndtri

    points = np.unique(score[~np.isnan(score)])
    if len(points) < 2:
        return {}, False
    count = np.array([(score == point).sum(axis=0) for point in points], dtype=float)  # (points, items)
    share = count / np.maximum(count.sum(axis=0), 1)
    border = ndtri(np.clip(np.cumsum(share, axis=0), 0, 1))[:-1]
    loading = _loadings(score, points, share, border)
    node, weight = np.polynomial.hermite_e.hermegauss(QUADRATURE)
    below = ndtr((border[:, None, :] - loading * node[:, None]) / np.sqrt(1 - loading**2))
    edge = np.zeros((1, QUADRATURE, score.shape[1]))
    chance = np.diff(np.concatenate([edge, below, edge + 1]), axis=0)  # (points, nodes, items)
    log = np.log(np.maximum(chance, 1e-300))
    pattern, times = _patterns(~np.isnan(score))
    # log of the chance of one score on all questions that a pattern answers: (points, nodes, patterns)
    all_equal = log @ pattern.T.astype(float)
    log_weight = np.log(weight / weight.sum())[:, None]
    expected = {float(point): float((np.exp(logsumexp(all_equal[place] + log_weight, axis=0)) * times).sum())
                for place, point in enumerate(points)}
    sign = 1.0 if loading.sum() >= 0 else -1.0
    return expected, bool((sign * loading).min() < REVERSED_LOADING)


def _patterns(given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows, and how often each occurs; np.unique sorts whole rows, which takes ten times as long."""
    code = np.zeros(len(given), dtype=np.int64)
    for start in range(0, given.shape[1], BITS):
        part = given[:, start:start + BITS] @ (2.0 ** np.arange(min(BITS, given.shape[1] - start)))
        code = pd.factorize(code * 2**BITS + part.astype(np.int64))[0].astype(np.int64)
    first = np.unique(code, return_index=True)[1]
    return given[first], np.bincount(code)


def _loadings(score: np.ndarray, points: np.ndarray, share: np.ndarray, border: np.ndarray) -> np.ndarray:
    """How strongly each question follows the common attitude, -1 to 1 (principal axis of the underlying correlations)."""
    correlation = _pairwise(score)
    density = np.exp(-np.clip(border, -40, 40) ** 2 / 2) / np.sqrt(2 * np.pi)
    edge = np.zeros((1, score.shape[1]))
    rises = np.concatenate([edge, density]) - np.concatenate([density, edge])
    spread = np.sqrt(np.maximum((share * points[:, None] ** 2).sum(axis=0) - (share * points[:, None]).sum(axis=0) ** 2, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        coarse = (points[:, None] * rises).sum(axis=0) / spread  # correlation of the score with what stands behind it
        latent = np.clip(correlation / np.outer(coarse, coarse), -0.99, 0.99)
    latent = np.nan_to_num(latent)
    np.fill_diagonal(latent, 1.0)
    shared = np.abs(latent - np.eye(len(latent))).max(axis=1)
    loading = np.zeros(len(latent))
    for _ in range(50):
        reduced = latent.copy()
        np.fill_diagonal(reduced, shared)
        size, axis = np.linalg.eigh(reduced)
        loading = axis[:, -1] * np.sqrt(max(size[-1], 0.0))
        loading = np.clip(loading, -STRONGEST_LOADING, STRONGEST_LOADING)
        if np.abs(loading**2 - shared).max() < 1e-6:
            break
        shared = loading**2
    return loading


def _pairwise(score: np.ndarray) -> np.ndarray:
    given = ~np.isnan(score)
    mask = given.astype(np.float64)
    mean = np.where(given, score, 0).sum(axis=0, dtype=np.float64) / np.maximum(given.sum(axis=0), 1)
    centred = np.where(given, score - mean, 0.0)
    n = np.maximum(mask.T @ mask, 1)
    mean = centred.T @ mask / n
    square = (centred**2).T @ mask / n - mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return (centred.T @ centred / n - mean * mean.T) / np.sqrt(square * square.T)


def _speeders(forms: pd.DataFrame) -> tuple[np.ndarray, int, float | None]:
    """Forms below a third of the median time of their survey, where at least 20 of it are timed."""
    seconds = forms["seconds_taken"].to_numpy(dtype=float)
    timed = seconds > 0  # a time of 0 is a missing one
    fast = np.zeros(len(forms), dtype=bool)
    for survey in np.unique(forms["survey_id"].to_numpy()[timed]):
        mine = timed & (forms["survey_id"] == survey).to_numpy()
        if mine.sum() >= FEWEST_TIMED:
            fast |= mine & (seconds < FAST * np.median(seconds[mine]))
    enough = timed.sum() >= FEWEST_TIMED
    return fast, int(timed.sum()), float(np.median(seconds[timed])) if enough else None
