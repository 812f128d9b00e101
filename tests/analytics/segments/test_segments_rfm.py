"""RFM segments: are the scores fair, the groups sound, and the figures the published ones?"""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from crm.analytics import segments
from crm.analytics.segments.rfm import fair_scores, rfm_segments
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders

RFM_NAMES = {"Champions", "Loyal", "New", "Promising", "At risk", "Sleeping", "Lost"}


def same_frames(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_features_are_counted_by_hand():
    orders = orders_frame([(7, 30, 10.0), (7, 10, 30.0), (7, 5, -4.0), (8, 0, 9.0), (9, 4, -3.0)])
    found = segments.customer_features(orders, as_of=AS_OF)
    assert found.to_dict("list") == {
        "customer_id": [7, 8],
        "recency_days": [10, 0],
        "frequency": [2, 1],
        "monetary": [36.0, 9.0],
        "tenure_days": [30, 0],
        "average_order": [18.0, 9.0],
    }


def test_a_refund_lowers_monetary_and_is_no_purchase():
    before = segments.customer_features(orders_frame([(1, 20, 50.0)]), as_of=AS_OF)
    after = segments.customer_features(orders_frame([(1, 20, 50.0), (1, 2, -20.0)]), as_of=AS_OF)
    assert after["monetary"].item() == before["monetary"].item() - 20
    assert after["frequency"].item() == 1
    assert after["recency_days"].item() == 20


def test_no_orders_give_an_empty_frame_and_a_clear_sentence():
    nothing = orders_frame([(1, 1, 1.0)]).iloc[:0]
    assert segments.customer_features(nothing, as_of=AS_OF).empty
    with pytest.raises(NotEnoughData, match=r"Segments need 10 customers who have bought; there are 0\."):
        segments.segment(nothing, as_of=AS_OF)


def test_too_few_customers_are_refused_with_their_number():
    orders = orders_frame([(customer, customer, 5.0) for customer in range(1, 10)])
    for method in ("rfm", "kmeans"):
        with pytest.raises(NotEnoughData, match="there are 9"):
            segments.segment(orders, as_of=AS_OF, method=method)


@pytest.mark.parametrize("method", ["rfm", "kmeans"])
def test_orders_after_as_of_change_nothing(method):
    orders, _ = shop_orders()
    known = segments.segment(orders, as_of=AS_OF, method=method)
    with_later = segments.segment(later_orders(orders), as_of=AS_OF, method=method)
    same_frames(known.customers, with_later.customers)
    same_frames(known.profile, with_later.profile)
    same_frames(
        segments.customer_features(orders, as_of=AS_OF),
        segments.customer_features(later_orders(orders), as_of=AS_OF),
    )


@pytest.mark.parametrize("method", ["rfm", "kmeans"])
def test_the_order_of_rows_changes_nothing_and_the_frame_stays_as_it_was(method):
    orders, _ = shop_orders()
    untouched = orders.copy()
    first = segments.segment(orders, as_of=AS_OF, method=method)
    same_frames(orders, untouched)
    shuffled = orders.sample(frac=1, random_state=1)
    second = segments.segment(shuffled, as_of=AS_OF, method=method)
    same_frames(first.customers, second.customers)
    assert first.quality["silhouette"] == second.quality["silhouette"]


def test_equal_customers_get_equal_scores():
    rng = np.random.default_rng(0)
    for measure in (rng.integers(0, 5, 997), np.r_[np.ones(800), rng.integers(2, 9, 203)], np.arange(50)):
        scores = pd.Series(fair_scores(pd.Series(measure)))
        assert scores.groupby(measure).nunique().max() == 1
        assert scores.groupby(measure).first().is_monotonic_increasing
        assert scores.between(1, 5).all()


def test_customers_without_ties_are_split_into_equal_fifths():
    assert np.bincount(fair_scores(pd.Series(np.arange(100))))[1:].tolist() == [20] * 5


def test_every_combination_of_scores_has_exactly_one_group():
    combinations = list(itertools.product(range(1, 6), range(1, 6), range(1, 6), (1, 2)))
    scored = pd.DataFrame(combinations, columns=["r_score", "f_score", "m_score", "frequency"])
    named = scored.assign(segment=rfm_segments(scored))
    assert set(named["segment"]) == RFM_NAMES
    assert named[named["frequency"] == 1]["segment"].isin(["New", "Sleeping", "Lost"]).all()
    assert (named[named["r_score"] <= 2]["segment"].isin(["At risk", "Sleeping", "Lost"])).all()
    assert set(
        named.query("r_score == 5 and f_score == 5 and m_score == 5 and frequency > 1")["segment"]
    ) == {"Champions"}


def test_a_one_time_buyer_is_new_when_recent_and_never_a_champion():
    regulars = [(customer, day, 20.0) for customer in range(1, 40) for day in (100 + customer, 60 + customer)]
    orders = orders_frame([*regulars, (99, 1, 90_000.0), (98, 700, 90_000.0)])
    groups = segments.segment(orders, as_of=AS_OF).customers.set_index("customer_id")["segment"]
    assert groups[99] == "New"
    assert groups[98] == "Lost"


def test_equal_customers_make_one_group_without_silhouette():
    orders = orders_frame([(customer, day, 10.0) for customer in range(1, 21) for day in (5, 9)])
    result = segments.segment(orders, as_of=AS_OF)
    assert result.profile["customers"].tolist() == [20]
    assert result.profile["share_of_revenue"].tolist() == [1.0]
    assert np.isnan(result.quality["silhouette"])
    for chart in (segments.sizes, segments.scatter, segments.profile_heatmap):
        assert len(chart(result).data) == 1


def test_shares_of_a_loss_making_revenue_are_unknown():
    rows = [(customer, customer, 10.0) for customer in range(1, 16)]
    orders = orders_frame(rows + [(customer, customer - 1, -30.0) for customer in range(1, 16)])
    result = segments.segment(orders, as_of=AS_OF)
    assert result.profile["share_of_revenue"].isna().all()
    assert result.quality["clipped_monetary"] == 15
    assert segments.scatter(result).layout.meta["left_out"] == 15
    assert segments.sizes(result, by="revenue").data


def test_every_customer_is_in_one_group_and_the_profile_adds_up():
    orders, _ = shop_orders()
    for method in ("rfm", "kmeans"):
        result = segments.segment(orders, as_of=AS_OF, method=method)
        assert result.customers["customer_id"].is_unique
        assert result.profile["customers"].sum() == len(result.customers)
        assert result.profile["share_of_customers"].sum() == pytest.approx(1)
        assert result.profile["revenue"].sum() == pytest.approx(result.customers["monetary"].sum())
        ranks = [segments.SEGMENT_ORDER.index(name) for name in result.profile["segment"]]
        assert ranks == sorted(ranks)


def test_unknown_methods_and_numbers_of_groups_are_refused():
    orders, _ = shop_orders(n_customers=30)
    for asked in ({"method": "magic"}, {"n_segments": 4}, {"method": "kmeans", "n_segments": 9}):
        with pytest.raises(InvalidInput):
            segments.segment(orders, as_of=AS_OF, **asked)


def test_the_real_shop_gives_the_published_figures(online_retail):
    found = segments.customer_features(online_retail, as_of=dt.date(2011, 12, 10))
    assert len(found) == 4_338
    assert found["recency_days"].mean() == pytest.approx(93.06, abs=0.005)
    assert found["recency_days"].median() == 51
    assert found["frequency"].mean() == pytest.approx(4.27, abs=0.005)
    assert found["frequency"].median() == 2
    assert (found["frequency"] == 1).mean() == pytest.approx(0.344, abs=0.0005)


def test_champions_of_the_real_shop_make_most_of_its_revenue(online_retail):
    result = segments.segment(online_retail, as_of=dt.date(2011, 12, 10))
    assert set(result.profile["segment"]) == RFM_NAMES
    assert result.profile["segment"].iloc[0] == "Champions"
    assert result.profile["share_of_revenue"].iloc[0] > 0.5
    assert -1 <= result.quality["silhouette"] <= 1
