"""What is asked of a prediction on its own, because it takes long? All models, tuned ones, what they live on, whether more
data would help, what hangs together.

Each takes a prediction.Task, `progress(share, stage)` and `cancelled()`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from crm.analytics import prediction
from crm.analytics.prediction import Comparison, Rows, Task, bayes_net
from crm.analytics.prediction.importance import Importance
from crm.analytics.prediction.importance import importance as importance_of
from crm.analytics.prediction.learning_curve import LearningCurve, learning_curve
from crm.analytics.prediction.sampling import parts, take
from crm.analytics.prediction.tuning import Search, search

MOST_BOXES = 10  # columns of a network that a picture on a phone can hold, those that tell most
TUNED_SHARE = 0.8  # of the progress, where models are tuned first
Progress = Callable[[float, str], None] | None
Cancelled = Callable[[], bool] | None


@dataclass(frozen=True, eq=False)
class Compared:
    """comparison: all models on the same rows. target: (n,) bool, what happened to the rows tested on. scores: method -> (n,),
    the highest first, the rule's too. searches: method -> Search, where they were tuned."""

    comparison: Comparison
    target: np.ndarray
    scores: dict[str, np.ndarray]
    searches: dict[str, Search] = field(default_factory=dict)


def compare_all(task: Task, *, budget_seconds: int = 0, grid: str = "usual", random_state: int = 0, progress: Progress = None,
                cancelled: Cancelled = None) -> Compared:
    """Every model of prediction.METHODS on the same unseen rows; with a budget, each is first tuned on the rows learned from,
    for its share of those seconds. Without a later time, the parts that models are judged on are those that settings were
    chosen on, which flatters tuned ones a little."""
    models = [method for method in prediction.METHODS if method != "rule"]
    searches = {}
    for place, method in enumerate(models if budget_seconds else ()):
        searches[method] = search(
            task.learn, method=method, grid=grid, budget_seconds=budget_seconds / len(models), scales=task.scales,
            random_state=random_state, cancelled=cancelled,
            progress=_part(progress, TUNED_SHARE * place / len(models), TUNED_SHARE * (place + 1) / len(models)))
    compared = prediction.compare(
        task, methods=prediction.METHODS, parameters={method: found.parameters for method, found in searches.items()} or None,
        random_state=random_state, progress=_part(progress, TUNED_SHARE if searches else 0.0, 1.0), cancelled=cancelled)
    tested = task.learn if task.test is None else task.test
    scores = {method: judged.probability for method, judged in compared.judged.items() if method != "rule"}
    if "rule" in compared.judged:
        scores = {"rule": tested.frame[task.rule].to_numpy(dtype=float), **scores}
    return Compared(compared, np.asarray(tested.target, dtype=bool), scores, searches)


def learning(task: Task, *, method: str, random_state: int = 0, progress: Progress = None,
             cancelled: Cancelled = None) -> LearningCurve:
    """Would more data make this model better?"""
    return learning_curve(task.learn, method=method, test=task.test, scales=task.scales, random_state=random_state,
                          progress=progress, cancelled=cancelled)


def importance(task: Task, *, method: str, random_state: int = 0, progress: Progress = None,
               cancelled: Cancelled = None) -> Importance:
    """What the model lives on: how much worse it is on what it has not seen where a column tells it nothing."""
    if task.test is not None:
        learned, tested = task.learn, task.test
    else:  # a fifth of the groups is kept apart
        held = parts(task.learn, random_state=random_state) == 0
        learned, tested = take(task.learn, ~held), take(task.learn, held)
    if progress is not None:
        progress(0.1, "Learning")
    model = prediction.fit(learned, method=method, scales=task.scales, random_state=random_state)
    if progress is not None:
        progress(0.4, "Looking at one column after the other")
    return importance_of(model, tested, random_state=random_state)


def network(task: Task, *, target: str, random_state: int = 0, progress: Progress = None,
            cancelled: Cancelled = None) -> bayes_net.Network:
    """What depends on what among the features and the outcome, called `target`, in all rows whose outcome is known by now."""
    rows: Rows = task.learn if task.refit is None else task.refit
    return bayes_net.learn(rows.frame.assign(**{target: rows.target}), target, most_columns=MOST_BOXES, groups=rows.groups,
                           random_state=random_state)


def _part(progress: Progress, begin: float, end: float) -> Progress:
    """A piece of the whole: its own 0..1 becomes begin..end."""
    if progress is None:
        return None
    return lambda share, stage: progress(begin + (end - begin) * share, stage)
