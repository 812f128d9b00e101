"""What does a line come to, and which way did the goods go? Quantity, price, discount, amount and
movement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.imports import numerals
from crm.imports.detection import FileFormat
from crm.money import LIMIT_E4, line_amount_e4

SALE, RETURN, CANCELLATION, STOCK = range(4)  # OrderLines.lines.movement
_NUMERIC = ("quantity", "unit_price", "amount", "discount", "cost", "profit")
_EMPTY = {  # by which of the price and the amount the file has
    (True, True): "The price and the amount are empty.",
    (True, False): "The price is empty.",
    (False, True): "The amount is empty.",
}

Reject = Callable[..., None]


@dataclass(frozen=True)
class _Marks:
    """How the numbers of a file are written; `thousands` None: as any program writes them."""

    decimal: str
    thousands: str | None = None


def no_amounts(rows: int) -> dict[str, np.ndarray]:
    """What `read_amounts` gives for the heads of orders, which say nothing of money."""
    nothing = np.zeros(rows, dtype="int64")
    unknown = np.full(rows, np.nan)
    return {"quantity": np.ones(rows), "unit_price_e4": nothing, "amount_e4": nothing, "discount": unknown,
            "cost_e4": unknown}


def read_amounts(
    texts: Mapping[str, pd.Categorical], *, rows: int, asked: FileFormat, reject: Reject, found: dict
) -> dict[str, np.ndarray]:
    """quantity, unit_price_e4, amount_e4, discount, cost_e4, one a line; what is no number is rejected.

    The file's own amount is the truth; a price that it lacks is derived from it. A file without quantities
    sells one a line (-1 where the amount is negative).
    """
    numeric = [texts[name].categories.tolist() for name in _NUMERIC if name in texts]
    thousands = getattr(asked, "thousands_mark", None)
    marks = _Marks(asked.decimal_mark or numerals.detect_decimal_mark(numeric, thousands_mark=thousands), thousands)
    found["decimal_mark"] = marks.decimal
    prices, has_price, strange = _money(texts, "unit_price", rows, marks, found)
    reject(strange, "The price “{}” is no number, or more than a trillion.", texts.get("unit_price"))
    amounts, has_amount, strange = _money(texts, "amount", rows, marks, found)
    reject(strange, "The amount “{}” is no number, or more than a trillion.", texts.get("amount"))
    discount = _discount(texts, marks, reject, has_amount, found)
    quantity = _quantity(texts, marks, reject, amounts)
    reject(~has_price & ~has_amount, _EMPTY["unit_price" in texts, "amount" in texts])
    with np.errstate(invalid="ignore"):
        kept = 1.0 - np.nan_to_num(discount)
        too_large = ~has_amount & (np.abs(quantity * prices * kept) > LIMIT_E4)
        reject(too_large, "Quantity times price is more than a trillion.")
        sound = ~has_amount & ~too_large & ~np.isnan(quantity)
        amounts[sound] = line_amounts_e4(quantity[sound], prices[sound], discount[sound])
        divisor = quantity * np.where(kept > 0, kept, 1.0)
        derived = np.divide(
            amounts, divisor, out=amounts.astype("float64"), where=(divisor != 0) & ~np.isnan(divisor)
        )
        too_dear = ~has_price & (np.abs(derived) > LIMIT_E4)
        reject(too_dear, "The amount divided by the quantity is more than a trillion.")
        prices = np.where(has_price | too_dear, prices, np.rint(derived).astype("int64"))
    return {
        "quantity": quantity,
        "unit_price_e4": prices,
        "amount_e4": amounts,
        "discount": discount,
        "cost_e4": _cost(texts, marks, amounts, found),
    }


def line_amounts_e4(quantity: np.ndarray, unit_price_e4: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """Quantity x price less the discount for many lines, equal to crm.money.line_amount_e4 to the last digit.

    quantity float64, unit_price_e4 int64, discount share or NaN; |quantity x price| at most money.LIMIT_E4.
    """
    off = np.nan_to_num(discount)
    whole = (quantity == np.rint(quantity)) & (off == 0) & (np.abs(quantity) < 2**53)
    amounts = np.zeros(len(quantity), dtype="int64")
    amounts[whole] = quantity[whole].astype("int64") * unit_price_e4[whole]
    rest = np.flatnonzero(~whole)
    if len(rest):
        # Decimals are exact but slow, so each different line is reckoned once.
        different = pd.DataFrame({"quantity": quantity[rest], "price": unit_price_e4[rest], "off": off[rest]})
        groups = different.groupby(["quantity", "price", "off"], sort=False).ngroup().to_numpy()
        first = different.groupby(groups).first()
        each = np.array(
            [
                line_amount_e4(number, int(price), share)
                for number, price, share in zip(first["quantity"], first["price"], first["off"], strict=True)
            ],
            dtype="int64",
        )
        amounts[rest] = each[groups]
    return amounts


def movements(lines: pd.DataFrame, *, cancelled: np.ndarray) -> np.ndarray:
    """SALE, RETURN, CANCELLATION or STOCK (goods written off: fewer pieces, no price, nobody's), one a
    line."""
    back = ((lines["quantity"] < 0) | (lines["amount_e4"] < 0)).to_numpy()
    written_off = (
        (lines["quantity"] < 0)
        & (lines["unit_price_e4"] == 0)
        & (lines["amount_e4"] == 0)
        & (lines["customer"] < 0)
    ).to_numpy()
    return np.select([cancelled, written_off, back], [CANCELLATION, STOCK, RETURN], SALE).astype("int8")


def _money(
    texts: Mapping[str, pd.Categorical], name: str, rows: int, marks: _Marks, found: dict
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units of 1/10,000, whether the line has a number there, and whether a text that is none."""
    if name not in texts:
        return np.zeros(rows, dtype="int64"), np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    column = texts[name]
    read = numerals.amounts(column.categories.tolist(), decimal_mark=marks.decimal, thousands_mark=marks.thousands)
    is_number = np.append(read.is_number, False)[column.codes]
    found[f"rounded_{name}"] = int(np.append(read.rounded, False)[column.codes].sum())
    return np.append(read.units_e4, 0)[column.codes], is_number, (column.codes >= 0) & ~is_number


def _quantity(
    texts: Mapping[str, pd.Categorical], marks: _Marks, reject: Reject, amounts: np.ndarray
) -> np.ndarray:
    if "quantity" not in texts:
        return np.where(amounts < 0, -1.0, 1.0)
    column = texts["quantity"]
    read = numerals.quantities(column.categories.tolist(), decimal_mark=marks.decimal, thousands_mark=marks.thousands)
    quantity = np.append(read, np.nan)[column.codes]
    reject(column.codes < 0, "The quantity is empty.")
    reject(np.isnan(quantity), "The quantity “{}” is no number, or more than a trillion.", column)
    return quantity


def _discount(
    texts: Mapping[str, pd.Categorical], marks: _Marks, reject: Reject, has_amount: np.ndarray, found: dict
) -> np.ndarray:
    """Shares 0..1, NaN where none. A discount that is no share is left out where the amount tells the truth
    anyway."""
    if "discount" not in texts:
        return np.full(len(has_amount), np.nan)
    column = texts["discount"]
    read = numerals.shares(column.categories.tolist(), decimal_mark=marks.decimal, thousands_mark=marks.thousands)
    discount = np.append(read, np.nan)[column.codes]
    strange = (column.codes >= 0) & np.isnan(discount)
    reject(strange & ~has_amount, "The discount “{}” is no share between 0 and 100 %.", column)
    found["discounts_left_out"] = int((strange & has_amount).sum())
    return discount


def _cost(texts: Mapping[str, pd.Categorical], marks: _Marks, amounts: np.ndarray, found: dict) -> np.ndarray:
    """The whole line's cost in 1/10,000 as float64, NaN unknown: the file's own, or the amount less the
    profit."""
    for name in ("cost", "profit"):
        if name in texts:
            units, is_number, strange = _money(texts, name, len(amounts), marks, found)
            found["costs_left_out"] = int(strange.sum())
            return np.where(is_number, amounts - units if name == "profit" else units, np.nan)
    return np.full(len(amounts), np.nan)
