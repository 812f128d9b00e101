"""The service desk, driven as a user would: the list, one ticket from its opening to its survey, the board, figures, rules."""

from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from crm import db
from crm.models import Ticket
from crm.services import canned_answers, customers, orders, products, service_policy, surveys, ticket_listing, tickets
from crm.ui import desk_rules, desk_words
from tests.conftest import ROOT
from tests.pages.conftest import open_page, words_of


def now_of(company) -> datetime:
    with db.reading(company) as session:
        return service_policy.local_now(session)


@pytest.fixture
def desk(own_company):
    """A customer with an order, a complaint that is late and a question of today."""
    now = now_of(own_company)
    with db.transaction(own_company) as session:
        ada = customers.create(session, name="Ada *Ample*", email="ada@example.org")
        tea = products.create(session, name="Tea", price=4.5)
        order = orders.create(session, customer_id=ada, ordered_at=now - timedelta(days=30), lines=[orders.LineInput(tea, 2, 4.5)])
        late = tickets.open_ticket(session, customer_id=ada, subject="Arrived *broken*", body="The lid\nis <b>broken</b>.", kind="complaint",
                                   priority="high", opened_at=now - timedelta(days=20), topic="Breakage")
        fresh = tickets.open_ticket(session, customer_id=ada, subject="Which size?", opened_at=now - timedelta(minutes=5), channel="phone")
        canned_answers.create(session, title="Sorry", body="Hello {customer}, about {ticket}: sorry. {order}")
    return {"company": own_company, "ada": ada, "order": order, "late": late, "fresh": fresh}


def open_desk(**query: str) -> AppTest:
    """As a link opens the page: no other page is drawn first."""
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60)
    app.switch_page(str(ROOT / "pages" / "service_desk.py"))
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception, app.exception
    return app


def press(app: AppTest, start: str) -> AppTest:
    """Click the button whose key begins so."""
    next(item for item in app.button if (item.key or "").startswith(start)).click().run()
    assert not app.exception, app.exception
    return app


def field(app: AppTest, kind: str, start: str):
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(start))


def ticket(desk, which: str) -> tickets.TicketDetails:
    with db.reading(desk["company"]) as session:
        return tickets.get(session, desk[which])


def test_the_queue_says_who_waits_and_lists_what_is_due_first(desk):
    app = open_desk()
    said = words_of(app)
    assert "2 tickets wait for you" in said and "The one that waits longest has waited for 20 days" in said
    assert "Of the 2 tickets not solved, 1 is past its deadline." in said and "Deadlines follow usual office hours" in said
    shown = app.dataframe[0].value
    assert shown["subject"].tolist() == ["Arrived *broken*", "Which size?"]
    assert shown["due"].iloc[0].startswith("⚠ Answer") and shown["due"].iloc[0].endswith("late")
    assert shown["due"].iloc[1].startswith("Answer in") and shown["kind"].tolist() == ["Complaint", "Question"]
    app.pills(key="ticket_show").set_value("Late").run()
    assert app.dataframe[0].value["subject"].tolist() == ["Arrived *broken*"]
    app.text_input(key="ticket_search").set_value("nowhere").run()
    assert "No ticket fits" in words_of(app) and not app.exception


def test_a_ticket_is_answered_with_a_canned_answer_and_that_can_be_taken_back(desk):
    app = open_desk(ticket=str(desk["late"]))
    said = words_of(app)
    assert "is <b>broken</b>." in said and "waits for you" in said and "late" in said and "ada@example.org" in said
    canned = field(app, "selectbox", "canned_")
    canned.set_value(canned.options and 1).run()
    text = field(app, "text_area", "answer_text_").value
    assert text == "Hello Ada *Ample*, about T1: sorry. {order}" and "{order}" in words_of(app)
    assert "“{order}” still stands in the text" in words_of(app)
    press(app, "answer_save_")
    assert ticket(desk, "late").status == "open" and "Not recorded yet: “{order}” still stands" in words_of(app)
    field(app, "checkbox", "answer_as_it_is_").check()
    press(app, "answer_save_")
    after = ticket(desk, "late")
    assert after.status == "answered" and after.first_answered_at and after.contacts["body"].tolist() == [text]
    assert "has your answer; it is not solved yet" in words_of(app)
    press(app, "withdraw_")
    assert ticket(desk, "late").status == "open" and ticket(desk, "late").contacts.empty


def test_a_ticket_is_solved_reopened_and_solved_again_and_a_cost_that_is_no_number_is_told(desk):
    app = open_desk(ticket=str(desk["late"]))
    field(app, "text_input", "solve_cost_").set_value("much")
    press(app, "solve_")
    assert "“much” is no number" in app.error[0].value and ticket(desk, "late").status == "open"
    field(app, "text_input", "solve_cost_").set_value("12,50")
    press(app, "solve_")
    assert ticket(desk, "late").status == "resolved" and ticket(desk, "late").cost == 12.5
    assert "open a survey and choose" in words_of(app)  # what is needed to ask how it was
    field(app, "text_area", "reopen_text_").set_value("Broken again")
    press(app, "reopen_")
    again = ticket(desk, "late")
    assert again.status == "reopened" and again.times_reopened == 1 and again.contacts["direction"].tolist() == ["in"]
    assert "came back and waits for you, since" in words_of(app) and "today. " in words_of(app)
    listed = words_of(open_desk())
    assert "The one that waits longest has waited for 5 minutes" in listed and "20 days" not in listed  # it came back just now
    press(app, "solve_")
    press(app, "unresolve_")
    assert ticket(desk, "late").status == "reopened" and ticket(desk, "late").times_reopened == 1


def test_what_another_window_changed_is_told_and_not_overwritten(desk):
    app = open_desk(ticket=str(desk["late"]))
    field(app, "text_area", "answer_text_").set_value("Sorry")
    with db.transaction(desk["company"]) as session:
        tickets.update(session, desk["late"], version=ticket(desk, "late").version, topic="Delivery")
    press(app, "answer_save_")
    assert "changed in another window" in words_of(app) and "Nothing was overwritten" in words_of(app)
    assert ticket(desk, "late").status == "open" and field(app, "text_area", "answer_text_").value == "Sorry"
    press(app, "answer_save_")
    assert ticket(desk, "late").status == "answered" and ticket(desk, "late").topic == "Delivery"


def test_after_solving_a_personal_survey_link_is_offered_or_what_it_needs(desk, monkeypatch):
    with db.transaction(desk["company"]) as session:
        survey = surveys.create(session, name="After help", title="How was it?", after_tickets=True,
                                questions=[surveys.Question("csat", "How happy are you?", 1, 5)])
        surveys.set_status(session, survey, version=surveys.get(session, survey).version, status="open")
    app = open_desk(ticket=str(desk["late"]))
    press(app, "solve_")
    assert "Until then you can ask in your own words" in words_of(app)
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://feedback.example")
    press(app.run(), "invite_")
    assert app.code[0].value.startswith("https://feedback.example/answer/")
    app = open_desk(ticket=str(desk["late"]))
    assert not app.code and "was asked and has not answered yet" in words_of(app)  # the secret is told once
    press(app, "renew_link_")
    assert app.code


def test_a_new_ticket_is_typed_in_for_a_customer_who_is_searched_and_linked_with_an_order(desk):
    app = press(open_desk(), "new_ticket")
    field(app, "text_input", "ticket_customer_").set_value("ada").run()
    field(app, "text_input", "subject_").set_value("Where is it?")
    field(app, "selectbox", f"order_{desk['ada']}_").set_value(desk["order"])
    field(app, "selectbox", "kind_").set_value("complaint")
    press(app, "ticket_add_")
    with db.reading(desk["company"]) as session:
        newest = ticket_listing.page(session, now=now_of(desk["company"]), show="all", size=1).rows.iloc[0]
    assert (newest["subject"], newest["kind"], newest["order_id"]) == ("Where is it?", "complaint", desk["order"])
    assert "Where is it?" in app.header[0].value
    press(app, "edit_ticket")
    field(app, "text_input", "subject_").set_value("")
    press(app, "ticket_save_")
    assert "Say in a few words" in app.error[0].value
    field(app, "text_input", "subject_").set_value("Where is my tea?")
    press(app, "ticket_save_")
    assert "Where is my tea?" in app.header[0].value
    press(app, "delete_ticket")
    assert "was deleted" in words_of(app)
    press(app, "undo_ticket")
    assert "Where is my tea?" in app.header[0].value and "another window" not in words_of(app)
    press(app, "delete_ticket")
    later = open_desk(ticket=str(newest["id"]))  # another day
    press(later, "restore_ticket")
    assert "Where is my tea?" in later.header[0].value


def test_the_board_moves_a_ticket_by_a_click(desk):
    app = open_desk(desk_tab="Board")
    assert "New 2" in words_of(app).replace(":gray-badge[", "").replace("]", "").replace("**", "")
    press(app, f"move_{desk['fresh']}_1_answered")
    assert ticket(desk, "fresh").status == "answered"
    press(app, f"move_{desk['fresh']}_2_resolved")
    press(app, f"move_{desk['fresh']}_3_reopened")
    assert ticket(desk, "fresh").status == "reopened"
    press(app, f"card_{desk['late']}")
    assert "Arrived" in app.header[0].value


def test_the_demos_figures_are_told_with_their_ranges_and_how_they_are_computed(in_demo):
    app = open_desk(desk_tab="How fast")
    said = words_of(app)
    assert "Half of them were answered within" in said and "promised first answers that were due" in said
    labels = [item.label for item in app.metric]
    assert labels == ["First answer", "Solution", "Answered in time", "Solved in time", "Came back", "Not solved"]
    assert "How this is computed" in [item.label for item in app.expander]
    assert set(app.dataframe[0].value["group"]) == {"Complaint", "Question", "Request"}
    app.segmented_control(key="desk_group").set_value("Priority")
    app.segmented_control(key="desk_counting").set_value("Opening hours only").run()
    assert set(app.dataframe[0].value["group"]) == {"High", "Normal", "Low"} and not app.exception and not app.error


def test_what_was_solved_without_a_noted_answer_is_told_in_the_sentence_and_a_change_shows_at_once(desk):
    begin = now_of(desk["company"]).replace(microsecond=0) - timedelta(days=40)
    with db.transaction(desk["company"]) as session:
        for place in range(5):  # as an import brings them
            session.add(Ticket(customer_id=desk["ada"], subject=f"Old {place}", status="resolved", kind="inquiry", priority="normal",
                               opened_at=begin, resolved_at=begin + timedelta(hours=6), answer_due_at=begin + timedelta(hours=3 + 2 * place)))
    app = open_desk(desk_tab="How fast")
    said = words_of(app)
    assert "7 tickets came" in said and "How soon they were answered cannot be told: 5 have no time of first answer on record" in said
    # Three of them were solved before the answer was due; one waits, late.
    assert "Of 4 promised first answers that were due and are known, 75 % came in time" in said and "of 2 more it is not known" in said
    assert app.metric[0].value == "–" and "These are usual promises, not yours" in said and "In no month can it be told" in said
    assert app.metric[5].value == "2" and "Deadlines follow usual office hours and promises, for you have not set your own" in said
    with db.transaction(desk["company"]) as session:
        tickets.resolve(session, desk["fresh"], version=1, moment=now_of(desk["company"]))
    app.run()
    assert app.metric[5].value == "1" and "**1 ticket waits for you.**" in words_of(app)


def test_the_demos_complaints_have_topics_costs_and_themes(in_demo):
    app = open_desk(desk_tab="What about")
    assert "complaints came from" in words_of(app) and "Most are about" in words_of(app) and "they cost €" in words_of(app)
    assert app.dataframe[0].value["complaints"].is_monotonic_decreasing
    app.session_state["complaint_themes"] = True
    app.run()
    assert not app.exception and not app.error


def test_rules_are_typed_as_people_write_them_and_bring_new_deadlines(desk):
    app = open_desk(desk_tab="Rules")
    assert "You have not set these yet" in words_of(app) and field(app, "text_input", "open_0_").value == "9–17"
    field(app, "text_input", "open_0_").set_value("nine to five")
    press(app, "policy_save_")
    assert "Monday: “nine” is no time of day" in words_of(app)
    field(app, "text_input", "open_0_").set_value("8 am - 12:30, 13.30–17")
    field(app, "number_input", "answer_normal_").set_value(2.0)
    field(app, "text_area", "closed_").set_value("2026-12-24 to 2026-12-26")
    press(app, "policy_save_")
    with db.reading(desk["company"]) as session:
        kept = service_policy.read(session)
    assert kept.week[0] == ((480, 750), (810, 1020)) and len(kept.closed) == 3 and kept.promises["normal"].answer_hours == 2
    assert field(app, "text_input", "open_0_").value == "8–12:30, 13:30–17"


def test_canned_answers_are_written_changed_and_deleted(desk):
    app = open_desk(desk_tab="Rules")
    press(app, "canned_new")
    field(app, "text_input", "canned_title_").set_value("Thanks")
    field(app, "text_area", "canned_body_").set_value("Hello {custmer}")
    press(app, "canned_save_")
    assert "stands for nothing" in words_of(app)
    field(app, "text_area", "canned_body_").set_value("Hello {customer}")
    press(app, "canned_save_")
    press(app, "canned_2_1")
    press(app, "canned_delete_")
    assert "“Thanks” was deleted" in words_of(app)
    press(app, "canned_undo_button")
    with db.reading(desk["company"]) as session:
        assert canned_answers.listing(session)["title"].tolist() == ["Sorry", "Thanks"]


def test_overview_and_the_customers_page_show_open_complaints_and_missed_deadlines(desk):
    seen = words_of(open_page("overview"))
    assert "1 complaint is open" in seen and "1 ticket is past its deadline" in seen and "by usual office hours" in seen
    with db.transaction(desk["company"]) as session:
        for place in range(6):
            tickets.open_ticket(session, customer_id=desk["ada"], subject=f"Matter {place}", opened_at=now_of(desk["company"]))
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60)
    app.switch_page(str(ROOT / "pages" / "customer.py"))
    app.query_params["customer"] = str(desk["ada"])
    app.run()
    shown = [link.proto.label for link in app.get("page_link")]
    assert not app.exception and "Question · New" in words_of(app) and "Arrived \\*broken\\*" not in shown
    assert "The other 3 tickets" in [item.label for item in app.expander]
    press(app, "customer_new_ticket")
    field(app, "text_input", "subject_").set_value("By the way")
    press(app, "ticket_add_")
    assert app.header[0].value == "By the way"


def test_an_empty_desk_and_a_wrong_address_say_what_to_do(own_company):
    app = open_desk()
    assert "No tickets yet" in words_of(app) and not app.metric and not app.error
    assert "There is no ticket yet." in words_of(app) and "Enjoy" not in words_of(app) and "Deadlines follow" not in words_of(app)
    for tab in ("Board", "How fast", "What about", "Rules"):
        app = open_desk(desk_tab=tab)
        assert not app.error and not app.metric
    for wrong in ("99", "x", "9" * 30):
        assert "There is none under this address" in words_of(open_desk(ticket=wrong))
    assert "deadline" not in words_of(open_page("overview"))


@pytest.mark.parametrize(("text", "found"), [("8 am – 1 pm", [(480, 780)]), ("0-24", [(0, 1440)]), ("closed", []), ("12 am to 12 pm", [(0, 720)])])
def test_opening_hours_are_read_as_they_are_written(text, found):
    assert desk_rules.read_week([text, *[""] * 6])[0] == found


def test_a_message_keeps_its_lines_and_nothing_in_it_is_markdown():
    said = desk_words.letter("Hello,\n\n    # no title\n- *none*\n\n\n\nBye", 1_000)
    assert "\\# no title" in said and "\\*none\\*" in said and "\n    #" not in said
    assert len(desk_words.letter("word " * 50_000, 300)) < 400
