"""What is there twice? Records that repeat an earlier one in all that tells them apart; the first of them is no repeat."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, func, select

from crm.models import Base, Customer, Deal, Interaction, Order, OrderLine, Payment, Product, SurveyAnswer, Ticket
from crm.services.quality.check import LOOKS, MISSED, WRONG_FIGURES, Check, Found, of_ids
from crm.services.quality.look import IN_AT_ONCE, Look, there
from crm.services.search import fold

GROUPED_BY = 3  # columns of a rule that the database groups by
FEWEST_DIGITS = 6  # shorter numbers are extensions


@dataclass(frozen=True)
class Rule:
    """Records of `among` that are equal in all `columns` (None equals None) are the same thing twice."""

    model: type[Base]
    columns: tuple
    harm: int
    shown: tuple[str, ...]
    among: ColumnElement[bool] | None = None


def find(look: Look, rule: Rule) -> Found:
    """The later ones of equal records: id, same_as (the id of the first)."""
    among = there(rule.model) if rule.among is None else there(rule.model) & rule.among
    looked_at = look.session.scalar(select(func.count()).select_from(rule.model).where(among))
    some = rule.columns[:GROUPED_BY]  # few columns are sorted quickly; the rest decides among the few that are found
    owners = list({row[0] for row in look.session.execute(
        select(*some).where(among).group_by(*some).having(func.count() > 1))})
    firsts: dict[tuple, int] = {}
    pairs: list[tuple[int, int]] = []
    owner = rule.columns[0]  # by its index the database finds what belongs to the same order or customer
    for start in range(0, len(owners), IN_AT_ONCE):
        chunk = owners[start:start + IN_AT_ONCE]
        owned = owner.in_(chunk) if None not in chunk else owner.in_(chunk) | owner.is_(None)
        for record_id, *equal in look.session.execute(
                select(rule.model.id, *rule.columns).where(among, owned).order_by(rule.model.id)):
            first = firsts.setdefault(tuple(equal), record_id)
            if first != record_id:
                pairs.append((record_id, first))
    return _found(looked_at, pairs)


def of_emails(look: Look) -> Found:
    """Customers with the e-mail address of another, however it is written."""
    return _found(*_same(look, Customer, "email", fold))


def of_phones(look: Look) -> Found:
    """Customers with the phone number of another and a name that may be the same: families share phones."""
    looked_at, pairs = _same(look, Customer, "phone", _digits)
    names = dict(look.having_ids(Customer, {record_id for pair in pairs for record_id in pair}, "name"))
    return _found(looked_at, [pair for pair in pairs if may_be_one(names[pair[0]], names[pair[1]])])


def of_people(look: Look) -> Found:
    """Customers with the name of another, of the same kind and city, and with no e-mail address that differs."""
    looked_at, pairs = _same(look, Customer, "name", fold)
    ids = {record_id for pair in pairs for record_id in pair}
    known = {row[0]: row[1:] for row in look.having_ids(Customer, ids, "name", "city", "kind", "email")}
    people: dict[tuple, list[int]] = {}
    for record_id in sorted(known):
        name, city, kind, _ = known[record_id]
        people.setdefault((fold(name), fold(city), kind), []).append(record_id)
    emails = {record_id: fold(known[record_id][3]) for record_id in known}
    return _found(looked_at, [
        (later, alike[0]) for alike in people.values() for later in alike[1:]
        if not emails[later] or not emails[alike[0]] or emails[later] == emails[alike[0]]])


def of_products(look: Look) -> Found:
    """Products with the name of another, however it is written."""
    return _found(*_same(look, Product, "name", fold))


def _same(look: Look, model: type[Base], name: str, common: Callable) -> tuple[int, list[tuple[int, int]]]:
    """Records looked at, and (id, id of the first) of those whose texts have the same `common`, None being none."""
    spelled: dict[str, list[str]] = {}
    records: dict[str, int] = {}
    for (text, _), count in look.counts(model, name).items():
        same = common(text)
        if same:
            spelled.setdefault(same, []).append(text)
            records[same] = records.get(same, 0) + count
    repeated = {text for same, texts in spelled.items() if records[same] > 1 for text in texts}
    firsts: dict[str, int] = {}
    pairs = []
    for record_id, text in look.having(model, name, repeated) if repeated else ():
        first = firsts.setdefault(common(text), record_id)
        if first != record_id:
            pairs.append((record_id, first))
    return sum(records.values()), pairs


def _found(looked_at: int, pairs: list[tuple[int, int]]) -> Found:
    pairs = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    return Found(looked_at, of_ids([pair[0] for pair in pairs],
                                   same_as=np.array([pair[1] for pair in pairs], dtype=np.int64)))


def _digits(phone: str) -> str | None:
    digits = re.sub(r"\D", "", phone)
    # The last eight: with or without a country code and a leading 0 it is the same number.
    return digits[-8:] if len(digits) >= FEWEST_DIGITS else None


def may_be_one(name: str, other: str) -> bool:
    """Whether every word of the shorter name is in the other one, written out or as an initial.

    >>> may_be_one("Ada Ample", "Ample, A."), may_be_one("Ada Ample", "Bo Ample"), may_be_one("李雷", "李雷")
    (True, False, True)
    """
    shorter, longer = sorted(([word for word in re.split(r"\W+", fold(text)) if word] for text in (name, other)),
                             key=len)
    return bool(shorter) and all(
        any(word == beside or (1 in (len(word), len(beside)) and word[0] == beside[0]) for beside in longer)
        for word in shorter)


RULES: dict[str, Rule] = {
    "orders.repeated": Rule(
        Order, (Order.customer_id, Order.ordered_at, Order.net_amount_e4, Order.charged_amount_e4), WRONG_FIGURES,
        ("ordered_at", "net_amount_e4"), among=Order.customer_id.is_not(None) & (Order.charged_amount_e4 > 0)),
    "order_lines.repeated": Rule(
        OrderLine, (OrderLine.order_id, OrderLine.product_id, OrderLine.amount_e4, OrderLine.kind, OrderLine.quantity,
                    OrderLine.unit_price_e4, OrderLine.description, OrderLine.line_at), LOOKS,
        ("quantity", "amount_e4")),
    "payments.repeated": Rule(
        Payment, (Payment.customer_id, Payment.order_id, Payment.paid_on, Payment.amount_e4, Payment.currency),
        WRONG_FIGURES, ("paid_on", "amount_e4")),
    "interactions.repeated": Rule(
        Interaction, (Interaction.customer_id, Interaction.happened_at, Interaction.channel, Interaction.direction,
                      Interaction.subject), LOOKS, ("happened_at", "channel")),
    "tickets.repeated": Rule(Ticket, (Ticket.customer_id, Ticket.opened_at, Ticket.kind, Ticket.subject), MISSED,
                             ("opened_at",)),
    "survey_answers.repeated": Rule(
        SurveyAnswer, (SurveyAnswer.customer_id, SurveyAnswer.ticket_id, SurveyAnswer.metric, SurveyAnswer.item,
                       SurveyAnswer.score, SurveyAnswer.answered_at), MISSED, ("score", "answered_at"),
        among=SurveyAnswer.customer_id.is_not(None)),
    "deals.repeated": Rule(Deal, (Deal.customer_id, Deal.title, Deal.opened_on, Deal.amount_e4, Deal.stage), MISSED,
                           ("stage", "opened_on", "amount_e4")),
}


def checks() -> tuple[Check, ...]:
    """Every rule of this module."""
    return (
        Check("customers.same_email", "uniqueness", WRONG_FIGURES, ("email",), find=of_emails),
        Check("customers.same_phone", "uniqueness", MISSED, ("phone",), find=of_phones),
        Check("customers.same_name", "uniqueness", MISSED, ("city", "email"), find=of_people),
        Check("products.same_name", "uniqueness", MISSED, ("code", "category"), find=of_products),
        *(Check(code, "uniqueness", rule.harm, rule.shown, find=lambda look, rule=rule: find(look, rule))
          for code, rule in RULES.items()),
    )
