"""What is this workspace called, in which currency and time zone does it count, and what is today there?"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.db.revisions import note_change
from crm.errors import InvalidInput
from crm.models import Order, Setting
from crm.models.counting import DEFAULT_CURRENCY, counts
from crm.services import audit

DEFAULT_TIME_ZONE = "UTC"
STALE_AFTER_DAYS = 90  # a data set that ended longer ago is history: its own last day is its "today"


@dataclass(frozen=True)
class Company:
    """The workspace's own words: `currency` is ISO 4217, `time_zone` an IANA name."""

    name: str
    currency: str
    time_zone: str


def read(session: Session, name: str, default=None):
    """One setting, or `default` where it was never written."""
    found = session.get(Setting, name)
    return default if found is None else found.content


def write(session: Session, name: str, content) -> None:
    """Write one setting; its content is anything that JSON holds."""
    session.merge(Setting(name=name, content=content))


def company(session: Session) -> Company:
    """The company's name, currency and time zone, with defaults where nothing was said yet."""
    rows = dict(session.execute(select(Setting.name, Setting.content).where(
        Setting.name.in_(("company_name", "currency", "time_zone")))).all())
    return Company(rows.get("company_name", "My company"), rows.get("currency", DEFAULT_CURRENCY),
                   rows.get("time_zone", DEFAULT_TIME_ZONE))


def checked(*, name: str, currency: str, time_zone: str) -> Company:
    """The three, tidied. Raises InvalidInput for an empty name, a currency that is not three letters, or an unknown
    time zone."""
    name, currency = name.strip(), currency.strip().upper()
    if not name:
        raise InvalidInput("Give your company a name.", field="name")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise InvalidInput(f"“{currency}” is no currency code; use three letters, such as EUR or USD.",
                           field="currency")
    if time_zone not in available_timezones():
        raise InvalidInput(f"“{time_zone}” is no time zone; use a name such as Europe/Berlin.", field="time_zone")
    return Company(name, currency, time_zone)


def save_company(session: Session, *, name: str, currency: str, time_zone: str) -> None:
    """Set the three; orders without a currency of their own count in this one. Raises InvalidInput as `checked` does."""
    old, new = company(session), checked(name=name, currency=currency, time_zone=time_zone)
    for setting, field in (("company_name", "name"), ("currency", "currency"), ("time_zone", "time_zone")):
        write(session, setting, getattr(new, field))
    if old.currency != new.currency:
        note_change(session, Order.__table__)  # orders without a currency of their own change theirs
    audit.record(session, "company", None, "updated",
                 {field: (getattr(old, field), getattr(new, field)) for field in ("name", "currency", "time_zone")
                  if getattr(old, field) != getattr(new, field)})


def today(session: Session) -> date:
    """The calendar day in the workspace's time zone."""
    return datetime.now(ZoneInfo(company(session).time_zone)).date()


def as_of(session: Session) -> date:
    """The last day that counts unless the user says otherwise: today, or the last order's where that is long ago."""
    here = today(session)
    last = session.scalar(select(func.max(Order.ordered_at)).where(counts(session)))
    return last.date() if last is not None and (here - last.date()).days > STALE_AFTER_DAYS else here
