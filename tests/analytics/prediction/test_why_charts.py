"""Do the pictures of why say what the figures say, in the meanings that the painter knows?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import why_charts
from crm.analytics.prediction.importance import Importance
from crm.analytics.prediction.what_if import Control

MEANINGS = {"good", "attention", "comparison", "past"}


def meanings(figure) -> set:
    found = set()
    for trace in figure.data:
        meaning = trace.meta["meaning"]
        found |= {meaning} if isinstance(meaning, str) else set(meaning)
    return found


def test_importance_has_a_bar_with_its_interval_for_each_column_and_is_pale_where_chance_would_do():
    table = pd.DataFrame({"columns": [("days", "weeks"), ("a & <b>",), ("x", "y", "z")], "auc_loss": [0.1, 0.02, 0.0],
                          "auc_low": [0.08, -0.01, -0.01], "auc_high": [0.12, 0.05, 0.01], "log_loss_rise": 0.0,
                          "log_loss_low": 0.0, "log_loss_high": 0.0})
    figure = why_charts.importance_bars(Importance(table, 0.8, 0.4, 100, 3), label=str.title)
    bar = figure.data[0]
    assert list(bar.y) == ["Days,<br>Weeks", "A &amp; &lt;B&gt;", "X,<br>2 that go with it"]
    np.testing.assert_allclose(bar.error_x.array, [0.02, 0.03, 0.01])
    assert list(bar.meta["meaning"]) == ["good", "past", "past"]


def test_steps_lead_from_the_typical_chance_to_that_of_the_case():
    added = np.array([0.1, -0.7, 1.5, 0.01, 0.02, -0.03, 0.04, 0.05, -0.06])
    figure = why_charts.steps(added, tuple("abcdefghi"), base=-0.5, end="Jane")
    bar = figure.data[0]
    assert list(bar.y[:3]) == ["Typical", "c", "b"] and list(bar.y[-2:]) == ["All else", "Jane"]
    assert bar.x[0] == pytest.approx(1 / (1 + np.exp(0.5)))
    assert bar.x[-1] == pytest.approx(1 / (1 + np.exp(0.5 - added.sum())))
    ends = np.array(bar.base) + np.array(bar.x)
    assert ends[-2] == pytest.approx(bar.x[-1])  # the last step ends where the case is
    assert list(bar.meta["meaning"])[1:3] == ["attention", "good"]
    assert bar.text[2].startswith("−")


def test_columns_of_one_name_keep_a_bar_each():
    figure = why_charts.steps(np.array([0.3, 0.2]), ("a", "b"), base=0.0, label=lambda column: "Same")
    assert len(set(figure.data[0].y)) == 4


def test_a_line_marks_the_case_as_it_is_and_as_it_was_tried():
    curve = pd.DataFrame({"value": [0.0, 1.0, 2.0], "probability": [0.2, 0.4, 0.5]})
    figure = why_charts.along(curve, Control("days", "number", 1.0, 0.0, 2.0, 1.0), label="Days", now=(1.0, 0.4), tried=(2.0, 0.5))
    assert [trace.name for trace in figure.data[1:]] == ["As it is", "As tried"]
    assert meanings(figure) <= MEANINGS
    alone = why_charts.along(curve, Control("days", "number", 1.0, 0.0, 2.0, 1.0), label="Days", now=(1.0, 0.4), tried=(1.0, 0.4))
    assert len(alone.data) == 2
    unknown = why_charts.along(curve, Control("days", "number", None), label="Days", now=(None, 0.4), tried=(None, 0.4))
    assert len(unknown.data) == 1


def test_words_and_yes_or_no_have_a_bar_each_and_the_chosen_one_stands_out():
    curve = pd.DataFrame({"value": ["month", "year", None], "probability": [0.5, 0.2, 0.3]})
    figure = why_charts.along(curve, Control("plan", "text", "year", options=("month", "year")), label="Plan", now=("year", 0.2),
                              tried=("month", 0.5))
    assert list(figure.data[0].x) == ["month", "year", "not known"]
    assert list(figure.data[0].meta["meaning"]) == ["attention", "good", "good"]
    flag = pd.DataFrame({"value": [False, True], "probability": [0.5, 0.2]})
    figure = why_charts.along(flag, Control("paid", "flag", True), label="Paid", now=(True, 0.2), tried=(True, 0.2))
    assert list(figure.data[0].x) == ["no", "yes"]
