"""Value in pictures: does every trace say its meaning, and show the figures of the result?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import value
from tests.analytics.value.buyers import company

MEANINGS = {"good", "attention", "past", "comparison", "loss", "reference", "band"}


@pytest.fixture(scope="module")
def result():
    orders, as_of = company(800, seed=4)
    channels = pd.Series("Way " + pd.Series(np.arange(1, 801) % 15).astype("str").to_numpy(), index=np.arange(1, 801))
    return value.estimate(orders, as_of=as_of, groupings={"channel": channels.where(channels.index > 50)})


def test_the_curve_runs_from_nobody_to_everybody(result):
    figure = value.charts.lorenz(result.past.concentration, result.ahead_concentration, words=("Alike", "So far", "Expected"))
    assert [trace.name for trace in figure.data] == ["Alike", "So far", "Expected"]
    assert {trace.meta["meaning"] for trace in figure.data} == {"reference", "past", "good"}
    assert figure.data[1].y[-1] == pytest.approx(1)


def test_groups_are_bars_with_ranges_and_the_unnamed_one_is_grey(result):
    table = result.groups["channel"]
    figure = value.charts.by_group(table, amount="expected_spend", low="expected_low", high="expected_high",
                                   without_group="Not known")
    bars = figure.data[0]
    assert len(bars.x) == value.charts.MOST_GROUPS and figure.layout.meta["left_out"] == len(table) - 12 > 0
    assert list(bars.error_x.array) == pytest.approx((table["expected_high"] - table["expected_spend"]).head(12).tolist())
    last = value.charts.by_group(table.tail(2), amount="past_spend", without_group="Not known").data[0]
    assert list(last.y)[1] == "Not known" and last.meta["meaning"] == ["good", "past"] and last.error_x.array is None


def test_the_test_lays_expected_beside_actual(result):
    figure = value.charts.tested(result.hold_out, words=("Expected", "Came"))
    assert list(figure.data[0].x) == ["0", "1", "2", "3", "4–6", "7 +"]
    assert sum(figure.data[1].y) == result.hold_out.actual_purchases
    assert {trace.meta["meaning"] for trace in figure.data} <= MEANINGS
