"""Judging: every metric beside scikit-learn's, and intervals that know whose rows are whose."""

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from crm.analytics.prediction import evaluation
from crm.analytics.prediction.evaluation import calibration_table, difference, gain_table, judge, usual_threshold
from crm.errors import InvalidInput


def rows(*, n_groups: int = 150, rows_a_group: int = 2, seed: int = 0, decimals: int | None = None, base: float = -0.3):
    """(target, probability, groups): probabilities that hold, rows of a group alike; rounded ones tie."""
    rng = np.random.default_rng(seed)
    margin = base + np.repeat(1.2 * rng.normal(size=n_groups), rows_a_group)
    probability = 1 / (1 + np.exp(-margin - 0.3 * rng.normal(size=len(margin))))
    target = rng.random(len(margin)) < 1 / (1 + np.exp(-margin))
    if decimals is not None:
        probability = probability.round(decimals)
    return target, probability, np.repeat(np.arange(n_groups), rows_a_group)


def judged(target, probability, groups, **other):
    return judge(target, probability, **{"groups": groups, "method": "logistic", "parameters": {},
                                         "learned_base_rate": 0.4, **other})


def by_metric(result, column: str) -> dict:
    return result.metrics.set_index("metric")[column].to_dict()


def naive(target, probability, weight, threshold) -> dict:
    """scikit-learn's figures of weighted rows, and ours that it has not, from their definitions."""
    called = probability >= threshold
    bins = np.minimum((probability * 10).astype(int), 9)
    total = weight.sum()
    gaps = [abs(((probability - target) * weight)[bins == number].sum()) for number in range(10)]
    values = {
        "roc_auc": reference.roc_auc_score(target, probability, sample_weight=weight),
        "pr_auc": reference.average_precision_score(target, probability, sample_weight=weight),
        "brier": reference.brier_score_loss(target, probability, sample_weight=weight),
        "log_loss": reference.log_loss(target, probability, sample_weight=weight, labels=[False, True]),
        "calibration_error": sum(gaps) / total,
        "accuracy": reference.accuracy_score(target, called, sample_weight=weight),
        "precision": reference.precision_score(target, called, sample_weight=weight),
        "recall": reference.recall_score(target, called, sample_weight=weight),
        "f1": reference.f1_score(target, called, sample_weight=weight),
    }
    for name, share in (("found_in_first_30_percent", 0.3), ("lift_first_10_percent", 0.1)):
        # Row by row, ties in proportion: rows above, then the part of the tied ones that is still wanted.
        wanted = share * total
        found = 0.0
        for value in np.unique(probability)[::-1]:
            tied = probability == value
            taken = min(wanted, weight[tied].sum())
            found += taken * (weight * target)[tied].sum() / max(weight[tied].sum(), 1e-300)
            wanted -= taken
        values[name] = found / (weight * target).sum() / (0.1 if name.startswith("lift") else 1)
    return values


@pytest.mark.parametrize("decimals", [None, 2, 1])
def test_every_metric_is_the_one_of_the_reference(decimals):
    target, probability, groups = rows(decimals=decimals)
    result = judged(target, probability, groups)
    expected = naive(target, probability, np.ones(len(target)), result.threshold)
    assert by_metric(result, "value") == pytest.approx(expected, abs=1e-12)
    assert set(expected) == set(evaluation.METRICS)


@pytest.mark.parametrize("decimals", [None, 1])
def test_every_interval_is_the_one_of_resampled_groups(decimals, monkeypatch):
    monkeypatch.setattr(evaluation, "N_BOOTSTRAPS", 25)  # scikit-learn's figures take their time
    target, probability, groups = rows(n_groups=60, decimals=decimals)
    result = judged(target, probability, groups, random_state=4)
    times = evaluation._weights(groups, len(target), random_state=4).times
    resampled = [naive(target, probability, weight[groups], result.threshold) for weight in times]
    for name in evaluation.METRICS:
        low, high = np.quantile([one[name] for one in resampled], [0.025, 0.975])
        if name == "calibration_error":
            value = result.value(name)
            low, high = max(2 * value - high, 0), max(2 * value - low, value)
        row = result.metrics.set_index("metric").loc[name]
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-9), name


def test_rows_in_cells_and_customers_in_bundles_leave_the_intervals_as_wide(monkeypatch):
    target, probability, groups = rows(n_groups=1500, rows_a_group=1)
    monkeypatch.setattr(evaluation, "MAX_CELLS", 10**9)
    exact = judged(target, probability, groups)
    monkeypatch.setattr(evaluation, "MAX_CELLS", 100)
    monkeypatch.setattr(evaluation, "MAX_BUNDLES", 300)
    quick = judged(target, probability, groups)
    for name in ("roc_auc", "pr_auc", "brier", "log_loss", "precision", "f1", "found_in_first_30_percent"):
        ours, theirs = (table.metrics.set_index("metric").loc[name] for table in (quick, exact))
        assert ours["value"] == theirs["value"]
        width = theirs["high"] - theirs["low"]
        assert ours["high"] - ours["low"] == pytest.approx(width, rel=0.3), name  # the noise of 200 resamples
        assert ours["low"] == pytest.approx(theirs["low"], abs=0.25 * width), name


def test_the_interval_of_an_auc_holds_the_truth_in_about_19_of_20_samples():
    truth_target, truth_probability, _ = rows(n_groups=50_000, seed=99)
    truth = evaluation.roc_auc(truth_target, truth_probability)
    held = 0
    for seed in range(40):
        row = judged(*rows(n_groups=150, seed=seed), random_state=seed).metrics.set_index("metric").loc["roc_auc"]
        held += row["low"] <= truth <= row["high"]
    assert held >= 35


def test_rows_of_a_customer_are_drawn_together():
    target, probability, groups = rows(n_groups=200, rows_a_group=1)
    once = judged(target, probability, groups).metrics
    again = judged(*(np.repeat(what, 4) for what in (target, probability, groups))).metrics
    assert np.allclose(once[["value", "low", "high"]], again[["value", "low", "high"]])
    alone = judged(np.repeat(target, 4), np.repeat(probability, 4), np.arange(4 * len(target))).metrics
    width = (alone["high"] - alone["low"]) / (once["high"] - once["low"])
    assert width.iloc[0] == pytest.approx(0.5, abs=0.15)  # as if there were four times as many customers


def test_the_sequence_of_the_rows_changes_nothing():
    target, probability, groups = rows(decimals=2)
    order = np.random.default_rng(1).permutation(len(target))
    first, second = judged(target, probability, groups), judged(target[order], probability[order], groups[order])
    assert np.allclose(first.metrics[["value", "low", "high"]], second.metrics[["value", "low", "high"]], atol=1e-12)
    assert first.threshold == second.threshold


def test_the_callers_arrays_stay_as_they_are():
    target, probability, groups = rows()
    before = target.copy(), probability.copy(), groups.copy()
    judged(target, probability, groups)
    assert all((one == other).all() for one, other in zip((target, probability, groups), before, strict=True))


@pytest.mark.parametrize("outcome", [True, False])
def test_with_one_outcome_only_what_needs_both_is_missing_and_not_zero(outcome):
    _, probability, groups = rows()
    result = judged(np.full(len(probability), outcome), probability, groups)
    assert np.isnan(result.value("roc_auc"))
    assert np.isfinite(result.value("brier"))
    if not outcome:
        for name in ("pr_auc", "recall", "found_in_first_30_percent", "lift_first_10_percent"):
            assert np.isnan(result.value(name)), name
        assert result.gain["found"].isna().all()


def test_where_nobody_is_called_there_is_no_precision():
    target, probability, groups = rows()
    result = judged(target, probability, groups, threshold=1.0)
    assert np.isnan(result.value("precision"))
    assert result.value("recall") == 0
    assert result.threshold == 1.0


def test_with_a_handful_of_customers_no_interval_is_told():
    target, probability, _ = rows()
    result = judged(target, probability, np.arange(len(target)) % 9)
    assert result.metrics["low"].isna().all()
    assert result.metrics["value"].notna().all()
    assert np.isnan(difference(target, probability, probability, groups=np.arange(len(target)) % 9)).all()


def test_a_rule_is_judged_by_its_ranking_alone():
    target, probability, groups = rows()
    score = np.round(100 * probability)
    result = judge(target, None, groups=groups, method="rule", parameters={}, learned_base_rate=0.4, rule_score=score)
    as_model = judge(target, score / 100, groups=groups, method="m", parameters={}, learned_base_rate=0.4)
    for name in ("roc_auc", "pr_auc", "precision", "recall", "f1", "found_in_first_30_percent", "lift_first_10_percent"):
        assert result.metrics.set_index("metric").loc[name].tolist() == pytest.approx(
            as_model.metrics.set_index("metric").loc[name].tolist(), abs=1e-12)
    for name in evaluation.OF_PROBABILITIES:
        assert result.metrics.set_index("metric").loc[name].isna().all()
    assert len(result.calibration) == 0
    assert np.isnan(result.probability).all()
    unknown = judge(target, np.full(len(target), np.nan), groups=groups, method="rule", parameters={}, learned_base_rate=0.4,
                    rule_score=score)
    assert unknown.value("roc_auc") == result.value("roc_auc")


def test_who_has_no_score_in_the_rule_comes_last():
    target, score = np.array([True, False, False]), np.array([np.nan, 1.0, -5.0])
    result = judge(target, None, groups=np.arange(3), method="rule", parameters={}, learned_base_rate=1 / 3, rule_score=score)
    assert result.value("roc_auc") == 0.0


def test_the_usual_threshold_calls_as_many_as_the_learned_share():
    target, probability, groups = rows(n_groups=500)
    result = judged(target, probability, groups, learned_base_rate=0.2)
    assert (probability >= result.threshold).sum() == 200


def test_ties_at_the_threshold_are_called_together_and_told():
    score = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert usual_threshold(score, share=0.4) == evaluation.Threshold(0.5, called=5, wanted=4, tied=4)
    assert usual_threshold(score, share=0.2) == evaluation.Threshold(0.9, called=1, wanted=2, tied=1)
    assert usual_threshold(score, share=0.0).called == 0
    assert usual_threshold(score, share=float("nan")).called == 0
    assert (score >= usual_threshold(score, share=0.0).value).sum() == 0


def test_the_table_of_the_bins_is_the_reliability_curve_of_the_reference():
    target, probability, _ = rows(n_groups=2000)
    table = calibration_table(target, probability)
    observed, predicted = calibration_curve(target, probability, n_bins=10)
    assert np.allclose(table["observed"], observed, atol=1e-12)
    assert np.allclose(table["predicted"], predicted, atol=1e-12)
    assert table["cases"].sum() == len(target)


def test_certain_probabilities_fall_into_the_outer_bins():
    table = calibration_table(np.array([True, False]), np.array([1.0, 0.0]))
    assert table["from_probability"].tolist() == [0.0, 0.9]
    assert judged(np.array([False, True]), np.array([1.0, 1.0]), np.arange(2)).value("log_loss") > 10


def test_gain_and_lift_count_ties_in_proportion():
    table = gain_table(np.array([True, False, True, False]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert np.allclose(table["found"], table["contacted"])
    assert np.isnan(table["lift"].iloc[0])
    assert np.allclose(table["lift"].iloc[1:], 1)
    assert len(table) == 101


def test_the_difference_to_the_rule_is_taken_on_the_same_resamples():
    target, probability, groups = rows(n_groups=400)
    assert difference(target, probability, probability * 7 - 3, groups=groups) == pytest.approx((0, 0), abs=1e-12)
    noise = np.clip(probability + 0.05 * np.random.default_rng(0).normal(size=len(target)), 0, 1)
    low, high = difference(target, probability, noise, groups=groups)
    row = judged(target, probability, groups).metrics.set_index("metric").loc["roc_auc"]
    assert high - low < 0.5 * (row["high"] - row["low"])
    assert low <= evaluation.roc_auc(target, probability) - evaluation.roc_auc(target, noise) <= high
    turned = difference(target, noise, probability, groups=groups)
    assert turned == pytest.approx((-high, -low), abs=1e-12)


def test_a_model_that_knows_more_beats_the_rule_and_one_that_guesses_does_not():
    target, probability, groups = rows(n_groups=600)
    guess = np.random.default_rng(3).random(len(target))
    assert difference(target, probability, guess, groups=groups)[0] > 0.1
    low, high = difference(target, guess, np.random.default_rng(5).random(len(target)), groups=groups)
    assert low < 0 < high


@pytest.mark.parametrize(("target", "probability", "groups", "sentence"), [
    ([], [], [], "no rows to judge"),
    ([True, False], [0.5], [1, 2], "1 probabilities for 2 outcomes"),
    ([True, False], [0.5, 1.5], [1, 2], "between 0 and 1"),
    ([True, False], [0.5, np.nan], [1, 2], "at least one is missing"),
    ([True, False], [0.5, 0.2], [1], "1 groups for 2 rows"),
    ([True, False], [np.nan, np.nan], [1, 2], "give the score"),
])
def test_what_cannot_be_judged_is_told(target, probability, groups, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        judged(np.array(target, dtype=bool), np.array(probability, dtype=float), np.array(groups))
