"""How does a table become what a model can compute with, learned from the rows that it learns from and from no others?

Three shapes of the same table: `design` for models that add up (numbers on a fitting scale and standardised, gaps at the
mean, a 0/1 column a word), `splits` for trees (numbers as they are with their gaps, a 0/1 column a word) and `codes` for
models that treat words as words (numbers as they are, words as whole numbers).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.prediction.columns import MISSING, Column, learn_column
from crm.analytics.prediction.sampling import rows_a_group
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Preparation:
    """columns: what was learned of each, in the sequence of the table learned from."""

    columns: tuple[Column, ...]

    def design(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, d) float64 without NaN, centred on the rows learned from; see `design_columns` for the d."""
        self.check(frame)
        blocks = [block for column in self.columns for block in _design(column, frame)]
        return np.column_stack(blocks) if blocks else np.empty((len(frame), 0))

    def design_columns(self) -> list[tuple[str, str | None]]:
        """(column of the table, word or None) of each column of `design`; the word of a gap is MISSING."""
        return [made for column in self.columns for made in _with_gap(column)]

    def splits(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, d) float32, NaN for missing numbers; a missing or unknown word is 0 in all its columns, and so is a column that
        was always the same."""
        self.check(frame)
        blocks = [block for column in self.columns for block in _splits(column, frame)]
        # Trees of scikit-learn want a column, even where a table has none
        return np.column_stack(blocks).astype("float32") if blocks else np.zeros((len(frame), 1), dtype="float32")

    def split_columns(self) -> list[tuple[str, str | None]]:
        """(column of the table, word or None) of each column of `splits`."""
        return [made for column in self.columns for made in
                (_with_gap(column) if column.kind == "text" else [(column.name, None)])]

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, columns) float64: numbers in their own units, words as 0, 1, ..., NaN for missing and words never seen; a gap
        that counts as a word comes after the last one. A column that was always the same, or empty, is 0."""
        self.check(frame)
        codes = np.empty((len(frame), len(self.columns)))
        for position, column in enumerate(self.columns):
            codes[:, position] = _codes(column, frame)
        return codes

    def check(self, frame: pd.DataFrame) -> None:
        """Raise InvalidInput, naming it, where a column is not there."""
        for column in self.columns:
            if column.name not in frame.columns:
                raise InvalidInput(f"The model looks at the column “{column.name}”, which this table does not have.",
                                   field=column.name)


def learn_preparation(rows: Rows, *, scales: dict[str, str] | None = None) -> Preparation:
    """Scales, gaps and words of all columns; `scales` as in Task, other columns by their skewness."""
    repeats = rows_a_group(rows)
    return Preparation(tuple(learn_column(rows.frame[name], rows.target, scale=(scales or {}).get(name), repeats=repeats)
                             for name in rows.frame.columns))


def _with_gap(column: Column) -> list[tuple[str, str | None]]:
    own = column.words if column.kind == "text" else (None,)
    return [(column.name, word) for word in (*own, *[MISSING] * column.gap_tells)]


def _design(column: Column, frame: pd.DataFrame) -> list[np.ndarray]:
    if column.kind == "text":
        codes = column.codes(frame)
        # Of a word never seen, or a gap that tells nothing, the average row is assumed
        unknown = (codes == -2) | ((codes == -1) & (not column.gap_tells))
        blocks = [np.where(unknown, 0.0, (codes == place) - share) for place, share in enumerate(column.shares)]
        return [*blocks, np.where(unknown, 0.0, (codes == -1) - column.gap_share)] if column.gap_tells else blocks
    scaled = column.scaled(frame)
    missing = np.isnan(scaled)
    scaled[missing] = 0.0
    return [scaled, missing - column.gap_share] if column.gap_tells else [scaled]


def _splits(column: Column, frame: pd.DataFrame) -> list[np.ndarray]:
    if column.kind != "text":
        return [np.zeros(len(frame)) if column.is_constant else column.numbers(frame)]
    codes = column.codes(frame)
    blocks = [codes == place for place in range(len(column.shares))]
    return [*blocks, codes == -1] if column.gap_tells else blocks


def _codes(column: Column, frame: pd.DataFrame) -> np.ndarray:
    if column.is_constant:
        return np.zeros(len(frame))
    if column.kind != "text":
        return column.numbers(frame)
    codes = column.codes(frame).astype(float)
    if column.gap_tells:
        codes[codes == -1] = len(column.shares)
    codes[codes < 0] = np.nan
    return codes
