"""Would more data help? How well does a model foresee that was made from a part of the customers, from ever larger parts?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.classifiers.model import fit
from crm.analytics.prediction.evaluation import log_losses, roc_auc
from crm.analytics.prediction.sampling import in_fixed_order, parts, sample, take
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.tuning.running import Done, carry_out, runner
from crm.errors import Cancelled, InvalidInput, NotEnoughData

N_SIZES = 6  # each about twice the one before, from a thirty-second of the customers on
N_DRAWS = 8  # with five, the noise of a slope is guessed rather than known; each costs about two fits of all rows
FEWEST_OF_A_KIND = 20  # expected in the smallest size, as many as a model is made from at all
SLOPE_SIZES = 3  # the last ones tell what comes next; earlier ones rise more steeply
MATTERS = 0.005  # ROC AUC: half a point for twice the customers is what anybody would notice
WORTH_TELLING = MATTERS / 2  # of a rise that is beyond doubt
FEWEST_DRAWS = 3  # that worked, of a size; fewer say nothing of noise

MORE_HELPS, LEVELLED_OFF, CANNOT_SAY = "more helps", "levelled off", "cannot say"


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """table: one row a size: n_groups and n_learned (mean over the draws), roc_auc with low, high, log_loss with log_loss_low,
    log_loss_high (means, and 95 % intervals that serve to compare sizes: without what makes a draw easy or hard at all
    sizes), draws (how many worked). gain_by_doubling: ROC AUC won by twice the customers, by
    the slope over the last three sizes, with gain_low, gain_high. verdict: "more helps" (the gain is above 0 beyond doubt, and .0025
    or more), else "levelled off" (it is below .005 beyond doubt), else "cannot say". more_would_help: True, False or None.
    tested_on: "later" or "parts"."""

    table: pd.DataFrame
    gain_by_doubling: float
    gain_low: float
    gain_high: float
    verdict: str
    more_would_help: bool | None
    tested_on: str


def learning_curve(rows: Rows, *, method: str, parameters: dict | None = None, test: Rows | None = None,
                   scales: dict[str, str] | None = None, n_sizes: int = N_SIZES, n_draws: int = N_DRAWS,
                   random_state: int = 0, progress: Callable[[float, str], None] | None = None,
                   cancelled: Callable[[], bool] | None = None) -> LearningCurve:
    """Fit the model to parts of the customers, of sizes that lie evenly on a logarithmic scale, several draws of each.

    Groups are drawn, never rows, and the smaller part of a draw lies within the larger one. Each draw is judged on rows of
    its own: a part of `test` (a later time), or without one a part of the groups that the draw does not learn from. The
    noise is that between draws, widened since draws share rows (Nadeau & Bengio 2003): error^2 = variance x (1 / draws +
    1 / (draws - 1)), with Student's t.

    The gain by doubling is the mean over the draws of the slope against log2 of the customers. Curves flatten, so it rather
    says too much; it is a straight line drawn on by one step.

    Raises NotEnoughData where the smallest part would not hold about 20 of either outcome and be half of all; InvalidInput
    for "rule", which learns nothing; Cancelled.
    """
    if method == "rule":
        raise InvalidInput("The simple rule learns nothing, so more data cannot help it; choose a model.", field="method")
    rows, _ = in_fixed_order(rows)
    test = None if test is None else in_fixed_order(test)[0]
    judged_part = parts(rows if test is None else test, n_parts=n_draws, random_state=random_state)
    available = len(rows.target) * ((n_draws - 1) / n_draws if test is None else 1)
    sizes = _sizes(rows, available, n_sizes=n_sizes)
    shared = (rows, test, judged_part, method, parameters, scales, random_state)
    # The smallest first, so that the curve grows; all customers are the same in every draw that is tested on a later time.
    pieces = [(place, draws) for place, size in enumerate(sizes) for draws in
              ([tuple(range(n_draws))] if test is not None and size >= available else [(draw,) for draw in range(n_draws)])]
    plan = _Plan(sizes, pieces, progress, cancelled or (lambda: False))
    plan.stop_if_cancelled()
    # The first holds the imports; the last is the largest, and a fit takes about as long as it has rows.
    for piece in (pieces[0], pieces[-1]):
        plan.note(carry_out(_score, shared, sizes[piece[0]], piece[1], key=piece))
        plan.stop_if_cancelled()
    expected = plan.done[pieces[-1]].seconds * sum(sizes[place] for place, _ in pieces) / sizes[-1]
    with runner(shared, expected_seconds=expected) as (_, run):
        for finished in run(plan.pieces()):
            plan.note(finished)
    plan.stop_if_cancelled()
    found = {(place, draw): score for (place, _), done in plan.done.items() if done.failed is None
             for draw, score in done.value}
    if not found:
        raise NotEnoughData(next(iter(plan.done.values())).failed)
    return _curve(found, len(sizes), n_draws, "parts" if test is None else "later")


def _sizes(rows: Rows, available: float, *, n_sizes: int) -> list[int]:
    yes = float(np.mean(rows.target)) if len(rows.target) else 0.0
    rarer = min(yes, 1 - yes)
    smallest = max(available / 2 ** (n_sizes - 1), FEWEST_OF_A_KIND / rarer if rarer > 0 else np.inf)
    if not smallest <= available / 2:
        n_rarer = int(round(rarer * len(rows.target)))
        raise NotEnoughData(f"A learning curve needs at least {3 * FEWEST_OF_A_KIND} rows of either outcome; of the rarer one "
                            f"there are {n_rarer:,}.")
    return np.unique(np.geomspace(smallest, available, n_sizes).round().astype("int64")).tolist()


def _score(shared: tuple, size: int, draws: tuple[int, ...]) -> list[tuple[int, tuple]]:
    """(draw, (groups, rows learned from, ROC AUC, log loss)) of each draw, all by the same model."""
    rows, test, judged_part, method, parameters, scales, random_state = shared
    if test is None:
        rest, judged = take(rows, judged_part != draws[0]), rows
    else:
        rest, judged = rows, test
    learned = take(rest, sample(rest, most_rows=size, random_state=random_state + 1 + draws[0]))
    if learned.target.all() or not learned.target.any():
        raise NotEnoughData("A part of the customers holds one outcome only.")
    model = fit(learned, method=method, parameters=parameters, scales=scales, random_state=random_state)
    scores = []
    for draw in draws:
        here = take(judged, judged_part == draw)
        probability = model.probability(here.frame)
        scores.append((draw, (len(np.unique(learned.groups)), len(learned.target), roc_auc(here.target, probability),
                              float(log_losses(here.target, probability).mean()))))
    return scores


class _Plan:
    """Which fits are still to be made; asked for whenever a core is free."""

    def __init__(self, sizes: list[int], pieces: list[tuple], progress, cancelled) -> None:
        self.sizes, self.all_pieces, self.progress, self.cancelled = sizes, pieces, progress, cancelled
        self.done: dict[tuple, Done] = {}

    def pieces(self):
        for piece in self.all_pieces:
            if self.cancelled():
                return
            if piece not in self.done:
                yield _score, (self.sizes[piece[0]], piece[1]), piece

    def note(self, done: Done) -> None:
        self.done[done.key] = done
        if self.progress is not None:
            share = sum(self.sizes[place] for place, _ in self.done) / sum(self.sizes[place] for place, _ in self.all_pieces)
            self.progress(share, f"Learning from parts of the customers: {len(self.done)} of {len(self.all_pieces)}")

    def stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("The learning curve was stopped; nothing was changed.")


def _curve(found: dict[tuple[int, int], tuple], n_sizes: int, n_draws: int, tested_on: str) -> LearningCurve:
    # (sizes, draws, 4): groups, rows, ROC AUC, log loss
    scores = np.full((n_sizes, n_draws, 4), np.nan)
    for key, score in found.items():
        scores[key] = score
    lines = []
    levelled = scores[:, :, 2:] - _levels(scores[:, :, 2:])
    for of_size, compared in zip(scores, levelled, strict=True):
        worked = np.isfinite(of_size[:, 2])
        figures = [_mean_and_interval(compared[:, column]) for column in (0, 1)]
        counts = of_size[worked, :2].mean(axis=0).round() if worked.any() else (np.nan, np.nan)
        lines.append((*counts, *figures[0], *figures[1], int(worked.sum())))
    table = pd.DataFrame(lines, columns=["n_groups", "n_learned", "roc_auc", "low", "high", "log_loss", "log_loss_low",
                                         "log_loss_high", "draws"])
    table = table[table["draws"] > 0].astype({"n_groups": "int64", "n_learned": "int64"}).reset_index(drop=True)
    gain, low, high = _mean_and_interval(_slopes(scores[-SLOPE_SIZES:]))
    verdict = CANNOT_SAY
    if low > 0 and gain >= WORTH_TELLING:
        verdict = MORE_HELPS
    elif high < MATTERS:
        verdict = LEVELLED_OFF
    return LearningCurve(table, gain, low, high, verdict, {MORE_HELPS: True, LEVELLED_OFF: False}.get(verdict), tested_on)


def _levels(scores: np.ndarray) -> np.ndarray:
    """(draws, figures) by how much a draw lies above the others of the same sizes (Loftus & Masson 1994); 0 on average."""
    with np.errstate(invalid="ignore"):
        above = scores - _mean_of_known(scores, axis=1)[:, None]
        levels = _mean_of_known(above, axis=0)
    return np.where(np.isfinite(levels), levels - _mean_of_known(levels, axis=0), 0.0)


def _mean_of_known(values: np.ndarray, *, axis: int) -> np.ndarray:
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(axis=axis) / np.where(known.any(axis=axis), known.sum(axis=axis), np.nan)


def _slopes(scores: np.ndarray) -> np.ndarray:
    """(draws,) ROC AUC by doubling of the groups: least squares over the sizes of each draw; NaN where one is missing."""
    doublings = np.log2(scores[:, :, 0])
    doublings = doublings - doublings.mean(axis=0)
    return (doublings * scores[:, :, 2]).sum(axis=0) / (doublings**2).sum(axis=0)


def _mean_and_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean over the draws and its 95 % interval; NaN where too few draws worked."""
    from scipy.stats import t

    values = values[np.isfinite(values)]
    n = len(values)
    if n < FEWEST_DRAWS:
        return (float(values.mean()) if n else float("nan")), float("nan"), float("nan")
    error = values.std(ddof=1) * np.sqrt(1 / n + 1 / (n - 1))
    reach = float(t.ppf(0.975, n - 1) * error)
    return float(values.mean()), float(values.mean()) - reach, float(values.mean()) + reach
