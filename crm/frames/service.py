"""What was asked, complained about, said and answered?

Tickets and contacts, and answers to surveys, are kept as columnar files beside the databases, one a revision of their
tables (see crm.frames.reading); texts are read apart, where they are needed.
"""

from datetime import date, datetime, time

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.frames import reading
from crm.models import METRICS, CampaignMember, Customer, Interaction, Survey, SurveyAnswer, SurveyInvitation, Ticket

HAPPENED = ("first_answered_at", "resolved_at", "reopened_at")


def tickets(session: Session, *, until: date) -> pd.DataFrame:
    """One row a ticket opened up to `until`: ticket_id, customer_id, order_id (0: none), kind, priority, status, topic,
    channel, agent (None not known), opened_at, first_answered_at, resolved_at, reopened_at, answer_due_at,
    solution_due_at (NaT; nothing promised), times_reopened, cost (NaN not noted; in the currency).

    What happened after `until` is blank: a ticket answered later was unanswered then. status and times_reopened are of today.
    """
    frame = reading.stored(session, "tickets", _read_tickets, group="service")
    end = pd.Timestamp(reading.end_of(until))
    frame = frame[frame["opened_at"] < end].reset_index(drop=True)
    return frame.assign(**{name: frame[name].where(frame[name] < end) for name in HAPPENED})


def _read_tickets(session: Session) -> pd.DataFrame:
    return reading.read(
        session, select(Ticket.id, Ticket.customer_id, func.coalesce(Ticket.order_id, 0), Ticket.kind, Ticket.priority,
                        Ticket.status, Ticket.topic, Ticket.channel, Ticket.agent, Ticket.opened_at,
                        Ticket.first_answered_at, Ticket.resolved_at, Ticket.reopened_at, Ticket.answer_due_at,
                        Ticket.solution_due_at, Ticket.times_reopened, Ticket.cost_e4)
        .where(Ticket.deleted_at.is_(None)).order_by(Ticket.id),
        ticket_id=reading.whole, customer_id=reading.whole, order_id=reading.whole, kind=reading.text,
        priority=reading.text, status=reading.text, topic=reading.text, channel=reading.text, agent=reading.text,
        opened_at=reading.moments, first_answered_at=reading.moments, resolved_at=reading.moments,
        reopened_at=reading.moments, answer_due_at=reading.moments, solution_due_at=reading.moments,
        times_reopened=reading.whole, cost=reading.money)


def ticket_texts(session: Session, *, until: date, since: date | None = None, kind: str | None = None) -> pd.DataFrame:
    """What the tickets opened up to `until` (from `since` on, of one kind) say: ticket_id, customer_id, kind, topic, subject, body (None), opened_at."""
    return reading.read(
        session, select(Ticket.id, Ticket.customer_id, Ticket.kind, Ticket.topic, Ticket.subject, Ticket.body, Ticket.opened_at)
        .where(Ticket.deleted_at.is_(None), Ticket.opened_at < reading.end_of(until),
               *([] if since is None else [Ticket.opened_at >= datetime.combine(since, time.min)]),
               *([] if kind is None else [Ticket.kind == kind])).order_by(Ticket.id),
        ticket_id=reading.whole, customer_id=reading.whole, kind=reading.text, topic=reading.text, subject=reading.text,
        body=reading.text, opened_at=reading.moments)


def contacts(session: Session, *, until: date) -> pd.DataFrame:
    """One row a contact up to `until`, in time: customer_id, channel, direction ("in" or "out"), ticket_id (0: none),
    happened_at."""
    frame = reading.stored(session, "contacts", _read_contacts, group="service")
    return frame[frame["happened_at"] < pd.Timestamp(reading.end_of(until))].reset_index(drop=True)


def _read_contacts(session: Session) -> pd.DataFrame:
    return reading.read(
        session, select(Interaction.customer_id, Interaction.channel, Interaction.direction,
                        func.coalesce(Interaction.ticket_id, 0), Interaction.happened_at)
        .where(Interaction.deleted_at.is_(None)).order_by(Interaction.happened_at, Interaction.id),
        customer_id=reading.whole, channel=reading.text, direction=reading.text, ticket_id=reading.whole,
        happened_at=reading.moments)


def campaign_contacts(session: Session, *, until: date) -> pd.DataFrame:
    """One row a customer whom a campaign reached up to `until`: customer_id, campaign_id, sent_at, responded_at (NaT: no
    answer, or its moment is not known). Who was held out was not reached."""
    frame = reading.read(
        session, select(CampaignMember.customer_id, CampaignMember.campaign_id, CampaignMember.sent_at,
                        CampaignMember.responded_at)
        .where(CampaignMember.is_holdout.is_(False), CampaignMember.sent_at < reading.end_of(until))
        .order_by(CampaignMember.sent_at, CampaignMember.campaign_id, CampaignMember.customer_id),
        customer_id=reading.whole, campaign_id=reading.whole, sent_at=reading.moments, responded_at=reading.moments)
    later = frame["responded_at"] >= pd.Timestamp(reading.end_of(until))
    return frame.assign(responded_at=frame["responded_at"].mask(later))


def answers(session: Session, *, until: date) -> pd.DataFrame:
    """One row a survey answer up to `until`: answer_id, response (which filled-in form, from 0), customer_id (0: not
    known), ticket_id, product_id, survey_id (0: none), metric (category of METRICS), item (category), score (NaN: not
    applicable), scale_min, scale_max, answered_on (midnight), seconds_taken (of the whole form; NaN not known)."""
    frame = reading.stored(session, "answers", _read_answers, group="surveys")
    end = pd.Timestamp(reading.end_of(until))
    if len(frame) and frame["answered_on"].max() >= end:
        frame = frame[frame["answered_on"] < end].reset_index(drop=True)
    return frame


def _read_answers(session: Session) -> pd.DataFrame:
    frame = reading.read(
        session, select(SurveyAnswer.id, func.coalesce(SurveyAnswer.customer_id, 0), func.coalesce(SurveyAnswer.ticket_id, 0),
                        func.coalesce(SurveyAnswer.product_id, 0), func.coalesce(SurveyAnswer.survey_id, 0),
                        SurveyAnswer.metric, SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.scale_min,
                        SurveyAnswer.scale_max, SurveyAnswer.answered_at, SurveyAnswer.seconds_taken,
                        func.coalesce(SurveyAnswer.invitation_id, 0), SurveyAnswer.source, SurveyAnswer.response_code)
        .order_by(SurveyAnswer.id),
        answer_id=reading.whole, customer_id=reading.whole, ticket_id=reading.whole, product_id=reading.whole,
        survey_id=reading.whole, metric=reading.text, item=reading.text, score=reading.numbers, scale_min=reading.numbers,
        scale_max=reading.numbers, answered_at=reading.moments, seconds_taken=reading.numbers, invitation_id=reading.whole,
        source=reading.text, response_code=reading.text)
    frame.insert(1, "response", _forms(frame))
    answered_on = frame.pop("answered_at").dt.normalize()
    frame = frame.drop(columns=["invitation_id", "source", "response_code"])
    frame.insert(frame.columns.get_loc("seconds_taken"), "answered_on", answered_on)
    return frame.assign(metric=pd.Categorical(frame["metric"], categories=METRICS), item=frame["item"].astype("category"))


def _forms(frame: pd.DataFrame) -> np.ndarray:
    """Which answers were given on one form: by invitation, else by the source's own number of the form, else by one known
    customer at one moment about one product and ticket; an anonymous answer without a number is a form of its own."""
    source, _ = pd.factorize(frame["source"])
    code, _ = pd.factorize(frame["response_code"])
    moment, _ = pd.factorize(frame["answered_at"])
    invited, coded = (frame["invitation_id"] > 0).to_numpy(), code >= 0
    known = (frame["customer_id"] > 0).to_numpy()
    kind = np.select([invited, coded, known], [0, 1, 2], 3)
    first = np.select([invited, coded, known], [frame["invitation_id"], code, frame["customer_id"]], frame["answer_id"])
    second = np.select([invited, coded, known], [0, source, moment], 0)
    third = np.where(kind == 2, frame["product_id"], 0)
    fourth = np.where(kind == 2, frame["ticket_id"], 0)
    keys = pd.DataFrame({"kind": kind, "first": first, "second": second, "third": third, "fourth": fourth})
    return keys.groupby([*keys], sort=False).ngroup().to_numpy(dtype=np.int64)


def comments(session: Session, *, until: date) -> pd.DataFrame:
    """What customers wrote with their answers up to `until`, the newest first: answer_id, customer_id (0: not known),
    ticket_id, product_id (0: none), metric, item, score (NaN not applicable), scale_min, scale_max, answered_on (midnight),
    comment (as it was written)."""
    return reading.read(session, select(
        SurveyAnswer.id, func.coalesce(SurveyAnswer.customer_id, 0), func.coalesce(SurveyAnswer.ticket_id, 0),
        func.coalesce(SurveyAnswer.product_id, 0), SurveyAnswer.metric, SurveyAnswer.item, SurveyAnswer.score,
        SurveyAnswer.scale_min, SurveyAnswer.scale_max, SurveyAnswer.answered_at, SurveyAnswer.comment)
        .where(SurveyAnswer.answered_at < reading.end_of(until), SurveyAnswer.comment.is_not(None), SurveyAnswer.comment != "")
        .order_by(SurveyAnswer.answered_at.desc(), SurveyAnswer.id.desc()),
        answer_id=reading.whole, customer_id=reading.whole, ticket_id=reading.whole, product_id=reading.whole,
        metric=reading.text, item=reading.text, score=reading.numbers, scale_min=reading.numbers, scale_max=reading.numbers,
        answered_on=reading.days, comment=reading.text)


def invitations(session: Session, *, until: date) -> pd.DataFrame:
    """One row a customer asked up to `until`: invitation_id, survey_id, survey (its name), customer_id, ticket_id (0:
    none), invited_at, expires_on (NaT: never), answered_at (NaT: not by then), has_link. Taken-back ones are left out."""
    end = pd.Timestamp(reading.end_of(until))
    frame = reading.read(
        session, select(SurveyInvitation.id, SurveyInvitation.survey_id, Survey.name, SurveyInvitation.customer_id,
                        func.coalesce(SurveyInvitation.ticket_id, 0), SurveyInvitation.invited_at,
                        SurveyInvitation.expires_on, SurveyInvitation.answered_at,
                        SurveyInvitation.secret_sha256.is_not(None))
        .join(Survey, Survey.id == SurveyInvitation.survey_id)
        .where(SurveyInvitation.deleted_at.is_(None), SurveyInvitation.invited_at < reading.end_of(until))
        .order_by(SurveyInvitation.id),
        invitation_id=reading.whole, survey_id=reading.whole, survey=reading.text, customer_id=reading.whole,
        ticket_id=reading.whole, invited_at=reading.moments, expires_on=reading.moments, answered_at=reading.moments,
        has_link=reading.yes_no)
    return frame.assign(answered_at=frame["answered_at"].where(frame["answered_at"] < end))


def ratings(session: Session, *, until: date) -> pd.DataFrame:
    """What customers said of products up to `until`, one row a customer and product, the latest: customer_id, product_id,
    rating (0..1: where the score stands on its scale), rated_on (midnight). Items of one answer are averaged."""
    frame = reading.read(session, select(
        SurveyAnswer.customer_id, SurveyAnswer.product_id, SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max,
        SurveyAnswer.answered_at)
        .join(Customer, Customer.id == SurveyAnswer.customer_id)
        .where(SurveyAnswer.product_id.is_not(None), SurveyAnswer.score.is_not(None), Customer.deleted_at.is_(None),
               SurveyAnswer.answered_at < reading.end_of(until)).order_by(SurveyAnswer.id),
        customer_id=reading.whole, product_id=reading.whole, score=reading.numbers, scale_min=reading.numbers,
        scale_max=reading.numbers, rated_on=reading.days)
    low = frame.pop("scale_min")
    frame = frame.assign(rating=(frame.pop("score") - low) / (frame.pop("scale_max") - low))
    each = frame.groupby(["customer_id", "product_id", "rated_on"], as_index=False)["rating"].mean()
    latest = each.drop_duplicates(["customer_id", "product_id"], keep="last", ignore_index=True)
    return latest[["customer_id", "product_id", "rating", "rated_on"]]
