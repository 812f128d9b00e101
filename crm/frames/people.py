"""Who are the customers? What is kept of them, and who brought whom."""

import re

import pandas as pd
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from crm.frames import reading
from crm.models import Customer, Referral

GROUPED_BY = ("kind", "country", "region", "channel", "gender", "education")
NUMERIC_SHARE = 0.95  # of a custom field's contents are numbers: a stray "unknown" makes no text of the others
FEWEST_NUMBERS = 3  # different ones; with fewer it is a yes and no
_WRITTEN_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:[.]\d+|,\d{1,2})?")  # no codes with leading zeros, no 1,234


def customers(session: Session) -> pd.DataFrame:
    """One row a customer: customer_id, code, name, company, kind, channel, country, region, stage, birth_year, gender."""
    columns = ("code", "name", "company", "kind", "channel", "country", "region", "stage", "gender")
    return reading.read(session, select(Customer.id, *(getattr(Customer, name) for name in columns), Customer.birth_year)
                 .where(Customer.deleted_at.is_(None)).order_by(Customer.id),
                 customer_id=reading.whole, **dict.fromkeys(columns, reading.text), birth_year=reading.numbers)


def referrals(session: Session) -> pd.DataFrame:
    """One row a customer whom another brought: referrer_id, referred_id, referred_on (NaT: not known)."""
    kept = select(Customer.id).where(Customer.deleted_at.is_(None))
    return reading.read(session, select(Referral.referrer_id, Referral.referred_id, Referral.referred_on)
                        .where(Referral.referrer_id.in_(kept), Referral.referred_id.in_(kept)).order_by(Referral.id),
                        referrer_id=reading.whole, referred_id=reading.whole, referred_on=reading.moments)


def customer_numbers(session: Session) -> pd.DataFrame:
    """One row a customer with every number that is kept of customers, as recorded: NaN where none is.

    customer_id int64; what they can be filled in by: since_on datetime64[us], kind, country, region, channel, gender,
    education; then float64: birth_year, yearly_income (in the currency), and "custom.<name>" for each custom field whose
    contents are numbers. crm.jobs.customer_numbers gives the same with gaps filled in as the owner chose.
    """
    frame = reading.read(session, select(
        Customer.id, Customer.since_on, *(getattr(Customer, name) for name in GROUPED_BY), Customer.birth_year,
        Customer.yearly_income_e4).where(Customer.deleted_at.is_(None)).order_by(Customer.id),
        customer_id=reading.whole, since_on=reading.moments, **dict.fromkeys(GROUPED_BY, reading.text),
        birth_year=reading.numbers, yearly_income=reading.money)
    rows = session.execute(select(Customer.id, Customer.custom_fields).where(
        Customer.deleted_at.is_(None), cast(Customer.custom_fields, Text).not_in(("{}", "null")))).all()
    contents: dict[str, dict[int, object]] = {}
    for customer_id, fields in rows:
        for name, content in (fields or {}).items():
            contents.setdefault(name, {})[customer_id] = content
    custom = {f"custom.{name}": numbers for name, known in sorted(contents.items())
              if (numbers := _as_numbers(known)) is not None}
    return frame.assign(**{name: frame["customer_id"].map(numbers).astype("float64")
                           for name, numbers in custom.items()})


def _as_numbers(known: dict[int, object]) -> dict[int, float] | None:
    """The contents of one custom field as numbers; None where it is no field of numbers."""
    filled = {customer_id: content for customer_id, content in known.items() if content not in (None, "")}
    numbers = {}
    for customer_id, content in filled.items():
        if isinstance(content, (int, float)) and not isinstance(content, bool):
            numbers[customer_id] = float(content)
        elif isinstance(content, str) and _WRITTEN_NUMBER.fullmatch(content.strip()):
            numbers[customer_id] = float(content.strip().replace(",", "."))
    is_numeric = len(numbers) >= NUMERIC_SHARE * len(filled) and len(set(numbers.values())) >= FEWEST_NUMBERS
    return numbers if is_numeric else None
