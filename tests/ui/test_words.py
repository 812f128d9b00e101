"""Words and pictures of the screen that need no server."""

from datetime import date, datetime

import plotly.graph_objects as go
import pytest

from crm.services.metrics import Extent, Figure, Overview
from crm.services.scores import SavedScore
from crm.ui import chart, overview, words

NOTHING = Figure(None, None, ())


def of(revenue, before, orders, orders_before) -> Overview:
    return Overview(date(2026, 1, 1), 90, Figure(revenue, before, ()), Figure(orders, orders_before, ()), NOTHING, NOTHING,
                    NOTHING, NOTHING, 0)


@pytest.mark.parametrize(("figures", "said"), [
    ((120, 100, 12, 10), "mainly because there were more orders"), ((120, 100, 10, 10), "mainly because orders were larger"),
    ((144, 100, 12, 10), "more orders, and they were larger"), ((80, 100, 8, 10), "mainly because there were fewer"),
    ((80, 100, 10, 10), "mainly because orders were smaller"), ((64, 100, 8, 10), "fewer orders, and they were smaller"),
    ((101, 100, 10, 10), "about the same"), ((100, 0, 1, 0), "nothing to compare"), ((100, None, 1, None), "do not reach back far enough"),
    ((0, 100, 0, 10), "no revenue in this period"), ((None, None, None, None), "no revenue in this period"),
    ((-5, 100, 1, 10), "more was given back than sold"),
])
def test_the_sentence_says_why_revenue_moved(figures, said):
    assert said in overview.sentence(of(*figures))


def test_an_empty_company_says_that_there_are_no_orders_yet():
    assert "no orders yet" in words.extent_line("A_b", Extent(3, 0, None, None, 0, 0))
    assert r"A\_b" in words.extent_line("A_b", Extent(3, 0, None, None, 0, 0))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_meaning_has_a_colour_in_both_appearances(mode):
    meanings = ["good", "attention", "past", "comparison", "loss", *(f"group{n}" for n in range(8))]
    figure = go.Figure([go.Bar(x=[1], y=[1], name=word, meta={"meaning": word}) for word in meanings])
    figure.add_scatter(x=[1, 2], y=[1, 2], mode="lines", meta={"meaning": "reference"})
    figure.add_scatter(x=[1, 2], y=[1, 2], fill="tozeroy", meta={"meaning": "band"})
    figure.add_heatmap(z=[[1]], meta={"scale": "diverging"})
    figure.add_scatter(x=[1, 2], y=[1, 2], mode="markers", meta={"meaning": ["good", "loss"]})
    chart.paint(figure, mode=mode)
    bars = [trace.marker.color for trace in figure.data[:13]]
    assert len(set(bars[:5])) == 5 and all(colour.startswith("#") for colour in bars)
    assert figure.data[14].fillcolor.startswith("rgba(") and figure.data[15].colorscale
    assert len(figure.data[16].marker.color) == 2


def test_one_series_needs_no_legend():
    figure = go.Figure(go.Bar(x=[1], y=[1], name="only"))
    chart.paint(figure, mode="light")
    assert figure.layout.showlegend is False


@pytest.mark.parametrize(("analysis", "number", "said"), [
    ("churn", 0.731, "Chance of leaving **73 %** within 60 days :gray[as of 2 Mar 2026, by the model “Spring \\[1\\]”]"),
    ("buying", 0.2, "Chance of an order **20 %** within 60 days"), ("ending", 0.2, "that the contract ends **20 %** within 60"),
    ("given", 0.2, "being one who leaves **20 %**"), ("next_order", 49.5, "if there is one, about **€ 49.50** within 60 days"),
    ("spend", 1200, "Expected to spend **€ 1,200** within 60 days"),
])
def test_what_a_kept_model_says_of_a_customer_is_a_line(analysis, number, said):
    known = SavedScore(analysis, date(2026, 3, 2), datetime(2026, 3, 2), None, number, None, None, 60, "Spring [1]")
    (line,) = words.saved_scores([known], "EUR")
    assert said in line


def test_a_score_saved_without_a_model_is_told_as_before():
    known = SavedScore("churn", date(2026, 3, 2), datetime(2026, 3, 2), None, 0.5, None, None)
    assert words.saved_scores([known], "EUR") == ["Chance of leaving **50 %** :gray[as of 2 Mar 2026]"]
