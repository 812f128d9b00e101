"""What has moved since the model was trained: which columns, the scores, and what came of them?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.drift.profiles import counts, kind
from crm.analytics.prediction.evaluation import judge
from crm.errors import InvalidInput, NotEnoughData

WATCH_FROM, MOVED_FROM = 0.1, 0.25  # the usual reading of the index (Siddiqi 2006, 17)
FAMILY_ERROR = 0.05  # how often chance alone may raise one alarm among all the columns
DRAWN = 2000  # of what chance does: the limit is then known to a tenth
CERTAIN = 0.95  # of the intervals
FEWEST_OUTCOMES = 30  # known ones; below, an expected share cannot be told from an observed one
TOLD_FROM, OFF_FROM = 0.02, 0.05  # expected less observed share: worth telling, and worth training again
UNEVEN_FROM, WRONG_FROM = 0.05, 0.10  # calibration error: a good model reaches the first, the second misleads
PRIOR = 0.5  # added to every count, so that an empty bin has a logarithm (Jeffreys)


@dataclass(frozen=True)
class Outcomes:
    """What came of the scores. known: rows whose outcome is known. expected: mean probability of theirs. observed, low, high:
    share that it came true for, with its 95 % interval (Wilson). calibration_error: 10 bins of equal width;
    calibration_by_chance: what it would be, at most, of 19 of 20 models whose every probability is right. roc_auc,
    auc_low, auc_high: NaN where all had the same outcome. verdict: "as_expected" | "more" | "fewer" | "uneven" (right on the
    whole, wrong for high or low chances) | "too_few"."""

    known: int
    expected: float
    observed: float
    low: float
    high: float
    calibration_error: float
    calibration_by_chance: float
    roc_auc: float
    auc_low: float
    auc_high: float
    verdict: str


@dataclass(frozen=True, eq=False)
class Drift:
    """columns: one row a column, the most moved first: column, psi (population stability index, 0 same), by_chance (what
    sampling alone reaches at most), missing_before, missing_now, new_share (of words that were rare or unknown), verdict
    ("stable", "watch", "moved"; "gone": the column is not there, "other kind": numbers are words now). score_psi,
    score_by_chance, score_verdict: of the probabilities. expected_before, expected_now: their means. outcomes: None where
    none is known. verdict: "stable"; "watch"; "moved" (train again); because: "outcomes", "score", "columns" or None.
    moved_most: the column that moved most, None where all are stable."""

    columns: pd.DataFrame
    score_psi: float
    score_by_chance: float
    score_verdict: str
    expected_before: float
    expected_now: float
    rows_before: int
    rows_now: int
    outcomes: Outcomes | None
    verdict: str
    because: str | None
    moved_most: str | None


def drift(profile: dict, frame: pd.DataFrame, probability: np.ndarray, *, outcomes: np.ndarray | None = None,
          groups: np.ndarray | None = None, random_state: int = 0) -> Drift:
    """Compare rows that are scored today with the profile that was kept with the model.

    profile: of `profile(...)`; frame: the same columns; probability: (n,) of the same model. outcomes: (n,) bool, or 0, 1 and
    NaN where not known yet. groups: (n,) whom a row is about, where somebody is in several rows.

    A column is only called moved where its index lies above what chance reaches with so few rows: both samples are drawn
    anew from their common shares, with a limit that keeps all columns together below 5 % false alarms (an approximation by
    chi-squared: Yurdakul 2018). The model itself is called moved where its scores have moved, or what came of them is told
    from what it expected and 5 points off (or its chances 10 points); columns that have moved alone are a reason to watch.

    Raises NotEnoughData for no rows, InvalidInput where the lengths differ.
    """
    probability = np.asarray(probability, dtype=float)
    if len(frame) == 0:
        raise NotEnoughData("Nobody has been scored, so nothing can be compared.")
    if len(probability) != len(frame) or (outcomes is not None and len(outcomes) != len(frame)):
        raise InvalidInput("Rows, probabilities and outcomes must be equally many.")
    independent = len(frame) if groups is None else len(np.unique(groups))
    sizes = (min(profile["rows"], profile["independent"]), independent)
    rng = np.random.default_rng(random_state)
    level = 1 - FAMILY_ERROR / (len(profile["columns"]) + 1)
    found = [_column(column, part, frame, sizes, level, rng) for column, part in profile["columns"].items()]
    table = pd.DataFrame(found, columns=["column", "psi", "by_chance", "missing_before", "missing_now", "new_share", "verdict"])
    table = table.sort_values("psi", ascending=False, kind="stable", na_position="first", ignore_index=True)
    scores = counts(profile["score"], pd.Series(probability))
    score_psi, score_chance = _index(profile["score"], scores, sizes, level, rng)
    score_verdict = _verdict(score_psi, score_chance)
    since = None if outcomes is None else _outcomes(outcomes, probability, groups, rng)
    moved = table[table["verdict"] != "stable"]
    verdict, because = _overall(score_verdict, since, len(moved) > 0)
    return Drift(
        columns=table, score_psi=score_psi, score_by_chance=score_chance, score_verdict=score_verdict,
        expected_before=profile["expected"], expected_now=float(np.mean(probability)), rows_before=profile["rows"],
        rows_now=len(frame), outcomes=since, verdict=verdict, because=because,
        moved_most=str(moved["column"].iloc[0]) if len(moved) else None)


def _column(column: str, part: dict, frame: pd.DataFrame, sizes: tuple[int, int], level: float, rng) -> tuple:
    nan = float("nan")
    if column not in frame:
        return column, nan, nan, part["shares"][-1], nan, nan, "gone"
    if kind(frame[column]) != part["kind"] and not frame[column].isna().all():
        return column, nan, nan, part["shares"][-1], float(frame[column].isna().mean()), nan, "other kind"
    now = counts(part, frame[column])
    psi, chance = _index(part, now, sizes, level, rng)
    known = now[:-1].sum()
    new_share = float(now[-2] / known) if part["kind"] == "text" and known else nan
    return column, psi, chance, part["shares"][-1], float(now[-1] / now.sum()), new_share, _verdict(psi, chance)


def _index(part: dict, now: np.ndarray, sizes: tuple[int, int], level: float, rng) -> tuple[float, float]:
    """Population stability index, and the `level` quantile of what chance makes of it."""
    before = np.array(part["shares"]) * sizes[0]
    # As many as there are independent rows: a customer who is in four rows is one witness.
    now = now * (sizes[1] / max(now.sum(), 1))
    used = (before + now) > 0
    before, now = before[used], now[used]
    if len(before) < 2:
        return 0.0, 0.0
    common = (before + now) / (before + now).sum()
    drawn = psi(rng.multinomial(sizes[0], common, DRAWN), rng.multinomial(sizes[1], common, DRAWN))
    return float(psi(before, now)), float(np.quantile(drawn, level))


def psi(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Population stability index of counts (..., bins): the sum of (q - p) ln(q / p), half a row added to every bin.

    Symmetric: the sum of both Kullback-Leibler divergences (Jeffreys 1946). 0 same.

    >>> float(psi(np.array([50, 50]), np.array([50, 50]))), round(float(psi(np.array([800, 200]), np.array([600, 400]))), 2)
    (0.0, 0.2)
    """
    p, q = before + PRIOR, now + PRIOR
    p, q = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    return ((q - p) * np.log(q / p)).sum(axis=-1)


def _verdict(index: float, by_chance: float) -> str:
    if index < WATCH_FROM or index <= by_chance:
        return "stable"
    return "watch" if index < MOVED_FROM else "moved"


def _overall(score: str, since: Outcomes | None, some_columns: bool) -> tuple[str, str | None]:
    if since is not None and since.verdict in ("more", "fewer", "uneven"):
        is_off = abs(since.expected - since.observed) >= OFF_FROM or since.calibration_error >= WRONG_FROM
        return ("moved" if is_off else "watch"), "outcomes"
    if score == "moved":
        # What came since is the better witness: other customers may be scored as rightly as those before them.
        proven = since is not None and since.verdict == "as_expected"
        return ("watch" if proven else "moved"), "score"
    if score == "watch":
        return "watch", "score"
    return ("watch", "columns") if some_columns else ("stable", None)


def _outcomes(outcomes: np.ndarray, probability: np.ndarray, groups: np.ndarray | None, rng) -> Outcomes | None:
    came = pd.Series(outcomes).astype("float64").to_numpy()
    known = ~np.isnan(came) & ~np.isnan(probability)
    if not known.any():
        return None
    came, chance = came[known] > 0, probability[known]
    n = len(came)
    whom = np.arange(n) if groups is None else np.asarray(groups)[known]
    judged = judge(came, chance, groups=whom, method="", parameters={}, learned_base_rate=0.5)
    auc = judged.metrics.set_index("metric").loc["roc_auc"]
    error = judged.value("calibration_error")
    by_chance = _calibration_by_chance(chance, rng)
    low, high = _wilson(float(came.mean()), len(np.unique(whom)))
    expected = float(chance.mean())
    if n < FEWEST_OUTCOMES:
        verdict = "too_few"
    elif not low <= expected <= high and abs(expected - came.mean()) >= TOLD_FROM:
        verdict = "more" if expected < low else "fewer"
    else:
        verdict = "uneven" if error > max(by_chance, UNEVEN_FROM) else "as_expected"
    return Outcomes(known=n, expected=expected, observed=float(came.mean()), low=low, high=high, calibration_error=error,
                    calibration_by_chance=by_chance, roc_auc=float(auc["value"]), auc_low=float(auc["low"]),
                    auc_high=float(auc["high"]), verdict=verdict)


def _calibration_by_chance(chance: np.ndarray, rng) -> float:
    """The 95th of a hundred calibration errors of outcomes that are drawn by these very chances."""
    bins = np.minimum((chance * 10).astype(int), 9)
    order = np.argsort(bins, kind="stable")
    starts = np.unique(bins[order], return_index=True)[1]
    sorted_chance = chance[order]
    errors = []
    for _ in range(200):
        gap = (rng.random(len(chance)) < sorted_chance) - sorted_chance
        errors.append(np.abs(np.add.reduceat(gap, starts)).sum() / len(chance))
    return float(np.quantile(errors, CERTAIN))


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = 1.959964
    middle, spread = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float((middle - spread) / (1 + z * z / n)), float((middle + spread) / (1 + z * z / n))
