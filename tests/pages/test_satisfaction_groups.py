"""The tab "Who is happier": verdict first, every choice under More options, nothing but sentences where data is short."""

from types import SimpleNamespace

import pandas as pd
from streamlit.testing.v1 import AppTest

from crm.ui import satisfaction_group_words as said
from tests.pages.conftest import open_page, words_of


def opened(**query: str) -> AppTest:
    return open_page("satisfaction", satisfaction_tab="Who is happier", **query)


def test_the_verdict_comes_first_with_both_means_their_numbers_and_the_size_of_the_effect(in_demo):
    app = opened()
    verdict = next(line.value for line in app.markdown if "a real difference by" in line.value)
    assert "” above “" in verdict
    assert "On average" in verdict and "customers" in verdict and "of all differences between customers" in verdict
    told = words_of(app)
    assert "once, however often" in told or "are in more than one group" in told
    # What explains most is looked at first; a second grouping and another test are a click away.
    glance = next(frame.value for frame in app.dataframe if "explains" in frame.value)
    assert app.selectbox(key="happier_by_csat_None").value == glance["grouping"].iloc[0]
    assert glance["explains"].iloc[0] >= glance["explains"].iloc[1] and len(glance) > 8
    second = app.selectbox(key="happier_then_csat_None")
    second.set_value(next(name for name in second.options if name == "Region")).run()
    assert not app.exception
    assert "held equal" in words_of(app) and "This rests on the" in words_of(app) and "customers who are in both groupings" in words_of(app)
    app.selectbox(key="happier_test").set_value("Ranks: Kruskal-Wallis").run()
    assert "You chose another test" in words_of(app)
    app.session_state["happier_methods"] = True
    app.run()
    assert not app.exception
    told = next(frame.value for frame in app.dataframe if "statistic" in frame.value)
    assert len(told) == 3 and told["test"].str.contains("Welch").any()


def test_a_group_size_that_none_reaches_is_answered_by_advice_and_can_be_lowered(in_demo):
    app = opened()
    app.number_input(key="happier_fewest").set_value(1000).run()
    assert not app.exception and "not yet two groups" in words_of(app)
    app.number_input(key="happier_fewest").set_value(10).run()
    assert not app.exception and "a real difference by" in words_of(app)


def test_both_groupings_at_once_say_on_how_many_customers_they_rest():
    glance = pd.DataFrame({"grouping": ["region", "kind"], "persons": [1028, 342]})
    both = SimpleNamespace(first_name="kind", second_name="region", persons=342)
    told = said._rests_on(both, glance)
    assert "342 customers who are in both groupings, the difference by region alone on 1,028" in told and "may not show here" in told
    assert said._rests_on(both, glance.iloc[1:]) == "This rests on 342 customers."
