"""The page of satisfaction: its first sentence and cards, the course, one product alone, and money with its list and tasks."""

import shutil
from datetime import datetime

import pytest
from sqlalchemy import func, select

from crm import db, jobs
from crm.analytics.satisfaction import ranked
from crm.models import Order, SurveyAnswer, Task
from crm.services import settings
from tests.pages.conftest import open_page, words_of


@pytest.fixture(scope="module")
def copied_demo(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("satisfaction")
    shutil.copytree(demo_folder, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture
def shop(copied_demo, monkeypatch):
    """A demo company of this module's own, to write to."""
    monkeypatch.setenv("CRM_DATA_DIR", str(copied_demo))
    yield db.demo()
    db.dispose(db.demo())


def test_scores_say_how_many_are_satisfied_whether_it_changed_and_one_product_alone(in_demo):
    app = open_page("satisfaction")
    said = words_of(app)
    with db.reading(in_demo) as session:
        as_of = settings.as_of(session)
        result = jobs.satisfaction.measured(session, as_of=as_of)
        about = jobs.satisfaction.asked_about(session, as_of=as_of)
    assert f"of {result.csat.n:,} answers are satisfied" in said
    assert [item.label for item in app.metric] == ["Satisfied (CSAT)", "Would recommend (NPS)", "Easy to deal with (CES)"]
    assert "Since when" in said and ("No lasting change" in said or "since about" in said)
    table = next(item.value for item in app.dataframe if "range" in item.value)
    assert len(table) == (result.items["n"] > 0).sum() and table["item"].tolist() == ranked(result.items)["item"].tolist()
    app.segmented_control(key="trend_metric").set_value("Would recommend").run()
    assert not app.exception and not app.error
    assert not about.empty, "the demo has surveys and product ratings"
    app.selectbox(key="answers_about").select_index(len(about) - 1).run()
    assert not app.exception and not app.error
    narrowed = next((item.value for item in app.dataframe if "range" in item.value), None)
    assert narrowed is not None and narrowed["n"].sum() == about["answers"].iloc[-1]


def test_money_compares_happy_and_unhappy_and_makes_tasks_once(shop):
    app = open_page("satisfaction", satisfaction_tab="Money")
    assert not app.error
    said = words_of(app)
    assert "ordered again within 180 days" in said and "Who orders again" in said and "unhappy" in said
    with db.reading(shop) as session:
        before = session.scalar(select(func.count()).select_from(Task).where(Task.origin == "satisfaction"))
    next(item for item in app.button if item.key == "unhappy_task").click().run()
    assert not app.exception and "answer what they were unhappy about" in words_of(app)
    next(item for item in app.button if item.label == "Make the tasks").click().run()
    assert not app.exception and not app.error
    with db.reading(shop) as session:
        made = session.scalar(select(func.count()).select_from(Task).where(Task.origin == "satisfaction")) - before
    assert 1 <= made <= 10
    shown = next(item.value for item in app.dataframe if "answered" in item.value)
    assert (shown["answered"] == "No, task made").sum() == made
    app.segmented_control(key="satisfaction_horizon").set_value("90 days").run()
    assert not app.exception and "within 90 days" in words_of(app)


def test_every_tab_opens_by_its_address(in_demo):
    for tab in ("Who is happier", "What drives it", "Comments"):
        app = open_page("satisfaction", satisfaction_tab=tab)
        assert not app.error, words_of(app)
        assert "Since when" not in words_of(app)  # closed tabs are not drawn


def test_three_answers_beside_many_statements_do_not_lead_and_the_overview_says_how_few_they_are(own_company):
    asked = ("Prices are fair", "All in all I am satisfied")
    with db.transaction(own_company) as session:
        session.add(Order(number="1", ordered_at=datetime(2026, 3, 9, 9)))
        session.add_all(SurveyAnswer(metric="likert", item=item, score=1 + (person + place) % 5, scale_min=1, scale_max=5,
                                     answered_at=datetime(2026, 2, 1 + person % 20, 9))
                        for place, item in enumerate(asked) for person in range(30))
    overview = next(item for item in open_page("overview", as_of="2026-03-10").metric if item.label == "Satisfaction")
    assert overview.delta == "no answers" and "No question about satisfaction was answered" in overview.help
    with db.transaction(own_company) as session:
        session.add_all(SurveyAnswer(metric="csat", item="How was it?", score=score, scale_min=1, scale_max=5,
                                     answered_at=datetime(2026, 3, 2, 9)) for score in (5, 4, 1))
    said = words_of(open_page("satisfaction", as_of="2026-03-10"))
    assert "Only 3 answers say so far" in said and "**60 answers** to 2 questions" in said and "67 % of" not in said
    assert "all answers that a customer gave on one day count as one" in said or "No lasting change" in said
    overview = next(item for item in open_page("overview", as_of="2026-03-10").metric if item.label == "Satisfaction")
    assert overview.value == "3.33 / 5" and overview.delta == "only 3 answers"
