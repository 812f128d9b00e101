"""The page of risks, driven as a user would: an answer, whom to look at, what is not known, and one way to save it."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert

from crm import db
from crm.jobs import names, risk
from crm.models import Payment
from crm.services import customers, orders, products, scores
from crm.ui import risk_tables
from tests.pages.conftest import TODAY, open_page, words_of

DAY = date(2026, 3, 10)
CARDS = ("Who to look at first", "What is open, and for how long", "How much hangs on few customers",
         "Complaints that are open", "On what else much hangs", "What comes back")


def pay(session, customer_id: int, order_id: int | None, paid_on: date, due_on: date | None, amount: float) -> None:
    session.execute(insert(Payment.__table__).values(
        customer_id=customer_id, order_id=order_id, paid_on=paid_on, due_on=due_on, amount_e4=round(amount * 10_000),
        source="test", version=1, created_at=datetime(2026, 1, 1), updated_at=datetime(2026, 1, 1)))


@pytest.fixture
def shop(own_company):
    """Ada brings most and pays late, Bo pays in time, Cleo owes; ids by name."""
    with db.transaction(own_company) as session:
        tea = products.create(session, name="Tea", price=4.5)
        ids = {name: customers.create(session, name=name) for name in ("Ada *Ample*", "Bo Brass", "Cleo Cask")}
        for place, (name, amount, late) in enumerate(
                [("Ada *Ample*", 90, 30)] * 6 + [("Bo Brass", 10, -3)] * 6 + [("Cleo Cask", 12, -1)] * 3
                + [("Cleo Cask", 12, None)]):
            ordered = DAY - timedelta(days=150 - 4 * place)
            order_id = orders.create(session, customer_id=ids[name], ordered_at=datetime.combine(ordered, datetime.min.time()),
                                     lines=[orders.LineInput(tea, amount, 4.5)])
            due = ordered + timedelta(days=14)
            if late is not None:
                pay(session, ids[name], order_id, due + timedelta(days=late), due, amount * 4.5)
    return ids


def metrics(app) -> dict[str, str]:
    return {one.label: one.value for one in app.metric}


def test_the_demo_gets_an_answer_with_its_own_numbers(in_demo):
    app = open_page("risk")
    told = words_of(app)
    assert "Your 3 largest customers bring" in told and "is overdue at" in told
    assert set(CARDS) <= {item.value for item in app.subheader}
    assert set(metrics(app)) == {"Overdue", "Bills paid late", "Top 3 customers", "Given back", "Open complaints",
                                 "At high risk"}
    assert "–" not in metrics(app).values()


def test_the_list_says_why_in_words_and_starts_with_the_highest(in_demo):
    table = open_page("risk").dataframe[0].value
    assert list(table.columns) == ["name", "level", "why", "overdue", "year"]
    assert table["level"].iloc[0].startswith("High") and table["why"].str.len().min() > 5
    assert table["why"].str.contains(r"paid \d+ of \d+ late, \d+ days at the middle").any()
    assert table["why"].str.contains(r"overdue for \d+ days").any()


def test_an_empty_company_is_told_what_to_do(own_company):
    app = open_page("risk")
    assert "there are 0" in app.info[0].value and not app.metric and not app.dataframe


def test_the_words_are_those_of_the_company(shop):
    app = open_page("risk", as_of=DAY.isoformat())
    told = words_of(app)
    assert "Only 3 customers brought revenue in the 151 days on record" in told
    assert "is overdue at 1 customer, going by the days to pay that are usual for them." in told
    assert "Without the largest customer, **Ada \\*Ample\\***, the 151 days" in "\n".join(item.value for item in app.markdown)
    table = app.dataframe[0].value.set_index("name")
    assert "paid 6 of 6 late, 30 days at the middle" in table.loc["Ada *Ample*", "why"]
    assert "Bo Brass" not in table.index


def test_a_click_on_a_customer_opens_it(shop):
    app = open_page("risk", as_of=DAY.isoformat())
    place = app.dataframe[0].value["name"].tolist().index("Cleo Cask")
    key = app.dataframe[0].key
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[place, "why"]]}}
    app.run()
    assert not app.exception and app.query_params["customer"] == str(shop["Cleo Cask"])


def test_without_payments_the_page_says_how_to_bring_them_in_and_answers_the_rest(own_company):
    with db.transaction(own_company) as session:
        tea = products.create(session, name="Tea", price=4.5)
        ada = customers.create(session, name="Ada")
        orders.create(session, customer_id=ada, ordered_at=datetime(2026, 2, 1), lines=[orders.LineInput(tea, 2, 4.5)])
    app = open_page("risk", as_of=DAY.isoformat())
    told = words_of(app)
    assert "comes from one customer" in told and "so who pays late is not known" in told
    assert "No payments are on record. Bring in a file of payments" in told
    assert "Without **Ada**, the 38 days on record would have brought nothing." in told
    assert metrics(app)["Overdue"] == "–" and metrics(app)["Top customer"] == "100 %"
    assert not app.error


def test_before_the_first_payment_nothing_is_said_of_payments(shop):
    app = open_page("risk", as_of=(DAY - timedelta(days=140)).isoformat())
    assert "No payments are on record up to" in words_of(app) and metrics(app)["Bills paid late"] == "–"
    assert not app.error


def test_when_all_was_given_back_no_share_is_shown(own_company):
    with db.transaction(own_company) as session:
        tea = products.create(session, name="Tea", price=4.5)
        ada = customers.create(session, name="Ada")
        for quantity, kind in ((2, "sale"), (-2, "return")):
            orders.create(session, customer_id=ada, ordered_at=datetime(2026, 2, 1),
                          lines=[orders.LineInput(tea, quantity, 4.5, kind=kind)])
    app = open_page("risk", as_of=DAY.isoformat())
    assert "shares of revenue cannot be computed" in words_of(app)
    assert metrics(app)["Top customer"] == "–" and not app.error


def test_the_owners_days_to_pay_make_overdue_what_names_no_due_day(own_company):
    with db.transaction(own_company) as session:
        tea = products.create(session, name="Tea", price=4.5)
        ada = customers.create(session, name="Ada")
        first, _ = (orders.create(session, customer_id=ada, ordered_at=datetime(2026, 1, day),
                                  lines=[orders.LineInput(tea, 20, 4.5)]) for day in (5, 8))
        pay(session, ada, first, date(2026, 1, 30), None, 90)
    app = open_page("risk", as_of=DAY.isoformat())
    assert "is open, but no due day is on record" in words_of(app) and metrics(app)["Overdue"] == "–"
    app.number_input(key="terms_days").set_value(30).run()
    assert metrics(app)["Overdue"] == "€ 90.00" and "is overdue at 1 customer, going by your days to pay." in words_of(app)


def test_which_orders_are_open_is_told_when_somebody_asks(shop):
    app = open_page("risk", as_of=DAY.isoformat())
    before = len(app.dataframe)
    app.session_state["open_orders"] = True
    app.run()
    opened = [table.value for table in app.dataframe if "days" in table.value and "due" in table.value]
    assert len(app.dataframe) == before + 1 and opened[0]["name"].tolist() == ["Cleo Cask"]
    assert opened[0]["from"].tolist() == ["Usual term"]


def test_saving_keeps_score_and_level_of_each_customer(shop, own_company):
    app = open_page("risk", as_of=DAY.isoformat())
    button = next(one for one in app.button if one.key.startswith("save_risk_"))
    button.click().run()
    assert not app.exception and not app.error
    with db.reading(own_company) as session:
        kept = next(one for one in scores.of_customer(session, shop["Ada *Ample*"]) if one.analysis == "risk")
    assert kept.label in ("watch", "high") and 15 <= kept.number <= 100


def test_the_download_has_every_customer_with_the_reasons(in_demo):
    with db.reading(in_demo) as session:
        result = risk.run(session, as_of=TODAY)
        table = risk_tables.for_download(risk.table(result, names.customers(session)), result)
    assert len(table) == len(result.customers)
    assert list(table.columns[:4]) == ["customer_code", "customer_name", "score", "level"] and "why" in table
    assert "customer_id" not in table


def test_plain_figures_for_the_command_line_hold_no_tables_of_customers(in_demo):
    with db.reading(in_demo) as session:
        quality = risk.quality(risk.run(session, as_of=TODAY))
    assert quality["customers"] == quality["low"] + quality["watch"] + quality["high"]
    assert 0 < quality["share_of_first_1"] < quality["share_of_first_3"] < quality["share_of_first_10"] < 1
    assert [row["bucket"] for row in quality["ageing"]][:4] == ["0–30 days", "31–60 days", "61–90 days", "over 90 days"]
    assert all(isinstance(content, (int, float, list)) for content in quality.values())


def test_how_it_is_computed_is_told(in_demo):
    app = open_page("risk")
    assert "How this is computed" in [item.label for item in app.expander]
    assert "It is not a probability" in words_of(app) and "empirical Bayes" in words_of(app)
