"""What is asked of leaving on its own, because it takes long? All models, tuned ones, what drives them, more data, the network.

Each runs beside the pages (crm.ui.long_work) and takes `progress(share, stage)` and `cancelled()`.
"""

from datetime import date

from sqlalchemy.orm import Session

from crm.analytics.prediction import Task
from crm.analytics.prediction.bayes_net import Network
from crm.analytics.prediction.importance import Importance
from crm.analytics.prediction.learning_curve import LearningCurve
from crm.db import reads
from crm.jobs import model_questions
from crm.jobs.churn.asking import USUAL_HORIZON, ask
from crm.jobs.churn.result import SILENCE
from crm.jobs.model_questions import Cancelled, Compared, Progress

LEAVES = "leaves"  # what is foreseen, as the network calls it
READ = ("sales", "customers", "service", "surveys")


@reads(*READ)
def compare_all(session: Session, *, as_of: date, horizon_days: int | None = USUAL_HORIZON, leaving: str = SILENCE,
                positive: str = "", budget_seconds: int = 0, grid: str = "usual", random_state: int = 0,
                progress: Progress = None, cancelled: Cancelled = None) -> Compared:
    """Every model on the same later time; with a budget, each is first tuned on the past that it learns from."""
    return model_questions.compare_all(_task(session, as_of, horizon_days, leaving, positive), budget_seconds=budget_seconds,
                                       grid=grid, random_state=random_state, progress=progress, cancelled=cancelled)


@reads(*READ)
def learning(session: Session, *, as_of: date, horizon_days: int | None = USUAL_HORIZON, leaving: str = SILENCE,
             positive: str = "", method: str = "logistic", random_state: int = 0, progress: Progress = None,
             cancelled: Cancelled = None) -> LearningCurve:
    """Would more customers make this model better?"""
    return model_questions.learning(_task(session, as_of, horizon_days, leaving, positive), method=method,
                                    random_state=random_state, progress=progress, cancelled=cancelled)


@reads(*READ)
def importance(session: Session, *, as_of: date, horizon_days: int | None = USUAL_HORIZON, leaving: str = SILENCE,
               positive: str = "", method: str = "logistic", random_state: int = 0, progress: Progress = None,
               cancelled: Cancelled = None) -> Importance:
    """What this model lives on, on the later time that it has not seen."""
    return model_questions.importance(_task(session, as_of, horizon_days, leaving, positive), method=method,
                                      random_state=random_state, progress=progress, cancelled=cancelled)


@reads(*READ)
def network(session: Session, *, as_of: date, horizon_days: int | None = USUAL_HORIZON, leaving: str = SILENCE,
            positive: str = "", random_state: int = 0, progress: Progress = None, cancelled: Cancelled = None) -> Network:
    """What hangs together with leaving (called LEAVES there), in all whose outcome is known by now."""
    return model_questions.network(_task(session, as_of, horizon_days, leaving, positive), target=LEAVES,
                                   random_state=random_state)


def _task(session: Session, as_of: date, horizon_days: int | None, leaving: str, positive: str) -> Task:
    return ask(session, as_of=as_of, horizon_days=horizon_days, leaving=leaving, positive=positive).task
