"""Offers: what is decided, taken back and brought back; tasks made of them; what became of the accepted; the owner's choice."""

from datetime import date, datetime, time

import pandas as pd
import pytest
from sqlalchemy import func, select, update

from crm import db
from crm.errors import InvalidInput, NotFound
from crm.models import AuditEntry, OfferDecision, Product, Task
from crm.services import customers, merging, offer_settings, offers, orders, products, tasks

FIRST, LAST = date(2026, 1, 10), date(2026, 3, 10)


@pytest.fixture
def shop(workspace):
    """Two customers, two products, nothing bought."""
    with db.transaction(workspace) as session:
        for name in ("Ada", "Ben"):
            customers.create(session, name=name)
        for name in ("Teapot", "Cup"):
            products.create(session, name=name, price=20)
    return workspace


def decide(shop, decision="accepted", *, customer_id=1, product_id=1, on=FIRST, question="new", **more) -> int:
    with db.transaction(shop) as session:
        return offers.decide(session, customer_id=customer_id, product_id=product_id, question=question, decision=decision,
                             decided_on=on, **more)


def decided(shop, **wanted) -> list[tuple]:
    with db.reading(shop) as session:
        found = offers.decided(session, **wanted)
    return list(found[["customer_id", "product_id", "decision"]].itertuples(index=False, name=None))


def order(shop, on: date, *, customer_id=1, product_id=1, number=1, amount=20.0, kind="sale", status="completed") -> None:
    with db.transaction(shop) as session:
        orders.create(session, customer_id=customer_id, ordered_at=datetime.combine(on, time(15)), status=status, lines=[
            orders.LineInput(product_id=product_id, quantity=number, unit_price=amount, kind=kind)])


def outcomes(shop, as_of=LAST) -> pd.DataFrame:
    with db.reading(shop) as session:
        return offers.outcomes(session, as_of=as_of)


def count(shop, model, *conditions) -> int:
    with db.reading(shop) as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_two_clicks_decide_once(shop):
    assert decide(shop, chance=0.2, expected_amount=4.0, method="items") == decide(shop)
    with db.reading(shop) as session:
        (row,) = offers.decided(session).to_dict("records")
    assert (row["customer_name"], row["product_name"], row["chance"], row["expected_amount"], row["method"]) == (
        "Ada", "Teapot", 0.2, 4.0, "items")
    assert count(shop, OfferDecision) == 1 and count(shop, AuditEntry, AuditEntry.entity == "offer") == 1


def test_the_latest_decision_counts_and_taken_back_the_former_does_again(shop):
    decide(shop)
    later = decide(shop, "dismissed", on=LAST)
    assert decided(shop) == [(1, 1, "dismissed")]
    with db.transaction(shop) as session:
        assert offers.dismissed(session, question="new").to_numpy().tolist() == [[1, 1]]
        assert offers.dismissed(session, question="repeat").empty, "another question, another decision"
        offers.take_back(session, later)
        offers.take_back(session, later)
    assert decided(shop) == [(1, 1, "accepted")] and decided(shop, decision="dismissed") == []
    with db.transaction(shop) as session:
        offers.restore(session, later)
    assert decided(shop, question="new", customer_id=1) == [(1, 1, "dismissed")]


def test_what_two_merged_customers_decided_is_one_decision(shop):
    decide(shop, "dismissed")
    decide(shop, "dismissed", customer_id=2, on=LAST)
    with db.transaction(shop) as session:
        merging.merge(session, 1, 2, versions=(1, 1))
    assert decided(shop) == [(1, 1, "dismissed")]
    with db.transaction(shop) as session:
        newest = offers.decided(session)["decision_id"][0]
        offers.take_back(session, newest)
    assert decided(shop) == [], "not hidden by the other one's any more"
    with db.transaction(shop) as session:
        offers.restore(session, newest)
    assert count(shop, OfferDecision, OfferDecision.deleted_at.is_(None)) == 2


def test_what_cannot_be_is_refused_and_leaves_nothing(shop):
    for wrong, said in (({"question": "why"}, "no question"), ({"decision": "maybe"}, "no decision"),
                        ({"chance": 1.2}, "between 0 and 1"), ({"expected_amount": float("inf")}, "not a number")):
        with pytest.raises(InvalidInput, match=said):
            decide(shop, **wrong)
    for gone in ({"customer_id": 9}, {"product_id": 9}):
        with pytest.raises(NotFound, match="not there any more"):
            decide(shop, **gone)
    for wanted, said in ((offered(), "at least one"), (offered(*range(1, 502)), "501 tasks"),
                         (offered(1, title="  "), "what is to be done")):
        with pytest.raises(InvalidInput, match=said):
            make(shop, wanted)
    assert count(shop, OfferDecision) == count(shop, Task) == 0


def offered(*customer_ids, title="Offer the teapot", **more) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": customer_ids, "product_id": 1, "title": title, **more})


def make(shop, wanted, **more) -> offers.MadeTasks:
    with db.transaction(shop) as session:
        return offers.make_tasks(session, offers=wanted, question="new", decided_on=FIRST, due_on=LAST, **more)


def test_tasks_are_made_once_for_an_offer_and_go_with_it(shop):
    assert make(shop, offered(1, chance=[0.1], note=["She has the cups."]), method="items") == offers.MadeTasks(1, 0)
    assert make(shop, offered(1, 2, 9)) == offers.MadeTasks(1, 2), "who has one, and who is not there"
    with pytest.raises(InvalidInput, match="open task"):
        make(shop, offered(1))
    with db.transaction(shop) as session:
        one = session.get(Task, 1)
        assert (one.customer_id, one.title, one.note, one.due_on, one.origin) == (1, "Offer the teapot", "She has the cups.", LAST, "offers")
        (mine,) = offers.decided(session, customer_id=1).to_dict("records")
        assert (mine["task_id"], mine["decision"], mine["task_is_done"]) == (1, "accepted", False)
        offers.take_back(session, mine["decision_id"])
    assert count(shop, Task, Task.deleted_at.is_(None)) == 1
    with db.transaction(shop) as session:
        offers.restore(session, mine["decision_id"])
        session.execute(update(Task).values(done_at=func.current_timestamp()))
    assert count(shop, Task, Task.deleted_at.is_(None)) == 2
    with db.transaction(shop) as session:
        assert offers.decided(session, customer_id=1)["task_is_done"].all()
        offers.take_back(session, mine["decision_id"])
    assert count(shop, Task, Task.deleted_at.is_(None)) == 2, "what was done was done"
    assert make(shop, offered(1)).made == 1, "done ones do not hinder the next"


def test_what_was_bought_after_the_offer_counts_and_nothing_else(shop):
    decide(shop, chance=0.3)
    decide(shop, product_id=2)
    decide(shop, customer_id=2)
    decide(shop, "dismissed", customer_id=2, product_id=2)
    order(shop, date(2026, 1, 10))  # on the very day: it came before
    order(shop, date(2026, 2, 20), number=3)
    order(shop, date(2026, 3, 1))
    order(shop, date(2026, 3, 11), product_id=2)  # after the day that counts
    found = outcomes(shop).set_index(["customer_id", "product_id"])
    assert sorted(found.index) == [(1, 1), (1, 2), (2, 1)], "what was dismissed was not offered"
    bought = found.loc[(1, 1)]
    assert (bought["bought_on"], bought["days_waited"], bought["amount"], bought["chance"]) == (
        pd.Timestamp(2026, 2, 20), 41, 60.0, 0.3)
    waits = found.loc[(1, 2)]
    assert pd.isna(waits["bought_on"]) and pd.isna(waits["amount"]) and waits["days_waited"] == 59
    assert outcomes(shop, as_of=date(2026, 2, 19))["bought_on"].isna().all(), "later orders change nothing"
    assert outcomes(shop, as_of=date(2026, 1, 9)).empty, "nor later decisions"


def test_one_purchase_answers_one_decision(shop):
    decide(shop, question="repeat")
    decide(shop, question="repeat", on=date(2026, 2, 1))  # decided anew, nothing bought in between
    order(shop, date(2026, 2, 10))
    decide(shop, question="repeat", on=date(2026, 2, 20))  # and again, after it was bought
    assert outcomes(shop)[["decided_on", "days_waited"]].to_numpy().tolist() == [
        [pd.Timestamp(2026, 2, 20), 18], [pd.Timestamp(2026, 2, 1), 9]]
    decide(shop, "dismissed", question="repeat", on=LAST)
    assert len(outcomes(shop)) == 1, "a change of mind is no offer that failed"


def test_returns_and_cancelled_orders_are_no_purchases_and_merged_customers_are_one(shop):
    decide(shop)
    order(shop, date(2026, 2, 1), number=-1, kind="return")
    order(shop, date(2026, 2, 2), status="cancelled")
    order(shop, date(2026, 2, 5), customer_id=2)
    with db.transaction(shop) as session:
        assert offers.outcomes(session, as_of=LAST)["bought_on"].isna().all()
        merging.merge(session, 1, 2, versions=(1, 1))
    assert outcomes(shop)["days_waited"].tolist() == [26]


def test_a_task_is_made_taken_back_and_brought_back(shop):
    with db.transaction(shop) as session:
        number = tasks.create(session, title="  Call  Ada ", customer_id=1, due_on=LAST)
        assert session.get(Task, number).title == "Call Ada"
        assert tasks.delete(session, number) and not tasks.delete(session, number)
        tasks.restore(session, number)
        assert session.get(Task, number).deleted_at is None
    for wrong, said in (({"title": " "}, "few words"), ({"title": "x" * 501}, "501"), ({"title": "x", "note": "x" * 5001}, "5,001"),
                        ({"title": "x", "customer_id": 9}, "not there")):
        with pytest.raises((InvalidInput, NotFound), match=said), db.transaction(shop) as session:
            tasks.create(session, **wrong)
    assert count(shop, Task) == 1


def test_how_offers_are_made_is_kept_field_by_field(shop):
    with db.transaction(shop) as session:
        assert offer_settings.read(session) == offer_settings.OfferSettings()
        offer_settings.change(session, categories=["Tea", "Cups", "Tea"], price_low=5)
        offer_settings.use_method(session, question="new", method="items", parameters={"neighbours": 50})
        kept = offer_settings.read(session)
    assert (kept.categories, kept.price_low, kept.method("new"), kept.method("repeat")) == (("Cups", "Tea"), 5.0, "items", None)
    assert kept.parameters("new") == {"neighbours": 50} and kept.parameters("repeat") is None
    assert kept.is_narrowed and hash(kept) and count(shop, AuditEntry, AuditEntry.action == "offers") == 2
    for wrong, said in (({"price_high": 4}, "above the highest"), ({"exclude_recent_days": -1}, "whole days"),
                        ({"diversity": 2}, "between 0 and 1"), ({"price_low": float("nan")}, "amount"), ({"colour": 1}, "colour")):
        with pytest.raises(InvalidInput, match=said), db.transaction(shop) as session:
            offer_settings.change(session, **wrong)
    with db.reading(shop) as session:
        assert offer_settings.read(session) == kept


def test_a_deleted_product_is_in_no_list_but_what_it_brought_stays_told(shop):
    decide(shop)
    decide(shop, "dismissed", customer_id=2)
    with db.transaction(shop) as session:
        session.execute(update(Product).values(deleted_at=func.current_timestamp()))
    assert decided(shop) == [] and len(outcomes(shop)) == 1
