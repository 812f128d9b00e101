"""Satisfaction: figures of single answers, items and months."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.errors import NotEnoughData

AS_OF = dt.date(2026, 6, 15)
AIRLINE = (
    Path(__file__).resolve().parents[3].parent
    / "shared/datasets/airline_satisfaction/airline_passenger_satisfaction.csv.xz"
)


def survey(metric, scores, *, item="Overall", scale=(1, 5), on="2026-05-20", customers=None):
    count = len(scores)
    return pd.DataFrame(
        {
            "answer_id": np.arange(1, count + 1),
            "customer_id": np.arange(1, count + 1) if customers is None else customers,
            "metric": metric,
            "item": item,
            "score": np.array(scores, dtype=float),
            "scale_min": float(scale[0]),
            "scale_max": float(scale[1]),
            "answered_on": pd.to_datetime([on] * count if isinstance(on, str) else on).astype(
                "datetime64[us]"
            ),
            "comment": None,
        }
    )


def same(left, right):
    for name in ("items", "shares", "trend"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name))
    assert (left.csat, left.nps, left.ces) == (right.csat, right.nps, right.ces)


def test_half_promoters_and_a_sixth_detractors_of_324_give_33_3_with_error_4_14():
    answers = survey("nps", [10] * 162 + [8] * 108 + [3] * 54, scale=(0, 10))
    nps = satisfaction.measure(answers, as_of=AS_OF).nps
    assert (nps.promoters, nps.passives, nps.detractors, nps.n) == (162, 108, 54, 324)
    assert nps.score == pytest.approx(33.3, abs=0.05)
    assert nps.standard_error == pytest.approx(4.14, abs=0.005)
    assert (nps.low, nps.high) == pytest.approx((33.333 - 1.96 * 4.141, 33.333 + 1.96 * 4.141), abs=0.01)


def test_promoters_start_at_9_and_detractors_end_at_6():
    nps = satisfaction.measure(survey("nps", [6, 7, 8, 9], scale=(0, 10)), as_of=AS_OF).nps
    assert (nps.detractors, nps.passives, nps.promoters) == (1, 2, 1)


def test_nps_of_answers_that_all_agree_claims_no_certainty():
    nps = satisfaction.measure(survey("nps", [10] * 12, scale=(0, 10)), as_of=AS_OF).nps
    assert nps.score == 100
    assert nps.standard_error is None and nps.low is None and nps.high is None
    assert nps.few


def test_nps_answers_on_another_scale_are_left_out_and_counted():
    answers = pd.concat([survey("nps", [9, 2], scale=(0, 10)), survey("nps", [5, 5, 5], scale=(1, 5))])
    result = satisfaction.measure(answers, as_of=AS_OF)
    assert result.nps.n == 2 and result.outside_scale == 3


def test_csat_top_two_box_has_the_wilson_interval():
    from scipy.stats import binomtest

    csat = satisfaction.measure(survey("csat", [5] * 20 + [4] * 25 + [3] * 10 + [1] * 5), as_of=AS_OF).csat
    interval = binomtest(45, 60).proportion_ci(method="wilson")
    assert csat.top_count == 45 and csat.top_share == 0.75
    assert (csat.top_low, csat.top_high) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_the_mean_has_students_interval():
    from scipy import stats

    scores = np.array([1, 2, 2, 3, 4, 4, 5, 3, 2, 3], dtype=float)
    ces = satisfaction.measure(survey("ces", scores, scale=(1, 7)), as_of=AS_OF).ces
    low, high = stats.t.interval(0.95, 9, scores.mean(), stats.sem(scores))
    assert (ces.mean, ces.median, ces.standard_deviation) == pytest.approx((2.9, 3.0, scores.std(ddof=1)))
    assert (ces.mean_low, ces.mean_high) == pytest.approx((low, high))


def test_not_applicable_counts_in_no_figure():
    plain = satisfaction.measure(survey("csat", [5, 4, 2]), as_of=AS_OF)
    gaps = satisfaction.measure(survey("csat", [5, np.nan, 4, np.nan, 2]), as_of=AS_OF)
    assert gaps.csat.mean == plain.csat.mean and gaps.csat.top_share == plain.csat.top_share
    assert gaps.csat.n == 3 and gaps.csat.not_applicable == 2 and gaps.not_applicable == 2


def test_an_item_nobody_could_answer_stays_without_a_figure():
    answers = pd.concat(
        [survey("likert", [4, 5], item="Price"), survey("likert", [np.nan, np.nan], item="Delivery")]
    )
    row = satisfaction.measure(answers, as_of=AS_OF).items.set_index("item").loc["Delivery"]
    assert row["n"] == 0 and row["not_applicable"] == 2 and row["few"]
    assert row[["mean", "median", "top_share", "top_low", "mean_low"]].isna().all()


def test_a_score_outside_its_scale_is_no_score():
    result = satisfaction.measure(survey("likert", [0, 3, 5, 9]), as_of=AS_OF)
    assert result.outside_scale == 2 and result.items["mean"].item() == 4.0


def test_scales_differ_by_item_and_so_do_their_top_boxes():
    answers = pd.concat(
        [
            survey("likert", [4, 5, 3, 1], item="Five points", scale=(1, 5)),
            survey("likert", [4, 5, 9, 10], item="Ten points", scale=(1, 10)),
            survey("likert", [1, 2, 3, 3], item="Three points", scale=(1, 3)),
            survey("likert", [79, 80, 100, 3], item="Percent", scale=(0, 100)),
        ]
    )
    items = satisfaction.measure(answers, as_of=AS_OF).items.set_index("item")
    assert items["top_count"].to_dict() == {
        "Five points": 2,
        "Ten points": 2,
        "Three points": 2,
        "Percent": 2,
    }
    assert items.loc["Ten points", "scale_max"] == 10 and items.loc["Five points", "scale_max"] == 5


def test_an_item_asked_on_two_scales_is_averaged_on_the_usual_one():
    answers = pd.concat(
        [survey("csat", [5, 1, 3], scale=(1, 5)), survey("csat", [0, 10], scale=(0, 10), item="Overall")]
    )
    csat = satisfaction.measure(answers, as_of=AS_OF).csat
    assert (csat.scale_min, csat.scale_max) == (1, 5)
    assert csat.mean == pytest.approx((5 + 1 + 3 + 1 + 5) / 5)


def test_figures_below_30_answers_are_flagged():
    assert satisfaction.measure(survey("csat", [4, 5] * 14 + [3]), as_of=AS_OF).csat.few
    assert not satisfaction.measure(survey("csat", [4, 5] * 15), as_of=AS_OF).csat.few


def test_one_answer_and_equal_answers_have_no_interval_of_the_mean():
    one = satisfaction.measure(survey("csat", [4]), as_of=AS_OF).csat
    equal = satisfaction.measure(survey("csat", [4] * 9), as_of=AS_OF).csat
    assert one.standard_deviation is None and one.mean_low is None
    assert equal.standard_deviation == 0 and equal.mean_low is None and equal.mean == 4
    assert 0 < equal.top_low < 1


def test_no_score_at_all_is_said():
    for answers in (survey("csat", [np.nan, np.nan]), survey("csat", [])):
        with pytest.raises(NotEnoughData, match="there are 0"):
            satisfaction.measure(answers, as_of=AS_OF)


def test_answers_after_as_of_change_nothing():
    past = pd.concat([survey("csat", [5, 3, 4, 2]), survey("nps", [9, 3, 7], scale=(0, 10), on="2026-06-15")])
    later = survey("csat", [1] * 50, on="2026-06-16")
    same(satisfaction.measure(past, as_of=AS_OF), satisfaction.measure(pd.concat([past, later]), as_of=AS_OF))


def test_the_order_of_rows_is_irrelevant_and_the_frame_is_left_alone():
    rng = np.random.default_rng(3)
    answers = survey(
        "likert",
        rng.integers(1, 6, 300),
        item=rng.choice(["b", "a", "c"], 300),
        customers=rng.integers(0, 80, 300),
    )
    before = answers.copy()
    first = satisfaction.measure(answers, as_of=AS_OF)
    pd.testing.assert_frame_equal(answers, before)
    same(first, satisfaction.measure(answers.sample(frac=1, random_state=1), as_of=AS_OF))
    same(first, satisfaction.measure(answers, as_of=AS_OF))


def test_months_with_few_answers_are_flagged_and_empty_ones_stay_without_a_figure():
    answers = pd.concat(
        [
            survey("csat", [5] * 30 + [2] * 10, on="2026-01-31"),
            survey("csat", [5, 1], on="2026-03-01"),
            survey("csat", [4], on="2026-06-02"),
        ]
    )
    trend = satisfaction.measure(answers, as_of=AS_OF).trend
    assert trend["month"].dt.strftime("%m").tolist() == ["01", "02", "03", "04", "05", "06"]
    assert trend["n"].tolist() == [40, 0, 2, 0, 0, 1]
    assert trend["few"].tolist() == [False, True, True, True, True, True]
    assert trend["value"].iloc[0] == 0.75 and np.isnan(trend["value"].iloc[1])
    assert trend["complete"].tolist() == [True] * 5 + [False]


def test_the_nps_of_a_month_equals_the_nps_of_its_answers():
    answers = survey("nps", [10, 9, 8, 3, 6, 10], scale=(0, 10), on="2026-04-10")
    result = satisfaction.measure(answers, as_of=AS_OF)
    row = result.trend.iloc[0]
    assert (row["metric"], row["n"]) == ("nps", 6)
    assert (row["value"], row["low"], row["high"]) == (result.nps.score, result.nps.low, result.nps.high)


def test_shares_of_an_item_add_to_one():
    shares = satisfaction.measure(survey("likert", [1, 1, 2, 5, 5, 5]), as_of=AS_OF).shares
    assert shares["score"].tolist() == [1, 2, 5] and shares["count"].tolist() == [2, 1, 3]
    assert shares["share"].sum() == pytest.approx(1)


@pytest.mark.skipif(not AIRLINE.exists(), reason="the airline survey is not beside the project")
def test_no_items_mean_counts_a_zero_of_the_airline_survey():
    wide = pd.read_csv(AIRLINE)
    items = list(wide.columns[9:23])
    long = wide.melt(id_vars=["ID"], value_vars=items, var_name="item", value_name="score")
    answers = survey("likert", long["score"], item=long["item"], customers=long["ID"], on="2026-05-20")
    result = satisfaction.measure(answers, as_of=AS_OF, groups=wide.set_index("ID")["Class"])
    table = result.items.set_index("item")
    scored = wide[items].where(wide[items] > 0)
    assert len(table) == 14 and result.outside_scale == int((wide[items] == 0).sum().sum()) > 0
    pd.testing.assert_series_equal(table["mean"], scored.mean().sort_index(), check_names=False)
    assert table["n"].to_dict() == scored.notna().sum().to_dict()
    assert (
        result.comparison.different
        and result.comparison.groups["n"].sum() == scored.notna().any(axis=1).sum()
    )
