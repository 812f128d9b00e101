"""Pictures of features: do bars hold everybody, does the median stand where it is, and is a colour nowhere fixed?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.segments.feature_charts import before_after, distribution
from crm.analytics.segments.preparing import OTHERS, prepare
from crm.errors import InvalidInput, NotEnoughData

MEANINGS = {"good", "reference"}
NAN = float("nan")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame({
        "frequency": random.geometric(0.2, 900).astype(float), "monetary": random.lognormal(4, 1.5, 900) - 5,
        "returned_share": random.beta(1, 5, 900), "age": np.where(random.random(900) < 0.5, random.integers(18, 90, 900), NAN),
        "profit": random.normal(0, 500, 900), "same": 3.0, "nothing": NAN, "note": [f"Note {place}" for place in range(900)],
        "channel": random.choice(["Web", "Market", "Fair"], 900), "country": random.choice([f"Land {n}" for n in range(12)], 900)})


def counts(bars) -> list[int]:
    return [int(count.replace(",", "")) for _, count in bars.customdata]


@pytest.mark.parametrize("scaling", ["standard", "robust", "range", "none"])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("column", ["frequency", "monetary", "returned_share", "age", "profit", "same"])
def test_every_row_with_a_value_is_in_one_bar(table, column, log, scaling):
    for scaled in (False, True):
        bars, line = distribution(table, column, label=column, log=log, scaled=scaled, scaling=scaling).data
        assert sum(counts(bars)) == table[column].notna().sum()
        assert len(bars.x) <= 27 and np.isfinite(bars.y).all() and (np.asarray(bars.width) > 0).all()
        edges = np.asarray(bars.x) - np.asarray(bars.width) / 2
        assert np.allclose(edges[1:], edges[:-1] + np.asarray(bars.width)[:-1])  # no room between, nothing over another
        assert edges[0] <= line.x[0] == line.x[1] <= edges[-1] + bars.width[-1]
        assert np.allclose(np.asarray(bars.y) * np.asarray(bars.width), counts(bars))  # as high as dense


def test_the_median_is_marked_in_the_columns_own_units(table):
    for log, scaled in ((False, False), (True, False), (True, True)):
        line = distribution(table, "frequency", label="Orders", log=log, scaled=scaled).data[1]
        assert line.text[1] == f"{table['frequency'].median():.0f}"
    assert distribution(table, "returned_share", label="Returned", log=False, scaled=False).data[1].text[1].endswith("%")


@pytest.mark.parametrize("column", ["frequency", "monetary", "profit"])
@pytest.mark.parametrize("scaling", ["standard", "robust", "range", "none"])
def test_the_scaled_picture_is_on_the_scale_of_the_points(table, column, scaling):
    points = prepare(table, columns=[column], log=(column,), scaling=scaling).points[:, 0]
    bars, line = distribution(table, column, label=column, log=True, scaled=True, scaling=scaling).data
    assert line.x[0] == pytest.approx(np.median(points), abs=1e-4)  # between two rows the logarithm is bent
    first, last = bars.x[0] - bars.width[0] / 2, bars.x[-1] + bars.width[-1] / 2
    assert first <= points.min() + 1e-9 and last >= points.max() - 1e-9


def test_bars_of_whole_numbers_hold_whole_numbers(table):
    for log in (False, True):
        bars = distribution(table, "frequency", label="Orders", log=log, scaled=False).data[0]
        assert not any("." in span for span, _ in bars.customdata)
        assert bars.customdata[0][0].startswith("1")
    small = pd.DataFrame({"size": [1, 2, 2, 3, 3, 3]})
    bars = distribution(small, "size", label="Size", log=False, scaled=False).data[0]
    assert [tuple(row) for row in bars.customdata] == [("1", "1"), ("2", "2"), ("3", "3")]
    assert list(bars.x) == [1, 2, 3]


def test_the_log_scale_is_marked_in_round_numbers(table):
    axis = distribution(table, "monetary", label="Net spend", log=True, scaled=False).layout.xaxis
    assert {"10", "100", "1k"} <= set(axis.ticktext)
    assert axis.tickvals[axis.ticktext.index("100")] == pytest.approx(np.log1p(100))
    signed = distribution(table, "profit", label="Profit", log=True, scaled=False).layout.xaxis
    assert {"-100", "0", "100"} <= set(signed.ticktext)
    narrow = distribution(pd.DataFrame({"income": [15_000.0, 30_000.5, 80_000.0]}), "income", label="", log=True, scaled=False)
    assert narrow.layout.xaxis.ticktext == ("20k", "50k")


def test_before_and_after_are_the_two_pictures(table):
    figure = before_after(table, "frequency", label="Orders", log=True, after="As compared")
    before, line, after, _ = figure.data
    assert np.array_equal(before.y, distribution(table, "frequency", label="", log=False, scaled=False).data[0].y)
    assert np.array_equal(after.y, distribution(table, "frequency", label="", log=True, scaled=True).data[0].y)
    assert (before.xaxis, after.xaxis) == ("x", "x2") and line.meta == {"meaning": "reference"}
    assert (figure.layout.xaxis.title.text, figure.layout.xaxis2.title.text) == ("Orders", "As compared")


def test_words_get_a_bar_each_and_the_rare_ones_one_together(table):
    bars, = distribution(table, "country", label="Country", log=True, scaled=True).data
    axis = distribution(table, "country", label="Country", log=False, scaled=False).layout.yaxis
    assert len(bars.x) == 6 and axis.ticktext[-1] == OTHERS and sum(counts(bars)) == 900
    assert list(bars.x[:5]) == sorted(bars.x[:5], reverse=True)
    assert bars.x[0] == table["country"].value_counts().iloc[0]
    few = before_after(table, "channel", label="Won through", log=False)
    assert len(few.data) == 1 and set(few.layout.yaxis.ticktext) == {"Web", "Market", "Fair"}
    long = pd.DataFrame({"word": ["A very long name of a channel indeed", "b"] * 9})
    figure = distribution(long, "word", label="", log=False, scaled=False)
    assert figure.layout.yaxis.ticktext[0] == "A very long name …"
    assert figure.data[0].customdata[0][0] == "A very long name of a channel indeed"


def test_traces_name_meanings_and_figures_have_no_title(table):
    for column in ("frequency", "channel", "same"):
        for figure in (distribution(table, column, label=column, log=False, scaled=False),
                       before_after(table, column, label=column, log=True)):
            assert {trace.meta["meaning"] for trace in figure.data} <= MEANINGS
            assert figure.layout.title.text is None and figure.layout.showlegend is False
            assert all(trace.marker.color is None for trace in figure.data if trace.type == "bar")


def test_the_hover_says_what_a_row_is(table):
    assert "customers" in distribution(table, "age", label="Age", log=False, scaled=False).data[0].hovertemplate
    assert "lines" in distribution(table, "age", label="Age", log=False, scaled=False, rows="lines").data[0].hovertemplate


def test_what_cannot_be_drawn_is_told(table):
    with pytest.raises(NotEnoughData, match="none of the 900 rows"):
        distribution(table, "nothing", label="", log=False, scaled=False)
    with pytest.raises(InvalidInput, match="no distribution to draw"):
        before_after(table, "note", label="", log=False)
    with pytest.raises(InvalidInput, match="no column “size”"):
        distribution(table, "size", label="", log=False, scaled=False)
    with pytest.raises(InvalidInput, match="no scaling"):
        before_after(table, "age", label="", log=False, scaling="big")


@pytest.mark.parametrize("values", [[1.0, 1e99], [0.0, 1e-250], [-1e50, 0.0, 5.0], [2.0**60, 2.0**60 + 4096], [0.1]])
def test_strange_numbers_give_a_picture(values):
    table = pd.DataFrame({"size": values * 5})
    for log in (False, True):
        for scaled in (False, True):
            bars = distribution(table, "size", label="Size", log=log, scaled=scaled).data[0]
            assert sum(counts(bars)) == len(table) and np.isfinite(bars.x).all() and np.isfinite(bars.y).all()


def test_the_table_stays_as_it_was(table):
    untouched = table.copy()
    before_after(table, "monetary", label="", log=True)
    pd.testing.assert_frame_equal(table, untouched)
