"""Which model of an amount is best, on rows that it has not seen, and is it better than "as before"?"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.analytics.prediction.amounts.checks import check
from crm.analytics.prediction.amounts.judging import Draws, JudgedAmounts, Yardstick, difference, judge, yardstick
from crm.analytics.prediction.amounts.models import FIRST, METHODS, AmountModel, fit, learnable
from crm.analytics.prediction.amounts.ranges import Ranges, ranges
from crm.analytics.prediction.sampling import N_PARTS, in_fixed_order, parts, sample, take
from crm.analytics.prediction.task import Rows, Task
from crm.errors import Cancelled, CrmError, InvalidInput

# The choice and the ranges rest on that many rows learned from: more change neither, and the time stays within a second a model.
MOST_ROWS_TO_CHOOSE = 10_000
Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class AmountComparison:
    """Several models of an amount on the same rows.

    judged: by method: "mean" (everybody alike), "rule" (as before; only where the task names one), then METHODS. choice: one row a
    model: method, loss, apart, standard_error (the yardstick's mean loss on five parts of the rows learned from, how far above the
    best, and that difference's standard error over the parts), chosen. proposed: the simplest model whose loss lies within one
    standard error of the best's. difference_low, difference_high: 95 % of how much more of the squared differences it explains
    than the rule does, on the tested rows (r2_capped; NaN without a rule). beats_rule: the whole of that lies above 0 (None without a rule); beats_mean:
    the proposed explains more than one mean for all, with its whole interval. yardstick: how distances are measured. ranges:
    eight of ten, from the rows learned from. tested: the amounts that came, in the sequence of judged[...].amount. largest_case:
    the share of the proposed model's squared error that a single case brings. tested_on: "later" or "parts". failed: method ->
    sentence. models: made from the rows learned from alone. unseen: what models that had not seen a row said of it, and what came
    (two arrays), which the ranges rest on.
    """

    judged: dict[str, JudgedAmounts]
    choice: pd.DataFrame
    proposed: str
    difference_low: float
    difference_high: float
    beats_rule: bool | None
    beats_mean: bool
    yardstick: Yardstick
    ranges: Ranges
    tested: np.ndarray
    largest_case: float
    n_tested: int
    n_learned: int
    mean_learned: float
    tested_on: str
    failed: dict[str, str]
    models: dict[str, AmountModel] = field(default_factory=dict)
    unseen: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: (np.empty(0), np.empty(0)))


@dataclass(frozen=True, eq=False)
class AmountAnswer:
    """comparison; model: the proposed one, made again from the latest rows; amount, low, high: (n,) of `now`, eight of ten;
    ranges: what low and high come from."""

    comparison: AmountComparison
    model: AmountModel
    ranges: Ranges
    amount: np.ndarray
    low: np.ndarray
    high: np.ndarray


def compare_amounts(task: Task, *, methods: tuple[str, ...] = FIRST, parameters: dict[str, dict] | None = None,
                    random_state: int = 0, progress: Progress | None = None,
                    cancelled: Callable[[], bool] | None = None) -> AmountComparison:
    """Every method on the later rows (or on parts, where there are none), beside the rule and the mean.

    Raises NotEnoughData for few or equal amounts, InvalidInput for columns that cannot be learned from or that give the amount
    away, Cancelled where `cancelled()` says so.
    """
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise InvalidInput(f"There is no method “{unknown[0]}”; choose some of {', '.join(METHODS)}.", field="methods")
    learn, order = in_fixed_order(_whole(task.learn))
    check(learn, of="to learn from")
    if task.test is not None:
        check(task.test, of="to be tested on", fewest=1, must_differ=False)
    by = yardstick(learn.target)
    work = _Work(learn, task, by=by, parameters=parameters or {}, random_state=random_state,
                 told=_Told(progress, cancelled, steps=2 * len(methods) + 1))
    names = [method for method in METHODS if method in methods]
    said, failed = work.out_of_parts(names)
    if not said:
        raise InvalidInput(f"None of the methods fits these amounts. {next(iter(failed.values()))}")
    choice = _choice(said, work.chosen_from, work.part, by)
    proposed = str(choice.loc[choice["chosen"], "method"].iloc[0])
    return work.judged(names, said, failed, choice, proposed, order)


def answer_amounts(task: Task, *, methods: tuple[str, ...] = FIRST, parameters: dict[str, dict] | None = None,
                   random_state: int = 0, progress: Progress | None = None,
                   cancelled: Callable[[], bool] | None = None) -> AmountAnswer:
    """The comparison, and what the proposed model, made again from `task.refit`, says of `task.now`, with ranges.

    The ranges for now rest on all rows that a model had not seen: those of the parts, and the later ones.
    """
    comparison = compare_amounts(task, methods=methods, parameters=parameters, random_state=random_state, progress=progress,
                                 cancelled=cancelled)
    proposed = comparison.proposed
    rows = in_fixed_order(_whole(task.refit if task.refit is not None else task.learn))[0]
    model = fit(rows, method=proposed, parameters=(parameters or {}).get(proposed), scales=task.scales, rule=task.rule,
                random_state=random_state)
    predicted, actual = comparison.unseen
    if comparison.tested_on == "later":
        predicted = np.append(predicted, comparison.judged[proposed].amount)
        actual = np.append(actual, comparison.tested)
    around = ranges(actual, predicted, capped_at=comparison.yardstick.capped_at)
    amount = model.amount(task.now if task.now is not None else task.learn.frame)
    low, high = around.around(amount)
    return AmountAnswer(comparison, model, around, amount, low, high)


def _whole(rows: Rows) -> Rows:
    """The rows whose amount is known."""
    target = np.asarray(rows.target, dtype=float)
    known = np.isfinite(target)
    return take(Rows(rows.frame, target, np.asarray(rows.groups)), known) if not known.all() else Rows(
        rows.frame, target, np.asarray(rows.groups))


@dataclass(eq=False)
class _Told:
    """Progress in equal steps, and a look at whether to go on."""

    progress: Progress | None
    cancelled: Callable[[], bool] | None
    steps: int
    done: int = 0

    def step(self, stage: str) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("The comparison was stopped.")
        if self.progress is not None:
            self.progress(min(self.done / self.steps, 1.0), stage)
        self.done += 1


class _Work:
    """One comparison: what is fitted to what."""

    def __init__(self, learn: Rows, task: Task, *, by: Yardstick, parameters: dict[str, dict], random_state: int,
                 told: _Told) -> None:
        self.learn, self.task, self.by, self.told = learn, task, by, told
        self.parameters, self.random_state = parameters, random_state
        # Without a later time each row is to be predicted, so all of them are chosen from.
        few = sample(learn, most_rows=MOST_ROWS_TO_CHOOSE, random_state=random_state) if task.test is not None else None
        self.chosen_from = learn if few is None else take(learn, few)
        self.part = parts(self.chosen_from, random_state=random_state)

    def fit(self, rows: Rows, method: str) -> AmountModel:
        return fit(rows, method=method, parameters=self.parameters.get(method), scales=self.task.scales, rule=self.task.rule,
                   random_state=self.random_state)

    def out_of_parts(self, names: list[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """method -> what models made from four parts said of the fifth; and the methods that do not fit, with the reason."""
        said, failed = {}, {}
        for method in names:
            self.told.step(method)
            try:
                learnable(self.learn.target, method=method)
                said[method] = self._out_of_parts(method)
            except CrmError as error:
                failed[method] = str(error)
        return said, failed

    def _out_of_parts(self, method: str) -> np.ndarray:
        rows, told = self.chosen_from, np.empty(len(self.chosen_from.target))
        for number in range(N_PARTS):
            outside = self.part == number
            if outside.any():
                told[outside] = self.fit(take(rows, ~outside), method).amount(rows.frame[outside])
        return told

    def judged(self, names: list[str], said: dict[str, np.ndarray], failed: dict[str, str], choice: pd.DataFrame,
               proposed: str, order: np.ndarray) -> AmountComparison:
        later = self.task.test is not None
        rows = _whole(self.task.test) if later else self.learn
        draws = Draws(rows.groups, random_state=self.random_state)
        from_parts = ranges(self.chosen_from.target, said[proposed], capped_at=self.by.capped_at)
        judged, models = {}, {}
        beside = ["mean"] + (["rule"] if self.task.rule is not None else [])
        for method in [*beside, *(name for name in names if name in said)]:
            if method not in beside:
                self.told.step(method)
            models[method] = model = self.fit(self.learn, method)
            if later or method == "rule":
                predicted = model.amount(rows.frame)
            else:
                predicted = self._out_of_parts(method) if method == "mean" else said[method]
            low, high = (None, None) if method in beside else ranges(
                self.chosen_from.target, said[method], capped_at=self.by.capped_at).around(predicted)
            judged[method] = judge(rows.target, predicted, by=self.by, draws=draws, method=method,
                                   parameters=self.parameters.get(method), low=low, high=high, fit_seconds=model.fit_seconds)
        best = judged[proposed]
        against = {name: difference(rows.target, best.amount, judged[name].amount, by=self.by, draws=draws) for name in beside}
        low, high = against.get("rule", (float("nan"), float("nan")))
        squared = (rows.target - best.amount) ** 2
        if not later:  # in the caller's own sequence
            back = np.argsort(order, kind="stable")
            judged = {name: _in_sequence(one, back) for name, one in judged.items()}
        return AmountComparison(
            judged=judged, choice=choice, proposed=proposed, difference_low=low, difference_high=high,
            beats_rule=bool(low > 0) if "rule" in judged else None, beats_mean=bool(against["mean"][0] > 0), yardstick=self.by,
            ranges=from_parts, tested=rows.target if later else rows.target[back],
            largest_case=float(squared.max() / squared.sum()) if squared.sum() > 0 else float("nan"), n_tested=len(rows.target),
            n_learned=len(self.learn.target), mean_learned=float(self.learn.target.mean()),
            tested_on="later" if later else "parts", failed=failed, models=models,
            unseen=(said[proposed], self.chosen_from.target))


def _in_sequence(one: JudgedAmounts, back: np.ndarray) -> JudgedAmounts:
    from dataclasses import replace

    return replace(one, amount=one.amount[back], low=one.low[back], high=one.high[back])


def _choice(said: dict[str, np.ndarray], rows: Rows, part: np.ndarray, by: Yardstick) -> pd.DataFrame:
    """The one-standard-error choice (Breiman et al. 1984), on the differences to the best: what all models find hard in a part
    says nothing about which is better."""
    actual = by.capped(rows.target)
    sizes = np.bincount(part, minlength=N_PARTS)
    filled = sizes > 0
    losses = {method: np.bincount(part, weights=by.loss_of(actual, told), minlength=N_PARTS)[filled] / sizes[filled]
              for method, told in said.items()}
    best = min(losses, key=lambda method: losses[method].mean())
    table = []
    for method, loss in losses.items():
        apart = loss - losses[best]
        error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else float("nan")
        table.append((method, float(loss.mean()), float(apart.mean()), error))
    choice = pd.DataFrame(table, columns=["method", "loss", "apart", "standard_error"])
    good = choice["apart"] <= choice["standard_error"].fillna(0.0)
    return choice.assign(chosen=choice["method"] == choice.loc[good, "method"].iloc[0])
