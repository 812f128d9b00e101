"""How does a table leave? As CSV that no spreadsheet takes for formulas, with codes and amounts as people read them."""

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.errors import InvalidInput
from crm.models import Customer, Deal, Interaction, Order, OrderLine, Product, SurveyAnswer, Task, Ticket
from crm.money import UNITS

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The table as UTF-8 CSV with BOM, text cells that a spreadsheet would run made harmless by an apostrophe."""
    return ("\ufeff" + harmless(frame).to_csv(index=False)).encode()


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with an apostrophe before text that starts like a formula; numbers stay numbers."""
    def safe(column: pd.Series) -> pd.Series:
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
            return column
        texts = column.astype(object)
        risky = texts.map(lambda cell: isinstance(cell, str) and cell.startswith(FORMULA_STARTS))
        return texts.where(~risky, "'" + texts.astype(str))

    safe_names = {name: f"'{name}" for name in frame.columns if str(name).startswith(FORMULA_STARTS)}
    return frame.apply(safe).rename(columns=safe_names) if len(frame.columns) else frame


def table(session: Session, name: str) -> pd.DataFrame:
    """A whole table as people read it: codes instead of internal numbers, money in the currency, deleted rows left out.

    `name` is one of TABLES. Raises InvalidInput for another name.
    """
    if name not in TABLES:
        raise InvalidInput(f"There is no table named “{name}”; choose one of {', '.join(TABLES)}.")
    result = session.execute(TABLES[name]())
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    for column in [column for column in frame.columns if column.endswith("_e4")]:
        amounts = frame.pop(column)
        frame[column.removesuffix("_e4")] = pd.to_numeric(amounts, errors="coerce") / UNITS
    return frame


def _customers():
    named = [Customer.code.label("customer_code"), Customer.kind, Customer.name, Customer.company, Customer.email,
             Customer.phone, Customer.address, Customer.postal_code, Customer.city, Customer.region, Customer.country,
             Customer.channel, Customer.stage, Customer.since_on, Customer.birth_year, Customer.gender,
             Customer.yearly_income_e4, Customer.education, Customer.email_consent, Customer.note]
    return select(*named).where(Customer.deleted_at.is_(None)).order_by(Customer.id)


def _products():
    return (select(Product.code.label("product_code"), Product.name.label("product_name"), Product.kind,
                   Product.category, Product.price_e4, Product.cost_e4, Product.description, Product.is_discontinued)
            .where(Product.deleted_at.is_(None)).order_by(Product.id))


def _orders():
    return (select(Order.number.label("order_number"), Order.ordered_at, Customer.code.label("customer_code"),
                   Order.status, Order.channel, Order.country, Order.currency, Order.source,
                   Order.net_amount_e4.label("net_amount_e4"))
            .outerjoin(Customer, Customer.id == Order.customer_id)
            .where(Order.deleted_at.is_(None)).order_by(Order.id))


def _order_lines():
    name = func.coalesce(OrderLine.description, Product.name).label("product_name")
    return (select(Order.number.label("order_number"),
                   func.coalesce(OrderLine.line_at, Order.ordered_at).label("ordered_at"),
                   Customer.code.label("customer_code"), Customer.name.label("customer_name"),
                   Product.code.label("product_code"), name, OrderLine.quantity, OrderLine.unit_price_e4,
                   OrderLine.kind, OrderLine.amount_e4, OrderLine.discount, Product.category, Order.channel,
                   Order.country, Order.currency, Order.source)
            .select_from(OrderLine).join(Order, Order.id == OrderLine.order_id)
            .outerjoin(Customer, Customer.id == Order.customer_id)
            .outerjoin(Product, Product.id == OrderLine.product_id)
            .where(Order.deleted_at.is_(None)).order_by(OrderLine.id))


def _of_customers(model, *columns):
    return (select(Customer.code.label("customer_code"), *columns).select_from(model)
            .outerjoin(Customer, Customer.id == model.customer_id).order_by(model.id))


TABLES = {
    "customers": _customers,
    "products": _products,
    "orders": _orders,
    "order_lines": _order_lines,
    "interactions": lambda: _of_customers(
        Interaction, Interaction.channel, Interaction.direction, Interaction.subject, Interaction.body,
        Interaction.happened_at).where(Interaction.deleted_at.is_(None)),
    "tickets": lambda: _of_customers(
        Ticket, Ticket.kind, Ticket.priority, Ticket.status, Ticket.subject, Ticket.opened_at,
        Ticket.first_answered_at, Ticket.resolved_at).where(Ticket.deleted_at.is_(None)),
    "survey_answers": lambda: _of_customers(
        SurveyAnswer, SurveyAnswer.metric, SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.scale_min,
        SurveyAnswer.scale_max, SurveyAnswer.comment, SurveyAnswer.answered_at),
    "deals": lambda: _of_customers(
        Deal, Deal.title, Deal.stage, Deal.amount_e4, Deal.probability, Deal.opened_on, Deal.expected_on,
        Deal.closed_on).where(Deal.deleted_at.is_(None)),
    "tasks": lambda: _of_customers(Task, Task.title, Task.note, Task.due_on, Task.done_at).where(
        Task.deleted_at.is_(None)),
}
