"""The course of satisfaction: a planted change is found near its day, and chance is not taken for one."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.analytics.satisfaction.change_points import segmented, weekly_swing
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 15)


def survey(score, day, *, metric="csat", scale=(1, 5), customers=None) -> pd.DataFrame:
    """Answers on days counted backwards from AS_OF's day 0 at the start of 2024."""
    count = len(score)
    return pd.DataFrame({
        "answer_id": np.arange(count), "response": np.arange(count),
        "customer_id": np.arange(1, count + 1) if customers is None else customers, "metric": metric, "item": "Overall",
        "score": np.asarray(score, dtype=float), "scale_min": float(scale[0]), "scale_max": float(scale[1]),
        "answered_on": np.datetime64("2024-01-01", "us") + np.asarray(day).astype("timedelta64[D]")})


def satisfied(share, day, rng) -> np.ndarray:
    return np.where(rng.random(len(day)) < share, 5, 2)


def test_a_planted_fall_is_found_within_two_months_and_its_range_of_days_holds_the_day():
    rng = np.random.default_rng(1)
    day = rng.integers(0, 700, 1400)
    found = satisfaction.course(survey(satisfied(np.where(day < 480, 0.85, 0.68), day, rng), day), as_of=AS_OF)
    (row,) = found.changes.itertuples(index=False)
    planted = pd.Timestamp("2024-01-01") + pd.Timedelta(days=480)
    assert abs(row.on - planted) <= pd.Timedelta(days=61) and row.earliest <= planted <= row.latest
    assert row.difference < 0 and row.high < 0 and row.p_value <= 0.05
    assert found.levels["voices"].sum() == found.voices == 1400
    assert found.levels["value"].tolist() == pytest.approx([row.before, row.after])


def test_two_changes_of_recommendation_are_both_found_in_time():
    rng = np.random.default_rng(2)
    day = rng.integers(0, 800, 3000)
    share = np.select([day < 250, day < 500], [0.6, 0.35], 0.6)
    found = satisfaction.course(survey(np.where(rng.random(3000) < share, 10, 5), day, metric="nps", scale=(0, 10)), as_of=AS_OF,
                                metric="nps")
    assert np.sign(found.changes["difference"]).tolist() == [-1, 1]
    assert len(found.levels) == 3 and found.levels["start"].is_monotonic_increasing


@pytest.mark.parametrize(("n", "share", "runs"), [(150, 0.9, 300), (4000, 0.95, 100)])
def test_where_nothing_changed_at_most_a_twentieth_of_courses_show_a_change(n, share, runs):
    false = 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        day = np.sort(rng.integers(0, 120, n))
        said = (rng.random(n) < share).astype(float)
        order = np.lexsort((said, day))
        swing = weekly_swing(day[order], said[order])
        false += bool(segmented(day[order], said[order], swing=swing, rng=rng))
    assert false / runs <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / runs)  # 1 chance in 200 to fail where the rate is .05


def test_weeks_that_swing_are_no_lasting_change():
    false = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        day = rng.integers(0, 700, 2500)
        share = np.clip(0.75 + rng.normal(0, 0.15, 101)[day // 7], 0, 1)
        found = satisfaction.course(survey(satisfied(share, day, rng), day), as_of=AS_OF)
        assert found.weekly_swing > 1
        false += len(found.changes) > 0
    assert false <= 3


def test_one_customer_answering_often_in_a_day_is_one_voice():
    day = np.repeat(np.arange(70), 5)
    found = satisfaction.course(survey(np.tile([5, 5, 5, 5, 1], 70), day, customers=1 + day // 2), as_of=AS_OF)
    assert found.voices == 70 and found.changes.empty


def test_answers_that_all_agree_have_no_change_and_no_size_that_would_be_noticed():
    found = satisfaction.course(survey(np.full(100, 5), np.arange(100)), as_of=AS_OF)
    assert found.changes.empty and found.noticeable is None and found.levels["low"].isna().all()


def test_changes_a_year_apart_are_called_like_a_season():
    rng = np.random.default_rng(3)
    day = rng.integers(0, 890, 6000)
    winter = (day % 365) < 120
    found = satisfaction.course(survey(satisfied(np.where(winter, 0.6, 0.9), day, rng), day), as_of=AS_OF)
    assert len(found.changes) >= 4 and found.changes["like_a_season"].sum() >= 4 and not found.too_short_for_seasons


def test_answers_after_as_of_and_the_order_of_rows_change_nothing():
    rng = np.random.default_rng(4)
    day = rng.integers(0, 500, 600)
    past = survey(satisfied(np.where(day < 250, 0.9, 0.6), day, rng), day)
    later = survey(np.ones(300), np.full(300, 898))  # 2026-06-17
    before = past.copy()
    first = satisfaction.course(past, as_of=AS_OF)
    pd.testing.assert_frame_equal(past, before)
    for other in (pd.concat([past, later]), past.sample(frac=1, random_state=1), past):
        again = satisfaction.course(other, as_of=AS_OF)
        pd.testing.assert_frame_equal(again.changes, first.changes)
        pd.testing.assert_frame_equal(again.levels, first.levels)


def test_too_few_answers_one_day_and_a_wrong_score_are_told():
    with pytest.raises(NotEnoughData, match="needs 60 answers on more than one day; there are 20"):
        satisfaction.course(survey(np.full(20, 5), np.arange(20)), as_of=AS_OF)
    with pytest.raises(NotEnoughData, match="there are 100 on 1 day"):
        satisfaction.course(survey(np.full(100, 5), np.zeros(100, dtype=int)), as_of=AS_OF)
    with pytest.raises(InvalidInput, match="no course of 'stars'"):
        satisfaction.course(survey([5], [0]), as_of=AS_OF, metric="stars")
