"""Are these texts numbers? "1,234.5", "€ 12", "(3)" and "12 %" read where only one reading is possible.

A column of codes ("0042"), of several currencies or of dates is none of numbers; "1,234" alone could be a thousand or
little more than one, so other columns of the same table may decide (`proven_mark`).
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

NUMERIC_SHARE = 0.95  # of the texts are numbers: a stray "unknown" makes no words of the others
BLANK = frozenset({"", "nan", "n/a", "#n/a", "na", "null", "<na>"})  # casefolded: nothing is known
# What stands where a number is missing; infinity is none that could be compared.
NO_NUMBER = BLANK | {"-", "–", "—", ".", "?", "none", "unknown", "inf", "-inf", "+inf", "infinity", "-infinity"}
LARGEST = 1e100  # beyond, squares and their sums leave the range of floats; nothing that is counted is so large
TRIED_FIRST = 200  # texts out of all: a hundred thousand notes need not be read one by one to see that they are none
PROOF_SAMPLE = 1_000  # different texts of a column prove its decimal mark, or none does

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")  # as programs write numbers
_CODE = re.compile(r"0\d+")
_SIGNS = "$€£¥₹₩₽₺₴₪฿₫₱"
_FOREIGN = re.compile(rf"[^\x00-\x7f{_SIGNS}]")
_SIGN = re.compile(f"[{_SIGNS}]")
# Any three capital letters could as well be the start of a part's number.
_CODES = ("EUR|USD|GBP|CHF|CNY|JPY|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|TRY|RUB|UAH|INR|IDR|MYR|SGD|HKD|TWD|KRW|THB|"
          "VND|PHP|BRL|MXN|ARS|CLP|COP|ZAR|NGN|EGP|ILS|AED|SAR")
_CURRENCY = re.compile(rf"^({_CODES})(?=[\s\d.,+-])|(?<=[\s\d.,])({_CODES})$")
_GROUP_SIGN = re.compile(r"(?<=\d)[\s'’_](?=\d{3}(?!\d))")
_TELEPHONE = re.compile(r"\+\d+\s")  # +49 301 234
_GROUPED = {",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+"), ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")}
_NUMERAL = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")


def as_numbers(texts: pd.Series, *, mark: str | None = None) -> np.ndarray | None:
    """The different texts of a column as float64, NaN where one is no number; None where the column is not of numbers.

    mark: the decimal mark that the rest of the table proves, for texts that could be read either way; None: "1,234" is a
    thousand and "1.234" little more than one, as programs write them.

    >>> as_numbers(pd.Series(["€ 1.234,50", "€ 12", "(3)", "-"])).tolist()
    [1234.5, 12.0, -3.0, nan]
    >>> as_numbers(pd.Series(["007", "12"])) is None
    True
    """
    stripped = texts.astype("str").str.strip()
    said = ~stripped.str.casefold().isin(NO_NUMBER).to_numpy(dtype=bool)
    if not said.any() or stripped[said].str.fullmatch(_CODE).any():
        return None
    plain = said & stripped.str.fullmatch(_PLAIN).to_numpy(dtype=bool)
    strange = said & ~plain
    if not _may_be_numbers(stripped[strange], of=int(said.sum())):
        return None
    bare = [_bare(text) for text in stripped[strange]]
    decimal = _proven(stripped[plain], bare) or mark or "."
    numbers = np.full(len(texts), np.nan)
    numbers[plain] = _plain_numbers(stripped[plain], decimal)
    numbers[strange] = [_number(*one[:2], decimal) for one in bare]
    currencies = {currency for (*_, currency), number in zip(bare, numbers[strange], strict=True) if np.isfinite(number)}
    if len(currencies - {""}) > 1:  # sums of euros and dollars are nobody's money
        return None
    is_number = np.abs(numbers[said]) < LARGEST
    return numbers if is_number.mean() >= NUMERIC_SHARE else None


def proven_mark(columns: Iterable[pd.Series]) -> str | None:
    """The decimal mark of the first column of numbers that can be read in one way only; None where none proves it.

    >>> proven_mark([pd.Series(["1,234"]), pd.Series(["3,5", "7"])])
    ','
    """
    for texts in columns:
        sample = texts.iloc[:: max(-(-len(texts) // PROOF_SAMPLE), 1)].astype("str").str.strip()
        if sample.str.contains(r"\d[.,]\d", regex=True).any() and as_numbers(sample) is not None:
            said = sample[~sample.str.casefold().isin(NO_NUMBER)]
            is_plain = said.str.fullmatch(_PLAIN).to_numpy(dtype=bool)
            mark = _proven(said[is_plain], [_bare(text) for text in said[~is_plain]])
            if mark is not None:
                return mark
    return None


def _may_be_numbers(strange: pd.Series, *, of: int) -> bool:
    """Whether enough of `of` texts could be numbers, going by some of those that are not plainly numbers."""
    if len(strange) <= (1 - NUMERIC_SHARE) * of:
        return True
    tried = [_bare(text)[:2] for text in strange.iloc[:: -(-len(strange) // TRIED_FIRST)]]
    return np.mean([np.isfinite(_number(*one, ".")) or np.isfinite(_number(*one, ",")) for one in tried]) > 0.5


def _proven(plain: pd.Series, bare: list[tuple[str, bool, str]]) -> str | None:
    """The decimal mark that most of those texts prove that prove one; None where all could be read either way."""
    marked = plain[plain.str.contains(".", regex=False)].str.lstrip("+-")
    proofs = [_proof(digits) for digits, *_ in bare]
    points = int((~marked.str.fullmatch(_GROUPED["."])).sum()) + proofs.count(".")
    commas = proofs.count(",")
    return None if points == commas == 0 else "," if commas > points else "."


def _proof(digits: str) -> str | None:
    """The decimal mark if only one reading is possible: the latter of two marks, or one that does not part thousands."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    if comma < 0 and point < 0:
        return None
    mark, other = (",", ".") if comma >= 0 else (".", ",")
    if digits.count(mark) > 1:
        return other
    return None if _GROUPED[mark].fullmatch(digits) else mark


def _plain_numbers(plain: pd.Series, decimal: str) -> np.ndarray:
    """Numbers as programs write them; where the comma is the decimal mark, a point parts thousands or makes it none."""
    if decimal == ",":
        marked = plain.str.contains(".", regex=False)
        grouped = plain.str.lstrip("+-").str.fullmatch(_GROUPED["."])
        plain = plain.str.replace(".", "", regex=False).where(~marked | grouped)
    return pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _number(digits: str, is_negative: bool, decimal: str) -> float:
    """The number, NaN where it is none."""
    thousands = "," if decimal == "." else "."
    whole, mark, rest = digits.partition(decimal)
    if thousands in rest:
        return np.nan
    if thousands in whole:
        if not _GROUPED[thousands].fullmatch(whole):
            return np.nan
        whole = whole.replace(thousands, "")
    digits = whole + ("." if mark else "") + rest
    if not digits.isascii() or not _NUMERAL.fullmatch(digits):
        return np.nan
    return -float(digits) if is_negative else float(digits)


def _bare(text: str) -> tuple[str, bool, str]:
    """Digits and marks alone, whether they are negative, and the currency; no digits where several signs disagree."""
    if _FOREIGN.search(text):
        text = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    in_brackets = text.startswith("(") and text.endswith(")")
    if in_brackets:
        text = text[1:-1].strip()
    currency, signs = "", int(in_brackets)
    for _ in range(2):  # “-€ 5” and “€ -5”
        if text[:1] in ("-", "+") and not _TELEPHONE.match(text):
            signs, text = signs + (text[0] == "-"), text[1:].strip()
        if text.endswith("-") and len(text) > 1:
            signs, text = signs + 1, text[:-1].strip()
        if found := _SIGN.findall(text):
            currency, text = currency + "".join(found), _SIGN.sub("", text).strip()
        if (text[:1].isalpha() or text[-1:].isalpha()) and (found := _CURRENCY.search(text)):
            currency, text = currency + (found[1] or found[2]), _CURRENCY.sub("", text).strip()
    if signs > 1:
        return "", False, ""
    return _GROUP_SIGN.sub("", text.removesuffix("%").strip()), bool(signs), currency
