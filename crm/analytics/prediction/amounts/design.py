"""Design: which numbers does a formula see of a table's columns, and what does each of them stand for?

Unlike `preparation`, whose columns only have to predict, these are to be read one by one: each text is set against the most
frequent one, and values beyond the highest and lowest thousandth count as these, so that one mistyped figure bends no line.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.prediction.columns import MISSING, OTHERS, Column, kind_of, learn_column, on_scale, words_of
from crm.errors import InvalidInput

TAILS = (0.001, 0.999)
SKEWED_FROM = 2.0  # an exponential distribution; from here on a few large figures would rule a formula
MOST_LEVELS = 20  # a table that somebody reads; rarer texts are one together
FEWEST_OF_LEVEL = 10


@dataclass(frozen=True, eq=False)
class Term:
    """One number of the formula. level: the text it stands for (1 if so), MISSING for "not known" (1 if so), None for a number
    or a yes. reference: the text that the levels are set against. low, high: values beyond are taken as these. fill: stands
    for a missing number, on the model's scale."""

    column: Column
    level: str | None = None
    reference: str | None = None
    low: float = float("nan")
    high: float = float("nan")
    fill: float = 0.0

    def seen(self, number: np.ndarray) -> np.ndarray:
        """The numbers as the formula sees them."""
        scaled = on_scale(np.clip(number, self.low, self.high), self.column.scale)
        return np.where(np.isnan(scaled), self.fill, scaled)


@dataclass(frozen=True, eq=False)
class Design:
    """terms: the formula's numbers, in their sequence. constant: columns that say nothing, for all they hold is alike."""

    terms: tuple[Term, ...]
    constant: tuple[str, ...]

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, terms) floats without gaps, on the model's scale."""
        for term in self.terms:
            if term.column.name not in frame:
                raise InvalidInput(f"This prediction needs the column “{term.column.name}”, which the table does not have.",
                                   field=term.column.name)
        found = np.empty((len(frame), len(self.terms)))
        words: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for place, term in enumerate(self.terms):
            name = term.column.name
            if term.level is None:
                found[:, place] = term.seen(term.column.numbers(frame))
            elif term.column.kind != "text":
                found[:, place] = np.isnan(term.column.numbers(frame))
            else:
                if name not in words:
                    words[name] = words_of(frame[name])
                code, texts = words[name]
                found[:, place] = np.append(_stands_for(term, texts), term.level == MISSING)[code]
        return found


def _stands_for(term: Term, texts: np.ndarray) -> np.ndarray:
    """(texts,) which of them the level stands for; a text never seen before is one of the rare ones, else of the reference."""
    if term.level == OTHERS:
        known = {term.reference, *term.column.levels}
        return np.array([text not in known for text in texts], dtype=bool)
    return np.array([text == term.level for text in texts], dtype=bool)


def design(frame: pd.DataFrame, *, scales: dict[str, str] | None = None) -> Design:
    """What a formula sees of the frame's columns: numbers on the scale that `scales` names, else by their skewness; a yes as 1;
    texts; "not known" as a yes of its own."""
    terms: list[Term] = []
    constant = []
    for name in frame.columns:
        kind = kind_of(frame[name])
        added = _of_text(frame[name]) if kind == "text" else _of_numbers(frame, name, kind, (scales or {}).get(name))
        terms.extend(added)
        if not added:
            constant.append(name)
    return Design(tuple(terms), tuple(constant))


def _of_numbers(frame: pd.DataFrame, name: str, kind: str, scale: str | None) -> list[Term]:
    column = learn_column(frame[name], np.zeros(len(frame)), scale="plain")
    number = column.numbers(frame)
    known = number[~np.isnan(number)]
    missing = [Term(column, level=MISSING)] if 0 < len(known) < len(number) else []
    if len(known) == 0 or known.min() == known.max():
        return missing
    low, high = (0.0, 1.0) if kind == "bool" else np.quantile(known, TAILS)
    if low == high:  # all but a few are equal: those few are what it says
        low, high = known.min(), known.max()
    column = replace(column, scale=scale or _usual_scale(np.clip(known, low, high)))
    term = Term(column, low=float(low), high=float(high))
    return [replace(term, fill=float(term.seen(known).mean())), *missing]


def _usual_scale(known: np.ndarray) -> str:
    if known.min() < 0 or len(np.unique(known)) < 3:
        return "plain"
    centred = known - known.mean()
    skewness = (centred**3).mean() / max((centred**2).mean() ** 1.5, 1e-300)
    return "log" if skewness > SKEWED_FROM else "plain"


def _of_text(values: pd.Series) -> list[Term]:
    code, texts = words_of(values)
    names = np.append(texts, MISSING)
    counts = np.bincount(np.where(code < 0, len(texts), code), minlength=len(names))
    by_count = [place for place in np.lexsort((names.astype(str), -counts)) if counts[place] > 0]
    # In a small table half a dozen cases may be all there are of a text.
    enough = [place for place in by_count if counts[place] >= min(FEWEST_OF_LEVEL, max(len(values) // 20, 1))][:MOST_LEVELS]
    if len(by_count) < 2 or not enough:
        return []
    reference, *levels = (str(names[place]) for place in enough)
    column = Column(values.name, "text", levels=tuple(levels))
    rare = [OTHERS] if len(by_count) > len(enough) else []
    return [Term(column, level=level, reference=reference) for level in (*levels, *rare)]
