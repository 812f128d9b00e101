"""Can anything be learned from these rows, and does no column give the answer away?"""

import numpy as np
import pandas as pd

from crm.analytics.prediction.columns import MOST_LEVELS, SCALES, kind_of, words_of
from crm.analytics.prediction.evaluation import roc_auc
from crm.analytics.prediction.sampling import n_groups
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput, NotEnoughData

MIN_POSITIVE = 20  # of either outcome: about four a column of a small table; below it models follow single cases
MOST_WORDS = 1_000  # different words; far beyond any list of kinds, and most of them then have but a few rows each
GIVES_AWAY_FROM = 0.99  # AUC of one column alone; the best of honest tables' columns reach .9
ENOUGH_OF_EACH = 10_000  # rows of either outcome; an AUC beyond .99 is seen on these


def check(rows: Rows, *, scales: dict[str, str] | None = None, where: str = "in the rows they learn from") -> None:
    """Raise where models cannot learn from, or be tested on, these rows; the sentence says what to correct.

    InvalidInput: no column, two of one name, a target that is not yes or no, a column of text with more words than kinds
    (named, with their number), no column that tells one row from another, an unknown scale. NotEnoughData: fewer than
    20 groups (customers, or rows where each is its own) with a yes, or with a no.
    """
    frame = rows.frame
    if frame.shape[1] == 0:
        raise InvalidInput("Choose at least one column to learn from.", field="columns")
    if twice := frame.columns[frame.columns.duplicated()].tolist():
        raise InvalidInput(f"Two columns are called “{twice[0]}”; rename one of them.", field="columns")
    if rows.target.dtype != bool or not len(frame) == len(rows.target) == len(rows.groups):
        raise InvalidInput("Each row needs a yes or a no to learn from.", field="target")
    for column, scale in (scales or {}).items():
        if scale not in SCALES:
            raise InvalidInput(f"There is no scale “{scale}” (for “{column}”); choose one of {', '.join(SCALES)}.", field="scales")
    for found, what in ((rows.target, "yes"), (~rows.target, "no")):
        n_cases = n_groups(rows.groups[found])
        if n_cases < MIN_POSITIVE:
            raise NotEnoughData(f"Models need at least {MIN_POSITIVE} cases with a {what} {where}; there "
                                f"{'is' if n_cases == 1 else 'are'} {n_cases} of {n_groups(rows.groups):,}.")
    for name in frame.columns:
        _refuse_too_many_words(frame[name])
    if all(_is_constant(frame[name]) for name in frame.columns):
        raise InvalidInput("None of the columns tells one row from another: each is always the same, or empty. Choose others.",
                           field="columns")


def giveaways(rows: Rows) -> list[str]:
    """Columns that alone tell yes from no almost without error (AUC above .99; words by shares learned on other rows).

    In honest data nothing foresees so well; such a column was mostly written down after the fact, like the day on which a
    contract was ended. Judged on at most 10,000 rows of either outcome.
    """
    few = np.sort(np.concatenate([_spread_out(np.flatnonzero(side), ENOUGH_OF_EACH) for side in (rows.target, ~rows.target)]))
    target = rows.target[few]
    if len(few) == 0 or target.all() or not target.any():
        return []
    return [str(name) for name in rows.frame.columns
            if _best_auc(rows.frame[name].iloc[few].reset_index(drop=True), target) > GIVES_AWAY_FROM]


def refuse_giveaways(rows: Rows) -> None:
    """Raise InvalidInput that names the columns which give the answer away, where there are any."""
    found = giveaways(rows)
    if len(found) == 1:
        raise InvalidInput(f"The column “{found[0]}” gives the answer away: it alone tells yes from no almost without error, so "
                           "it was probably known only afterwards. Leave it out.", field=found[0])
    if found:
        raise InvalidInput(f"The columns {', '.join(f'“{name}”' for name in found)} give the answer away: each alone tells yes "
                           "from no almost without error, so they were probably known only afterwards. Leave them out.",
                           field=found[0])


def _refuse_too_many_words(values: pd.Series) -> None:
    if kind_of(values) != "text":
        return
    places, words = words_of(values)
    n_present = int((places >= 0).sum())
    if len(words) > MOST_WORDS or len(words) > max(MOST_LEVELS, n_present / 2):
        raise InvalidInput(f"The column “{values.name}” holds {len(words):,} different words in {n_present:,} rows, like a name "
                           "or a number of a customer: nothing can be learned from it. Leave it out.", field=str(values.name))


def _is_constant(values: pd.Series) -> bool:
    if kind_of(values) == "text":
        places, _ = words_of(values)
        return bool((places == places[:1]).all())
    return values.nunique(dropna=False) <= 1


def _spread_out(places: np.ndarray, most: int) -> np.ndarray:
    return places if len(places) <= most else places[np.linspace(0, len(places) - 1, most).astype("int64")]


def _best_auc(values: pd.Series, target: np.ndarray) -> float:
    if kind_of(values) == "text":
        return _auc_of_words(words_of(values)[0], target)
    numbers = _as_numbers(values)
    missing = np.isnan(numbers)
    ends = (numbers[~missing].min() - 1, numbers[~missing].max() + 1) if not missing.all() else (0.0, 0.0)
    aucs = [roc_auc(target, np.where(missing, end, numbers)) for end in dict.fromkeys(ends if missing.any() else ends[:1])]
    return max(max(auc, 1 - auc) for auc in aucs)


def _as_numbers(values: pd.Series) -> np.ndarray:
    if kind_of(values) == "date":
        days = pd.to_datetime(values, errors="coerce").to_numpy().astype("datetime64[s]")
        return np.where(np.isnat(days), np.nan, days.astype("int64"))
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _auc_of_words(places: np.ndarray, target: np.ndarray) -> float:
    """Each half of the rows by the shares of yes that the words have in the other half; a gap is a word."""
    places = places + 1
    # Every second row of either outcome: both halves know both
    turn = np.empty(len(target), dtype="int64")
    turn[np.argsort(target, kind="stable")] = np.arange(len(target)) % 2
    score = np.empty(len(target))
    base = target.mean()
    for half in (0, 1):
        other = turn != half
        n_rows = np.bincount(places[other], minlength=places.max() + 1)
        n_yes = np.bincount(places[other], weights=target[other], minlength=places.max() + 1)
        score[~other] = ((n_yes + base) / (n_rows + 1))[places[~other]]
    return roc_auc(target, score)
