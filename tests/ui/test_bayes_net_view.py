"""Is a network told in words, and does a fact change the chance on the screen as it does in the network?"""

import re

import pytest
from streamlit.testing.v1 import AppTest

from crm.analytics.prediction.bayes_net import State, query
from crm.ui.bayes_net_view import state_in_words
from crm.ui.words import share


def a_network(*, target="leaves"):
    import numpy as np
    import pandas as pd

    from crm.analytics.prediction.bayes_net import learn

    rng = np.random.default_rng(0)
    complained, ignored = rng.random(4000) < 0.3, rng.random(4000) < 0.1
    leaves = rng.random(4000) < 0.1 + 0.4 * complained + 0.2 * ignored
    frame = pd.DataFrame({"leaves": leaves, "complained": complained, "ignored": ignored, "silent": rng.exponential(50, 4000).round(),
                          "city_$": np.where(rng.random(4000) < 0.5, "A*B", "C")})
    if target == "end":
        frame = frame.assign(end=np.where(leaves, "gone", "stays")).drop(columns="leaves")
    return learn(frame, target)


def page_of_leaving():
    from crm.ui import bayes_net_view
    from tests.ui.test_bayes_net_view import a_network

    bayes_net_view.draw(a_network(), target="leaves", key="net", outcome="leaving",
                        words={"leaves": "Leaves", "complained": "Complained", "ignored": "No answer in 3 days"})


def page_of_an_end():
    from crm.ui import bayes_net_view
    from tests.ui.test_bayes_net_view import a_network

    bayes_net_view.draw(a_network(target="end"), target="end", words={}, key="net")


def page_of_unrelated_columns():
    import numpy as np
    import pandas as pd

    from crm.analytics.prediction.bayes_net import learn
    from crm.ui import bayes_net_view

    rng = np.random.default_rng(0)
    network = learn(pd.DataFrame({"leaves": rng.random(500) < 0.5, "a": rng.random(500) < 0.5}), "leaves")
    bayes_net_view.draw(network, target="leaves", words={}, key="net")


def page_by_hand():
    from crm.ui import bayes_net_view
    from tests.analytics.prediction.bayes_net.small_networks import asia_network

    bayes_net_view.draw(asia_network(), target="xray", words={}, key="net")


def opened(page):
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def said(app):
    written = "\n".join(str(one.value) for kind in ("markdown", "caption", "info", "warning") for one in getattr(app, kind))
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", written)


def test_facts_change_the_chance_as_the_network_says():
    app = opened(page_of_leaving)
    network = a_network()
    assert app.multiselect(key="net_facts").value == ["complained"]
    app.multiselect(key="net_facts").set_value(["complained", "ignored"]).run()
    app.selectbox(key="net_fact_complained").set_value(1).run()
    app.selectbox(key="net_fact_ignored").set_value(1).run()
    assert not app.exception
    answer = query(network, "leaves", {"complained": True, "ignored": True})
    chance, low, high = answer.of(True)
    usual = share(query(network, "leaves").of(True)[0])
    assert f"The chance of leaving changes from {usual} to **{share(chance)}** (probably between {share(low)} and {share(high)})." in said(app)
    assert f"{answer.cases} past cases were like this; it came true for {share(answer.cases_by_state[1] / answer.cases)} of them" in said(app)


def test_labels_and_states_are_in_words():
    app = opened(page_of_leaving)
    assert app.selectbox(key="net_fact_complained").options == ["no", "yes"]
    assert "No answer in 3 days" in app.multiselect(key="net_facts").options
    assert "It does not say that one causes the other" in said(app)


def test_without_facts_the_usual_chance_is_told():
    app = opened(page_of_leaving)
    app.multiselect(key="net_facts").set_value([]).run()
    assert f"With nothing known, the chance of leaving is **{share(query(a_network(), 'leaves').of(True)[0])}**" in said(app)


def test_the_tables_and_the_single_facts_open_on_demand():
    app = opened(page_of_leaving)
    assert not app.dataframe and not [one for one in app.selectbox if one.key == "net_table_of"]
    app.session_state["net_single"] = app.session_state["net_tables"] = True
    app.run()
    assert not app.exception
    facts = app.dataframe[0].value
    assert "Complained: yes" in set(facts["fact"]) and facts["chance"].between(0, 100).all()
    assert app.selectbox(key="net_table_of").options[0] == "Complained"
    for column in ("Complained", "Leaves"):
        app.selectbox(key="net_table_of").select(column).run()
        assert not app.exception


def test_of_an_outcome_that_is_no_yes_or_no_one_is_chosen():
    app = opened(page_of_an_end)
    assert app.selectbox(key="net_outcome").options == ["end: gone", "end: stays"]
    assert "The chance of “end: gone” changes" in said(app)
    app.selectbox(key="net_outcome").set_value(1).run()
    assert "The chance of “end: stays” changes" in said(app)


def test_where_nothing_hangs_together_it_says_so():
    app = opened(page_of_unrelated_columns)
    assert "Nothing in this table depends clearly on anything else" in said(app) and not app.multiselect


def test_columns_that_are_not_drawn_are_named():
    assert "Not in the picture, for they tell least or nothing: silent, city_$" in said(opened(page_of_leaving))


def test_facts_that_cannot_be_true_together_are_told():
    app = opened(page_by_hand)
    app.multiselect(key="net_facts").set_value(["tuberculosis", "either"]).run()
    app.selectbox(key="net_fact_tuberculosis").set_value(0).run()
    app.selectbox(key="net_fact_either").set_value(1).run()
    assert not app.exception
    assert "These facts cannot be true together" in said(app)


@pytest.mark.parametrize(("state", "written"), [
    (State("below", high=30.0), "below 30"), (State("between", 30.0, 90.0, whole=True), "30 to 89"), (State("between", 0.5, 1.5), "0.5 to below 1.5"),
    (State("at_least", 1200.0), "1,200 or more"), (State("equal", 2.0, 2.0), "2"), (State("other"), "any other"),
    (State("missing"), "not known"), (State("word", text="DSL"), "DSL"), (State("yes"), "yes"), (State("any", 1.0, 5.0), "1 to 5")])
def test_states_are_written_as_people_say_them(state, written):
    assert state_in_words(state) == written
