"""Parts and samples: by customer, alike, and whatever the sequence of the rows?"""

import numpy as np
import pytest

from crm.analytics.prediction import Rows
from crm.analytics.prediction.sampling import N_PARTS, in_fixed_order, parts, sample
from tests.analytics.prediction.known_truth import shop_rows, shuffled


@pytest.mark.parametrize("rows_a_customer", [1, 3])
def test_parts_are_alike_and_keep_customers_together(rows_a_customer):
    rows, _ = shop_rows(601, rows_a_customer=rows_a_customer)
    part = parts(rows)
    assert set(part) == set(range(N_PARTS))
    assert all(len(set(part[rows.groups == customer])) == 1 for customer in set(rows.groups))
    assert np.ptp(np.bincount(part)) <= 3 * rows_a_customer
    assert np.ptp(np.bincount(part, weights=rows.target)) <= 3 * rows_a_customer


def all_different(n_rows, **how):
    """Rows of which no two hold the same: those that do may change places."""
    rows, _ = shop_rows(n_rows, **how)
    return Rows(rows.frame.assign(weight=np.random.default_rng(5).random(n_rows)), rows.target, rows.groups)


@pytest.mark.parametrize("rows_a_customer", [1, 3])
def test_neither_parts_nor_samples_hang_on_the_sequence_of_the_rows(rows_a_customer):
    rows = all_different(600, rows_a_customer=rows_a_customer)
    other, order = shuffled(rows)
    assert np.array_equal(parts(other), parts(rows)[order])
    assert np.array_equal(sample(other, most_rows=200), sample(rows, most_rows=200)[order])
    one, came_from = in_fixed_order(rows)
    again, _ = in_fixed_order(other)
    assert one.frame.equals(again.frame) and np.array_equal(one.target, again.target) and np.array_equal(one.groups, again.groups)
    assert one.frame.equals(rows.frame.iloc[came_from].reset_index(drop=True))


def test_row_numbers_as_groups_do_not_decide():
    rows = all_different(300)
    other, order = shuffled(rows)
    renumbered = Rows(other.frame, other.target, np.arange(300))
    assert np.array_equal(parts(renumbered), parts(rows)[order])


def test_another_seed_deals_other_parts():
    rows, _ = shop_rows(300)
    assert (parts(rows, random_state=0) != parts(rows, random_state=1)).mean() > 0.5


def test_a_sample_takes_whole_customers_and_no_more_rows_than_asked_for():
    rows, _ = shop_rows(900, rows_a_customer=3)
    drawn = sample(rows, most_rows=300)
    assert 290 < drawn.sum() <= 300
    assert not set(rows.groups[drawn]) & set(rows.groups[~drawn])
    assert sample(rows, most_rows=900).all()
    assert abs(rows.target[drawn].mean() - rows.target.mean()) < 0.1


def test_a_sample_is_drawn_apart_from_the_parts():
    rows, _ = shop_rows(2000)
    counts = np.bincount(parts(rows)[sample(rows, most_rows=1000)])
    assert counts.min() > 150


def test_amounts_are_dealt_by_size():
    rng = np.random.default_rng(0)
    rows, _ = shop_rows(500)
    amounts = Rows(rows.frame, rng.lognormal(3, 1, 500), rows.groups)
    medians = [np.median(amounts.target[parts(amounts) == number]) for number in range(N_PARTS)]
    assert np.ptp(medians) < 0.2 * np.mean(medians)
