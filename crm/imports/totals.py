"""Is the last line a record, or the sum of the others? A total is set aside, told like a line that cannot be read."""

import csv
import io
from dataclasses import replace

import pandas as pd

from crm.imports.detection import BLANKS
from crm.imports.tables import Table

WORDS = frozenset({"total", "totals", "grand total", "sum", "subtotal", "summe", "gesamt", "gesamtsumme", "somme", "total général",
                   "suma", "totale", "合计", "总计", "小计", "总和"})
LAST_LINES = 3  # where spreadsheets keep them
REASON = "The line looks like the total of the others."


def without_totals(table: Table) -> Table:
    """The table with totals among its last lines set aside: their first text says so, and half of the cells are empty."""
    last = table.lines.tail(LAST_LINES).astype(object)
    if table.format.delimiter == BLANKS or len(table.lines) <= 1:
        return table
    totals = [row for row, cells in zip(last.index, last.to_numpy(), strict=True) if _is_total(list(cells))]
    if not totals:
        return table
    aside = pd.DataFrame({"row": totals, "text": [_text(last.loc[row].tolist(), table.format.delimiter) for row in totals],
                          "reason": [REASON] * len(totals)})
    ragged = pd.concat([table.ragged, aside]) if len(table.ragged) else aside
    return replace(table, lines=table.lines.drop(index=totals), ragged=ragged.sort_values("row", ignore_index=True))


def _is_total(cells: list) -> bool:
    given = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    return bool(given) and given[0].casefold().rstrip(":") in WORDS and 2 * len(given) <= len(cells)


def _text(cells: list, delimiter: str | None) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter or ",", lineterminator="").writerow(
        [cell if isinstance(cell, str) else "" for cell in cells])
    return written.getvalue()
