"""What the tests take for granted: spreads, shapes, sizes and independence, and the pictures of groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from crm.analytics.satisfaction import assumptions, group_charts, significance
from crm.analytics.satisfaction.effects import superiority
from crm.analytics.satisfaction.groups import compare_members
from crm.analytics.satisfaction.members import Members


def members_of(samples, *, persons=None):
    n = [len(sample) for sample in samples.values()]
    group = np.repeat(np.arange(len(n)), n)
    person = np.arange(len(group)) if persons is None else persons
    return Members(person, group, np.concatenate([np.asarray(one, dtype=float) for one in samples.values()]), tuple(samples), 1, 5,
                   0, 0)


def checked(samples, **choice):
    got = members_of(samples, **choice)
    return assumptions.check(got.samples(), got, tests=significance.all_tests(list(got.samples().values())))


def test_brown_and_forsythes_test_is_scipys():
    rng = np.random.default_rng(0)
    samples = [rng.normal(0, 1, 40), rng.normal(0, 3, 25), rng.normal(0, 1.2, 60)]
    expected = stats.levene(*samples, center="median")
    assert assumptions.brown_forsythe(samples) == pytest.approx((expected.statistic, expected.pvalue))


def test_unequal_spreads_are_told_with_their_groups_and_welch_stays_recommended():
    rng = np.random.default_rng(1)
    got = checked({"calm": rng.normal(3, 0.3, 50), "split": rng.normal(3, 1.5, 50)})
    assert got.spreads_differ and (got.widest_group, got.narrowest_group) == ("split", "calm") and got.spread_ratio > 3
    assert got.recommended == "welch"
    alike = checked({"a": rng.normal(3, 1, 50), "b": rng.normal(3, 1, 50)})
    assert not alike.spreads_differ and alike.recommended == "welch" and alike.few == ()


def test_lopsided_scores_are_a_matter_of_how_many_there_are():
    few = [1.0] + [5.0] * 19  # skewness of 4.1: 427 are needed
    got = checked({"few": few, "many": [1.0] * 30 + [5.0] * 570, "even": np.tile([2.0, 3, 4], 10)})
    assert got.skewed == ("few",) and got.few == ("few",)
    assert got.shape.set_index("group").loc["few", "needed"] == int(np.ceil(25 * stats.skew(few) ** 2))


def test_a_group_without_spread_is_named_and_ranks_are_recommended():
    got = checked({"same": [4.0] * 12, "other": [1.0, 2, 3, 4] * 3})
    assert got.agreeing == ("same",) and got.recommended == "kruskal" and np.isnan(got.spread_ratio)


def test_somebody_in_two_groups_is_counted():
    got = checked({"a": [1.0, 2, 3, 4], "b": [2.0, 3, 4, 5]}, persons=np.array([0, 1, 2, 3, 3, 4, 5, 6]))
    assert (got.persons, got.in_several) == (7, 1) and got.many_in_several


def test_superiority_counts_ties_half():
    got = superiority({"a": np.array([1.0, 2]), "b": np.array([2.0, 3])})
    assert got[0, 1] == 0.125 and got[1, 0] == 0.875 and got[0, 0] == 0.5


def test_the_picture_has_a_row_a_group_the_happiest_on_top_and_marks_the_small():
    rng = np.random.default_rng(2)
    samples = {"low": rng.normal(2, 1, 40), "high": rng.normal(4, 1, 12), "a product of a name far too long to be read": rng.normal(3, 1, 40)}
    found = compare_members(members_of(samples), metric="csat", item=None, test="welch", group_name="product")
    figure = group_charts.means(found, names={"low": "Called low"})
    points = figure.data[1]
    assert [label.split(" (")[0] for label in points.y] == ["high", "a product of a name far too…", "Called low"]
    assert points.meta["meaning"] == ["attention", "good", "good"]
    assert figure.data[0].meta["meaning"] == "reference"
