"""Finding groups in a table: from columns to groups in the table's own units, for features and for anybody's CSV."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.segments.clustering import FIND_THEIR_NUMBER, METHODS
from crm.analytics.segments.comparing import adjusted_rand
from crm.analytics.segments.finding import find
from crm.errors import InvalidInput, NotEnoughData

TRUTH = np.repeat([0, 1, 2], [90, 60, 50])


def shop(seed: int = 0) -> pd.DataFrame:
    """200 customers of three kinds: income 20, 60 or 110 thousand, visits 31, 4 or 13, channel with the kind."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "name": [f"Customer {number}" for number in range(200)],
        "income": np.array([20_000, 60_000, 110_000])[TRUTH] + rng.normal(0, 2_000, 200),
        "visits": np.array([31, 4, 13])[TRUTH] + rng.normal(0, 0.5, 200),
        "channel": np.array(["Web shop", "Market", "Web shop"])[TRUTH],
        "always": 1.0,
    })


@pytest.mark.parametrize("method", METHODS)
def test_planted_kinds_are_found_and_told_in_the_tables_own_units(method):
    table = shop()
    k = None if method in (*FIND_THEIR_NUMBER, "kmeans") else 3
    found = find(table, columns=["income", "visits", "channel"], method=method, n_segments=k)
    assert adjusted_rand(found.labels, TRUTH) > 0.95
    assert found.grouping.k == 3
    profile = found.profile.set_index("group").loc[[0, 1, 2]]
    assert profile["customers"].tolist() == pytest.approx([90, 60, 50], abs=3)
    assert profile["share"].tolist() == pytest.approx([0.45, 0.3, 0.25], abs=0.02)
    assert profile["income"].tolist() == pytest.approx([20_000, 60_000, 110_000], rel=0.05)
    assert profile["visits"].tolist() == pytest.approx([31, 4, 13], abs=1)
    assert profile["channel"].tolist() == ["Web shop", "Market", "Web shop"]
    assert found.centroids.shape == (3, len(found.prepared.columns))
    assert found.centroids_in_units["income"].tolist() == pytest.approx([20_000, 60_000, 110_000], rel=0.05)
    assert found.centroids_in_units["channel=Market"].tolist() == pytest.approx([0, 1, 0], abs=0.01)
    assert found.quality["continuum"] is False
    assert found.quality["stability"] > 0.95
    assert found.quality["none_share"] < 0.05
    assert (found.choice is None) == (method != "kmeans")


def test_the_number_asked_for_is_made_and_nothing_is_chosen():
    found = find(shop(), columns=["income", "visits"], n_segments=5)
    assert found.grouping.k == len(found.profile) == 5
    assert found.choice is None
    assert found.parameters["n_segments"] == 5
    assert 0 < found.quality["stability"] <= 1


def test_a_chosen_number_is_the_recommended_one():
    found = find(shop(), columns=["income", "visits"])
    assert found.grouping.k == found.choice.recommended_k == 3
    by_k = found.choice.by_k.set_index("n_segments")
    assert found.quality["stability"] == by_k.loc[3, "stability"]
    assert found.quality["silhouette"] == pytest.approx(by_k.loc[3, "silhouette"])


def test_rows_with_gaps_are_left_out_where_that_is_wanted():
    table = shop()
    table.loc[[3, 95, 180], "income"] = np.nan
    found = find(table, columns=["income", "visits"], missing="leave_out")
    assert len(found.labels) == len(found.rows) == 197
    assert set(range(200)) - set(found.rows.tolist()) == {3, 95, 180}
    assert adjusted_rand(found.labels, TRUTH[found.rows]) == 1.0
    assert found.profile["customers"].sum() == 197


def test_what_was_filled_in_does_not_count_as_typical():
    known = np.arange(200) % 3 == 0
    table = shop().assign(spend=np.where(known, np.array([100.0, 300.0, 500.0])[TRUTH], np.nan))
    columns = ["income", "visits", "channel", "spend"]
    found = find(table, columns=columns, n_segments=3, log=(), method="ward")
    assert adjusted_rand(found.labels, TRUTH) == 1.0
    assert found.prepared.filled == {"spend": 133}
    assert found.profile["spend"].tolist() == [100.0, 300.0, 500.0]


def test_text_that_is_numbers_and_columns_that_cannot_be_used_are_dealt_with():
    table = shop().assign(income=lambda rows: rows["income"].round().astype(int).map("€ {:,}".format))
    found = find(table, columns=["name", "income", "visits", "always"])
    assert found.grouping.k == 3
    assert found.prepared.dropped == {"name": "text", "always": "constant"}
    assert found.profile.columns.tolist() == ["group", "customers", "share", "income", "visits"]
    assert found.profile["income"].max() == pytest.approx(110_000, rel=0.05)


def test_those_in_no_group_come_last():
    table = pd.concat([shop(), pd.DataFrame({"income": [400_000.0], "visits": [90]})], ignore_index=True)
    found = find(table, columns=["income", "visits"], method="dbscan", log=())
    assert found.labels[-1] == -1
    assert found.profile["group"].tolist() == [0, 1, 2, -1]
    assert found.profile["customers"].iloc[-1] == (found.labels < 0).sum()
    assert found.quality["none_share"] == pytest.approx((found.labels < 0).mean())


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_rows_and_the_run_change_nothing(method):
    table = shop()
    untouched = table.copy()
    shuffled = table.sample(frac=1, random_state=1)
    k = None if method in FIND_THEIR_NUMBER else 4
    first, again, other = (find(rows, columns=["income", "visits", "channel"], method=method, n_segments=k, random_state=3)
                           for rows in (table, table, shuffled))
    assert (first.labels == again.labels).all()
    assert (pd.Series(other.labels, shuffled.index).sort_index() == first.labels).all()
    assert first.quality == again.quality == other.quality
    pd.testing.assert_frame_equal(first.profile, other.profile, check_exact=True)
    pd.testing.assert_frame_equal(table, untouched)


@pytest.mark.parametrize("method", [*FIND_THEIR_NUMBER, "spectral"])
def test_evenly_spread_customers_are_called_a_continuum(method):
    table = pd.DataFrame(np.random.default_rng(0).uniform(size=(500, 3)), columns=["a", "b", "c"])
    assert find(table, columns=["a", "b", "c"], method=method).quality["continuum"] is True


def test_one_exception_against_all_others_is_no_clear_group():
    table = pd.DataFrame({"a": [*np.random.default_rng(0).normal(size=300), 9_000.0]})
    found = find(table, columns=["a"], log=(), n_segments=2)
    assert found.profile["customers"].tolist() == [300, 1]
    assert found.quality["silhouette"] > 0.9
    assert found.quality["continuum"] is True


def test_cosine_is_judged_by_directions():
    angle = np.repeat([0.2, 2.0, 4.0], 60) + np.random.default_rng(0).normal(0, 0.05, 180)
    length = np.random.default_rng(1).uniform(0.5, 50, 180)
    table = pd.DataFrame({"x": length * np.cos(angle), "y": length * np.sin(angle)})
    found = find(table, columns=["x", "y"], method="average", metric="cosine", scaling="none", log=())
    assert found.grouping.k == 3
    assert found.quality["silhouette"] > 0.9
    assert found.quality["continuum"] is False


@pytest.mark.parametrize(("asked", "error", "words"), [
    ({"columns": ["income"], "method": "magic"}, InvalidInput, "choose one of kmeans"),
    ({"columns": ["income"], "n_segments": 1}, InvalidInput, "at least 2"),
    ({"columns": ["income"], "n_segments": 201}, InvalidInput, "ask for at most 200"),
    ({"columns": ["income"], "method": "dbscan", "n_segments": 3}, InvalidInput, "leave the number out"),
    ({"columns": ["income"], "metric": "cosine"}, InvalidInput, "Euclidean distances only"),
    ({"columns": ["nowhere"]}, InvalidInput, "nowhere"),
    ({"columns": ["always"]}, InvalidInput, "always"),
    ({"columns": ["income", "share"]}, InvalidInput, "column “share” of its own"),
    ({"columns": ["channel"]}, NotEnoughData, "at least 3 customers who differ"),
])
def test_what_cannot_be_found_is_refused_in_a_sentence(asked, error, words):
    with pytest.raises(error, match=words):
        find(shop().assign(share=0.5), **asked)


def test_one_customer_is_refused_in_a_sentence():
    with pytest.raises(NotEnoughData):
        find(shop().head(1), columns=["income", "visits"])
