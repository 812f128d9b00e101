"""What kind of file is this, which column is which, and how sure is that? Told from the names and the first lines."""

from dataclasses import dataclass

import pandas as pd

from crm.imports import kinds
from crm.imports.guessing.evidence import confidence_of, scores_of
from crm.imports.guessing.naming import REMEMBERED, ColumnGuess, assign
from crm.imports.guessing.unnamed import assign_unnamed
from crm.imports.guessing.values import columns_of
from crm.imports.kinds import KINDS
from crm.imports.shapes import Remembered
from crm.imports.vocabulary import is_position

__all__ = ["ColumnGuess", "Guess", "guess"]

_REASONS = 5  # more are not read


@dataclass(frozen=True)
class Guess:
    """kind: a key of kinds.KINDS; confidence: 0..1, how sure the kind is (1.0 where it was given or remembered).

    reasons: (code, column) of what speaks for the kind, at most five: "given", "remembered", "file_name" (all three
    without a column), "repeats" (an order's number comes on several lines), "unique" (a key names each line once),
    "words" (the texts are this kind's words), "items" (columns of answers on one scale; the first of them), "name",
    "similar_name", "values" (columns that fill fields of this kind), "no_names" (no header, so less sure).
    columns: one a column of the file, in its order. alternatives: {kind: score 0..1}, the likeliest first.
    """

    kind: str
    confidence: float
    reasons: tuple[tuple[str, str], ...]
    columns: tuple[ColumnGuess, ...]
    alternatives: dict[str, float]

    @property
    def mapping(self) -> dict[str, str]:
        """{their column: ours}, as mapping.map_columns takes it."""
        return {column.column: column.ours for column in self.columns}


def guess(head: pd.DataFrame, *, file_name: str = "", kind: str | None = None,
          remembered: Remembered | None = None) -> Guess:
    """Guess a file's kind and columns from its first lines.

    head: texts, missing or "" where there are none; the columns' names are the file's, or "1", "2" … where it has none.
    kind: the user's word for it, so that only the columns are guessed. remembered: what was chosen the last time for
    these columns (shapes.remembered); it wins unless the user chose another kind. Raises InvalidInput for an unknown
    kind.
    """
    if kind is not None:
        kinds.of(kind)
    columns = columns_of(head)
    has_names = not all(is_position(column.name) for column in columns)
    place = assign if has_names else assign_unnamed
    guesses = {key: place(columns, kind=key) for key in KINDS}
    scores, reasons = scores_of(columns, guesses, file_name=file_name, has_names=has_names)
    chosen = kind or (remembered.kind if remembered else next(iter(scores)))
    found = [guesses[chosen][column.place] for column in columns]
    if remembered is not None and remembered.kind == chosen:
        found = [ColumnGuess(each.column, remembered.mapping[each.column], 1.0, REMEMBERED)
                 if each.column in remembered.mapping else each for each in found]
    if kind is not None or remembered is not None:
        confidence, why = 1.0, [("given" if kind is not None else "remembered", "")]
    else:
        confidence = confidence_of(scores, chosen, has_names=has_names)
        why = ([] if has_names else [("no_names", "")]) + reasons[chosen]
    return Guess(chosen, confidence, tuple(why[:_REASONS]), tuple(found), scores)
