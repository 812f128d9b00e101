"""How good are probabilities on rows that the model has not seen, and how far is each figure to be trusted?

Values are exact (ties too). Intervals come from a bootstrap by groups in the form of one sparse product: the rows are counted
into cells (neighbouring scores, yes or no), a drawn group adds its counts, and every metric follows from the cells.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.results import Judged
from crm.errors import InvalidInput

N_BINS = 10  # bins of equal width, as reliability curves are usually read
N_BOOTSTRAPS = 200  # the ends of a 95 % interval then move by less than a tenth of its width
INTERVAL = (0.025, 0.975)
CONTACTED_SHARE = 0.30  # what one person can reach in a quarter
LIFT_SHARE = 0.10
GAIN_STEPS = 100
MAX_CELLS = 1000  # neighbours that share a cell tie in the resamples alone; the error of an AUC is below .0001
MAX_BUNDLES = 2000  # the variance is then known to 3 %, where 200 resamples know it to 10 %
FEWEST_GROUPS = 10  # with fewer, most resamples repeat each other and the interval would look too sure
COMPUTABLE_SHARE = 0.9  # an interval of the lucky resamples alone would be none
SMALLEST = np.finfo("float64").eps  # log loss of a probability of exactly 0 or 1, as in scikit-learn

METRICS = ("roc_auc", "pr_auc", "brier", "log_loss", "calibration_error", "accuracy", "precision", "recall", "f1",
           "found_in_first_30_percent", "lift_first_10_percent")
OF_PROBABILITIES = ("brier", "log_loss", "calibration_error")  # a rule that only sorts has none of them


@dataclass(frozen=True)
class Threshold:
    """From `value` on a row is called a yes. called: rows that are; wanted: rows that should be. Rows that tie with the
    value are all called, so that `called` may lie above or below `wanted`; tied: how many share the value."""

    value: float
    called: int
    wanted: int
    tied: int


def judge(target: np.ndarray, probability: np.ndarray | None, *, groups: np.ndarray, method: str, parameters: dict,
          learned_base_rate: float, threshold: float | None = None, rule_score: np.ndarray | None = None,
          fit_seconds: float = float("nan"), random_state: int = 0) -> Judged:
    """Every metric of a model on rows that it has not seen, each with its 95 % interval.

    target: (n,) bool or 0/1. probability: (n,) 0..1; None, or NaN throughout, for the rule, which is judged by
    `rule_score` (any real number, the highest first; missing ones come last). groups: (n,) whom a row is about.
    learned_base_rate: share of yes among the rows learned from; without a `threshold` as large a share of these rows is
    called a yes (see `usual_threshold` for ties; of rows that sort by `rule_score` the threshold is one of that score).

    Metrics (results.Judged): roc_auc (.5 chance, 1 perfect; ties half, Hanley & McNeil 1982), pr_auc (average precision),
    brier and log_loss (0 best), calibration_error (mean gap between predicted and observed, 10 bins of equal width, 0 best),
    accuracy, precision, recall, f1 (from the threshold on), found_in_first_30_percent (of all yes, among the 30 % ranked
    highest), lift_first_10_percent (1: no better than chance). NaN where a figure cannot be computed: no yes or no no among
    the rows, nobody called a yes, fewer than 10 groups (intervals), more than a tenth of the resamples without a value.

    Intervals: 200 resamples of groups with replacement (Efron 1979; by group: Davison & Hinkley 1997, 3.8), percentiles. That
    of the calibration error is reflected (basic bootstrap), since resampling adds noise that reads as miscalibration. Above
    2,000 groups, chance gathers them into 2,000 bundles that are drawn as wholes (random groups, Wolter 2007, 2: the variance
    is the same on average), and above 1,000 different scores, neighbours share a cell in the resamples: the same width
    within its noise, at a cost that hardly grows with the rows.

    Raises InvalidInput where lengths differ, nothing is to be judged, or a probability lies outside 0..1 or is missing.
    """
    target, score, is_probability = _checked(target, probability, rule_score)
    if threshold is None:
        threshold = usual_threshold(score, share=learned_base_rate).value
    cells = _Cells(target, score, threshold=float(threshold), is_probability=is_probability)
    # The table of the bins is computed from the rows, whatever the cells: values are exact.
    value = _metrics(_exact(target, score, float(threshold), is_probability))
    low, high = _intervals(value, cells, _weights(groups, len(target), random_state=random_state))
    skipped = () if is_probability else OF_PROBABILITIES
    nan = float("nan")
    metrics = pd.DataFrame(
        [(name, nan, nan, nan) if name in skipped else (name, value[name][0], low[name], high[name]) for name in METRICS],
        columns=["metric", "value", "low", "high"],
    )
    return Judged(
        method=method,
        parameters=dict(parameters),
        metrics=metrics,
        calibration=calibration_table(target, score if is_probability else np.full(len(target), np.nan)),
        gain=gain_table(target, score),
        probability=score if is_probability else np.full(len(target), np.nan),
        threshold=float(threshold),
        fit_seconds=float(fit_seconds),
    )


def difference(target: np.ndarray, probability: np.ndarray, rule_score: np.ndarray, *, groups: np.ndarray,
               random_state: int = 0) -> tuple[float, float]:
    """95 % interval of the model's ROC AUC less the rule's, both on the same resamples of groups; (NaN, NaN) where it cannot
    be computed. The rule's score may be any real number, the highest first."""
    target, model, _ = _checked(target, probability, None)
    _, rule, _ = _checked(target, None, rule_score)
    weights = _weights(groups, len(target), random_state=random_state)
    if weights is None:
        return float("nan"), float("nan")
    gaps = []
    for score in (model, rule):
        cells = _Cells(target, score, threshold=np.inf, is_probability=False)
        exact = _roc_auc(*_by_rank(target, score))
        gaps.append(_roc_auc(*cells.counts(weights)) - _roc_auc(*cells.counts(None)) + exact)
    return _ends(gaps[0] - gaps[1])


def usual_threshold(score: np.ndarray, *, share: float) -> Threshold:
    """The threshold from which on about `share` (0..1) of the rows are called a yes: of all thresholds that a tie allows the
    one that calls nearest to as many as wanted, and at least one row unless none is wanted.

    >>> usual_threshold(np.array([0.9, 0.7, 0.7, 0.1]), share=0.25)
    Threshold(value=0.9, called=1, wanted=1, tied=1)
    >>> usual_threshold(np.array([0.9, 0.7, 0.7, 0.1]), share=0.5)
    Threshold(value=0.9, called=1, wanted=2, tied=1)
    """
    wanted = round(float(share) * len(score)) if np.isfinite(share) else 0
    if wanted <= 0:
        return Threshold(float(np.nextafter(score.max(), np.inf)), 0, max(wanted, 0), 0)
    values, tied = np.unique(score, return_counts=True)
    called = np.cumsum(tied[::-1])
    # The first of the nearest: between two that miss by as much, the one that calls fewer.
    place = int(np.argmin(np.abs(called - wanted)))
    return Threshold(float(values[::-1][place]), int(called[place]), wanted, int(tied[::-1][place]))


def roc_auc(target: np.ndarray, score: np.ndarray) -> float:
    """Chance that a yes has a higher score than a no, ties half (Hanley & McNeil 1982); NaN where there is but one outcome.

    >>> roc_auc(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]))
    0.75
    """
    return float(_roc_auc(*_by_rank(np.asarray(target, dtype=bool), np.asarray(score, dtype="float64")))[0])


def log_losses(target: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """(n,) of each row: minus the logarithm of the probability given to what happened; 0 best."""
    said = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return -np.log(np.where(target, said, 1 - said))


def gain_table(target: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    """contacted (0..1 of the rows, the highest score first, 101 rows), found (0..1 of all yes; rows that tie count in
    proportion), lift (found / contacted; NaN where nobody is contacted). NaN where there is no yes."""
    contacted = np.linspace(0.0, 1.0, GAIN_STEPS + 1)
    yes, no = _by_rank(np.asarray(target, dtype=bool), np.asarray(score, dtype="float64"))
    found = np.full(len(contacted), np.nan)
    if yes.sum() > 0:
        found = np.interp(contacted, *_gain_curve(yes[0], no[0]))
    with np.errstate(invalid="ignore"):
        lift = np.where(contacted > 0, found / np.where(contacted > 0, contacted, 1), np.nan)
    return pd.DataFrame({"contacted": contacted, "found": found, "lift": lift})


def calibration_table(target: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """One row a filled bin: from_probability, to_probability, cases, predicted, observed (means, 0..1). Empty for the rule."""
    known = np.isfinite(probability)
    target, probability = np.asarray(target, dtype=float)[known], probability[known]
    bins = _bin(probability)
    cases = np.bincount(bins, minlength=N_BINS)
    filled = np.flatnonzero(cases)
    return pd.DataFrame(
        {
            "from_probability": filled / N_BINS,
            "to_probability": (filled + 1) / N_BINS,
            "cases": cases[filled],
            "predicted": np.bincount(bins, weights=probability, minlength=N_BINS)[filled] / cases[filled],
            "observed": np.bincount(bins, weights=target, minlength=N_BINS)[filled] / cases[filled],
        }
    )


@dataclass(frozen=True)
class _Sums:
    """What metrics are made of, one row a resample (the rows themselves: one): counts by score from the lowest to the
    highest (yes, no), of those called (called_yes, called_no), sums of the two losses, and by filled bin cases, yes, predicted."""

    yes: np.ndarray
    no: np.ndarray
    called_yes: np.ndarray
    called_no: np.ndarray
    squared: np.ndarray
    logarithmic: np.ndarray
    bin_cases: np.ndarray
    bin_yes: np.ndarray
    bin_predicted: np.ndarray


def _checked(target, probability, rule_score) -> tuple[np.ndarray, np.ndarray, bool]:
    target = np.asarray(target)
    if len(target) == 0:
        raise InvalidInput("There are no rows to judge a model on.")
    target = target.astype(bool)
    if probability is not None:
        score = np.asarray(probability, dtype="float64")
        if len(score) != len(target):
            raise InvalidInput(f"There are {len(score):,} probabilities for {len(target):,} outcomes; each row needs one.")
        missing = np.isnan(score)
        if not missing.all():
            if missing.any() or score.min() < 0 or score.max() > 1:
                raise InvalidInput("Every row needs a probability between 0 and 1; at least one is missing or outside.")
            return target, score, True
    if rule_score is None:
        raise InvalidInput("A rule without probabilities is judged by its score; give the score.")
    score = np.asarray(rule_score, dtype="float64")
    if len(score) != len(target):
        raise InvalidInput(f"There are {len(score):,} scores for {len(target):,} outcomes; each row needs one.")
    return target, np.where(np.isnan(score), -np.inf, score), False


def _bin(probability: np.ndarray) -> np.ndarray:
    return np.minimum((probability * N_BINS).astype("int64"), N_BINS - 1)


def _losses(target: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (probability - target) ** 2, log_losses(target, probability)


def _by_rank(target: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of yes and of no by different score, from the lowest to the highest; (1, scores) each."""
    rank = np.unique(score, return_inverse=True)[1]
    yes = np.bincount(rank, weights=target)
    return yes[None], (np.bincount(rank) - yes)[None]


def _exact(target: np.ndarray, score: np.ndarray, threshold: float, is_probability: bool) -> _Sums:
    yes, no = _by_rank(target, score)
    called = score >= threshold
    nothing = np.full((1, N_BINS), np.nan)
    if is_probability:
        squared, logarithmic = (loss.sum() for loss in _losses(target, score))
        bins = _bin(score)
        by_bin = [np.bincount(bins, weights=what, minlength=N_BINS)[None] for what in (np.ones(len(score)), target, score)]
    else:
        squared = logarithmic = np.nan
        by_bin = [nothing, nothing, nothing]
    return _Sums(yes, no, np.array([np.sum(called & target)], dtype=float), np.array([np.sum(called & ~target)], dtype=float),
                 np.array([squared]), np.array([logarithmic]), *by_bin)


class _Cells:
    """Rows counted by cell: neighbouring scores (never across a bin's edge or the threshold), then no and yes."""

    def __init__(self, target: np.ndarray, score: np.ndarray, *, threshold: float, is_probability: bool) -> None:
        values, rank, tied = np.unique(score, return_inverse=True, return_counts=True)
        step = np.arange(len(values))
        if len(values) > MAX_CELLS:
            # Cells of about as many rows each; equal scores always share one.
            step = (np.cumsum(tied) - 1) * MAX_CELLS // len(score)
        starts = np.diff(step, prepend=-1) != 0
        called = values >= threshold
        starts |= np.diff(called, prepend=called[0])
        if is_probability:
            starts |= np.diff(_bin(values), prepend=-1) != 0
        cell_of_value = np.cumsum(starts) - 1
        self.n = int(cell_of_value[-1]) + 1
        self.row = cell_of_value[rank] + self.n * target  # first the no of every cell, then the yes
        self.called = np.zeros(self.n, dtype=bool)
        self.called[cell_of_value] = called
        self.is_probability = is_probability
        cases = np.bincount(self.row, minlength=2 * self.n)
        self.cases = cases.astype(float)
        if is_probability:
            squared, logarithmic = _losses(target, score)
            each = np.maximum(cases, 1)
            self.squared = np.bincount(self.row, weights=squared, minlength=2 * self.n) / each
            self.logarithmic = np.bincount(self.row, weights=logarithmic, minlength=2 * self.n) / each
            self.predicted = np.bincount(self.row, weights=score, minlength=2 * self.n) / each
            self.bin = np.zeros(self.n, dtype="int64")
            self.bin[cell_of_value] = _bin(values)

    def counts(self, weights: "_Weights | None") -> tuple[np.ndarray, np.ndarray]:
        """(resamples, cells) of yes and of no; without weights the rows as they are, one row."""
        counts = self.cases[None] if weights is None else weights.drawn(self.row, 2 * self.n)
        return counts[:, self.n:], counts[:, :self.n]

    def sums(self, weights: "_Weights | None") -> _Sums:
        yes, no = self.counts(weights)
        nothing = np.full(len(yes), np.nan)
        squared = logarithmic = nothing
        by_bin = [np.full((len(yes), N_BINS), np.nan)] * 3
        if self.is_probability:
            no_side, yes_side = slice(0, self.n), slice(self.n, None)
            squared = _weighed(no, self.squared[no_side]) + _weighed(yes, self.squared[yes_side])
            logarithmic = _weighed(no, self.logarithmic[no_side]) + _weighed(yes, self.logarithmic[yes_side])
            # Cells are sorted by score, so that those of a bin lie together; an empty bin adds nothing to a gap.
            starts = np.flatnonzero(np.diff(self.bin, prepend=-1))
            by_bin = [np.add.reduceat(what, starts, axis=1) for what in
                      (no + yes, yes, no * self.predicted[no_side] + yes * self.predicted[yes_side])]
        called = self.called.astype(float)
        return _Sums(yes, no, _weighed(yes, called), _weighed(no, called), squared, logarithmic, *by_bin)


class _Weights:
    """How often every group, or bundle of groups, is drawn in each resample."""

    def __init__(self, bundle: np.ndarray, times: np.ndarray) -> None:
        self.bundle = bundle  # (n,) of each row
        self.times = times  # (resamples, bundles)

    def drawn(self, column: np.ndarray, n_columns: int) -> np.ndarray:
        """(resamples, n_columns): how many rows of each column a resample holds."""
        from scipy.sparse import csr_array

        # Sparse: at most one entry a row, and no threads of BLAS, which on a busy computer burn more than they save.
        counted = csr_array((np.ones(len(column)), (column, self.bundle)), shape=(n_columns, self.times.shape[1]))
        return np.ascontiguousarray((counted @ self.times.T).T)


def _weights(groups: np.ndarray, n_rows: int, *, random_state: int) -> _Weights | None:
    """The resamples of groups; None where there are too few groups. The sequence of the rows changes nothing."""
    groups = np.asarray(groups)
    if len(groups) != n_rows:
        raise InvalidInput(f"There are {len(groups):,} groups for {n_rows:,} rows; each row needs one.")
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < FEWEST_GROUPS:
        return None
    rng = np.random.default_rng(random_state)
    n_bundles = min(len(names), MAX_BUNDLES)
    bundle_of_group = np.arange(len(names))
    if len(names) > MAX_BUNDLES:
        bundle_of_group = rng.permutation(len(names)) % n_bundles
    drawn = rng.integers(0, n_bundles, (N_BOOTSTRAPS, n_bundles))
    drawn += n_bundles * np.arange(N_BOOTSTRAPS)[:, None]
    times = np.bincount(drawn.ravel(), minlength=N_BOOTSTRAPS * n_bundles).reshape(N_BOOTSTRAPS, n_bundles)
    return _Weights(bundle_of_group[group], times.astype("float64"))


def _intervals(value: dict, cells: _Cells, weights: _Weights | None) -> tuple[dict, dict]:
    nan = float("nan")
    if weights is None:
        return dict.fromkeys(METRICS, nan), dict.fromkeys(METRICS, nan)
    resampled, as_cells = _metrics(cells.sums(weights)), _metrics(cells.sums(None))
    low, high = {}, {}
    for name in METRICS:
        exact = value[name][0]
        # What the cells cost in ties is the same in the resamples as in the rows themselves; so it is put back.
        low[name], high[name] = _ends(resampled[name] - as_cells[name] + exact)
        if name == "calibration_error":
            # Never without the value itself, which is too high rather than too low.
            low[name], high[name] = max(2 * exact - high[name], 0.0), max(2 * exact - low[name], exact)
    return low, high


def _ends(values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    if len(values) < COMPUTABLE_SHARE * N_BOOTSTRAPS:
        return float("nan"), float("nan")
    low, high = np.quantile(values, INTERVAL)
    return float(low), float(high)


def _metrics(sums: _Sums) -> dict[str, np.ndarray]:
    yes, no = sums.yes, sums.no
    all_yes, all_no = yes.sum(axis=1), no.sum(axis=1)
    cases = all_yes + all_no
    missed, spared = all_yes - sums.called_yes, all_no - sums.called_no
    called = sums.called_yes + sums.called_no
    gap = np.abs(sums.bin_predicted - sums.bin_yes).sum(axis=1)  # cases x |predicted - observed| of every bin
    return {
        "roc_auc": _roc_auc(yes, no),
        "pr_auc": _average_precision(yes, no),
        "brier": _share(sums.squared, cases),
        "log_loss": _share(sums.logarithmic, cases),
        "calibration_error": _share(gap, cases),
        "accuracy": _share(sums.called_yes + spared, cases),
        "precision": _share(sums.called_yes, called),
        "recall": _share(sums.called_yes, all_yes),
        "f1": _share(2 * sums.called_yes, called + sums.called_yes + missed),
        "found_in_first_30_percent": _found(yes, no, CONTACTED_SHARE),
        "lift_first_10_percent": _found(yes, no, LIFT_SHARE) / LIFT_SHARE,
    }


def _weighed(counts: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.einsum("ij,j->i", counts, weight)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _roc_auc(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """Chance that a yes ranks above a no, ties half; one value a row of counts by rank."""
    below = np.cumsum(no, axis=1) - no / 2
    return _share(np.einsum("ij,ij->i", yes, below), yes.sum(axis=1) * no.sum(axis=1))


def _average_precision(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """Precision at every different score, weighed by the recall that it adds."""
    found = np.cumsum(yes[:, ::-1], axis=1)
    called = found + np.cumsum(no[:, ::-1], axis=1)
    precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
    return _share(np.einsum("ij,ij->i", yes[:, ::-1], precision), yes.sum(axis=1))


def _gain_curve(yes: np.ndarray, no: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """contacted and found, from (0, 0) to (1, 1), the highest score first; for one row of counts."""
    contacted, found = np.cumsum((yes + no)[::-1]), np.cumsum(yes[::-1])
    return np.append(0.0, contacted / contacted[-1]), np.append(0.0, found / found[-1])


def _found(yes: np.ndarray, no: np.ndarray, share: float) -> np.ndarray:
    """Share of all yes among the `share` of rows ranked highest; rows that tie count in proportion."""
    found = np.full(len(yes), np.nan)
    for place in np.flatnonzero(yes.sum(axis=1) > 0):
        found[place] = np.interp(share, *_gain_curve(yes[place], no[place]))
    return found
