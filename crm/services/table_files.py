"""In which forms does a table leave? CSV for spreadsheets and for programs, an Excel workbook, Parquet."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crm.errors import InvalidInput
from crm.services import workbook

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"         # without it, spreadsheets take UTF-8 for the code page of their country
ROWS_A_PIECE = 50_000  # so many are written at a time: a million rows as one text would take a gigabyte


@dataclass(frozen=True)
class Form:
    """One form of file: how its name ends, its media type, and who writes it."""

    ending: str
    mime: str
    write: Callable[[pd.DataFrame, BinaryIO], None]


def write_file(frame: pd.DataFrame, target: BinaryIO, form: str) -> None:
    """Write the table in that form, one of FORMS. Raises InvalidInput for what the form cannot hold, or another word."""
    if form not in FORMS:
        raise InvalidInput(f"“{form}” is no form of file; choose one of {', '.join(FORMS)}.")
    FORMS[form].write(frame, target)


def as_file(frame: pd.DataFrame, form: str) -> bytes:
    """The table as a file of that form, one of FORMS. Raises InvalidInput as `write_file` does."""
    target = BytesIO()
    write_file(frame, target, form)
    return target.getvalue()


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The table as UTF-8 CSV with BOM, text cells that a spreadsheet would run made harmless by an apostrophe."""
    return as_file(frame, "csv")


def form_of(file_name: str) -> str:
    """The form that a file's ending asks for. Raises InvalidInput for an ending of no form.

    >>> form_of("customers.XLSX"), form_of("lines.csv")
    ('xlsx', 'csv')
    """
    ending = PurePath(file_name).suffix.lower()
    for name, form in FORMS.items():
        if form.ending == ending:
            return name
    endings = ", ".join(dict.fromkeys(form.ending for form in FORMS.values()))
    raise InvalidInput(f"The name “{file_name}” does not say what to write; end it with one of {endings}.")


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with an apostrophe before text that starts like a formula; numbers stay numbers."""
    def safe(column: pd.Series) -> pd.Series:
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
            return column
        texts = column.astype(object)
        risky = texts.map(lambda cell: isinstance(cell, str) and cell.startswith(FORMULA_STARTS))
        return texts.where(~risky, "'" + texts.astype(str))

    safe_names = {name: f"'{name}" for name in frame.columns if str(name).startswith(FORMULA_STARTS)}
    return frame.apply(safe).rename(columns=safe_names) if len(frame.columns) else frame


def _write_csv(frame: pd.DataFrame, target: BinaryIO) -> None:
    target.write(BOM.encode())
    _write_pieces(frame, target, harmless)


def _write_plain_csv(frame: pd.DataFrame, target: BinaryIO) -> None:
    # For programs: a telephone number that begins with + must not gain an apostrophe on its way to them.
    _write_pieces(frame, target, lambda piece: piece)


def _write_pieces(frame: pd.DataFrame, target: BinaryIO, made: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    for start in range(0, max(len(frame), 1), ROWS_A_PIECE):
        piece = made(frame.iloc[start:start + ROWS_A_PIECE])
        target.write(piece.to_csv(index=False, header=start == 0).encode())


def _write_parquet(frame: pd.DataFrame, target: BinaryIO) -> None:
    columns = {str(name): _arrow(frame.iloc[:, place]) for place, name in enumerate(frame.columns)}
    pq.write_table(pa.table(columns), target)


def _arrow(column: pd.Series) -> pa.Array | pa.ChunkedArray:
    """The column as its own type; as text where it holds things of several kinds."""
    try:
        return pa.Array.from_pandas(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        known = column.astype(object)
        return pa.array(known.map(str).where(known.notna(), None).tolist(), type=pa.string())


FORMS = {
    "csv": Form(".csv", "text/csv", _write_csv),
    "csv_plain": Form(".csv", "text/csv", _write_plain_csv),
    "xlsx": Form(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workbook.write),
    "parquet": Form(".parquet", "application/vnd.apache.parquet", _write_parquet),
}
