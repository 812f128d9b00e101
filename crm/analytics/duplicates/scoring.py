"""How likely is a pair one customer? Agreements add bits by how rare they are, disagreements take some (Fellegi-Sunter)."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA, Prefix
from rapidfuzz.process import cpdist

from crm.analytics.duplicates import names
from crm.analytics.duplicates.features import PLACES_UNSEEN, Features, counts_of, rarity

# Bits above (or below) the odds before anything is compared: a person's own mailbox settles it, a telephone is a household's.
SAME_EMAIL_ABOVE, SIMILAR_MAILBOX_ABOVE, SAME_PHONE_ABOVE = 2.0, -1.0, -2.0
SAME_LOCAL_PART, NEARLY_SAME_EMAIL = 5.0, 8.0
SHARED_BITS = 7.0  # at most, of a mailbox or a telephone that many use, or that is a firm's own
MAILBOX_SHARED_FROM = 4  # customers
PHONE_SHARED_FROM = 5
ADDRESS_BITS, PLACE_BITS, COMPANY_BITS = 14.0, 10.0, 6.0  # at most
NEAR_ADDRESS_BITS = 4.0  # above those of the postal code
SAME_BIRTH_YEAR, NEARLY_SAME_BIRTH_YEAR, OTHER_BIRTH_YEAR, OTHER_GENDER = 5.0, -4.0, -9.0, -4.0
# People have two mailboxes, move and change numbers, so what differs says less than what agrees.
OTHER_EMAIL, OTHER_PHONE, OTHER_ADDRESS, OTHER_CITY, OTHER_COUNTRY, OTHER_COMPANY = -2.0, -2.0, -2.5, -3.5, -3.0, -1.0
OTHER_NAME_BITS, OTHER_PART_BITS = -8.0, -6.0
# Families share an address, colleagues a firm: what is shared never makes two names one person.
DIFFERENT_NAMES_AT_MOST, FAMILY_AT_MOST, NAME_ALONE_AT_MOST = 0.2, 0.4, 0.75
CHUNK = 400_000  # pairs at once
ERRORS = 2  # letters of a text …
LONG_TEXT = 5  # … of at least so many
_NOT_DIGITS = re.compile(r"\D")

# code -> what agrees (or not); in the order in which they are told
REASONS = ("same_email", "similar_email", "same_phone", "same_name", "similar_name", "same_address", "similar_address",
           "same_postal_code", "same_city", "same_birth_year", "same_company", "shared_email", "shared_phone")
AGAINST = ("other_name", "part_of_name_differs", "other_email", "other_phone", "other_address", "other_city",
           "other_country", "other_birth_year", "other_gender", "other_company")


@dataclass
class _Pairs:
    """The pairs that are looked at together: positions, bits so far, and one yes or no a code."""

    first: np.ndarray
    second: np.ndarray
    bits: np.ndarray
    told: dict[str, np.ndarray]

    def add(self, code: str, where: np.ndarray, bits: np.ndarray | float) -> None:
        self.told[code] = where
        self.bits = self.bits + np.where(where, bits, 0.0)

    def take(self, chosen: np.ndarray) -> "_Pairs":
        return _Pairs(self.first[chosen], self.second[chosen], self.bits[chosen],
                      {code: where[chosen] for code, where in self.told.items()})


def score(features: Features, first: np.ndarray, second: np.ndarray, *, threshold: float) -> pd.DataFrame:
    """The pairs of at least `threshold`: first and second (positions), score 0..1, reasons and against (tuples of codes)."""
    sizes = _Sizes(features)
    parts = [_score(features, sizes, first[start:start + CHUNK], second[start:start + CHUNK], threshold)
             for start in range(0, len(first), CHUNK)]
    return pd.concat(parts, ignore_index=True) if parts else _told(_Pairs(
        first, second, np.zeros(0), {}), np.zeros(0))


class _Sizes:
    """How many share each customer's mailbox and telephone, and the bits of what is shared."""

    def __init__(self, features: Features) -> None:
        number = len(features)
        self.mailbox, self.phone = counts_of(features.mailbox), counts_of(features.phone_tail)
        self.mailbox_bits, self.phone_bits = (rarity(counts, number, PLACES_UNSEEN) for counts in (self.mailbox, self.phone))
        self.company = rarity(counts_of(features.company), number, PLACES_UNSEEN)
        # A Björn lives in Sweden: the name has said the country, so a place says only what it says within its country.
        country = np.where(features.country >= 0, rarity(counts_of(features.country), number, PLACES_UNSEEN), 0.0)
        self.house, self.postal_code, self.city = (
            np.maximum(rarity(counts_of(codes), number, PLACES_UNSEEN) - country, 0.0)
            for codes in (features.house, features.postal_code, features.city))


def _score(features: Features, sizes: _Sizes, first: np.ndarray, second: np.ndarray, threshold: float) -> pd.DataFrame:
    pairs = _Pairs(first, second, np.full(len(first), -features.prior_bits()), {})
    _mail(pairs, features, sizes)
    _phones(pairs, features, sizes)
    _places(pairs, features, sizes)
    _person(pairs, features, sizes)
    pairs = pairs.take(pairs.bits + _most_to_come(pairs, features) > np.log2(threshold / (1 - threshold)))
    if threshold > FAMILY_AT_MOST:
        pairs = pairs.take(_could_be_one(pairs, features))
    relations = _names(pairs, features)
    _near(pairs, features, relations)
    likely = np.where(pairs.bits > 60, 1.0, 1 / (1 + np.exp2(-np.clip(pairs.bits, -60, 60))))
    likely = np.minimum(likely, _at_most(pairs, relations))
    kept = likely >= threshold
    return _told(pairs.take(kept), likely[kept])


def _most_to_come(pairs: _Pairs, features: Features) -> np.ndarray:
    """The bits that a closer look could add at most; most pairs need none."""
    a, b = pairs.first, pairs.second
    shared = np.zeros(len(a))
    for column in range(features.word_codes.shape[1]):
        codes = features.word_codes[a, column]
        found = (codes >= 0) & (features.word_codes[b] == codes[:, None]).any(axis=1)
        shared += np.where(found, np.append(features.word_bits, 0.0)[codes], 0.0)
    rest = np.minimum(features.name_bits[a], features.name_bits[b]) - shared
    name = names.TOGETHER * (shared + names.PART_SAID * np.maximum(rest, 0.0)) + names.INITIAL_BITS
    mail = np.where(pairs.told["other_email"], NEARLY_SAME_EMAIL - OTHER_EMAIL, 0.0)
    street = np.where(pairs.told["same_postal_code"] | pairs.told["same_city"], NEAR_ADDRESS_BITS - OTHER_ADDRESS, 0.0)
    town = np.where(pairs.told["other_city"], NEAR_ADDRESS_BITS - OTHER_CITY, 0.0)
    return name + mail + street + town


def _could_be_one(pairs: _Pairs, features: Features) -> np.ndarray:
    """Leaves out the many of whom one word of two is the same and the other plainly is not: families and namesakes."""
    a, b = features.word_codes[pairs.first], features.word_codes[pairs.second]
    of_two = np.ones(len(a), dtype=bool)
    for codes in (a, b):
        of_two &= (codes >= 0).sum(axis=1) == 2
    rest = np.full((len(a), 2), -1)
    for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
        if max(x, y) < a.shape[1]:
            found = of_two & (rest[:, 0] < 0) & (a[:, x] == b[:, y])
            rest[found, 0], rest[found, 1] = a[found, 1 - x], b[found, 1 - y]
    asked = np.flatnonzero((rest[:, 0] >= 0) & ~pairs.told["same_email"] & ~pairs.told["same_mailbox"])
    one, other = (features.vocabulary[rest[asked, side]] for side in (0, 1))
    shorter = np.minimum(*(np.array([len(word) for word in words], dtype="int64") for words in (one, other)))
    kept = np.ones(len(a), dtype=bool)
    if len(asked):
        kept[asked] = ((cpdist(one, other, scorer=OSA.distance, score_cutoff=ERRORS) <= ERRORS)
                       | (cpdist(one, other, scorer=Prefix.similarity) >= shorter))
    return kept


def _mail(pairs: _Pairs, features: Features, sizes: _Sizes) -> None:
    a, b, prior = pairs.first, pairs.second, features.prior_bits()
    same = _equal(features.email, a, b)
    mailbox = _equal(features.mailbox, a, b) & ~same
    shared = (same | mailbox) & (features.is_role[a] | (sizes.mailbox[a] >= MAILBOX_SHARED_FROM))
    pairs.add("same_email", same & ~shared, prior + SAME_EMAIL_ABOVE)
    local = _equal(features.local_part, a, b) & ~same & ~mailbox
    pairs.add("similar_email", mailbox & ~shared | local,
              np.where(mailbox, prior + SIMILAR_MAILBOX_ABOVE, SAME_LOCAL_PART))
    pairs.told["same_mailbox"] = mailbox & ~shared
    pairs.add("shared_email", shared, np.minimum(sizes.mailbox_bits[a], SHARED_BITS))
    pairs.add("other_email", (features.email[a] >= 0) & (features.email[b] >= 0) & ~same & ~mailbox & ~local, OTHER_EMAIL)


def _phones(pairs: _Pairs, features: Features, sizes: _Sizes) -> None:
    a, b = pairs.first, pairs.second
    whole = (features.phone[a] >= 0) & (features.phone[b] >= 0)
    # Without its country on one side a number is compared by its last digits.
    same = np.where(whole, _equal(features.phone, a, b), _equal(features.phone_tail, a, b))
    shared = same & (sizes.phone[a] >= PHONE_SHARED_FROM)
    pairs.add("same_phone", same & ~shared, features.prior_bits() + SAME_PHONE_ABOVE)
    pairs.add("shared_phone", shared, np.minimum(sizes.phone_bits[a], SHARED_BITS))
    pairs.add("other_phone", (features.phone_tail[a] >= 0) & (features.phone_tail[b] >= 0) & ~same, OTHER_PHONE)


def _places(pairs: _Pairs, features: Features, sizes: _Sizes) -> None:
    a, b = pairs.first, pairs.second
    postal_code, city = _equal(features.postal_code, a, b), _equal(features.city, a, b)
    other_postal_code, other_city = _unequal(features.postal_code, a, b), _unequal(features.city, a, b)
    house = _equal(features.house, a, b) & (postal_code | ~other_postal_code & ~other_city)
    place_bits = np.maximum(np.where(postal_code, sizes.postal_code[a], 0), np.where(city, sizes.city[a], 0))
    place_bits = np.minimum(place_bits, PLACE_BITS)
    house_bits = np.minimum(np.maximum(sizes.house[a], place_bits), ADDRESS_BITS)
    pairs.add("same_address", house, house_bits)
    pairs.add("same_postal_code", postal_code & ~house, place_bits)
    pairs.add("same_city", city & ~postal_code & ~house, place_bits)
    pairs.add("other_city", other_city & ~postal_code, OTHER_CITY)
    pairs.add("other_address", ((features.house[a] >= 0) & (features.house[b] >= 0)) & ~house & ~other_city, OTHER_ADDRESS)
    pairs.add("other_country", _unequal(features.country, a, b), OTHER_COUNTRY)


def _person(pairs: _Pairs, features: Features, sizes: _Sizes) -> None:
    a, b = pairs.first, pairs.second
    year, other = features.birth_year[a], features.birth_year[b]
    one_figure = (year // 10 == other // 10) | (year % 10 == other % 10) & (year // 100 == other // 100)
    pairs.add("same_birth_year", (year > 0) & (year == other), SAME_BIRTH_YEAR)
    pairs.add("other_birth_year", (year > 0) & (other > 0) & (year != other),
              np.where(one_figure, NEARLY_SAME_BIRTH_YEAR, OTHER_BIRTH_YEAR))
    pairs.add("other_gender", _unequal(features.gender, a, b), OTHER_GENDER)
    pairs.add("same_company", _equal(features.company, a, b), np.minimum(sizes.company[a], COMPANY_BITS))
    pairs.add("other_company", _unequal(features.company, a, b), OTHER_COMPANY)


def _names(pairs: _Pairs, features: Features) -> np.ndarray:
    """Compares the names; returns how each pair's agree."""
    relations = np.full(len(pairs.first), names.SAME)
    # Words that always go together (Smith-Jones) are rarer each than the name is: others of that name tell.
    others = np.maximum(counts_of(features.sorted_name)[pairs.first] - 2, 0) / max(len(features), 1)
    bits = -np.log2(np.exp2(-names.TOGETHER * features.name_bits[pairs.first]) + others)
    blank = np.array([not words for words in features.words], dtype=bool)
    unequal = (features.sorted_name[pairs.first] != features.sorted_name[pairs.second]) | blank[pairs.first]
    known: dict[int, names.Words] = {}
    for place in np.flatnonzero(unequal).tolist():
        one, other = (known.get(at) or known.setdefault(at, _words(features, at))
                      for at in (int(pairs.first[place]), int(pairs.second[place])))
        relations[place], bits[place] = names.compare(one, other)
    pairs.add("same_name", relations == names.SAME, bits)
    pairs.add("similar_name", relations == names.SIMILAR, bits)
    pairs.add("part_of_name_differs", np.isin(relations, (names.SHARED_GIVEN, names.SHARED_OTHER)), bits + OTHER_PART_BITS)
    pairs.add("other_name", relations == names.DIFFERENT, OTHER_NAME_BITS)
    return relations


def _words(features: Features, place: int) -> names.Words:
    codes = features.word_codes[place, :len(features.words[place])]
    return names.Words(features.words[place], tuple(features.word_bits[codes].tolist()),
                       tuple(features.word_counts[codes].tolist()))


def _near(pairs: _Pairs, features: Features, relations: np.ndarray) -> None:
    """Typing errors in the e-mail address, the street and the town, where the names agree."""
    a, b, told = pairs.first, pairs.second, pairs.told
    agree = np.isin(relations, (names.SAME, names.SIMILAR, names.SHARED_GIVEN, names.UNKNOWN))

    def settle(code: str, instead_of: str, where: np.ndarray, more: np.ndarray | float) -> None:
        told[code] = told.get(code, np.zeros(len(a), dtype=bool)) | where
        told[instead_of] = told[instead_of] & ~where
        pairs.bits = pairs.bits + np.where(where, more, 0.0)

    def nearly(asked: np.ndarray, texts: np.ndarray) -> np.ndarray:
        found = asked.copy()
        found[asked] = _nearly_equal(texts[a[asked]], texts[b[asked]])
        return found

    settle("similar_email", "other_email", nearly(agree & told["other_email"], features.emails),
           NEARLY_SAME_EMAIL - OTHER_EMAIL)
    one_house = agree & _equal(features.house, a, b) & ~told["same_address"]
    settle("similar_address", "other_city", nearly(one_house & told["other_city"], features.cities),
           NEAR_ADDRESS_BITS - OTHER_CITY)
    settle("similar_address", "other_address", one_house & told["same_city"], NEAR_ADDRESS_BITS - OTHER_ADDRESS)
    streets = agree & told["same_postal_code"] & (features.numbers[a] == features.numbers[b])
    street = nearly(streets & (features.street[a] >= 0) & (features.street[b] >= 0), features.streets)
    settle("similar_address", "other_address", street, NEAR_ADDRESS_BITS - np.where(told["other_address"], OTHER_ADDRESS, 0))


def _nearly_equal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Up to ERRORS letters apart, with the same figures: anna12 and anna13 are two people."""
    if not len(one):
        return np.zeros(0, dtype=bool)
    near = cpdist(one, other, scorer=OSA.distance, score_cutoff=ERRORS) <= ERRORS
    for place in np.flatnonzero(near):
        x, y = one[place], other[place]
        near[place] = min(len(x), len(y)) >= LONG_TEXT and _NOT_DIGITS.sub("", x) == _NOT_DIGITS.sub("", y)
    return near


def _at_most(pairs: _Pairs, relations: np.ndarray) -> np.ndarray:
    """The highest score that the names allow."""
    told = pairs.told
    own_mail = told["same_email"] | told["same_mailbox"]
    married = (relations == names.SHARED_GIVEN) & own_mail
    family = np.isin(relations, (names.SHARED_GIVEN, names.SHARED_OTHER)) & ~married
    others = np.zeros(len(relations), dtype=bool)
    for code in REASONS:
        if code not in ("same_name", "similar_name", "shared_email", "shared_phone"):
            others = others | told[code]
    return np.select([relations == names.DIFFERENT, family, ~others],
                     [DIFFERENT_NAMES_AT_MOST, FAMILY_AT_MOST, NAME_ALONE_AT_MOST], 1.0)


def _told(pairs: _Pairs, likely: np.ndarray) -> pd.DataFrame:
    def codes(which: tuple[str, ...]) -> list[tuple[str, ...]]:
        columns = [pairs.told.get(code, np.zeros(len(likely), dtype=bool)) for code in which]
        return [tuple(code for code, told in zip(which, row, strict=True) if told) for row in zip(*columns, strict=True)]

    return pd.DataFrame({"first": pairs.first, "second": pairs.second, "score": likely.astype(float),
                         "reasons": pd.Series(codes(REASONS), dtype=object),
                         "against": pd.Series(codes(AGAINST), dtype=object)})


def _equal(codes: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (codes[a] == codes[b]) & (codes[a] >= 0)


def _unequal(codes: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (codes[a] != codes[b]) & (codes[a] >= 0) & (codes[b] >= 0)
