"""Which value does each field get when two customers become one? Proposed by rule, chosen by the owner."""

import re
from dataclasses import dataclass
from datetime import datetime

from crm.errors import InvalidInput
from crm.models import Customer
from crm.services.search import fold

PLACE = ("address", "postal_code", "city", "region", "country")  # one address; half of each would be nobody's
STAGES_UPWARDS = ("lead", "prospect", "former", "customer")
# As the owner sees them; "address" stands for all of PLACE.
FIELDS = ("name", "company", "kind", "email", "phone", "address", "stage", "since_on", "channel", "birth_year", "gender",
          "yearly_income_e4", "education", "note", "tags", "custom_fields", "email_consent")
FOLLOWS = ("tags", "custom_fields", "email_consent")  # nothing to choose: everything is kept, the stricter consent counts
CHOOSABLE = frozenset(FIELDS) - frozenset(FOLLOWS)
_TOLD_IN_NOTE = ("name", "company", "email", "phone", "address")


@dataclass(frozen=True)
class MergeField:
    """One field on both sides. `source`: "same" on both, "keep", "other", "both" (joined), or "blank" on both.

    `keep`, `other` and `merged` are as the database holds them; an address is one text, tags are a tuple. `differs`: both
    say something, and not the same, so that the owner may choose between them where `can_choose`.
    """

    name: str
    keep: object
    other: object
    merged: object
    source: str
    can_choose: bool
    differs: bool


def merged_fields(keep: Customer, other: Customer, *, keep_tags: tuple[str, ...], other_tags: tuple[str, ...],
                  choices: dict[str, str] | None = None) -> list[MergeField]:
    """All FIELDS in their sequence. `choices`: {field: "keep" | "other"}, for the note also "both".

    Raises InvalidInput for what cannot be chosen.
    """
    choices = dict(choices or {})
    for field, side in choices.items():
        if field not in CHOOSABLE or side not in ("keep", "other", *(["both"] * (field == "note"))):
            raise InvalidInput(f"The field “{field}” cannot be taken from “{side}”; leave that choice out.", field=field)
    sides = {field: choices.get(field) or _proposed(field, keep, other) for field in FIELDS if field in CHOOSABLE}
    found = [_chosen(field, keep, other, side) for field, side in sides.items() if field != "note"]
    email = next(field.merged for field in found if field.name == "email")
    notes = {"keep": keep.note, "other": other.note, "both": _notes(keep, other, sides)}[sides["note"]]
    found.append(_joined("note", keep.note, other.note, notes, can_choose=keep.note != other.note))
    found.append(_joined("tags", keep_tags, other_tags, tuple(sorted({*keep_tags, *other_tags}))))
    found.append(_joined("custom_fields", keep.custom_fields, other.custom_fields, _custom(keep, other)))
    found.append(_joined("email_consent", keep.email_consent, other.email_consent, _consent(keep, other, email)[0]))
    return found


def contents(keep: Customer, other: Customer, fields: list[MergeField]) -> dict:
    """The columns of the kept customer after merging, but for its tags."""
    merged = {field.name: field for field in fields}
    columns = {name: merged[name].merged for name in FIELDS if name not in ("address", "tags")}
    owner = other if merged["address"].source == "other" else keep
    columns |= {name: getattr(owner, name) for name in PLACE}
    columns["email_consent_at"] = _consent(keep, other, columns["email"])[1]
    return columns


def shown(customer: Customer, field: str):
    """One side's value of a field of FIELDS."""
    if field == "address":
        town = " ".join(filter(None, (customer.postal_code, customer.city)))
        return ", ".join(filter(None, (customer.address, town, customer.region, customer.country))) or None
    return getattr(customer, field)


def _proposed(field: str, keep: Customer, other: Customer) -> str:
    one, two = shown(keep, field), shown(other, field)
    if field == "note":
        return "both"
    if one is None or two is None:
        return "keep" if two is None else "other"
    if field == "address":
        return "other" if _says_less(keep, other) and not _alike(one, two) else "keep"
    if field == "stage":
        return "keep" if STAGES_UPWARDS.index(one) >= STAGES_UPWARDS.index(two) else "other"
    if field == "since_on":
        return "keep" if one <= two else "other"
    return "keep"


def _notes(keep: Customer, other: Customer, sides: dict[str, str]) -> str | None:
    """Both notes, and what is taken from neither side, so that an old address can still be read."""
    lines = list(dict.fromkeys(note for note in (keep.note, other.note) if note))
    left = []
    for field in _TOLD_IN_NOTE:
        one, two = shown(keep, field), shown(other, field)
        lost = two if sides[field] == "keep" else one
        if lost and _differ(field, keep, other) and _core(field, one) != _core(field, two):
            left.append(lost)
    if left:
        lines.append(f"Also: {'; '.join(left)} (merged with {other.code}).")
    return "\n".join(lines) or None


def _core(field: str, text: str) -> list[str]:
    """What is worth noting of it: not another sequence of the same words, nor another way to write a phone number."""
    if field == "phone":
        return ["".join(filter(str.isdigit, text))[-8:]]
    return sorted(re.findall(r"\w+", fold(text)))


def _custom(keep: Customer, other: Customer) -> dict:
    """Everything of both; where they differ, the other's value beside the kept one, under the other's code."""
    merged = dict(keep.custom_fields or {})
    for name, content in (other.custom_fields or {}).items():
        if name not in merged:
            merged[name] = content
        elif not _alike(merged[name], content):
            merged[f"{name} ({other.code})"] = content
    return merged


def _consent(keep: Customer, other: Customer, email: str | None) -> tuple[bool | None, datetime | None]:
    """A no counts, whoever said it; a yes only for the address that it was given for."""
    said = [(side.email_consent, side.email_consent_at, side.email) for side in (keep, other)]
    for wanted in (False, True):
        moments = [moment for consent, moment, _ in said if consent is wanted]
        if not moments:
            continue
        if wanted and not any(consent is True and fold(address) == fold(email) for consent, _, address in said):
            return None, None
        return wanted, max((moment for moment in moments if moment is not None), default=None)
    return None, None


def _chosen(name: str, keep: Customer, other: Customer, side: str) -> MergeField:
    one, two = shown(keep, name), shown(other, name)
    if _alike(one, two) or (name == "email" and one and two and fold(one) == fold(two)):
        return MergeField(name, one, two, one, "same" if one is not None else "blank", False, False)
    return MergeField(name, one, two, one if side == "keep" else two, side, True, _differ(name, keep, other))


def _joined(name: str, keep, other, merged, *, can_choose: bool = False) -> MergeField:
    blank = (None, "", (), {})
    if keep == other == merged:
        source = "same" if merged not in blank else "blank"
    else:
        source = "keep" if merged == keep else "other" if merged == other else "both"
    return MergeField(name, keep, other, merged, source, can_choose,
                      keep != other and keep not in blank and other not in blank)


def _differ(name: str, keep: Customer, other: Customer) -> bool:
    one, two = shown(keep, name), shown(other, name)
    if one is None or two is None or _alike(one, two) or (name == "email" and fold(one) == fold(two)):
        return False
    return name != "address" or not (_says_less(keep, other) or _says_less(other, keep))


def _says_less(one: Customer, other: Customer) -> bool:
    """Whether all that is known of the one's address stands in the other's as well."""
    return all(fold(getattr(one, name)) == fold(getattr(other, name)) for name in PLACE if getattr(one, name))


def _alike(one, two) -> bool:
    if isinstance(one, str) and isinstance(two, str):
        return " ".join(one.split()) == " ".join(two.split())
    return one == two
