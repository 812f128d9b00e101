"""Do answers and campaign results get in once, on their right scales, with the people who gave them?"""

from datetime import datetime

import pytest
from sqlalchemy import select

from crm import db
from crm.imports.report import notes_of
from crm.models import Campaign, CampaignMember, Customer, SurveyAnswer
from tests.imports.test_records_road import bring_in, everything, rows

ANSWER = (SurveyAnswer.item, SurveyAnswer.metric, SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max)
FORMS = "Form,Gender,Age,Seat,Food,Verdict\n1,Male,48,3,0,Satisfied\n2,Female,35,5,,Neutral or Dissatisfied\n3,,,4,1,\n"
FORM_MAP = {"response_code": "Form", "gender": "Gender"}
FORM_CHOICES = {"custom": ["Age"], "items": ["Seat", "Food", "Verdict"], "constants": {"answered_at": "2024-01-02"}}


def test_a_form_gives_an_answer_for_each_item_that_is_filled(workspace):
    done = bring_in(workspace, FORMS, "answers_wide", FORM_MAP, **FORM_CHOICES)
    assert (done.imported, done.duplicate, done.created) == (3, 0, {"customers": 3, "survey_answers": 7})
    assert done.found["answers_not_applicable"] == 1 and done.found["scale_assumed"] == 1
    assert rows(workspace, SurveyAnswer.response_code, *ANSWER) == [
        ("1", "Food", "likert", None, 1.0, 5.0),
        ("1", "Seat", "likert", 3.0, 1.0, 5.0),
        ("1", "Verdict", "csat", 1.0, 0.0, 1.0),
        ("2", "Seat", "likert", 5.0, 1.0, 5.0),
        ("2", "Verdict", "csat", 0.0, 0.0, 1.0),
        ("3", "Food", "likert", 1.0, 1.0, 5.0),
        ("3", "Seat", "likert", 4.0, 1.0, 5.0),
    ]
    assert set(rows(workspace, SurveyAnswer.answered_at)) == {(datetime(2024, 1, 2),)}


def test_what_a_form_tells_about_people_is_kept_with_a_customer_of_its_number(workspace):
    bring_in(workspace, FORMS, "answers_wide", FORM_MAP, **FORM_CHOICES)
    assert rows(workspace, Customer.code, Customer.gender, Customer.custom_fields) == [
        ("1", "Male", {"Age": 48}),
        ("2", "Female", {"Age": 35}),
        ("3", None, {}),
    ]
    with db.reading(workspace) as session:
        owners = session.execute(
            select(SurveyAnswer.response_code, Customer.code).join(Customer, Customer.id == SurveyAnswer.customer_id)
        ).all()
    assert len(owners) == 7 and all(form == customer for form, customer in owners)


def test_forms_that_tell_nothing_about_people_make_no_customers(workspace):
    done = bring_in(
        workspace,
        FORMS,
        "answers_wide",
        {"response_code": "Form"},
        items=["Seat"],
        constants={"answered_at": "2024-01-02"},
    )
    assert done.created == {"survey_answers": 3} and set(rows(workspace, SurveyAnswer.customer_id)) == {(None,)}


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_the_same_forms_again_add_nothing_and_more_only_what_is_new(workspace, numbered, named):
    text = (
        "Form,Who,When,Seat,Food,Say\n1,7,2024-01-02,3,4,good\n2,8,2024-01-03,0,2,\n2,8,2024-01-03,0,2,\n"
        "3,,2024-01-04,,,only this\n4,8,2024-01-05,,,\n"
    )
    mapped = (
        {"answered_at": "When", "comment": "Say"}
        | ({"response_code": "Form"} if numbered else {})
        | ({"customer_code": "Who"} if named else {})
    )
    first = bring_in(workspace, text, "answers_wide", mapped, items=["Seat", "Food"])
    rows_expected = 5 if numbered else 7
    assert first.created == {"survey_answers": rows_expected} | ({"customers": 2} if named else {})
    assert (first.imported, first.duplicate) == ((3, 2) if numbered else (4, 1))
    assert first.found["lines_without_answer"] == 1
    assert rows(workspace, SurveyAnswer.item, SurveyAnswer.comment, where=[SurveyAnswer.comment.is_not(None)]) == [
        ("Seat", "good"),
        ("Seat", "only this"),
    ]
    before = everything(workspace)
    again = bring_in(workspace, text, "answers_wide", mapped, items=["Seat", "Food"])
    assert (again.imported, again.duplicate, again.created) == (0, 5, {}) and everything(workspace) == before
    more = bring_in(workspace, text + "5,9,2024-01-06,1,1,\n", "answers_wide", mapped, items=["Seat", "Food"])
    assert (more.imported, more.created["survey_answers"]) == (1, 2)


def test_the_same_form_number_of_another_survey_is_another_form(workspace):
    bring_in(workspace, FORMS, "answers_wide", {"response_code": "Form"}, **FORM_CHOICES)
    done = bring_in(workspace, FORMS, "answers_wide", {"response_code": "Form"}, source="next year", **FORM_CHOICES)
    assert done.created == {"survey_answers": 7} and done.updated == {}


def test_a_new_item_of_a_known_form_is_new(workspace):
    constants = {"answered_at": "2024-01-02"}
    bring_in(workspace, FORMS, "answers_wide", {"response_code": "Form"}, items=["Seat"], constants=constants)
    done = bring_in(
        workspace, FORMS, "answers_wide", {"response_code": "Form"}, items=["Seat", "Verdict"], constants=constants
    )
    assert done.created == {"survey_answers": 2} and (done.imported, done.duplicate) == (2, 1)


def test_profiles_of_known_customers_are_filled(workspace):
    bring_in(workspace, "Id,Gender\n1,Man\n2,\n", "customers", {"customer_code": "Id", "gender": "Gender"})
    done = bring_in(workspace, FORMS, "answers_wide", FORM_MAP, **FORM_CHOICES)
    assert done.created["customers"] == 1 and done.updated == {"customers": 2}
    assert rows(workspace, Customer.code, Customer.gender, Customer.custom_fields) == [
        ("1", "Man", {"Age": 48}),
        ("2", "Female", {"Age": 35}),
        ("3", None, {}),
    ]


@pytest.mark.parametrize(
    ("scores", "metric", "low", "high"),
    [
        ("10,9,0,7", "nps", 0, 10),
        ("5,0,3", "likert", 1, 5),
        ("1,2", "likert", 1, 5),
        ("7,3,1", "likert", 1, 7),
        ("满意,不满意", "csat", 0, 1),
        ("yes,no", "csat", 0, 1),
        ("80,20,100", "likert", 0, 100),
    ],
)
def test_the_scale_is_told_from_the_scores(workspace, scores, metric, low, high):
    text = "Rating;Room\n" + "".join(f"{score};\n" for score in scores.split(","))
    done = bring_in(workspace, text, "answers_wide", {}, items=["Rating"], constants={"answered_at": "2024-01-02"})
    assert not done.reasons and {
        tuple(row) for row in rows(workspace, SurveyAnswer.metric, SurveyAnswer.scale_min, SurveyAnswer.scale_max)
    } == {(metric, low, high)}


def test_a_recommendation_beside_other_items_has_its_own_scale(workspace):
    text = "Seat,Food,Would you recommend us?\n5,4,9\n1,2,10\n"
    bring_in(
        workspace,
        text,
        "answers_wide",
        {},
        items=["Seat", "Food", "Would you recommend us?"],
        constants={"answered_at": "2024-01-02"},
    )
    assert set(rows(workspace, SurveyAnswer.item, SurveyAnswer.metric, SurveyAnswer.scale_max)) == {
        ("Seat", "likert", 5.0),
        ("Food", "likert", 5.0),
        ("Would you recommend us?", "nps", 10.0),
    }


def test_the_scale_that_the_user_names_counts(workspace):
    done = bring_in(
        workspace,
        "Form,Seat,Food\n1,3,4\n2,8,6\n3,-1,x\n",
        "answers_wide",
        {"response_code": "Form"},
        items=["Seat", "Food"],
        constants={"answered_at": "2024-01-02", "metric": "csat", "scale_min": "0", "scale_max": "6"},
    )
    assert done.reasons == {
        3: "The score 8 of the item “Seat” lies outside its scale from 0 to 6.",
        4: "The score -1 of the item “Seat” lies outside its scale from 0 to 6.",
    }
    assert set(rows(workspace, *ANSWER)) == {("Seat", "csat", 3.0, 0.0, 6.0), ("Food", "csat", 4.0, 0.0, 6.0)}


def test_a_score_in_unknown_words_rejects_its_form(workspace):
    done = bring_in(
        workspace,
        "Form,Seat\n1,3\n2,soft\n3,not applicable\n",
        "answers_wide",
        {"response_code": "Form"},
        items=["Seat"],
        constants={"answered_at": "2024-01-02"},
    )
    assert done.reasons == {3: "“soft” in the column “Seat” is no number."}
    assert rows(workspace, SurveyAnswer.response_code, SurveyAnswer.score) == [("1", 3.0), ("3", None)]


LONG = {
    "response_code": "No",
    "customer_email": "Who",
    "item": "Item",
    "score": "Score",
    "answered_at": "When",
    "comment": "Say",
}
LIST = (
    "No,Who,Item,Score,When,Say\n1,a@x.de,Seat,3,2024-01-02,\n1,a@x.de,Food,0,2024-01-02,dry\n"
    "2,b@x.de,NPS,9,2024-01-03,\n"
    "2,b@x.de,Seat,,2024-01-03,\n2,b@x.de,Help,,2024-01-03,came late\n"
)


def test_a_list_of_answers_gets_in_once(workspace):
    done = bring_in(workspace, LIST, "answers_long", LONG)
    assert (done.imported, done.duplicate, done.created) == (4, 1, {"customers": 2, "survey_answers": 4})
    assert rows(workspace, *ANSWER, SurveyAnswer.comment) == [
        ("Food", "likert", None, 1.0, 5.0, "dry"),
        ("Help", "likert", None, 1.0, 5.0, "came late"),
        ("NPS", "nps", 9.0, 0.0, 10.0, None),
        ("Seat", "likert", 3.0, 1.0, 5.0, None),
    ]
    assert bring_in(workspace, LIST, "answers_long", LONG).duplicate == 5
    assert bring_in(workspace, LIST, "answers_long", LONG | {"item": "Item"}, source="other").created == {
        "survey_answers": 4
    }


def test_a_list_without_items_is_about_its_score_and_may_name_its_scales(workspace):
    text = (
        "Who,Satisfaction,Kind,Low,High,When\n7,4,CSAT,1,5,2024-01-02\n8,9,NPS,,,2024-01-03\n9,11,NPS,,,2024-01-03\n"
        "9,1,purple,,,2024-01-03\n9,1,,5,1,2024-01-03\n"
    )
    done = bring_in(
        workspace,
        text,
        "answers_long",
        {
            "customer_code": "Who",
            "score": "Satisfaction",
            "metric": "Kind",
            "scale_min": "Low",
            "scale_max": "High",
            "answered_at": "When",
        },
    )
    assert rows(workspace, *ANSWER) == [
        ("Satisfaction", "csat", 4.0, 1.0, 5.0),
        ("Satisfaction", "nps", 9.0, 0.0, 10.0),
    ]
    assert done.reasons == {
        4: "The score 11 of the item “Satisfaction” lies outside its scale from 0 to 10.",
        5: "“purple” in the column “Kind” is not known here; possible are: csat, nps, ces, likert.",
        6: "The scale's lowest score must be below its highest.",
    }
    assert done.created["customers"] == 2


RESULTS = (
    "Campaign,Who,Sent,Answered,Day,Cost\nSpring,7,2024-03-01 08:00,yes,2024-03-02,12.50\n"
    "Spring,8,2024-03-01 08:00,no,,\n"
    "spring,8,2024-03-01 08:00,,,\nAutumn,7,,,,\n"
)
RESULT_MAP = {
    "campaign_name": "Campaign",
    "customer_code": "Who",
    "sent_at": "Sent",
    "has_responded": "Answered",
    "responded_at": "Day",
    "campaign_cost": "Cost",
}
MEMBER = (Campaign.name, Customer.code, CampaignMember.has_responded)
JOINED = [Campaign.id == CampaignMember.campaign_id, Customer.id == CampaignMember.customer_id]


def test_campaign_results_get_in_once(workspace):
    done = bring_in(workspace, RESULTS, "campaign_results", RESULT_MAP)
    assert (done.imported, done.duplicate) == (3, 1)
    assert done.created == {"customers": 2, "campaigns": 2, "campaign_members": 3}
    assert rows(workspace, *MEMBER, where=JOINED) == [
        ("Autumn", "7", None),
        ("Spring", "7", True),
        ("Spring", "8", False),
    ]
    assert [
        (name, channel, status, str(day), cost)
        for name, channel, status, day, cost in rows(
            workspace, Campaign.name, Campaign.channel, Campaign.status, Campaign.started_on, Campaign.cost_e4
        )
    ] == [("Autumn", "email", "finished", "None", None), ("Spring", "email", "finished", "2024-03-01", 125_000)]
    before = everything(workspace)
    for on_known in ("fill", "overwrite", "skip"):
        again = bring_in(workspace, RESULTS, "campaign_results", RESULT_MAP, on_known=on_known)
        assert (again.imported, again.duplicate, again.created) == (0, 4, {})
    assert everything(workspace) == before


def test_a_known_member_changes_only_when_asked(workspace):
    bring_in(workspace, RESULTS, "campaign_results", RESULT_MAP)
    later = "Campaign,Who,Day,Test\nSpring,8,2024-03-05,\nSpring,9,,yes\n"
    mapped = {"campaign_name": "Campaign", "customer_code": "Who", "responded_at": "Day", "is_holdout": "Test"}
    kept = bring_in(workspace, later.replace("9", "7"), "campaign_results", mapped)
    assert (kept.imported, kept.duplicate) == (0, 2)
    done = bring_in(workspace, later, "campaign_results", mapped, on_known="overwrite")
    assert done.found["members_changed"] == 1 and done.created == {"customers": 1, "campaign_members": 1}
    assert rows(workspace, *MEMBER, CampaignMember.is_holdout, where=JOINED) == [
        ("Autumn", "7", None, False),
        ("Spring", "7", True, False),
        ("Spring", "8", True, False),
        ("Spring", "9", None, True),
    ]


def test_a_result_without_a_campaign_or_a_customer_is_rejected(workspace):
    done = bring_in(
        workspace,
        "Campaign,Who,Sent\n,7,2024-03-01\nSpring,,2024-03-01\nSpring,7,soon\n",
        "campaign_results",
        {"campaign_name": "Campaign", "customer_code": "Who", "sent_at": "Sent"},
    )
    assert done.reasons == {
        2: "The column “Campaign” is empty; every line needs it.",
        3: "The line names no customer: its code, name and e-mail address are empty.",
        4: "“soon” in the column “Sent” is no date, or is not written like the others.",
    }
    assert done.created == {}


def test_a_file_of_which_nothing_is_kept_can_be_planned(workspace):
    empty = bring_in(
        workspace,
        "Form,When,Seat\n1,,3\n",
        "answers_wide",
        {"response_code": "Form", "answered_at": "When"},
        items=["Seat"],
    )
    listed = bring_in(
        workspace,
        "No,When,Score\n1,,3\n",
        "answers_long",
        {"response_code": "No", "answered_at": "When", "score": "Score"},
    )
    results = bring_in(
        workspace, "Campaign,Who\n,\n", "campaign_results", {"campaign_name": "Campaign", "customer_code": "Who"}
    )
    assert [(done.imported, done.created, len(done.reasons)) for done in (empty, listed, results)] == [(0, {}, 1)] * 3


def test_a_line_with_several_scores_outside_the_scale_names_all_of_them(workspace):
    lines = "".join(f"{number},{number % 5 + 1},{5 - number % 5},3\n" for number in range(1, 300))
    text = f"Form,Seat,Food,{{Staff}}\n{lines}300,9,-2,4\n301,7,x,5\n302,8,x,11\n"
    done = bring_in(
        workspace, text, "answers_wide", {"response_code": "Form"}, items=["Seat", "Food", "{Staff}"],
        constants={"answered_at": "2024-01-02"},
    )
    assert done.imported == 299
    assert list(done.reasons.values()) == [
        "Several scores lie outside their scales: 9 of the item “Seat” (from 1 to 5), -2 of the item “Food” (from 1 to 5).",
        "The score 7 of the item “Seat” lies outside its scale from 1 to 5.",
        "Several scores lie outside their scales: 8 of the item “Seat” (from 1 to 5), 11 of the item “{Staff}” (from 1 to 5).",
    ]


def test_the_scale_that_was_told_from_the_scores_is_said_and_none_where_the_file_names_it(workspace):
    done = bring_in(workspace, FORMS, "answers_wide", FORM_MAP, **FORM_CHOICES)
    (note,) = [note for note in notes_of(done.found) if note.code == "scale_assumed"]
    assert "told from the scores: 1 to 5." in note.text and "“Scale min”" in note.text
    text = "Question,Score,When,Scale min,Scale max\nSeat,3,2024-01-02,1,7\nFood,4,2024-01-02,1,7\n"
    mapped = {"item": "Question", "score": "Score", "answered_at": "When", "scale_min": "Scale min", "scale_max": "Scale max"}
    named = bring_in(workspace, text, "answers_long", mapped)
    assert "scale_assumed" not in [note.code for note in notes_of(named.found)]
