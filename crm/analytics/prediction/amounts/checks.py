"""Can amounts be learned from this table? If not, what is to be put right?"""

import numpy as np

from crm.analytics.prediction.columns import kind_of, words_of
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput, NotEnoughData

FEWEST_CASES = 50  # five parts of ten; below it a formula of some columns follows single cases
FEWEST_GROUPS = 10  # two a part: cases of fewer customers tell nothing about another one
MOST_TEXTS = 200
OWN_TEXT = 0.5  # of all cases: a text of its own in every second one is a name, not a property
GIVEN_AWAY = 0.999999  # correlation of the figures: rounding apart, the column is the amount
GIVEN_AWAY_RANKS = 0.999  # and of their ranks, for one enormous case would make any two columns look alike


def check(rows: Rows, *, of: str, fewest: int = FEWEST_CASES, must_differ: bool = True) -> None:
    """Raise a sentence that helps where the rows are too few, all alike, or hold the answer itself."""
    target = np.asarray(rows.target)
    if target.dtype.kind not in "biuf":
        raise InvalidInput("An amount is needed to predict: choose a column of numbers.", field="target")
    known = target[np.isfinite(target.astype(float))].astype(float)
    if len(known) < fewest:
        raise NotEnoughData(f"Predicting an amount needs {fewest} cases {of} whose amount is known; there are {len(known)}.")
    if not must_differ:
        return
    groups = len(np.unique(rows.groups))
    if groups < FEWEST_GROUPS:
        raise NotEnoughData(f"Predicting an amount needs cases of {FEWEST_GROUPS} different customers {of}; there are {groups}.")
    if known.min() == known.max():
        raise NotEnoughData(f"All {len(known):,} amounts {of} are {known[0]:,.2f}: there is nothing to tell apart.")
    if not rows.frame.shape[1]:
        raise InvalidInput("Choose at least one column to predict from.", field="columns")
    if twice := rows.frame.columns[rows.frame.columns.duplicated()].tolist():
        raise InvalidInput(f"Two columns are called “{twice[0]}”; rename one of them.", field="columns")
    for name in rows.frame.columns:
        _check_texts(rows.frame[name])
    given = giveaways(rows)
    if given:
        raise InvalidInput(f"The column “{given[0]}” gives the amount away: it is the amount itself, or made from it. Leave it "
                           "out.", field=given[0])


def _check_texts(values) -> None:
    if kind_of(values) != "text":
        return
    code, texts = words_of(values)
    if len(texts) > MOST_TEXTS and len(texts) > OWN_TEXT * max((code >= 0).sum(), 1):
        raise InvalidInput(f"The column “{values.name}” has {len(texts):,} different texts, so it names each case and tells "
                           "nothing about others. Leave it out.", field=str(values.name))


def giveaways(rows: Rows) -> list[str]:
    """Columns of numbers that are the amount but for a factor."""
    found = []
    target = np.asarray(rows.target, dtype=float)
    for name in rows.frame.columns:
        if kind_of(rows.frame[name]) != "number":
            continue
        number = rows.frame[name].to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(number) & np.isfinite(target)
        one, two = number[known], target[known]
        if known.sum() >= FEWEST_CASES and _alike(one, two) >= GIVEN_AWAY and _alike(
                *(np.unique(side, return_inverse=True)[1] for side in (one, two))) >= GIVEN_AWAY_RANKS:
            found.append(name)
    return found


def _alike(one: np.ndarray, two: np.ndarray) -> float:
    """Size of the correlation, 0..1; 0 where one of them never changes."""
    return abs(float(np.corrcoef(one, two)[0, 1])) if one.std() > 0 and two.std() > 0 else 0.0
