"""BG/NBD and Gamma-Gamma: are the slopes exact, the truth found again, and the chances those of the process itself?"""

import datetime as dt

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import beta, gamma, hyp2f1

from crm.analytics.value import ahead, bgnbd, gamma_gamma
from crm.analytics.value.bgnbd import Distinct
from crm.analytics.value.order_size import FromEverybody, FromOneself
from crm.analytics.value.transactions import Histories, histories, purchase_days
from tests.analytics.simulate import AS_OF, orders_frame
from tests.analytics.value.buyers import TRUE, company

PARAMETERS = np.array([0.7, 9.0, 0.6, 2.2])


def some(*rows: tuple[int, int, int]) -> Distinct:
    repeats, last_days, age_days = (np.array(column) for column in zip(*rows, strict=True))
    return Distinct(repeats, last_days, age_days, np.ones(len(rows), dtype="int64"), np.arange(len(rows)))


HISTORIES = some((0, 0, 0), (0, 0, 400), (1, 30, 60), (1, 1, 700), (5, 300, 310), (12, 400, 720))


@pytest.fixture(scope="module")
def large():
    orders, as_of = company(20_000)
    return histories(purchase_days(orders, as_of=as_of))


def test_the_slope_of_the_likelihood_of_purchases_is_exact():
    likelihood = bgnbd._Likelihood(HISTORIES)
    for parameters in (PARAMETERS, np.array([3.0, 40.0, 0.05, 0.3])):
        assert likelihood(parameters)[1] == pytest.approx(
            approx_fprime(parameters, lambda at: likelihood(at)[0], 1e-7), rel=1e-4, abs=1e-5)


def test_the_slope_of_the_likelihood_of_spend_is_exact():
    likelihood = gamma_gamma._Likelihood(np.array([1, 1, 3, 40]), np.array([0.2, 1.0, 3.5, 0.9]))
    parameters = np.array([2.0, 3.0, 1.5])
    assert likelihood(parameters)[1] == pytest.approx(
        approx_fprime(parameters, lambda at: likelihood(at)[0], 1e-7), rel=1e-4)


def test_the_likelihood_is_the_product_of_the_papers_formula():
    """Equation 6 of Fader, Hardie & Lee (2005), customer by customer."""
    r, alpha, a, b = PARAMETERS
    expected = 0.0
    for x, last, age in zip(HISTORIES.repeats, HISTORIES.last_days / 7, HISTORIES.age_days / 7, strict=True):
        rate = gamma(r + x) * alpha**r / gamma(r)
        expected += np.log(beta(a, b + x) / beta(a, b) * rate / (alpha + age) ** (r + x)
                           + (beta(a + 1, b + x - 1) / beta(a, b) * rate / (alpha + last) ** (r + x) if x else 0.0))
    assert bgnbd._Likelihood(HISTORIES)(PARAMETERS)[0] == pytest.approx(expected, rel=1e-12)


def test_customers_of_one_history_are_counted_together(large):
    together = bgnbd.distinct(large)
    n = len(large.repeats)
    apart = Distinct(large.repeats, large.last_days, large.age_days, np.ones(n), np.arange(n))
    assert len(together.repeats) < n
    assert bgnbd._Likelihood(together)(PARAMETERS)[0] == pytest.approx(bgnbd._Likelihood(apart)(PARAMETERS)[0], rel=1e-12)
    assert (together.repeats[together.place] == large.repeats).all()
    assert (together.age_days[together.place] == large.age_days).all()


def test_the_parameters_of_a_simulated_shop_are_found_again(large):
    fit = bgnbd.fit(bgnbd.distinct(large))
    found = dict(zip(("r", "alpha", "a", "b"), fit.parameters, strict=True))
    spread = np.sqrt(np.diag(fit.maximum.covariance))
    for place, name in enumerate(found):
        assert abs(np.log(found[name] / TRUE[name])) < 3.5 * spread[place], name
    assert not fit.maximum.at_border.any()
    among = gamma_gamma.usable(large)
    spend = gamma_gamma.fit(large.repeats[among], large.repeat_spend[among])
    assert (spend.p, spend.q, spend.gamma) == pytest.approx((TRUE["p"], TRUE["q"], TRUE["gamma"]), rel=0.1)


def test_every_start_leads_to_the_same_parameters(large):
    seen = bgnbd.distinct(large)
    one, other = bgnbd.fit(seen, random_state=0), bgnbd.fit(seen, random_state=99)
    assert one.parameters == pytest.approx(other.parameters, rel=1e-6)


def test_the_mean_of_further_purchases_is_the_papers_formula():
    """Equation 10 of Fader, Hardie & Lee (2005), by the hypergeometric function."""
    r, alpha, a, b = PARAMETERS
    x, age, weeks = HISTORIES.repeats, HISTORIES.age_days / 7, 40.0
    never_leaving = 1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * hyp2f1(
        r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
    published = (a + b + x - 1) / (a - 1) * never_leaving * bgnbd.alive(PARAMETERS, HISTORIES)
    assert ahead.purchases(PARAMETERS, HISTORIES, weeks).mean == pytest.approx(published, rel=2e-5)


def test_the_chances_are_those_of_the_process_itself():
    """One history, a hundred thousand futures, simulated step by step."""
    r, alpha, a, b = PARAMETERS
    rng, draws, weeks = np.random.default_rng(3), 100_000, 30.0
    seen = some((5, 300, 310))
    here = rng.random(draws) < bgnbd.alive(PARAMETERS, seen)[0]
    rate, leaving = rng.gamma(r + 5, 1 / (alpha + 310 / 7), draws), rng.beta(a, b + 5, draws)
    moment, bought = np.zeros(draws), np.zeros(draws)
    while here.any():
        moment[here] += rng.exponential(1 / rate[here])
        here &= moment < weeks
        bought += here
        here &= rng.random(draws) >= leaving
    coming = ahead.purchases(PARAMETERS, seen, weeks)
    assert coming.mean[0] == pytest.approx(bought.mean(), abs=0.05)
    assert coming.second_moment[0] == pytest.approx((bought**2).mean(), rel=0.03)
    for n, _, chance in ahead.chances(PARAMETERS, seen, weeks):
        assert chance[0] == pytest.approx((bought >= n).mean(), abs=0.01)
    assert (coming.low[0], coming.high[0]) == (np.quantile(bought, 0.1), np.quantile(bought, 0.9))


def test_every_one_time_buyer_counts_as_alive_and_silence_lowers_the_chance_of_others():
    alive = bgnbd.alive(PARAMETERS, HISTORIES)
    assert (alive[HISTORIES.repeats == 0] == 1).all()
    silent = bgnbd.alive(PARAMETERS, some((5, 300, 300), (5, 300, 400), (5, 300, 700)))
    assert (np.diff(silent) < 0).all() and ((silent > 0) & (silent < 1)).all()


def test_a_discount_lowers_what_comes_late():
    """Against sums over 400 short steps."""
    weeks, steps = 52.0, np.linspace(0, 52.0, 401)
    by_then = np.array([ahead.mean_purchases(PARAMETERS, HISTORIES, step) for step in steps])
    worth = 1.1 ** -((steps[1:] + steps[:-1]) / 2 / ahead.WEEKS_A_YEAR)
    expected = (np.diff(by_then, axis=0) * worth[:, None]).sum(axis=0)
    found = ahead.discounted_purchases(PARAMETERS, HISTORIES, weeks, yearly_discount=0.1, undiscounted=by_then[-1])
    assert found == pytest.approx(expected, rel=5e-4)
    assert (found < by_then[-1]).all()


def buyers(repeats: list[int], spend: list[float]) -> Histories:
    days = np.array(repeats) * 30
    return Histories(np.array(repeats), days, days + 10, np.array(spend, dtype=float))


def test_a_customers_own_spend_counts_the_more_the_more_was_bought():
    found = gamma_gamma.fit(np.array([1, 2, 3, 4, 5, 2, 3, 4]), np.array([8.0, 12, 9, 14, 30, 22, 16, 11]))
    means = FromEverybody(found, buyers([0, 1, 10, 100], [np.nan, 50.0, 50.0, 50.0])).mean
    everybody = found.p * found.gamma / (found.q - 1)
    assert means[0] == pytest.approx(everybody)
    assert everybody < means[1] < means[2] < means[3] < 50.0


def test_who_gave_everything_back_is_expected_to_spend_less_than_a_stranger():
    found = gamma_gamma.fit(np.array([1, 2, 3, 4, 5, 2, 3, 4]), np.array([8.0, 12, 9, 14, 30, 22, 16, 11]))
    stranger, refunded, partly = FromEverybody(found, buyers([0, 3, 3], [np.nan, -20.0, 5.0])).mean
    assert 0 < refunded < partly < stranger


def test_without_gamma_gamma_the_own_mean_counts_the_more_the_more_was_seen():
    orders = orders_frame([(1, 90, 10.0), (2, 90, 10.0), (2, 80, 30.0), (3, 90, 10.0), *((3, day, 29.0 + day % 3) for day in range(60)),
                           *((4, day, 59.0 + day % 3) for day in range(60)), (5, 90, 10.0), (5, 80, 60.0)])
    purchases = purchase_days(orders, as_of=AS_OF)
    sizes = FromOneself.of(purchases, histories(purchases))
    one, few_low, low, high, few_high = sizes.mean
    assert low == pytest.approx(30, abs=0.1) and high == pytest.approx(60, abs=0.1)
    assert low < few_low < one < few_high < high
    assert sizes.within == pytest.approx(2 / 3, rel=0.05)


def test_without_gamma_gamma_nobody_is_expected_to_spend_less_than_nothing():
    orders = orders_frame([(customer, day, 20.0) for customer in (1, 2) for day in (90, 80, 70)] + [(1, 60, -500.0)])
    purchases = purchase_days(orders, as_of=AS_OF)
    assert FromOneself.of(purchases, histories(purchases)).mean.min() == 0


def test_a_parameter_of_which_nothing_is_known_is_held_at_a_sensible_border():
    everybody_alike = histories(purchase_days(company(300, r=400.0, alpha=4000.0, a=1e-4, b=50.0)[0],
                                              as_of=dt.date(2024, 12, 30)))
    fit = bgnbd.fit(bgnbd.distinct(everybody_alike))
    assert fit.maximum.at_border.any() and np.isfinite(fit.parameters).all()
    assert fit.r / fit.alpha == pytest.approx(0.1, rel=0.1)
