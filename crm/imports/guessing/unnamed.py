"""Which column fills which field where the file has no names? Only the texts can tell, and only for common files."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from crm.imports import line_words
from crm.imports.guessing.naming import NOTHING, VALUES, ColumnGuess, assign
from crm.imports.guessing.values import Column
from crm.imports.kinds import LEFT_OUT

_SURE, _LIKELY, _POSSIBLE = 0.6, 0.5, 0.4

Taken = dict[str, tuple[Column, float]]  # our field: the column, and how sure


def assign_unnamed(columns: list[Column], *, kind: str) -> dict[int, ColumnGuess]:
    """{place: guess} of every column; what fits no field is left out."""
    taken = _RECIPES[kind](columns) if kind in _RECIPES else {}
    found = {column.place: ColumnGuess(column.name, ours, sure, VALUES) for ours, (column, sure) in taken.items()}
    for place, guess in assign(columns, kind=kind).items():
        if place not in found:
            found[place] = guess if guess.ours not in taken else ColumnGuess(guess.column, LEFT_OUT, 0.5, NOTHING)
    return found


def _order_lines(columns: list[Column]) -> Taken:
    keys = [column for column in _without_doubles(columns) if _is_key(column)]
    taken: Taken = {}
    order = _first(keys, _comes_in_runs)
    _take(taken, "order_number", order, _SURE)
    rest = [column for column in keys if column is not order and column.distinct_share < 0.9]
    product = _first(rest, lambda column: column.letters_share < 0.5 and column.number_share < 0.5)
    product = product or next(iter(rest), None)
    _take(taken, "product_code", product, _LIKELY)
    _take(taken, "customer_code", _first(rest, lambda column: column is not product), _POSSIBLE)
    _dates(columns, taken, "ordered_at", "shipped_at")
    _take(taken, "quantity", _first(columns, lambda column: _is_count(column) and not _counts_within(column, order)),
          _LIKELY)
    _price_and_amount(columns, taken)
    if product is not None:
        after = columns[product.place + 1:]
        _take(taken, "product_name", _first(after, lambda column: _is_text(column) and column.distinct_share < 0.9
                                            and column.average_words >= 2), _POSSIBLE)
    return taken


def _orders(columns: list[Column]) -> Taken:
    keys = [column for column in _without_doubles(columns) if _is_key(column)]
    taken: Taken = {}
    _take(taken, "order_number", _first(keys, lambda column: column.is_unique), _LIKELY)
    _take(taken, "customer_code", _first(keys, lambda column: not column.is_unique), _LIKELY)
    _dates(columns, taken, "ordered_at", "shipped_at")
    _take(taken, "status", _first(columns, _is_status), _LIKELY)
    _take(taken, "note", _first(columns, lambda column: _is_text(column) and column.average_words >= 4), _POSSIBLE)
    _take(taken, "quantity", _first(columns, _is_count), _LIKELY)
    _price_and_amount(columns, taken)
    if "unit_price" in taken and "amount" not in taken:
        taken["amount"] = taken.pop("unit_price")
    return taken


def _customers(columns: list[Column]) -> Taken:
    taken: Taken = {}
    _take(taken, "customer_code", _first(columns[:2], lambda column: column.is_unique and _is_key(column)), _LIKELY)
    texts = [column for column in columns if _is_text(column) and column.average_words < 6]
    firm = _first(texts, lambda column: column.distinct_share >= 0.9 and column.firm_share >= 0.1
                  and column.letters_share >= 0.6)
    _take(taken, "company", firm, _LIKELY)
    people = [column for column in texts if column is not firm and column.distinct_share >= 0.6
              and column.letters_share >= 0.95 and column.country_share < 0.5]
    whole = _first(people, lambda column: column.average_words >= 1.7)
    single = [column for column in people if column.average_words < 1.5][:2]
    if len(single) == 2 and single[1].place == single[0].place + 1:
        # There are fewer first names than last names.
        first, last = sorted(single, key=lambda column: column.distinct_share)
        _take(taken, "first_name", first, _POSSIBLE)
        _take(taken, "last_name", last, _POSSIBLE)
    elif whole is not None:
        _take(taken, "customer_name", whole, _LIKELY)
    _take(taken, "customer_email", _first(columns, lambda column: column.email_share >= 0.8), 0.9)
    _take(taken, "customer_phone", _first(columns, _is_phone), _SURE)
    _take(taken, "country", _first(columns, lambda column: column.country_share >= 0.8), _SURE)
    _places(columns, taken)
    return taken


def _places(columns: list[Column], taken: Taken) -> None:
    """Street, city, region and postal code stand beside the country, in this order in most countries' files."""
    address = _first(columns, lambda column: column.average_words >= 2 and column.letters_share <= 0.7
                     and column.number_share < 0.2 and column.date_share < 0.5 and not _is_phone(column)
                     and not _is_taken(column, taken))
    if address is None:
        return
    _take(taken, "address", address, _LIKELY)
    end = taken["country"][0].place if "country" in taken else len(columns)
    after = [column for column in columns if address.place < column.place < end and not _is_taken(column, taken)]
    full = [column for column in after if column.filled >= 0.8 * len(column.codes)]
    city = _first(full, lambda column: column.letters_share >= 0.9)
    _take(taken, "city", city, _LIKELY)
    _take(taken, "postal_code",
          _first(full, lambda column: column.letters_share < 0.3 and column.average_length <= 10), _LIKELY)
    if city is not None:
        region = _first(after, lambda column: column.place > city.place and column.letters_share >= 0.9)
        _take(taken, "region", region, _POSSIBLE)
        between = _first(after, lambda column: column.place < city.place and column.filled > 0)
        _take(taken, "address_2", between, _POSSIBLE)


def _products(columns: list[Column]) -> Taken:
    taken: Taken = {}
    _take(taken, "product_code", _first(columns, lambda column: column.is_unique and _is_key(column)), _LIKELY)
    texts = [column for column in columns if _is_text(column)]
    _take(taken, "product_name", _first(texts, lambda column: column.is_unique and column.average_words < 12), _LIKELY)
    _take(taken, "category",
          _first(texts, lambda column: column.distinct_share < 0.5 and column.letters_share >= 0.8), _LIKELY)
    _take(taken, "description", _first(texts, lambda column: column.average_words >= 12), _LIKELY)
    money = [column for column in columns if column.is_money][:2]
    if len(money) == 2:
        # Goods are sold for more than they are bought for.
        low, high = sorted(money, key=lambda column: np.nanmedian(column.numbers))
        _take(taken, "cost", low, _POSSIBLE)
        _take(taken, "price", high, _LIKELY)
    else:
        _take(taken, "price", next(iter(money), None), _LIKELY)
    return taken


def _payments(columns: list[Column]) -> Taken:
    keys = [column for column in columns if _is_key(column)]
    taken: Taken = {}
    _take(taken, "payment_code", _first(keys, lambda column: column.is_unique), _LIKELY)
    _take(taken, "customer_code", _first(keys, lambda column: not column.is_unique), _LIKELY)
    _dates(columns, taken, "paid_on", "due_on")
    _take(taken, "amount", _first(columns, lambda column: column.is_money), _LIKELY)
    return taken


_RECIPES: dict[str, Callable[[list[Column]], Taken]] = {
    "order_lines": _order_lines, "orders": _orders, "customers": _customers, "products": _products,
    "payments": _payments,
}


def _first(columns: list[Column], says: Callable[[Column], bool]) -> Column | None:
    return next(filter(says, columns), None)


def _take(taken: Taken, ours: str, column: Column | None, sure: float) -> None:
    if column is not None and not _is_taken(column, taken):
        taken[ours] = (column, sure)


def _is_taken(column: Column, taken: Taken) -> bool:
    return any(other is column for other, _ in taken.values())


def _is_key(column: Column) -> bool:
    """A number or a word that names a record: all of one length, with leading zeros or letters."""
    if column.code_share < 0.9 or column.average_length < 3 or column.is_money or column.date_share >= 0.8:
        return False
    if any("." in text for text in column.sample if text.replace(".", "").isdigit()):
        return False
    counts_lines = column.is_running and column.line_numbers[0] <= 1
    return not counts_lines and column.distinct > 3 and not _is_phone(column)


def _is_count(column: Column) -> bool:
    """Small whole numbers that come again and again, as pieces do."""
    if column.whole_share < 0.98 or column.is_constant or column.date_share >= 0.8 or _is_key(column):
        return False
    return bool(np.nanmedian(np.abs(column.numbers)) < 1_000 and column.distinct_share < 0.5)


def _is_text(column: Column) -> bool:
    return (column.number_share < 0.3 and column.date_share < 0.3 and column.email_share < 0.3
            and column.average_length > 2 and not _is_phone(column) and column.code_share < 0.9)


def _is_phone(column: Column) -> bool:
    return (column.phone_share >= 0.7 and column.date_share < 0.5 and column.number_share < 0.9
            and column.distinct_share >= 0.5 and column.average_length >= 7)


def _is_status(column: Column) -> bool:
    known = [text for text in column.sample if line_words.order_status(text) != "completed"]
    return _is_text(column) and 2 <= column.distinct <= 12 and bool(known)


def _comes_in_runs(column: Column) -> bool:
    """The lines of an order follow one another."""
    changes = int((np.diff(column.codes) != 0).sum()) + 1
    return column.distinct_share < 0.9 and changes <= 1.05 * column.distinct


def _counts_within(column: Column, order: Column | None) -> bool:
    """Whether it numbers the lines of each order: as many lines as its highest number."""
    if order is None:
        return False
    groups = pd.DataFrame({"order": order.codes, "number": column.line_numbers}).groupby("order")["number"]
    return bool((groups.max() == groups.size()).mean() >= 0.9)


def _without_doubles(columns: list[Column]) -> list[Column]:
    """Without columns that say of each line the same as an earlier one, in other signs."""
    kept: list[Column] = []
    for column in columns:
        if not any(_is_double(column, earlier) for earlier in kept):
            kept.append(column)
    return kept


def _is_double(column: Column, earlier: Column) -> bool:
    if column.distinct != earlier.distinct or column.distinct < 2 or column.is_unique:
        return False
    return len(set(zip(column.codes.tolist(), earlier.codes.tolist(), strict=True))) == column.distinct


def _dates(columns: list[Column], taken: Taken, first: str, second: str) -> None:
    """The first date is the main one; of the others, the one that lies closest after it is the second."""
    dates = [column for column in columns if column.date_share >= 0.8]
    _take(taken, first, next(iter(dates), None), _SURE)
    gapped = [column for column in dates[1:] if column.filled < len(column.codes)]  # not every order was shipped
    _take(taken, second, next(iter(gapped or dates[1:]), None), _POSSIBLE)


def _price_and_amount(columns: list[Column], taken: Taken) -> None:
    money = [column for column in columns if column.is_money and not _is_taken(column, taken)][:2]
    if len(money) == 2 and "quantity" in taken:
        price, amount = sorted(money, key=lambda column: np.nanmedian(column.numbers))
        _take(taken, "unit_price", price, _LIKELY)
        _take(taken, "amount", amount, _LIKELY)
    elif money:
        grows = "quantity" not in taken or _grows_with(money[0], taken["quantity"][0])
        _take(taken, "amount" if grows else "unit_price", money[0], _LIKELY)


def _grows_with(money: Column, quantity: Column) -> bool:
    """An amount grows with the pieces, a price does not."""
    both = pd.DataFrame({"money": money.line_numbers, "pieces": quantity.line_numbers}).abs()
    both = np.log(both[(both > 0).all(axis=1)])
    return len(both) < 3 or both["pieces"].nunique() < 2 or bool(both.corr().iloc[0, 1] > 0.3)
