"""Which of their columns is which of ours? By the user's word, by a guess, or by name where it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from crm.errors import InvalidInput
from crm.imports import kinds
from crm.imports.kinds import CUSTOM, ITEM, LEFT_OUT, Kind
from crm.imports.vocabulary import NAMES, ORDER_TOTALS, normalised

_WORDS = {  # of fields that a kind needs; others are called by their own names
    "order_number": "an order number",
    "ordered_at": "a date",
    "product_code": "a product (code or name)",
    "product_name": "a product (code or name)",
    "unit_price": "a price",
    "amount": "an amount",
    "customer_code": "a customer (code, name, company or e-mail)",
    "customer_name": "a customer (code, name, company or e-mail)",
    "customer_email": "a customer (code, name, company or e-mail)",
    "first_name": "a customer (code, name, company or e-mail)",
    "last_name": "a customer (code, name, company or e-mail)",
    "company": "a customer (code, name, company or e-mail)",
    "paid_on": "a date of payment",
    "deal_code": "a deal (its code or title)",
    "title": "a deal (its code or title)",
    "stage": "a stage",
    "opened_at": "a date of opening",
    "subject": "a subject",
    "body": "a text",
    "ticket_code": "a ticket number",
    "happened_at": "a date",
    "score": "a score",
    "answered_at": "a date of the answers",
    "item": "at least one column of answers",
    "campaign_name": "a campaign's name",
}
_FILES = {
    "order_lines": "Order lines", "orders": "Orders", "customers": "Customers", "products": "Products",
    "payments": "Payments", "deals": "Deals", "tickets": "Tickets", "interactions": "Contacts with customers",
    "answers_long": "Survey answers", "answers_wide": "Survey answers", "campaign_results": "Results of campaigns",
}


@dataclass(frozen=True)
class ColumnMap:
    """`columns` is {ours: theirs}; `left_out` their columns that nothing is taken from, in the file's order.

    custom: their columns that become custom fields; items: their columns that are items of a survey, one each;
    constants: {ours: text}, the same on every line.
    """

    columns: dict[str, str]
    left_out: tuple[str, ...]
    custom: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)


def map_columns(theirs: Sequence[str], *, kind: str = "order_lines", overrides: Mapping[str, str] | None = None,
                constants: Mapping[str, str] | None = None, guessed: Mapping[str, str] | None = None) -> ColumnMap:
    """Find the kind's fields among their columns.

    overrides is {theirs: ours}, where ours is a field of the kind, CUSTOM, ITEM or LEFT_OUT, and wins over all;
    guessed is the same for the columns that overrides does not speak of, and None takes them by their known names.
    A constant {ours: text} fills a field on every line, and then no guessed column does.

    Raises InvalidInput for a column that the file does not have, a field that the kind does not have, two columns
    for one field, or when something that each line needs is missing.
    """
    known = kinds.of(kind)
    fixed = _checked_constants(known, constants or {})
    chosen = _checked(theirs, known, overrides or {}, of_the_user=True)
    _refuse_twice(known, chosen, fixed)
    if guessed is None:
        targets = chosen | _by_name(theirs, known, chosen, fixed)
    else:
        targets = chosen | _by_guess(theirs, known, guessed, chosen, fixed)
    names = {name: targets.get(name, LEFT_OUT) for name in theirs}
    columns = {ours: name for name, ours in names.items() if ours and not _is_many(known, ours)}
    found = ColumnMap(
        {ours: columns[ours] for ours in known.fields if ours in columns},
        tuple(name for name, ours in names.items() if ours == LEFT_OUT),
        tuple(name for name, ours in names.items() if ours == CUSTOM),
        tuple(name for name, ours in names.items() if ours == ITEM and _is_many(known, ours)),
        fixed,
    )
    missing = missing_needs(known.key, found)
    if missing:
        raise InvalidInput(_missing_sentence(known, missing, found), field="overrides")
    return found


def missing_needs(kind: str, columns: ColumnMap) -> list[tuple[str, ...]]:
    """The groups of fields of which each line needs one and has none, in the kind's order."""
    known = kinds.of(kind)
    filled = {*columns.columns, *columns.constants, *([ITEM] if columns.items else [])}
    required = [(ours,) for ours, field_ in known.fields.items() if field_.required and (ours,) not in known.needs]
    return [group for group in (*known.needs, *required) if not filled & set(group)]


def _is_many(kind: Kind, ours: str) -> bool:
    """Whether several columns may be mapped to it."""
    return ours == CUSTOM or (ours == ITEM and kind.key == "answers_wide")


def _checked_constants(kind: Kind, constants: Mapping[str, str]) -> dict[str, str]:
    fixed = {}
    for ours, text in constants.items():
        if ours not in kind.fields or _is_many(kind, ours):
            raise InvalidInput(f"“{ours}” cannot be the same on every line; possible are: "
                               f"{', '.join(name for name in kind.fields if not _is_many(kind, name))}.",
                               field="constants")
        if text.strip():
            fixed[ours] = text.strip()
    return fixed


def _checked(theirs: Sequence[str], kind: Kind, given: Mapping[str, str], *, of_the_user: bool) -> dict[str, str]:
    """{the file's own spelling: ours} of what was chosen. A guess may be of columns that are no longer there."""
    by_plain = {normalised(name) or name: name for name in reversed(theirs)}
    chosen: dict[str, str] = {}
    for name, ours in given.items():
        found = name if name in theirs else by_plain.get(normalised(name))
        ours = ours.strip()
        is_field = ours in kind.fields or ours in (CUSTOM, LEFT_OUT)
        if of_the_user and found is None:
            raise InvalidInput(f"The file has no column “{name}”; it has: {', '.join(theirs)}.", field="overrides")
        if of_the_user and not is_field:
            raise InvalidInput(
                f"“{ours}” is no column that can be filled; possible are: {', '.join(kind.fields)}.",
                field="overrides",
            )
        if found is not None and is_field:
            chosen[found] = ours
    return chosen


def _refuse_twice(kind: Kind, chosen: Mapping[str, str], constants: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for ours in chosen.values():
        if ours == LEFT_OUT or _is_many(kind, ours):
            continue
        if ours in constants:
            raise InvalidInput(f"{ours} is given both by a column and as the same for every line; choose one of them.",
                               field="constants")
        if ours in seen:
            raise InvalidInput(f"Two columns are mapped to {ours}; only one can fill it.", field="overrides")
        seen.add(ours)


def _by_name(theirs: Sequence[str], kind: Kind, chosen: Mapping[str, str],
             constants: Mapping[str, str]) -> dict[str, str]:
    taken = {*chosen.values(), *constants}
    plain = {normalised(name): name for name in reversed(theirs) if name not in chosen}
    columns: dict[str, str] = {}
    for ours, synonyms in _known_names(kind.key).items():
        if ours not in taken:
            found = next((plain.pop(synonym) for synonym in synonyms if synonym in plain), None)
            if found is not None:
                columns[ours] = found
    if "amount" in columns and is_order_total(kind.key, columns["amount"], {*columns, *taken}):
        del columns["amount"]
    return {name: ours for ours, name in columns.items()}


def _by_guess(theirs: Sequence[str], kind: Kind, guessed: Mapping[str, str], chosen: Mapping[str, str],
              constants: Mapping[str, str]) -> dict[str, str]:
    taken = {ours for ours in chosen.values() if ours and not _is_many(kind, ours)} | {*constants}
    targets: dict[str, str] = {}
    for name, ours in _checked(theirs, kind, guessed, of_the_user=False).items():
        if name in chosen or ours in taken:
            continue
        targets[name] = ours
        if ours and not _is_many(kind, ours):
            taken.add(ours)
    return targets


def is_order_total(kind: str, name: str, filled: set[str]) -> bool:
    """Whether an amount's name says that it is the whole order's, on lines that have a price and a quantity anyway."""
    return (kind == "order_lines" and {"quantity", "unit_price"} <= filled
            and bool({"product_code", "product_name"} & filled)
            and normalised(name) in {normalised(total) for total in ORDER_TOTALS})


@cache
def _known_names(kind: str) -> dict[str, list[str]]:
    """Ours, in the vocabulary's order: the more telling fields choose first."""
    return {ours: [normalised(name) for name in names] for ours, names in NAMES[kind].items()}


def _missing_sentence(kind: Kind, missing: list[tuple[str, ...]], found: ColumnMap) -> str:
    groups = [" or ".join(dict.fromkeys(_WORDS.get(ours, ours) for ours in group)) for group in missing]
    recognised = ", ".join(f"“{name}” as {ours}" for ours, name in found.columns.items()) or "nothing"
    unknown = ", ".join(f"“{name}”" for name in found.left_out) or "nothing"
    example = f"{found.left_out[0] if found.left_out else 'their column'} = {missing[0][0]}"
    return (
        f"{_FILES[kind.key]} need {'; '.join(groups)}: no column is known to hold that. "
        f"Recognised: {recognised}. Not recognised: {unknown}. "
        f"Name the column yourself, such as: {example}, or give what is the same on every line. "
        f"Possible are: {', '.join(kind.fields)}."
    )
