"""Two groupings at once: sums of squares as others compute them, and a test that holds its level."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.satisfaction import members
from crm.analytics.satisfaction.robust import group_means, wald
from crm.analytics.satisfaction.two_way import compare_two_ways, contrasts
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 15)


def data(*, empty=False, seed=0, interaction=0.0):
    rng = np.random.default_rng(seed)
    n = {("x", "u"): 12, ("x", "v"): 7, ("x", "w"): 20, ("y", "u"): 9, ("y", "v"): 15, ("y", "w"): 0 if empty else 6}
    rows = [(a, b, rng.normal(3 + 0.5 * (a == "y") + 0.8 * (b == "w") + interaction * (a == "y") * (b == "v"), 1 + (b == "v")))
            for (a, b), size in n.items() for _ in range(size)]
    return pd.DataFrame(rows, columns=["a", "b", "y"])


def compared(frame, **choice):
    n = len(frame)
    answers = pd.DataFrame({
        "answer_id": np.arange(n), "response": np.arange(n), "customer_id": np.arange(1, n + 1), "metric": "csat", "item": "",
        "score": frame["y"], "scale_min": -99.0, "scale_max": 99.0, "answered_on": np.datetime64("2026-05-20", "us")})
    counted = members.count(answers, as_of=AS_OF, metric="csat")
    index = np.arange(1, n + 1)
    first, second = (members.of_customers(counted, pd.Series(frame[name].to_numpy(), index=index)) for name in ("a", "b"))
    return compare_two_ways(counted, first, second, fewest=2, **choice)


@pytest.mark.parametrize("squares", ["II", "III"])
def test_sums_of_squares_and_f_are_those_of_statsmodels(squares):
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    frame = data()
    model = ols("y ~ C(a, Sum) * C(b, Sum)", frame).fit()
    expected = anova_lm(model, typ=len(squares)).iloc[-4:-1]
    found = compared(frame, squares=squares, method="classic").effects
    assert found["sum_of_squares"].to_numpy() == pytest.approx(expected["sum_sq"].to_numpy(), rel=1e-9)
    assert found["statistic"].to_numpy() == pytest.approx(expected["F"].to_numpy(), rel=1e-9)
    assert found["p_value"].to_numpy() == pytest.approx(expected["PR(>F)"].to_numpy(), rel=1e-8)


def test_empty_cells_are_no_obstacle_for_type_two_and_refused_by_type_three():
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    frame = data(empty=True)
    found = compared(frame, method="classic")
    both = ols("y ~ C(a) + C(b)", frame).fit()
    # What each explains beyond the other, measured by the spread inside the cells that are there.
    inside = sum(((part - part.mean()) ** 2).sum() for _, part in frame.groupby(["a", "b"])["y"])
    expected = anova_lm(both, typ=2).loc[["C(a)", "C(b)"]]
    f = (expected["sum_sq"] / expected["df"]) / (inside / (len(frame) - 5))
    assert found.effects["statistic"][:2].to_numpy() == pytest.approx(f.to_numpy(), rel=1e-9)
    assert found.empty == 1 and found.effects["df_between"].tolist() == [1, 2, 1]
    with pytest.raises(InvalidInput, match="somebody in each"):
        compared(frame, squares="III")


def test_the_robust_way_with_one_grouping_is_welchs_test():
    from scipy import stats

    rng = np.random.default_rng(2)
    samples = [rng.normal(0, 1, 12), rng.normal(0.5, 3, 8), rng.normal(0, 2, 30)]
    group = np.repeat(np.arange(3), [12, 8, 30])
    means = group_means(members.Members(np.arange(50), group, np.concatenate(samples), tuple("abc"), -9, 9, 0, 0))
    found = wald(np.array([[1.0, 0, -1], [0, 1.0, -1]]), means)
    expected = stats.f_oneway(*samples, equal_var=False)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


def test_with_unequal_spreads_the_robust_test_holds_its_level_and_the_classic_one_does_not():
    rng = np.random.default_rng(1)
    n, spread = np.array([40, 15, 8, 12, 30, 20]), np.array([0.5, 1, 2.5, 2, 0.7, 1.5])
    group = np.repeat(np.arange(6), n)
    rules = contrasts(np.arange(6), n, (2, 3), "II")
    alarms = dict.fromkeys(rules, 0)
    classic = dict.fromkeys(rules, 0)
    from scipy.special import fdtrc

    for _ in range(400):
        means = group_means(members.Members(np.arange(125), group, rng.normal(0, spread[group]), tuple("abcdef"), -9, 9, 0, 0))
        noise = (means.variance * (n - 1)).sum() / (125 - 6)
        for effect, rule in rules.items():
            difference = rule @ means.mean
            squares = difference @ np.linalg.solve((rule / n) @ rule.T, difference)
            alarms[effect] += wald(rule, means).p_value < 0.05
            classic[effect] += fdtrc(len(rule), 119, squares / len(rule) / noise) < 0.05
    assert all(0.02 < count / 400 < 0.09 for count in alarms.values())
    assert all(count / 400 > 0.12 for count in classic.values())


def test_an_interaction_is_told_and_none_is_not_invented():
    assert compared(data(seed=3, interaction=4.0)).depends
    plain = compared(data(seed=3))
    assert not plain.depends and plain.method == "robust" and plain.note is None


def test_adjusted_means_take_the_mix_of_the_other_grouping_off():
    # The groups differ only because one of them has more of the unhappy.
    rows = [("x", "u", 2.0)] * 30 + [("x", "v", 4.0)] * 10 + [("y", "u", 2.0)] * 10 + [("y", "v", 4.0)] * 30
    frame = pd.DataFrame(rows, columns=["a", "b", "y"])
    frame["y"] += np.tile([-0.5, 0.5], 40)
    found = compared(frame)
    first = found.adjusted[found.adjusted["factor"] == "first"].set_index("group")
    assert first["mean"].tolist() == [2.5, 3.5]
    assert first["adjusted"].to_numpy() == pytest.approx([3, 3])
    effects = found.effects.set_index("effect")
    assert not effects.loc["first", "different"] and effects.loc["second", "different"]
    assert effects.loc["first", "partial_eta_squared"] < 1e-9


def test_cells_too_small_to_know_their_spread_leave_the_classic_way():
    frame = pd.DataFrame({"a": list("xxyyxxyy"), "b": list("uvuvuvuv"), "y": [1.0, 2, 3, 5, 2, 4, 3, 4]})
    found = compared(frame)
    assert found.method == "classic" and "equally spread" in found.note and found.thin == 4
    assert found.effects["p_value"].notna().all()


def test_too_little_is_said():
    with pytest.raises(NotEnoughData, match="there are 1 and 3"):
        compared(data().assign(a="x"))
    with pytest.raises(NotEnoughData, match="same score"):
        compared(data().assign(y=3.0))
    with pytest.raises(InvalidInput, match="choose one of"):
        compared(data(), squares="IV")
