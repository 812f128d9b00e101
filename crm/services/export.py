"""What can be taken along? Whole tables as people read them: codes instead of inner numbers, money in the currency."""

import json
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, Integer, Select, func, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import TypeEngine

from crm.db import reads
from crm.errors import InvalidInput
from crm.models import (
    GROUPS,
    Campaign,
    CampaignMember,
    Customer,
    CustomerTag,
    Deal,
    Interaction,
    Order,
    OrderLine,
    Payment,
    Product,
    Referral,
    Survey,
    SurveyAnswer,
    Task,
    Ticket,
)
from crm.models.base import Moment
from crm.money import UNITS
from crm.services import settings
from crm.services.table_files import FORMS, as_file, csv_bytes, form_of, harmless, write_file

__all__ = ["FORMS", "TABLES", "as_file", "csv_bytes", "form_of", "harmless", "rows", "table", "write_file"]
ROWS_A_PIECE = 20_000  # rows on their way into typed columns: a million as Python's objects would take two gigabytes
OWN = "custom_fields"  # the one column that becomes many


def table(session: Session, name: str) -> pd.DataFrame:
    """A whole table as people read it: codes instead of internal numbers, money in the currency, deleted rows left out.

    `name` is one of TABLES. Days are dates, moments are in the company's time zone, whole numbers Int64; every custom
    field is a column of its own, after the others. Raises InvalidInput for another name.
    """
    statement = _statement(name)
    zone = ZoneInfo(settings.company(session).time_zone)
    types = {column.name: column.type for column in statement.selected_columns}
    result = session.execute(statement, execution_options={"yield_per": ROWS_A_PIECE})
    pieces = [_typed(part, types, zone) for part in result.partitions()] or [_typed([], types, zone)]
    frame = pd.concat(pieces, ignore_index=True)
    return _own_fields_apart(frame) if OWN in frame else frame


@reads(*GROUPS)
def rows(session: Session, name: str) -> int:
    """How many rows `table` gives. Raises InvalidInput for a name that is not in TABLES."""
    return session.scalar(_statement(name).order_by(None).with_only_columns(func.count(), maintain_column_froms=True))


def _statement(name: str) -> Select:
    if name not in TABLES:
        raise InvalidInput(f"There is no table named “{name}”; choose one of {', '.join(TABLES)}.")
    return TABLES[name]()


def _typed(part: Sequence, types: dict[str, TypeEngine], zone: ZoneInfo) -> pd.DataFrame:
    columns = zip(*part, strict=True) if part else ([] for _ in types)
    return pd.DataFrame({name.removesuffix("_e4"): _column(list(contents), name, kind, zone)
                         for (name, kind), contents in zip(types.items(), columns, strict=True)})


def _column(contents: list, name: str, kind: TypeEngine, zone: ZoneInfo):
    if name.endswith("_e4"):
        return pd.array(contents, dtype="Int64").to_numpy(dtype="float64", na_value=np.nan) / UNITS
    if isinstance(kind, Moment):
        contents = [_local(moment, zone) for moment in contents]
    if isinstance(kind, (DateTime, Moment)):
        return pd.Series(contents, dtype="datetime64[us]")
    for of, dtype in ((Boolean, "boolean"), (Integer, "Int64"), (Float, "float64"), ((Date, JSON), "object")):
        if isinstance(kind, of):
            return pd.Series(contents, dtype=dtype)
    return pd.Series(contents, dtype="str")


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    # Business times are kept in the company's time zone; a moment that the machine made is read beside them.
    if moment is None or moment.year in (datetime.min.year, datetime.max.year):  # a zone would lead out of the calendar
        return moment and moment.replace(tzinfo=None)
    return moment.astimezone(zone).replace(tzinfo=None)


def _own_fields_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The custom fields as columns of their own, named as the owner named them where no other column has the name."""
    kept, others = frame[OWN], frame.drop(columns=[OWN])
    names = dict.fromkeys(name for fields in kept if fields for name in fields)
    taken, added = set(others.columns), {}
    for name in names:
        column = name
        while column in taken:
            column = f"custom: {column}"
        taken.add(column)
        added[column] = _own_field([(fields or {}).get(name) for fields in kept])
    return pd.concat([others, pd.DataFrame(added, index=others.index)], axis=1) if added else others


def _own_field(contents: list) -> pd.Series:
    kinds = {type(content) for content in contents if content is not None}
    if kinds <= {bool}:
        return pd.Series(contents, dtype="boolean")
    if kinds <= {int, float}:
        return pd.Series(contents, dtype="Int64" if kinds == {int} and _fit(contents) else "float64")
    return pd.Series([content if content is None or isinstance(content, str) else json.dumps(content, ensure_ascii=False)
                      for content in contents], dtype="str")


def _fit(contents: list) -> bool:
    return all(content is None or abs(content) < 2**63 for content in contents)


def _customers():
    tagged = (select(CustomerTag.tag).where(CustomerTag.customer_id == Customer.id).order_by(CustomerTag.tag)
              .correlate(Customer).subquery())
    tags = select(func.aggregate_strings(tagged.c.tag, ", ")).scalar_subquery().label("tags")
    return (select(Customer.code.label("customer_code"), Customer.kind, Customer.name, Customer.company, Customer.email,
                   Customer.phone, Customer.address, Customer.postal_code, Customer.city, Customer.region,
                   Customer.country, Customer.channel, Customer.stage, Customer.since_on, Customer.birth_year,
                   Customer.gender, Customer.yearly_income_e4, Customer.education, Customer.email_consent,
                   Customer.note, tags, Customer.custom_fields)
            .where(Customer.deleted_at.is_(None)).order_by(Customer.id))


def _products():
    return (select(Product.code.label("product_code"), Product.name.label("product_name"), Product.kind,
                   Product.category, Product.price_e4, Product.cost_e4, Product.description, Product.is_discontinued,
                   Product.is_sold_out, Product.is_excluded, Product.custom_fields)
            .where(Product.deleted_at.is_(None)).order_by(Product.id))


def _orders():
    return (select(Order.number.label("order_number"), Order.ordered_at, Customer.code.label("customer_code"),
                   Customer.name.label("customer_name"), Order.status, Order.channel, Order.country, Order.currency,
                   Order.source, Order.net_amount_e4.label("net_amount_e4"), Order.shipped_at, Order.note,
                   Order.custom_fields)
            .outerjoin(Customer, Customer.id == Order.customer_id)
            .where(Order.deleted_at.is_(None)).order_by(Order.id))


def _order_lines():
    name = func.coalesce(OrderLine.description, Product.name).label("product_name")
    return (select(Order.number.label("order_number"),
                   func.coalesce(OrderLine.line_at, Order.ordered_at).label("ordered_at"),
                   Customer.code.label("customer_code"), Customer.name.label("customer_name"),
                   Product.code.label("product_code"), name, OrderLine.quantity, OrderLine.unit_price_e4,
                   OrderLine.kind, OrderLine.amount_e4, OrderLine.discount, OrderLine.cost_e4, Product.category,
                   Order.channel, Order.country, Order.currency, Order.source)
            .select_from(OrderLine).join(Order, Order.id == OrderLine.order_id)
            .outerjoin(Customer, Customer.id == Order.customer_id)
            .outerjoin(Product, Product.id == OrderLine.product_id)
            .where(Order.deleted_at.is_(None)).order_by(OrderLine.id))


def _of_customers(model, *columns):
    return (select(Customer.code.label("customer_code"), Customer.name.label("customer_name"), *columns)
            .select_from(model).outerjoin(Customer, Customer.id == model.customer_id).order_by(model.id))


def _interactions():
    return _of_customers(
        Interaction, Interaction.code.label("interaction_code"), Interaction.channel, Interaction.direction,
        Interaction.subject, Interaction.body, Interaction.happened_at, Ticket.code.label("ticket_code"), Interaction.source,
        Interaction.custom_fields,
    ).outerjoin(Ticket, Ticket.id == Interaction.ticket_id).where(Interaction.deleted_at.is_(None))


def _tickets():
    return _of_customers(
        Ticket, Ticket.code.label("ticket_code"), Order.number.label("order_number"), Ticket.kind, Ticket.priority,
        Ticket.status, Ticket.topic, Ticket.channel, Ticket.agent, Ticket.subject, Ticket.body, Ticket.opened_at,
        Ticket.first_answered_at, Ticket.resolved_at, Ticket.reopened_at, Ticket.times_reopened, Ticket.answer_due_at,
        Ticket.solution_due_at, Ticket.cost_e4, Ticket.source, Ticket.custom_fields,
    ).outerjoin(Order, Order.id == Ticket.order_id).where(Ticket.deleted_at.is_(None))


def _survey_answers():
    return _of_customers(
        SurveyAnswer, Survey.name.label("survey"), SurveyAnswer.response_code, Ticket.code.label("ticket_code"),
        Product.code.label("product_code"), Product.name.label("product_name"), SurveyAnswer.metric,
        SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max, SurveyAnswer.comment,
        SurveyAnswer.answered_at, SurveyAnswer.seconds_taken, SurveyAnswer.source,
    ).outerjoin(Ticket, Ticket.id == SurveyAnswer.ticket_id).outerjoin(Product, Product.id == SurveyAnswer.product_id).outerjoin(
        Survey, Survey.id == SurveyAnswer.survey_id)


def _deals():
    return _of_customers(
        Deal, Deal.code.label("deal_code"), Product.code.label("product_code"), Product.name.label("product_name"),
        Deal.title, Deal.stage, Deal.amount_e4, Deal.probability, Deal.opened_on, Deal.expected_on, Deal.closed_on,
        Deal.lost_reason, Deal.source, Deal.custom_fields,
    ).outerjoin(Product, Product.id == Deal.product_id).where(Deal.deleted_at.is_(None))


def _tasks():
    return _of_customers(
        Task, Deal.title.label("deal"), Task.title, Task.note, Task.due_on, Task.done_at, Task.origin,
    ).outerjoin(Deal, Deal.id == Task.deal_id).where(Task.deleted_at.is_(None))


def _payments():
    return _of_customers(
        Payment, Payment.code.label("payment_code"), Order.number.label("order_number"), Payment.paid_on,
        Payment.due_on, Payment.amount_e4, Payment.currency, Payment.method, Payment.note, Payment.source,
        Payment.custom_fields,
    ).outerjoin(Order, Order.id == Payment.order_id).where(Payment.deleted_at.is_(None))


def _campaigns():
    return (select(Campaign.name.label("campaign_name"), Campaign.channel.label("campaign_channel"), Campaign.status,
                   Campaign.started_on, Campaign.ended_on, Campaign.cost_e4.label("campaign_cost_e4"))
            .where(Campaign.deleted_at.is_(None)).order_by(Campaign.id))


def _campaign_results():
    return (select(Campaign.name.label("campaign_name"), Customer.code.label("customer_code"),
                   Customer.name.label("customer_name"), CampaignMember.is_holdout, CampaignMember.sent_at,
                   CampaignMember.has_responded, CampaignMember.responded_at)
            .select_from(CampaignMember).join(Campaign, Campaign.id == CampaignMember.campaign_id)
            .join(Customer, Customer.id == CampaignMember.customer_id)
            .where(Campaign.deleted_at.is_(None)).order_by(CampaignMember.campaign_id, CampaignMember.customer_id))


def _referrals():
    referrer, referred = aliased(Customer), aliased(Customer)
    return (select(referrer.code.label("referrer_code"), referrer.name.label("referrer_name"),
                   referred.code.label("referred_code"), referred.name.label("referred_name"), Referral.referred_on)
            .select_from(Referral).join(referrer, referrer.id == Referral.referrer_id)
            .join(referred, referred.id == Referral.referred_id).order_by(Referral.id))


def _tags():
    return (select(Customer.code.label("customer_code"), Customer.name.label("customer_name"), CustomerTag.tag)
            .select_from(CustomerTag).join(Customer, Customer.id == CustomerTag.customer_id)
            .where(Customer.deleted_at.is_(None)).order_by(CustomerTag.customer_id, CustomerTag.tag))


TABLES = {
    "customers": _customers,
    "products": _products,
    "orders": _orders,
    "order_lines": _order_lines,
    "payments": _payments,
    "interactions": _interactions,
    "tickets": _tickets,
    "survey_answers": _survey_answers,
    "deals": _deals,
    "tasks": _tasks,
    "campaigns": _campaigns,
    "campaign_results": _campaign_results,
    "referrals": _referrals,
    "tags": _tags,
}
