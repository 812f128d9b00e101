"""What does each text of a column say as a number, a day, an address, a choice? None where it says no such thing."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import numpy as np

from crm.imports import numerals
from crm.imports.detection import FileFormat
from crm.imports.kinds import KINDS
from crm.imports.moments import Moments, parse_moments
from crm.imports.records import words
from crm.models.base import now
from crm.services.customers import EMAIL_LIMIT

NUMERIC = ("money", "number", "share")
DATED = ("date", "moment")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")  # the rule that customers' forms follow
_PHONE_DIGITS = 3  # … and this
_EARLIEST_BIRTH = 1850
_SEPARATORS = re.compile(r"[;,|，；、]")
# What is a number in a custom field: no code with leading zeros, nothing that a float would round.
_PLAIN_NUMBER = {mark: re.compile(rf"-?(?:0|[1-9]\d{{0,14}})(?:\{mark}\d{{1,6}})?") for mark in ".,"}
_MAYBE_NUMBER = re.compile(r"[-+(]?[\d.,\s'’]+\)?")

# Why a text of that type cannot be taken; {} the text, the column's name is put in for COLUMN.
UNREADABLE = {
    "date": "“{}” in the column “COLUMN” is no date, or is not written like the others.",
    "moment": "“{}” in the column “COLUMN” is no date, or is not written like the others.",
    "money": "“{}” in the column “COLUMN” is no amount, or more than a trillion.",
    "number": "“{}” in the column “COLUMN” is no number.",
    "share": "“{}” in the column “COLUMN” is no share between 0 and 100 %.",
    "year": "“{}” in the column “COLUMN” is no year that can be right.",
    "boolean": "“{}” in the column “COLUMN” says neither yes nor no.",
    "currency": "“{}” is no currency code of three letters.",
    "email": "“{}” in the column “COLUMN” is no e-mail address.",
    "phone": "“{}” in the column “COLUMN” is no phone number.",
    "choice": "“{}” in the column “COLUMN” is not known here; possible are: CHOICES.",
}


class Reader:
    """Reads the columns of one file, which are written in one way."""

    def __init__(
        self,
        kind: str,
        asked: FileFormat,
        texts: Mapping[str, Sequence[str]],
        custom: Sequence[Sequence[str]],
        found: dict,
    ) -> None:
        """`texts`: {our field: its different texts}; `custom`: those of the columns without a field."""
        fields = KINDS[kind].fields
        numeric = [texts[ours] for ours in texts if fields[ours].type in NUMERIC]
        numeric += [column for column in custom if column and all(_MAYBE_NUMBER.fullmatch(text) for text in column)]
        self._kind, self._asked, self._found = kind, asked, found
        self.mark = asked.decimal_mark or numerals.detect_decimal_mark(numeric, thousands_mark=asked.thousands_mark)
        self._marks = {"decimal_mark": self.mark, "thousands_mark": asked.thousands_mark}
        if numeric:
            found["decimal_mark"] = self.mark
        self._moments = self._dates({ours: texts[ours] for ours in texts if fields[ours].type in DATED})

    def read(self, ours: str, texts: Sequence[str]) -> list:
        """One content a text, None where it is none of the field's type."""
        return self._reader(ours)(texts)

    def numbers(self, texts: Sequence[str]) -> np.ndarray:
        """float64, NaN where the text is no number."""
        return numerals.quantities(texts, **self._marks)

    def custom(self, texts: Sequence[str]) -> list:
        """Numbers where all are plain ones ("007" is a code, no number), else the texts."""
        plain = all(_PLAIN_NUMBER[self.mark].fullmatch(text) for text in texts)
        return [_number(text.replace(self.mark, ".")) for text in texts] if plain else list(texts)

    def _reader(self, ours: str) -> Callable[[Sequence[str]], list]:
        kind = KINDS[self._kind].fields[ours].type
        if kind in DATED:
            return lambda texts: self._moments[ours]
        if kind == "choice":
            meanings = words.meanings(self._kind, ours)
            return lambda texts: [meanings.get(words.normalised(text)) for text in texts]
        return {
            "money": self._money,
            "number": lambda texts: _or_none(self.numbers(texts)),
            "share": lambda texts: _or_none(numerals.shares(texts, **self._marks)),
            "year": lambda texts: [_year(number) for number in self.numbers(texts).tolist()],
            "boolean": lambda texts: [words.as_boolean(text) for text in texts],
            "email": lambda texts: [text if is_email(text) else None for text in texts],
            "phone": lambda texts: [text if is_phone(text) else None for text in texts],
            "currency": lambda texts: [text.upper() if _is_currency(text) else None for text in texts],
            "tags": lambda texts: [_tags(text) for text in texts],
        }.get(kind, list)

    def _money(self, texts: Sequence[str]) -> list:
        read = numerals.amounts(texts, **self._marks)
        rounded = int(read.rounded.sum())
        self._found["rounded_amount"] = self._found.get("rounded_amount", 0) + rounded
        return [
            units if is_number else None
            for units, is_number in zip(read.units_e4.tolist(), read.is_number.tolist(), strict=True)
        ]

    def _dates(self, columns: Mapping[str, Sequence[str]]) -> dict[str, list]:
        """A column that does not tell day from month is read like one of the file that does."""
        parsed = {ours: parse_moments(texts, order=self._asked.date_order) for ours, texts in columns.items()}
        proven = next((each.order for each in parsed.values() if each.order != "ymd" and not each.is_assumed), None)
        for ours, each in parsed.items():
            if each.is_assumed and proven is not None:
                parsed[ours] = parse_moments(columns[ours], order=proven)
        if parsed:
            self._note_dates(list(parsed.values()))
        fields = KINDS[self._kind].fields
        return {ours: _moments(each.moments, fields[ours].type) for ours, each in parsed.items()}

    def _note_dates(self, parsed: Sequence[Moments]) -> None:
        self._found["date_order"] = next((each.order for each in parsed if each.order != "ymd"), "ymd")
        self._found["date_order_assumed"] = int(any(each.is_assumed for each in parsed))
        self._found["dates_with_zone"] = sum(each.with_zone for each in parsed)


def is_email(text: str) -> bool:
    """
    >>> is_email("ann@example.com"), is_email("ann@example")
    (True, False)
    """
    return len(text) <= EMAIL_LIMIT and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= _PHONE_DIGITS


def why_unreadable(kind: str, ours: str, column: str) -> str:
    """The sentence for a text of that field that cannot be read; “{}” in it stands for the text."""
    type_of = KINDS[kind].fields[ours].type
    allowed = ", ".join(KINDS[kind].fields[ours].choices)
    return (
        UNREADABLE[type_of].replace("CHOICES", allowed).replace("COLUMN", column.replace("{", "{{").replace("}", "}}"))
    )


def _moments(moments: np.ndarray, kind: str) -> list[date | datetime | None]:
    return moments.astype("datetime64[D]" if kind == "date" else "datetime64[us]").tolist()


def _or_none(numbers: np.ndarray) -> list[float | None]:
    return [None if number != number else number for number in numbers.tolist()]


def _year(number: float) -> int | None:
    return (
        int(number) if number == number and number == int(number) and _EARLIEST_BIRTH <= number <= now().year else None
    )


def _is_currency(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha()


def _tags(text: str) -> tuple[str, ...] | None:
    return tuple(sorted({tag.strip() for tag in _SEPARATORS.split(text) if tag.strip()})) or None


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
