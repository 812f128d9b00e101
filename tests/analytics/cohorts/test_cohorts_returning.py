"""Coming back, falling silent, getting better: planted truths are found, chance is not taken for a trend."""

import datetime as dt
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from crm.analytics import cohorts
from crm.analytics.cohorts import purchases, silence
from crm.analytics.cohorts.beginning import new_from
from crm.analytics.cohorts.proportions import spread_beyond_chance
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders


def days_of(lives: list[tuple]) -> pd.DataFrame:
    """Orders from (customer_id, days before AS_OF of each order ...)."""
    return orders_frame([(life[0], ago, 10.0) for life in lives for ago in life[1:]])


def once_and_again(*, share_back: float, first_ago: np.ndarray, seed: int = 0, start_id: int = 1) -> list[tuple]:
    """Customers with first orders so many days ago, of whom a share comes back after 20 days, none later."""
    rng = np.random.default_rng(seed)
    back = rng.random(len(first_ago)) < share_back
    lives = []
    for place, ago in enumerate(first_ago):
        again = (int(ago) - 20,) if back[place] and ago >= 20 else ()
        lives.append((start_id + place, int(ago), *again))
    return lives


def same(first: cohorts.Cohorts, second: cohorts.Cohorts) -> None:
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other)
        elif isinstance(one, cohorts.Curve):
            for part in fields(one):
                np.testing.assert_array_equal(getattr(one, part.name), getattr(other, part.name))
        elif isinstance(one, cohorts.Staying):
            pd.testing.assert_frame_equal(one.by_days, other.by_days)
            assert one.silence_days == other.silence_days and one.came_back_share == other.came_back_share
        else:
            assert one == other, field.name


def test_later_orders_change_nothing():
    orders, _ = shop_orders()
    same(cohorts.analyse(orders, as_of=AS_OF), cohorts.analyse(later_orders(orders), as_of=AS_OF))


def test_an_earlier_day_knows_only_what_was_known_then():
    orders, _ = shop_orders()
    day = AS_OF - dt.timedelta(days=200)
    known = orders[orders["ordered_on"] <= pd.Timestamp(day)]
    same(cohorts.analyse(known, as_of=day), cohorts.analyse(orders, as_of=day))


def test_neither_the_order_of_the_rows_nor_a_second_run_matters_and_the_frame_stays_as_it_is():
    orders, _ = shop_orders()
    before = orders.copy()
    shuffled = orders.sample(frac=1, random_state=2)
    same(cohorts.analyse(orders, as_of=AS_OF), cohorts.analyse(shuffled, as_of=AS_OF))
    pd.testing.assert_frame_equal(orders, before)


def test_too_few_customers_are_told_with_the_number():
    with pytest.raises(NotEnoughData, match="needs 10 customers who have bought; there are 1"):
        cohorts.analyse(days_of([(1, 30, 4)]), as_of=AS_OF)
    with pytest.raises(NotEnoughData, match="there are 0"):
        cohorts.analyse(days_of([(1, 30)]).head(0), as_of=AS_OF)
    only_credits = orders_frame([(customer, 5, -10.0) for customer in range(1, 30)])
    with pytest.raises(NotEnoughData, match="there are 0"):
        cohorts.analyse(only_credits, as_of=AS_OF)


@pytest.mark.parametrize(("choice", "said"), [
    ({"by": "week"}, "month"), ({"within_days": 0}, "1 to 1,825"), ({"silence_days": 9999}, "1 to 1,825"),
    ({"new_customers": "some"}, "count")])
def test_a_wrong_choice_is_told_with_what_can_be_chosen(choice, said):
    with pytest.raises(InvalidInput, match=said):
        cohorts.analyse(shop_orders(n_customers=20)[0], as_of=AS_OF, **choice)


def test_the_share_back_counts_nobody_as_lost_who_had_no_time_yet():
    # Every customer comes back after 60 days; half of them had their first order only 30 days ago.
    lives = [(customer, 200, 140) for customer in range(1, 51)] + [(customer, 30) for customer in range(51, 101)]
    result = cohorts.analyse(days_of(lives), as_of=AS_OF)
    back = result.by_days.set_index("days")["share"]
    assert back[30] == 0 and back[60] == 1 and back[90] == 1
    shop = cohorts.analyse(shop_orders()[0], as_of=AS_OF).by_days.dropna()
    assert (shop["low"] < shop["share"]).all() and (shop["share"] < shop["high"]).all() and len(shop) == 5


def test_what_nobody_was_watched_for_is_unknown_not_zero():
    lives = [(customer, 80 + customer % 5, 50) for customer in range(1, 40)]
    result = cohorts.analyse(days_of(lives), as_of=AS_OF)
    back = result.by_days.set_index("days")
    assert back["share"].notna().tolist() == [True, True, False, False, False]
    assert result.within_days == 60 and result.half_of_days == 60
    assert back.loc[90, "followed"] == 0


def test_a_quartile_that_was_not_reached_is_unknown():
    lives = once_and_again(share_back=0.4, first_ago=np.full(300, 400), seed=1)
    quartiles = cohorts.analyse(days_of(lives), as_of=AS_OF).quartiles.set_index("share")
    assert quartiles.loc[0.25, "days"] == 20
    assert quartiles.loc[[0.5, 0.75], "days"].isna().all()


def test_half_of_those_who_come_back_are_counted_among_those_who_do():
    lives = [(customer, 400, 390) for customer in range(1, 21)] + [(customer, 400, 340) for customer in range(21, 41)]
    lives += [(customer, 400) for customer in range(41, 101)]
    result = cohorts.analyse(days_of(lives), as_of=AS_OF)
    assert result.half_back_days == 10 and result.half_of_days == 365
    assert result.back["share"] == pytest.approx(0.4)


def test_all_who_bought_once_are_a_share_of_0_with_a_range_and_no_half():
    result = cohorts.analyse(days_of([(customer, 100 + customer) for customer in range(1, 61)]), as_of=AS_OF)
    assert result.back["share"] == 0 and 0.01 < result.back["high"] < 0.07
    assert result.half_back_days is None and result.quartiles["days"].isna().all()
    assert result.staying is None and "there are 0" in result.staying_missing


def test_customers_of_today_only_say_nothing_yet():
    result = cohorts.analyse(days_of([(customer, 0) for customer in range(1, 31)]), as_of=AS_OF)
    assert result.within_days is None and result.back is None and result.cohorts.empty and result.when.empty
    assert result.trend is None and "there are 0 in all" in result.trend_missing


def test_when_they_come_adds_up_to_who_comes():
    orders, _ = shop_orders()
    result = cohorts.analyse(orders, as_of=AS_OF)
    last = int(result.when["to_day"].iloc[-1])
    back = 1 - result.coming_back.at([last])["survival"].iloc[0]
    assert result.when["share"].sum() == pytest.approx(back) and len(result.when) <= 30
    assert (result.when["from_day"].to_numpy()[1:] == result.when["to_day"].to_numpy()[:-1] + 1).all()


def test_the_day_decides_whether_a_cohort_had_the_time():
    lives = [(customer, 31 + customer) for customer in range(30)]  # first orders of 1 to 30 November 2024
    for as_of, ripe in ((dt.date(2024, 12, 29), 0), (dt.date(2024, 12, 30), 1)):
        assert len(cohorts.analyse(days_of(lives), as_of=as_of, by="month", within_days=30).cohorts) == ripe


# Falling silent


def test_a_customer_falls_silent_with_the_order_before_the_first_long_pause():
    lives = [(1, 300, 290, 100, 95), (2, 300, 280), (3, 300, 260, 230, 10), (4, 40, 20), (5, 300)]
    bought = purchases.read(days_of(lives), as_of=AS_OF)
    judged, days, fell_silent, watched, came_again = silence.durations(bought, np.arange(5), silence_days=60)
    assert judged.tolist() == [0, 1, 2, 4]  # the fourth began less than 60 days ago
    assert days.tolist() == [10, 20, 70, 0] and fell_silent.all()
    assert watched.tolist() == [240] * 4
    assert came_again.tolist() == [True, False, True, False]


def test_silence_counts_when_its_days_are_over_not_before():
    lives = [(1, 100, 60), (2, 100, 59), (3, 161, 100, 59), (4, 160, 100, 59)]
    bought = purchases.read(days_of(lives), as_of=AS_OF)
    _, days, fell_silent, watched, _ = silence.durations(bought, np.arange(4), silence_days=60)
    # 60 whole days are silence, 59 are not yet; a pause of 61 days was silence though it ended, one of 60 was none.
    assert fell_silent.tolist() == [True, False, True, False]
    assert days.tolist() == [40, 40, 0, 100] and watched.tolist() == [40, 40, 101, 100]


def test_the_curve_of_staying_is_right_though_nobody_can_be_judged_lately():
    """Customers order every 10 days and stop for good with a chance of 5 % after each order."""
    rng = np.random.default_rng(2)
    began, n_orders = rng.integers(0, 700, 6000), rng.geometric(0.05, 6000)
    customer = np.repeat(np.arange(1, 6001), n_orders)
    ago = np.repeat(began, n_orders) - 10 * (np.arange(len(customer)) - np.repeat(np.cumsum(n_orders) - n_orders, n_orders))
    orders = orders_frame(list(zip(customer[ago >= 0], ago[ago >= 0], np.full((ago >= 0).sum(), 5.0), strict=True)))
    result = cohorts.analyse(orders, as_of=AS_OF, silence_days=60, new_customers="count")
    at = result.staying.curve.at([0, 95, 195, 395])
    truth = np.array([(n_orders > orders).mean() for orders in (1, 10, 20, 40)])
    assert (abs(at["survival"] - truth) < 3 * at["standard_error"]).all()
    assert result.staying.came_back_share == 0
    # Watching everybody up to the last order instead is the mistake that this way avoids.
    bought = purchases.read(orders, as_of=AS_OF)
    last = bought.day[np.diff(bought.code, append=-1) != 0]
    naive = cohorts.kaplan_meier(last - bought.first_day, bought.as_of_day - last >= 60).at([95, 195, 395])
    assert (naive["survival"].to_numpy() - truth[1:] > 3 * naive["standard_error"]).all()


def test_the_usual_silence_follows_customers_not_orders():
    # One customer who orders daily has more pauses than all others together.
    lives = [(1, *range(1500))] + [(customer, 700, 640, 580, 520) for customer in range(2, 40)]
    bought = purchases.read(days_of(lives), as_of=AS_OF)
    assert silence.usual_silence(bought) == 60
    assert cohorts.analyse(days_of(lives), as_of=AS_OF).staying.pauses_shorter == pytest.approx(1)


def test_the_usual_silence_leaves_time_to_watch():
    lives = [(customer, 200, 50) for customer in range(1, 40)]
    assert silence.usual_silence(purchases.read(days_of(lives), as_of=AS_OF)) == 60


# The beginning of the data


def old_and_new(*, seed=0, n_old=400, n_new=360):
    """A shop in full swing whose file begins 720 days ago: old customers order monthly, new ones come back seldom."""
    rng = np.random.default_rng(seed)
    lives = [(customer, *[int(day) for day in np.arange(720 - rng.integers(0, 30), 0, -30)]) for customer in range(1, n_old)]
    lives += once_and_again(share_back=0.3, first_ago=rng.integers(0, 720, n_new), start_id=1000, seed=seed)
    return days_of(lives)


def test_old_customers_at_the_beginning_are_not_taken_for_new_ones():
    result = cohorts.analyse(old_and_new(), as_of=AS_OF)
    assert result.new_from == AS_OF - dt.timedelta(days=720 - 30) and result.left_out >= 399
    assert result.back["share"] == pytest.approx(0.3, abs=0.06)
    assert result.triangle.drop_duplicates("cohort")["may_hold_older"].sum() in (1, 2)
    assert result.cohorts["cohort"].min() >= pd.Timestamp(result.new_from)
    everybody = cohorts.analyse(old_and_new(), as_of=AS_OF, new_customers="count")
    assert everybody.left_out == 0 and everybody.new_from is None and everybody.back["share"] > 0.55


def test_without_them_the_shop_does_not_seem_to_get_worse():
    result, everybody = (cohorts.analyse(old_and_new(), as_of=AS_OF, new_customers=choice) for choice in ("auto", "count"))
    assert result.trend.verdict == "same"
    assert everybody.trend.verdict == "worse"


def test_a_shop_that_slowly_wins_fewer_customers_has_no_crowd():
    first = np.concatenate([np.full(100 - 2 * block, 30 * block) for block in range(24)])
    assert new_from(first, as_of_day=719) is None


def test_steady_newcomers_are_hardly_ever_a_crowd():
    rng = np.random.default_rng(0)
    found = [new_from(rng.integers(0, 720, rng.poisson(24 * usual)), as_of_day=719) for usual in (3, 10, 40)
             for _ in range(100)]
    assert sum(day is not None for day in found) <= 9


def test_a_study_of_one_cohort_has_no_crowd():
    assert new_from(np.arange(0, 80), as_of_day=400) is None
    assert new_from(np.zeros(0, dtype=int), as_of_day=400) is None


# Is it getting better?


def two_years(share_older, share_newer, *, seed=0, n=400):
    rng = np.random.default_rng(seed)
    older = once_and_again(share_back=share_older, first_ago=rng.integers(95 + 364, 95 + 728, n), seed=seed)
    newer = once_and_again(share_back=share_newer, first_ago=rng.integers(90, 90 + 364, n), seed=seed + 1, start_id=5000)
    return days_of(older + newer)


def test_a_planted_change_is_found_in_its_direction():
    better, worse = (cohorts.analyse(two_years(*shares), as_of=AS_OF).trend for shares in ((0.3, 0.45), (0.45, 0.3)))
    assert better.verdict == "better" and better.low > 0 and better.is_whole_years
    assert worse.verdict == "worse" and worse.high < 0
    assert better.newer.from_day > better.older.to_day
    assert better.newer.to_day == AS_OF - dt.timedelta(days=90)


def test_what_lies_further_back_than_two_years_is_not_compared():
    ancient = [(customer, 1000) for customer in range(9000, 9050)]
    found = cohorts.analyse(pd.concat([two_years(0.3, 0.3), days_of(ancient)]), as_of=AS_OF).trend
    assert 380 <= found.older.customers <= 400
    assert found.older.from_day == AS_OF - dt.timedelta(days=90 + 728 - 1)


def test_no_change_is_hardly_ever_called_one():
    verdicts = [cohorts.analyse(two_years(0.35, 0.35, seed=2 * seed, n=80), as_of=AS_OF).trend.verdict for seed in range(40)]
    assert sum(verdict != "same" for verdict in verdicts) <= 5


def test_months_that_differ_by_themselves_are_no_trend():
    """The chance of coming back jumps from month to month by ±15 points: a binomial test would call that a trend."""
    rng = np.random.default_rng(7)
    called = narrow = 0
    for _ in range(25):
        lives, chance = [], rng.normal(0.4, 0.15, 40).clip(0.02, 0.98)
        for block in range(26):
            first_ago = 90 + 28 * block + rng.integers(0, 28, 40)
            lives += once_and_again(share_back=chance[block], first_ago=first_ago, seed=int(rng.integers(1e9)),
                                    start_id=1 + 40 * block)
        found = cohorts.analyse(days_of(lives), as_of=AS_OF).trend
        called += found.verdict != "same"
        error = sum(side.share * (1 - side.share) / side.customers for side in (found.older, found.newer)) ** 0.5
        narrow += abs(found.difference) > 1.96 * error
    assert called <= 4 < narrow


def test_the_dispersion_of_mere_chance_is_about_one():
    rng = np.random.default_rng(1)
    of, group = np.full(26, 30.0), np.repeat([0, 1], 13)
    spreads = [spread_beyond_chance(rng.binomial(30, 0.4, 26), of, group)[0] for _ in range(300)]
    assert 1.0 <= np.mean(spreads) < 1.25
    assert spread_beyond_chance(np.array([0, 30, 0, 30]), np.full(4, 30.0), np.array([0, 0, 1, 1])) == (1.0, pytest.approx(1.96, abs=0.001))


def test_too_few_to_compare_is_told_with_the_number():
    result = cohorts.analyse(days_of([(customer, 100 + customer, 90) for customer in range(1, 50)]), as_of=AS_OF)
    assert result.trend is None and "at least 90 days back; there are 49 in all" in result.trend_missing


def test_a_short_history_is_cut_in_halves_and_says_so():
    rng = np.random.default_rng(3)
    lives = once_and_again(share_back=0.4, first_ago=rng.integers(0, 300, 400))
    found = cohorts.analyse(days_of(lives), as_of=AS_OF).trend
    assert not found.is_whole_years and found.newer.to_day - found.newer.from_day == found.older.to_day - found.older.from_day


def test_the_real_shop_is_not_called_worse_by_its_old_customers(online_retail):
    result = cohorts.analyse(online_retail, as_of=dt.date(2011, 12, 9))
    assert result.by == "month" and result.new_from == dt.date(2010, 12, 31) and result.left_out == 885
    assert result.trend.verdict == "same" and result.trend.dispersion > 2
    assert result.quartiles["days"].tolist() == [45, 113, 276]
