"""Which of their columns is which of ours? By name where it is known, by the user's word where it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.errors import InvalidInput
from crm.imports.vocabulary import COLUMNS, ORDER_TOTALS, normalised

_KNOWN = {ours: [normalised(name) for name in names] for ours, names in COLUMNS.items()}
_WORDS = {
    "order_number": "an order number",
    "ordered_at": "a date",
    "product": "a product (code or name)",
    "amount": "a quantity and a price, or an amount",
}


@dataclass(frozen=True)
class ColumnMap:
    """`columns` is {ours: theirs}; `left_out` their columns that nothing is taken from, in the file's
    order."""

    columns: dict[str, str]
    left_out: tuple[str, ...]


def map_columns(theirs: Sequence[str], *, overrides: Mapping[str, str] | None = None) -> ColumnMap:
    """Find our columns among theirs; `overrides` is {theirs: ours}, and "" as ours leaves a column out.

    Raises InvalidInput for an override that names no column of theirs or of ours, or when what an order line
    needs (an order number, a date, a product, an amount) is missing.
    """
    chosen = _checked(theirs, overrides or {})
    columns = {ours: name for name, ours in chosen.items() if ours}
    plain = {normalised(name): name for name in reversed(theirs) if name not in chosen}
    for ours, synonyms in _KNOWN.items():
        if ours not in columns:
            found = next((plain.pop(synonym) for synonym in synonyms if synonym in plain), None)
            if found is not None:
                columns[ours] = found
    by_name = "amount" not in chosen.values() and {"quantity", "unit_price", "amount"} <= set(columns)
    if by_name and normalised(columns["amount"]) in {normalised(name) for name in ORDER_TOTALS}:
        del columns["amount"]
    used = set(columns.values())
    left_out = tuple(name for name in theirs if name not in used)
    missing = _missing(columns)
    if missing:
        raise InvalidInput(_missing_sentence(missing, columns, left_out), field="overrides")
    return ColumnMap({ours: columns[ours] for ours in COLUMNS if ours in columns}, left_out)


def _checked(theirs: Sequence[str], overrides: Mapping[str, str]) -> dict[str, str]:
    """{the file's own spelling: ours} of what the user said."""
    by_plain = {normalised(name) or name: name for name in reversed(theirs)}
    chosen: dict[str, str] = {}
    for name, ours in overrides.items():
        found = name if name in theirs else by_plain.get(normalised(name))
        if found is None:
            raise InvalidInput(
                f"The file has no column “{name}”; it has: {', '.join(theirs)}.", field="overrides"
            )
        ours = ours.strip()
        if ours and ours not in COLUMNS:
            raise InvalidInput(
                f"“{ours}” is no column that can be filled; possible are: {', '.join(COLUMNS)}.",
                field="overrides",
            )
        if ours and ours in chosen.values():
            raise InvalidInput(f"Two columns are mapped to {ours}; only one can fill it.", field="overrides")
        chosen[found] = ours
    return chosen


def _missing(columns: Mapping[str, str]) -> list[str]:
    missing = [ours for ours in ("order_number", "ordered_at") if ours not in columns]
    if "product_code" not in columns and "product_name" not in columns:
        missing.append("product")
    if "amount" not in columns and not {"quantity", "unit_price"} <= set(columns):
        missing.append("amount")
    return missing


def _missing_sentence(missing: list[str], columns: Mapping[str, str], left_out: Sequence[str]) -> str:
    targets = {"product": "product_code", "amount": "unit_price" if "quantity" in columns else "amount"}
    recognised = ", ".join(f"“{name}” as {ours}" for ours, name in columns.items()) or "nothing"
    unknown = ", ".join(f"“{name}”" for name in left_out) or "nothing"
    example = f"{left_out[0] if left_out else 'their column'} = {targets.get(missing[0], missing[0])}"
    return (
        f"Order lines need {'; '.join(_WORDS[ours] for ours in missing)}: no column is known to hold that. "
        f"Recognised: {recognised}. Not recognised: {unknown}. "
        f"Name the column yourself, such as: {example}. Possible are: {', '.join(COLUMNS)}."
    )
