"""Who is named with whom? Customers with their companies, and the custom fields that name another customer."""

import re

import pandas as pd
from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from crm.models import Customer

# Names of custom fields as files call them, folded as _folded does; anything else is no name of a customer.
RELATIONS = {
    "parent": frozenset((
        "subsidiary_of", "parent", "parent_company", "parent_account", "parent_customer", "parent_code", "parent_id", "parent_name",
        "belongs_to", "part_of", "owned_by", "mother_company", "holding_company", "gehört_zu", "gehoert_zu",
        "tochter_von", "muttergesellschaft")),
    "referrer": frozenset((
        "referred_by", "brought_by", "recommended_by", "introduced_by", "referrer", "referrer_code", "referrer_name",
        "referring_customer", "empfohlen_von", "geworben_von")),
}
# What each of them holds: the database picks the few rows out, so that not every field of everybody travels.
_STEMS = ("parent", "subsidiary", "belong", "part", "owned", "mother", "holding", "geh", "tochter", "mutter", "refer",
          "brought", "recommended", "introduced", "empfohlen", "geworben")
_GAPS = re.compile(r"[\W_]+")


def written_links(session: Session) -> pd.DataFrame:
    """One row a custom field that names another customer or a company: customer_id, relation ("parent", "referrer"),
    named (the text)."""
    fields = cast(Customer.custom_fields, Text)
    # SQLite's LIKE folds ASCII by itself; told to, it would fold every text once for each stem, five times as long.
    holds = fields.like if session.get_bind().dialect.name == "sqlite" else fields.ilike
    rows = session.execute(select(Customer.id, Customer.custom_fields).where(
        Customer.deleted_at.is_(None), fields.not_in(("{}", "null")),
        or_(*(holds(f"%{stem}%") for stem in _STEMS))).order_by(Customer.id)).all()
    found = [(customer_id, relation, str(content).strip())
             for customer_id, contents in rows for name, content in (contents or {}).items()
             for relation, names in RELATIONS.items()
             # A code may be all digits; a day, a yes or a fraction names nobody.
             if _folded(name) in names and type(content) in (str, int) and str(content).strip()]
    return pd.DataFrame(found, columns=["customer_id", "relation", "named"]).astype(
        {"customer_id": "int64", "relation": "str", "named": "str"})


def _folded(name: str) -> str:
    return _GAPS.sub("_", name.casefold()).strip("_")
