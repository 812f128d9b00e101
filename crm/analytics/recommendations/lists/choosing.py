"""Which products may stand on a list? What the question asks for, what may be offered, and what the user chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.recommendations.purchases import places
from crm.errors import InvalidInput

QUESTIONS = ("new", "repeat")  # what the customer never bought; what the customer bought before
LARGEST_TOP = 100  # a longer list is no recommendation any more


@dataclass(frozen=True, eq=False)
class Choice:
    """What the user chose: the length of a list, the columns that may stand on it (None: all), how varied it is to be, and
    the pairs that never may: `never_row` (of those asked, ascending) and `never_column`."""

    top: int
    columns: np.ndarray | None
    diversity: float
    never_row: np.ndarray
    never_column: np.ndarray

    def leave_out(self, scores: np.ndarray, rows: np.ndarray) -> None:
        """Put -inf where nothing may stand; `scores` are those of `rows` (ascending) of those asked."""
        if self.columns is not None:
            scores[:, ~self.columns] = -np.inf
        inside = np.searchsorted(rows, self.never_row)
        inside = np.minimum(inside, max(0, len(rows) - 1))
        hit = rows[inside] == self.never_row if len(rows) else np.zeros(len(self.never_row), dtype=bool)
        scores[inside[hit], self.never_column[hit]] = -np.inf

    @property
    def narrows(self) -> bool:
        return self.columns is not None or len(self.never_row) > 0


def choose(catalogue: pd.DataFrame, prices: np.ndarray, customer_ids: np.ndarray, *, top: int, price_low: float | None,
           price_high: float | None, categories: Iterable[str] | None, diversity: float, never: pd.DataFrame | None) -> Choice:
    """The choice for these customers (ids ascending); raises InvalidInput where it is impossible."""
    check_top(top)
    if not 0 <= diversity <= 1:
        raise InvalidInput(f"A diversity of {diversity:g} is not possible; choose from 0 to 1.", field="diversity")
    row, column = never_cells(never, customer_ids, catalogue["product_id"].to_numpy())
    return Choice(
        top=top,
        columns=allowed(catalogue, prices, price_low=price_low, price_high=price_high, categories=categories),
        diversity=float(diversity),
        never_row=row,
        never_column=column,
    )


def check_top(top: int) -> None:
    """Raise InvalidInput for a length that no list has."""
    if not 1 <= top <= LARGEST_TOP:
        raise InvalidInput(f"A list of {top} offers is not possible; choose from 1 to {LARGEST_TOP}.", field="top")


def allowed(catalogue: pd.DataFrame, prices: np.ndarray, *, price_low: float | None, price_high: float | None,
            categories: Iterable[str] | None) -> np.ndarray | None:
    """Products in the price range (both ends included; an unknown price is in none) and in one of the categories; None
    where nothing was chosen."""
    chosen = None
    if price_low is not None or price_high is not None:
        low = -np.inf if price_low is None else price_low
        high = np.inf if price_high is None else price_high
        if not low <= high:
            raise InvalidInput(f"The lowest price, {low:g}, is above the highest, {high:g}.", field="price_low")
        chosen = (prices >= low) & (prices <= high)
    categories = [] if categories is None else [categories] if isinstance(categories, str) else list(categories)
    if categories:
        known = catalogue["category"]
        missing = sorted(set(map(str, categories)) - set(known.dropna().astype(str)))
        if missing:
            raise InvalidInput(f"No product that was sold has the category “{missing[0]}”.", field="categories")
        of_these = known.isin(categories).to_numpy()
        chosen = of_these if chosen is None else chosen & of_these
    return chosen


def never_cells(never: pd.DataFrame | None, customer_ids: np.ndarray, product_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (ascending) and columns of the pairs customer_id, product_id that concern these customers (ids ascending)."""
    nothing = np.zeros(0, dtype=np.int64)
    if never is None or len(never) == 0 or len(customer_ids) == 0:
        return nothing, nothing
    customer = never["customer_id"].to_numpy()
    row = np.minimum(np.searchsorted(customer_ids, customer), len(customer_ids) - 1)
    concerned = np.flatnonzero(customer_ids[row] == customer)
    column = places(product_ids, never["product_id"].to_numpy()[concerned])
    row = row[concerned][column >= 0]
    order = np.argsort(row, kind="stable")
    return row[order], column[column >= 0][order]
