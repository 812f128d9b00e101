"""Which number is meant? Decimal commas, thousands marks, currency signs and (12.00) read as people wrote
them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from crm.errors import InvalidInput
from crm.money import LIMIT_E4, UNITS, to_e4

# Currencies written as words, before or after the number; any other letters make it no number.
_CODES = (
    "EUR|USD|GBP|CHF|CNY|RMB|JPY|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|INR|IDR|MYR|SGD|HKD|"
    "TWD|KRW|THB|VND|PHP|BRL|MXN|ARS|CLP|COP|ZAR|NGN|EGP|ILS|AED|SAR|"
    "US|CA|AU|HK|NT|R|Rs\\.?|kr\\.?|zł|Kč|Ft|лв|元|"
    "руб\\.?|圆"
)
_WORDS = re.compile(rf"^(?:{_CODES})(?=[\s\d.,+-])|(?<=[\s\d.,])(?:{_CODES})$")
# What stands between thousands beside a comma and a point, by the sign that the user named (None: any of them).
_GAPS = {
    mark: re.compile(rf"(?<=\d)[{signs}](?=\d{{3}}(?!\d))")
    for mark, signs in ((None, r"\s'’_"), (" ", r"\s"), ("'", "'’"), ("’", "'’"), ("_", "_"))
}
# its float times 10,000 rounds to the exact integer: 15 digits fit 53 bits
_PLAIN = r"-?[0-9]{1,11}(\.[0-9]{1,4})?"
_GROUPED = {mark: re.compile(rf"\d{{1,3}}(?:\{mark}\d{{3}})+") for mark in ",."}
_NUMERAL = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")


FLOAT_NOISE = Decimal("0.001")  # 125.43999999999998 is 125.44 as a program's float prints it: nothing is lost


@dataclass(frozen=True)
class Amounts:
    """`units_e4` int64 in 1/10,000 (0 where not `is_number`), one a text; `rounded`: had more than four
    decimals."""

    units_e4: np.ndarray
    is_number: np.ndarray
    rounded: np.ndarray


def detect_decimal_mark(columns: Sequence[Sequence[str]], *, thousands_mark: str | None = None) -> str:
    """ "." or ",", decided over all numeric columns of a file together: one file is written in one way.

    Where one of them is named as the sign between thousands, it is the other (any other sign, "" for none among
    them: neither groups). Else a text decides when only one reading is possible ("1,5", "1.234,50", "1,234,567"). Where none decides,
    "1,234" is a thousand and "1.234" is little more than one.

    >>> detect_decimal_mark([["1.234", "0,5"], ["7"]])
    ','
    >>> detect_decimal_mark([["1,234", "12"]])
    '.'
    """
    if thousands_mark in (".", ","):
        return "," if thousands_mark == "." else "."
    votes = {".": 0, ",": 0}
    for texts in columns:
        for text in texts:
            if "," in text or "." in text:
                mark = _mark_of(_bare(text, thousands_mark)[0], may_group=thousands_mark is None)
                if mark is not None:
                    votes[mark] += 1
    return "," if votes[","] > votes["."] else "."


def _mark_of(digits: str, *, may_group: bool = True) -> str | None:
    """The decimal mark that this text proves, None where it could be either."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    mark, other = (",", ".") if comma >= 0 else (".", ",")
    if mark not in digits:
        return None
    if digits.count(mark) > 1:
        return other
    grouped = may_group and _GROUPED[mark].fullmatch(digits) and not digits.startswith("0")
    return None if grouped else mark


def _bare(text: str, thousands_mark: str | None = None) -> tuple[str, bool]:
    """The digits and marks alone, and whether the number is negative."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    negative = plain.startswith("(") and plain.endswith(")")
    if negative:
        plain = plain[1:-1].strip()
    signs = 0
    for _ in range(2):  # “-€ 5” and “€ -5”
        if plain[:1] in ("-", "+"):
            signs, plain = signs + (plain[0] == "-"), plain[1:].strip()
        if plain[-1:] in ("-", "+") and len(plain) > 1:
            signs, plain = signs + (plain[-1] == "-"), plain[:-1].strip()
        plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Sc").strip()
        plain = _WORDS.sub("", plain).strip()
    if signs + negative > 1:
        return "", False
    gaps = _GAPS.get(thousands_mark)
    return (gaps.sub("", plain) if gaps else plain), bool(signs or negative)


def plain_numeral(text: str, *, decimal_mark: str, thousands_mark: str | None = None) -> str | None:
    """The number as Python writes it, or None where the text is none; a named `thousands_mark` is the only one.

    >>> plain_numeral("(1.234,50 €)", decimal_mark=",")
    '-1234.50'
    >>> plain_numeral("12,34", decimal_mark=".") is None
    True
    >>> plain_numeral("1'234.5", decimal_mark=".", thousands_mark="'")
    '1234.5'
    """
    digits, negative = _bare(text, thousands_mark)
    thousands = "," if decimal_mark == "." else "."
    if thousands in digits:
        if thousands_mark not in (None, thousands):
            return None
        whole, mark, rest = digits.partition(decimal_mark)
        if not _GROUPED[thousands].fullmatch(whole) or thousands in rest:
            return None
        digits = whole.replace(thousands, "") + mark + rest
    digits = digits.replace(",", ".")
    if not digits.isascii() or not _NUMERAL.fullmatch(digits):
        return None
    return f"-{digits}" if negative else digits


def amounts(texts: Sequence[str], *, decimal_mark: str, thousands_mark: str | None = None) -> Amounts:
    """Each text as exact money. Too large a number is none; the fifth decimal is rounded half up.

    >>> amounts(["2.55", "x"], decimal_mark=".").units_e4.tolist()
    [25500, 0]
    """
    units = np.zeros(len(texts), dtype="int64")
    is_number, rounded = np.zeros(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool)
    column = pd.Series(list(texts), dtype="str")
    plain = column.str.fullmatch(_PLAIN).to_numpy(dtype=bool) if decimal_mark == "." else is_number.copy()
    units[plain] = np.rint(column[plain].to_numpy(dtype="float64") * UNITS).astype("int64")
    is_number |= plain
    for place in np.flatnonzero(~plain):
        numeral = plain_numeral(texts[place], decimal_mark=decimal_mark, thousands_mark=thousands_mark)
        if numeral is None:
            continue
        try:
            units[place] = to_e4(numeral)
        except InvalidInput:
            continue
        is_number[place] = True
        exact = Decimal(numeral) * UNITS
        rounded[place] = abs(exact - exact.to_integral_value()) > FLOAT_NOISE
    return Amounts(units, is_number, rounded)


def quantities(texts: Sequence[str], *, decimal_mark: str, thousands_mark: str | None = None) -> np.ndarray:
    """Each text as float64, NaN where it is no number or beyond a trillion.

    >>> quantities(["-12", "1,5", "many"], decimal_mark=",").tolist()
    [-12.0, 1.5, nan]
    """
    limit = LIMIT_E4 // UNITS
    found = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        numeral = plain_numeral(text, decimal_mark=decimal_mark, thousands_mark=thousands_mark)
        if numeral is not None and abs(float(numeral)) <= limit:
            found[place] = float(numeral)
    return found


def shares(texts: Sequence[str], *, decimal_mark: str, thousands_mark: str | None = None) -> np.ndarray:
    """Discounts as shares 0..1, NaN where none is meant: "40 %", 40 and 0.4 are the same.

    Plain numbers are percent when one of them is above 1, decided over the whole column.

    >>> shares(["40%", "0.25"], decimal_mark=".").tolist()
    [0.4, 0.25]
    >>> shares(["15", "0"], decimal_mark=".").tolist()
    [0.15, 0.0]
    """
    with_sign = np.array([text.rstrip().endswith(("%", "％")) for text in texts], dtype=bool)
    plain_texts = [text.rstrip().rstrip("%％") for text in texts]
    found = np.abs(quantities(plain_texts, decimal_mark=decimal_mark, thousands_mark=thousands_mark))
    plain = found[~with_sign & ~np.isnan(found)]
    percent = with_sign | bool(len(plain) and plain.max() > 1)
    found = np.where(percent, found / 100, found)
    return np.where(found <= 1, found, np.nan)
