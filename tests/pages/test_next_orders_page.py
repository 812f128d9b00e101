"""The page of next orders, driven as a user would: its answer, its choices, its details, and what it says of little."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from crm import db
from crm.jobs import kept_models as kept_models_jobs
from crm.jobs import names, next_orders
from crm.services import customers, kept_models, orders, scores, settings
from crm.services.orders import LineInput
from crm.ui import next_orders_compare, next_orders_words
from tests.pages.conftest import open_page, words_of

LAST_DAY = date(2024, 12, 31)
CARDS = ["Who orders next", "When the orders come", "Is it right?"]


def table(app, column: str):
    return next(item.value for item in app.dataframe if column in item.value)


@pytest.fixture(scope="module")
def demo_result(demo_folder):
    with db.reading(db.demo()) as session:
        return next_orders.run(session, as_of=settings.as_of(session)), names.customers(session)


def test_the_demo_gets_an_answer_with_its_own_numbers_and_all_cards(in_demo, demo_result):
    result, _ = demo_result
    app = open_page("next_orders")
    told = words_of(app)
    assert f"About {result.orders.expected:.0f} of your {len(result.customers):,} customers will order in the next 30 days" in told
    assert "The first order of each will bring about **€ " in told and f"{result.tested_orders.actual:.0f} ordered" in told
    assert [item.value for item in app.subheader] == CARDS and not app.error and not app.info
    assert len(app.get("plotly_chart")) == 2
    first = table(app, "expected_on")
    assert list(first.columns) == ["customer_name", "chance", "expected_on", "expected_amount", "amount_low", "amount_high"]
    assert len(first) == next_orders_words.SHOWN and first["chance"].is_monotonic_decreasing


def test_looking_further_ahead_expects_more(in_demo):
    def chances(app) -> float:
        return table(app, "expected_on")["chance"].mean()

    app = open_page("next_orders")
    month = chances(app)
    app.button_group(key="next_days").set_value("90 days").run()
    assert not app.exception and "in the next 90 days" in words_of(app) and chances(app) > month


def test_the_sentence_says_where_the_simple_rule_will_do(demo_result):
    from dataclasses import replace

    result, _ = demo_result
    better, same = (next_orders_words.sentence(replace(result, buying=replace(result.buying, beats_rule=beats)), "EUR")
                    for beats in (True, False))
    assert "better than “who ordered last orders next”" in better and "that rule will do" in same
    assert next_orders_words.sentence(result, "USD").count(r"\$") == 3


def test_a_click_on_a_customer_opens_the_record(in_demo, demo_result):
    app = open_page("next_orders")
    key = next(item.key for item in app.dataframe if item.key and item.key.startswith("next_list_"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[1, "customer_name"]]}}
    app.run()
    assert not app.exception
    assert app.header[0].value.replace("\\", "") == next_orders.table(*demo_result)["customer_name"].iloc[1]


def test_the_spend_of_a_year_waits_until_it_is_asked_for(in_demo):
    app = open_page("next_orders")
    assert "will spend about" not in words_of(app)
    app.session_state["next_year"] = True
    app.run()
    assert not app.exception and not app.error and "in the next 365 days" in words_of(app)
    first = table(app, "spent_before")
    assert first["expected_spend"].is_monotonic_decreasing and (first["spend_low"] <= first["spend_high"]).all()
    app.button_group(key="next_span").set_value("3 months").run()
    assert not app.exception and "in the next 90 days" in words_of(app)
    assert table(app, "spent_before")["expected_spend"].sum() < 0.5 * first["expected_spend"].sum()


def test_every_question_has_its_models_side_by_side(in_demo):
    app = open_page("next_orders")
    app.session_state["next_models"] = True
    app.run()
    assert not app.exception and set(table(app, "auc")["model"].str.removesuffix(" ✓")) >= {"Who ordered last", "Naive Bayes"}
    app.button_group(key="next_compare").set_value("How much").run()
    assert not app.exception and not app.error
    models = table(app, "mae")
    assert {"As much as usual", "Boosted trees, Gamma"} <= set(models["model"].str.removesuffix(" ✓"))
    assert models["model"].str.endswith("✓").sum() == 1 and len(app.get("plotly_chart")) >= 4
    app.selectbox(key="next_amounts_method").set_value("Poisson regression").run()
    effects = table(app, "coefficient")
    assert not app.exception and effects["effect"].str.endswith("%").all()
    assert any(label.startswith("Average order: doubled (") for label in effects["column"])
    app.button_group(key="next_compare").set_value("When").run()
    assert not app.exception and "In steps of time ✓" in set(table(app, "pairs")["model"]) | {"In steps of time ✓"}
    assert "Last order and usual gap" in set(table(app, "pairs")["model"])


def test_the_download_is_rounded_and_has_everybody(demo_result):
    result, known = demo_result
    written = next_orders_words.spelled_out(next_orders.table(result, known))
    assert len(written) == len(result.customers)
    assert (written["expected_money"].round(2) == written["expected_money"]).all()
    spend = pd.DataFrame({name: [1.234] for name in ("expected_spend", "spend_low", "spend_high", "spent_before")})
    assert next_orders_compare.spend_for_download(spend)["spend_low"].tolist() == [1.23]


def test_how_it_is_computed_has_the_figures_of_this_company(in_demo, demo_result):
    result, _ = demo_result
    app = open_page("next_orders")
    judged = result.buying.judged[result.buying.proposed]
    told = words_of(app)
    assert len(app.latex) == 3 and f"AUC of {judged.value('roc_auc'):.3f}" in told and "What it does not know" in told


def test_the_model_of_who_orders_is_kept_used_and_scores_everybody(in_demo):
    app = open_page("next_orders")
    app.session_state["next_kept"] = True
    app.run()
    button = next(item for item in app.button if item.key.startswith("model_keep_"))
    button.click().run()
    assert not app.exception and not app.error
    with db.reading(db.demo()) as session:
        used = kept_models.promoted(session, purpose="buying")
        assert used is not None and used.horizon_days == 30
        scored = kept_models_jobs.score(session, model_id=used.id, as_of=used.as_of)
    assert "still fits" in words_of(app) or "since" in words_of(app)
    assert len(scored.customers) > 1000 and scored.customers["probability"].between(0, 1).all()
    with db.transaction(db.demo()) as session:  # other tests find the demo as it was
        kept_models.delete(session, used.id, version=used.version)


@pytest.fixture
def small_shop(own_company):
    """Seventy customers who order at random, all of whose orders are for the same 30: amounts cannot be told apart."""
    with db.transaction(own_company) as session:
        rng = np.random.default_rng(1)
        for number in range(70):
            customer = customers.create(session, name=f"*Customer* {number}")
            back, gap = int(rng.integers(160, 200)), float(rng.uniform(20, 120))
            while back >= 0:
                orders.create(session, customer_id=customer, lines=[LineInput(None, 1, 30, description="Candle")],
                              ordered_at=datetime.combine(LAST_DAY - timedelta(days=back), datetime.min.time()))
                back -= 1 + int(rng.exponential(gap))
    return own_company


def test_one_price_for_all_is_told_and_the_rest_is_shown_and_saved_once(small_shop):
    app = open_page("next_orders")
    assert not app.exception and not app.error and "are 30.00" in app.info[0].value
    first = table(app, "expected_on")
    assert "amount_low" not in first and (first["expected_amount"].round(2) == 30).all()
    next(item for item in app.button if item.label == "Save to the customers").click().run()
    assert not app.exception and not app.error
    with db.reading(small_shop) as session:
        assert scores.newest_run(session, analysis="buying") is not None and scores.of_customer(session, 1)[0].label == "30 days"
    app.session_state["next_year"] = app.session_state["next_models"] = True
    app.run()
    assert not app.exception and not app.error and any("365 days" in item.value for item in app.info)


def test_an_empty_company_is_told_what_it_takes(own_company):
    app = open_page("next_orders")
    assert " 0" in app.info[0].value and not app.metric and not app.error and not app.subheader
