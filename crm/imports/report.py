"""What did the import do? Counts that add up, what was decided about the file, and the lines that were not
taken."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from crm.imports.detection import BLANKS, FileFormat
from crm.imports.mapping import ColumnMap
from crm.imports.tables import Table, ragged_fields

REJECTS_IN_MEMORY = 1_000  # a page shows a few; the file at `rejects_path` holds all
_FORMULA_STARTS = ("=", "@", "+", "-", "\t", "\r")

# {code of a note: its sentence}; shown where the number is not 0.
_SENTENCES = {
    "equal_lines": "{:,} lines repeat an earlier line of the file in every column; all were kept.",
    "lines_without_customer": "{:,} lines name no customer; their orders are kept without one.",
    "lines_without_product": "{:,} lines name no product.",
    "orders_with_several_moments": "{:,} orders have lines of different moments; the earliest counts.",
    "numbers_of_several_customers": "{:,} order numbers serve several customers.",
    "customers_with_several_names": "{:,} customers are written with several names; the last one counts.",
    "customers_with_several_countries": "{:,} customers are in several countries; the last one counts.",
    "customers_with_several_emails": "{:,} customers have several e-mail addresses; the last one counts.",
    "products_with_several_names": "{:,} products have several descriptions; the most frequent is the name, "
    "and a line keeps its own.",
    "customers_named_otherwise": "{:,} known customers have another name here; yours was kept.",
    "customers_restored": "{:,} deleted customers have new orders here and were restored.",
    "products_restored": "{:,} deleted products have new lines here and were restored.",
    "deleted_orders_entered_anew": "{:,} orders that you had deleted are in this file and were entered anew.",
    "cancelled_lines_not_counted": "{:,} lines of cancelled orders are kept but count 0.",
    "lines_cancelled_since": "{:,} lines are cancelled here but not in your records; yours were kept.",
    "date_order_assumed": "No date tells the day from the month; check that the order {date_order} is right.",
    "dates_with_zone": "{:,} different dates name a time zone; the clock time was kept as written.",
    "rounded_unit_price": "{:,} prices have more than four decimals and were rounded.",
    "rounded_amount": "{:,} amounts have more than four decimals and were rounded.",
    "discounts_left_out": "{:,} discounts are no share from 0 to 100 % and were left out.",
    "costs_left_out": "{:,} costs or profits are no numbers and were left out.",
    "damaged_characters": "{:,} characters of the file are damaged and show as �.",
}


@dataclass(frozen=True)
class Note:
    """Something worth knowing about an import: `code` names it, `count` is its number, `text` says it."""

    code: str
    count: int
    text: str


@dataclass(frozen=True)
class ImportReport:
    """lines: {"read", "imported", "duplicate", "rejected"}, and read is the sum of the others.

    created, updated: {table: rows}. mapping: {ours: theirs}; left_out: their columns that nothing was taken
    from.
    rejects: `row`, the file's own columns, `reason`, at most 1,000 rows (the file at rejects_path has all).
    kinds: {kind of order line: lines of the file}.
    """

    batch_id: int
    file_name: str
    lines: dict[str, int]
    created: dict[str, int]
    updated: dict[str, int]
    kinds: dict[str, int]
    notes: tuple[Note, ...]
    mapping: dict[str, str]
    left_out: tuple[str, ...]
    format: FileFormat
    rejects: pd.DataFrame = field(repr=False)

    def as_json(self) -> dict[str, dict[str, int]]:
        """{"lines": {...}, "created": {...}, "updated": {...}} of whole numbers."""
        return {"lines": dict(self.lines), "created": dict(self.created), "updated": dict(self.updated)}


def notes_of(found: dict[str, int | str]) -> tuple[Note, ...]:
    """The notes whose number is not 0, in a fixed sequence."""
    return tuple(
        Note(code, int(found[code]), sentence.format(int(found[code]), **_words(found)))
        for code, sentence in _SENTENCES.items()
        if int(found.get(code, 0))
    )


def details_of(columns: ColumnMap, layout: FileFormat, found: dict[str, int | str]) -> dict:
    """What import_batches.details keeps: plain JSON."""
    return {
        "mapping": columns.columns,
        "left_out": list(columns.left_out),
        "format": format_of(layout, found),
        "found": {code: number for code, number in found.items() if number},
    }


def format_of(layout: FileFormat, found: dict[str, int | str]) -> dict[str, object]:
    """How the file was read, in words that FileFormat takes again."""
    return {
        "encoding": layout.encoding,
        "delimiter": "blanks" if layout.delimiter == BLANKS else layout.delimiter,
        "quote": layout.quote,
        "has_header": layout.has_header,
        "sheet": layout.sheet,
        "date_order": found.get("date_order"),
        "decimal_mark": found.get("decimal_mark"),
    }


def rejects_of(table: Table, rejected: pd.DataFrame, *, first: int | None = None) -> pd.DataFrame:
    """The lines that were not taken, as the file has them, in its sequence: row, its columns, reason."""
    names = list(table.lines.columns)
    rejected = rejected.iloc[:first]
    ragged = table.ragged.iloc[:first]
    lines = table.lines.loc[rejected["row"]].astype(object) if len(rejected) else pd.DataFrame(columns=names)
    fields = [ragged_fields(text, table.format, width=len(names)) for text in ragged["text"]]
    both = pd.concat(
        [
            pd.DataFrame(lines.to_numpy(dtype=object), columns=names),
            pd.DataFrame(np.array(fields, dtype=object).reshape(-1, len(names)), columns=names),
        ]
    )
    both.insert(
        0,
        "row",
        np.concatenate([rejected["row"].to_numpy(), ragged["row"].to_numpy()]).astype("int64"),
        allow_duplicates=True,
    )
    both.insert(len(both.columns), "reason", [*rejected["reason"], *ragged["reason"]], allow_duplicates=True)
    both = both.iloc[np.argsort(both.iloc[:, 0].to_numpy(), kind="stable")]
    return both.reset_index(drop=True).iloc[:first]


def write_rejects(rejects: pd.DataFrame, path: str | Path) -> None:
    """A CSV that a spreadsheet opens rightly (UTF-8 with its mark) and in which no cell runs as a formula."""
    harmless = rejects.copy()
    for place in range(1, rejects.shape[1]):
        harmless.isetitem(place, [_harmless(cell) for cell in rejects.iloc[:, place]])
    harmless.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _harmless(cell: str) -> str:
    if cell.startswith(_FORMULA_STARTS) and not cell[1:].replace(".", "").replace(",", "").isdigit():
        return "'" + cell
    return cell


def _words(found: dict[str, int | str]) -> dict[str, str]:
    order = {"dmy": "day-month-year", "mdy": "month-day-year", "ymd": "year-month-day"}
    return {"date_order": order.get(str(found.get("date_order")), "")}
