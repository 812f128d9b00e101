"""What did the import do? Counts that add up, what was decided about the file, and the lines that were not
taken."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd

from crm.imports.detection import BLANKS, FileFormat
from crm.imports.mapping import ColumnMap
from crm.imports.tables import Table, ragged_fields

CHANGES_SHOWN = 1_000
NO_CHANGES = pd.DataFrame(columns=["table", "record", "field", "old", "new"])
REJECTS_IN_MEMORY = 1_000  # a page shows a few; the file at `rejects_path` holds all
_FORMULA_STARTS = ("=", "@", "+", "-", "\t", "\r")

# {code of a note: its sentence}, right for any number; shown where the number is not 0.
_SENTENCES = {
    "equal_lines": "Lines that repeat an earlier line in every column: {:,}; all were kept.",
    "lines_without_customer": "Lines that name no customer: {:,}; their orders are kept without one.",
    "lines_without_product": "Lines that name no product: {:,}.",
    "orders_with_several_moments": "Orders with lines of different moments: {:,}; the earliest counts.",
    "numbers_of_several_customers": "Order numbers that serve several customers: {:,}; each customer has an "
    "order of its own.",
    "customers_with_several_names": "Customers written with several names: {:,}; the last one counts.",
    "customers_with_several_countries": "Customers in several countries: {:,}; the last one counts.",
    "customers_with_several_emails": "Customers with several e-mail addresses: {:,}; the last one counts.",
    "products_with_several_names": "Products with several descriptions: {:,}; the most frequent is the name, "
    "and a line keeps its own.",
    "customers_named_otherwise": "Known customers with another name here: {:,}; the name in your records was "
    "kept.",
    "customers_restored": "Deleted customers restored because of new records here: {:,}.",
    "products_restored": "Deleted products restored because of new records here: {:,}.",
    "deleted_orders_entered_anew": "Orders that you had deleted, entered anew from this file: {:,}.",
    "cancelled_lines_not_counted": "Cancelled lines, kept but counted as 0: {:,}.",
    "lines_of_cancelled_orders": "New lines of orders that are cancelled in your records: {:,}; such an order "
    "stays cancelled and comes to 0.",
    "lines_cancelled_since": "Lines cancelled here but not in your records: {:,}; your records were kept.",
    "date_order_assumed": "No date tells the day from the month; check that the order {date_order} is right.",
    "dates_with_zone": "Different dates that name a time zone: {:,}; the clock time was kept as written.",
    "rounded_unit_price": "Prices with more than four decimals, rounded to four: {:,}.",
    "rounded_amount": "Amounts with more than four decimals, rounded to four: {:,}.",
    "discounts_left_out": "Discounts left out because they are no share from 0 to 100 %: {:,}.",
    "costs_left_out": "Costs or profits left out because they are no numbers: {:,}.",
    "orders_without_number": "Orders without a number of their own: {:,}; each customer's lines of one moment are one order.",
    "orders_with_another_total": "Known orders with another total here: {:,}; the total in your records was kept.",
    "emails_not_valid": "E-mail addresses that are none, kept as text in a field of their own: {:,}.",
    "phones_not_valid": "Phone numbers that are none, kept as text in a field of their own: {:,}.",
    "birth_years_not_valid": "Birth years that cannot be right, kept as text in a field of their own: {:,}.",
    "dates_not_valid": "Dates that are none, kept as text in a field of their own: {:,}.",
    "incomes_not_valid": "Incomes that are no amounts, kept as text in a field of their own: {:,}.",
    "consents_not_valid": "Consents that say neither yes nor no, kept as text in a field of their own: {:,}.",
    "products_written_differently": "Lines that write a product differently from your records, such as “GTXPro” for "
    "“GTX Pro”: {:,}.",
    "orders_not_known": "Order numbers that are not in your records, kept as a field of their own: {:,}.",
    "records_kept": "Known records that say otherwise than the file: {:,}; your records were kept.",
    "lines_overruled": "Lines that a later line of the same record contradicts: {:,}; the last one counts.",
    "tags_added": "Tags added to known customers: {:,}.",
    "answers_not_applicable": "Answers that say “not applicable”, kept without a score: {:,}.",
    "lines_without_answer": "Lines without any answer: {:,}.",
    "scale_assumed": "The scale of the scores was told from the scores: {scales}. If it is another one, add the columns "
    "“Scale min” and “Scale max” to the file, with its lowest and its highest score on every line.",
    "members_changed": "Known campaign results changed: {:,}; this is not taken back with the import.",
    "title_lines": "Lines above the heading, left out: {:,}.",
    "second_header_rows": "Second heading lines, left out: {:,}.",
    "hidden_rows": "Hidden rows of the sheet, read like the others: {:,}.",
    "hidden_columns": "Hidden columns of the sheet, read like the others: {:,}.",
    "merged_cells": "Cells that got the text of the cell they are merged with: {:,}.",
    "formula_cells_without_value": "Formulas without a saved result, read as they are written: {:,}.",
    "error_cells": "Cells that show an error such as #N/A: {:,}.",
    "lines_too_long": "Lines of more than 16 MB, rejected unread: {:,}.",
    "lines_of_another_encoding": "Lines written with other letters than the rest, read in their own way: {:,}.",
    "damaged_characters": "Damaged characters of the file, shown as �: {:,}.",
}


@dataclass(frozen=True)
class Note:
    """Something worth knowing about an import: `code` names it, `count` is its number, `text` says it plainly."""

    code: str
    count: int
    text: str


@dataclass(frozen=True)
class ImportReport:
    """lines: {"read", "imported", "duplicate", "rejected"}, and read is the sum of the others.

    created, updated: {table: rows}. mapping: {ours: theirs}; left_out: their columns that nothing was taken
    from.
    rejects: first `row`, then the file's own columns, last `reason` (see `names_of_rejects`), plain text as
    the file has it; at most 1,000 rows, while lines["rejected"] counts all. rejects_path: the CSV that holds
    all of them, None where none was asked for or nothing was rejected.
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
    rejects_path: Path | None = None

    def as_json(self) -> dict[str, dict[str, int]]:
        """{"lines": {...}, "created": {...}, "updated": {...}} of whole numbers."""
        return {"lines": dict(self.lines), "created": dict(self.created), "updated": dict(self.updated)}


@dataclass(frozen=True)
class Preview:
    """What an import would do, before anything is written.

    lines, created, updated, notes, mapping, left_out, format, rejects: as in ImportReport. reasons: reason, lines.
    changes: what known records would get, at most CHANGES_SHOWN rows: table, record (its code or name), field, old,
    new (texts); changes_total counts all fields. new, duplicates: the first lines of each, as the file has them,
    with `row` first.
    """

    file_name: str
    kind: str
    lines: dict[str, int]
    created: dict[str, int]
    updated: dict[str, int]
    changes: pd.DataFrame = field(repr=False)
    changes_total: int
    new: pd.DataFrame = field(repr=False)
    duplicates: pd.DataFrame = field(repr=False)
    rejects: pd.DataFrame = field(repr=False)
    reasons: pd.DataFrame = field(repr=False)
    notes: tuple[Note, ...]
    mapping: dict[str, str]
    left_out: tuple[str, ...]
    format: FileFormat


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
        "skip_rows": layout.skip_rows,
        "date_order": found.get("date_order"),
        "decimal_mark": found.get("decimal_mark"),
    }


def format_as_chosen(layout: FileFormat) -> dict[str, object]:
    """What of a format the user chose himself, as plain JSON."""
    return {name: list(content) if isinstance(content, tuple) else content
            for name, content in asdict(layout).items() if content is not None}


def format_of_choices(chosen: Mapping[str, object]) -> FileFormat:
    """A format from what `format_as_chosen` wrote; a choice that this version does not know is left to detection."""
    known = {one.name for one in fields(FileFormat)}
    return FileFormat(**{name: tuple(content) if isinstance(content, list) else content
                         for name, content in chosen.items() if name in known})


def names_of_rejects(theirs: Sequence[str]) -> tuple[str, str]:
    """What the line's number and the reason are called beside a file's own columns: never like one of them.

    >>> names_of_rejects(["order", "date"]), names_of_rejects(["Row", "reason", "reason (import)"])
    (('row', 'reason'), ('row (import)', 'reason (import 2)'))
    """
    taken = {name.casefold() for name in theirs}

    def free(name: str) -> str:
        wanted, times = name, 1
        while wanted in taken:
            wanted = f"{name} (import)" if times == 1 else f"{name} (import {times})"
            times += 1
        return wanted

    return free("row"), free("reason")


def rejects_of(table: Table, rejected: pd.DataFrame, *, first: int | None = None) -> pd.DataFrame:
    """The lines that were not taken, as the file has them, in its sequence: row, its columns, reason."""
    names = list(table.lines.columns)
    row_name, reason_name = names_of_rejects(names)
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
    numbers = np.concatenate([rejected["row"].to_numpy(), ragged["row"].to_numpy()]).astype("int64")
    both.insert(0, row_name, numbers)
    both.insert(len(both.columns), reason_name, [*rejected["reason"], *ragged["reason"]])
    both = both.iloc[np.argsort(both[row_name].to_numpy(), kind="stable")]
    return both.reset_index(drop=True).iloc[:first]


def write_rejects(rejects: pd.DataFrame, path: Path) -> None:
    """A CSV that a spreadsheet opens rightly (UTF-8 with its mark) and in which nothing runs as a formula."""
    harmless = rejects.copy()
    for place in range(1, rejects.shape[1]):
        harmless.isetitem(place, [_harmless(cell) for cell in rejects.iloc[:, place]])
    harmless.columns = [_harmless(name) for name in rejects.columns]
    harmless.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _harmless(cell: str) -> str:
    is_number = cell[:1] in ("+", "-") and cell[1:].replace(".", "").replace(",", "").isdigit()
    return "'" + cell if cell.startswith(_FORMULA_STARTS) and not is_number else cell


def _words(found: dict[str, int | str]) -> dict[str, str]:
    order = {"dmy": "day-month-year", "mdy": "month-day-year", "ymd": "year-month-day"}
    return {"date_order": order.get(str(found.get("date_order")), ""), "scales": str(found.get("scales", ""))}
