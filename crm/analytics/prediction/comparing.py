"""Which model to trust: each learns from the same rows and is judged on the same others; the choice never sees the test.

Two questions, two sets of rows. Which model? Five parts of the rows learned from, by group: each part is foreseen by models
made of the other four, and of those whose mean log loss lies within one standard error of the best, the simplest is proposed
(Breiman et al. 1984, 3.4.3; Hastie, Tibshirani & Friedman 2009, 7.10). How good? The later rows, which took no part in that.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from crm.analytics.prediction.calibrating import learn_calibration, probability_of
from crm.analytics.prediction.checks import check, refuse_giveaways
from crm.analytics.prediction.classifiers.methods import FIRST, METHODS, SIMPLEST, settings
from crm.analytics.prediction.classifiers.model import CALIBRATED, Model, few_enough, finish, unseen_margins
from crm.analytics.prediction.classifiers.rule import RuleClassifier
from crm.analytics.prediction.evaluation import difference, judge, log_losses
from crm.analytics.prediction.results import Comparison, Judged
from crm.analytics.prediction.sampling import in_fixed_order, parts
from crm.analytics.prediction.task import Task
from crm.errors import Cancelled, CrmError, InvalidInput, NotEnoughData


def compare(task: Task, *, methods: Iterable[str] = FIRST, parameters: dict[str, dict] | None = None, random_state: int = 0,
            progress: Callable[[float, str], None] | None = None, cancelled: Callable[[], bool] | None = None) -> Comparison:
    """Judge the models on the later rows (on five parts where there are none), and propose one.

    methods: of METHODS, in any sequence; "rule" counts only where the task names one. parameters: by method, as in SETTINGS.
    Above 40,000 rows the choice is made on a sample of the groups of that size, and some models learn from a sample (see
    MOST_ROWS). progress(share 0..1, stage), where the stage is the method it is at; cancelled() is asked before every step.

    Raises NotEnoughData or InvalidInput where the rows do not do (see `checks`; without later rows also where a column gives
    the answer away) and where no model could be made; Cancelled when told to stop.
    """
    steps = Steps(progress, cancelled)
    return compare_and_keep(task, methods=methods, parameters=parameters, random_state=random_state, steps=steps)[0]


@dataclass
class Steps:
    """How far the work is, and whether it is to go on."""

    progress: Callable[[float, str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    n_steps: int = 0
    n_done: int = field(default=0)

    def begin(self, stage: str) -> None:
        self.go_on()
        if self.progress is not None:
            self.progress(self.n_done / max(self.n_steps, 1), stage)
        self.n_done += 1

    def go_on(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("The comparison of models was stopped.")


def compare_and_keep(task: Task, *, methods: Iterable[str], parameters: dict[str, dict] | None, random_state: int,
                     steps: Steps) -> tuple[Comparison, dict[str, Model]]:
    """The comparison, and the models made of `learn` for it (none where parts are tested)."""
    methods = _in_sequence(methods, rule=task.rule)
    how = {method: {"method": method, "scales": task.scales, "random_state": random_state,
                    "parameters": settings(method, (parameters or {}).get(method), n_rows=len(task.learn.target))} for method in methods if method != "rule"}
    check(task.learn, scales=task.scales)
    if task.test is None:
        refuse_giveaways(task.learn)
    else:
        check(task.test, where="in the later time they are tested on")
    steps.n_steps += 2 * len(how)

    learn, learn_order = in_fixed_order(task.learn)
    tested, tested_order = (learn, learn_order) if task.test is None else in_fixed_order(task.test)
    few = learn if task.test is None else few_enough(learn, random_state=random_state)
    part = parts(few, random_state=random_state)
    judging = {"groups": tested.groups, "learned_base_rate": float(learn.target.mean()), "random_state": random_state}
    judged: dict[str, Judged] = {}
    models: dict[str, Model] = {}
    losses: dict[str, np.ndarray] = {}
    failed: dict[str, str] = {}
    rule_score = None
    if "rule" in methods:
        rule_score = RuleClassifier(column=task.rule).score(tested.frame)
        judged["rule"] = judge(tested.target, None, rule_score=rule_score, method="rule", parameters={"column": task.rule},
                               **judging)
    for method in how:
        try:
            steps.begin(method)
            started = time.process_time()
            margin = unseen_margins(few, part, **how[method], before_each=steps.go_on)
            fit_seconds = (time.process_time() - started) / (part.max() + 1)
            probability = _by_the_others(margin, few.target, part, is_calibrated=method in CALIBRATED)
            losses[method] = _losses_of_parts(few.target, probability, part)
            steps.begin(method)
            if task.test is not None:
                started = time.process_time()
                models[method] = finish(learn, **how[method], unseen=(margin, few.target))
                fit_seconds = time.process_time() - started
                probability = models[method].probability(tested.frame)
            judged[method] = judge(tested.target, probability, method=method, parameters=how[method]["parameters"],
                                   fit_seconds=fit_seconds, **judging)
        except Cancelled:
            raise
        except (CrmError, np.linalg.LinAlgError) as error:
            failed[method] = _sentence(error)
            losses.pop(method, None)
    if not losses:
        raise NotEnoughData("No model could be made. " + " ".join(dict.fromkeys(failed.values())) if failed else
                            "Choose at least one model that learns beside the simple rule.")
    choice = choose(losses)
    proposed = str(choice.loc[choice["chosen"], "method"].iloc[0])
    low = high = float("nan")
    if rule_score is not None:
        low, high = difference(tested.target, judged[proposed].probability, rule_score, groups=tested.groups,
                               random_state=random_state)
    comparison = Comparison(
        judged={method: _in_callers_order(judged[method], tested_order) for method in methods if method in judged},
        choice=choice,
        proposed=proposed,
        difference_low=low,
        difference_high=high,
        beats_rule=None if rule_score is None else bool(low > 0),
        base_rate=float(tested.target.mean()),
        n_tested=len(tested.target),
        n_positive=int(tested.target.sum()),
        n_learned=len(learn.target),
        base_rate_learned=float(learn.target.mean()),
        tested_on="parts" if task.test is None else "later",
        failed=failed,
    )
    return comparison, models


def choose(losses: dict[str, np.ndarray]) -> pd.DataFrame:
    """The table `choice` of Comparison from the log losses of each model's parts.

    >>> choose({"logistic": np.array([0.51, 0.49]), "boosting": np.array([0.50, 0.48])})["chosen"].tolist()
    [True, False]
    """
    table = pd.DataFrame({
        "method": list(losses),
        "log_loss": [float(parts.mean()) for parts in losses.values()],
        "standard_error": [float(parts.std(ddof=1) / np.sqrt(len(parts))) for parts in losses.values()],
    })
    best = table.loc[table["log_loss"].idxmin()]
    good_enough = table.loc[table["log_loss"] <= best["log_loss"] + best["standard_error"], "method"]
    simplest = min(good_enough, key=SIMPLEST.index)
    return table.assign(chosen=table["method"] == simplest)


def _in_sequence(methods: Iterable[str], *, rule: str | None) -> list[str]:
    wanted = set(methods)
    if unknown := sorted(wanted - set(METHODS)):
        raise InvalidInput(f"There is no model “{unknown[0]}”; choose from {', '.join(METHODS)}.", field="methods")
    return [method for method in METHODS if method in wanted and (method != "rule" or rule is not None)]


def _by_the_others(margin: np.ndarray, target: np.ndarray, part: np.ndarray, *, is_calibrated: bool) -> np.ndarray:
    """(n,) probabilities of unseen margins; where they need calibration, each part's curve is learned from the others."""
    log_odds = margin
    if is_calibrated:
        log_odds = np.empty(len(margin))
        for number in np.unique(part):
            mine = part == number
            log_odds[mine] = learn_calibration(margin[~mine], target[~mine])(margin[mine])
    return probability_of(log_odds)


def _losses_of_parts(target: np.ndarray, probability: np.ndarray, part: np.ndarray) -> np.ndarray:
    return np.bincount(part, weights=log_losses(target, probability)) / np.bincount(part)


def _in_callers_order(judged: Judged, order: np.ndarray) -> Judged:
    probability = np.empty(len(order))
    probability[order] = judged.probability
    return replace(judged, probability=probability)


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, CrmError) else "The columns depend on each other in a way that this model cannot solve."
