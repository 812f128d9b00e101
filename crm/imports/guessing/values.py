"""What do the texts of a column look like: dates, amounts, addresses, codes, answers? Shares of its different texts."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from crm.imports import numerals
from crm.imports.guessing.countries import is_country
from crm.imports.kinds import Field
from crm.imports.moments import parse_moments
from crm.imports.records.words import as_boolean, as_verdict
from crm.imports.vocabulary import EMPTY, normalised

SAMPLE_TEXTS = 200  # different texts of a column that are looked at; more changes no verdict
LONGEST_NUMBER = 24  # characters, with a currency
FEW_LINES = 20  # in fewer lines a column may hold one text by chance

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"'?\+?[\d\s().\-/]{6,22}(?:\s*(?:x|ext\.?)\s*\d{1,6})?")
_CODE = re.compile(r"#?[^\W_][\w.\-/#]*")
_DIGIT = re.compile(r"\d")
_FIRMS = re.compile(
    r"\b(?:inc|ltd|llc|gmbh|corp|corporation|co|company|ag|kg|sa|s\.a|srl|bv|plc|limited|imports?|gifts?|collectables|"
    r"collectibles|stores?|group|holding|partners|& sons)\b|公司|集团|&", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column of a file's first lines. `texts` are its different texts, `codes` which of them a line has (-1 none)."""

    name: str
    place: int
    texts: list[str]
    codes: np.ndarray = field(repr=False)

    @property
    def filled(self) -> int:
        return int((self.codes >= 0).sum())

    @property
    def distinct(self) -> int:
        return len(self.texts)

    @property
    def distinct_share(self) -> float:
        """1.0 where every line has another text."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def is_unique(self) -> bool:
        # A file may list a few of its records twice.
        return self.filled >= 0.9 * len(self.codes) and self.distinct_share >= 0.98

    @property
    def is_constant(self) -> bool:
        return self.distinct == 1 and self.filled >= FEW_LINES

    @cached_property
    def line_numbers(self) -> np.ndarray:
        """The number on each line, NaN where there is none or it is not plainly written."""
        plain = pd.to_numeric(pd.Series(self.texts, dtype=object), errors="coerce").to_numpy("float64")
        return np.append(plain, np.nan)[self.codes]

    @cached_property
    def is_running(self) -> bool:
        """Whether it only counts the lines."""
        numbers = self.line_numbers
        return len(numbers) >= 3 and not np.isnan(numbers).any() and bool((np.diff(numbers) == 1).all())

    @cached_property
    def sample(self) -> list[str]:
        places = np.linspace(0, self.distinct - 1, min(self.distinct, SAMPLE_TEXTS)).astype(int)
        return [self.texts[place] for place in places]

    @cached_property
    def numbers(self) -> np.ndarray:
        """The sample's texts as numbers, NaN where they are none. "40 %" is 40."""
        found = pd.to_numeric(pd.Series(self.sample, dtype=object), errors="coerce").to_numpy("float64", copy=True)
        written = [place for place in np.flatnonzero(np.isnan(found))
                   if len(self.sample[place]) <= LONGEST_NUMBER and _DIGIT.search(self.sample[place])]
        if written:
            bare = [self.sample[place].rstrip("%％ ") for place in written]
            found[written] = numerals.quantities(bare, decimal_mark=numerals.detect_decimal_mark([bare[:50]]))
        return found

    @cached_property
    def date_share(self) -> float:
        with_digits = [text for text in self.sample if len(text) >= 6 and _DIGIT.search(text)]
        if len(with_digits) * 2 < len(self.sample):
            return 0.0
        return _share(~np.isnat(parse_moments(with_digits).moments), self.sample)

    @cached_property
    def number_share(self) -> float:
        return _share(~np.isnan(self.numbers), self.sample)

    @cached_property
    def whole_share(self) -> float:
        """Of the texts, those that are whole numbers."""
        with np.errstate(invalid="ignore"):
            return _share(np.isfinite(self.numbers) & (self.numbers == np.rint(self.numbers)), self.sample)

    @property
    def decimal_share(self) -> float:
        return self.number_share - self.whole_share

    @property
    def is_money(self) -> bool:
        """Numbers of which many have decimals."""
        return self.number_share >= 0.9 and self.decimal_share >= 0.2

    @cached_property
    def email_share(self) -> float:
        return self._matching(_EMAIL)

    @cached_property
    def phone_share(self) -> float:
        return _share([_PHONE.fullmatch(text) is not None and 6 <= sum(map(str.isdigit, text)) <= 15
                       for text in self.sample], self.sample)

    @cached_property
    def country_share(self) -> float:
        return _share([is_country(text) for text in self.sample], self.sample)

    @cached_property
    def boolean_share(self) -> float:
        return _share([as_boolean(text) is not None for text in self.sample], self.sample)

    @cached_property
    def verdict_share(self) -> float:
        """Of the texts, answers in words such as “satisfied”; yes and no are none."""
        return _share([as_verdict(text) is not None and as_boolean(text) is None for text in self.sample], self.sample)

    @cached_property
    def code_share(self) -> float:
        """Of the texts, single words with a digit in them, or all of one number of digits: keys of records."""
        codes = [_CODE.fullmatch(text) is not None and _DIGIT.search(text) is not None for text in self.sample]
        if self.whole_share >= 0.9 and len({len(text) for text in self.sample}) > 2:
            return 0.0 if self.distinct_share < 0.9 else _share(codes, self.sample)
        return _share(codes, self.sample)

    @cached_property
    def firm_share(self) -> float:
        return _share([_FIRMS.search(text) is not None for text in self.sample], self.sample)

    @cached_property
    def letters_share(self) -> float:
        """Of the texts, those without any digit."""
        return _share([_DIGIT.search(text) is None for text in self.sample], self.sample)

    @cached_property
    def average_words(self) -> float:
        return float(np.mean([len(text.split()) for text in self.sample])) if self.sample else 0.0

    @cached_property
    def average_length(self) -> float:
        return float(np.mean([len(text) for text in self.sample])) if self.sample else 0.0

    def known_share(self, meanings: dict[str, str]) -> float:
        """Of the texts, those that are one of these words (normalised)."""
        return _share([normalised(text) in meanings for text in self.sample], self.sample)

    def scale(self) -> tuple[int, int] | None:
        """(lowest, highest) where all texts are whole numbers of a short scale such as 1 to 5 or 0 to 10."""
        if not 3 <= self.distinct <= 11 or self.whole_share < 1.0:
            return None
        low, high = int(self.numbers.min()), int(self.numbers.max())
        return (low, high) if low >= 0 and 3 <= high <= 10 else None

    def _matching(self, pattern: re.Pattern) -> float:
        return _share([pattern.fullmatch(text) is not None for text in self.sample], self.sample)


def columns_of(head: pd.DataFrame) -> list[Column]:
    """A file's columns, their texts tidied as the import will do."""
    found = []
    for place, name in enumerate(head.columns):
        raw, texts = pd.factorize(head.iloc[:, place].astype(object), use_na_sentinel=True)
        tidied = ["" if text is None else str(text).strip() for text in texts]
        codes, different = pd.factorize(np.array([None if text.casefold() in EMPTY else text for text in tidied],
                                                 dtype=object))
        lookup = np.append(codes, -1)
        found.append(Column(str(name), place, [str(text) for text in different], lookup[raw]))
    return found


def agreement(column: Column, ours: str, field_: Field, meanings: dict[str, str]) -> float:
    """Do the texts say what the name says? 1.0 they do, 0.0 they contradict, between where they are silent.

    `meanings`: the field's known words where it is a choice.
    """
    if not column.texts:
        return 0.8
    match field_.type:
        case "date" | "moment":
            return _agrees(column.date_share, sure=0.6, wrong=0.3)
        case "email":
            return _agrees(column.email_share, sure=0.5, wrong=0.2)
        case "phone":
            return _agrees(column.phone_share, sure=0.5, wrong=0.2)
        case "share":
            return _share_agreement(column)
        case "money" | "number":
            return 0.0 if _is_written_date(column) else _agrees(column.number_share, sure=0.7, wrong=0.4)
        case "year":
            with np.errstate(invalid="ignore"):
                years = (column.numbers >= 1850) & (column.numbers <= 2200)
            return _agrees(_share(years, column.sample), sure=0.8, wrong=0.5)
        case "boolean":
            return _agrees(column.boolean_share, sure=0.7, wrong=0.5)
        case "currency":
            letters = [len(text) == 3 and text.isascii() and text.isalpha() for text in column.sample]
            return _agrees(_share(letters, column.sample), sure=0.8, wrong=0.5)
        case "choice":
            known = _agrees(column.known_share(meanings), sure=0.5, wrong=0.5)
            # A stage that every deal needs is asked about; another program's words elsewhere are another matter.
            return 0.6 if known == 0.0 and field_.required and column.distinct <= 30 else known
        case "code":
            is_code = column.decimal_share < 0.3 and column.average_words <= 3 and column.average_length <= 50
            return 0.95 if is_code and not _is_written_date(column) else 0.0
    return _text_agreement(column, ours)


_NEVER_NUMBERS = frozenset({"customer_name", "first_name", "last_name", "company", "product_name", "city", "country",
                            "region", "title", "subject", "category", "campaign_name", "item", "method", "channel"})
_LONG_TEXTS = frozenset({"note", "description", "body", "comment", "lost_reason"})


def _text_agreement(column: Column, ours: str) -> float:
    if ours in _LONG_TEXTS:
        return 0.0 if column.number_share >= 0.95 or column.date_share >= 0.8 else 0.95
    if column.email_share >= 0.5 or column.date_share >= 0.8:
        return 0.0
    if ours in _NEVER_NUMBERS and column.number_share >= 0.9:
        return 0.0
    if ours == "gender" and column.distinct > 12:
        return 0.0
    if ours == "country" and column.country_share >= 0.5:
        return 1.0
    return 0.95


def _share_agreement(column: Column) -> float:
    """Shares lie between 0 and 1 or are told in percent; “5.00” may be money."""
    numbers = column.numbers[~np.isnan(column.numbers)]
    if column.number_share < 0.7 or numbers.min() < -100 or numbers.max() > 100:
        return 0.0
    in_percent = any(text.endswith(("%", "％")) for text in column.sample)
    return 1.0 if in_percent or np.abs(numbers).max() <= 1 or column.decimal_share == 0.0 else 0.6


def _is_written_date(column: Column) -> bool:
    """Dates with signs between day, month and year; 20240102 may be a number too."""
    return column.date_share >= 0.8 and column.number_share < 0.5


def _agrees(share: float, *, sure: float, wrong: float) -> float:
    return 1.0 if share >= sure else 0.0 if share < wrong else 0.6


def _share(which, sample: list[str]) -> float:
    return float(np.sum(which)) / len(sample) if sample else 0.0
