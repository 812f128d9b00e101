"""Who is leaving: the answer, the list by profit, rounds with a hold-out, one customer, kept models, all models compared."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import delete, func, insert, select, update
from streamlit.testing.v1 import AppTest

from crm import db, jobs
from crm.analytics import prediction
from crm.analytics.prediction.tuning import Search
from crm.db.revisions import note_change
from crm.jobs import model_questions
from crm.models import Campaign, CampaignMember, Customer, CustomerScore, ScoreRun, Segment, Setting, Task, TrainedModel
from crm.services import contact_costs, contact_rounds, kept_models, segments, settings
from crm.ui import churn_contacts, churn_words, kept_models_view, run, work
from tests.pages import conftest
from tests.pages.conftest import TODAY, open_page


@pytest.fixture(scope="module")
def copied(demo_folder, tmp_path_factory) -> Path:
    """The demo company in a folder of its own, for writing."""
    return shutil.copytree(demo_folder, tmp_path_factory.mktemp("copy") / "data")


@pytest.fixture
def shop(copied, monkeypatch) -> db.Workspace:
    """The demo company without rounds, kept models, saved costs and fields that say who left."""
    monkeypatch.setenv("CRM_DATA_DIR", str(copied))
    with db.transaction(db.demo()) as session:
        session.execute(delete(Task).where(Task.campaign_id.is_not(None)))
        rounds = select(Campaign.id).where(Campaign.origin.is_not(None))
        session.execute(delete(CampaignMember).where(CampaignMember.campaign_id.in_(rounds)))
        session.execute(delete(Campaign).where(Campaign.origin.is_not(None)))
        for model in (TrainedModel, CustomerScore, ScoreRun):
            session.execute(delete(model))
        session.execute(delete(Setting).where(Setting.name == contact_costs.SETTING))
    return db.demo()


@pytest.fixture(scope="module")
def answered(demo_folder):
    """The first answer, as the page has it."""
    with db.reading(db.Workspace("demo", f"sqlite:///{demo_folder / 'demo.db'}")) as session:
        return jobs.churn.run(session, as_of=settings.as_of(session), horizon_days=None)


def words_of(app: AppTest) -> str:
    """All that is written, without the marks of bold."""
    return conftest.words_of(app).replace("**", "")


def field(app: AppTest, kind: str, key: str):
    """The widget whose key begins so; the rest of a key is its form's token."""
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(key))


def opened(name: str, **query: str) -> AppTest:
    """The page with an expander open."""
    app = open_page("churn", **query)
    app.session_state[name] = True
    return app.run()


def awaited(app: AppTest, name: str) -> AppTest:
    """The page once its work of that name is done."""
    work.find(f"{name} of {db.demo().url}").wait()
    app.run()
    assert not app.exception and not app.error, (app.exception, words_of(app))
    return app


def rows_of(app: AppTest) -> list[str]:
    return app.dataframe[0].value["name"].tolist()


def mark(app: AppTest, row: int) -> AppTest:
    """A customer of the list, clicked."""
    key = next(item.key for item in app.dataframe if (item.key or "").startswith("churn_list"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(row, "name")]}}
    return app.run()


def mark_model(app: AppTest) -> None:
    """The first of the kept models, marked."""
    table = next(item.key for item in app.dataframe if (item.key or "").startswith("models_"))
    app.session_state[table] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()


def form(app: AppTest) -> AppTest:
    app.button(key="make_round").click().run()
    assert not app.exception
    return app


def rounds(workspace) -> list[contact_rounds.Round]:
    with db.reading(workspace) as session:
        return contact_rounds.listing(session)


def kept(workspace) -> list[kept_models.KeptModel]:
    with db.reading(workspace) as session:
        return kept_models.listing(session)


def test_it_answers_with_how_many_what_they_are_worth_and_how_far_to_trust_it(in_demo):
    app = open_page("churn")
    said = words_of(app)
    assert "Likely to leave: " in said and "worth € " in said and "of the leavers" in said
    assert "expected gain € " in said and "for contacting nobody" in said
    assert len(rows_of(app)) == 100 and "nan" not in said.lower().split()


def test_the_customers_rhythm_chooses_the_days_ahead_at_first(answered, in_demo):
    app = open_page("churn")
    assert f"in the next {answered.horizon.days} days" in words_of(app)
    app = open_page("churn", horizon="30 days")
    assert "in the next 30 days" in words_of(app) and "rhythm proposes" in words_of(app)


@pytest.mark.parametrize(("change", "said"), [
    ({"beats_rule": False}, "no model was surely better than calling the longest silent first"),
    ({"beats_rule": None}, "picked by chance it would be 30 %"),
])
def test_how_far_to_trust_it_is_told_straight(answered, change, said):
    assert said in churn_words.sentence(replace(answered, comparison=replace(answered.comparison, **change)), "EUR")


def test_costs_are_asked_once_and_change_whom_it_pays_to_contact(shop):
    app = open_page("churn")
    assert "Assumed until you say otherwise" in words_of(app)
    before = rows_of(app)
    app.button(key="contact_costs").click().run()
    field(app, "number_input", "costs_cost").set_value(1000.0)
    field(app, "button", "costs_save").click().run()
    said = words_of(app)
    assert "By these figures no contact pays for itself" in said and "By your figures" in said and "−€ " in said
    assert len(rows_of(app)) == 10 and rows_of(app) == before[:10], "those who come nearest"
    assert "By your figures" in words_of(open_page("churn"))


def test_a_kept_customer_may_be_worth_the_same_for_all(shop):
    app = open_page("churn")
    app.button(key="contact_costs").click().run()
    app.radio[0].set_value("The same amount for everybody").run()
    field(app, "number_input", "costs_kept").set_value(300.0)
    field(app, "button", "costs_save").click().run()
    chances = app.dataframe[0].value["chance"]
    assert chances.is_monotonic_decreasing and "worth € 300" in words_of(app)


def test_tasks_are_made_once_and_some_are_held_out(shop):
    app = form(open_page("churn"))
    sent = app.session_state["token_demo_churn_round"]
    names = rows_of(app)
    field(app, "number_input", "round_number").set_value(40).run()
    field(app, "button_group", "round_holdout").set_value("1 in 5").run()
    assert "32 are contacted, 8 held out" in words_of(app)
    field(app, "button", "round_sent").click().run()
    assert not app.exception and not app.error, words_of(app)
    made = rounds(shop)
    assert [(one.contacted, one.held_out, one.open_tasks) for one in made] == [(32, 8, 32)]
    with db.reading(shop) as session:
        tasks = session.execute(select(Task.title, Task.note, Task.origin).where(Task.campaign_id == made[0].id)).all()
    assert all(task.origin == "leaving" and "Chance of leaving" in task.note for task in tasks)
    assert len({task.title for task in tasks}) > 1, "what to do differs"
    said = words_of(app)
    assert "Then it can be told whether it helped" in said and "a round that still runs" in said and ": 40 customers." in said
    assert rows_of(app)[:3] == names[40:43], "nobody is called twice"
    # The second of two clicks brings the form's token along once more.
    app.session_state["open_dialog"], app.session_state["token_demo_churn_round"] = "make_round", sent
    app.run()
    field(app, "button", "round_sent").click().run()
    assert not app.exception and len(rounds(shop)) == 1


def test_a_round_is_taken_back_and_brought_back(shop):
    app = form(open_page("churn"))
    field(app, "button", "round_sent").click().run()
    field(app, "button", "delete_round").click().run()
    assert not rounds(shop) and "was taken back" in words_of(app)
    app.button(key="undo_round").click().run()
    assert [one.open_tasks for one in rounds(shop)] == [50] and "was taken back" not in words_of(app)


def test_what_a_round_brought_is_told_with_its_range(shop, answered):
    began = answered.as_of - timedelta(days=120)
    chosen = answered.customers[["customer_id", "probability"]].head(200).assign(value=50.0, title="Call")
    with db.transaction(shop) as session:
        contact_rounds.create(session, customers=chosen, name="Spring *calls*", channel="phone", started_on=began, as_of=began,
                              horizon_days=90, cost=5, success_rate=0.1, holdout_share=0.5)
        contact_rounds.create(session, customers=chosen.tail(30), name="Without", channel="phone", started_on=began + timedelta(days=100),
                              as_of=began, horizon_days=10, cost=5, success_rate=0.1)
    app = open_page("churn")
    assert "Without:" in words_of(app) and "Nobody was held out" in words_of(app)
    app.selectbox(key="round_shown").select(rounds(shop)[1].id).run()
    said = words_of(app)
    assert not app.exception and "Spring *calls*" in said and "points (" in said and "100 held out" in said


def test_the_list_is_saved_as_a_segment(shop):
    app = open_page("churn")
    app.button(key="churn_segment").click().run()
    field(app, "text_input", "churn_segment_name").set_value("To call")
    field(app, "button", "churn_segment_sent").click().run()
    with db.transaction(shop) as session:
        saved = segments.listing(session)
        assert [one.name for one in saved] == ["To call"] and saved[0].members > 100
        session.execute(delete(Segment))


def test_the_download_holds_everybody_with_reasons_in_words(in_demo, files):
    open_page("churn")
    lines = files["download_churn"][1]().decode("utf-8-sig").splitlines()
    assert {"customer_code", "probability", "expected_gain", "why"} <= set(lines[0].split(","))
    assert len(lines) > 1500 and "silent" in "".join(lines) and "raises:" not in "".join(lines)


def test_one_customer_is_explained_and_what_would_change_it_is_tried(in_demo):
    app = mark(open_page("churn"), 1)
    said = words_of(app)
    assert not app.exception and "Speaks for leaving" in said and "chance of leaving, € " in said and "What to do:" in said
    assert not [item for item in app.slider if item.key.startswith("what_if")]
    app.session_state["churn_what_if"] = True
    app.run()
    sliders = [item for item in app.slider if item.key.startswith("what_if")]
    assert sliders and not app.exception
    before = words_of(app)
    sliders[0].set_value(sliders[0].min).run()
    assert not app.exception and "instead of" in words_of(app) and words_of(app) != before


def test_a_model_is_kept_used_deleted_and_brought_back(shop):
    app = opened("kept_models")
    sent = app.session_state["token_demo_keep_model_leaving"]
    field(app, "text_input", "model_name").set_value("First")
    field(app, "button", "model_keep").click().run()
    assert not app.exception and not app.error, words_of(app)
    (one,) = kept(shop)
    assert (one.name, one.is_promoted, one.purpose) == ("First", True, "leaving") and one.about["test_cutoff"]
    assert "“First” still fits" in words_of(app)
    app.session_state["token_demo_keep_model_leaving"] = sent  # the second of two clicks
    app.run()
    field(app, "text_input", "model_name").set_value("Twice")
    field(app, "button", "model_keep").click().run()
    assert len(kept(shop)) == 1
    mark_model(app)
    field(app, "button", "score_").click().run()
    with db.reading(shop) as session:
        saved = session.scalar(select(ScoreRun).where(ScoreRun.analysis == "churn"))
        assert saved.parameters["model_name"] == "First"
    field(app, "text_input", "rename_model").set_value("First of all").run()
    field(app, "button", "save_model_name").click().run()
    assert [one.name for one in kept(shop)] == ["First of all"]
    mark_model(app)
    field(app, "text_input", "rename_model").set_value("First").run()
    field(app, "button", "save_model_name").click().run()
    mark_model(app)
    field(app, "button", "delete_model").click().run()
    assert not kept(shop) and "was deleted" in words_of(app)
    app.button(key="undo_model").click().run()
    assert [(one.name, one.is_promoted) for one in kept(shop)] == [("First", False)]
    mark_model(app)
    field(app, "button", "promote_").click().run()
    assert kept(shop)[0].is_promoted


def test_a_model_that_no_longer_fits_is_told_on_top(shop, monkeypatch):
    from crm.jobs import kept_models as model_jobs

    app = opened("kept_models")
    field(app, "button", "model_keep").click().run()
    assert "no longer" not in words_of(app)
    with db.reading(shop) as session:
        watched = model_jobs.watch(session, model_id=kept(shop)[0].id, as_of=settings.as_of(session))
    moved = replace(watched, drift=replace(watched.drift, verdict="moved", because="score", moved_most="days_silent"))
    cached = run.cached
    monkeypatch.setattr(run, "cached", lambda question, **how: moved if question is model_jobs.watch else cached(question, **how))
    said = open_page("churn").warning[0].value
    assert "Your customers have changed" in said and "Days since last order" in said
    assert "still fits" in kept_models_view.verdict(watched)


def test_all_models_are_compared_beside_the_page(in_demo):
    app = opened("compare")
    assert "only the models of the first answer" in words_of(app)
    app.button(key="start_compare_leaving").click().run()
    app = awaited(app, "compare_leaving")
    table = next(item.value for item in app.dataframe if "Told apart" in item.value)
    assert len(table) == 9 and table["Model"].tolist()[-1] == "Base rate alone" and table["Told apart"].str.contains("–").sum() >= 8
    assert "Proposed: " in words_of(app)
    # Another question has another answer: the old one is not shown under it.
    field(app, "button_group", "horizon").set_value("30 days").run()
    assert "only the models of the first answer" in words_of(app) and app.button(key="start_compare_leaving")


def test_a_tuned_model_becomes_the_page_s_own(in_demo, monkeypatch):
    def search(rows, *, method, **how):  # that settings are found rightly is tested where they are
        tries = pd.DataFrame({"parameters": [{"C": 0.01}], "log_loss": [0.5], "roc_auc": [0.8], "seconds": [0.1], "is_chosen": [True]})
        return Search(method, {"C": 0.01}, tries, 1.0, 1, False, len(rows.target), "here", 1)

    monkeypatch.setattr(model_questions, "search", search)
    monkeypatch.setattr(prediction, "METHODS", ("rule", "logistic"))
    app = opened("compare", horizon="90 days")
    field(app, "button_group", "churn_effort").set_value("Tuned, up to 1 minute").run()
    app.button(key="start_compare_leaving").click().run()
    app = awaited(app, "compare_leaving")
    app.button(key="churn_use").click().run()
    assert not app.exception and not app.error
    assert app.selectbox(key="churn_model").value == "logistic" and app.checkbox(key="churn_with_tuned").value is True
    assert app.session_state["churn_tuned"] == ("logistic", '{"C": 0.01}')
    app.checkbox(key="churn_with_tuned").uncheck().run()
    assert not app.exception


def test_the_network_and_the_learning_curve_come_when_asked_for(in_demo, monkeypatch):
    # Few draws: what the curve says is tested where it is made.
    monkeypatch.setattr(model_questions, "learning_curve", partial(model_questions.learning_curve, n_sizes=3, n_draws=3))
    app = opened("compare", horizon="90 days")
    for tab, name, said in (("Would more data help?", "learning_leaving", "more data"),
                            ("What it lives on", "importance_leaving", "shuffled together"),
                            ("What hangs together", "network_leaving", "an arrow joins two things")):
        app.session_state["compare_tabs"] = tab
        app.run()
        app.button(key=f"start_{name}").click().run()
        assert said in words_of(awaited(app, name)).lower()


def test_another_model_can_be_chosen(in_demo):
    app = open_page("churn", horizon="90 days")
    app.selectbox(key="churn_model").select("naive_bayes").run()
    assert not app.exception and not app.error and "naive Bayes" in words_of(app)


def test_a_field_of_ones_own_may_say_who_left(shop):
    with db.transaction(shop) as session:
        ids = session.scalars(select(Customer.id)).all()
        for place, customer_id in enumerate(ids):
            session.execute(update(Customer).where(Customer.id == customer_id).values(
                custom_fields={"Contract": "left" if place % 3 == 0 else "active", "Rooms": str((place % 3 == 0) + place % 7 + 1)}))
        note_change(session, Customer.__table__)
    app = open_page("churn")
    app.selectbox(key="churn_leaving_demo").select("custom.Contract").run()
    said = words_of(app)
    assert not app.exception and not app.error and "who have not left by “Contract”" in said and "picked by chance" in said
    assert "make_round" not in [item.key for item in app.button], "an order says nothing about a contract"
    with db.transaction(shop) as session:
        session.execute(update(Customer).values(custom_fields={}))
        note_change(session, Customer.__table__)


def test_too_short_a_history_is_advice(own_company):
    with db.transaction(own_company) as session:
        from crm.models import Order

        session.execute(insert(Customer), [{"id": 1, "code": "C1", "name": "Ada", "search_text": "ada"}])
        session.execute(insert(Order), [{"number": f"N{day}", "customer_id": 1, "ordered_at": TODAY - timedelta(days=day)} for day in (1, 40)])
        assert session.scalar(select(func.count()).select_from(Order)) == 2
    app = open_page("churn")
    assert not app.exception and not app.error and app.info and "there are 0 that count" in app.info[0].value


def test_nobody_in_a_segment_is_an_empty_list_and_no_error(shop):
    with db.transaction(shop) as session:
        segments.create(session, name="Nobody", kind="snapshot", definition={"type": "members"}, members=[], as_of=date(2026, 3, 10))
    app = open_page("churn", only="Nobody")
    assert not app.exception and not app.error and "There is nobody to show here" in app.info[0].value
    with db.transaction(shop) as session:
        session.execute(delete(Segment))


def test_what_the_list_says_is_worth_it_is_what_the_plan_says(answered, shop):
    with db.reading(shop) as session:
        plan = jobs.churn.plan(answered, contact_costs.read(session))
    assert f"Contact {plan.contacted} customers" in words_of(open_page("churn"))
    assert f"Contact {plan.contacted} customers" in churn_contacts.sentence(plan, "EUR").replace("**", "")
