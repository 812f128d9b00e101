"""Surveys: made and changed, asked by personal links, answered once, by link or by hand; whatever is sent, nothing is lost."""

import threading
from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import func, select

from crm import db, frames
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import AuditEntry, SurveyAnswer, SurveyInvitation, Ticket
from crm.services import customers, settings, survey_answering, survey_invitations, surveys
from crm.services.surveys import Question

ASKED, TODAY = datetime(2024, 3, 9, 10, 30), date(2024, 3, 9)
SENT = datetime(2024, 3, 10, 18, 5)
QUESTIONS = (
    Question("nps", "Would you recommend us?"),
    Question("comment", "Why?", is_required=False),
    Question("csat", "How was the delivery?", low_label="bad", high_label="good", may_not_apply=True),
    Question("likert", "The shop is easy to use.", is_required=False),
    Question("comment", "What should we change?", is_required=False),
)


@pytest.fixture
def shop(workspace):
    """Four customers; the third wants no e-mail. One open survey, number 1."""
    with db.transaction(workspace) as session:
        settings.save_company(session, name="Tea & Co", currency="EUR", time_zone="Europe/Berlin")
        for name, consent in (("Ada", True), ("Ben", None), ("Cem", False), ("Dan", True)):
            customers.create(session, name=name, email=f"{name}@example.org", email_consent=consent)
        surveys.create(session, name="Spring", title="How was it?", questions=QUESTIONS, thanks="Thank you!")
        surveys.set_status(session, 1, version=1, status="open")
    return workspace


def made(shop, **changes) -> surveys.SurveyDetails:
    """A survey that was made with these changes, read back."""
    with db.transaction(shop) as session:
        number = surveys.create(session, **{"name": "One", "title": "Title", "questions": QUESTIONS} | changes)
    return look(shop, number)


def look(shop, survey_id=1) -> surveys.SurveyDetails:
    with db.reading(shop) as session:
        return surveys.get(session, survey_id)


def invite(shop, *customer_ids, **more) -> survey_invitations.Invited:
    with db.transaction(shop) as session:
        return survey_invitations.invite(session, **{"survey_id": 1, "customer_ids": customer_ids or [1], "today": TODAY,
                                                     "invited_at": ASKED} | more)


def link(shop, customer_id=1) -> str:
    return invite(shop, customer_id).invitations["secret"].item()


def read(shop, secret, today=TODAY) -> survey_answering.Form:
    with db.reading(shop) as session:
        return survey_answering.read_form(session, secret, today=today)


def send(shop, secret, *texts, moment=SENT, seconds=None) -> survey_answering.Outcome:
    with db.transaction(shop) as session:
        return survey_answering.submit(session, secret, given=dict(enumerate(texts, start=1)), moment=moment,
                                       seconds_taken=seconds)


def record(shop, *texts, customer_id=1, answered_at=SENT, **more) -> str:
    with db.transaction(shop) as session:
        return survey_answering.record(session, survey_id=1, customer_id=customer_id, given=dict(enumerate(texts, start=1)),
                                       answered_at=answered_at, **more)


def answers(shop) -> list[tuple]:
    with db.reading(shop) as session:
        return [tuple(row) for row in session.execute(select(
            SurveyAnswer.metric, SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.comment).order_by(SurveyAnswer.id))]


# Surveys

def test_a_survey_is_kept_as_it_was_made_and_without_a_scale_has_the_usual_one(shop):
    one = look(shop)
    assert (one.name, one.title, one.thanks, one.status, one.version, one.valid_days) == (
        "Spring", "How was it?", "Thank you!", "open", 2, 30)
    assert [(q.kind, q.scale_min, q.scale_max) for q in one.questions] == [
        ("nps", 0, 10), ("comment", None, None), ("csat", 1, 5), ("likert", 1, 5), ("comment", None, None)]
    assert one.questions[2].may_not_apply and one.questions[2].low_label == "bad" and not one.questions[3].is_required


WRONG_QUESTIONS = [
    ((), "at least one question"),
    ((Question("csat", "  "),), "Question 1 has no words"),
    ((Question("csat", "x" * 501),), "501 characters"),
    ((Question("csat", "Good?", 5, 1),), "from 5 to 1"),
    ((Question("csat", "Good?", 3, 3),), "below the highest"),
    ((Question("csat", "Good?", 1, 100),), "100 points"),
    ((Question("csat", "Good?", 1, 4.5),), "whole numbers"),
    ((Question("csat", "Good?", 0, float("inf")),), "whole numbers"),
    ((Question("nps", "Recommend?", 1, 10),), "always answered from 0 to 10"),
    ((Question("mood", "Good?"),), "no known kind"),
    ((Question("csat", "Good tea?"), Question("ces", "good  TEA?")), "Questions 1 and 2 have the same words"),
    (tuple(Question("csat", f"Number {n}?") for n in range(61)), "61 questions"),
]
WRONG_TEXTS = [
    ({"name": " "}, "name"), ({"title": ""}, "title"), ({"valid_days": 0}, "valid_days"), ({"valid_days": 1.5}, "valid_days"),
    ({"intro": "x" * 5_001}, "intro"), ({"name": "x" * 201}, "name")]


def test_a_survey_that_cannot_be_answered_is_refused_with_what_to_correct(shop):
    for questions, sentence in WRONG_QUESTIONS:
        with pytest.raises(InvalidInput, match=sentence) as refused:
            made(shop, questions=questions)
        assert refused.value.field.startswith("questions")
    for changes, field in WRONG_TEXTS:
        with pytest.raises(InvalidInput) as refused:
            made(shop, **changes)
        assert refused.value.field == field


def test_changed_questions_keep_their_numbers_so_that_an_open_form_still_fits(shop):
    secret, before = link(shop), look(shop).questions
    asked = (replace(before[2], item="How was the parcel?"), before[0], Question("csat", "New?", is_required=False))
    with db.transaction(shop) as session:
        assert surveys.update(session, 1, version=2, questions=asked) == 3
    now = look(shop)
    assert [(q.id, q.item) for q in now.questions][:2] == [(3, "How was the parcel?"), (1, "Would you recommend us?")]
    assert now.questions[2].id not in (1, 2, 3, 4, 5)
    assert send(shop, secret, "9", "A question that is gone", "4").is_kept
    assert [row[:3] for row in answers(shop)] == [("csat", "How was the parcel?", 4), ("nps", "Would you recommend us?", 9)]


def test_without_their_numbers_questions_are_known_by_their_words(shop):
    asked = [replace(one, id=None) for one in reversed(look(shop).questions)]
    with db.transaction(shop) as session:
        surveys.update(session, 1, version=2, questions=asked)
    assert [one.id for one in look(shop).questions] == [5, 4, 3, 2, 1]


def test_two_windows_do_not_overwrite_each_other(shop):
    with db.transaction(shop) as session:
        surveys.update(session, 1, version=2, title="Anew")
    with pytest.raises(Conflict), db.transaction(shop) as session:
        surveys.update(session, 1, version=2, title="Lost")
    with pytest.raises(Conflict), db.transaction(shop) as session:
        surveys.set_status(session, 1, version=2, status="closed")
    with db.transaction(shop) as session:
        assert surveys.update(session, 1, version=3, title="Anew") == 3  # nothing changed
    assert look(shop).title == "Anew"


def test_a_deleted_survey_is_gone_until_it_is_brought_back_and_a_copy_is_a_draft(shop):
    secret = link(shop)
    with db.transaction(shop) as session:
        surveys.delete(session, 1, version=2)
    with pytest.raises(NotFound):
        look(shop)
    assert read(shop, secret).state == "closed"
    with db.transaction(shop) as session:
        assert surveys.listing(session).empty
        surveys.restore(session, 1)
        number = surveys.copy(session, 1, "Autumn")
    assert read(shop, secret).state == "open"
    other = look(shop, number)
    assert (other.name, other.status, other.answered) == ("Autumn", "draft", 0)
    assert [one.item for one in other.questions] == [one.item for one in QUESTIONS]
    assert {one.id for one in other.questions}.isdisjoint(one.id for one in look(shop).questions)


def test_the_list_counts_who_was_asked_and_every_form_once(shop):
    first = link(shop)
    invite(shop, 2)
    send(shop, first, "9", "", "4", "5")
    record(shop, "2", "", "na", "1", customer_id=None)
    record(shop, "3", "", "na", "1", customer_id=None)
    with db.transaction(shop) as session:
        # An older answer without a number of its form: one customer, one moment, one form.
        session.add_all([SurveyAnswer(survey_id=1, customer_id=4, metric="csat", item=item, score=3, scale_min=1, scale_max=5,
                                      answered_at=ASKED) for item in "ab"])
    made(shop, name="Empty")
    with db.reading(shop) as session:
        empty, spring = surveys.listing(session).to_dict("records")
        assert frames.answers(session, until=date(2024, 12, 31))["response"].nunique() == 4
    assert (spring["questions"], spring["invited"], spring["answered"], spring["last_answered_at"]) == (5, 2, 4, SENT)
    assert (empty["invited"], empty["answered"]) == (0, 0) and pd.isna(empty["last_answered_at"])
    assert (look(shop).invited, look(shop).answered) == (2, 4)


def test_a_survey_that_asked_somebody_is_no_draft_again(shop):
    invite(shop)
    with pytest.raises(InvalidInput, match="Close it instead"), db.transaction(shop) as session:
        surveys.set_status(session, 1, version=2, status="draft")


def test_only_open_surveys_are_offered_after_tickets(shop):
    made(shop, after_tickets=True)
    with db.transaction(shop) as session:
        assert surveys.after_tickets(session) == ()
        surveys.update(session, 1, version=2, after_tickets=True)
        assert [one.id for one in surveys.after_tickets(session)] == [1]


# Invitations

def test_each_customer_is_asked_once_and_who_is_left_out_is_told(shop):
    with db.transaction(shop) as session:
        customers.delete(session, 4, version=1)
    first = invite(shop, 1, 2, 3, 4, 1, 99)
    assert first.invitations[["customer_id", "name", "email"]].to_numpy().tolist() == [
        [1, "Ada", "Ada@example.org"], [2, "Ben", "Ben@example.org"]]
    assert (first.no_consent, first.asked_already, first.deleted, first.left_out) == (1, 0, 2, 3)
    again = invite(shop, 1, 3)
    assert again.invitations.empty and (again.no_consent, again.asked_already) == (1, 1)
    assert invite(shop, 3, with_link=False).invitations["secret"].isna().all()
    assert not invite(shop, 1, today=date(2024, 4, 9)).invitations.empty  # the first link is over


def test_the_database_keeps_no_secret(shop):
    secret = link(shop)
    assert len(secret) >= 32
    with db.reading(shop) as session:
        kept = [str(tuple(row)) for table in (SurveyInvitation, AuditEntry) for row in session.execute(select(*table.__table__.c))]
    assert not any(secret in row for row in kept)
    assert read(shop, secret).state == "open"


def test_only_an_open_survey_asks_and_nobody_asks_too_many(shop):
    draft = made(shop)
    with pytest.raises(InvalidInput, match="draft"):
        invite(shop, survey_id=draft.id)
    with pytest.raises(InvalidInput, match="5,001"):
        invite(shop, *range(1, 5_002))
    with pytest.raises(InvalidInput, match="at least one"):
        invite(shop, customer_ids=[])
    with pytest.raises(NotFound):
        invite(shop, survey_id=99)


def test_a_ticket_has_an_asking_of_its_own_and_its_answers_name_it(shop):
    with db.transaction(shop) as session:
        session.add(Ticket(customer_id=1, kind="complaint", subject="Broken", opened_at=ASKED))
    link(shop)
    secret = invite(shop, 1, ticket_id=1).invitations["secret"].item()
    with pytest.raises(InvalidInput, match="Only the customer of the ticket"):
        invite(shop, 2, ticket_id=1)
    with pytest.raises(NotFound):
        invite(shop, 1, ticket_id=7)
    send(shop, secret, "9", "", "4")
    with db.reading(shop) as session:
        assert set(session.scalars(select(SurveyAnswer.ticket_id))) == {1}


def test_a_new_link_ends_the_old_one(shop):
    first = link(shop)
    with db.transaction(shop) as session:
        second = survey_invitations.renew(session, 1, today=date(2024, 4, 20))
    assert read(shop, first).state == "unknown" and read(shop, second, date(2024, 5, 20)).state == "open"
    assert read(shop, second, date(2024, 5, 21)).state == "expired"
    send(shop, second, "9", "", "4", moment=datetime(2024, 4, 21))
    with pytest.raises(InvalidInput, match="answered already"), db.transaction(shop) as session:
        survey_invitations.renew(session, 1, today=TODAY)


def test_what_is_taken_back_can_be_brought_back_unless_it_was_asked_anew(shop):
    secret = link(shop)
    for _ in range(2):
        with db.transaction(shop) as session:
            survey_invitations.take_back(session, 1)
    assert read(shop, secret).state == "unknown" and not send(shop, secret, "9", "", "4").is_kept
    with db.transaction(shop) as session:
        survey_invitations.restore(session, 1)
        assert survey_invitations.counts(session, 1, today=TODAY) == survey_invitations.Counts(1, 1, 0, 0, 0)
        survey_invitations.take_back(session, 1)
    second = link(shop)
    with pytest.raises(InvalidInput, match="asked anew"), db.transaction(shop) as session:
        survey_invitations.restore(session, 1)
    send(shop, second, "9", "", "4")
    with pytest.raises(InvalidInput, match="cannot be taken back"), db.transaction(shop) as session:
        survey_invitations.take_back(session, 2)


def test_the_list_tells_who_answered_who_waits_and_whose_link_is_over(shop):
    invite(shop, 1, 2, 4)
    with db.transaction(shop) as session:
        survey_invitations.renew(session, 2, today=date(2024, 3, 20))
    record(shop, "9", "", "4", customer_id=4)
    later = date(2024, 4, 15)
    with db.reading(shop) as session:
        assert survey_invitations.counts(session, 1, today=later) == survey_invitations.Counts(3, 1, 1, 1, 0)
        everybody = survey_invitations.listing(session, survey_id=1, today=later)
        assert everybody[["name", "state"]].to_numpy().tolist() == [["Dan", "answered"], ["Ben", "open"], ["Ada", "expired"]]
        assert survey_invitations.listing(session, survey_id=1, today=later, state="open")["name"].tolist() == ["Ben"]
        assert survey_invitations.listing(session, survey_id=1, today=later, limit=1, offset=1)["name"].tolist() == ["Ben"]
        assert survey_invitations.listing(session, survey_id=2).empty
        with pytest.raises(InvalidInput):
            survey_invitations.listing(session, survey_id=1, state="lost")


# Answering

def test_a_form_becomes_answers_with_their_words_and_its_comments_stand_beside_scores(shop):
    outcome = send(shop, link(shop), "9", "Good tea", "na", "", "More cups", seconds=42.0)
    assert outcome.is_kept and outcome.form == survey_answering.Form("answered", thanks="Thank you!")
    assert answers(shop) == [
        ("nps", "Would you recommend us?", 9, "Why?\nGood tea\n\nWhat should we change?\nMore cups"),
        ("csat", "How was the delivery?", None, None)]
    with db.reading(shop) as session:
        frame = frames.answers(session, until=date(2024, 12, 31))
        assert frame["response"].nunique() == 1 and set(frame["seconds_taken"]) == {42.0}
        assert set(frame["customer_id"]) == {1} and set(frame["survey_id"]) == {1}
        assert set(session.scalars(select(SurveyAnswer.source))) == {"survey"}


def test_a_comment_stands_with_the_overall_score_above_it_else_with_the_first(shop):
    asked = (Question("likert", "Clean."), Question("comment", "Say more.", is_required=False), Question("csat", "Content?"),
             Question("ces", "Easy?"), Question("comment", "Why so?", is_required=False))
    with db.transaction(shop) as session:
        surveys.update(session, 1, version=2, questions=asked)
    given = dict(zip((one.id for one in look(shop).questions), ("3", "to the first", "4", "6", "to the last"), strict=True))
    with db.transaction(shop) as session:
        survey_answering.record(session, survey_id=1, customer_id=1, given=given, answered_at=SENT)
    assert [row[0::3] for row in answers(shop)] == [("likert", None), ("csat", "to the first"), ("ces", "to the last")]


def test_a_survey_of_comments_alone_loses_nothing_and_invents_no_score(shop):
    with db.transaction(shop) as session:
        surveys.update(session, 1, version=2, questions=[Question("comment", "What is missing?")])
    number = look(shop).questions[0].id
    with db.transaction(shop) as session:
        survey_answering.record(session, survey_id=1, customer_id=1, given={number: "Biscuits"}, answered_at=SENT)
    assert answers(shop) == [("likert", "What is missing?", None, "Biscuits")]
    with db.reading(shop) as session:
        assert frames.comments(session, until=date(2024, 12, 31))["comment"].tolist() == ["Biscuits"]


def test_only_points_of_the_scale_are_scores_and_every_problem_is_told(shop):
    secret = link(shop)
    for text in ("11", "-1", "9.5", "9e0", "", "  ", "na", "９", "x", "9" * 5_000, "<b>9</b>"):
        outcome = send(shop, secret, text, "x" * 10_001, "6")
        kind = "not_on_scale" if text.strip() else "missing"
        assert not outcome.is_kept and outcome.form.state == "open"
        assert outcome.problems == (survey_answering.Problem(1, kind), survey_answering.Problem(2, "too_long", 10_001),
                                    survey_answering.Problem(3, "not_on_scale")), text
    assert answers(shop) == [] and look(shop).answered == 0


def test_an_empty_form_of_optional_questions_is_no_answer(shop):
    with db.transaction(shop) as session:
        surveys.update(session, 1, version=2, questions=[replace(one, is_required=False) for one in QUESTIONS])
    secret = link(shop)
    assert [one.kind for one in send(shop, secret).problems] == ["nothing"]
    assert send(shop, secret, "7").is_kept


def test_a_link_is_answered_once(shop):
    secret = link(shop)
    assert send(shop, secret, "9", "", "4").is_kept
    second = send(shop, secret, "1", "", "1")
    assert not second.is_kept and second.form.state == "answered" and second.form.thanks == "Thank you!"
    assert [row[2] for row in answers(shop)] == [9, 4]


def test_a_double_tap_is_told_that_its_answer_is_kept_and_an_old_link_tells_nothing(shop):
    secret = link(shop)
    for _ in range(2):
        assert send(shop, secret, "9", "Good tea", "4").is_kept
    assert not send(shop, secret, "9", "", "4").is_kept and not send(shop, secret, "9", "Good tea", "5").is_kept
    assert not send(shop, secret, "9", "Good tea", "4", moment=SENT.replace(hour=19)).is_kept
    assert len(answers(shop)) == 2


@pytest.mark.every_database
def test_two_posts_at_once_are_one_answer(shop):
    secret, kept, start = link(shop), [], threading.Barrier(4)

    def post(score: str) -> None:
        start.wait()
        kept.append(send(shop, secret, score, "", "4").is_kept)

    threads = [threading.Thread(target=post, args=(str(score),)) for score in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(kept) == [False, False, False, True] and len(answers(shop)) == 2


def test_a_forged_secret_opens_nothing(shop):
    true = link(shop)
    for secret in ("", "x", "A" * 43, "A" * 500, "' or 1=1 --", "../../etc/passwd", "é" * 43, "\ud800" * 43, true + "\n", true[:-1], true + "A"):
        assert read(shop, secret).state == "unknown" and send(shop, secret, "9", "", "4").form.state == "unknown", secret
    with db.reading(shop) as session:
        digest = session.scalar(select(SurveyInvitation.secret_sha256))
    assert read(shop, digest).state == "unknown"  # what the database keeps is no key


def test_a_link_that_is_over_or_of_a_closed_survey_takes_no_answer(shop):
    secret = link(shop)
    assert read(shop, secret, date(2024, 4, 8)).state == "open"
    assert send(shop, secret, "9", "", "4", moment=datetime(2024, 4, 9)).form.state == "expired"
    with db.transaction(shop) as session:
        surveys.set_status(session, 1, version=2, status="closed")
    assert read(shop, secret).state == "closed" and send(shop, secret, "9", "", "4").form.state == "closed"
    with db.transaction(shop) as session:
        surveys.set_status(session, 1, version=3, status="open")
        customers.delete(session, 1, version=1)
    assert read(shop, secret).state == "closed"
    assert answers(shop) == []


def test_html_is_text_and_control_characters_go(shop):
    send(shop, link(shop), "9", "<script>alert(1)</script>\x00\x1b\r\n\u202eabc 茶很好", "4")
    assert answers(shop)[0][3] == "<script>alert(1)</script>\nabc 茶很好"


def test_an_answer_never_comes_before_its_question_and_wild_times_are_not_believed(shop):
    secret = link(shop)
    assert send(shop, secret, "9", "", "4", moment=datetime(2024, 3, 9, 9, 45), seconds=-5.0).is_kept  # the clock was set back
    with db.reading(shop) as session:
        assert session.scalar(select(SurveyInvitation.answered_at)) == ASKED
        assert set(session.scalars(select(SurveyAnswer.seconds_taken))) == {None}


def test_the_audit_holds_no_words_of_a_customer(shop):
    send(shop, link(shop), "9", "Not for everybody's eyes", "4")
    with db.reading(shop) as session:
        entries = session.execute(select(AuditEntry.entity, AuditEntry.action, AuditEntry.changes)).all()
    assert ("survey_invitation", "answered") in [tuple(one)[:2] for one in entries]
    assert "eyes" not in str(entries)


def test_an_answer_by_hand_answers_the_open_asking_and_can_be_taken_back(shop):
    secret = link(shop)
    form = record(shop, "3", "By phone", "2", answered_at=datetime(2024, 3, 9))  # only its day is known
    assert read(shop, secret).state == "answered"
    record(shop, "4", "", "2", answered_at=SENT)  # asked nowhere
    assert look(shop).answered == 2
    with db.reading(shop) as session:
        newest, first = survey_answering.listing(session, survey_id=1).to_dict("records")
    assert (first["form"], first["name"], first["was_asked_by_link"], first["answers"], first["comment"]) == (form, "Ada", True, 2, "By phone")
    assert (newest["answered_at"], newest["was_asked_by_link"]) == (SENT, False) and pd.isna(newest["comment"])
    with db.transaction(shop) as session:
        assert survey_answering.take_back(session, form) == 2
    assert read(shop, secret).state == "open" and look(shop).answered == 1
    with pytest.raises(NotFound), db.transaction(shop) as session:
        survey_answering.take_back(session, form)
    assert send(shop, secret, "9", "", "4").is_kept


def test_an_answer_by_hand_is_checked_like_one_by_link(shop):
    invite(shop, 2)
    cases = [({"texts": ("11", "", "3")}, InvalidInput, "scale from 0 to 10"), ({"texts": ("", "", "3")}, InvalidInput, "needs an answer"),
             ({"texts": ("9", "x" * 10_001, "3")}, InvalidInput, "10,001"),
             ({"answered_at": datetime(2199, 1, 1)}, InvalidInput, "cannot be the day"), ({"customer_id": 99}, NotFound, "customer"),
             ({"invitation_id": 1, "customer_id": 1}, NotFound, "not asked"),
             ({"invitation_id": 1, "customer_id": 2, "answered_at": datetime(2024, 3, 8)}, InvalidInput, "have answered before")]
    for changes, error, sentence in cases:
        texts = changes.pop("texts", ("9", "", "3"))
        with pytest.raises(error, match=sentence):
            record(shop, *texts, **changes)
    assert answers(shop) == []
    record(shop, 9, None, 3, customer_id=None, invitation_id=1)
    with db.reading(shop) as session:
        assert session.scalar(select(func.count()).where(SurveyAnswer.customer_id == 2)) == 2
