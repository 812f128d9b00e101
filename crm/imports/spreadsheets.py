"""What do all spreadsheets have in common? Rows of texts, merged cells, hidden rows and columns, errors."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ERROR = re.compile(r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)|Err:\d{3}")

COLUMNS_OF_A_SHEET = 16_384  # no spreadsheet program has more


@dataclass(frozen=True)
class Sheet:
    """One sheet. `rows` are read as they are asked for, one list of texts a row that is not quite empty at its end.

    notes are filled while the rows are read: `hidden_rows`, `merged_cells` (that got the value of the cell that they
    are merged with), `formula_cells_without_value`, `error_cells`. hidden_columns: first and last place, from 1.
    """

    title: str
    rows: Iterable[list[str]]
    notes: Counter = field(default_factory=Counter)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def notes_of(self, *, columns: int) -> Counter:
        """The notes, with the hidden columns among the first `columns`."""
        ranges = self.hidden_columns[:COLUMNS_OF_A_SHEET]
        hidden = {place for first, last in ranges for place in range(first, min(last, columns) + 1)}
        return +(self.notes + Counter(hidden_columns=len(hidden)))


@dataclass(frozen=True)
class Marks:
    """What a sheet says beside its cells; rows and columns count from 1.

    merged: {first row: [(column, last row)]} of cells merged downwards in one column.
    """

    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def merge(self, first_row: int, last_row: int, first_column: int, last_column: int) -> None:
        """Remember merged cells; only those of one column say the same for each of its rows."""
        if first_column == last_column and first_row < last_row:
            self.merged.setdefault(first_row, []).append((first_column, last_row))


def marked(rows: Iterable[list[str]], marks: Marks, notes: Counter) -> Iterator[list[str]]:
    """The rows, the first at row 1, with merged cells filled and what is found counted in notes.

    A row that holds nothing of its own is not filled: merged cells may reach a million rows below the table.
    """
    open_merges: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows, 1):
        holds_something = any(row)
        if holds_something:
            notes["hidden_rows"] += number in marks.hidden_rows
            notes["error_cells"] += sum(text[:1] in ("#", "E") and bool(ERROR.fullmatch(text)) for text in row)
            for column, (last_row, text) in list(open_merges.items()):
                if number > last_row:
                    del open_merges[column]
                    continue
                row.extend([""] * (column - len(row)))
                if not row[column - 1]:
                    row[column - 1] = text
                    notes["merged_cells"] += 1
        for column, last_row in marks.merged.get(number, ()):
            if column <= len(row) and row[column - 1]:
                open_merges[column] = (last_row, row[column - 1])
        yield row
