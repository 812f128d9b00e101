"""The tab “What drives it”: its answer, its choices, what it says of little, and its sentences for every outcome."""

from datetime import date

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from crm.analytics.satisfaction import reliability, what_drives
from crm.ui import satisfaction_drivers_words as said
from tests.analytics.satisfaction.making_forms import AS_OF, answers, driven, likert
from tests.pages.conftest import open_page, words_of

TAB = "What drives it"


def tab(**query) -> AppTest:
    return open_page("satisfaction", satisfaction_tab=TAB, **query)


def test_the_demos_yearly_questions_get_an_answer_all_cards_and_other_choices(in_demo):
    app = tab()
    told = words_of(app)
    assert "Cronbach's alpha is" in told and "give the same score all the way down" in told and "seconds" in told
    assert "of pairs" in told or "pairs" in told and "nan" not in told.lower().split()
    cards = [item.value for item in app.subheader]
    assert {"Every question", "Do the questions belong together?", "Which are answered alike?", "Forms filled in without reading"} <= set(cards)

    target = next(box for box in app.selectbox if box.key.startswith("drivers_target"))
    target.set_value(next(key for key in driven_keys(app) if key.startswith("item:") and "prices" in key)).run()
    assert not app.exception and "“The prices are fair”" in words_of(app)
    app.session_state["drivers_methods"] = True
    app.toggle(key="drivers_leave_out").set_value(True).run()
    assert not app.exception and "Linear regression" in words_of(app) and "Tried out:" in words_of(app)
    app.radio(key="drivers_importance").set_value("Tried out")
    app.radio(key="drivers_correlation").set_value("Spearman, by ranks").run()
    assert not app.exception and not app.error


def driven_keys(app) -> list[str]:
    """The keys behind the words of the overall scores that can be chosen."""
    from crm import db
    from crm.jobs.satisfaction import drivers as job
    from crm.services import settings

    with db.reading(db.demo()) as session:
        return [choice.key for choice in job.run(session, as_of=settings.as_of(session)).found.targets]


def test_a_company_without_forms_is_told_what_is_needed(own_company):
    app = open_page("satisfaction", satisfaction_tab=TAB)
    assert not app.exception and len(app.get("plotly_chart")) == 0


# --- Sentences -------------------------------------------------------------------------------------------------------------------

def explain(*given, said_by=None, **fields):
    score, overall = driven(*given, **fields)
    return what_drives.explain(answers(score, overall=overall if said_by is None else said_by), as_of=AS_OF)


def test_what_to_mend_is_named_with_its_score_and_how_sure():
    told = said.answer(explain(400))
    assert told.startswith("**Mend first: “Item A”.**") and "of 5, below the average question" in told
    assert "Together the questions explain" in told and "need not be the cause" in told


def test_two_that_cannot_be_told_apart_are_both_named():
    told = said.answer(explain(300, weight=(0.5, 0.5, 0.0, 0.0), middle=(3.0, 3.0, 4.0, 4.0), noise=0.7))
    assert "perhaps" in told and "“Item A” or “Item B”" in told or "“Item B” or “Item A”" in told


def test_nothing_is_named_where_all_that_matters_is_good_or_nothing_is_foretold():
    assert said.answer(explain(400, middle=(4.3, 4.3, 2.5, 2.5))).startswith("**Nothing stands out to mend:**")
    told = said.answer(explain(200, said_by=np.random.default_rng(1).integers(1, 6, 200)))
    assert "do not tell what makes “Overall” high or low" in told and "Mend first" not in told


def test_few_forms_are_a_hint_only():
    assert "take it as a hint" in said.answer(explain(45, noise=0.3))


def test_a_form_without_an_overall_score_says_what_is_lacking():
    found = what_drives.explain(answers(likert(100, 4)), as_of=AS_OF)
    assert "cannot be told from that yet" in said.answer(found) and "overall?" in found.drivers_missing


@pytest.mark.parametrize(("loading", "verdict"), [(0.98, "very well"), (0.72, "well"), (0.55, "loosely"), (0.05, "**No**")])
def test_the_verdict_on_a_battery_follows_its_alpha(loading, verdict):
    score = likert(400, 5, loading=loading, seed=1)
    found = what_drives.explain(answers(score), as_of=date(2026, 6, 15)).reliability
    assert isinstance(found, reliability.Reliability) and verdict in said.reliability(found)


def test_names_with_markdown_are_shown_as_they_are():
    score, overall = driven(300)
    found = what_drives.explain(answers(score, items=["*Price* [x](y) $5", "B", "C", "D"], overall=overall), as_of=AS_OF)
    assert r"\*Price\* \[x\](y) \$5" in said.answer(found)
    assert r"\*Price\*" in said.places(found.drivers.priorities)


def test_twenty_equal_forms_are_not_called_honest():
    score = likert(52, 6, seed=1)
    score[:20] = 4
    told = " ".join(said.careless(what_drives.explain(answers(score), as_of=AS_OF)))
    assert "it cannot be told how many" in told and "Look at them yourself" in told and "None is doubted" not in told


def test_a_form_left_for_a_newer_one_of_the_same_customer_is_said():
    score, overall = driven(200)
    found = what_drives.explain(answers(score, overall=overall, customer=np.r_[np.arange(1, 151), np.arange(1, 51)]), as_of=AS_OF)
    assert "All 200 forms are judged here. Above count 150 of them, the newest of each customer." in " ".join(said.careless(found))
