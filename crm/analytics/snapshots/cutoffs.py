"""Cutoffs: on which past days is it known what was known then and what came after, and are they enough to learn from?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from crm.errors import InvalidInput, NotEnoughData

HORIZONS = (30, 60, 90, 180, 365)  # what people say: a month, a quarter, a year
SHORTEST_DAYS = HORIZONS[0]  # within less, most of anybody's customers have no reason to order
MAX_HORIZON_DAYS = 730  # beyond two years nobody waits for the answer
MAX_WINDOWS = 4  # pooled cutoffs: on a real shop more than four changed neither ranking nor calibration
WINDOW_STEP_DAYS = 30  # a month apart: other customers are due, other weeks are in the label
# And as many of the others: about four a feature; below it the formula follows single customers
MIN_LEAVERS = 20
ENOUGH_BEFORE_DAYS = 180  # to look back on before the first cutoff; a shorter horizon needs no more than its own days


@dataclass(frozen=True)
class Cutoffs:
    """The days on which the past is cut, latest first. test's outcome is known on as_of, that of all train on test.

    shorter_helps, longer_helps: there is such a horizon among those offered, and the history is long enough for it.
    """

    test: dt.date
    train: tuple[dt.date, ...]
    refit: tuple[dt.date, ...]
    shorter_helps: bool
    longer_helps: bool
    records: str

    def advice(self, *, fewer_days: bool, in_test: bool) -> str:
        """What helps where too few customers did something: other days, where these can be had, or older records."""
        if fewer_days and self.shorter_helps:
            return "Choose a shorter horizon."
        if not fewer_days and self.longer_helps:
            return "Choose a longer horizon."
        if len(self.train) < MAX_WINDOWS and not in_test:
            return f"Bring in older {self.records}."
        return "So few are better judged one by one."


def needed_history(horizon_days: int) -> int:
    """Days that the records have to reach back: to look back on, to learn what came after, to be tested on.

    >>> needed_history(90), needed_history(365)
    (270, 910)
    """
    return 2 * horizon_days + min(horizon_days, ENOUGH_BEFORE_DAYS)


def longest_horizon(known_days: int) -> int:
    """The longest horizon in days for which so many known days are enough.

    >>> longest_horizon(300), longest_horizon(1_000)
    (100, 410)
    """
    return max(min(known_days // 3, ENOUGH_BEFORE_DAYS), (known_days - ENOUGH_BEFORE_DAYS) // 2)


def choose_cutoffs(
    *, as_of: dt.date, known_since: dt.date | None, horizon_days: int, subject: str, records: str = "orders"
) -> Cutoffs:
    """Up to four days to learn from and the one to be tested on, a horizon of history before each (half a year is enough).

    known_since: the day of the first purchase (None: there is none). subject opens the sentence ("Churn"), records says what
    has to reach back. Raises
    InvalidInput for a horizon out of range, NotEnoughData when the history is shorter than `needed_history`.
    """
    if not 1 <= horizon_days <= MAX_HORIZON_DAYS:
        raise InvalidInput(f"The horizon is {horizon_days} days; choose 1 to {MAX_HORIZON_DAYS}.", field="horizon_days")
    known_days = 0 if known_since is None else max((as_of - known_since).days, 0)
    needed_days, longest_days = needed_history(horizon_days), longest_horizon(known_days)
    shorter_helps = horizon_days > SHORTEST_DAYS
    if known_since is None:
        raise NotEnoughData(f"{subject} over {horizon_days} days needs {records} that reach back {needed_days} days; there are 0 "
                            "that count so far.")
    if known_days < needed_days:
        advice = f"Bring in older {records}."
        if shorter_helps and longest_days >= SHORTEST_DAYS:
            advice = f"Choose at most {longest_days} days, or bring in older {records}."
        raise NotEnoughData(
            f"{subject} over {horizon_days} days needs {records} that reach back {needed_days} days; these reach back "
            f"{known_days}. {advice}"
        )
    test = as_of - dt.timedelta(days=horizon_days)
    return Cutoffs(
        test=test,
        train=_closed(test, known_since=known_since, horizon_days=horizon_days),
        refit=_closed(as_of, known_since=known_since, horizon_days=horizon_days),
        shorter_helps=shorter_helps,
        longer_helps=any(horizon_days < days <= longest_days for days in HORIZONS),
        records=records,
    )


def _closed(by: dt.date, *, known_since: dt.date, horizon_days: int) -> tuple[dt.date, ...]:
    latest = by - dt.timedelta(days=horizon_days)
    earliest = known_since + dt.timedelta(days=min(horizon_days, ENOUGH_BEFORE_DAYS))
    candidates = [latest - dt.timedelta(days=WINDOW_STEP_DAYS * i) for i in range(MAX_WINDOWS)]
    return tuple(cutoff for cutoff in candidates if cutoff >= earliest)


def check_both_sides(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    subject: str,
    words: tuple[str, str],
    longer_finds_more: bool,
    cutoffs: Cutoffs,
) -> None:
    """Raise NotEnoughData for fewer than 20 different customers with a yes, or with a no, to learn from or to be tested on.

    train, test: customer_id and whether it is a yes, one element a row. words: what those with a yes did, and the others
    ("left", "stayed"). longer_finds_more: a longer horizon holds more yeses.
    """
    for in_test, (customer_ids, yes) in enumerate((train, test)):
        for rows, what, is_yes in ((yes, words[0], True), (~yes, words[1], False)):
            _check(customer_ids[rows], f"{subject} needs {MIN_LEAVERS} customers who {what}", in_test=bool(in_test),
                   fewer_days=is_yes != longer_finds_more, cutoffs=cutoffs)


def check_amounts(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], *, subject: str, cutoffs: Cutoffs
) -> None:
    """Raise NotEnoughData for fewer than 20 different customers with an amount other than 0; see check_both_sides."""
    for in_test, (customer_ids, amount) in enumerate((train, test)):
        _check(customer_ids[amount != 0], f"{subject} needs {MIN_LEAVERS} customers who bought again", in_test=bool(in_test),
               fewer_days=False, cutoffs=cutoffs)


def _check(customer_ids: np.ndarray, needed: str, *, in_test: bool, fewer_days: bool, cutoffs: Cutoffs) -> None:
    n_customers = len(np.unique(customer_ids))
    if n_customers < MIN_LEAVERS:
        where = "in the days it is tested on" if in_test else "in the months it learns from"
        raise NotEnoughData(f"{needed} {where}; there are {n_customers}. {cutoffs.advice(fewer_days=fewer_days, in_test=in_test)}")
