"""Who brought this customer? Said, corrected and taken back, each change with an audit entry on the customer brought."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import Customer, Referral
from crm.services import audit, merging, search, settings

ANYBODY = -1  # whoever is on record as the referrer may be replaced
MOST_FOUND = 50  # of a search: nobody reads further, one types another letter
FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True)
class Referrer:
    """Who brought a customer; `referred_on` None: not known."""

    id: int
    code: str
    name: str
    referred_on: date | None


@dataclass(frozen=True, eq=False)
class Referrals:
    """`referrer`: who brought the customer, None: nobody on record. `brought`: the newest whom the customer brought
    (customer_id, code, name, referred_on), of `brought_in_all`."""

    referrer: Referrer | None
    brought: pd.DataFrame
    brought_in_all: int


def set_referrer(session: Session, *, referred_id: int, referrer_id: int | None = None, referrer_code: str | None = None,
                 referred_on: date | None = None, shown_referrer_id: int | None = ANYBODY) -> int:
    """Say who brought a customer; somebody said before is replaced. Returns the referrer's id.

    The referrer is named by `referrer_id` or `referrer_code`; the code of a customer who was merged into another means
    that one. `shown_referrer_id`: who was on record when the form was opened (None: nobody). Raises NotFound for an
    unknown customer, InvalidInput for oneself, a circle or a day that cannot be, Conflict when somebody else was
    recorded meanwhile; nothing is written then.
    """
    one_at_a_time(session, "referrals")
    _check_day(session, referred_on)
    wanted_id = _referrer_id(session, referrer_id, referrer_code)
    there = _lock(session, referred_id, wanted_id)
    if wanted_id == referred_id:
        raise InvalidInput("A customer cannot be brought by oneself; choose somebody else.", field="referrer")
    row = _row(session, referred_id)
    before = _referrer(session, referred_id)
    _check_shown(before, shown_referrer_id)
    if referred_id in _bringers(session, wanted_id):
        raise InvalidInput(
            f"{there[referred_id][1]} brought {there[wanted_id][1]}, directly or through others; both ways round would be a "
            "circle. Correct the other one first.", field="referrer")
    if row is None:
        session.add(Referral(referrer_id=wanted_id, referred_id=referred_id, referred_on=referred_on))
    else:
        row.referrer_id, row.referred_on = wanted_id, referred_on
    session.flush()
    _note(session, referred_id, before, Referrer(wanted_id, *there[wanted_id], referred_on))
    return wanted_id


def remove(session: Session, *, referred_id: int, shown_referrer_id: int | None = ANYBODY) -> None:
    """Take back who brought a customer. Raises NotFound where nobody is on record, Conflict as `set_referrer` does."""
    one_at_a_time(session, "referrals")
    _lock(session, referred_id)
    before = _referrer(session, referred_id)
    _check_shown(before, shown_referrer_id)
    if before is None:
        raise NotFound("Nobody is on record as having brought this customer.")
    session.delete(_row(session, referred_id))
    session.flush()
    _note(session, referred_id, before, None)


def of_customer(session: Session, customer_id: int, *, limit: int = 5) -> Referrals:
    """Who brought the customer, and whom the customer brought; deleted customers are left out."""
    condition = (Referral.referrer_id == customer_id, Customer.deleted_at.is_(None))
    query = (select(Customer.id.label("customer_id"), Customer.code, Customer.name, Referral.referred_on)
             .join(Customer, Customer.id == Referral.referred_id).where(*condition)
             .order_by(Referral.referred_on.is_(None), Referral.referred_on.desc(), Referral.id.desc()).limit(limit))
    number = session.scalar(select(func.count()).select_from(Referral)
                            .join(Customer, Customer.id == Referral.referred_id).where(*condition))
    brought = pd.DataFrame(session.execute(query).all(), columns=[column.key for column in query.selected_columns])
    return Referrals(_referrer(session, customer_id), brought, number)


def find(session: Session, *, query: str, but_id: int | None = None, limit: int = MOST_FOUND) -> pd.DataFrame:
    """Customers whose name, company, e-mail, phone or code holds every word of `query`: customer_id, code, name, company (missing:
    none).

    An exact code comes first, then names that begin with the query; nothing for a blank query.
    """
    folded = search.fold(query)
    columns = (Customer.id.label("customer_id"), Customer.code, Customer.name, Customer.company)
    if not folded:
        return pd.DataFrame(columns=[column.key for column in columns])
    other = [Customer.id != but_id] if but_id is not None else []
    first = case((func.lower(Customer.code) == folded, 0),
                 (Customer.search_text.startswith(folded, autoescape=True), 1), else_=2)
    rows = session.execute(select(*columns).where(Customer.deleted_at.is_(None), search.matches(query), *other)
                           .order_by(first, func.substr(Customer.search_text, 1, 100), Customer.id).limit(limit)).all()
    return pd.DataFrame(rows, columns=[column.key for column in columns]).astype({"company": "str"})


def _check_day(session: Session, referred_on: date | None) -> None:
    if referred_on is None:
        return
    today = settings.today(session)
    if referred_on > today:
        raise InvalidInput(f"{referred_on} lies in the future; choose a day up to {today}, or leave it empty.",
                           field="referred_on")
    if referred_on < FIRST_DAY:
        raise InvalidInput(f"{referred_on} is too long ago; choose a day from {FIRST_DAY} on, or leave it empty.",
                           field="referred_on")


def _referrer_id(session: Session, referrer_id: int | None, referrer_code: str | None) -> int:
    if (referrer_id is None) == (referrer_code is None or not referrer_code.strip()):
        raise InvalidInput("Say who brought the customer, by choosing one or by a code.", field="referrer")
    if referrer_id is not None:
        return referrer_id
    code = referrer_code.strip()
    into = merging.merged_into(session, [code]).get(code, code)
    found = session.scalar(select(Customer.id).where(Customer.code == into, Customer.deleted_at.is_(None)))
    if found is None:
        raise NotFound(f"There is no customer with the code “{code}”; look it up on the customer's page.")
    return found


def _lock(session: Session, *customer_ids: int) -> dict[int, tuple[str, str]]:
    """{id: (code, name)} of customers who are there, locked, so that none is merged or deleted meanwhile."""
    rows = session.execute(select(Customer.id, Customer.code, Customer.name).where(
        Customer.id.in_(customer_ids), Customer.deleted_at.is_(None)).order_by(Customer.id).with_for_update()).all()
    found = {customer_id: (code, name) for customer_id, code, name in rows}
    if set(customer_ids) - set(found):
        raise NotFound("One of the two customers is not there any more; it may have been merged or deleted.")
    return found


def _row(session: Session, referred_id: int) -> Referral | None:
    return session.scalar(select(Referral).where(Referral.referred_id == referred_id).with_for_update()
                          .execution_options(populate_existing=True))


def _referrer(session: Session, customer_id: int) -> Referrer | None:
    row = session.execute(select(Customer.id, Customer.code, Customer.name, Referral.referred_on)
                          .join(Referral, Referral.referrer_id == Customer.id)
                          .where(Referral.referred_id == customer_id, Customer.deleted_at.is_(None))).one_or_none()
    return None if row is None else Referrer(*row)


def _check_shown(before: Referrer | None, shown_referrer_id: int | None) -> None:
    if shown_referrer_id != ANYBODY and shown_referrer_id != (None if before is None else before.id):
        raise Conflict("Somebody changed who brought this customer in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new one and make your change again.")


def _bringers(session: Session, customer_id: int) -> set[int]:
    """Who brought the customer, who brought that one, and so on; over customers who are there, as analyses read them."""
    above = aliased(Customer)
    start = select(Referral.referrer_id.label("id")).join(above, above.id == Referral.referrer_id).where(
        Referral.referred_id == customer_id, above.deleted_at.is_(None)).cte("bringers", recursive=True)
    following = select(Referral.referrer_id).join(start, Referral.referred_id == start.c.id).join(
        above, above.id == Referral.referrer_id).where(above.deleted_at.is_(None))
    return set(session.scalars(select(start.union(following).c.id)))  # `union` drops doubles, so an old circle ends it


def _note(session: Session, referred_id: int, before: Referrer | None, after: Referrer | None) -> None:
    changes = {"brought_by": [one and one.code for one in (before, after)],
               "brought_on": [one and one.referred_on for one in (before, after)]}
    changed = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
    if changed:
        audit.record(session, "customer", referred_id, "updated", changed)
