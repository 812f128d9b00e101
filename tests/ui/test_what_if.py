"""Do the sliders move the model's answer, and nothing else?"""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import words_of


def a_page():
    """A table of five columns, one of them of no matter, and the sliders for its third line."""
    import numpy as np
    import streamlit as st

    from crm.ui import what_if
    from tests.analytics.prediction.known_models import KnownModel, bent, table

    frame = table(300).assign(noise=np.arange(300.0))
    frame.index = frame.index + 500
    model = KnownModel(frame.columns, bent)
    st.session_state["own"] = float(model.probability(frame.loc[[502]])[0])
    what_if.draw(model, frame, frame, 502, labels=lambda column: f"The {column}", key="try", of_what="Chance of leaving")


def where_nothing_matters():
    import numpy as np

    from crm.ui import what_if
    from tests.analytics.prediction.known_models import KnownModel, table

    frame = table(50)
    what_if.draw(KnownModel(frame.columns, lambda rows: np.zeros(len(rows))), frame, frame, 3, labels=str, key="try")


@pytest.fixture
def page():
    app = AppTest.from_function(a_page, default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def test_the_answer_is_that_of_the_case_as_it_is(page):
    assert f"**{page.session_state['own']:.0%}**".replace("%", " %") in words_of(page)
    assert "not what would happen if you changed it" in words_of(page)
    assert page.button[0].disabled


def test_only_columns_that_matter_are_offered_by_their_words(page):
    labels = [widget.label for widget in (*page.slider, *page.select_slider, *page.toggle, *page.selectbox)]
    assert "The days" in labels and "The noise" not in labels
    assert len(labels) <= 6  # five, and the choice of the line


def test_moving_one_changes_the_answer_and_as_it_is_takes_it_back(page):
    days = page.slider(key="try_502_days")
    own = days.value
    days.set_value(days.max).run()
    assert not page.exception
    assert " % instead of " in words_of(page)
    assert not page.button[0].disabled
    page.button[0].click().run()
    assert page.slider(key="try_502_days").value == own
    assert "as it is" in words_of(page)


def test_words_and_unknown_values_can_be_chosen(page):
    plan = page.selectbox(key="try_502_plan")
    assert "not known" in plan.options
    plan.set_value("month" if plan.value != "month" else "year").run()
    assert not page.exception and " % instead of " in words_of(page)
    score = page.select_slider(key="try_502_score")
    assert "not known" in score.options
    page.selectbox(key="try_502_along").set_value("plan").run()
    assert not page.exception


def test_where_nothing_moves_the_answer_that_is_said():
    app = AppTest.from_function(where_nothing_matters, default_timeout=30).run()
    assert not app.exception
    assert "Nothing that could be different would move the answer" in words_of(app)
