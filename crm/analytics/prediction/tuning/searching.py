"""Which settings foresee best? Every try is judged on rows that it has not learned from; of those as good as the best, the
first of the list is taken."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.calibrating import learn_calibration, probability_of
from crm.analytics.prediction.classifiers.methods import settings
from crm.analytics.prediction.classifiers.model import CALIBRATED, finish
from crm.analytics.prediction.evaluation import log_losses, roc_auc
from crm.analytics.prediction.sampling import in_fixed_order, parts, sample, take
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.tuning.grids import GRIDS
from crm.analytics.prediction.tuning.running import Done, carry_out, runner
from crm.errors import Cancelled, InvalidInput, NotEnoughData

N_PARTS = 5
N_TRIAL_FITS = 2
LAST_FITS = 15  # three tries: their cost grows along a grid
MOST_ROWS = 40_000  # more hardly move the place of the best settings, and each try takes as much longer


@dataclass(frozen=True, eq=False)
class Search:
    """What a search found.

    parameters: the settings taken, as `fit` wants them ({}: the usual ones). tries: one row a try that was completed or
    failed, in the grid's sequence: parameters (dict), log_loss and roc_auc (of all rows, each predicted by a model made
    without its group), log_loss_error (standard error over the five parts), worse_by and worse_by_error (log loss above the
    best try's, and the standard error of this difference by groups), seconds (of its fits, on one core each), failed (a
    sentence, or None), is_best, is_chosen. seconds: of the whole search by the clock. n_planned: tries of the grid.
    stopped_early: the time ran out before all were tried. n_rows: how many rows were looked at. where: "here", "processes"
    or "cluster"; cores: how many fits ran at once.
    """

    method: str
    parameters: dict
    tries: pd.DataFrame
    seconds: float
    n_planned: int
    stopped_early: bool
    n_rows: int
    where: str
    cores: int


def search(rows: Rows, *, method: str, grid: str | list[dict] = "usual", budget_seconds: float = 60.0,
           scales: dict[str, str] | None = None, random_state: int = 0, progress: Callable[[float, str], None] | None = None,
           cancelled: Callable[[], bool] | None = None) -> Search:
    """Try the settings of a grid ("quick", "usual" or "thorough", or a list of settings) by five-fold cross-validation in
    which the rows of a group stay together.

    The best try has the lowest log loss over all rows. The winner is the first of the grid (which begins with the usual
    settings and prefers simple ones) whose log loss is above that by at most one standard error of the difference: the
    one-standard-error rule of Breiman et al. (1984), with the error of the paired difference over groups. The best figure of
    many tries flatters; what the winner is worth, only rows outside the search tell.

    budget_seconds: by the clock; no fit is begun that would probably end later, except those of the first try. A try whose
    five fits were not all made counts for nothing. Above 40,000 rows, a sample of groups is looked at. The same answer however
    the rows are sorted and wherever the fits run, as long as the time suffices for all.

    progress: called with the share done and a sentence. cancelled: asked between fits. Raises Cancelled; InvalidInput for a
    method without settings, an unknown grid or a cluster that cannot be used; NotEnoughData where a part would hold one
    outcome only.
    """
    began = time.perf_counter()
    tries = _tries(method, grid)
    if len(rows.target) and min(rows.target.sum(), (~rows.target).sum()) < N_PARTS:
        raise NotEnoughData(f"Trying settings needs at least {N_PARTS} rows of either outcome; there are "
                            f"{int(rows.target.sum()):,} with a yes and {int((~rows.target).sum()):,} without.")
    rows, _ = in_fixed_order(rows)
    rows = take(rows, sample(rows, most_rows=MOST_ROWS, random_state=random_state))
    part = parts(rows, n_parts=N_PARTS, random_state=random_state)
    plan = _Plan(tries, began=began, budget_seconds=budget_seconds, progress=progress, cancelled=cancelled)
    shared = (rows, part, method, scales, random_state)
    plan.tell()
    plan.stop_if_cancelled()
    # The first fits are made here, and tell how long all will take; the very first one holds the imports, too.
    for number in range(N_TRIAL_FITS):
        plan.note(carry_out(_margin, shared, tries[0], number, key=(0, number)))
        plan.stop_if_cancelled()
    seconds_a_fit = min(done.seconds for done in plan.done.values())
    with runner(shared, expected_seconds=min(seconds_a_fit * N_PARTS * len(tries), budget_seconds)) as (place, run):
        plan.cores = place.cores
        for finished in run(plan.pieces()):
            plan.note(finished)
    plan.stop_if_cancelled()
    if progress is not None:
        progress(1.0, "Comparing the settings")
    table = _table(plan, rows, part, method)
    return Search(
        method=method,
        parameters=dict(table.loc[table["is_chosen"], "parameters"].iloc[0]),
        tries=table,
        seconds=time.perf_counter() - began,
        n_planned=len(tries),
        stopped_early=len(table) < len(tries),
        n_rows=len(rows.target),
        where=place.where,
        cores=place.cores,
    )


def _tries(method: str, grid: str | list[dict]) -> list[dict]:
    if method not in GRIDS:
        raise InvalidInput(f"The model “{method}” has no settings to try; choose one of {', '.join(GRIDS)}.", field="method")
    if isinstance(grid, str):
        if grid not in GRIDS[method]:
            raise InvalidInput(f"There is no list of settings “{grid}”; choose one of {', '.join(GRIDS[method])}.", field="grid")
        grid = GRIDS[method][grid]
    if not grid:
        raise InvalidInput("There are no settings to try; give at least one.", field="grid")
    # Settings that come to the same, the usual ones spelled out for instance, are tried once.
    different: dict[tuple, dict] = {}
    for parameters in grid:
        different.setdefault(tuple(sorted(settings(method, parameters).items())), dict(parameters))
    return list(different.values())


def _margin(shared: tuple, parameters: dict, number: int) -> np.ndarray:
    """What a model made from the other parts says of this one."""
    rows, part, method, scales, random_state = shared
    model = finish(take(rows, part != number), method=method, parameters=settings(method, parameters), scales=scales,
                   random_state=random_state)
    return np.asarray(model.log_odds(rows.frame[part == number]), dtype="float64")


class _Plan:
    """What is still to be fitted, how long fits take, and when to stop."""

    def __init__(self, tries: list[dict], *, began: float, budget_seconds: float, progress, cancelled) -> None:
        self.tries = tries
        self.ends = began + budget_seconds
        self.progress = progress
        self.cancelled = cancelled or (lambda: False)
        self.cores = 1
        self.done: dict[tuple[int, int], Done] = {}
        self.failed: set[int] = set()

    def pieces(self):
        """The fits in sequence, as long as there is time; asked for whenever a core is free."""
        for place, parameters in enumerate(self.tries):
            for number in range(N_PARTS):
                if (place, number) in self.done or place in self.failed:
                    continue
                if self.cancelled():
                    return
                # A try is begun only if all of its fits will probably end in time; the usual settings are always tried.
                rounds = -(-N_PARTS // self.cores) if number == 0 else 1
                if place > 0 and time.perf_counter() + rounds * self._seconds_a_fit() > self.ends:
                    return
                yield _margin, (parameters, number), (place, number)

    def _seconds_a_fit(self) -> float:
        # The middle of the last ones: a first fit with its imports, or one on a busy core, is no measure.
        return float(np.median([done.seconds for done in list(self.done.values())][-LAST_FITS:]))

    def note(self, done: Done) -> None:
        self.done[done.key] = done
        if done.failed is not None:
            self.failed.add(done.key[0])
        self.tell()

    def tell(self) -> None:
        if self.progress is not None:
            n_fits = N_PARTS * len(self.tries)
            made = len(self.done)
            self.progress(made / n_fits, f"Trying settings: {min(made // N_PARTS + 1, len(self.tries))} of {len(self.tries)}")

    def stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("The search for settings was stopped; nothing was changed.")

    def finished(self, place: int) -> list[Done]:
        """The fits of a try, by part; [] where they were not all made."""
        made = [self.done.get((place, number)) for number in range(N_PARTS)]
        return [] if any(done is None or done.failed is not None for done in made) else made


def _table(plan: _Plan, rows: Rows, part: np.ndarray, method: str) -> pd.DataFrame:
    losses, lines = {}, []
    for place, parameters in enumerate(plan.tries):
        fits = [plan.done[key] for key in sorted(plan.done) if key[0] == place]
        if place in plan.failed:
            sentence = next(done.failed for done in fits if done.failed is not None)
            lines.append((place, parameters, np.nan, np.nan, np.nan, sum(done.seconds for done in fits), sentence))
            continue
        if not plan.finished(place):
            continue
        margin = np.empty(len(rows.target))
        for number, done in enumerate(fits):
            margin[part == number] = done.value
        log_odds = _calibrated(margin, rows.target, part) if method in CALIBRATED else margin
        loss = losses[place] = log_losses(rows.target, probability_of(log_odds))
        by_part = np.array([loss[part == number].mean() for number in range(N_PARTS)])
        lines.append((place, parameters, float(loss.mean()), float(by_part.std(ddof=1) / np.sqrt(N_PARTS)),
                      roc_auc(rows.target, log_odds), sum(done.seconds for done in fits), None))
    if not losses:
        raise InvalidInput(lines[0][-1] if lines else "No settings could be tried.")
    table = pd.DataFrame(lines, columns=["place", "parameters", "log_loss", "log_loss_error", "roc_auc", "seconds", "failed"])
    # Log losses that differ by rounding alone are equal: the earlier one is the best.
    best = min(losses, key=lambda place: (round(float(losses[place].mean()), 9), place))
    unit = np.unique(rows.groups, return_inverse=True)[1]
    above = {place: _difference(loss - losses[best], unit) for place, loss in losses.items()}
    chosen = next(place for place in sorted(losses) if above[place][0] <= above[place][1] or place == best)
    nothing = (np.nan, np.nan)
    return table.assign(
        failed=pd.Series([line[-1] for line in lines], dtype=object),
        worse_by=[above.get(place, nothing)[0] for place in table["place"]],
        worse_by_error=[above.get(place, nothing)[1] for place in table["place"]],
        is_best=table["place"] == best,
        is_chosen=table["place"] == chosen,
    ).drop(columns="place")


def _calibrated(margin: np.ndarray, target: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Log-odds of scores that are no probabilities; the curve of each part is learned from the others."""
    log_odds = np.empty(len(margin))
    for number in range(N_PARTS):
        here = part == number
        log_odds[here] = learn_calibration(margin[~here], target[~here])(margin[here])
    return log_odds


def _difference(worse_by: np.ndarray, unit: np.ndarray) -> tuple[float, float]:
    """Mean over the rows and its standard error, the rows of a group taken as one draw."""
    mean = float(worse_by.mean())
    by_group = np.bincount(unit, weights=worse_by - mean)
    n_groups = len(by_group)
    error = np.sqrt(n_groups / max(n_groups - 1, 1) * (by_group**2).sum()) / len(worse_by)
    return mean, float(error)
