"""Your own table: can one of its columns be foreseen from the others? Nothing is read from or written to a database."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics import prediction
from crm.analytics.prediction import amounts, targets
from crm.analytics.prediction.reasons import compared_with, contributions
from crm.analytics.prediction.reasons import drivers as drivers_of
from crm.errors import InvalidInput
from crm.imports.typed import days_in
from crm.jobs.own_table import with_column

# What tables call the column that people want to foresee, in lower case; the first that occurs in a name counts
ASKED_FOR = ("churn", "流失", "attrition", "exited", "cancel", "left", "target", "label", "标记", "outcome", "response", "响应")
YES_NO, AMOUNT = "yes_no", "amount"
FEW_NUMBERS = 20  # different ones: from here on nobody means one of them as a yes


@dataclass(frozen=True, eq=False)
class Asked:
    """A column as a question to the rest of its table.

    kind: "yes_no" or "amount". yes: the answer that counts as yes (None for amounts). counts: rows by answer, the most frequent
    first, those without one under None. known: (n,) bool, rows of the table that have an answer. columns: what it may be
    foreseen from, proposed. left_out: column -> sentence, why it is not proposed.
    """

    target: str
    kind: str
    yes: str | None
    counts: dict[str | None, int]
    known: np.ndarray
    columns: tuple[str, ...]
    left_out: dict[str, str]


@dataclass(frozen=True, eq=False)
class Foreseen:
    """task: what was learned from. answer: prediction.Answer, or amounts.AmountAnswer. foreseen: (n,) of every row of the table,
    the chance of a yes or the amount: where its answer is known, by models that had not seen it."""

    asked: Asked
    task: prediction.Task
    answer: prediction.Answer | amounts.AmountAnswer
    foreseen: np.ndarray


def with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with its text columns that hold days as days, for models know how long ago a day was, not its name."""
    read = {column: days for column in frame.columns
            if not pd.api.types.is_numeric_dtype(frame[column]) and (days := days_in(frame[column])) is not None}
    return frame.assign(**read)


def proposed_target(frame: pd.DataFrame, *, identifiers: tuple[str, ...] = ()) -> str:
    """The column that is probably asked for: one that is called so, else the last with two answers, else the last number.

    Raises InvalidInput for a table with fewer than two columns that tell anything.
    """
    columns = [str(column) for column in frame.columns if column not in identifiers and frame[column].nunique() > 1]
    if len(columns) < 2:
        raise InvalidInput("To foresee a column from others, the table needs at least two that differ from line to line.")
    two = [column for column in columns if frame[column].nunique() == 2]
    for word in ASKED_FOR:
        for column in two:
            if word in column.lower():
                return column
    numbers = [column for column in columns if pd.api.types.is_numeric_dtype(frame[column])]
    return (two or numbers or columns)[-1]


def answers_of(column: pd.Series) -> list[str]:
    """The different answers in a column, the most frequent first, as texts."""
    known = targets.known_answers(column)
    texts = column[known].map(lambda value: f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip())
    return texts.value_counts(sort=True).index.tolist()


def proposed_yes(column: pd.Series) -> str:
    """Which of two answers counts as a yes: see prediction.targets."""
    return targets.make_target(column)[1]


def ask(frame: pd.DataFrame, *, target: str, kind: str | None = None, positive: str | None = None,
        identifiers: tuple[str, ...] = ()) -> Asked:
    """The question, with the columns that may answer it: no identifiers, nothing that gives the answer away.

    kind: "yes_no", "amount", or None: an amount where the column is numbers of more than two kinds. positive: the answer that
    counts as yes. Raises InvalidInput for a label with several answers of which none was chosen, or none at all.
    """
    column = frame[target]
    kind = kind or (AMOUNT if pd.api.types.is_numeric_dtype(column) and column.nunique() > 2 else YES_NO)
    known = targets.known_answers(column)
    yes, counts = None, {None: int((~known).sum())}
    if kind == YES_NO:
        values, yes, counts = targets.make_target(column, positive)
    else:
        values = column.to_numpy(dtype=float)[known]
    columns, left_out = [], {}
    rows = prediction.Rows(frame[known].reset_index(drop=True), values, np.arange(int(known.sum())))
    for name in frame.columns:
        if name == target:
            continue
        if name in identifiers:
            left_out[name] = "It is different in every line, like a name or a number."
        elif (why := _why_not(rows, name, kind)) is not None:
            left_out[name] = why
        else:
            columns.append(name)
    return Asked(target, kind, yes, counts, known, tuple(columns), left_out)


def foresee(frame: pd.DataFrame, asked: Asked, *, columns: tuple[str, ...], methods: tuple[str, ...] | None = None,
            parameters: dict[str, dict] | None = None, random_state: int = 0,
            progress: Callable[[float, str], None] | None = None,
            cancelled: Callable[[], bool] | None = None) -> Foreseen:
    """Compare models on the lines whose answer is known, each line judged by models that had not seen it, and say what the
    proposed one makes of all lines. Errors are those of prediction.compare and amounts.compare_amounts."""
    task = task_of(frame, asked, columns=columns)
    how = {"parameters": parameters, "random_state": random_state, "progress": progress, "cancelled": cancelled}
    if asked.kind == YES_NO:
        answer = prediction.answer(task, methods=methods or prediction.FIRST, **how)
        of_known = answer.comparison.judged[answer.comparison.proposed].probability
    else:
        answer = amounts.answer_amounts(task, methods=methods or amounts.FIRST, **how)
        of_known = answer.comparison.judged[answer.comparison.proposed].amount
    foreseen = np.full(len(frame), np.nan)
    foreseen[asked.known] = of_known
    if not asked.known.all():
        unknown = frame.loc[~asked.known, list(columns)]
        model = answer.model
        foreseen[~asked.known] = model.probability(unknown) if asked.kind == YES_NO else model.amount(unknown)
    return Foreseen(asked, task, answer, foreseen)


def task_of(frame: pd.DataFrame, asked: Asked, *, columns: tuple[str, ...]) -> prediction.Task:
    """The lines whose answer is known, to learn from; every line stands for itself."""
    if asked.target in columns:
        raise InvalidInput(f"The column “{asked.target}” gives the answer away: it is the answer. Leave it out.",
                           field=asked.target)
    known = frame[asked.known].reset_index(drop=True)
    if asked.kind == YES_NO:
        target = targets.make_target(frame[asked.target], asked.yes)[0]
    else:
        target = known[asked.target].to_numpy(dtype=float)
    return prediction.Task(learn=prediction.Rows(known[list(columns)], target, np.arange(len(known))))


def why(found: Foreseen, row: pd.DataFrame) -> tuple[np.ndarray, float]:
    """What each of the model's columns adds to the log-odds of one row, against the lines learned from, and their mean."""
    model, background = found.answer.model, found.task.learn.frame
    base = float(model.log_odds(compared_with(model, background)).mean())
    return contributions(model, row, background)[0], base


def drivers(found: Foreseen) -> pd.DataFrame:
    """What moves the chances, the strongest first: see prediction.reasons.drivers."""
    return drivers_of(found.answer.model, found.task.learn.frame)


def labelled(frame: pd.DataFrame, found: Foreseen) -> pd.DataFrame:
    """The table as it came, with a column of what was foreseen: the chance (0..1) of the yes, or the amount."""
    if found.asked.kind == YES_NO:
        return with_column(frame, f"{found.asked.target}: chance of {found.asked.yes}", np.round(found.foreseen, 3))
    return with_column(frame, f"{found.asked.target}: foreseen", np.round(found.foreseen, 2))


def _why_not(rows: prediction.Rows, name: str, kind: str) -> str | None:
    if rows.frame[name].nunique(dropna=False) <= 1:
        return "It is the same in every line."
    alone = prediction.Rows(rows.frame[[name]], rows.target, rows.groups)
    try:
        if kind == AMOUNT:
            amounts.check(alone, of="to learn from")
        else:
            prediction.check(alone)
            prediction.refuse_giveaways(alone)
    except InvalidInput as error:
        return str(error)
    return None
