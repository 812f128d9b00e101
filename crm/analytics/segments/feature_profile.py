"""Profile: what is recorded of a customer, whatever they buy?"""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd

from crm.analytics.segments.feature_catalogue import CUSTOM

WORDS = ("kind", "channel", "country", "region", "gender", "education")
OLDEST = 120  # years; nobody was provably older than 122, and 1900 is what many a form has by default
FILLED = "_is_filled"


def profile(recorded: pd.DataFrame, customer_ids: np.ndarray, *, as_of: dt.date,
            is_wanted: Callable[[str], bool]) -> dict[str, np.ndarray | pd.Series]:
    """What `recorded` has of: the WORDS (str, NaN unknown), age, yearly_income and the owner's own numbers (float64).

    recorded: one row a customer, customer_id and what is known; see the frames of customers and their numbers.
    age: the year of `as_of` less that of birth; NaN where unknown, below 0 or above 120.
    """
    place = pd.Index(recorded["customer_id"]).get_indexer(customer_ids)
    found: dict[str, np.ndarray | pd.Series] = {}
    for name in filter(is_wanted, WORDS):
        if name in recorded:
            words = pd.Series(recorded[name].array.take(place, allow_fill=True), dtype="str")
            found[name] = words.where(words.str.strip() != "")
    if "birth_year" in recorded and is_wanted("age"):
        years = as_of.year - _numbers(recorded["birth_year"], place)
        found["age"] = np.where((years >= 0) & (years <= OLDEST), years, np.nan)
    for name in filter(is_wanted, recorded.columns):
        if name == "yearly_income" or (name.startswith(CUSTOM) and not _is_mark(name, recorded)):
            found[name] = _numbers(recorded[name], place)
    return found


def _is_mark(name: str, recorded: pd.DataFrame) -> bool:
    """Whether the column says of another one which of its numbers were filled in."""
    return name.endswith(FILLED) and name.removesuffix(FILLED) in recorded


def _numbers(column: pd.Series, place: np.ndarray) -> np.ndarray:
    return np.append(column.to_numpy(dtype=float, na_value=np.nan), np.nan)[place]
