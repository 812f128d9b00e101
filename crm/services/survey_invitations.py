"""Who was asked by which survey, and who has not answered yet? One row an asking, with or without a personal link.

A link's secret is told once, to the owner who sends it; the database keeps its SHA-256 only, so that nobody who reads a copy
of the database can answer in a customer's name.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, insert, or_, select
from sqlalchemy.orm import Session

from crm.db import bulk, one_at_a_time
from crm.errors import InvalidInput, NotFound
from crm.models import Customer, Survey, SurveyInvitation, Ticket
from crm.models.base import now
from crm.services import audit, settings
from crm.services.among import listed

LOCK = "survey invitations"
MOST_AT_ONCE = 5_000  # each needs a letter of its own; more is a campaign for a mailing service
SECRET_BYTES = 32  # 256 bits: no number of tries finds one
STATES = ("open", "answered", "expired")
MOST_LISTED = 500
COLUMNS = ("invitation_id", "version", "customer_id", "customer_code", "name", "email", "ticket_id", "invited_at", "expires_on",
           "answered_at", "state", "has_link", "seconds_taken")


@dataclass(frozen=True)
class Invited:
    """invitations: one row a customer who is asked now: invitation_id, customer_id, name, email (missing where not known),
    secret (missing without a link; told here and never again). Left out: no_consent (said no to e-mail), asked_already (asked and not answered yet),
    deleted (not there any more)."""

    invitations: pd.DataFrame
    no_consent: int = 0
    asked_already: int = 0
    deleted: int = 0

    @property
    def left_out(self) -> int:
        return self.no_consent + self.asked_already + self.deleted


@dataclass(frozen=True)
class Counts:
    """Askings of a survey: invited = open + answered + expired; taken_back are not among them."""

    invited: int
    open: int
    answered: int
    expired: int
    taken_back: int


def invite(session: Session, *, survey_id: int, customer_ids: Iterable[int], today: date, invited_at: datetime,
           ticket_id: int | None = None, with_link: bool = True) -> Invited:
    """Ask these customers, each once, by an open survey.

    today and invited_at (without a zone) in the workspace's time zone. ticket_id: the one customer's ticket that it is about;
    for it a customer is asked apart from other askings. with_link=False: asked in another way, such as on paper; then who
    wants no e-mail may be asked too. Raises NotFound and InvalidInput (field survey, customers or ticket).
    """
    one_at_a_time(session, LOCK)  # two windows that ask the same customers
    wanted = np.unique(np.asarray(list(customer_ids), dtype="int64")).tolist()
    survey = _open_survey(session, survey_id)
    if not wanted:
        raise InvalidInput("Choose at least one customer to ask.", field="customers")
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"{len(wanted):,} customers are too many to ask at once; choose at most {MOST_AT_ONCE:,}.",
                           field="customers")
    if ticket_id is not None:
        _check_ticket(session, ticket_id, wanted)
    people = {row.id: row for row in session.execute(
        select(Customer.id, Customer.name, Customer.email, Customer.email_consent)
        .where(Customer.id.in_(listed(session, wanted)), Customer.deleted_at.is_(None)))}
    refused = {one for one, row in people.items() if with_link and row.email_consent is False}
    waiting = set(session.scalars(
        select(SurveyInvitation.customer_id).where(
            SurveyInvitation.survey_id == survey.id, SurveyInvitation.customer_id.in_(listed(session, wanted)),
            SurveyInvitation.ticket_id.is_(None) if ticket_id is None else SurveyInvitation.ticket_id == ticket_id,
            _state_is("open", today)))) - refused
    asked = [one for one in wanted if one in people and one not in refused and one not in waiting]
    told = [secrets.token_urlsafe(SECRET_BYTES) if with_link else None for _ in asked]
    numbers = list(bulk.reserve_ids(session, SurveyInvitation.__table__, len(asked))) if asked else []
    if asked:
        expires_on = today + timedelta(days=survey.valid_days) if with_link else None
        session.execute(insert(SurveyInvitation), [
            {"id": number, "survey_id": survey.id, "customer_id": one, "ticket_id": ticket_id,
             "secret_sha256": None if secret is None else sha256(secret), "invited_at": invited_at, "expires_on": expires_on}
            for number, one, secret in zip(numbers, asked, told, strict=True)])
        audit.record(session, "survey", survey.id, "invited", {
            "customers": (None, len(asked)), "customer_ids": (None, asked), "with_link": (None, with_link)})
    frame = pd.DataFrame([(number, one, people[one].name, people[one].email, secret)
                          for number, one, secret in zip(numbers, asked, told, strict=True)],
                         columns=["invitation_id", "customer_id", "name", "email", "secret"])
    return Invited(frame.astype({"invitation_id": "int64", "customer_id": "int64"}), len(refused), len(waiting),
                   len(wanted) - len(people))


def renew(session: Session, invitation_id: int, *, today: date) -> str:
    """The secret of a new link for an asking that is not answered, valid from today; the old link dies with it.

    Raises NotFound, InvalidInput (answered already; the survey is not open)."""
    one = _unanswered(session, invitation_id, "so it needs no new link")
    survey = _open_survey(session, one.survey_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    one.secret_sha256, one.expires_on = sha256(secret), today + timedelta(days=survey.valid_days)
    _touch(one)
    audit.record(session, "survey_invitation", one.id, "renewed", {"expires_on": (None, one.expires_on)})
    session.flush()
    return secret


def take_back(session: Session, invitation_id: int) -> None:
    """As if the customer had not been asked; the link dies. Done twice, it is done once. Raises NotFound, and InvalidInput
    for an asking that was answered."""
    if _there(session, invitation_id).deleted_at is not None:
        return
    one = _unanswered(session, invitation_id, "so it cannot be taken back")
    one.deleted_at = now()
    _touch(one)
    audit.record(session, "survey_invitation", one.id, "deleted")
    session.flush()


def restore(session: Session, invitation_id: int) -> None:
    """Undo of `take_back`: the link works again. Raises NotFound, and InvalidInput where the customer was asked anew since."""
    one_at_a_time(session, LOCK)
    one = _there(session, invitation_id)
    if one.deleted_at is None:
        return
    again = select(SurveyInvitation.id).where(
        SurveyInvitation.survey_id == one.survey_id, SurveyInvitation.customer_id == one.customer_id,
        SurveyInvitation.ticket_id.is_not_distinct_from(one.ticket_id), SurveyInvitation.deleted_at.is_(None),
        SurveyInvitation.answered_at.is_(None), SurveyInvitation.id != one.id).limit(1)
    if session.scalar(again) is not None:
        raise InvalidInput("This customer was asked anew since; that asking counts.")
    one.deleted_at = None
    _touch(one)
    audit.record(session, "survey_invitation", one.id, "restored")
    session.flush()


def listing(session: Session, *, survey_id: int, state: str | None = None, limit: int = 50, offset: int = 0,
            today: date | None = None) -> pd.DataFrame:
    """Who was asked, the newest first: COLUMNS; at most 500 rows. state: one of STATES, None all; today: the workspace's unless
    given. ticket_id 0: none; email missing, expires_on and answered_at NaT, seconds_taken NaN where there is none. Raises InvalidInput."""
    if state is not None and state not in STATES:
        raise InvalidInput(f"“{state}” is no state of an asking; choose one of {', '.join(STATES)}.", field="state")
    day = today or settings.today(session)
    named = case(*((_state_is(one, day), one) for one in STATES)).label("state")
    wanted = [] if state is None else [_state_is(state, day)]
    query = (select(SurveyInvitation.id, SurveyInvitation.version, Customer.id, Customer.code, Customer.name, Customer.email,
                    func.coalesce(SurveyInvitation.ticket_id, 0), SurveyInvitation.invited_at, SurveyInvitation.expires_on,
                    SurveyInvitation.answered_at, named, SurveyInvitation.secret_sha256.is_not(None),
                    SurveyInvitation.seconds_taken)
             .join(Customer, Customer.id == SurveyInvitation.customer_id)
             .where(SurveyInvitation.survey_id == survey_id, SurveyInvitation.deleted_at.is_(None), *wanted)
             .order_by(SurveyInvitation.invited_at.desc(), SurveyInvitation.id.desc())
             .limit(min(int(limit), MOST_LISTED)).offset(int(offset)))
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(COLUMNS))
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("invited_at", "expires_on", "answered_at")},
                        seconds_taken=frame["seconds_taken"].astype(float), has_link=frame["has_link"].astype(bool))


def counts(session: Session, survey_id: int, *, today: date | None = None) -> Counts:
    """How many were asked, and what became of it by `today` (the workspace's unless given)."""
    day = today or settings.today(session)
    numbers = session.execute(select(
        *(func.coalesce(func.sum(case((_state_is(one, day), 1), else_=0)), 0) for one in STATES),
        func.count(SurveyInvitation.deleted_at)).where(SurveyInvitation.survey_id == survey_id)).one()
    opened, answered, expired, taken_back = (int(number) for number in numbers)
    return Counts(opened + answered + expired, opened, answered, expired, taken_back)


def sha256(secret: str) -> str:
    """What the database keeps of a link's secret; secrets are random, so that no salt is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _state_is(state: str, today: date) -> ColumnElement[bool]:
    there = SurveyInvitation.deleted_at.is_(None)
    if state == "answered":
        return and_(there, SurveyInvitation.answered_at.is_not(None))
    lasts = or_(SurveyInvitation.expires_on.is_(None), SurveyInvitation.expires_on >= today)
    return and_(there, SurveyInvitation.answered_at.is_(None), lasts if state == "open" else SurveyInvitation.expires_on < today)


def _open_survey(session: Session, survey_id: int) -> Survey:
    survey = session.scalar(select(Survey).where(Survey.id == int(survey_id), Survey.deleted_at.is_(None))
                            .execution_options(populate_existing=True))
    if survey is None:
        raise NotFound("This survey is not there any more; it may have been deleted in another window.")
    if survey.status != "open":
        raise InvalidInput("This survey is a draft; open it before you ask customers." if survey.status == "draft" else
                           "This survey is closed; open it again before you ask customers.", field="survey")
    return survey


def _check_ticket(session: Session, ticket_id: int, customer_ids: list[int]) -> None:
    owner = session.scalar(select(Ticket.customer_id).where(Ticket.id == int(ticket_id), Ticket.deleted_at.is_(None)))
    if owner is None:
        raise NotFound("This ticket is not there any more; it may have been deleted in another window.")
    if customer_ids != [owner]:
        raise InvalidInput("Only the customer of the ticket can be asked about it.", field="ticket")


def _unanswered(session: Session, invitation_id: int, consequence: str) -> SurveyInvitation:
    one = _there(session, invitation_id)
    if one.deleted_at is not None:
        raise NotFound("This asking was taken back; bring it back first.")
    if one.answered_at is not None:
        raise InvalidInput(f"The customer has answered already, {consequence}.")
    return one


def _there(session: Session, invitation_id: int) -> SurveyInvitation:
    one = session.get(SurveyInvitation, int(invitation_id), with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound("This asking is not there any more.")
    return one


def _touch(one: SurveyInvitation) -> None:
    one.version += 1
    one.updated_at = now()
