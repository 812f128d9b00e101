"""From a task to an answer: the models compared, the proposed one made of all that is known by now, and what it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from crm.analytics.prediction.checks import check
from crm.analytics.prediction.classifiers.methods import FIRST
from crm.analytics.prediction.classifiers.model import Model, fit
from crm.analytics.prediction.comparing import Steps, compare_and_keep
from crm.analytics.prediction.results import Comparison
from crm.analytics.prediction.task import Task


@dataclass(frozen=True, eq=False)
class Answer:
    """comparison: how far to trust it. model: the proposed one, made of task.refit. probability: (n,) 0..1, what it says of
    task.now (of learn where that is None: of these rows it has learned, so judge it by the comparison)."""

    comparison: Comparison
    model: Model
    probability: np.ndarray


def answer(task: Task, *, methods: Iterable[str] = FIRST, parameters: dict[str, dict] | None = None, random_state: int = 0,
           progress: Callable[[float, str], None] | None = None, cancelled: Callable[[], bool] | None = None) -> Answer:
    """Compare the models (see `compare`, whose arguments and errors these are), make the proposed one of the rows whose
    outcome is known by now, and score those of now."""
    if task.refit is not None:
        check(task.refit, where="in the latest rows whose outcome is known")
    steps = Steps(progress, cancelled, n_steps=1)
    comparison, models = compare_and_keep(task, methods=methods, parameters=parameters, random_state=random_state, steps=steps)
    proposed = comparison.proposed
    steps.begin(proposed)
    model = models.get(proposed)
    if task.refit is not None or model is None:
        model = fit(task.learn if task.refit is None else task.refit, method=proposed,
                    parameters=(parameters or {}).get(proposed), scales=task.scales, random_state=random_state)
    probability = model.probability(task.learn.frame if task.now is None else task.now)
    if progress is not None:
        progress(1.0, proposed)
    return Answer(comparison, model, probability)
