"""The page of value, driven as a user would: its answer, its choices, its cards, and what it says of little."""

from datetime import date, datetime, timedelta

import pytest

from crm import db
from crm.jobs import names, value
from crm.services import customers, orders, scores, settings
from crm.services.orders import LineInput
from crm.ui import value_words
from tests.pages.conftest import open_page, words_of

LAST_DAY = date(2024, 12, 31)
CARDS = ["The most valuable customers", "How much rests on a few?", "Would it have been right?", "Who brings it",
         "What a new customer may cost"]


def sell(workspace, lives: list[tuple]) -> None:
    """Customers with orders so many days before LAST_DAY."""
    with db.transaction(workspace) as session:
        for place, days in enumerate(lives):
            customer = customers.create(session, name=f"*Customer* {place}", channel="Web" if place % 2 else "Fair")
            for ago in days:
                orders.create(session, customer_id=customer,
                              ordered_at=datetime.combine(LAST_DAY - timedelta(days=ago), datetime.min.time()),
                              lines=[LineInput(None, 1, 20 + place, description="Candle")])


def table(app, column: str):
    return next(item.value for item in app.dataframe if column in item.value)


@pytest.fixture(scope="module")
def demo_result(demo_folder):
    with db.reading(db.demo()) as session:
        return value.run(session, as_of=settings.as_of(session)), names.customers(session)


def test_the_demo_gets_an_answer_with_its_own_numbers_and_all_cards(in_demo):
    app = open_page("value")
    told = words_of(app)
    assert "customers you have will spend about € " in told and "in the next 12 months" in told
    assert "The top fifth of them brought" in told and "Tested on the last" in told
    assert [item.value for item in app.subheader] == CARDS
    assert len(app.get("plotly_chart")) == 3 and not app.error
    first = table(app, "spend_low")
    assert list(first.columns) == ["customer_name", "expected_spend", "spend_low", "spend_high", "still", "past_spend"]
    assert len(first) == value_words.SHOWN and first["expected_spend"].is_monotonic_decreasing


def test_the_answer_has_three_digits_and_its_range(demo_result):
    result, _ = demo_result
    sentence = value_words.sentence(result, "EUR")
    total = result.total
    for name in ("expected_spend", "spend_low", "spend_high"):
        rounded = float(f"{total[name]:.3g}")
        assert f"€ {rounded:,.0f}" in sentence, name
    assert value_words.sentence(result, "USD").count(r"\$") == 3


def test_looking_less_far_ahead_expects_less(in_demo):
    def expected(app) -> float:
        return table(app, "spend_low")["expected_spend"].sum()

    app = open_page("value")
    year = expected(app)
    app.button_group(key="value_months").set_value("3 months").run()
    assert not app.exception and "in the next 3 months" in words_of(app) and expected(app) < 0.4 * year


def test_margins_are_shown_on_demand(in_demo):
    app = open_page("value")
    assert "Margin of that" not in [item.label for item in app.metric]
    app.toggle(key="value_margin").set_value(True).run()
    assert not app.exception and "Margin of that" in [item.label for item in app.metric]
    first = table(app, "spend_low")
    assert (first["expected_margin"] < first["expected_spend"]).all() and (first["expected_margin"] > 0).all()
    assert table(app, "expected_each")["past_margin"].notna().all()


def test_a_discount_changes_what_it_is_worth_today_alone(in_demo):
    def figure(app, label: str) -> str:
        return next(item.value for item in app.metric if item.label == label)

    app = open_page("value")
    before, spend = figure(app, "Worth today"), figure(app, "Next 12 months")
    app.number_input(key="value_discount").set_value(0).run()
    assert figure(app, "Worth today") == spend == figure(app, "Next 12 months") and before != spend


def test_value_is_shown_by_cohort_too(in_demo):
    app = open_page("value")
    assert "Web search" in table(app, "expected_each")["group"].tolist()
    app.button_group(key="value_by").set_value("First order").run()
    assert not app.exception
    assert table(app, "expected_each")["group"].str.startswith("20").all()


def test_more_may_be_spent_where_more_of_the_value_may_go(in_demo):
    app = open_page("value")
    before = table(app, "allowed").set_index("group")["allowed"]
    app.slider(key="payback_share").set_value(60).run()
    after = table(app, "allowed").set_index("group")["allowed"]
    assert after.to_dict() == pytest.approx((2 * before).to_dict())
    assert "of margin in the first 12 months" in words_of(app)


def test_a_click_on_a_customer_opens_the_record(in_demo, demo_result):
    app = open_page("value")
    key = next(item.key for item in app.dataframe if item.key and item.key.startswith("value_list_"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[2, "customer_name"]]}}
    app.run()
    assert not app.exception
    assert app.header[0].value.replace("\\", "") == value.table(*demo_result)["customer_name"].iloc[2]


def test_a_one_time_buyer_is_called_one_and_no_chance_is_shown(demo_result):
    result, known = demo_result
    written = value_words.spelled_out(value.table(result, known))
    assert "alive" not in written.columns
    once = written["purchase_days"] == 1
    assert once.any() and (written.loc[once, "still_a_customer"] == "bought once").all()
    assert set(written.loc[~once, "still_a_customer"]) <= {"very likely", "likely", "doubtful", "hardly"}
    assert len(written) == len(result.customers)


def test_how_it_is_computed_has_the_parameters_and_the_limits(in_demo, demo_result):
    app = open_page("value")
    told = words_of(app)
    assert len(app.latex) == 4 and "1 for all of them" in told and "Bühlmann" in told
    parameters = table(app, "parameter").set_index("parameter")["value"]
    assert parameters["r"] == f"{demo_result[0].quality['r']:.4g}" and not parameters.eq("–").any()


def test_the_result_is_saved_to_the_customers_once(own_company):
    sell(own_company, [(5 + place, 60 + 2 * place, 200 + place) for place in range(30)])
    app = open_page("value")
    next(item for item in app.button if item.label == "Save to the customers").click().run()
    assert not app.exception and not app.error
    with db.reading(own_company) as session:
        run_id = scores.newest_run(session, analysis="value")
        assert run_id is not None and scores.of_customer(session, 1)[0].number > 0


def test_without_costs_a_new_customers_worth_is_called_revenue(own_company):
    sell(own_company, [(5 + place, 60 + 2 * place, 200 + place) for place in range(30)])
    app = open_page("value")
    told = words_of(app)
    assert "of revenue in the first 12 months" in told and "No costs of goods are known" in told
    app.toggle(key="value_margin").set_value(True).run()
    assert next(item.value for item in app.metric if item.label == "Margin of that") == "–"
    assert "Only 30 customers have bought again" in " ".join(item.value for item in app.warning)


def test_customers_who_all_bought_once_get_advice_and_what_they_brought(own_company):
    sell(own_company, [(place + 1,) for place in range(40)])
    app = open_page("value")
    assert "there are 0" in app.info[0].value and not app.error and not app.metric
    told = words_of(app)
    assert "So far, 40 customers brought € 1,580; the top fifth of them brought" in told
    assert [item.value for item in app.subheader] == ["Who brought most so far", "How much rests on a few?",
                                                      "Who brought it"]
    assert table(app, "purchase_days")["customer_name"].iloc[0] == "*Customer* 39"


def test_an_empty_company_is_told_what_it_takes(own_company):
    app = open_page("value")
    assert "there are 0" in app.info[0].value and not app.metric and not app.error and not app.subheader
