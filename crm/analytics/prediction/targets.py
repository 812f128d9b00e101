"""A column as a question: which of its two answers is the yes?"""

import numpy as np
import pandas as pd

from crm.errors import InvalidInput, NotEnoughData

# In lower case; of two words the one that is here is the yes
YES = ("yes", "y", "true", "t", "是", "有", "对", "真", "流失", "已流失", "ja", "oui", "sí", "si", "sim", "はい", "예",
       "churn", "churned", "left", "leaver", "gone", "lost", "cancelled", "canceled", "ended", "positive", "on", "x", "✓")
NO = ("no", "n", "false", "f", "否", "无", "没有", "错", "假", "未流失", "留存", "nein", "non", "não", "いいえ", "아니요",
      "stayed", "kept", "retained", "active", "current", "negative", "off")
MOST_LISTED = 6  # answers in a sentence


def known_answers(column: pd.Series) -> np.ndarray:
    """(n,) bool: rows that have an answer; missing and blank ones have none."""
    return (_texts(column) != "") & column.notna().to_numpy()


def make_target(column: pd.Series, positive: object = None) -> tuple[np.ndarray, str, dict[str | None, int]]:
    """Whether each row with an answer is a yes (bool, in the sequence of the rows of `known_answers`), the answer that counts
    as yes, and the number of rows by answer, the most frequent first, with those left out without one under None.

    positive: the yes (all other answers are then a no); None finds it among two: yes, true, 1, 是 and the like, of two
    numbers the greater one, else the rarer answer.

    Raises NotEnoughData for a column without answers, InvalidInput where there is one answer only, more than two and none was
    named, or the one named does not occur.

    >>> make_target(pd.Series(["Yes", "No", None, "No"]))
    (array([ True, False, False]), 'Yes', {'No': 2, 'Yes': 1, None: 1})
    """
    known = known_answers(column)
    texts = _texts(column)[known]
    answers, places = np.unique(texts.astype(str), return_inverse=True)
    if len(answers) == 0:
        raise NotEnoughData(f"The column “{column.name}” has no answer in any row.")
    numbers = np.bincount(places)
    by_count = np.lexsort((answers, -numbers))
    counts: dict[str | None, int] = {str(answers[place]): int(numbers[place]) for place in by_count}
    if len(answers) == 1:
        raise InvalidInput(f"Every row of “{column.name}” that has an answer says “{answers[0]}”; there is nothing to foresee.",
                           field=str(column.name))
    if positive is not None:
        yes = _text(positive)
        if yes not in counts:
            raise InvalidInput(f"No row of “{column.name}” says “{yes}”; it holds {_listed(counts)}.", field="positive")
    elif len(answers) > 2:
        raise InvalidInput(_too_many(column, counts), field=str(column.name))
    else:
        yes = _yes_of_two(counts)
    return answers[places] == yes, yes, {**counts, None: int((~known).sum())}


def _yes_of_two(counts: dict) -> str:
    frequent, rare = counts
    try:
        return max(counts, key=float)
    except ValueError:  # words
        pass
    for answer, other in ((rare, frequent), (frequent, rare)):
        if answer.lower() in YES and other.lower() not in YES:
            return answer
    for answer, other in ((rare, frequent), (frequent, rare)):
        if other.lower() in NO and answer.lower() not in NO:
            return answer
    return rare


def _too_many(column: pd.Series, counts: dict) -> str:
    sentence = f"“{column.name}” has {len(counts):,} different answers ({_listed(counts)}); a yes or no has two. "
    if pd.api.types.is_numeric_dtype(column.dtype):
        return sentence + "Choose one of them as the yes, or predict it as an amount, since it is a number."
    return sentence + "Choose one of them as the yes; all others are then a no."


def _listed(counts: dict) -> str:
    shown = ", ".join(f"“{answer}”" for answer in list(counts)[:MOST_LISTED])
    return shown + (f" and {len(counts) - MOST_LISTED:,} more" if len(counts) > MOST_LISTED else "")


def _texts(column: pd.Series) -> np.ndarray:
    """(n,) str objects, whole numbers without their ".0"; "" for missing."""
    codes, uniques = pd.factorize(column)
    return np.array([*(_text(value) for value in uniques), ""], dtype=object)[codes]


def _text(value: object) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    return str(value).strip()
