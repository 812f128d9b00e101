"""How is a product called in a picture? Short enough for a phone, safe, and where it covers no other name."""

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np

LETTER_WIDTH, CAPITAL_WIDTH, LINE_HEIGHT = 5.8, 7.4, 14  # pixels of size 11, a little more than needed
NAMELESS = "–"
JOINED, SHORTEST = " + ", 5  # between the names of a set; characters of each that say anything
STRETCHES = np.array([[1.0, 1.0], [1.25, 1.0]])  # a picture for a phone is drawn about a quarter wider in a card on a desktop
STEP = 4  # pixels between two looks at a line
# What is worse than what: two names on each other, a name on a point, each 4 pixels of line through it, fewer letters, a name
# that stands askew of its point.
LABEL_COST, DOT_COST, LINE_COST, SHORTER_COST, SLANTED_COST = 400.0, 250.0, 2.0, 3.0, 1.5
ROUNDS, BEGINNINGS = 6, 6  # until no name finds a better place; names that choose first in turn


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


def beside(sets: list[list[str]], length: int) -> list[str]:
    """Each set of names as one text of about `length` characters, every name shortened by itself, so that two sets which
    begin with the same product can be told apart.

    >>> beside([["Proofing basket", "Bread club"], ["Proofing basket", "Dough scraper"], ["Tea tin"]], 20)
    ['Proofin… + Bread c…', 'Proofin… + Dough s…', 'Tea tin']
    """
    texts = [""] * len(sets)
    for size in {len(names) for names in sets}:
        each = max((length - len(JOINED) * (size - 1)) // max(size, 1), SHORTEST)
        known = list(dict.fromkeys(name for names in sets if len(names) == size for name in names))
        brief = dict(zip(known, shortened(known, each), strict=True))
        for row, names in enumerate(sets):
            if len(names) == size:
                texts[row] = JOINED.join(brief[name] for name in names)
    return texts


def placed(points: np.ndarray, sizes: np.ndarray, texts: list[list[str]], lines: np.ndarray, *, first: Iterable[int],
           width: float, most: int, every: bool) -> dict[int, tuple[str, str]]:
    """{place: (text, where it stands)} of at most `most` names; with `every`, all have theirs, the best that can be done,
    else only those that cover neither one another nor a point.

    points (n, 2) and sizes (n,) across, in pixels, y upwards; texts: of each point, the longest first, each shorter one for
    want of room; lines (m, 2): places that are joined, whose lines names avoid; first: places, the most important first;
    width: of the picture, which no name may leave. It may be drawn wider: lines are avoided there too.
    """
    reach = sizes[:, None] / 2
    dots = np.column_stack([points - reach, points + reach])  # left, below, right, above
    strokes = [_along(points * stretch, lines) for stretch in STRETCHES]
    candidates = {place: _candidates(points[place], sizes[place], texts[place], width) for place in first}
    costs = {}
    for place, (names, wheres, boxes) in candidates.items():
        cost = DOT_COST * _covered(boxes, np.delete(dots, place, axis=0))
        for stretch, stroke in zip(STRETCHES, strokes, strict=True):
            moved = boxes + (points[place, 0] * (stretch[0] - 1)) * np.array([1, 0, 1, 0])
            cost = cost + LINE_COST * _struck(moved, stroke)
        slanted = [0.0 if "middle" in where or "center" in where else SLANTED_COST for where in wheres]
        costs[place] = cost + SHORTER_COST * np.array([texts[place].index(name) for name in names]) + np.array(slanted)
    order, best = list(candidates), (np.inf, {})
    for beginning in range(BEGINNINGS if every else 1):
        # Each time another name chooses first; the one after the other they would block each other.
        turned = order[beginning * len(order) // BEGINNINGS:] + order[:beginning * len(order) // BEGINNINGS]
        chosen: dict[int, int] = {}
        for _ in range(ROUNDS if every else 1):
            before, total = dict(chosen), 0.0
            for place in turned:
                names, _, boxes = candidates[place]
                if not names or (place not in chosen and len(chosen) == most):
                    continue
                others = np.array([candidates[other][2][at] for other, at in chosen.items() if other != place]).reshape(-1, 4)
                cost = LABEL_COST * _covered(boxes, others) + costs[place]
                at = int(np.argmin(cost))
                if every or cost[at] < min(LABEL_COST, DOT_COST):
                    chosen[place] = at
                    total += cost[at]
            if chosen == before:
                break
        if total < best[0]:
            best = total, chosen
    return {place: (candidates[place][0][at], candidates[place][1][at]) for place, at in best[1].items()}


def _candidates(point: np.ndarray, size: float, texts: list[str], width: float) -> tuple[list[str], list[str], np.ndarray]:
    """The texts, where each may stand, and the boxes (n, 4) they take there."""
    (x, y), away = point, size / 2 / 0.8 + 1  # as Plotly moves them
    names, wheres, boxes = [], [], []
    for text in dict.fromkeys(filter(None, texts)):
        wide = width_of(text)
        for up, below in (("top", y + away), ("bottom", y - away - LINE_HEIGHT), ("middle", y - LINE_HEIGHT / 2)):
            for side, left in (("center", x - wide / 2), ("right", x + away), ("left", x - away - wide)):
                if (up, side) != ("middle", "center") and left >= 0 and left + wide <= width:
                    names.append(text)
                    wheres.append(f"{up} {side}")
                    boxes.append([left, below, left + wide, below + LINE_HEIGHT])
    return names, wheres, np.array(boxes).reshape(-1, 4)


def _covered(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How many of the others each box covers by more than a pixel."""
    return ((boxes[:, None, :2] < others[None, :, 2:] - 1) & (boxes[:, None, 2:] > others[None, :, :2] + 1)).all(axis=2).sum(axis=1)


def _along(points: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Points (m, 2) on the lines, close enough that none runs through a name unseen."""
    begin, end = points[lines[:, 0]], points[lines[:, 1]]
    steps = np.maximum(np.ceil(np.linalg.norm(end - begin, axis=1) / STEP).astype(int), 1)
    return np.vstack([np.zeros((0, 2)), *(np.linspace(a, b, n + 1) for a, b, n in zip(begin, end, steps, strict=True))])


def _struck(boxes: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """How many of the points on lines lie within each box."""
    return ((strokes[None] > boxes[:, None, :2] + 1) & (strokes[None] < boxes[:, None, 2:] - 1)).all(axis=2).sum(axis=1)
