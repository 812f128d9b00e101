"""Which values does a table hold? Numbers where a column is numbers, text elsewhere: for analyses of a table that is
nobody's record."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData
from crm.imports.detection import FileFormat
from crm.imports.moments import parse_moments
from crm.imports.numerals import detect_decimal_mark, quantities
from crm.imports.order_lines import tidy
from crm.imports.origins import Origin
from crm.imports.steps import Steps
from crm.imports.tables import Table

NUMERIC_SHARE = 0.95  # of a column's texts are numbers: a stray "unknown" makes no text of the others


@dataclass(frozen=True, eq=False)
class OwnTable:
    """A file as values.

    frame: one row a line; number columns float64, the others str, missing where nothing is written. lines_left_out:
    lines with too few or too many fields. not_numbers: column -> texts in it that are no numbers and count as missing.
    identifiers: columns that tell every line apart (a customer's number, a name), which say nothing of likeness.
    """

    name: str
    frame: pd.DataFrame
    lines_left_out: int
    not_numbers: dict[str, int]
    identifiers: tuple[str, ...]

    @property
    def numbers(self) -> list[str]:
        """The number columns that are no identifiers."""
        return [column for column in self.frame.columns
                if column not in self.identifiers and pd.api.types.is_float_dtype(self.frame[column])]


def read_own_table(origin: Origin, file_format: FileFormat | None = None) -> OwnTable:
    """The whole file, written as `file_format` says where that is said. Raises CrmError for what cannot be read, NotEnoughData where there are no lines."""
    table, _ = origin.read(file_format or FileFormat(), Steps())
    frame, not_numbers = typed(table)
    if frame.empty:
        raise NotEnoughData(f"“{origin.name}” has a heading, but no lines.")
    return OwnTable(origin.name, frame, len(table.ragged), not_numbers,
                    tuple(column for column in frame.columns if _tells_apart(frame[column])))


def typed(table: Table) -> tuple[pd.DataFrame, dict[str, int]]:
    """The lines as values, and how many texts of each number column are no numbers."""
    tidied = {column: tidy(table.lines[column].array) for column in table.lines}
    texts = {column: cells.categories.tolist() for column, cells in tidied.items()}
    thousands = table.format.thousands_mark
    mark = table.format.decimal_mark or detect_decimal_mark(list(texts.values()), thousands_mark=thousands)
    columns, not_numbers = {}, {}
    for column, words in texts.items():
        codes = tidied[column].codes  # -1: nothing is written there, the last of the values
        numbers = np.append(quantities(words, decimal_mark=mark, thousands_mark=thousands), np.nan)[codes]
        written = codes >= 0
        wrong = int((written & np.isnan(numbers)).sum())
        if written.any() and wrong <= (1 - NUMERIC_SHARE) * written.sum():
            columns[column] = numbers
            if wrong:
                not_numbers[column] = wrong
        else:
            columns[column] = pd.Series(np.array([*words, None], dtype=object)[codes], dtype="str")
    return pd.DataFrame(columns), not_numbers


def days_in(column: pd.Series) -> pd.Series | None:
    """A column of texts as days (datetime64[us], NaT where a text is none); None where it is no column of days."""
    texts = column.dropna().drop_duplicates().astype(str)
    if texts.empty:
        return None
    moments = pd.Series(parse_moments(texts.tolist()).moments, index=texts.to_numpy())
    days = column.astype("str").map(moments)
    return days if days.notna().sum() >= NUMERIC_SHARE * column.notna().sum() else None


def _tells_apart(column: pd.Series) -> bool:
    """Whether it is different in every line and no measurement: whole numbers one after another, or texts."""
    if len(column) < 3 or column.isna().any() or column.duplicated().any():
        return False
    if not pd.api.types.is_float_dtype(column):
        return True
    ascending = np.sort(column.to_numpy())
    # Numbers that count the lines, or long codes; amounts may differ in every line too.
    whole = bool((ascending == np.rint(ascending)).all())
    return whole and (ascending[-1] - ascending[0] + 1 <= 2 * len(column) or ascending[0] >= 10_000_000)
