"""Models of waits: do they find the truth through waits that had not ended?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import waiting
from crm.analytics.prediction.waiting import Waits
from crm.errors import InvalidInput
from tests.analytics.prediction.waiting import made_up_waits

# Freireich et al. 1963, weeks of remission of leukaemia under a placebo and under 6-MP; + had not ended.
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
TREATED_ON = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_freireichs_remissions_give_the_published_weibull():
    days = np.array(PLACEBO + TREATED + TREATED_ON, dtype=float)
    seen = np.arange(42) < 30
    waits = Waits(pd.DataFrame({"treated": np.arange(42) >= 21}), days, seen, np.arange(42))
    model = waiting.fit(waits, method="weibull")
    # survreg(Surv(time, cens) ~ treat) of R's MASS (gehan): 3.516 with 6-MP, -1.267 without, scale .732
    assert model.weights[0] == pytest.approx(1.267, abs=0.01)
    assert np.exp(model.levels[1]) == pytest.approx(0.732, abs=0.003)
    middle = model.curves(pd.DataFrame({"treated": [False, True]})).day_of(0.5)
    assert middle == pytest.approx(np.exp([3.516 - 1.267, 3.516]) * np.log(2) ** 0.732, rel=0.02)


@pytest.mark.parametrize("method", waiting.METHODS)
def test_the_true_chances_are_found_though_a_third_of_the_waits_had_not_ended(method):
    waits = made_up_waits.waits(n=6_000, followed_days=30.0)
    assert 0.2 < 1 - waits.is_seen.mean() < 0.5
    curves = waiting.fit(waits, method=method, scales={"mean_gap_days": "log"}).curves(waits.frame)
    for days in (4, 12, 26):
        truth = made_up_waits.true_chance(waits, days)
        assert curves.chance(days).mean() == pytest.approx(truth.mean(), abs=0.02), days
        assert np.abs(curves.chance(days) - truth).mean() < 0.03, days


def test_the_parameters_of_the_formula_are_recovered():
    waits = made_up_waits.waits(n=6_000)
    model = waiting.fit(waits, method="weibull", columns=("mean_gap_days", "loyal"), scales={"mean_gap_days": "log"})
    assert np.exp(-model.levels[1]) == pytest.approx(made_up_waits.SHAPE, rel=0.05)
    assert model.weights == pytest.approx([made_up_waits.GAP_EFFECT, made_up_waits.LOYAL_EFFECT], abs=0.06)


def test_what_fades_with_time_is_seen_by_steps():
    """A feature that matters in the first days alone: who has it orders at once or like everybody."""
    rng = np.random.default_rng(2)
    n, eager = 6_000, np.arange(6_000) % 2 == 0
    days = np.where(eager & (rng.random(n) < 0.5), rng.uniform(0.1, 5, n), rng.exponential(60, n))
    waits = Waits(pd.DataFrame({"eager": eager}), np.minimum(days, 100), days <= 100, np.arange(n))
    errors = {}
    for method in waiting.METHODS:
        curves = waiting.fit(waits, method=method).curves(waits.frame)
        errors[method] = max(abs(curves.chance(day)[side].mean() - (days[side] <= day).mean())
                             for day in (5, 20, 60) for side in (eager, ~eager))
    assert errors["steps"] < 0.05 < errors["weibull"]


@pytest.mark.parametrize("method", waiting.METHODS)
def test_chances_rise_and_say_nothing_beyond_what_was_followed(method):
    waits = made_up_waits.waits(n=400)
    curves = waiting.fit(waits, method=method).curves(waits.frame)
    rising = np.column_stack([curves.chance(day) for day in (0, 1, 10, 40, curves.longest_days)])
    assert (np.diff(rising, axis=1) >= 0).all() and (rising[:, 0] == 0).all() and (rising <= 1).all()
    assert np.isnan(curves.chance(curves.longest_days + 1)).all()
    assert np.nanmax(curves.day_of(0.5)) <= curves.longest_days


def test_steps_hold_about_as_many_orders_each():
    waits = made_up_waits.waits(n=3_000)
    ends = waiting.models.step_ends(waits.days, waits.is_seen)
    counts = np.histogram(waits.days[waits.is_seen], bins=ends)[0]
    assert len(ends) <= 13 and ends[0] == 0 and ends[-1] >= waits.days.max() and counts.min() >= 20


def test_few_orders_make_few_steps_and_an_unknown_method_is_named():
    waits = made_up_waits.waits(n=60)
    assert len(waiting.fit(waits, method="steps").days) <= 4
    with pytest.raises(InvalidInput, match="no method “cox”"):
        waiting.fit(waits, method="cox")
