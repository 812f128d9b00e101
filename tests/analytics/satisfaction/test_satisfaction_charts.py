"""Satisfaction: what its charts show and mean."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.errors import NotEnoughData

KNOWN = {"good", "attention", "past", "comparison", "loss", "band", "reference"}


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(5)
    parts = []
    for metric, item, scale, count in [
        ("csat", "Overall", (1, 5), 400),
        ("nps", "Recommend", (0, 10), 300),
        ("likert", "Price", (1, 5), 200),
        ("likert", "Delivery", (1, 5), 12),
    ]:
        parts.append(
            pd.DataFrame(
                {
                    "answer_id": np.arange(count),
                    "customer_id": np.arange(1, count + 1),
                    "metric": metric,
                    "item": item,
                    "score": rng.integers(scale[0], scale[1] + 1, count).astype(float),
                    "scale_min": float(scale[0]),
                    "scale_max": float(scale[1]),
                    "answered_on": np.datetime64("2026-01-01", "us")
                    + rng.integers(0, 160, count).astype("timedelta64[D]"),
                    "comment": None,
                }
            )
        )
    groups = pd.Series(
        np.where(np.arange(1, 401) % 20 == 0, "rare", "usual"), index=np.arange(1, 401), name="size"
    )
    return satisfaction.measure(pd.concat(parts), as_of=dt.date(2026, 6, 9), groups=groups)


def meanings(figure):
    found = []
    for trace in figure.data:
        meaning = trace.meta["meaning"]
        found += [meaning] if isinstance(meaning, str) else list(meaning)
    return found


def test_every_trace_says_a_known_meaning_and_brings_no_colour(result):
    figures = [
        satisfaction.charts.diverging(result),
        satisfaction.charts.trend(result),
        satisfaction.charts.trend(result, metric="nps"),
    ]
    for figure in figures:
        assert set(meanings(figure)) <= KNOWN
        assert figure.layout.title.text is None and figure.layout.height is None
        assert all(
            getattr(trace, "marker", None) is None or trace.marker.color is None for trace in figure.data
        )


def test_diverging_bars_of_an_item_cover_all_its_answers(result):
    figure = satisfaction.charts.diverging(result)
    for place, _ in enumerate(figure.data[0].y):
        assert sum(abs(trace.x[place]) for trace in figure.data) == pytest.approx(1)
    assert {trace.name for trace in figure.data} == {"1", "2", "3", "4", "5"}
    assert sum(trace.showlegend for trace in figure.data) == 5


def test_low_scores_lie_left_and_the_worst_outermost(result):
    figure = satisfaction.charts.diverging(result)
    names = [trace.name for trace in figure.data]
    assert names == ["3", "3", "2", "1", "4", "5"]
    assert all(max(trace.x) <= 0 for trace in figure.data if trace.name in "12")


def test_the_unfinished_month_is_grey(result):
    line = satisfaction.charts.trend(result).data[-1]
    assert line.meta["meaning"][-1] == "past" and "good" in line.meta["meaning"]


def test_few_months_are_each_named_once_and_the_legend_does_not_take_the_colour_of_the_first_month(result):
    figure = satisfaction.charts.trend(result)
    assert len(figure.data[-1].x) == 6 and figure.layout.xaxis.dtick == "M1"
    line = figure.data[-2]
    assert line.name == "Each month" and line.meta["meaning"] == "good" and figure.data[-1].showlegend is False


def test_a_chart_without_answers_says_so(result):
    with pytest.raises(NotEnoughData, match="ces answers"):
        satisfaction.charts.diverging(result, metric="ces")


def test_months_of_questions_have_a_mean_with_a_range(result):
    months = result.trend[result.trend["metric"] == "likert"]
    assert months["n"].sum() == 212
    assert (months["low"] < months["value"]).all() and (months["value"] < months["high"]).all()
    assert satisfaction.charts.trend(result, metric="likert").layout.yaxis.title.text == "Mean score"


def test_a_long_scale_is_told_in_five_bands_and_recommendation_in_its_own_three(result):
    figure = satisfaction.charts.diverging(result, metric="nps")
    assert {trace.name for trace in figure.data} == {"0–6", "7–8", "9–10"}
    assert sum(abs(trace.x[0]) for trace in figure.data) == pytest.approx(1)
    loss = next(trace for trace in figure.data if trace.name == "0–6")
    assert -loss.x[0] == pytest.approx(result.nps.detractors / result.nps.n)


@pytest.mark.parametrize("scale", [(0, 1), (1, 3), (1, 4), (1, 6), (1, 7), (0, 10), (1, 10), (0, 100), (-2, 2)])
def test_bands_cover_every_point_of_a_scale_once_from_low_to_high(scale):
    told = satisfaction.charts.bands(*scale)
    points = [point for start, stop, *_ in told for point in range(int(start), int(stop) + 1)]
    assert points == list(range(scale[0], scale[1] + 1)) and len(told) <= 5
    assert [side for *_, side in told] == sorted([side for *_, side in told], key=("below", "middle", "above").index)


def test_items_of_another_scale_are_another_picture(result):
    assert satisfaction.charts.scales(result) == [(1.0, 5.0)]
    with pytest.raises(NotEnoughData, match="from 1 to 7"):
        satisfaction.charts.diverging(result, scale=(1, 7))


def test_a_level_steps_where_the_course_changed():
    rng = np.random.default_rng(6)
    day = rng.integers(0, 600, 1500)
    answers = pd.DataFrame({
        "customer_id": np.arange(1, 1501), "metric": "csat", "item": "Overall",
        "score": np.where(rng.random(1500) < np.where(day < 300, 0.9, 0.6), 5.0, 2.0), "scale_min": 1.0, "scale_max": 5.0,
        "answered_on": np.datetime64("2024-01-01", "us") + day.astype("timedelta64[D]")})
    course = satisfaction.course(answers, as_of=dt.date(2026, 1, 1))
    figure = satisfaction.charts.trend(satisfaction.measure(answers, as_of=dt.date(2026, 1, 1)), course=course)
    level = next(trace for trace in figure.data if trace.name == "Level")
    assert len(level.x) == 4 and level.y[0] == level.y[1] > level.y[2] == level.y[3]
    assert set(meanings(figure)) <= KNOWN


def test_who_came_back_is_drawn_by_score_with_those_without_an_answer_last():
    from tests.analytics.satisfaction.test_repeat import after, shop

    result = after(*shop(np.random.default_rng(5), 300))
    names = {"low": "Unhappy", "middle": "Between", "high": "Happy", "none": "Gave no score"}
    points = satisfaction.charts.returning(result, names=names).data[0]
    assert list(points.x)[:2] == ["1", "5"] and set(points.meta["meaning"]) <= KNOWN
    assert list(points.y) == result.rows.loc[result.rows["n"] > 0, "share"].tolist()
