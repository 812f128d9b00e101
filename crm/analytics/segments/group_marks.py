"""How is a group marked in pictures? Its colour by its number, a sign that can be told apart without colour, its name."""

from collections.abc import Iterable, Mapping
from html import escape

from crm.analytics.segments.names import SEGMENT_COLOURS

NOBODY = -1  # the label of those who belong to no group
# A sign beside the colour, so that groups can be told apart without it.
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "triangle-down")
NO_SYMBOL = "circle-open"
NAMELESS = "–"
N_COLOURS = 8  # of the theme; then they begin again


def meaning(label: int) -> str:
    """The colour of a group: "group0" ... "group7" in the order of the groups; "past": no group."""
    return "past" if label == NOBODY else f"group{label % N_COLOURS}"


def symbol(label: int) -> str:
    """The sign of a group."""
    return NO_SYMBOL if label == NOBODY else SYMBOLS[label % len(SYMBOLS)]


def meanings_of(labels: list) -> list[str]:
    """Colours for labels that are numbers, names of RFM groups or any other words; words without a colour of their own
    take those that are left, in their order."""
    known = {label: SEGMENT_COLOURS[label] for label in labels if isinstance(label, str) and label in SEGMENT_COLOURS}
    free = iter([f"group{number}" for number in range(N_COLOURS) if f"group{number}" not in known.values()]
                + [f"group{number % N_COLOURS}" for number in range(len(labels))])
    return [known.get(label) or (next(free) if isinstance(label, str) else meaning(int(label))) for label in labels]


def colours_of(groups: object, names: Mapping | None) -> dict[int, str]:
    """Label -> colour of every group of a `Groups`: a group whose name has a colour keeps it, the others take theirs by
    number; no group is "past"."""
    labels = [label for label in in_order(groups.labels) if label != NOBODY]
    own = meanings_of([(names or {}).get(label, label) for label in labels])
    return {**dict(zip(labels, own, strict=True)), NOBODY: "past"}


def in_order(labels: Iterable) -> list:
    """Every label once: numbers ascending with those of no group last; words as they come."""
    found = list(dict.fromkeys(labels))
    if any(isinstance(label, str) for label in found):
        return found
    return sorted((int(label) for label in found), key=lambda label: (label == NOBODY, label))


def called(label: object, names: Mapping | None) -> str:
    """Its name, safe in a picture; without one its number as people count, from 1, or the word that it is."""
    if names and label in names:
        return shown(names[label])
    return shown(label) if isinstance(label, str) else NAMELESS if label == NOBODY else str(int(label) + 1)


def shown(words: object) -> str:
    """Somebody's words in a picture, where < and & would be read as markup."""
    return escape(str(words), quote=False)


def column_words(column: str, source: str, labels: Mapping[str, str]) -> str:
    """A dimension in words: its own, or those of its column and the word it stands for ("Channel: Web shop")."""
    if column in labels or column == source:
        return shown(labels.get(column, column))
    return shown(f"{labels.get(source, source)}: {column.removeprefix(f'{source}=')}")


def short_number(number: float) -> str:
    """Three digits of it: 12.3k, 1.02M, 0.42.

    >>> [short_number(number) for number in (12_345, 1_016_000, 0.4216, 7, -0.0, float("nan"), 999.9)]
    ['12.3k', '1.02M', '0.42', '7', '0', '–', '1,000']
    """
    if number != number:
        return "–"
    size = abs(number)
    for unit, letter in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if size >= unit:
            return f"{number / (1e3 if letter == 'k' else unit):.3g}{letter}".replace("-", "−")
    written = f"{number:,.0f}" if size >= 100 else f"{number:.1f}" if size >= 10 else f"{number:.2f}" if size >= 0.1 else f"{number:.2g}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if written in ("-0", "") else written.replace("-", "−")
