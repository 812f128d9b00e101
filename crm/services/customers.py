"""How are customers kept: created, corrected, deleted and brought back, each change with an audit entry?"""

import re
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crm import money
from crm.db import one_at_a_time
from crm.db.revisions import note_change
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import CUSTOMER_KINDS, STAGES, Customer, CustomerTag, Order
from crm.models.base import now
from crm.services import audit
from crm.services.search import search_text

CODE_LIMIT = 200  # longer codes would not fit PostgreSQL's index pages together with their neighbours
EMAIL_LIMIT = 254  # RFC 5321
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TEXTS = ("name", "company", "email", "phone", "address", "postal_code", "city", "region", "country", "channel",
          "gender", "education", "note")


@dataclass(frozen=True)
class CustomerDetails:
    """One customer as forms show it; `yearly_income` is in the workspace's currency."""

    id: int
    version: int
    code: str
    kind: str
    name: str
    company: str | None
    email: str | None
    phone: str | None
    address: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None
    channel: str | None
    stage: str
    since_on: date | None
    birth_year: int | None
    gender: str | None
    yearly_income: float | None
    education: str | None
    note: str | None
    email_consent: bool | None
    tags: tuple[str, ...]
    custom_fields: dict
    created_at: datetime
    updated_at: datetime


EDITABLE = tuple(field.name for field in fields(CustomerDetails)
                 if field.name not in ("id", "version", "created_at", "updated_at"))


def get(session: Session, customer_id: int) -> CustomerDetails:
    """The customer's details. Raises NotFound where there is none, or it was deleted."""
    return _details(session, _existing(session, customer_id))


def create(session: Session, *, name: str, **others) -> int:
    """Add a customer and return its id; a code is made where none is given. Raises InvalidInput."""
    clean = _clean(session, {"name": name, **others}, customer_id=None)
    tags = clean.pop("tags", ())
    clean.setdefault("kind", "company" if clean.get("company") and clean["name"] == clean["company"] else "person")
    if not clean.get("code"):
        clean["code"] = _next_code(session)
    customer = Customer(**clean)
    customer.search_text = _search_text(customer)
    session.add(customer)
    session.flush()
    _set_tags(session, customer.id, tags)
    audit.record(session, "customer", customer.id, "created",
                 {field: (None, value) for field, value in clean.items() if value not in (None, "", {})})
    return customer.id


def update(session: Session, customer_id: int, *, version: int, **changes) -> int:
    """Change the fields given and return the new version.

    Raises Conflict when `version` is no longer the customer's, NotFound, InvalidInput; nothing is written then.
    """
    customer = _existing(session, customer_id, version=version)
    before = {field: getattr(_details(session, customer), field) for field in changes}
    clean = _clean(session, changes, customer_id=customer_id)
    if "tags" in clean:
        _set_tags(session, customer_id, clean.pop("tags"))
    for field, content in clean.items():
        setattr(customer, field, content)
    after = {field: getattr(_details(session, customer), field) for field in changes}
    changed = {field: (before[field], after[field]) for field in changes if before[field] != after[field]}
    if changed:
        customer.search_text = _search_text(customer)
        customer.version += 1
        customer.updated_at = now()
        audit.record(session, "customer", customer_id, "updated", changed)
    return customer.version


def update_rows(session: Session, rows: list[tuple[int, int, dict]]) -> int:
    """Change several customers, each given as (id, version, changes); all or none. Returns how many."""
    for customer_id, version, changes in rows:
        try:
            update(session, customer_id, version=version, **changes)
        except (Conflict, InvalidInput) as error:
            name = session.scalar(select(Customer.name).where(Customer.id == customer_id))
            raise type(error)(f"{name}: {error}") from None
    return len(rows)


def delete(session: Session, customer_id: int, *, version: int) -> None:
    """Hide the customer; its orders, tickets and answers stay, and `restore` brings it back."""
    customer = _existing(session, customer_id, version=version)
    customer.deleted_at = now()
    customer.version += 1
    note_change(session, Order.__table__)  # whose orders count is part of what analyses read of the sales
    audit.record(session, "customer", customer_id, "deleted")


def restore(session: Session, customer_id: int) -> None:
    """Bring a deleted customer back as it was; one that is there already stays as it is."""
    customer = session.get(Customer, customer_id, with_for_update=True)
    if customer is None:
        raise NotFound(f"There is no customer with the number {customer_id}.")
    if customer.deleted_at is not None:
        customer.deleted_at = None
        customer.version += 1
        note_change(session, Order.__table__)
        audit.record(session, "customer", customer_id, "restored")


def _existing(session: Session, customer_id: int, *, version: int | None = None) -> Customer:
    customer = session.get(Customer, customer_id, with_for_update=version is not None, populate_existing=True)
    if customer is None or customer.deleted_at is not None:
        raise NotFound("This customer is not there any more; it may have been deleted in another window.")
    if version is not None and customer.version != version:
        raise Conflict("Somebody changed this customer in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new values and make your change again.")
    return customer


def _details(session: Session, customer: Customer) -> CustomerDetails:
    tags = session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == customer.id)
                           .order_by(CustomerTag.tag)).all()
    income = customer.yearly_income_e4
    plain = {name: getattr(customer, name) for name in CustomerDetails.__annotations__
             if name not in ("yearly_income", "tags")}
    return CustomerDetails(**plain, tags=tuple(tags),
                           yearly_income=None if income is None else float(money.from_e4(income)))


def _clean(session: Session, given: dict, *, customer_id: int | None) -> dict:
    unknown = set(given) - set(EDITABLE)
    if unknown:
        raise InvalidInput(f"Customers have no field named {', '.join(sorted(unknown))}.")
    clean = {field: (content.strip() or None) if isinstance(content, str) else content
             for field, content in given.items()}
    if "name" in clean and not clean["name"]:
        raise InvalidInput("A customer needs a name.", field="name")
    if clean.get("email") and (not _EMAIL.fullmatch(clean["email"]) or len(clean["email"]) > EMAIL_LIMIT):
        raise InvalidInput(f"“{clean['email']}” is no e-mail address; write it like name@example.com.", field="email")
    if clean.get("phone") and sum(map(str.isdigit, clean["phone"])) < 3:
        raise InvalidInput(f"“{clean['phone']}” is no phone number; it needs at least three digits.", field="phone")
    for field, allowed in (("kind", CUSTOMER_KINDS), ("stage", STAGES)):
        if field in clean and clean[field] not in allowed:
            raise InvalidInput(f"“{clean[field]}” is not allowed here; choose one of {', '.join(allowed)}.",
                               field=field)
    year = clean.get("birth_year")
    if year is not None and not 1850 <= year <= now().year:
        raise InvalidInput(f"The birth year {year} cannot be right; use one from 1850 to {now().year}.",
                           field="birth_year")
    if "code" in clean:
        _check_code(session, clean["code"], customer_id)
    if "yearly_income" in clean:
        income = clean.pop("yearly_income")
        clean["yearly_income_e4"] = None if income is None else money.to_e4(income)
    if "email_consent" in clean:
        clean["email_consent_at"] = None if clean["email_consent"] is None else now()
    if "tags" in clean:
        clean["tags"] = tuple(sorted({tag.strip() for tag in clean["tags"] if tag and tag.strip()}))
    return clean


def _check_code(session: Session, code: str | None, customer_id: int | None) -> None:
    if not code and customer_id is not None:
        raise InvalidInput("A customer needs a code.", field="code")
    if code and len(code) > CODE_LIMIT:
        raise InvalidInput(f"The code is {len(code)} characters long; at most {CODE_LIMIT} are allowed.", field="code")
    taken = session.scalar(select(Customer.id).where(Customer.code == code)) if code else None
    if taken is not None and taken != customer_id:
        raise InvalidInput(f"The code “{code}” belongs to another customer; choose a different one.", field="code")


def _next_code(session: Session) -> str:
    one_at_a_time(session, "customer codes")
    number = (session.scalar(select(func.max(Customer.id))) or 0) + 1
    while session.scalar(select(Customer.id).where(Customer.code == f"C{number:05d}")) is not None:
        number += 1
    return f"C{number:05d}"


def _set_tags(session: Session, customer_id: int, tags: tuple[str, ...]) -> None:
    session.execute(sql_delete(CustomerTag).where(CustomerTag.customer_id == customer_id))
    if tags:
        session.execute(insert(CustomerTag), [{"customer_id": customer_id, "tag": tag} for tag in tags])


def _search_text(customer: Customer) -> str:
    return search_text(name=customer.name, company=customer.company, email=customer.email, code=customer.code,
                       phone=customer.phone)
