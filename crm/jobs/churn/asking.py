"""What is asked of the records? From frames to a question that models can learn: silence, a day in a field, a yes or no."""

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import snapshots
from crm.analytics.prediction import Rows, Task, giveaways
from crm.analytics.snapshots.fields import CUSTOM
from crm.analytics.snapshots.given import NO, STAGES, YES
from crm.errors import NotEnoughData
from crm.jobs.churn.result import SILENCE

USUAL_HORIZON = 90  # a quarter: what is looked ahead where nothing else was chosen
YEAR_DAYS = 365
MOST_CONTENTS = 5  # of a field that says who left; with more it says something else


@dataclass(frozen=True, eq=False)
class Asked:
    """task: what is learned and scored. known: one row a customer scored, aligned with task.now: customer_id, days_silent,
    usual_gap_days, monetary_per_year, is_gone. windows: None where the label has no days."""

    task: Task
    known: pd.DataFrame
    kind: str
    columns: tuple[str, ...]
    horizon_days: int | None
    horizon: snapshots.Horizon | None
    windows: snapshots.Windows | None
    left_out: dict[str, str] = field(default_factory=dict)  # fields that models do not look at, and why


@dataclass(frozen=True)
class Label:
    """A field of the customers that may say who left. kind: "ends" (days) or "given" (words). contents: of a "given" one, at
    most MOST_CONTENTS; is_told: usual words (yes and no, 1 and 0, former) say which of them means a yes."""

    column: str
    kind: str
    contents: tuple[str, ...] = ()
    is_told: bool = True


def ask(session: Session, *, as_of: date, horizon_days: int | None, leaving: str, positive: str = "") -> Asked:
    """The question as it stands on `as_of`: orders, tickets and answers after it are not read.

    horizon_days None: what the customers' own rhythms propose. leaving: "silence", or a column of frames.customer_fields;
    positive: its content that means that a customer left, where usual words do not tell. Raises InvalidInput, NotEnoughData.
    """
    orders = frames.orders(session, until=as_of)
    horizon = proposed_of(orders, as_of=as_of)
    days = horizon_days or (USUAL_HORIZON if horizon is None else horizon.days)
    if leaving == SILENCE:
        return _of_windows(snapshots.leaving(orders, as_of=as_of, horizon_days=days, **_service(session, as_of)),
                           "silence", horizon)
    fields = frames.customer_fields(session)
    if leaving in fields and fields[leaving].dtype.kind == "M":
        return _of_windows(snapshots.ending(fields, orders, as_of=as_of, horizon_days=days, label=leaving,
                                            **_service(session, as_of)), "ends", horizon)
    return _given(snapshots.given(fields, label=leaving, positive=positive or None),
                  snapshots.features(orders, as_of=as_of), horizon)


def labels_of(fields: pd.DataFrame) -> list[Label]:
    """The fields that may say who left: days, and words of which there are two to five; the customers' stage among them."""
    found = []
    for column in fields.columns.drop("customer_id"):
        if column.startswith(CUSTOM) and fields[column].dtype.kind == "M":
            found.append(Label(column, "ends"))
        elif column.startswith(CUSTOM) or column == "stage":
            contents = _contents(fields[column], only=STAGES if column == "stage" else None)
            if 2 <= len(contents) <= MOST_CONTENTS:
                yes = [text for text in contents if text.casefold() in YES]
                others = [text for text in contents if text not in yes]
                is_told = bool(yes) and bool(others) and all(text.casefold() in NO for text in others)
                found.append(Label(column, "given", contents, is_told))
    return found


def _contents(column: pd.Series, *, only: tuple[str, ...] | None) -> tuple[str, ...]:
    different = column.dropna().unique().tolist()
    texts = {str(int(one)) if isinstance(one, float) and one.is_integer() else str(one).strip() for one in different}
    return tuple(sorted(text for text in texts if text and (only is None or text in only)))


def proposed_of(orders: pd.DataFrame, *, as_of: date) -> snapshots.Horizon | None:
    """What the customers' own rhythms propose; None where nobody has come twice."""
    try:
        return snapshots.proposed_horizon(orders, as_of=as_of)
    except NotEnoughData:
        return None


def _service(session: Session, as_of: date) -> dict[str, pd.DataFrame | None]:
    tickets, answers = frames.tickets(session, until=as_of), frames.answers(session, until=as_of)
    return {"tickets": tickets if len(tickets) else None, "answers": answers if len(answers) else None}


def _of_windows(windows: snapshots.Windows, kind: str, horizon: snapshots.Horizon | None) -> Asked:
    columns = list(windows.columns)

    def rows(window: snapshots.Window) -> Rows:
        return Rows(window.frame[columns], window.target, window.frame["customer_id"].to_numpy(dtype="int64"))

    task = Task(learn=rows(windows.train), test=rows(windows.test), refit=rows(windows.refit),
                now=windows.now[columns], scales=windows.scales, rule=windows.rule)
    return Asked(task, _known(windows.now), kind, windows.columns, windows.horizon_days, horizon, windows)


def _given(rows: snapshots.Given, bought: pd.DataFrame, horizon: snapshots.Horizon | None) -> Asked:
    learn = Rows(rows.frame, rows.target, rows.groups)
    # A field that was written down because somebody left foretells nobody; it is told by name.
    telling = giveaways(learn)
    learn = replace(learn, frame=learn.frame.drop(columns=telling))
    task = Task(learn=learn, now=learn.frame)
    now = pd.DataFrame({"customer_id": rows.groups, "is_gone": rows.target}).merge(bought, on="customer_id", how="left")
    return Asked(task, _known(now), "given", tuple(learn.frame.columns), None, horizon, None,
                 {**rows.left_out, **dict.fromkeys(telling, "gives it away")})


def _known(now: pd.DataFrame) -> pd.DataFrame:
    """What the list tells of a customer, whatever the model looks at; NaN where nothing was bought."""
    nothing = pd.Series(np.nan, index=now.index)
    years = now.get("tenure_days", nothing).clip(lower=YEAR_DAYS) / YEAR_DAYS
    return pd.DataFrame({
        "customer_id": now["customer_id"], "days_silent": now.get("days_silent", nothing),
        "usual_gap_days": now.get("mean_gap_days", nothing), "monetary_per_year": now.get("monetary", nothing) / years,
        "is_gone": now["is_gone"].to_numpy(dtype=bool)})
