"""Models of amounts: do they find the truth, and do they stay within what they know?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import Rows, amounts
from crm.errors import InvalidInput
from tests.analytics.prediction.amounts import made_up


@pytest.mark.parametrize("method", ["poisson", "gamma"])
def test_a_formula_finds_what_an_amount_is_made_of(method):
    table = amounts.coefficients(made_up.rows(), method=method, scales={"before": "log"}).set_index("column")
    for column, truth in (("before", made_up.LOG_SLOPE), ("loyal", made_up.YES_EFFECT), ("days", 0.0)):
        assert table.loc[column, "low"] < truth < table.loc[column, "high"], column
    assert table.loc["before", "low"] > 0.6 and table.loc["loyal", "high"] < 0.8
    loyal = table.loc["loyal"]
    assert loyal["change"] == "yes" and loyal["effect"] == pytest.approx(np.expm1(loyal["coefficient"]))
    assert table.loc["before", "change"] == "doubled" and 0.6 < table.loc["before", "effect"] < 0.9  # 2 ** .8 = 1.74


def test_a_linear_formula_is_told_in_the_unit_of_the_amount():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"items": rng.integers(1, 9, 300).astype(float), "gift": rng.random(300) < 0.5})
    rows = Rows(frame, 10 + 4 * frame["items"].to_numpy() - 3 * frame["gift"].to_numpy() + rng.normal(0, 1, 300), np.arange(300))
    table = amounts.coefficients(rows, method="linear").set_index("column")
    assert table.loc["items", "change"] == "one_more"
    assert table.loc["items", "effect_low"] < 4 < table.loc["items", "effect_high"] < 4.3
    assert table.loc["gift", "effect_low"] < -3 < table.loc["gift", "effect_high"] < -2.5
    told = amounts.fit(rows, method="linear").amount(frame)
    assert np.abs(told - rows.target).mean() < 1


def test_the_coefficients_are_those_that_predict():
    rows = made_up.rows()
    for method in amounts.FORMULAS:
        model = amounts.fit(rows, method=method, scales={"before": "log"})
        table = amounts.coefficients(rows, method=method, scales={"before": "log"})
        assert model.coefficients == pytest.approx(table["coefficient"].to_numpy(), rel=0.03, abs=0.05 * table["coefficient"].abs().max())


def test_cases_of_one_customer_that_repeat_each_other_narrow_no_interval():
    once = made_up.rows(cutoffs=1)
    thrice = Rows(pd.concat([once.frame] * 3, ignore_index=True), np.tile(once.target, 3), np.tile(once.groups, 3))
    width = [(table["high"] - table["low"]).to_numpy() for table in (
        amounts.coefficients(rows, method="gamma", scales={"before": "log"}) for rows in (once, thrice))]
    assert width[1] == pytest.approx(width[0], rel=0.05)


def test_a_text_is_set_against_the_most_frequent_one_and_a_gap_is_told_of_its_own():
    rng = np.random.default_rng(4)
    place = rng.choice(["shop", "web", "fair"], 600, p=[0.6, 0.3, 0.1])
    age = np.where(rng.random(600) < 0.2, np.nan, rng.uniform(20, 80, 600))
    target = np.where(place == "web", 60.0, 30.0) * rng.gamma(9, 1 / 9, 600)
    rows = Rows(pd.DataFrame({"place": pd.Series(place, dtype="str"), "age": age}), target, np.arange(600))
    table = amounts.coefficients(rows, method="poisson").set_index(["column", "level"])
    web = table.loc[("place", "web")]
    assert web["reference"] == "shop" and web["effect_low"] < 1.0 < web["effect_high"]
    assert table.loc[("age", "(missing)"), "change"] == "known"
    assert table.loc[("place", "fair"), "effect_low"] < 0 < table.loc[("place", "fair"), "effect_high"]


def test_a_column_and_its_twin_have_one_coefficient_together():
    rows = made_up.rows()
    doubled = Rows(rows.frame.assign(twin=2 * rows.frame["before"]), rows.target, rows.groups)
    table = amounts.coefficients(doubled, method="poisson", scales={"before": "plain", "twin": "plain"})
    assert "before" in set(table["column"]) and "twin" not in set(table["column"])
    assert np.isfinite(table[["coefficient", "low", "high"]].to_numpy()).all()


@pytest.mark.parametrize("method", amounts.METHODS)
def test_nothing_is_predicted_beyond_what_was_seen(method):
    rows = made_up.rows(n_customers=150)
    far = rows.frame.head(3).assign(before=[0.0, 1e12, np.nan], region=pd.Series(["moon", None, "north"], dtype="str"))
    told = amounts.fit(rows, method=method, scales={"before": "log"}).amount(far)
    assert np.isfinite(told).all() and (told >= 0).all() and (told <= rows.target.max()).all()


def test_what_was_given_back_counts_as_nothing_where_it_is_little():
    rows = made_up.rows(n_customers=100)
    target = rows.target.copy()
    target[:5] = -1.0
    some = Rows(rows.frame, target, rows.groups)
    told = amounts.fit(some, method="poisson").amount(rows.frame)
    assert (told > 0).all()
    with pytest.raises(InvalidInput, match="150 of 300 lie below 0"):
        amounts.fit(Rows(rows.frame, np.where(np.arange(300) < 150, -rows.target, rows.target), rows.groups), method="poisson")


def test_gamma_says_that_it_needs_amounts_above_zero():
    rows = made_up.rows(n_customers=100)
    with pytest.raises(InvalidInput, match="30 of 300 are 0 or less"):
        amounts.fit(Rows(rows.frame, np.where(np.arange(300) < 30, 0.0, rows.target), rows.groups), method="gamma")


def test_a_missing_column_and_an_unknown_method_are_named():
    rows = made_up.rows(n_customers=60)
    for method in ("poisson", "boosting"):
        with pytest.raises(InvalidInput, match="“before”"):
            amounts.fit(rows, method=method).amount(rows.frame.drop(columns="before"))
    with pytest.raises(InvalidInput, match="no method “magic”"):
        amounts.fit(rows, method="magic")
    with pytest.raises(InvalidInput, match="Only a formula"):
        amounts.coefficients(rows, method="boosting")
