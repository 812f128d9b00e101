"""The page of surveys, driven as a user would: make one, open it, ask, note an answer, and see who answers."""

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from crm import db
from crm.models import SurveyAnswer
from crm.services import customers, orders, products, settings, survey_answering, survey_invitations, surveys
from crm.services.surveys import Question
from tests.conftest import ROOT
from tests.pages.conftest import open_page, words_of


def open_surveys(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60)
    app.switch_page(str(ROOT / "pages" / "surveys.py"))
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception, app.exception
    return app


def press(app, label: str) -> AppTest:
    next(item for item in app.button if item.label == label).click().run()
    assert not app.exception, app.exception
    return app


def field(app, kind: str, begin: str):
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(begin))


def read(company, ask, *args, **choices):
    with db.reading(company) as session:
        return ask(session, *args, **choices)


@pytest.fixture
def shop(own_company):
    """Three customers with an order today, one of whom wants no e-mail, and an open survey."""
    with db.transaction(own_company) as session:
        now = datetime.combine(settings.today(session), datetime.min.time())
        tea = products.create(session, name="Tea", price=4)
        ids = [customers.create(session, name=f"Customer {letter} *x*", email=f"{letter}@example.org",
                                email_consent=False if letter == "c" else None) for letter in "abc"]
        for place, customer_id in enumerate(ids):
            orders.create(session, customer_id=customer_id, ordered_at=now, number=str(place), lines=[orders.LineInput(tea, 1, 4)])
        survey_id = surveys.create(session, name="After *orders*", title="How was it?", questions=[
            Question("csat", "Your order?"), Question("comment", "Why?", is_required=False)])
        surveys.set_status(session, survey_id, version=1, status="open")
    return {"survey": survey_id, "ids": ids, "now": now}


def test_a_survey_is_made_from_a_ready_made_one_changed_and_opened(own_company):
    app = press(open_surveys(), "Would they recommend you")
    field(app, "text_input", "survey_name").set_value("Twice a year").run()
    press(app, "Add a question")
    field(app, "selectbox", "kind_").set_value("likert").run()
    press(app, "Save")
    assert "“Question 3 has no words" in words_of(app) or "Question 3 has no words" in words_of(app)
    assert not read(own_company, surveys.listing).shape[0]
    [item for item in app.text_input if (item.key or "").startswith("item_")][2].set_value("The shop is easy to use.").run()
    press(app, "Save")
    made = read(own_company, surveys.listing)
    assert made["name"].tolist() == ["Twice a year"] and made["questions"].tolist() == [3] and made["status"].tolist() == ["draft"]
    details = read(own_company, surveys.get, survey_id=int(made["survey_id"].iloc[0]))
    assert [one.kind for one in details.questions] == ["likert", "comment", "comment"]
    press(app, "Open it")
    assert read(own_company, surveys.get, survey_id=details.id).status == "open" and "It is open" in words_of(app)


def test_questions_move_and_go(shop, own_company):
    app = press(open_surveys(survey=str(shop["survey"])), "Change")
    [item for item in app.button if item.label == "Down"][0].click().run()
    press(app, "Save")
    assert [one.kind for one in read(own_company, surveys.get, survey_id=shop["survey"]).questions] == ["comment", "csat"]
    press(app, "Change")
    [item for item in app.button if item.label == "Remove"][0].click().run()
    press(app, "Save")
    assert [one.kind for one in read(own_company, surveys.get, survey_id=shop["survey"]).questions] == ["csat"]


def test_without_an_https_address_no_links_are_made_and_the_page_says_what_is_needed(shop, own_company, monkeypatch):
    monkeypatch.delenv("CRM_PUBLIC_URL", raising=False)
    app = press(open_surveys(survey=str(shop["survey"])), "Ask customers")
    assert "CRM_PUBLIC_URL" in words_of(app) and "**3 customers** would be asked." in words_of(app)
    assert field(app, "button", "invite_True").disabled
    press(app, "I ask them in another way")
    asked = read(own_company, survey_invitations.listing, survey_id=shop["survey"])
    assert len(asked) == 3 and not asked["has_link"].any() and "Asked just now" in words_of(app)


def test_links_are_shown_once_and_lead_to_the_form(shop, own_company, monkeypatch):
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://feedback.example")
    app = press(open_surveys(survey=str(shop["survey"])), "Ask customers")
    press(app, "Make personal links")
    links = next(item.value for item in app.dataframe if "link" in item.value)
    assert len(links) == 2 and links["link"].str.startswith("https://feedback.example/answer/").all()
    assert "do not want e-mails from you: 1" in words_of(app)
    secret = links["link"].iloc[0].rsplit("/", 1)[1]
    assert read(own_company, survey_answering.read_form, secret, today=shop["now"].date()).state == "open"
    press(app, "Done")
    assert "Links made just now" not in words_of(app) and not any("link" in item.value for item in app.dataframe)


def test_a_wrong_address_is_told(shop, monkeypatch):
    monkeypatch.setenv("CRM_PUBLIC_URL", "ftp://feedback.example")
    app = press(open_surveys(survey=str(shop["survey"])), "Ask customers")
    assert "CRM_PUBLIC_URL" in words_of(app) and field(app, "button", "invite_True").disabled


def test_an_answer_is_noted_by_hand_and_taken_back(shop, own_company):
    app = press(open_surveys(survey=str(shop["survey"])), "Note an answer")
    field(app, "text_input", "whose_").set_value("Customer a").run()
    field(app, "button_group", "given_").set_value("4").run()
    press(app, "Save the answer")
    assert read(own_company, surveys.get, survey_id=shop["survey"]).answered == 1
    assert "The answer was noted." in words_of(app)
    assert "What this customer said" in words_of(open_page("customer", customer=str(shop["ids"][0])))
    press(app, "Undo")
    assert read(own_company, surveys.get, survey_id=shop["survey"]).answered == 0


def test_what_must_be_answered_is_told_and_nothing_is_lost(shop, own_company):
    app = press(open_surveys(survey=str(shop["survey"])), "Note an answer")
    field(app, "button_group", "who_").set_value("Nobody I know").run()
    field(app, "text_area", "given_").set_value("<b>Lovely</b>").run()
    press(app, "Save the answer")
    assert "Question 1" in app.error[0].value and field(app, "text_area", "given_").value == "<b>Lovely</b>"


def test_who_was_just_asked_is_not_asked_again_unwarned_and_answers_from_elsewhere_are_told(shop, own_company, monkeypatch):
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://feedback.example")
    with db.transaction(own_company) as session:
        survey_invitations.invite(session, survey_id=shop["survey"], customer_ids=[shop["ids"][0]], today=shop["now"].date(), invited_at=shop["now"])
        session.add(SurveyAnswer(customer_id=shop["ids"][1], metric="likert", item="Prices", score=2, scale_min=1, scale_max=5,
                                 answered_at=shop["now"]))
    app = press(open_surveys(survey=str(shop["survey"])), "Ask customers")
    field(app, "button_group", "whom_").set_value("One customer").run()
    field(app, "text_input", "one_").set_value("Customer a").run()
    assert "within the last 30 days already" in app.warning[0].value
    assert "Answers from elsewhere" in words_of(open_surveys())


def test_a_deleted_survey_comes_back(shop, own_company):
    app = press(open_surveys(survey=str(shop["survey"])), "Delete")
    assert read(own_company, surveys.listing).empty and "After *orders*" in words_of(app)
    press(app, "Undo")
    assert len(read(own_company, surveys.listing)) == 1


@pytest.mark.parametrize("survey", ["99", "x", "-1"])
def test_a_survey_that_is_not_there_is_told(shop, survey):
    assert "Which survey?" in words_of(open_surveys(survey=survey))


def test_the_demo_says_who_answers_and_makes_no_links(in_demo):
    app = open_surveys()
    said = words_of(app)
    assert "askings were answered" in said and "Who answers less" in said and len(app.dataframe[0].value) == 5
    field(app, "selectbox", "responses_by").set_value("Region").run()
    assert not app.exception
    app = open_surveys(survey="4")
    assert "Twice a year: recommendation" in words_of(app) and app.metric[0].label == "Asked"
    press(app, "Ask customers")
    assert "invented company" in words_of(app)
