"""K-means segments: are planted groups found, a continuum admitted, and the charts complete?"""

import datetime as dt

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from crm.analytics import segments
from crm.analytics.segments.comparing import silhouettes
from crm.analytics.segments.features import customer_features, log_scaled
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, orders_frame, shop_orders

MEANINGS = {"good", "attention", "past", "comparison", "loss", "reference", "band"} | {
    f"group{number}" for number in range(8)
}


def three_planted_groups():
    """Customers 1-40 buy much and lately, 101-140 bought once last week, 201-240 bought once long ago."""
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(40):
        rows += [(customer + 1, int(day), 400 + rng.uniform(0, 50)) for day in range(2, 60, 3)]
        rows.append((customer + 101, 6 + int(rng.integers(0, 3)), 40 + rng.uniform(0, 5)))
        rows.append((customer + 201, 500 + int(rng.integers(0, 60)), 40 + rng.uniform(0, 5)))
    return orders_frame(rows)


def test_planted_groups_are_found_and_named_after_what_they_are():
    result = segments.segment(three_planted_groups(), as_of=AS_OF, method="kmeans")
    assert result.quality["recommended_k"] == 3
    assert result.quality["continuum"] is False
    assert result.quality["silhouette"] > 0.7
    found = result.customers.groupby(result.customers["customer_id"] // 100)["segment"].unique()
    assert [list(names) for names in found] == [["Best"], ["New"], ["Lost"]]


def test_a_continuum_is_admitted(online_retail):
    result = segments.segment(online_retail, as_of=dt.date(2011, 12, 10), method="kmeans")
    by_k = result.quality["by_k"].set_index("n_segments")
    assert result.quality["continuum"] is True
    assert result.quality["recommended_k"] == 2
    assert by_k["silhouette"].idxmax() == 2
    assert by_k.loc[2, "stability"] > 0.9
    assert by_k.loc[3, "stability"] > 0.75
    assert result.quality["clipped_monetary"] == (result.customers["monetary"] < 0).sum() > 0


def test_names_are_unique_for_every_number_of_groups(online_retail):
    for n_segments in (2, 5, 8):
        result = segments.segment(
            online_retail, as_of=dt.date(2011, 6, 30), method="kmeans", n_segments=n_segments
        )
        assert len(result.profile) == n_segments
        assert set(result.profile["segment"]) <= set(segments.SEGMENT_MEANINGS)
        new = result.profile[result.profile["segment"] == "New"]
        assert (new["median_frequency"] == 1).all()


def test_the_seed_decides_everything():
    orders, _ = shop_orders()
    first, second = (segments.segment(orders, as_of=AS_OF, method="kmeans", random_state=4) for _ in range(2))
    assert first.customers.equals(second.customers)
    assert first.quality["by_k"].equals(second.quality["by_k"])


def test_customers_who_do_not_differ_are_refused():
    orders = orders_frame([(customer, 5, 10.0) for customer in range(1, 31)])
    with pytest.raises(NotEnoughData, match="All 30 customers are alike"):
        segments.segment(orders, as_of=AS_OF, method="kmeans")


def test_few_different_customers_limit_the_number_of_groups():
    orders = orders_frame([(customer, 5 * (customer % 4) + 1, 10.0) for customer in range(1, 31)])
    result = segments.segment(orders, as_of=AS_OF, method="kmeans")
    assert result.quality["by_k"]["n_segments"].tolist() == [2, 3]
    with pytest.raises(InvalidInput, match="4 different combinations"):
        segments.segment(orders, as_of=AS_OF, method="kmeans", n_segments=5)


def test_silhouettes_agree_with_the_reference():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(700, 3))
    labelings = [rng.integers(0, 4, 700), (points[:, 0] > 0).astype(int)]
    expected = [silhouette_score(points, labels) for labels in labelings]
    assert silhouettes(points, labelings) == pytest.approx(expected, abs=1e-12)
    assert np.isnan(silhouettes(points, [np.zeros(700, dtype=int)])[0])


def test_the_log_scale_counts_negative_spend_as_nothing():
    orders = orders_frame([(1, 5, 10.0), (1, 4, -50.0), (2, 5, 10.0), (2, 4, -10.0), (3, 9, 80.0)])
    points = log_scaled(customer_features(orders, as_of=AS_OF))
    assert points[0, 2] == points[1, 2] < points[2, 2]
    assert np.allclose(points.mean(axis=0), 0)


@pytest.mark.parametrize("method", ["rfm", "kmeans"])
def test_every_chart_says_its_meaning(method, online_retail):
    result = segments.segment(online_retail, as_of=dt.date(2011, 12, 10), method=method)
    for by, column in (("customers", "customers"), ("revenue", "revenue")):
        bars = segments.sizes(result, by=by).data[0]
        assert list(bars.x) == result.profile[column].tolist()
        assert len(bars.meta["meaning"]) == len(result.profile)
        assert set(bars.meta["meaning"]) <= MEANINGS
    cloud = segments.scatter(result)
    assert all(trace.type == "scattergl" and trace.meta["meaning"] in MEANINGS for trace in cloud.data)
    assert sum(len(trace.x) for trace in cloud.data) == (result.customers["monetary"] > 0).sum()
    assert len({trace.meta["meaning"] for trace in cloud.data}) == len(cloud.data)
    heat = segments.profile_heatmap(result).data[0]
    assert heat.meta == {"scale": "diverging"} and heat.zmid == 0
    assert np.shape(heat.z) == np.shape(heat.text) == (len(result.profile), 3)


def test_sizes_by_anything_else_are_refused():
    result = segments.segment(three_planted_groups(), as_of=AS_OF)
    with pytest.raises(InvalidInput):
        segments.sizes(result, by="age")


def test_every_name_has_a_meaning_a_colour_and_a_place_in_the_order():
    assert set(segments.SEGMENT_ORDER) == set(segments.SEGMENT_MEANINGS) == set(segments.SEGMENT_COLOURS)
    assert set(segments.SEGMENT_MEANINGS.values()) | set(segments.SEGMENT_COLOURS.values()) <= MEANINGS
