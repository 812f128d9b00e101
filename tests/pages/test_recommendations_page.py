"""What to offer next: the answer, lists with reasons, what is decided and taken back, one product, outcomes, options, methods."""

import io
import shutil
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, select, update
from streamlit.testing.v1 import AppTest

from crm import db, jobs
from crm.analytics.recommendations import judging
from crm.errors import InvalidInput
from crm.jobs.recommendations import groups as profile
from crm.jobs.recommendations import listing
from crm.jobs.recommendations.outcomes import Outcomes
from crm.models import Customer, OfferDecision, Product, ScoreRun, Segment, Setting, Task
from crm.services import customers, offer_settings, offers, orders, products, segments, settings
from crm.ui import offer_mail, offer_outcomes, offer_reasons, offer_words, work
from tests.pages import conftest
from tests.pages.conftest import open_page


@pytest.fixture(scope="module")
def copied(demo_folder, tmp_path_factory) -> Path:
    """The demo company in a folder of its own, for writing."""
    return shutil.copytree(demo_folder, tmp_path_factory.mktemp("copy") / "data")


@pytest.fixture
def shop(copied, monkeypatch) -> db.Workspace:
    """The demo company without decisions about offers, and with offers made as usual."""
    monkeypatch.setenv("CRM_DATA_DIR", str(copied))
    with db.transaction(db.demo()) as session:
        session.execute(delete(OfferDecision))
        session.execute(delete(Task).where(Task.origin == "offers"))
        session.execute(delete(Setting).where(Setting.name == offer_settings.SETTING))
        session.execute(delete(Segment))
    return db.demo()


def words_of(app: AppTest) -> str:
    """All that is written, without the marks of bold."""
    return conftest.words_of(app).replace("**", "")


def field(app: AppTest, kind: str, key: str):
    """The widget whose key begins so; the rest of a key is its form's token, or whom it is about."""
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(key))


def press(app: AppTest, key: str) -> AppTest:
    field(app, "button", key).click().run()
    assert not app.exception and not app.error, (app.exception, words_of(app))
    return app


def grid(app: AppTest, key: str) -> pd.DataFrame:
    return next(item.value for item in app.dataframe if (item.key or "").startswith(key))


def select_in(app: AppTest, key: str, *, rows=(), cell=None) -> AppTest:
    """Rows of a table marked, or a cell clicked."""
    full = next(item.key for item in app.dataframe if (item.key or "").startswith(key))
    app.session_state[full] = {"selection": {"rows": list(rows), "columns": [], "cells": [] if cell is None else [cell]}}
    app.run()
    assert not app.exception and not app.error, (app.exception, words_of(app))
    return app


def on_tab(name: str, **query: str) -> AppTest:
    app = open_page("recommendations", **query)
    app.session_state["offers_tabs"] = name
    app.run()
    assert not app.exception and not app.error, (app.exception, words_of(app))
    return app


def decisions(workspace, **wanted) -> list[tuple]:
    with db.reading(workspace) as session:
        found = offers.decided(session, **wanted)
    return list(found[["product_name", "decision"]].itertuples(index=False, name=None))


def test_it_answers_how_good_the_offers_are_beside_the_best_sellers_with_reasons(in_demo):
    app = open_page("recommendations")
    said = words_of(app)
    assert "Something new for 2,012 customers" in said and "the best sellers did for" in said and "a list of ten held it for" in said
    listed = grid(app, "offer_list")
    assert len(listed) == 200 and list(listed.columns[:3]) == ["name", "product", "why"]
    assert listed["why"].str.contains("Goes with").mean() > 0.9 and listed["expected"].notna().all()
    assert "those who bought within the last year first" in said and "nan" not in said.lower().split()
    assert "EASE (Steck 2019)" in said and "customers, up to" in said
    field(app, "button_group", "mode").set_value("Buy again").run()
    listed = grid(app, "offer_list")
    assert "may buy again" in words_of(app) and listed["why"].str.match(r"Bought (once, |on [\d,]+ days, the last )[\d,]+ days ago").all()


def test_one_customer_is_decided_about_and_it_is_taken_back(shop):
    app = open_page("recommendations", customer="3")
    said = words_of(app)
    assert "What to offer Bryony Ladlemoor" in said and said.count("chance in the next order") == 5
    assert "customers who bought that have this too" in said
    press(app, "accept_")
    (first,) = decisions(shop)
    assert first[1] == "accepted" and "accepted on" in words_of(app)
    press(app, "dismiss_")
    assert decisions(shop) == [(first[0], "dismissed")] and f"{first[0]} is not offered to Bryony" in words_of(app)
    press(app, "undo_offer")
    assert decisions(shop) == [first] and "is not offered to" not in words_of(app), "the former decision counts again"
    press(app, "take_back_")
    assert decisions(shop) == []
    press(app, "close_offers")
    assert "What to offer" not in words_of(app)
    app.text_input(key="offer_search").set_value("c00004").run()
    assert len(grid(app, "offer_list")) == 1
    assert words_of(select_in(app, "offer_list", cell=(0, "name"))).count("chance in the next order") == 5, "by a click"


def test_a_task_is_made_once_and_a_mail_is_drafted_but_not_sent(shop, files):
    app = press(open_page("recommendations", customer="3"), "task_")
    field(app, "text_input", "task_title").set_value("Show it to her")
    press(app, "task_sent")
    with db.reading(shop) as session:
        (task,) = session.scalars(select(Task).where(Task.origin == "offers")).all()
        assert (task.title, task.customer_id) == ("Show it to her", 3) and "Chance" in task.note
    assert "task made" in words_of(app)
    press(app, "mail_")
    assert "To Bryony Ladlemoor" in words_of(app) and "Nothing is sent from here" in words_of(app)
    field(app, "text_input", "mail_subject").set_value("For you\nBcc: x@y.zz")
    field(app, "text_area", "mail_text").set_value("Grüße & 100 %").run()
    (key,) = [name for name in files if name.startswith("mail_file")]
    mail = message_from_bytes(files[key][1], policy=default)
    assert mail["Subject"] == "For you Bcc: x@y.zz" and mail["Bcc"] is None and mail.get_content().strip() == "Grüße & 100 %"
    with db.transaction(shop) as session:
        session.execute(update(Customer).where(Customer.id == 3).values(email=None, email_consent=False))
    said = words_of(app.run())
    assert "No e-mail address is known" in said and "does not want e-mails" in said


def test_links_to_a_mail_program_are_safe_and_not_too_long():
    draft = offer_mail.proposed(customer="Ada & Co", product="Tea?", company="C", price="€ 5.00", because="Cup", again=False)
    link = offer_mail.mailto("a&b@x.org", draft)
    assert link.startswith("mailto:a%26b@x.org?subject=Something%20for%20you%3A%20Tea%3F&body=") and "\n" not in link
    assert offer_mail.mailto("a@x.org", replace(draft, text="ä" * 2_000)) is None
    assert "Perhaps it is time" in offer_mail.proposed(customer="A", product="T", company="C", price=None, because=None, again=True).text


def test_one_product_is_offered_to_whom_it_suits_and_it_is_told_what_became_of_it(shop, files):
    app = on_tab("For one product")
    assert len(grid(app, "offer_wanted")) == 100 and "customers to offer" in words_of(app)
    table = pd.read_csv(io.BytesIO(files["download_wanted"][1]()))
    assert {"customer_code", "product_name", "chance", "expected_amount", "reason", "because"} <= set(table)
    assert len(table) == 100 and not table["reason"].str.contains("_").any(), "reasons are words"
    select_in(app, "offer_wanted", rows=(0, 2))
    assert field(app, "button", "offer_product_task").label == "Make tasks for 2 marked"
    press(app, "offer_product_task")
    sent = app.session_state["token_demo_offer_product_tasks"]
    press(app, "tasks_sent")
    app.session_state["open_dialog"], app.session_state["token_demo_offer_product_tasks"] = "offer_product_task", sent
    press(app.run(), "tasks_sent")  # the second of two clicks
    assert len(decisions(shop, decision="accepted")) == 2 and grid(app, "offer_wanted")["name"].str.startswith("✓").sum() == 2
    press(app, "offer_segment")
    field(app, "text_input", "offer_segment_name").set_value("Tea people")
    press(app, "offer_segment_sent")
    with db.transaction(shop) as session:
        (saved,) = segments.listing(session)
        offers.decide(session, customer_id=4, product_id=1, question="new", decision="dismissed", decided_on=settings.as_of(session))
    assert (saved.name, saved.members) == ("Tea people", 2)
    app.session_state["offers_tabs"] = "What became of them"
    said = words_of(app.run())
    assert "None of the 2 accepted offers was bought yet, waiting for 0 days" in said and "of the offers would have been bought" in said
    select_in(app, "offers_dismissed", rows=(0,))
    press(app, "take_back_dismissed")
    assert [decision for _, decision in decisions(shop)] == ["accepted"] * 2 and "No offer was dismissed" in words_of(app)


def test_what_was_bought_is_told_with_its_range():
    table = pd.DataFrame({"decision_id": range(10)})
    found = Outcomes(table, 10, 4, 0.4, 0.17, 0.69, 92.5, 21.0, 30.0, 10, 1.24, 4)
    assert offer_outcomes.sentence(found, "EUR").replace("**", "").startswith(
        "4 of 10 accepted offers were bought since: 40 % (17 % to 69 %). They brought € 92.50; half of them came within 21 days. The others "
        "are waiting for 30 days (the middle one). Had each of these customers ordered once since, about 1.2 of the offers would")


def test_options_are_kept_and_narrow_the_lists_and_what_is_offered_is_saved_once(shop):
    app = open_page("recommendations")
    field(app, "number_input", "offer_price_high").set_value(10.0).run()
    assert not app.exception and "Only products up to € 10.00" in words_of(app)
    with db.reading(shop) as session:
        assert offer_settings.read(session).price_high == 10
        cheap = set(session.scalars(select(Product.name).where(Product.price_e4 <= 100_000)))
    assert set(grid(app, "offer_list")["product"]) <= cheap
    token = app.session_state["token_demo_save_offers_saving"]
    press(app, "save_offers")
    app.session_state["token_demo_save_offers_saving"] = token
    press(app.run(), "save_offers")
    with db.reading(shop) as session:
        assert len(session.scalars(select(ScoreRun).where(ScoreRun.analysis == "recommend")).all()) == 1
    field(app, "number_input", "offer_price_low").set_value(20.0).run()
    assert "above the highest" in " ".join(item.value for item in app.error)
    assert field(app, "number_input", "offer_price_low").value is None  # the field shows what counts
    press(app, "offer_usual")
    assert "Only products" not in words_of(app)
    field(app, "selectbox", "offer_method_new").select("popular").run()
    assert "You chose the best sellers" in words_of(app)


def test_all_methods_are_compared_beside_the_page_and_any_becomes_its_own(shop):
    app = open_page("recommendations", mode="Buy again")
    app.session_state["offer_compare"] = True
    app.run()
    assert "only the methods of the first answer" in words_of(app)
    press(app, "start_compare_offers_repeat_last_order")
    work.find(f"compare_offers_repeat_last_order of {db.demo().url}").wait()
    app.run()
    assert not app.exception and not app.error and "Proposed: " in words_of(app) and "first answer are here" not in words_of(app)
    table = next(item.value for item in app.dataframe if "NDCG" in item.value)
    assert len(table) == len(judging.REPEAT_METHODS) and table["Hit rate"].str.contains("–").all()
    field(app, "selectbox", "offer_use_which").select("own_recent").run()
    press(app, "offer_use")
    with db.reading(shop) as session:
        kept = offer_settings.read(session)
    assert kept.method("repeat") == "own_recent" and kept.parameters("repeat")["half_life_days"] > 0 and kept.method("new") is None
    assert "You chose how often they bought it lately" in words_of(app)
    press(app, "offer_use_best")
    app.session_state["offer_compare_tabs"] = "Ratings"
    app.run()
    assert not app.exception and "ratings of 60 products" in words_of(app)


def test_nothing_is_invented_for_an_empty_or_tiny_company(own_company):
    assert open_page("recommendations").info
    with db.transaction(own_company) as session:
        ids = [products.create(session, name=f"Thing {letter}", price=10) for letter in "ABCDEF"]
        for number in range(4):
            customers.create(session, name=f"Nr {number}", birth_year=1990)
            if number < 3:
                orders.create(session, customer_id=number + 1, ordered_at=pd.Timestamp("2026-03-01").to_pydatetime(), lines=[
                    orders.LineInput(product_id=one, quantity=1, unit_price=10) for one in ids[number:number + 3]])
    app = open_page("recommendations", customer="4")
    said = words_of(app)
    assert not app.exception and "cannot be told yet" in said and "chance in the next order" not in said
    assert "Nr 3 has bought nothing yet, so these are what is popular" in said


def test_a_customer_s_own_page_offers_three_once_opened(in_demo):
    app = open_page("customer", customer="3")
    assert "It goes with" not in words_of(app)
    app.session_state["offer_next"] = True
    app.run()
    assert not app.exception and words_of(app).count("customers who bought that have this too") == 3


def test_no_better_than_the_best_sellers_is_said(in_demo):
    with db.reading(db.demo()) as session:
        day = settings.as_of(session)
    known = SimpleNamespace(purchases=SimpleNamespace(customer_ids=np.arange(9)))
    found = SimpleNamespace(top=10, proposed="popular", beats_popularity=False, value=lambda method, measure: 0.25)
    learned = SimpleNamespace(question="new", products=50, comparison=found, missing=None, method="popular", is_chosen=False, known=known)
    assert "no method was clearly better than simply offering the best sellers" in offer_words.sentence(learned, 9)
    assert day


REASON = {"because_name": "", "because_on": pd.NaT, "n_1": 12, "n_2": 15, "share": 0.8, "times": 4.12, "times_bought": 6, "days_since": 52.0,
          "usual_gap_days": 40.2, "gap_is_own": True, "same_category": True, "group": "kind=person|gender=female|age=30"}


@pytest.mark.parametrize(("row", "brief", "whole"), [
    ({"reason": "goes_with", "because_name": "*Pot*", "because_on": pd.Timestamp("2026-05-04"), "share": 0.38}, "Goes with *Pot*: 38 % of its buyers",
     r"**\*Pot\***, bought on 4 May 2026: 38 % of the 15 customers who bought that have this too, 4.1 times the usual share."),
    ({"reason": "similar_customers"}, "12 of the 15 most similar", "Of the 15 customers who bought most alike, 12 have it, 4.1 times"),
    ({"reason": "group"}, "80 % of women of 30 to 39", "Of 15 women of 30 to 39 who bought anything, 12 have it"),
    ({"reason": "recent"}, "Sells best of late: 80 %", "12 of the latest 15 customers"),
    ({"reason": "content", "because_name": "Pot"}, "Like Pot", "It is like **Pot**, bought, in its category and its description."),
    ({"reason": "content", "because_name": "Pot", "same_category": False}, "Like Pot", "It is like **Pot**, bought, in its description."),
    ({"reason": "group", "group": "segment=Cafés"}, "80 % of customers in “Cafés” have it", "Of 15 customers in “Cafés” who bought anything"),
    ({"reason": "again"}, "Bought on 6 days, the last 52 days ago, usually every 40 days", "usually buys it every 40 days"),
    ({"reason": "again", "times_bought": 1, "gap_is_own": False}, "Bought once, 52 days ago; others again after 40 days", "does so after 40 days"),
    ({"reason": "popular", "times": float("nan")}, "A best seller: 80 % of all customers have it", "12 of 15 customers have it."),
])
def test_every_reason_is_a_sentence_with_its_figures(row, brief, whole):
    told = REASON | row
    assert brief in offer_reasons.in_brief(told) and whole in offer_reasons.sentence(told) and "nan" not in offer_reasons.sentence(told)


def test_groups_are_told_from_profiles():
    people = pd.DataFrame({
        "customer_id": [1, 2, 3, 4], "kind": ["person", "company", "person", "person"], "gender": ["female", None, None, None],
        "birth_year": [1984.0, 1900.0, 1999.0, np.nan], "country": ["Spain", "Spain", None, None]})
    codes = profile.of_profiles(people, as_of=pd.Timestamp("2026-03-01").date())
    assert codes.to_dict() == {1: "kind=person|gender=female|age=40", 2: "kind=company|country=Spain", 3: "kind=person|age=20"}
    assert [offer_reasons.group_name(code) for code in codes] == ["women of 40 to 49", "companies in Spain", "people of 20 to 29"]




def test_of_too_many_customers_those_who_spent_most_are_listed_and_later_purchases_change_nothing(in_demo, monkeypatch):
    job, never = jobs.recommendations, pd.DataFrame({"customer_id": [], "product_id": []}, dtype="int64")
    with db.reading(in_demo) as session:
        day = settings.as_of(session) - timedelta(days=300)
        known, everybody = job.known(session, as_of=day), jobs.names.customers(session)["customer_id"].to_numpy()
    learned = job.learned(known, None, question="new", groups=pd.Series(dtype=object))
    usual = job.first_shown(learned, everybody, settings=offer_settings.OfferSettings(), never=never)
    monkeypatch.setattr(listing, "RANKED_CELLS", 0)
    shown = job.first_shown(learned, everybody, settings=offer_settings.OfferSettings(), never=never)
    assert (usual.by, shown.by, learned.method) == ("expected", "spent", "popular")
    assert set(shown.items["customer_id"]) == set(known.spent.index[:listing.SHOWN]), "those, ranked by what they may bring"
    assert known.purchases.day.max() <= np.datetime64(day) and set(usual.items["customer_id"]) <= set(known.active)
    narrow = offer_settings.OfferSettings(categories=("Nothing",))
    with pytest.raises(InvalidInput, match="choose others"):
        job.first_shown(learned, everybody, settings=narrow, never=never)
