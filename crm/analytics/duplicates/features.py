"""What is known of each customer, in the form in which two of them can be compared at once?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.duplicates import keys

TEXTS = ("name", "company", "kind", "email", "phone", "address", "postal_code", "city", "country", "gender")
NAMES_UNSEEN = 500  # as if so many more names were in the list: what occurs twice among fifty people is not yet common
PLACES_UNSEEN = 100


@dataclass(frozen=True)
class Features:
    """One entry a customer. Codes are int64, equal where two customers share what they stand for, -1 where it is blank.

    `words`: the name's words, () where the name says nothing; `word_codes`: the same as codes, one row a customer;
    `*_bits`: how much it says that two customers share it, log2 of one in so many.
    """

    ids: np.ndarray
    words: list[tuple[str, ...]]
    word_codes: np.ndarray
    vocabulary: np.ndarray  # of these codes, texts
    word_counts: np.ndarray  # customers with that word
    word_bits: np.ndarray
    sorted_name: np.ndarray
    heard_name: np.ndarray
    name_bits: np.ndarray  # of all its words
    emails: np.ndarray  # texts, "" blank
    email: np.ndarray
    mailbox: np.ndarray
    local_part: np.ndarray
    is_role: np.ndarray
    phone: np.ndarray  # with its country
    phone_tail: np.ndarray
    street: np.ndarray  # the street's words
    streets: np.ndarray  # texts
    numbers: np.ndarray  # texts: the numbers in the address
    house: np.ndarray  # street and number
    postal_code: np.ndarray
    city: np.ndarray
    cities: np.ndarray  # texts
    country: np.ndarray
    company: np.ndarray
    gender: np.ndarray
    birth_year: np.ndarray  # 0 blank

    def __len__(self) -> int:
        return len(self.ids)

    def prior_bits(self) -> float:
        """How unlikely it is before anything is compared: one other customer in so many, of whom few are doubles."""
        return float(np.log2(max(len(self), 200)) + 5)


def of(customers: pd.DataFrame) -> Features:
    """`customers`: customer_id, name and what there is of TEXTS and birth_year; missing columns count as blank."""
    given = {name: _texts(customers, name) for name in TEXTS}
    words = _words(given["name"], given["company"], given["kind"], given["email"])
    word_codes, vocabulary, word_counts = _word_codes(words)
    word_bits = rarity(word_counts, len(words), NAMES_UNSEEN)
    emails = _split(given["email"], keys.email_forms, 3)
    regions = _map(given["country"], keys.region_of)
    phones = _split(list(zip(given["phone"], regions, strict=True)), lambda pair: keys.phone_forms(*pair), 2)
    street, numbers = _split(given["address"], keys.street_forms, 2)
    cities = _map(given["city"], keys.place_form)
    return Features(
        ids=customers["customer_id"].to_numpy(dtype="int64"), words=words, word_codes=word_codes,
        vocabulary=vocabulary, word_counts=word_counts, word_bits=word_bits,
        sorted_name=_codes([" ".join(sorted(name)) for name in words]),
        heard_name=_codes([" ".join(sorted(map(keys.skeleton, name))) for name in words]),
        name_bits=np.append(word_bits, 0.0)[word_codes].sum(axis=1),
        emails=np.array(emails[0], dtype=object), email=_codes(emails[0]), mailbox=_codes(emails[1]),
        local_part=_codes([part if len(part) > 4 and part not in keys.ROLES else "" for part in emails[2]]),
        is_role=np.array([part in keys.ROLES for part in emails[2]], dtype=bool),
        phone=_codes(phones[0]), phone_tail=_codes(phones[1]),
        street=_codes(street), streets=np.array(street, dtype=object), numbers=np.array(numbers, dtype=object),
        house=_codes([f"{words}|{number}" if words and number else "" for words, number in
                      zip(street, numbers, strict=True)]),
        postal_code=_codes(_map(given["postal_code"], keys.place_form)), city=_codes(cities),
        cities=np.array(cities, dtype=object), gender=_codes(_map(given["gender"], keys.place_form)),
        country=_codes([region or keys.place_form(text) for region, text in
                        zip(regions, given["country"], strict=True)]),
        company=_codes(_map(given["company"], lambda text: " ".join(sorted(keys.name_words(text, is_company=True))))),
        birth_year=_years(customers))


def rarity(counts: np.ndarray, customers: int, unseen: int) -> np.ndarray:
    """Bits of what `counts` customers share: the two at hand do not make it common.

    >>> rarity(np.array([2, 2000]), 100_000, 500).round(1).tolist()
    [17.6, 5.7]
    """
    return -np.log2((np.maximum(counts - 2, 0) + 0.5) / (customers + unseen))


def counts_of(codes: np.ndarray) -> np.ndarray:
    """How many customers share each customer's code; 0 where it is blank."""
    known = codes >= 0
    sizes = np.bincount(codes[known], minlength=int(codes.max(initial=-1)) + 1)
    return np.where(known, np.append(sizes, 0)[codes], 0)


def joined(*columns: np.ndarray) -> np.ndarray:
    """One code for several together, blank where one of them is."""
    blank = np.zeros(len(columns[0]), dtype=bool)
    together = np.zeros(len(columns[0]), dtype="int64")
    for column in columns:
        blank |= column < 0
        together = pd.factorize(together * (int(column.max(initial=0)) + 1) + np.maximum(column, 0))[0].astype("int64")
    return np.where(blank, -1, together)


def _texts(customers: pd.DataFrame, name: str) -> list[str]:
    if name not in customers:
        return [""] * len(customers)
    column = customers[name].astype(object)
    return [text if isinstance(text, str) else "" for text in column]


def _years(customers: pd.DataFrame) -> np.ndarray:
    if "birth_year" not in customers:
        return np.zeros(len(customers), dtype="int64")
    return pd.to_numeric(customers["birth_year"]).fillna(0).to_numpy(dtype="int64")


def _words(names: list[str], companies: list[str], kinds: list[str], emails: list[str]) -> list[tuple[str, ...]]:
    found = _map(list(zip(names, (kind == "company" for kind in kinds), strict=True)),
                 lambda pair: keys.name_words(pair[0], is_company=pair[1]))
    # Where nobody told a name, files repeat the e-mail address; a firm may stand in for its own name.
    return [() if "@" in name else words or keys.name_words(company, is_company=True) if kind == "company" else words
            for words, name, company, kind in zip(found, names, companies, kinds, strict=True)]


def _word_codes(words: list[tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes of the words, one row a customer and as many columns as the longest name; the words; the customers of each."""
    width = max(map(len, words), default=0)
    owner = np.repeat(np.arange(len(words)), [len(name) for name in words])
    place = np.array([position for name in words for position in range(len(name))], dtype="int64")
    flat, known = pd.factorize(np.array([word for name in words for word in name], dtype=object))
    table = np.full((len(words), max(width, 1)), -1, dtype="int64")
    table[owner, place] = flat
    once = pd.DataFrame({"owner": owner, "word": flat}).drop_duplicates()
    return table, known, np.bincount(once["word"], minlength=len(known))


def _map(texts: list, form: Callable) -> list:
    """`form` of each, worked out once for equal ones."""
    known = {text: form(text) for text in dict.fromkeys(texts)}
    return [known[text] for text in texts]


def _split(texts: list, form: Callable, parts: int) -> tuple[list[str], ...]:
    found = _map(texts, form)
    return tuple(zip(*found, strict=True)) if found else ((),) * parts


def _codes(texts: Iterable[str]) -> np.ndarray:
    texts = np.array([text or None for text in texts], dtype=object)
    return pd.factorize(texts)[0].astype("int64")
