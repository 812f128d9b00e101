"""Your own table as baskets: however it is written, which products lie together in which basket?

A table says it in one of four ways (LAYOUTS): a line a product ("long"), a line a basket with its products in one cell
("cells"), in several columns ("columns"), or with a column a product ("flags"). A file whose lines have different lengths,
one basket a line, is no table; `baskets_of_lines` makes one of it. Nothing is read from or written to a database.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics import baskets as analysis
from crm.analytics.baskets.pairs import pairs_of
from crm.analytics.baskets.pictures import lifts_among
from crm.analytics.baskets.rules import rules_of
from crm.errors import CrmError, InvalidInput, NotEnoughData
from crm.imports.encodings import decode
from crm.imports.files import open_source
from crm.imports.guessing.naming import assign
from crm.imports.guessing.values import columns_of
from crm.imports.line_words import CANCELLATION_NUMBER, fee_kind, order_status
from crm.imports.records.words import as_boolean
from crm.imports.typed import OwnTable
from crm.jobs.baskets import threshold

LONG, CELLS, COLUMNS, FLAGS = LAYOUTS = ("long", "cells", "columns", "flags")
SEPARATORS = (",", ";", "|", "\n", "+", "/")  # between the products of a cell, the likeliest first
LINE_SEPARATORS = (",", ";", "\t", "|")  # between the products of a line
BLANKS = " "
LINES_COLUMN = "Basket"  # what the one column of a file of baskets is called
LOOKED_AT = 20_000  # lines from which the way of writing is told; more change no verdict
SAMPLE_BYTES = 2**18  # thousands of lines
MOST_BYTES = 32 * 2**20  # read line by line, and kept beside the table
MOST_CELLS = 2_000_000  # of lines one by one: what a small laptop splits in some seconds
COMES_AGAIN = 0.5  # of the products of a cell occur elsewhere too: sentences and names do not
OFTEN_SEPARATED = 0.3  # of the cells hold a separator: the others are baskets of one product
NO_PRODUCT = frozenset({"", "?", "nan", "none", "null", "na", "n/a", "-"})
# What columns are called that name a basket, whoever bought it, and a product, where the known names of shops' exports do not
# say so; contents decide between several.
_BASKET_NAMES = re.compile(r"basket|trans|^tid$|bill|invoice|order|receipt|ticket|cart\b|visit|小票|订单|单号|panier|cesta|korb|bon\b")
_BUYER_NAMES = re.compile(r"member|customer|client|user|card|household|buyer|顾客|会员|客户|用户|kunde|cliente")
_ITEM_NAMES = re.compile(r"item|product|article|artikel|sku|goods|descr|商品|产品|produit|producto")
FEWEST_OF_A_PAIR = 3  # baskets: tables of one's own may be small
MANY_ZEROS = 0.3  # of a column that counts how many of a product are in the basket: most products are not
_LISTED = re.compile(r"^[\[({]\s*|\s*[\])}]$")  # a list as Python and JSON write it


@dataclass(frozen=True)
class Layout:
    """How a table says its baskets.

    kind: one of LAYOUTS. basket: columns that together name the basket of a line (long). item: the column of products
    (long, cells). columns: the columns of products (columns, flags). separator: between the products of a cell. quantity,
    status: columns that tell returns and cancelled lines (long), None where there are none. heading_is_basket: the
    table's heading is its first basket (columns).
    """

    kind: str
    basket: tuple[str, ...] = ()
    item: str = ""
    columns: tuple[str, ...] = ()
    separator: str = ""
    quantity: str | None = None
    status: str | None = None
    heading_is_basket: bool = False


@dataclass(frozen=True, eq=False)
class Understood:
    """baskets: what the analysis starts from. lines: of the table. left_out: {reason: lines}, of "no_basket", "no_product",
    "returned" (a quantity of 0 or less), "cancelled", "fee" (postage, a discount); only what is not 0. fees: names that
    were left out as such."""

    baskets: analysis.Baskets
    layout: Layout
    lines: int
    left_out: dict[str, int]
    fees: tuple[str, ...]


def baskets_of_lines(content: bytes, *, name: str) -> OwnTable | None:
    """A text of one basket a line, its products separated, the lines of different lengths, as a table of one column; None
    where the text is no such thing.

    The column holds the products of a line, separated by a bar, or by another sign where a product holds a bar.
    """
    if len(content) > MOST_BYTES:
        return None
    try:
        source = open_source(content, file_name=name)
        if source.form != "text" or len(source.content) > MOST_BYTES:
            return None
        beginning = _text(source.content[:SAMPLE_BYTES].rpartition(b"\n")[0] or source.content, source.content, name)
        delimiter = _delimiter_of_lines(beginning)
        if delimiter is None:
            return None
        text = _text(source.content, source.content, name)
    except CrmError:
        return None
    rows = [row for row in _rows(text, delimiter) if row]
    if sum(map(len, rows)) > MOST_CELLS:
        return None
    if is_heading(rows):
        rows = rows[1:]
    separator = next((sign for sign in ("|", ";", "\n") if not any(sign in item for row in rows for item in row)), None)
    if separator is None:
        return None
    frame = pd.DataFrame({LINES_COLUMN: pd.Series([separator.join(row) for row in rows], dtype="str")})
    return OwnTable(source.name, frame, 0, {}, ())


def better_as_lines(table: OwnTable, lines: OwnTable) -> bool:
    """Whether a file that was read as a table is rather a list of baskets: its heading's words are products of its lines, or
    lines did not fit."""
    products = {item for text in lines.frame[LINES_COLUMN][1:LOOKED_AT] for item in re.split(r"[|;\n]", text)}
    headings = [_plain_heading(str(column)) for column in table.frame.columns]
    return any(heading in products and not heading.isdigit() for heading in headings) or \
        table.lines_left_out > 0.05 * len(lines.frame) or table.frame.shape[1] == 1


def is_heading(rows: list[list[str]]) -> bool:
    """Whether the first of the lines says what the others hold: one word that comes nowhere else, such as “items”."""
    return len(rows) > 1 and len(rows[0]) == 1 and not any(rows[0][0] in row for row in rows[1:]) \
        and sum(len(row) > 1 for row in rows[1:]) > len(rows) / 2


def guess(frame: pd.DataFrame) -> Layout:
    """How the table probably says its baskets; `propose` fills in the columns. Always one of LAYOUTS, never an error."""
    head = frame.head(LOOKED_AT)
    named = _long_by_names(head)
    if named is not None and _has_several_lines_a_basket(head, named):
        return named
    for look in (_flags, _cells, _columns):
        found = look(head)
        if found is not None:
            return found
    return _long_by_contents(head) or named or propose(frame, LONG)


def propose(frame: pd.DataFrame, kind: str) -> Layout:
    """The likeliest columns for a way of writing that was chosen; first columns where nothing tells. InvalidInput for a
    kind that is none."""
    if kind not in LAYOUTS:
        raise InvalidInput(f"“{kind}” is no way to write baskets; choose one of {', '.join(LAYOUTS)}.")
    head = frame.head(LOOKED_AT)
    columns = list(map(str, frame.columns))
    if kind == LONG:
        named = _long_by_names(head)
        if named is not None and _has_several_lines_a_basket(head, named):
            return named
        return _long_by_contents(head) or named or Layout(LONG, tuple(columns[:1]), columns[-1])
    if kind == CELLS:
        texts = [column for column in columns if not pd.api.types.is_numeric_dtype(frame[column])] or columns
        scored = [(_cell_score(head[column], separator), column, separator)
                  for column in texts for separator in SEPARATORS]
        _, column, separator = max(scored, key=lambda one: one[0])
        return Layout(CELLS, item=column, separator=separator)
    if kind == FLAGS:
        found = [column for column in columns if _is_flag(head[column]) or _is_count(head[column])]
        return Layout(FLAGS, columns=tuple(found or columns))
    return _columns(head) or Layout(COLUMNS, columns=tuple(columns))


def understand(frame: pd.DataFrame, layout: Layout, *, without_returns: bool = True,
               without_fees: bool = True) -> Understood:
    """The baskets that the table says.

    without_returns: lines with a quantity of 0 or less, and cancelled ones, are left out. without_fees: so are postage,
    discounts and the like, told by their names. Raises InvalidInput where columns are not chosen, NotEnoughData below 10
    baskets with two products or more.
    """
    basket, item, left_out = _READ[layout.kind](frame, layout, without_returns)
    fees: tuple[str, ...] = ()
    if without_fees and len(item):
        codes, labels = pd.factorize(item)
        is_fee = np.array([fee_kind(None, str(label)) is not None for label in labels], dtype=bool)
        if is_fee.any() and not is_fee.all():
            fees = tuple(sorted(map(str, labels[is_fee])))
            left_out["fee"] = int(is_fee[codes].sum())
            basket, item = basket[~is_fee[codes]], item[~is_fee[codes]]
    try:
        baskets = analysis.of_pairs(basket, item)
    except NotEnoughData as error:
        raise NotEnoughData(f"{error} Look at how the table is read: one line may be something else.") from None
    return Understood(baskets, layout, len(frame), {why: lines for why, lines in left_out.items() if lines}, fees)


def rules(understood: Understood, *, min_support: float = 0.01, min_confidence: float = 0.2, max_length: int = 3,
          max_consequents: int = 1, min_orders: int = 1, method: str = "eclat") -> analysis.BasketRules:
    """What lies together in these baskets: as jobs.baskets.run tells it of orders."""
    support = threshold(min_support, orders=understood.baskets.orders, min_orders=min_orders)
    return rules_of(understood.baskets, min_support=support, min_confidence=min_confidence, max_length=max_length,
                    max_consequents=max_consequents, method=method)


def matrix(understood: Understood) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lift and number of baskets of every two of the products that lie together most: see
    crm.analytics.baskets.pictures.lifts_among."""
    return lifts_among(pairs_of(understood.baskets), min_count=FEWEST_OF_A_PAIR)


def table(result: analysis.BasketRules) -> pd.DataFrame:
    """One row a rule, the strongest lift first: antecedents, consequents (names joined by " + "), support, confidence, lift,
    leverage, conviction, zhang, count (baskets), p_value, q_value, size_lift, size_q_value, redundant."""
    sides = {"antecedents": "antecedent_names", "consequents": "consequent_names"}
    written = {side: [" + ".join(names) for names in result.rules[column]] for side, column in sides.items()}
    return pd.DataFrame(written, index=result.rules.index).join(result.rules[[
        "support", "confidence", "lift", "leverage", "conviction", "zhang", "count", "p_value", "q_value", "size_lift", "size_q_value",
        "redundant"]])


# Reading: (basket a line, product a line, {reason: lines left out}) of each way of writing.

def _read_long(frame: pd.DataFrame, layout: Layout, without_returns: bool) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    if not layout.basket or not layout.item:
        raise InvalidInput("Say which column names the basket and which the product.")
    if layout.item in layout.basket:
        raise InvalidInput(f"“{layout.item}” cannot be the basket and the product at once; choose another column.")
    basket, item = _joined(frame, layout.basket), _texts(frame[layout.item])
    counts = np.ones(len(frame), dtype=bool)
    left_out: dict[str, int] = {}
    for why, wrong in _wrong_lines(frame, layout, basket, item, without_returns):
        left_out[why] = left_out.get(why, 0) + int((wrong & counts).sum())
        counts &= ~wrong
    return basket[counts], item[counts], left_out


def _wrong_lines(frame: pd.DataFrame, layout: Layout, basket: np.ndarray, item: np.ndarray, without_returns: bool):
    if without_returns:
        if layout.quantity is not None:
            quantity = pd.to_numeric(frame[layout.quantity], errors="coerce").to_numpy(dtype=float)
            yield "returned", np.nan_to_num(quantity, nan=1.0) <= 0
        if layout.status is not None:
            yield "cancelled", _of_each(frame[layout.status], lambda text: order_status(text) == "cancelled")
        if len(layout.basket) == 1:
            number = _of_each(frame[layout.basket[0]], lambda text: CANCELLATION_NUMBER.fullmatch(text) is not None)
            if 0 < number.mean() < 0.5:  # more, and a C is how this shop begins every number
                yield "cancelled", number
    yield "no_basket", basket == ""
    yield "no_product", item == ""


def _read_cells(frame: pd.DataFrame, layout: Layout, _without_returns: bool) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    if not layout.item:
        raise InvalidInput("Say which column holds the products.")
    if not layout.separator:
        raise InvalidInput("Say what separates the products of a cell.")
    cells = [_split(text, layout.separator) for text in _texts(frame[layout.item])]
    length = np.array([len(cell) for cell in cells], dtype=np.int64)
    item = np.array([product for cell in cells for product in cell], dtype=object)
    return np.repeat(np.arange(len(cells)), length), item, {"no_product": int((length == 0).sum())}


def _read_columns(frame: pd.DataFrame, layout: Layout, _without_returns: bool) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    if not layout.columns:
        raise InvalidInput("Choose the columns that hold the products.")
    lines = np.arange(len(frame))
    items = [_texts(frame[column]) for column in layout.columns]
    basket, item = np.tile(lines, len(items)), np.concatenate(items)
    if layout.heading_is_basket:
        heading = np.array([_plain_heading(column) for column in layout.columns], dtype=object)
        basket, item = np.append(np.full(len(heading), -1), basket), np.append(heading, item)
    filled = np.array([product.casefold() not in NO_PRODUCT for product in item], dtype=bool)
    bare = len(frame) - len(np.unique(basket[filled & (basket >= 0)]))
    return basket[filled], item[filled], {"no_product": bare}


def _read_flags(frame: pd.DataFrame, layout: Layout, _without_returns: bool) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    if len(layout.columns) < 2:
        raise InvalidInput("Choose at least two columns, each a product that is in the basket or not.")
    wrong = [column for column in layout.columns if not _is_flag(frame[column], counts=True)]
    if wrong:
        raise InvalidInput(f"“{wrong[0]}” holds more than yes and no, or numbers from 0 on, so it is no product that is in "
                           "the basket or not; leave it out.", field=wrong[0])
    inside = np.column_stack([_yes(frame[column]) for column in layout.columns])
    basket, place = np.nonzero(inside)
    return basket, np.array(layout.columns, dtype=object)[place], {"no_product": int((~inside.any(axis=1)).sum())}


_READ = {LONG: _read_long, CELLS: _read_cells, COLUMNS: _read_columns, FLAGS: _read_flags}


# Guessing.

def _long_by_names(head: pd.DataFrame) -> Layout | None:
    """Where the columns are called what shops call them: the order's number, else who bought and when; and the product."""
    known = {guess.ours: guess.column for guess in assign(columns_of(_as_texts(head)), kind="order_lines").values() if guess.ours}
    item = known.get("product_name") or known.get("product_code") or _called(head, _ITEM_NAMES, but=known.values())
    number = known.get("order_number") or _called(head, _BASKET_NAMES, but=(*known.values(), item))
    buyer = next((known[ours] for ours in ("customer_code", "customer_email", "customer_name") if ours in known), None) \
        or _called(head, _BUYER_NAMES, but=(*known.values(), item))
    basket = (number,) if number else tuple(column for column in (buyer, known.get("ordered_at")) if column)
    if not item or not basket:
        return None
    return Layout(LONG, basket, item, quantity=known.get("quantity"), status=known.get("status"))


def _called(head: pd.DataFrame, names: re.Pattern, *, but) -> str | None:
    """The first column of such a name that no known name explains and that comes again from line to line."""
    return next((str(column) for column in head.columns if str(column) not in but and names.search(str(column).casefold())
                 and head[column].duplicated().any()), None)


def _has_several_lines_a_basket(head: pd.DataFrame, layout: Layout) -> bool:
    basket = pd.factorize(_joined(head, layout.basket))[0]
    # A product of each line may be a whole basket, written in one cell.
    if max(_cell_score(head[layout.item], separator) for separator in SEPARATORS) > 0 and len(np.unique(basket)) > 0.9 * len(head):
        return False
    return len(np.unique(basket)) < 0.95 * len(head)


def _long_by_contents(head: pd.DataFrame) -> Layout | None:
    """The pair of columns of which one tells baskets of several products, and the other products that come again."""
    codes = {str(column): pd.factorize(_texts(head[column]))[0] for column in head.columns}
    lines, best, best_score = len(head), None, 0.0
    for basket, of_basket in codes.items():
        baskets = int(of_basket.max(initial=-1)) + 1
        if not 2 <= baskets < 0.95 * lines:
            continue
        # Lines of one basket stand together as a rule.
        together = float((of_basket[1:] == of_basket[:-1]).mean() + 1 / baskets)
        for item, of_item in codes.items():
            items = int(of_item.max(initial=-1)) + 1
            if item == basket or not 2 <= items <= lines / 2:
                continue
            pairs = np.unique(of_basket * items + of_item)
            several = float((np.bincount(pairs // items, minlength=baskets) > 1).mean())
            is_text = not pd.api.types.is_numeric_dtype(head[item])
            score = several * len(pairs) / lines * min(1.0, 0.2 + together) * (1.0 if is_text else 0.7) \
                * min(1.0, np.log1p(items) / 3) * min(1.0, np.log1p(baskets) / 3) \
                * (1.5 if _BASKET_NAMES.search(basket.casefold()) else 1.0) * (1.5 if _ITEM_NAMES.search(item.casefold()) else 1.0)
            if score > best_score:
                best, best_score = Layout(LONG, (basket,), item), score
    return best


def _flags(head: pd.DataFrame) -> Layout | None:
    found = [str(column) for column in head.columns if _is_flag(head[column])]
    counted = [str(column) for column in head.columns if _is_flag(head[column]) or _is_count(head[column])]
    found = counted if len(counted) > 2 * len(found) else found
    if len(found) < 3 or len(found) < 0.5 * head.shape[1]:
        return None
    return Layout(FLAGS, columns=tuple(found))


def _cells(head: pd.DataFrame) -> Layout | None:
    texts = [column for column in head.columns if not pd.api.types.is_numeric_dtype(head[column])]
    scored = [(_cell_score(head[column], separator), str(column), separator) for column in texts for separator in SEPARATORS]
    score, column, separator = max(scored, key=lambda one: one[0], default=(0.0, "", ""))
    return Layout(CELLS, item=column, separator=separator) if score > 0 else None


def _cell_score(column: pd.Series, separator: str) -> float:
    """How much the cells look like lists with this separator: 0 not at all; the more products come again the higher."""
    if pd.api.types.is_numeric_dtype(column):
        return 0.0
    cells = [_split(text, separator) for text in _texts(column.head(2_000)) if text]
    if not cells or sum(len(cell) > 1 for cell in cells) < OFTEN_SEPARATED * len(cells):
        return 0.0
    times = Counter(item for cell in cells for item in cell)
    again = sum(number for number in times.values() if number > 1) / sum(times.values())
    return again * np.mean([min(len(cell), 5) for cell in cells]) if again >= COMES_AGAIN else 0.0


def _columns(head: pd.DataFrame) -> Layout | None:
    """Columns that hold the same words: products, whatever their place in the line."""
    texts = {str(column): {text for text in _texts(head[column]) if text.casefold() not in NO_PRODUCT}
             for column in head.columns if not pd.api.types.is_numeric_dtype(head[column])}
    if len(texts) < 2:
        return None
    of_columns = Counter(text for different in texts.values() for text in different)
    shared = {text for text, number in of_columns.items() if number > 1}
    alike = [column for column, different in texts.items()
             if not different or (len(of_columns) > 2 and len(different & shared) >= 0.5 * len(different))]
    some = set().union(*(texts[column] for column in alike)) if alike else set()
    if len([column for column in alike if texts[column]]) < 2 or len(some) < 3:
        return None
    # Where the heading's words are products of the lines, it is no heading.
    heading = sum(_plain_heading(column) in of_columns for column in alike) > len(alike) / 2
    return Layout(COLUMNS, columns=tuple(alike), heading_is_basket=heading)


# Texts.

def _texts(column: pd.Series) -> np.ndarray:
    """The entries as people write them, "" where there is none: whole numbers without their point."""
    codes, different = pd.factorize(column)
    if pd.api.types.is_numeric_dtype(column):
        written = [f"{value:.0f}" if float(value).is_integer() else f"{value:g}" for value in different]
    else:
        written = [str(value).strip() for value in different]
    return np.array([*written, ""], dtype=object)[codes]


def _as_texts(head: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({str(column): _texts(head[column]) for column in head.columns}, dtype=object)


def _joined(frame: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """One text a line for several columns together, "" where one of them is empty."""
    texts = [_texts(frame[column]) for column in columns]
    if len(texts) == 1:
        return texts[0]
    filled = np.logical_and.reduce([text != "" for text in texts])
    codes = np.zeros(len(frame), dtype=np.int64)
    for text in texts:
        code, different = pd.factorize(text)
        codes = pd.factorize(codes * len(different) + code)[0].astype(np.int64)
    return np.where(filled, codes.astype(str).astype(object), "")


def _of_each(column: pd.Series, told) -> np.ndarray:
    """A bool a line: what `told` says of its text, asked once for each different one."""
    codes, different = pd.factorize(_texts(column))
    return np.array([bool(text) and told(text) for text in different], dtype=bool)[codes]


def _split(text: str, separator: str) -> list[str]:
    """The products in a cell, each once, quotes and brackets of a written list taken off.

    >>> _split("['bread', 'milk']", ","), _split("tea; milk;tea", ";")
    (['bread', 'milk'], ['tea', 'milk'])
    """
    parts = (part.strip().strip("'\"").strip() for part in _LISTED.sub("", text).split(separator))
    return list(dict.fromkeys(part for part in parts if part.casefold() not in NO_PRODUCT))


def _plain_heading(column: str) -> str:
    """A heading as a text of the lines: without the number that tells two equal ones apart."""
    return re.sub(r"\s\(?\d+\)?$", "", column).strip()


def _is_flag(column: pd.Series, *, counts: bool = False) -> bool:
    """Whether it says yes or no (or, with `counts`, how many) in every line; and not the same in all of them."""
    if pd.api.types.is_numeric_dtype(column):
        different = column.dropna().unique()
        if counts:
            return bool((different >= 0).all())
        return len(different) > 0 and set(different.tolist()) <= {0.0, 1.0}
    different = {text.casefold() for text in np.unique(_texts(column).astype(str))} - NO_PRODUCT
    return bool(different) and len(different) <= 2 and all(as_boolean(text) is not None for text in different)


def _is_count(column: pd.Series) -> bool:
    """Whether it says how many of a product are in the basket: whole numbers, many of them 0."""
    if not pd.api.types.is_numeric_dtype(column):
        return False
    said = column.dropna().to_numpy(dtype=float)
    return bool(len(said) and (said >= 0).all() and (said == np.rint(said)).all() and (said == 0).mean() >= MANY_ZEROS
                and (said > 0).any())


def _yes(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return np.nan_to_num(column.to_numpy(dtype=float), nan=0.0) > 0
    return _of_each(column, lambda text: text.casefold() not in NO_PRODUCT and as_boolean(text) is True)


# Files that are no tables.

def _text(piece: bytes, whole: bytes, name: str) -> str:
    return str(decode(piece, encoding=None, name=name, whole=whole)[0], "utf-8")


def _delimiter_of_lines(text: str) -> str | None:
    """What separates the products of lines of different lengths; None where the lines are no such thing."""
    sample = "\n".join(text.splitlines()[:2_000])
    best, best_score = None, 0.0
    candidates = LINE_SEPARATORS if any(sign in sample for sign in LINE_SEPARATORS) else (BLANKS,)
    for delimiter in candidates:
        rows = [row for row in _rows(sample, delimiter) if row]
        if len({len(row) for row in rows}) < 2:
            continue
        filled = sum(bool(cell.strip()) for row in _fields(sample, delimiter) for cell in row)
        if filled > 1.2 * sum(map(len, rows)):
            continue  # a basket names a product once; a table of zeros and ones repeats them
        times = Counter(item for row in rows for item in row)
        again = sum(number for number in times.values() if number > 1) / sum(times.values())
        places: dict[str, set[int]] = {}
        for row in rows:
            for place, item in enumerate(row):
                places.setdefault(item, set()).add(place)
        # A product may stand anywhere in its line; what always stands in one place is a column.
        moves = sum(times[item] for item, where in places.items() if len(where) > 1) / sum(times.values())
        several = sum(len(row) > 1 for row in rows) / len(rows)
        if again >= COMES_AGAIN and moves >= COMES_AGAIN and several >= OFTEN_SEPARATED and again * several > best_score:
            best, best_score = delimiter, again * several
    return best


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The products of each line, each once."""
    return [list(dict.fromkeys(item for cell in row if (item := cell.strip()).casefold() not in NO_PRODUCT))
            for row in _fields(text, delimiter)]


def _fields(text: str, delimiter: str) -> list[list[str]]:
    if delimiter == BLANKS:
        return [line.split() for line in text.splitlines()]
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
