"""Which records does a finding mean? One page of them, as people know them."""

from datetime import date

import pandas as pd
from sqlalchemy import Integer, Select, String, func, literal, select
from sqlalchemy.orm import Session, aliased

from crm.db import reads
from crm.errors import InvalidInput
from crm.models import GROUPS, Customer, Deal, Interaction, Order, OrderLine, Payment, Product, SurveyAnswer, Ticket
from crm.money import UNITS
from crm.services.quality import freshness
from crm.services.quality.check import of_ids
from crm.services.quality.look import IN_AT_ONCE, MODELS, Look, there
from crm.services.quality.measure import CHECKS

FIRST_COLUMNS = ("id", "record", "customer_id", "customer", "order_id")
_Owner = aliased(Customer)
# What a record is called.
_CALLED = {
    "customers": Customer.name, "products": Product.name, "orders": Order.number,
    "order_lines": func.coalesce(OrderLine.description, Product.name), "payments": Payment.code,
    "interactions": Interaction.subject, "tickets": Ticket.subject, "survey_answers": SurveyAnswer.item,
    "deals": Deal.title,
}
# What tells records apart where the finding itself shows nothing.
_TOLD_APART = {
    "customers": ("code", "city", "since_on"), "products": ("code", "category"), "orders": ("ordered_at", "charged_amount_e4"),
    "order_lines": ("quantity", "amount_e4"), "payments": ("paid_on", "amount_e4"), "interactions": ("channel", "happened_at"),
    "tickets": ("opened_at",), "survey_answers": ("score", "answered_at"), "deals": ("stage", "opened_on"),
}


@reads(*GROUPS)
def rows(session: Session, code: str, *, today: date, limit: int | None = 100, offset: int = 0) -> pd.DataFrame:
    """Records of one finding: id, record (what it is called), customer_id and customer (its owner; blank: none), order_id
    (of orders and their lines), then the fields that matter (money in the currency), then what explains it: `usual`
    (what is usual there), `same_as` (what the record that it repeats is called).

    `limit` None gives all. Raises InvalidInput for a code that no check has.
    """
    look = Look(session, today)
    if code.endswith(".outdated") and code.partition(".")[0] in freshness.MOMENTS:
        return _newest(look, code.partition(".")[0], limit or 1, offset)
    if code not in CHECKS:
        raise InvalidInput(f"There is no check named “{code}”.")
    check = CHECKS[code]
    if check.find is not None:
        wrong = check.find(look).records.iloc[offset:None if limit is None else offset + limit]
    else:
        conditions = [there(check.model), check.wrong(look)] + ([] if check.among is None else [check.among])
        wrong = of_ids(session.scalars(select(check.model.id).where(*conditions).order_by(check.model.id)
                                       .limit(limit).offset(offset or None)).all())
    described = _described(session, check.table, wrong["id"].tolist(), check.shown or _TOLD_APART[check.table])
    found = wrong[["id"]].merge(described, on="id", how="left")
    if "usual" in wrong:
        found["usual"] = wrong["usual"].to_numpy()
    if "same_as" in wrong:
        # Two of one name are told apart by their codes.
        has_code = check.model in (Customer, Product)
        first = _described(session, check.table, wrong["same_as"].unique().tolist(), ("code",) if has_code else ())
        called = first["record"] + " · " + first["code"] if has_code else first["record"]
        found["same_as"] = wrong["same_as"].map(dict(zip(first["id"], called, strict=True))).to_numpy()
    return found


def _described(session: Session, table: str, ids: list[int], shown: tuple[str, ...]) -> pd.DataFrame:
    found: list[tuple] = []
    query = _query(table, shown)
    model = MODELS[table]
    for start in range(0, len(ids), IN_AT_ONCE):
        found += session.execute(query.where(model.id.in_(ids[start:start + IN_AT_ONCE]))).all()
    frame = pd.DataFrame(found, columns=[*FIRST_COLUMNS, *shown])
    for name in [name for name in shown if name.endswith("_e4")]:
        frame[name.removesuffix("_e4")] = pd.to_numeric(frame.pop(name)) / UNITS
    return frame.astype({"id": "int64", "customer_id": "Int64", "order_id": "Int64"})


def _query(table: str, shown: tuple[str, ...]) -> Select:
    model = MODELS[table]
    fields = [getattr(model, name) for name in shown]
    if model is Customer:
        return select(Customer.id, Customer.name, Customer.id, Customer.name, _no_number(), *fields)
    if model is Product:
        return select(Product.id, Product.name, _no_number(), _no_text(), _no_number(), *fields)
    if model is OrderLine:
        return (select(OrderLine.id, _CALLED[table], Order.customer_id, _Owner.name, Order.id, *fields)
                .join(Order, Order.id == OrderLine.order_id).outerjoin(Product, Product.id == OrderLine.product_id)
                .outerjoin(_Owner, _Owner.id == Order.customer_id))
    order_id = Order.id if model is Order else model.order_id if model in (Payment, Ticket) else _no_number()
    return (select(model.id, _CALLED[table], model.customer_id, _Owner.name, order_id, *fields)
            .outerjoin(_Owner, _Owner.id == model.customer_id))


def _no_number():
    return literal(None, Integer)


def _no_text():
    return literal(None, String)


def _newest(look: Look, table: str, limit: int, offset: int) -> pd.DataFrame:
    model, moment = freshness.MOMENTS[table]
    newest = (select(model.id, func.date(moment)).where(there(model), moment < look.tomorrow)
              .order_by(moment.desc(), model.id.desc()).limit(limit).offset(offset))
    found = pd.DataFrame(look.session.execute(newest).all(), columns=["id", "newest"])
    described = _described(look.session, model.__tablename__, found["id"].tolist(), ())
    return found[["id"]].merge(described, on="id", how="left").assign(newest=pd.to_datetime(found["newest"]))
