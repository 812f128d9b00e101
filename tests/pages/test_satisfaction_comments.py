"""The tab "Comments": themes with examples, tones beside scores, telling words, and everything to read."""

from datetime import datetime

from crm import db
from crm.models import SurveyAnswer
from tests.pages.conftest import open_page, words_of


def read_on(app) -> list[str]:
    return [str(text.value) for text in app.text]


def test_comments_of_the_demo_are_read_filtered_and_quoted(in_demo):
    app = open_page("satisfaction", satisfaction_tab="Comments")
    said = words_of(app)
    assert "comments** up to" in said and "sound happy" in said and "The tone agrees with the score in" in said
    assert "What they are about" in said and "Its words:" in said and "said " in said
    assert "A theme gathers comments that share words" in said and "Words that go with low scores" in said
    assert len(read_on(app)) > 8
    app.selectbox(key="comments_tone").set_value("Unhappy").run()
    assert not app.exception and read_on(app)
    remarks = [str(caption.value) for caption in app.caption if "sounds " in str(caption.value)]
    assert "sounds unhappy" in remarks[-1]  # the list stands below the examples
    app.selectbox(key="comments_themes").set_value("2").run()
    assert not app.exception and len(app.selectbox(key="examples_theme").options) <= 2


def test_one_long_comment_with_tags_is_shown_as_it_is(own_company):
    written = "<img src=x onerror=alert(1)> [link](https://evil.example) late " * 1_500
    with db.transaction(own_company) as session:
        session.add(SurveyAnswer(metric="csat", item="How was it?", score=1, scale_min=1, scale_max=5, comment=written, answered_at=datetime(2026, 3, 1, 9)))
    app = open_page("satisfaction", satisfaction_tab="Comments", as_of="2026-03-10")
    shown = read_on(app)
    assert len(shown) == 1 and shown[0].startswith("<img src=x") and len(shown[0]) < 310
    said = words_of(app)
    assert "1 comment" in said and "Themes need 30 comments" in said and "it takes" not in said
    assert any("All" in box.label and "characters" in box.label for box in app.expander)


def test_a_company_without_comments_gets_advice(own_company):
    with db.transaction(own_company) as session:
        session.add(SurveyAnswer(metric="csat", item="How was it?", score=4, scale_min=1, scale_max=5, answered_at=datetime(2026, 3, 1, 9)))
    app = open_page("satisfaction", satisfaction_tab="Comments", as_of="2026-03-10")
    assert "Ask an open question" in words_of(app)
