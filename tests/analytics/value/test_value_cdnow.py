"""Value on the CDNOW sample: are the figures the published ones? (Fader, Hardie & Lee 2005; Fader & Hardie 2013)"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import value
from crm.analytics.value import ahead, bgnbd, fitting, gamma_gamma
from crm.analytics.value.bgnbd import Distinct

CALIBRATED_ON, ENDS_ON = dt.date(1997, 9, 30), dt.date(1998, 6, 30)  # 39 weeks each


@pytest.fixture(scope="module")
def cdnow(datasets):
    file = datasets / "cdnow" / "CDNOW_sample.txt.xz"
    names = ["code", "customer_id", "day", "discs", "amount"]
    rows = pd.read_csv(file, sep=r"\s+", header=None, names=names, dtype={"day": str})
    return pd.DataFrame({
        "order_id": np.arange(len(rows)), "customer_id": rows["customer_id"],
        "ordered_on": pd.to_datetime(rows["day"], format="%Y%m%d").astype("datetime64[us]"), "is_purchase": True,
        "gross_amount": rows["amount"], "returned_amount": 0.0, "net_amount": rows["amount"]})


@pytest.fixture(scope="module")
def fitted(cdnow):
    return fitting.fit(cdnow, as_of=CALIBRATED_ON)


def test_the_parameters_of_purchases_are_the_published_ones(fitted):
    fit = fitted.purchases_fit
    assert len(fitted.customers.repeats) == 2_357
    assert fit.r == pytest.approx(0.2425945, rel=1e-6)
    assert fit.alpha == pytest.approx(4.4136019, rel=1e-6)
    assert fit.a == pytest.approx(0.7929199, rel=1e-5)
    assert fit.b == pytest.approx(2.4258881, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(-9582.429, abs=5e-4)


def test_the_parameters_of_spend_are_the_published_ones(fitted):
    fit = fitted.spend_fit
    assert fit.customers == 946
    assert (fit.p, fit.q, fit.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.005)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=0.005)
    assert abs(gamma_gamma.spend_against_frequency(fitted.customers)) < 0.3


def test_a_customer_of_the_paper_is_expected_to_buy_as_published(fitted):
    # x = 2, t_x = 30.43 and T = 38.86 weeks are 213 and 272 days
    one = Distinct(*(np.array([number]) for number in (2, 213, 272, 1, 0)))
    coming = ahead.purchases(fitted.purchases_fit.parameters, one, 39.0)
    assert coming.mean[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(("weeks", "published"), [(1.0, 0.0532), (32.0, 1.0437)])
def test_a_new_customer_is_expected_to_buy_as_published(fitted, weeks, published):
    coming = ahead.mean_purchases(fitted.purchases_fit.parameters, ahead.of_new_customer(), weeks)
    assert coming[0] == pytest.approx(published, abs=5e-5)


def test_the_next_39_weeks_are_foretold_as_published(cdnow):
    tested = value.hold_out(cdnow, as_of=ENDS_ON, days=273)
    assert tested.cutoff == CALIBRATED_ON
    assert tested.actual_purchases == 1_882
    assert tested.expected_purchases == pytest.approx(1_653, abs=0.5)
    assert tested.by_frequency["customers"].sum() == 2_357
    assert tested.by_frequency["actual"].sum() == 1_882
    assert not tested.is_within_range and tested.model_error_purchases > 0.1


def test_the_published_parameters_are_where_the_slope_is_nothing(fitted):
    slope = bgnbd._Likelihood(fitted.seen)(np.array([0.2425945, 4.4136019, 0.7929199, 2.4258881]))[1]
    assert np.abs(slope).max() / 2_357 < 1e-4


def test_a_range_holds_what_came_where_the_model_was_known_to_be_off(cdnow):
    result = value.estimate(cdnow, as_of=ENDS_ON, hold_out_days=273, months=9)
    narrow = value.estimate(cdnow, as_of=CALIBRATED_ON, months=9)
    wide, slim = ((each.total["spend_high"] - each.total["spend_low"]) / each.total["expected_spend"]
                  for each in (result, narrow))
    assert result.hold_out.model_error > 0.1 and narrow.hold_out.model_error == 0
    assert wide > 1.5 * slim
