"""Which column fills which field of a kind, when the columns have names?"""

import re
from dataclasses import dataclass
from functools import cache

from crm.imports.guessing.names import NAME, SIMILAR, meanings_of
from crm.imports.guessing.values import FEW_LINES, Column, agreement
from crm.imports.kinds import CUSTOM, ITEM, KINDS, LEFT_OUT
from crm.imports.mapping import is_order_total
from crm.imports.records import words
from crm.imports.vocabulary import NAMES, is_position, normalised

VALUES, NOTHING, REMEMBERED = "values", "nothing", "remembered"

BELIEVED = 0.4  # a likeness below it is no guess worth showing
MAIN_DATES = {"order_lines": "ordered_at", "orders": "ordered_at", "payments": "paid_on", "tickets": "opened_at",
              "interactions": "happened_at", "answers_long": "answered_at", "answers_wide": "answered_at"}
# Where a line is a part of an order or an answer, an unknown column is rarely a lasting trait of its customer.
_WITHOUT_CUSTOM = ("order_lines", "orders", "answers_long")
_CODES_OF_NAMES = {"customer_name": "customer_code", "product_name": "product_code"}


# Dates that are told by their names to be of something else than the record itself.
_OTHER_DATES = re.compile(
    r"(?:^|[^a-z])(?:ship|deliver|due|limit|birth|dob|born|expir|end|updat|modif|chang|approv|clos|resolv|last|next|"
    r"valid|until)|发货|到期|更新|修改|结束|生日|出生|有效|geburt|liefer|fällig")
# “Name” alone may be the name of anything; beside what tells a customer it is the customer's.
_PLAIN_NAMES = frozenset(map(normalised, ("name", "full name", "display name", "nom", "nom complet", "nombre", "姓名", "名字",
                                          "vollständiger Name", "person")))
_PARTS_OF_NAMES = frozenset(map(normalised, (*NAMES["customers"]["first_name"], *NAMES["customers"]["last_name"])))
_KINDS_OF_PLAIN_NAMES = ("tickets", "interactions", "answers_long", "answers_wide", "campaign_results")
_BARE_NAMES = ("name", "number", "no", "nr", "reference", "ref", "id")  # what shop systems call their orders


@dataclass(frozen=True)
class ColumnGuess:
    """What one of their columns is taken for: `ours` is a field, "custom", "item" or "" (left out).

    confidence: 0..1. why: "name" (a known name), "similar_name", "values", "remembered" or "nothing" (no field fits).
    """

    column: str
    ours: str
    confidence: float
    why: str


@cache
def choice_words(kind: str, ours: str) -> dict[str, str]:
    return words.meanings(kind, ours) if KINDS[kind].fields[ours].type == "choice" else {}


def assign(columns: list[Column], *, kind: str) -> dict[int, ColumnGuess]:
    """{place: guess} of the columns that fill a field of that kind, an item or a custom field; others are left out."""
    found = _by_names(columns, kind)
    _drop_order_total(columns, found, kind)
    _tell_last_name(columns, found)
    _by_values(columns, found, kind)
    _name_beside_customer(columns, found, kind)
    if kind == "answers_wide":
        _items(columns, found)
    for column in columns:
        if column.place not in found:
            found[column.place] = _rest(column, kind)
    return found


def _by_names(columns: list[Column], kind: str) -> dict[int, ColumnGuess]:
    candidates = []
    for column in columns:
        if is_position(column.name):
            continue
        for meaning in meanings_of(column.name, kind=kind):
            if meaning.why == SIMILAR and meaning.ours == MAIN_DATES.get(kind) and _is_other_date(column.name):
                continue
            says = _agreement(column, meaning.ours, kind)
            ours, why = meaning.ours, meaning.why
            other = _CODES_OF_NAMES.get(ours)
            if says == 0.0 and other and _agreement(column, other, kind) and column.code_share >= 0.5:
                # A column “Customer” or “Product” that holds numbers holds their codes.
                ours, says, why = other, 0.8, VALUES
            confidence = meaning.likeness * says * (0.98 if why == NAME else 1.0)
            if confidence >= BELIEVED:
                # Among columns that mean the same, the earlier name of the vocabulary wins.
                rank = (-meaning.likeness, meaning.place, -says, column.place)
                candidates.append((rank, column, ours, confidence, why))
    found: dict[int, ColumnGuess] = {}
    filled: set[str] = set()
    for _, column, ours, confidence, why in sorted(candidates, key=lambda each: each[0]):
        if column.place not in found and ours not in filled:
            found[column.place] = ColumnGuess(column.name, ours, round(confidence, 3), why)
            filled.add(ours)
    return found


def _is_other_date(name: str) -> bool:
    return _OTHER_DATES.search(re.sub("([A-Z])", r" \1", name).casefold()) is not None


def _agreement(column: Column, ours: str, kind: str) -> float:
    field = KINDS[kind].fields.get(ours)
    return 0.0 if field is None else agreement(column, ours, field, choice_words(kind, ours))


def _drop_order_total(columns: list[Column], found: dict[int, ColumnGuess], kind: str) -> None:
    filled = {guess.ours for guess in found.values()}
    for place, guess in list(found.items()):
        if guess.ours == "amount" and is_order_total(kind, columns[place].name, filled):
            del found[place]


def _tell_last_name(columns: list[Column], found: dict[int, ColumnGuess]) -> None:
    """Beside first names, a column “Name” that does not repeat them holds last names."""
    places = {guess.ours: place for place, guess in found.items()}
    if "first_name" not in places or "customer_name" not in places or "last_name" in places:
        return
    place = places["customer_name"]
    if columns[place].average_words < 1.5 and normalised(columns[place].name) == "name":
        found[place] = ColumnGuess(columns[place].name, "last_name", 0.8, VALUES)


def _name_beside_customer(columns: list[Column], found: dict[int, ColumnGuess], kind: str) -> None:
    """A column “Name” beside an e-mail address or another column of a customer is the customer's name."""
    filled = {guess.ours for guess in found.values()}
    if (kind not in _KINDS_OF_PLAIN_NAMES or "customer_name" in filled
            or not filled & {"customer_email", "customer_code", "company"}):
        return
    called = [column for column in columns if column.place not in found and normalised(column.name) in _PLAIN_NAMES]
    parts = [column for column in columns if normalised(column.name) in _PARTS_OF_NAMES]
    # Beside first names it holds last names only, and no whole name.
    if len(called) == 1 and all(part is called[0] for part in parts):
        says = _agreement(called[0], "customer_name", kind)
        if called[0].texts and says >= BELIEVED:
            found[called[0].place] = ColumnGuess(called[0].name, "customer_name", round(0.9 * says, 3), NAME)


def _by_values(columns: list[Column], found: dict[int, ColumnGuess], kind: str) -> None:
    """What no name tells but the texts do: addresses, countries, a stage's words, the only date."""
    fields = KINDS[kind].fields
    filled = {guess.ours for guess in found.values()}

    def take(ours: str, confidence: float, says) -> None:
        fits = [column for column in columns if column.place not in found and column.texts and says(column)]
        if ours in fields and ours not in filled and fits:
            found[fits[0].place] = ColumnGuess(fits[0].name, ours, confidence, VALUES)
            filled.add(ours)

    take("customer_email", 0.9, lambda column: column.email_share >= 0.8)
    take("customer_phone", 0.6, lambda column: column.phone_share >= 0.9 and column.number_share < 0.5
         and column.date_share < 0.5 and column.distinct_share >= 0.5)
    take("country", 0.7, lambda column: column.country_share >= 0.8 and column.distinct >= 2)
    if kind in MAIN_DATES:
        take(MAIN_DATES[kind], 0.5, lambda column: column.date_share >= 0.9 and column.number_share < 0.5
             and not _is_other_date(column.name))
    if kind in ("order_lines", "orders"):
        take("order_number", 0.6, lambda column: normalised(column.name) in _BARE_NAMES and column.code_share >= 0.9
             and column.filled == len(column.codes))
    if kind == "answers_wide":
        take("comment", 0.6, lambda column: column.name.rstrip().endswith(("?", "？")) and column.average_words >= 2
             and column.letters_share >= 0.5)
    if kind == "deals":
        stages = choice_words(kind, "stage")
        take("stage", 0.7, lambda column: column.distinct >= 2 and column.known_share(stages) >= 0.8)


def _items(columns: list[Column], found: dict[int, ColumnGuess]) -> None:
    """Columns that share one short scale are a survey's items, and so is its verdict in words."""
    scales = {column.place: column.scale() for column in columns if column.place not in found}
    tops = [scale[1] for scale in scales.values() if scale]
    common = max(set(tops), key=tops.count, default=None)
    together = tops.count(common) >= 3
    _flat_items(columns, found, scales, common if together else None)
    for column in columns:
        scale = scales.get(column.place)
        if scale and together and scale[1] == common:
            found[column.place] = ColumnGuess(column.name, ITEM, 0.85, VALUES)
        elif scale and together and len(column.codes) < 10 * FEW_LINES and scale[1] == common - 1:
            # In a short file nobody may have given the highest answer.
            found[column.place] = ColumnGuess(column.name, ITEM, 0.6, VALUES)
        elif scale and _asks(column.name):
            found[column.place] = ColumnGuess(column.name, ITEM, 0.8, SIMILAR)
    if any(guess.ours == ITEM for guess in found.values()):
        for column in columns:
            if column.place not in found and column.verdict_share >= 0.9:
                found[column.place] = ColumnGuess(column.name, ITEM, 0.6, VALUES)


def _flat_items(columns: list[Column], found: dict[int, ColumnGuess], scales: dict[int, tuple[int, int] | None],
                common: int | None) -> None:
    """Where nearly all gave one answer, the scale does not show: statements with small numbers, beside a date of answers."""
    if not any(guess.ours == "answered_at" for guess in found.values()):
        return
    flat = [column for column in columns if column.place in scales and scales[column.place] is None
            and _is_statement(column.name) and 1 <= column.distinct <= 2 and column.whole_share == 1.0
            and column.numbers.min() >= 0 and 2 <= column.numbers.max() <= (common or 10)]
    highest = [column.numbers.max() for column in flat]
    # Other small numbers, such as visits and complaints of a year, rarely come to the same.
    if common is not None or len(flat) >= _FEWEST_FLAT and max(highest) - min(highest) <= 1:
        for column in flat:
            found[column.place] = ColumnGuess(column.name, ITEM, 0.6, VALUES)


_COUNTS = re.compile(r"\s*(?:number|count|how many|years|days|hours|times|anzahl|wie viele|nombre|combien|n[úu]mero|cu[áa]nt)")
_FEWEST_FLAT = 3  # statements with one answer in all lines that are a survey's items together


def _is_statement(name: str) -> bool:
    """Whether a column's name is a sentence: three words, a question, or as long in Chinese; a count is none."""
    if _COUNTS.match(name.casefold()):
        return False
    return (len(name.split()) >= 3 or name.rstrip().endswith(("?", "？"))
            or (not name.isascii() and len(re.findall(r"[\u4e00-\u9fff]", name)) >= 5))


_ASKS = ("satisf", "howlikely", "recommend", "rate", "rating", "score", "nps", "csat", "howeasy", "howwould", "agree",
         "满意", "评分", "推荐", "zufrieden", "bewert", "empfehl")


def _asks(name: str) -> bool:
    """Whether a column's name is a question for an answer on a scale."""
    plain = normalised(name)
    return any(word in plain for word in _ASKS)


def _rest(column: Column, kind: str) -> ColumnGuess:
    if not column.texts or column.is_running:
        return ColumnGuess(column.name, LEFT_OUT, 0.9, NOTHING)
    # A custom field needs a name.
    if column.is_constant or kind in _WITHOUT_CUSTOM or is_position(column.name):
        return ColumnGuess(column.name, LEFT_OUT, 0.6, NOTHING)
    return ColumnGuess(column.name, CUSTOM, 0.6, NOTHING)
