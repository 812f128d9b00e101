"""Who are the customers? What is kept of them, and who brought whom."""

import re
from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from crm.frames import reading
from crm.models import Customer, Referral

GROUPED_BY = ("kind", "country", "region", "channel", "gender", "education")
NUMERIC_SHARE = 0.95  # of a custom field's contents are numbers: a stray "unknown" makes no text of the others
FEWEST_NUMBERS = 3  # different ones; with fewer it is a yes and no
DAY_SHARE = 0.95  # of a custom field's contents are days, for the same reason
_CLOCK = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})[-/.年](?P<month>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?{_CLOCK}")
_DAY_FIRST, _MONTH_FIRST = (re.compile(rf"(?P<{first}>\d{{1,2}})[-/](?P<{second}>\d{{1,2}})[-/](?P<year>\d{{4}}){_CLOCK}")
                            for first, second in (("day", "month"), ("month", "day")))
_DOTTED = re.compile(rf"(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?(?P<year>\d{{4}}){_CLOCK}")  # nobody writes months first
_WRITTEN_DAYS = (_YEAR_FIRST, _DOTTED, _DAY_FIRST, _MONTH_FIRST)
_TURNED = {_DAY_FIRST: _MONTH_FIRST, _MONTH_FIRST: _DAY_FIRST}
_NO_DAY = frozenset(("-", "–", "—", "n/a", "na", "none", "null", "open", "never", "0000-00-00"))  # it has not come
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
    custom = {f"custom.{name}": numbers for name, known in _custom_contents(session).items()
              if (numbers := _as_numbers(known)) is not None}
    return frame.assign(**{name: frame["customer_id"].map(numbers).astype("float64")
                           for name, numbers in custom.items()})


def customer_fields(session: Session) -> pd.DataFrame:
    """One row a customer with everything that is kept of customers and could tell something, as recorded today.

    customer_id int64; since_on datetime64[us]; str (missing: NaN): kind, channel, country, region, city, stage, gender,
    education; float64: birth_year, yearly_income (in the currency); then "custom.<name>", by name, for each custom field that
    anybody has, told by its contents: float64 where these are numbers (as in customer_numbers), datetime64[us] where they are
    days (2024-05-31, 31.5.2024, 5/31/2024, 2024年5月31日; where all of them could be read day first and month first, they stay
    text), str otherwise (a yes and no of the records' own is "yes" or "no").
    """
    texts = ("kind", "channel", "country", "region", "city", "stage", "gender", "education")
    frame = reading.read(session, select(
        Customer.id, Customer.since_on, *(getattr(Customer, name) for name in texts), Customer.birth_year,
        Customer.yearly_income_e4).where(Customer.deleted_at.is_(None)).order_by(Customer.id),
        customer_id=reading.whole, since_on=reading.moments, **dict.fromkeys(texts, reading.text),
        birth_year=reading.numbers, yearly_income=reading.money)
    custom = {f"custom.{name}": _typed(known) for name, known in _custom_contents(session).items()}
    return frame.assign(**{name: column.reindex(frame["customer_id"]).to_numpy() if column.dtype.kind in "fM"
                           else column.reindex(frame["customer_id"]).array for name, column in custom.items()})


def _custom_contents(session: Session) -> dict[str, dict[int, object]]:
    """Custom field by name: who has it, and what it says."""
    rows = session.execute(select(Customer.id, Customer.custom_fields).where(
        Customer.deleted_at.is_(None), cast(Customer.custom_fields, Text).not_in(("{}", "null")))).all()
    contents: dict[str, dict[int, object]] = {}
    for customer_id, fields in rows:
        for name, content in (fields or {}).items():
            contents.setdefault(name, {})[customer_id] = content
    return dict(sorted(contents.items()))


def _typed(known: dict[int, object]) -> pd.Series:
    """The contents of one custom field by customer, as numbers, days or text."""
    numbers = _as_numbers(known)
    if numbers is not None:
        return pd.Series(numbers, dtype="float64")
    texts = {customer_id: text for customer_id, content in known.items() if (text := _as_text(content)) is not None}
    days = _as_days(texts)
    if days is not None:
        return pd.Series(np.array(list(days.values()), dtype="datetime64[us]"), index=list(days))
    return pd.Series(texts, dtype="str")


def _as_text(content: object) -> str | None:
    if content is None:
        return None
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    return str(content).strip() or None


def _as_days(texts: dict[int, str]) -> dict[int, date] | None:
    """The contents of one custom field as days; None where it is no field of days, or its days can be read in two ways."""
    times = Counter(text for text in texts.values() if text.casefold() not in _NO_DAY)  # each is read once, however many have it
    for parts in _WRITTEN_DAYS:
        days = {text: day for text in times if (day := _day(text, parts)) is not None}
        if times and sum(times[text] for text in days) >= DAY_SHARE * times.total():
            other = _TURNED.get(parts)
            if other is not None and all(_day(text, other) is not None for text in days):
                return None
            return {customer_id: days[text] for customer_id, text in texts.items() if text in days}
    return None


def _day(text: str, written: re.Pattern) -> date | None:
    match = written.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:  # no such day
        return None


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
