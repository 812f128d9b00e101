"""What does each line of a sales file say? Text columns in, typed order lines out; what is unclear is
rejected with why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.imports import amounts, identities, line_words, vocabulary
from crm.imports.detection import FileFormat
from crm.imports.mapping import ColumnMap
from crm.imports.moments import parse_moments
from crm.imports.tables import Table
from crm.services.customers import CODE_LIMIT

NOTHING = -1  # the code of an empty text
_NAMING = ("customer_code", "customer_email", "customer_name", "company")  # fields that say whose a line is

# A server's index holds some 2,700 bytes; what is found by an index must be shorter, also what is made from a
# name.
_LONG_NUMBER = f"The order number is longer than {CODE_LIMIT} characters."
_LONG_CUSTOMER = {
    "code": f"The customer code is longer than {CODE_LIMIT} characters.",
    "email": f"There is no customer code, and the e-mail address is longer than {CODE_LIMIT} characters.",
    "name": f"There is no customer code, and the customer's name is longer than {CODE_LIMIT} characters.",
    "company": f"There is no customer code, and the company's name is longer than {CODE_LIMIT} characters.",
}
_LONG_PRODUCT = {
    "code": f"The product code is longer than {CODE_LIMIT} characters.",
    "name": f"There is no product code, and the product's name is longer than {CODE_LIMIT} characters.",
}


@dataclass(frozen=True)
class OrderLines:
    """Lines understood, and what they tell about customers and products.

    lines: one row a line, index `row`: number (categorical), customer and product (rows of the frames below,
    -1 none), ordered_at (NaT in a file without dates), quantity (signed), unit_price_e4, amount_e4 (signed),
    file_amount_e4 (before a cancellation made it 0), discount (NaN none), cost_e4 (float, NaN none), movement
    (0 sale, 1 return, 2 cancellation, 3 stock adjustment), description, status, currency, channel, country,
    note (categoricals), shipped_at.
    customers, products: see crm.imports.identities. rejected: row, reason. found: {code of a note: number or
    word}.
    is_orders: each line is an order as a whole; has_amounts: its lines come to something (else they are heads
    of orders). has_dates, has_customers, has_numbers: what the file has; a number that it lacks is made of the
    moment.
    """

    lines: pd.DataFrame
    customers: pd.DataFrame
    products: pd.DataFrame
    rejected: pd.DataFrame
    found: dict[str, int | str] = field(default_factory=dict)
    is_orders: bool = False
    has_amounts: bool = True
    has_dates: bool = True
    has_customers: bool = True
    has_numbers: bool = True


class Rejections:
    """Why a line is not taken: the first reason that was found for it."""

    def __init__(self, rows: int) -> None:
        self._reasons = np.full(rows, None, dtype=object)

    def add(self, wrong: np.ndarray, reason: str, texts: pd.Categorical | None = None) -> None:
        """Reject the rows of a mask; “{}” in the reason becomes the line's own text."""
        places = np.flatnonzero(wrong & (self._reasons == None))  # noqa: E711 - elementwise
        if texts is None:
            self._reasons[places] = reason
            return
        names = np.append(np.asarray(texts.categories, dtype=object), "")
        self._reasons[places] = [reason.format(short(text)) for text in names[texts.codes[places]]]

    def add_each(self, places: np.ndarray, reasons: list[str]) -> None:
        """Reject the rows at these places, each for a reason of its own."""
        for place, reason in zip(places, reasons, strict=True):
            if self._reasons[place] is None:
                self._reasons[place] = reason

    @property
    def kept(self) -> np.ndarray:
        return self._reasons == None  # noqa: E711 - elementwise

    def frame(self, rows: pd.Index) -> pd.DataFrame:
        out = ~self.kept
        return pd.DataFrame(
            {"row": rows[out].to_numpy(), "reason": pd.Series(self._reasons[out], dtype="str")}
        )


def parse(table: Table, columns: ColumnMap, *, asked: FileFormat, kind: str = "order_lines") -> OrderLines:
    """Understand every line of a table. Lines are never dropped: each is in `lines` or in `rejected`.

    `kind` is "order_lines" or "orders"; see crm.imports.kinds for what each needs.
    """
    texts, rows = _texts(table, columns, asked), len(table.lines)
    custom = {theirs: tidy(table.lines[theirs].array, asked) for theirs in columns.custom}
    has = {"has_amounts": bool({"amount", "unit_price"} & set(texts)), "has_dates": "ordered_at" in texts,
           "has_customers": bool(set(_NAMING) & set(texts)), "has_numbers": "order_number" in texts}
    rejections = Rejections(rows)
    found: dict[str, int | str] = {}
    nowhen = np.full(rows, np.datetime64("NaT", "us"))
    ordered_at = _moments(texts, "ordered_at", asked, found) if has["has_dates"] else nowhen
    number = texts["order_number"] if has["has_numbers"] else numbers_of_moments(ordered_at)
    _reject_heads(texts, number, ordered_at, rejections)
    money = amounts.no_amounts(rows)
    if has["has_amounts"] or kind != "orders":
        money = amounts.read_amounts(texts, rows=rows, asked=asked, reject=rejections.add, found=found)
    customer = identities.of_customers(texts, rows=rows)
    product = identities.of_products(texts, rows=rows)
    _reject_long_codes(customer, _LONG_CUSTOMER, rejections)
    _reject_long_codes(product, _LONG_PRODUCT, rejections)
    _reject_mixed_currencies(texts, number, customer.place, rejections)
    shipped_at = _moments(texts, "shipped_at", asked, {}) if "shipped_at" in texts else nowhen

    kept = rejections.kept
    texts, custom = ({name: column[kept] for name, column in every.items()} for every in (texts, custom))
    lines = pd.DataFrame(
        {
            "number": number[kept],
            "customer": customer.place[kept],
            "product": product.place[kept],
            "ordered_at": ordered_at[kept],
        },
        index=table.lines.index[kept],
    )
    for name, column in money.items():
        lines[name] = column[kept]
    lines["movement"] = amounts.movements(lines, cancelled=_is_cancelled(texts, lines))
    lines["description"] = texts.get("product_name", nothing(len(lines)))
    for name in ("status", "currency", "channel", "country", "note"):
        lines[name] = texts.get(name, nothing(len(lines)))
    lines["shipped_at"] = shipped_at[kept]
    found["equal_lines"] = count_equal(table.lines) if has["has_amounts"] else 0
    cancel_positive_amounts(lines, found)
    lines, customers = identities.customers(lines, customer, texts, found=found)
    if custom:
        # A text that only rejected lines have must not take part in deciding whether a column holds numbers.
        custom = {theirs: column.remove_unused_categories() for theirs, column in custom.items()}
        customers["custom_fields"] = identities.custom_fields(
            lines["customer"].to_numpy(), custom, len(customers),
            decimal_mark=str(found.get("decimal_mark") or asked.decimal_mark or "."),
        )
    lines, products = identities.products(lines, product, texts, found=found)
    found["lines_without_customer"] = int((lines["customer"] == NOTHING).sum())
    found["lines_without_product"] = 0 if kind == "orders" else int((lines["product"] == NOTHING).sum())
    return OrderLines(
        lines, customers, products, rejections.frame(table.lines.index), found, is_orders=kind == "orders", **has
    )


def _texts(table: Table, columns: ColumnMap, asked: FileFormat) -> dict[str, pd.Categorical]:
    """One tidy column for each of our fields that the file fills, or the user for all of its lines."""
    texts = {ours: tidy(table.lines[theirs].array, asked) for ours, theirs in columns.columns.items()}
    for ours in ("order_number", "customer_code", "customer_name", "product_code"):
        if ours in texts:
            texts[ours] = without_float_tails(texts[ours])
    for ours, text in columns.constants.items():
        if ours not in texts and text.strip():
            texts[ours] = pd.Categorical.from_codes(
                np.zeros(len(table.lines), dtype="int8"), categories=pd.Index([text.strip()], dtype="str")
            )
    return texts


def _reject_heads(
    texts: dict[str, pd.Categorical], number: pd.Categorical, ordered_at: np.ndarray, rejections: Rejections
) -> None:
    if "order_number" in texts:
        rejections.add(number.codes == NOTHING, "The order number is empty.")
        rejections.add(is_long(number.categories)[number.codes], _LONG_NUMBER)
    if "ordered_at" in texts:
        column = texts["ordered_at"]
        rejections.add(column.codes == NOTHING, "The date is empty.")
        rejections.add(np.isnat(ordered_at), "“{}” is no date, or is not written like the others.", column)


def numbers_of_moments(moments: np.ndarray) -> pd.Categorical:
    """What orders without a number are known by: their moment, as short as it can be said.

    >>> list(numbers_of_moments(np.array(["1997-01-01", "1997-01-01T08:30"], dtype="datetime64[us]")))
    ['19970101', '1997-01-01T08:30']
    """
    codes, different = pd.factorize(np.asarray(moments).astype("datetime64[us]"))
    names = [
        text[:10].replace("-", "") if text[11:] == "00:00:00.000000" else text.removesuffix(".000000").removesuffix(":00")
        for text in np.datetime_as_string(np.asarray(different, dtype="datetime64[us]")).tolist()
    ]
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))


def tidy(column: pd.Categorical, asked: FileFormat | None = None) -> pd.Categorical:
    """Without blanks around the texts; what programs write for “nothing” becomes missing (code -1).

    The user's own words for it (FileFormat.null_words), where there are any, replace those known here. The apostrophe
    with which programs, this one among them, keep a spreadsheet from running a text as a formula is none of the text.
    """
    asked_words = None if asked is None else asked.null_words
    words = vocabulary.EMPTY if asked_words is None else {"", *(word.strip().casefold() for word in asked_words)}
    # A category that no line has (the header's, a rejected line's) must not take part in deciding how dates
    # are written.
    used = np.bincount(column.codes + 1, minlength=len(column.categories) + 1)[1:] > 0
    trimmed = [
        _unguarded(text.strip()) if is_used else ""
        for text, is_used in zip(column.categories.tolist(), used, strict=True)
    ]
    cleaned = [None if text.casefold() in words else text for text in trimmed]
    return recode(column, cleaned)


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") and len(text) > 2 else text


def recode(column: pd.Categorical, replaced: list[str | None]) -> pd.Categorical:
    """The column with each category replaced; equal ones become one, None becomes missing."""
    codes, categories = pd.factorize(np.array(replaced, dtype=object))
    lookup = np.append(codes, NOTHING).astype("int32")
    return pd.Categorical.from_codes(lookup[column.codes], categories=pd.Index(categories, dtype="str"))


def without_float_tails(column: pd.Categorical) -> pd.Categorical:
    """17850.0 becomes 17850 where the whole column is such; pandas and spreadsheets write ids beside blanks
    like that."""
    names = column.categories.tolist()
    if not names or not all(name.endswith(".0") and name[:-2].isdigit() for name in names):
        return column
    return recode(column, [name[:-2] for name in names])


def is_long(texts: Sequence[str]) -> np.ndarray:
    """Which texts are too long for a code; one more at the end, False, for what is missing."""
    return np.array([len(text) > CODE_LIMIT for text in texts] + [False], dtype=bool)


def nothing(rows: int) -> pd.Categorical:
    """A column of which the file has nothing."""
    return pd.Categorical.from_codes(
        np.full(rows, NOTHING, dtype="int8"), categories=pd.Index([], dtype="str")
    )


def count_equal(lines: pd.DataFrame) -> int:
    """How many lines repeat an earlier line in every column of the file."""
    key = np.zeros(len(lines), dtype="int64")
    for name in lines.columns:
        column = lines[name].array
        # Keys stay below rows x categories, far inside 64 bits, because they are numbered anew at every step.
        key = pd.factorize(key * (len(column.categories) + 1) + column.codes + 1)[0].astype("int64")
    return len(key) - (int(key.max()) + 1 if len(key) else 0)


def cancel_positive_amounts(lines: pd.DataFrame, found: dict) -> None:
    """A line that its status column calls cancelled was never paid: it counts 0, quantity and price stay as
    given."""
    void = ((lines["movement"] == amounts.CANCELLATION) & (lines["amount_e4"] > 0)).to_numpy()
    found["cancelled_lines_not_counted"] = int(void.sum())
    lines["file_amount_e4"] = lines["amount_e4"]
    lines.loc[void, "amount_e4"] = 0


def _moments(texts: dict[str, pd.Categorical], name: str, asked: FileFormat, found: dict) -> np.ndarray:
    column = texts[name]
    parsed = parse_moments(column.categories.tolist(), order=asked.date_order)
    found["date_order"] = parsed.order
    found["date_order_assumed"] = int(parsed.is_assumed)
    found["dates_with_zone"] = parsed.with_zone
    return np.append(parsed.moments, np.datetime64("NaT", "us"))[column.codes]


def _is_cancelled(texts: dict[str, pd.Categorical], lines: pd.DataFrame) -> np.ndarray:
    number = lines["number"].array
    credit = np.array(
        [line_words.CANCELLATION_NUMBER.fullmatch(text) is not None for text in number.categories], dtype=bool
    )
    cancelled = (
        credit[number.codes] & (lines["quantity"] < 0).to_numpy()
        if len(credit)
        else np.zeros(len(lines), bool)
    )
    if "status" in texts:
        status = texts["status"]
        words = np.array(
            [line_words.order_status(text) == "cancelled" for text in status.categories] + [False]
        )
        cancelled |= words[status.codes]
    return cancelled


def _reject_long_codes(
    identity: identities.Identity, sentences: Mapping[str, str], rejections: Rejections
) -> None:
    long = is_long(identity.codes)
    for way, sentence in sentences.items():
        known_so = np.array([known_by == way for known_by in identity.known_by] + [False], dtype=bool)
        rejections.add((long & known_so)[identity.place], sentence)


def _reject_mixed_currencies(
    texts: dict[str, pd.Categorical], numbers: pd.Categorical, customer: np.ndarray, rejections: Rejections
) -> None:
    """One order is paid in one currency: that of its first line."""
    if "currency" not in texts:
        return
    upper = [text.upper() for text in texts["currency"].categories]
    texts["currency"] = currency = recode(texts["currency"], upper)
    strange = np.array(
        [not (len(text) == 3 and text.isascii() and text.isalpha()) for text in currency.categories] + [False]
    )
    rejections.add(strange[currency.codes], "“{}” is no currency code of three letters.", currency)
    number = numbers.codes.astype("int64")
    order = pd.factorize(number * (int(customer.max(initial=0)) + 2) + customer + 1)[0]
    given = np.flatnonzero(rejections.kept & (currency.codes != NOTHING))[::-1]
    first = np.full(int(order.max(initial=0)) + 1, NOTHING)
    first[order[given]] = currency.codes[given]
    mixed = (currency.codes != NOTHING) & (first[order] != NOTHING) & (currency.codes != first[order])
    rejections.add(mixed, "The line is in {}, other lines of its order are in another currency.", currency)


def short(text: str) -> str:
    """A text as a sentence can hold it."""
    return text if len(text) <= 60 else text[:57] + "..."
