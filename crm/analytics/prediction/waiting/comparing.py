"""When will each customer order next, by which model, and is that better than counting on the usual gap?"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.analytics.prediction.sampling import N_PARTS, parts, sample
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.waiting.curves import Curves
from crm.analytics.prediction.waiting.judging import JudgedWaits, difference, judge_waits
from crm.analytics.prediction.waiting.models import METHODS, WaitModel, fit, step_ends
from crm.analytics.prediction.waiting.waits import WaitingTask, Waits, check
from crm.errors import Cancelled, InvalidInput

MOST_ROWS_TO_CHOOSE = 10_000
RULES = ("rule", "recency")
SMALLEST = 1e-9
Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class WaitComparison:
    """judged: by method, with two rules before: "rule" (the last order and one's own mean gap; today for who is overdue) and "recency"
    (who ordered last orders next: a sequence, no day). choice: one row a model: method, loss (mean -log likelihood of the step in
    which the wait ended, on five parts of the rows learned from), apart, standard_error, chosen. proposed: the simplest within one
    standard error of the best. difference_low, difference_high: 95 % of its concordance less the better rule's; beats_rule: the
    whole of it lies above 0. models: from the rows learned from."""

    judged: dict[str, JudgedWaits]
    choice: pd.DataFrame
    proposed: str
    better_rule: str
    difference_low: float
    difference_high: float
    beats_rule: bool
    within_days: int
    n_tested: int
    n_came: int
    n_learned: int
    models: dict[str, WaitModel] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class WaitAnswer:
    """comparison; model: the proposed one, made again from the latest rows; curves: of `now`."""

    comparison: WaitComparison
    model: WaitModel
    curves: Curves


def compare_waiting(task: WaitingTask, *, methods: tuple[str, ...] = METHODS, random_state: int = 0,
                    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None) -> WaitComparison:
    """Every method on the later waits, beside the rules.

    Raises NotEnoughData where too few orders followed another, InvalidInput for waits below a day or an unknown method.
    """
    unknown = [method for method in methods if method not in METHODS]
    if unknown or not methods:
        raise InvalidInput(f"Choose some of the methods {', '.join(METHODS)}.", field="methods")
    learn = _in_order(task.learn)
    check(learn, of="in the months it learns from")
    check(task.test, of="in the days it is tested on", fewest=1)
    names = [method for method in METHODS if method in methods]

    def step(done: int, stage: str) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled("The comparison was stopped.")
        if progress is not None:
            progress(done / (len(names) + 1), stage)

    step(0, "choice")
    choice = _choice(learn, task, names, random_state=random_state)
    rate = float((learn.is_seen & (learn.days <= task.within_days)).mean())
    judged = {rule: _judged_rule(rule, learn, task) for rule in RULES}
    models = {}
    for number, method in enumerate(names, start=1):
        step(number, method)
        models[method] = model = fit(learn, method=method, scales=task.scales, columns=task.columns, random_state=random_state)
        curves = model.curves(task.test.frame)
        within = min(task.within_days, curves.longest_days)
        judged[method] = judge_waits(
            task.test, curves.mean_within(), method=method, within_days=task.within_days, chance=curves.chance(within),
            median=curves.day_of(0.5), learned_rate=rate, fit_seconds=model.fit_seconds, random_state=random_state)
    proposed = str(choice.loc[choice["chosen"], "method"].iloc[0])
    better = max(RULES, key=lambda rule: np.nan_to_num(judged[rule].value("concordance")))
    low, high = difference(judged[proposed].concordance, judged[better].concordance)
    return WaitComparison(judged=judged, choice=choice, proposed=proposed, better_rule=better, difference_low=low,
                          difference_high=high, beats_rule=bool(low > 0), within_days=task.within_days,
                          n_tested=len(task.test.days),
                          n_came=int((task.test.is_seen & (task.test.days <= task.within_days)).sum()),
                          n_learned=len(learn.days), models=models)


def answer_waiting(task: WaitingTask, *, methods: tuple[str, ...] = METHODS, random_state: int = 0,
                   progress: Progress | None = None, cancelled: Callable[[], bool] | None = None) -> WaitAnswer:
    """The comparison, and the curves of `now` by the proposed model, made again from the latest rows."""
    comparison = compare_waiting(task, methods=methods, random_state=random_state, progress=progress, cancelled=cancelled)
    latest = _in_order(task.learn if task.refit is None else task.refit)
    model = fit(latest, method=comparison.proposed, scales=task.scales, columns=task.columns, random_state=random_state)
    return WaitAnswer(comparison, model, model.curves(task.learn.frame if task.now is None else task.now))


def _in_order(waits: Waits) -> Waits:
    """The same in a sequence that does not hang on how the caller's rows were sorted."""
    return waits.take(np.lexsort((pd.util.hash_pandas_object(waits.frame, index=False).to_numpy(), waits.days, waits.groups)))


def _judged_rule(rule: str, learn: Waits, task: WaitingTask) -> JudgedWaits:
    silent = task.test.frame[task.silent].to_numpy(dtype=float)
    if rule == "recency":
        return judge_waits(task.test, silent, method=rule, within_days=task.within_days)
    gap, known = (frame[task.gap].to_numpy(dtype=float) for frame in (task.test.frame, learn.frame))
    known = known[np.isfinite(known)]
    usual = np.median(known) if len(known) else np.median(learn.days)  # where nobody has ordered twice yet
    day = np.maximum(np.where(np.isfinite(gap), gap, usual) - silent, 0.0)
    return judge_waits(task.test, day, method=rule, within_days=task.within_days, median=day)


def _choice(learn: Waits, task: WaitingTask, names: list[str], *, random_state: int) -> pd.DataFrame:
    """The one-standard-error choice (Breiman et al. 1984), on the differences to the best."""
    as_rows = Rows(learn.frame, learn.days.astype(float), learn.groups)
    learn = learn.take(sample(as_rows, most_rows=MOST_ROWS_TO_CHOOSE, random_state=random_state))
    part = parts(Rows(learn.frame, learn.days.astype(float), learn.groups), random_state=random_state)
    ends = step_ends(learn.days, learn.is_seen)
    losses = {}
    for method in names:
        if len(names) == 1:
            losses[method] = np.zeros(N_PARTS)
            continue
        by_part = []
        for number in range(N_PARTS):
            outside = learn.take(part == number)
            if not len(outside.days):
                continue
            model = fit(learn.take(part != number), method=method, scales=task.scales, columns=task.columns,
                        random_state=random_state)
            by_part.append(_loss(model.curves(outside.frame), outside, ends))
        losses[method] = np.array(by_part)
    best = min(losses, key=lambda method: losses[method].mean())
    table = []
    for method, loss in losses.items():
        apart = loss - losses[best]
        error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else 0.0
        table.append((method, float(loss.mean()), float(apart.mean()), error))
    choice = pd.DataFrame(table, columns=["method", "loss", "apart", "standard_error"])
    good = choice["apart"] <= choice["standard_error"]
    return choice.assign(chosen=choice["method"] == choice.loc[good, "method"].iloc[0])


def _loss(curves: Curves, waits: Waits, ends: np.ndarray) -> float:
    """Mean -log of how likely it was that the wait ended in its step, or had not ended when following did."""
    ends = ends[ends <= curves.longest_days]
    hazard = np.column_stack([-np.log1p(-np.minimum(curves.chance(end), 1.0 - SMALLEST)) for end in ends])
    step = np.clip(np.searchsorted(ends, waits.days), 1, len(ends) - 1)
    rows = np.arange(len(step))
    below, above = hazard[rows, step - 1], hazard[rows, step]
    followed = below + np.clip((waits.days - ends[step - 1]) / (ends[step] - ends[step - 1]), 0.0, 1.0) * (above - below)
    # An order counts in its step, a wait that had not ended up to its own day.
    logs = np.where(waits.is_seen, np.log(np.maximum(-np.expm1(below - above), SMALLEST)) - below, -followed)
    return float(-logs.mean())
