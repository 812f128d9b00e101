"""Is drift told where there is some, and nothing where there is none?"""

import json

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.drift import drift, profile
from crm.analytics.prediction.drift.comparing import psi
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.known_models import KnownModel, bent, outcomes, table

MODEL = KnownModel(table(1).columns, bent)


def kept(n=3000, *, seed=0):
    frame = table(n, seed=seed)
    return profile(frame, MODEL.probability(frame))


def compared(frame, before=None, **others):
    return drift(before or kept(), frame, MODEL.probability(frame), **others)


def test_a_profile_is_plain_json_and_small():
    found = kept()
    assert json.loads(json.dumps(found)) == found
    assert len(json.dumps(found)) < 5000
    for part in [*found["columns"].values(), found["score"]]:
        assert sum(part["shares"]) == pytest.approx(1, abs=1e-4)


def test_the_index_is_that_of_the_formula():
    before, now = np.array([500, 300, 200]), np.array([300, 300, 400])
    p, q = before / 1000, now / 1000
    by_hand = sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True))
    assert psi(before * 1000, now * 1000) == pytest.approx(by_hand, rel=1e-4)
    assert np.isfinite(psi(np.array([10, 0]), np.array([0, 10])))


def test_rows_of_the_same_kind_are_stable_large_or_small():
    for n, seed in ((3000, 5), (300, 6), (40, 7)):
        found = compared(table(n, seed=seed))
        assert found.verdict == "stable" and found.because is None and found.moved_most is None
        assert (found.columns["verdict"] == "stable").all()


def test_few_rows_reach_the_usual_limit_by_chance_alone_and_are_not_accused():
    alarms, beyond = 0, 0
    for seed in range(40):
        found = compared(table(30, seed=100 + seed), before=kept(200))
        alarms += found.verdict != "stable"
        beyond += found.columns["psi"].max() > 0.1
    assert beyond > 26  # the usual reading would have accused most of them
    assert alarms <= 6


def test_a_column_that_has_moved_is_named():
    moved = table(1500, seed=3)
    moved["days"] = moved["days"] * 3
    found = compared(moved)
    assert found.moved_most == "days"
    assert found.columns.iloc[0][["column", "verdict"]].tolist() == ["days", "moved"]
    assert found.verdict == "moved" and found.because == "score"
    assert (found.columns["verdict"].iloc[1:] == "stable").all()
    assert found.expected_now > found.expected_before + 0.1


def test_a_column_that_moves_without_the_scores_is_a_reason_to_watch():
    blind = KnownModel(MODEL.columns, lambda rows: 0.02 * rows["days"] - 1)
    frame, later = table(3000), table(1500, seed=3)
    later["orders"] = later["orders"] + 3
    found = drift(profile(frame, blind.probability(frame)), later, blind.probability(later))
    assert (found.verdict, found.because, found.moved_most) == ("watch", "columns", "orders")
    assert found.score_verdict == "stable"


def test_new_words_missing_values_and_a_constant_that_changes_are_told():
    before = table(2000).assign(same=1.0)
    later = table(1000, seed=1).assign(same=2.0)
    later["plan"] = pd.Series(np.where(np.arange(1000) % 2, "lifetime", later["plan"]), dtype="str")
    later["score"] = np.nan
    found = drift(profile(before, MODEL.probability(before)), later, MODEL.probability(later)).columns.set_index("column")
    assert found.loc["plan", "verdict"] == "moved" and found.loc["plan", "new_share"] > 0.4
    assert found.loc["score", "verdict"] == "moved" and found.loc["score", "missing_now"] == 1
    assert found.loc["same", "verdict"] == "moved"
    assert found.loc["days", "verdict"] == "stable"


def test_a_column_that_is_gone_or_of_another_kind_comes_first():
    later = table(500, seed=1)
    later = later.assign(days=later["days"].astype(str)).drop(columns="orders")
    found = drift(kept(), later, np.full(500, 0.5))
    assert set(found.columns["verdict"].iloc[:2]) == {"gone", "other kind"}


def test_as_many_as_expected_is_as_expected():
    later = table(1500, seed=9)
    found = compared(later, outcomes=outcomes(MODEL, later))
    since = found.outcomes
    assert since.verdict == "as_expected" and found.verdict == "stable"
    assert since.low <= since.expected <= since.high
    assert since.calibration_error <= since.calibration_by_chance
    assert since.auc_low < since.roc_auc < since.auc_high


def test_more_than_expected_is_told_and_is_a_reason_to_train_again():
    later = table(1500, seed=9)
    shifted = KnownModel(MODEL.columns, lambda rows: bent(rows) + 1)
    found = compared(later, outcomes=outcomes(shifted, later))
    assert found.outcomes.verdict == "more" and (found.verdict, found.because) == ("moved", "outcomes")
    fewer = KnownModel(MODEL.columns, lambda rows: bent(rows) - 1)
    assert compared(later, outcomes=outcomes(fewer, later)).outcomes.verdict == "fewer"


def test_a_right_share_with_wrong_chances_is_uneven():
    later = table(4000, seed=9)
    unsure = KnownModel(MODEL.columns, lambda rows: 0 * bent(rows) + np.log(1 / (1 / MODEL.probability(later).mean() - 1)))
    found = compared(later, outcomes=outcomes(unsure, later))
    assert found.outcomes.verdict == "uneven" and found.outcomes.roc_auc == pytest.approx(0.5, abs=0.05)
    assert found.verdict == "moved"


def test_outcomes_that_are_not_known_yet_do_not_count():
    later = table(1500, seed=9)
    came = outcomes(MODEL, later).astype(float)
    came[100:] = np.nan
    found = compared(later, outcomes=came)
    assert found.outcomes.known == 100
    assert compared(later, outcomes=np.full(1500, np.nan)).outcomes is None
    came[20:] = np.nan
    assert compared(later, outcomes=came).outcomes.verdict == "too_few"


def test_scores_that_moved_rightly_are_a_reason_to_watch_only():
    later = table(1500, seed=9)
    later["days"] = later["days"] * 3
    found = compared(later, outcomes=outcomes(MODEL, later))
    assert found.score_verdict == "moved" and found.outcomes.verdict == "as_expected" and found.verdict == "watch"


def test_rows_of_one_customer_are_one_witness():
    before, later = kept(200), pd.concat([table(30, seed=114)] * 50, ignore_index=True)
    alone = compared(later, before=before)
    grouped = compared(later, before=before, groups=np.tile(np.arange(30), 50))
    assert (grouped.columns["by_chance"] > 2 * alone.columns["by_chance"]).all()


def test_the_same_answer_twice_whatever_the_sequence_of_the_rows():
    later = table(300, seed=2)
    first, second = compared(later), compared(later.iloc[::-1])
    pd.testing.assert_frame_equal(first.columns, second.columns)
    assert first.score_psi == second.score_psi


def test_nobody_and_unequal_lengths_are_told():
    with pytest.raises(NotEnoughData):
        profile(table(0), np.array([]))
    with pytest.raises(NotEnoughData):
        drift(kept(), table(0), np.array([]))
    with pytest.raises(InvalidInput, match="equally many"):
        drift(kept(), table(5), np.zeros(4))
