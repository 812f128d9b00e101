"""What did the owner decide about an offer, and what of the accepted was bought since?

A decision is about one product for one customer in answer to one question (OFFER_QUESTIONS: something new, or something to
buy again). The latest one counts; the earlier ones stay, so that taking a change of mind back brings the former decision
back, and so that something accepted every spring is told apart from spring to spring.
"""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Select, and_, func, insert, select
from sqlalchemy.orm import Session

from crm import money
from crm.db import bulk, one_at_a_time
from crm.errors import InvalidInput, NotFound
from crm.models import OFFER_DECISIONS, OFFER_QUESTIONS, Customer, OfferDecision, Order, OrderLine, Product, Task
from crm.models.base import now
from crm.models.counting import counts
from crm.services import audit, tasks
from crm.services.among import listed

LOCK = "offer decisions"
ORIGIN = "offers"  # of tasks that are made here
MOST_TASKS = 500  # at once; more is a campaign, not a list of things to do
COLUMNS = ("decision_id", "customer_id", "customer_name", "product_id", "product_name", "question", "decision", "decided_on",
           "method", "chance", "expected_amount", "task_id", "task_is_done")


@dataclass(frozen=True)
class MadeTasks:
    """How many tasks were made; `left_out`: how many customers have an open one for this product already, or are not there
    any more."""

    made: int
    left_out: int


def decide(session: Session, *, customer_id: int, product_id: int, question: str, decision: str, decided_on: date,
           method: str | None = None, chance: float | None = None, expected_amount: float | None = None) -> int:
    """Remember the decision and return its id; said twice on one day, it counts once.

    decided_on: the last day that counted; what is bought after it came after the offer. method: that proposed it, None by
    hand. chance: 0..1; expected_amount: money (both None or NaN where not known). Raises InvalidInput, and NotFound where
    the customer or the product is not there any more.
    """
    one_at_a_time(session, LOCK)
    customer_id, product_id = int(customer_id), int(product_id)  # tables hold numpy's, which no database knows
    known = _checked(question=question, decision=decision, chance=chance, expected_amount=expected_amount)
    _check_there(session, customer_id, product_id)
    before = _current(session, customer_id, product_id, question)
    if before is not None and (before.decision, before.decided_on) == (decision, decided_on):
        return before.id
    made = OfferDecision(customer_id=customer_id, product_id=product_id, decided_on=decided_on, method=method, **known)
    session.add(made)
    session.flush()
    audit.record(session, "offer", made.id, decision, {
        "decision": (None if before is None else before.decision, decision), "customer_id": (None, customer_id),
        "product_id": (None, product_id)})
    return made.id


def take_back(session: Session, decision_id: int) -> None:
    """As if it had not been decided: what was decided before counts again, and an open task made for it goes too.

    Done twice, it is done once. Of equal ones without another decision between, such as a merge of two customers leaves, all
    of one day go; of dismissals all, or the product would stay hidden. Raises NotFound.
    """
    one_at_a_time(session, LOCK)
    one = _there(session, decision_id)
    if one.deleted_at is not None:
        return
    moment = now()
    for same in _alike(session, one):
        same.deleted_at = moment
        _touch(same)
        audit.record(session, "offer", same.id, "taken_back", {"decision": (same.decision, None)})
        if same.task_id is not None:
            tasks.delete(session, same.task_id)


def restore(session: Session, decision_id: int) -> None:
    """Undo of `take_back`: the decision is back, with those that went with it and its task. Raises NotFound."""
    one_at_a_time(session, LOCK)
    one = _there(session, decision_id)
    if one.deleted_at is None:
        return
    gone_together = session.scalars(_about(one.customer_id, one.product_id, one.question)
                                    .where(OfferDecision.deleted_at == one.deleted_at)).all()
    for same in gone_together:
        same.deleted_at = None
        _touch(same)
        audit.record(session, "offer", same.id, "restored", {"decision": (None, same.decision)})
        if same.task_id is not None:
            tasks.restore(session, same.task_id)


def make_tasks(session: Session, *, offers: pd.DataFrame, question: str, decided_on: date, due_on: date | None = None,
               method: str | None = None) -> MadeTasks:
    """Accept these offers, each with a task to make it.

    offers: customer_id, product_id, title (of the task) and, where there are any, note, chance (0..1; NaN not known),
    expected_amount (money; NaN not known). Who has an open task for the same product is left out, so that nobody is asked
    twice. Raises InvalidInput, and NotFound where nobody of them is there any more.
    """
    one_at_a_time(session, LOCK)
    given = offers.drop_duplicates(["customer_id", "product_id"]).reset_index(drop=True)
    if given.empty:
        raise InvalidInput("Choose at least one customer.", field="customers")
    if len(given) > MOST_TASKS:
        raise InvalidInput(f"{len(given):,} tasks at once are more than anybody can do; choose at most {MOST_TASKS}. "
                           "Save the customers as a segment instead.", field="customers")
    columns = {name: given[name].tolist() if name in given else [None] * len(given)
               for name in ("customer_id", "product_id", "title", "note", "chance", "expected_amount")}
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    wanted = [(row, tasks.checked(title=row["title"], note=row["note"]),
               _checked(question=question, decision="accepted", chance=row["chance"], expected_amount=row["expected_amount"]))
              for row in rows]
    there = _free(session, given)
    wanted = [one for one in wanted if (one[0]["customer_id"], one[0]["product_id"]) in there]
    if not wanted:
        raise InvalidInput("There is an open task for this offer already." if len(given) == 1 else
                           f"All {len(given):,} customers have an open task for this offer already, or are not there any "
                           "more.", field="customers")
    numbers = list(bulk.reserve_ids(session, Task.__table__, len(wanted)))
    session.execute(insert(Task), [
        {"id": number, "customer_id": row["customer_id"], **text, "due_on": due_on, "origin": ORIGIN}
        for number, (row, text, _) in zip(numbers, wanted, strict=True)])
    session.execute(insert(OfferDecision), [
        {"customer_id": row["customer_id"], "product_id": row["product_id"], "decided_on": decided_on, "method": method,
         "task_id": number, **known} for number, (row, _, known) in zip(numbers, wanted, strict=True)])
    audit.record(session, "offer", None, "accepted", {
        "tasks": (None, len(wanted)), "product_ids": (None, sorted({row["product_id"] for row, _, _ in wanted})),
        "customer_ids": (None, [row["customer_id"] for row, _, _ in wanted])})
    return MadeTasks(len(wanted), len(given) - len(wanted))


def decided(session: Session, *, question: str | None = None, decision: str | None = None,
            customer_id: int | None = None, product_id: int | None = None) -> pd.DataFrame:
    """What counts today, the newest first: COLUMNS, one row a customer, product and question, of customers and products that
    are there. expected_amount in the currency; task_id 0 where there is no task (or it was deleted)."""
    session.flush()  # what was just written is read past the session's objects
    newest = (select(func.max(OfferDecision.id)).where(OfferDecision.deleted_at.is_(None))
              .group_by(OfferDecision.customer_id, OfferDecision.product_id, OfferDecision.question))
    wanted = [column == content for column, content in (
        (OfferDecision.question, question), (OfferDecision.decision, decision), (OfferDecision.customer_id, customer_id),
        (OfferDecision.product_id, product_id)) if content is not None]
    query = (select(OfferDecision.id, OfferDecision.customer_id, Customer.name, OfferDecision.product_id, Product.name,
                    OfferDecision.question, OfferDecision.decision, OfferDecision.decided_on, OfferDecision.method,
                    OfferDecision.chance, OfferDecision.expected_e4, func.coalesce(Task.id, 0), Task.done_at.is_not(None))
             .join(Customer, Customer.id == OfferDecision.customer_id).join(Product, Product.id == OfferDecision.product_id)
             .outerjoin(Task, and_(Task.id == OfferDecision.task_id, Task.deleted_at.is_(None)))
             .where(OfferDecision.id.in_(newest), Customer.deleted_at.is_(None), Product.deleted_at.is_(None), *wanted)
             .order_by(OfferDecision.id.desc()))
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(COLUMNS))
    return frame.astype({"decision_id": "int64", "customer_id": "int64", "product_id": "int64", "task_id": "int64",
                         "chance": float, "expected_amount": float, "task_is_done": bool}).assign(
        expected_amount=lambda known: known["expected_amount"] / money.UNITS)


def dismissed(session: Session, *, question: str) -> pd.DataFrame:
    """What is never to be offered to whom: customer_id, product_id (int64), sorted."""
    found = decided(session, question=question, decision="dismissed")
    return found[["customer_id", "product_id"]].sort_values(["customer_id", "product_id"], ignore_index=True)


def outcomes(session: Session, *, as_of: date) -> pd.DataFrame:
    """What became of every accepted offer up to `as_of`, the newest first.

    decision_id, customer_id, customer_name, product_id, product_name, question, decided_on, method, chance and
    expected_amount (NaN not known), bought_on (the first day after decided_on on which the customer bought this product,
    datetime64; NaT: not yet), amount (money of that day's lines of it; NaN), days_waited (until it was bought, else until
    as_of). An offer that was decided anew before anything was bought is told by its newer decision alone. Merged customers
    are one: what either decided and bought counts.
    """
    session.flush()
    rows = pd.DataFrame([tuple(row) for row in session.execute(
        select(OfferDecision.id, OfferDecision.customer_id, Customer.name, OfferDecision.product_id, Product.name,
               OfferDecision.question, OfferDecision.decision, OfferDecision.decided_on, OfferDecision.method,
               OfferDecision.chance, OfferDecision.expected_e4)
        .join(Customer, Customer.id == OfferDecision.customer_id).join(Product, Product.id == OfferDecision.product_id)
        .where(OfferDecision.deleted_at.is_(None), Customer.deleted_at.is_(None), OfferDecision.decided_on <= as_of)
        .order_by(OfferDecision.id))], columns=[*COLUMNS[:11]]).astype({"chance": float, "expected_amount": float})
    rows["expected_amount"] /= money.UNITS
    rows["decided_on"] = pd.to_datetime(rows["decided_on"]).astype("datetime64[s]")
    pair = ["customer_id", "product_id"]
    # Until the next decision about the same the purchase belongs to this one.
    until = rows.groupby([*pair, "question"])["decided_on"].shift(-1)
    first = _first_bought(session, rows[[*pair, "decided_on"]].assign(
        until=until.fillna(pd.Timestamp(as_of).as_unit("s")), place=rows.index), as_of=as_of)
    rows = rows.join(first)
    counted = (rows["decision"] == "accepted") & (until.isna() | rows["bought_on"].notna())
    rows = rows[counted].drop(columns="decision")
    end = rows["bought_on"].fillna(pd.Timestamp(as_of).as_unit("s"))
    return rows.assign(days_waited=(end - rows["decided_on"]).dt.days).iloc[::-1].reset_index(drop=True)


def _first_bought(session: Session, spans: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """bought_on and amount of the first purchase in each span (customer_id, product_id, decided_on, until], indexed by place."""
    nothing = pd.DataFrame({"bought_on": pd.Series(dtype="datetime64[s]"), "amount": pd.Series(dtype=float)})
    if spans.empty:
        return nothing
    bought = pd.DataFrame([tuple(row) for row in session.execute(
        select(Order.customer_id, OrderLine.product_id, Order.ordered_at, OrderLine.amount_e4)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(counts(session), Order.status != "cancelled", OrderLine.kind == "sale", OrderLine.quantity > 0,
               Order.customer_id.in_(listed(session, spans["customer_id"].unique())),
               OrderLine.product_id.in_(listed(session, spans["product_id"].unique()))))],
        columns=["customer_id", "product_id", "bought_on", "amount_e4"])
    if bought.empty:
        return nothing
    bought["bought_on"] = pd.to_datetime(bought["bought_on"]).dt.normalize().astype("datetime64[s]")
    found = spans.merge(bought, on=["customer_id", "product_id"])
    found = found[(found["bought_on"] > found["decided_on"]) & (found["bought_on"] <= found["until"])
                  & (found["bought_on"] <= pd.Timestamp(as_of))]
    found = found[found["bought_on"] == found.groupby("place")["bought_on"].transform("min")]
    told = found.groupby("place").agg(bought_on=("bought_on", "first"), amount=("amount_e4", "sum"))
    return told.assign(amount=told["amount"] / money.UNITS)


def _checked(*, question: str, decision: str, chance: float | None, expected_amount: float | None) -> dict:
    if question not in OFFER_QUESTIONS:
        raise InvalidInput(f"“{question}” is no question; choose one of {', '.join(OFFER_QUESTIONS)}.", field="question")
    if decision not in OFFER_DECISIONS:
        raise InvalidInput(f"“{decision}” is no decision; choose one of {', '.join(OFFER_DECISIONS)}.", field="decision")
    chance = None if chance is None or chance != chance else float(chance)
    if chance is not None and not 0 <= chance <= 1:
        raise InvalidInput(f"The chance is {chance:g}; it lies between 0 and 1.", field="chance")
    amount = None if expected_amount is None or expected_amount != expected_amount else float(expected_amount)
    if amount is not None and not math.isfinite(amount):
        raise InvalidInput("The expected amount is not a number; look at the list anew.", field="expected_amount")
    return {"question": question, "decision": decision, "chance": chance,
            "expected_e4": None if amount is None else money.to_e4(amount)}


def _check_there(session: Session, customer_id: int, product_id: int) -> None:
    if session.scalar(select(Customer.id).where(Customer.id == customer_id, Customer.deleted_at.is_(None))) is None:
        raise NotFound("This customer is not there any more; it may have been merged or deleted in another window.")
    if session.scalar(select(Product.id).where(Product.id == product_id, Product.deleted_at.is_(None))) is None:
        raise NotFound("This product is not there any more; it may have been deleted in another window.")


def _free(session: Session, given: pd.DataFrame) -> set[tuple[int, int]]:
    """Which pairs of customer and product are there and have no open task of an offer."""
    customer_ids, product_ids = (listed(session, np.unique(given[name].to_numpy(dtype="int64")))
                                 for name in ("customer_id", "product_id"))
    people = set(session.scalars(select(Customer.id).where(Customer.id.in_(customer_ids), Customer.deleted_at.is_(None))))
    goods = set(session.scalars(select(Product.id).where(Product.id.in_(product_ids), Product.deleted_at.is_(None))))
    asked = {(row[0], row[1]) for row in session.execute(
        select(OfferDecision.customer_id, OfferDecision.product_id).join(Task, Task.id == OfferDecision.task_id)
        .where(OfferDecision.customer_id.in_(customer_ids), OfferDecision.deleted_at.is_(None), Task.deleted_at.is_(None),
               Task.done_at.is_(None)))}
    pairs = zip(given["customer_id"].tolist(), given["product_id"].tolist(), strict=True)
    return {pair for pair in pairs if pair[0] in people and pair[1] in goods} - asked


def _about(customer_id: int, product_id: int, question: str) -> Select:
    return (select(OfferDecision).where(OfferDecision.customer_id == customer_id, OfferDecision.product_id == product_id,
                                        OfferDecision.question == question)
            .order_by(OfferDecision.id.desc()).execution_options(populate_existing=True))


def _current(session: Session, customer_id: int, product_id: int, question: str) -> OfferDecision | None:
    return session.scalar(_about(customer_id, product_id, question).where(OfferDecision.deleted_at.is_(None)).limit(1))


def _alike(session: Session, one: OfferDecision) -> list[OfferDecision]:
    """The decision and those right before it that say the same: dismissals of any day, acceptances of the same day."""
    found = [one]
    for older in session.scalars(_about(one.customer_id, one.product_id, one.question).where(
            OfferDecision.deleted_at.is_(None), OfferDecision.id < one.id)):
        if older.decision != one.decision or (one.decision == "accepted" and older.decided_on != one.decided_on):
            break
        found.append(older)
    return found


def _there(session: Session, decision_id: int) -> OfferDecision:
    found = session.get(OfferDecision, int(decision_id), with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("This decision is not there any more.")
    return found


def _touch(one: OfferDecision) -> None:
    one.version += 1
    one.updated_at = now()
