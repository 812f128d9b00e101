"""How is a product called in a picture? Short enough for a phone, safe, and where it covers no other name."""

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np

LETTER_WIDTH, CAPITAL_WIDTH, LINE_HEIGHT = 5.8, 7.4, 14  # pixels of size 11, a little more than needed
NAMELESS = "–"


def called(product_id: object, names: Mapping | None) -> str:
    """The product's name as it is, or its number where it has none.

    >>> called(3, {3: "Tea tin"}), called(4, {3: "Tea tin"}), called(5, {5: None})
    ('Tea tin', '4', '–')
    """
    name = product_id if names is None else names.get(product_id, product_id)
    return NAMELESS if name is None or name != name else str(name)


def together(product_ids: Iterable, names: Mapping | None) -> str:
    """The names of several products as one text."""
    return " + ".join(called(product_id, names) for product_id in product_ids)


def shown(words: str) -> str:
    """Somebody's words in a picture, where < and & would be read as markup."""
    return escape(words, quote=False)


def shortened(words: list[str], length: int) -> list[str]:
    """At most `length` characters of each, not yet escaped: of their beginning; where that is the same for two of them,
    of their beginning and end.

    >>> shortened(["Stoneware teapot", "Tea tin", "Alarm clock pink", "Alarm clock red"], 12)
    ['Stoneware t…', 'Tea tin', 'Alarm c…pink', 'Alarm c… red']
    """
    cut = [text if len(text) <= length else f"{text[:length - 1].rstrip()}…" for text in words]
    tail = (length - 1) * 2 // 5
    return [f"{text[:length - 1 - tail].rstrip()}…{text[-tail:]}" if len(text) > length and cut.count(begun) > 1 else begun
            for text, begun in zip(words, cut, strict=True)]


def width_of(text: str) -> float:
    """About how many pixels a name of size 11 is wide; letters of other scripts are taken for wide ones."""
    return sum(LETTER_WIDTH if letter.islower() or not letter.isalpha() else 2 * LETTER_WIDTH if ord(letter) > 0x2E7F
               else CAPITAL_WIDTH for letter in text)


def placed(points: np.ndarray, sizes: np.ndarray, texts: list[str], *, first: Iterable[int], width: float,
           most: int) -> dict[int, tuple[str, str]]:
    """{place: (text, where it stands)} of at most `most` names that cover neither one another nor a point.

    points (n, 2) and sizes (n,) across, in pixels, y upwards; first: places, the most important first; width: of the
    picture, which no name may leave.
    """
    reach = sizes[:, None] / 2
    taken = np.column_stack([points - reach, points + reach])  # left, below, right, above
    found: dict[int, tuple[str, str]] = {}
    for place in first:
        (x, y), away, text = points[place], sizes[place] / 2 + 1, texts[place]
        half = width_of(text) / 2
        places = (("top center", x - half, y + away), ("bottom center", x - half, y - away - LINE_HEIGHT),
                  ("middle right", x + away, y - LINE_HEIGHT / 2), ("middle left", x - away - 2 * half, y - LINE_HEIGHT / 2))
        others = np.delete(taken, place, axis=0)
        for where, left, below in places:
            box = np.array([left, below, left + 2 * half, below + LINE_HEIGHT])
            covers = (others[:, :2] < box[2:] - 1).all(axis=1) & (others[:, 2:] > box[:2] + 1).all(axis=1)
            if text and left >= 0 and box[2] <= width and not covers.any():
                found[place] = (text, where)
                taken = np.vstack([taken, box])
                break
        if len(found) == most:
            break
    return found
