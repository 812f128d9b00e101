"""Are a case's reasons what each column truly adds?"""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import METHODS, Rows, fit
from crm.analytics.prediction.reasons import compared_with, contributions, pooled, reasons
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.known_models import KnownModel, bent, outcomes, table

FOUR = ["days", "orders", "score", "has_returned"]


def four_columns(frame):
    return bent(frame.assign(plan=pd.Series("year", index=frame.index, dtype="str")))


def exact(model, case, others):
    """Shapley values by every sequence of the columns against every other row (Shapley 1953)."""
    found = np.zeros(len(model.columns))
    for sequence in permutations(range(len(model.columns))):
        now = others.copy()
        said = model.log_odds(now).mean()
        for place in sequence:
            column = model.columns[place]
            now[column] = pd.Series([case[column].iloc[0]] * len(now), dtype=now[column].dtype)
            then = model.log_odds(now).mean()
            found[place] += then - said
            said = then
    return found / 24


@pytest.fixture(scope="module")
def answers():
    frame = table(400)
    model = KnownModel(frame.columns, bent)
    return model, frame, contributions(model, frame.head(60), frame)


def test_contributions_add_up_to_what_the_model_says(answers):
    model, frame, found = answers
    others = compared_with(model, frame)
    wanted = model.log_odds(frame.head(60)) - model.log_odds(others).mean()
    assert found.shape == (60, 5)
    np.testing.assert_allclose(found.sum(axis=1), wanted, atol=1e-9)


def test_contributions_are_the_shapley_values():
    frame = table(60)
    model = KnownModel(FOUR, four_columns)
    others = frame[FOUR].iloc[10:50].reset_index(drop=True)
    for place in range(4):
        case = frame.iloc[[place]]
        close = contributions(model, case, others, rounds=200)[0]
        np.testing.assert_allclose(close, exact(model, case, others), atol=0.02)
        np.testing.assert_allclose(contributions(model, case, others)[0], exact(model, case, others), atol=0.12)


def test_a_sum_of_columns_is_taken_apart_exactly():
    frame = table(300)
    model = KnownModel(["days", "orders"], lambda rows: 0.02 * rows["days"] - 0.3 * rows["orders"])
    found = contributions(model, frame, frame, n_compared=300)
    np.testing.assert_allclose(found[:, 0], 0.02 * (frame["days"] - frame["days"].mean()), atol=1e-9)
    np.testing.assert_allclose(found[:, 1], -0.3 * (frame["orders"] - frame["orders"].mean()), atol=1e-9)


def test_a_column_that_the_model_ignores_adds_nothing(answers):
    model = KnownModel([*answers[0].columns, "noise"], bent)
    frame = answers[1].assign(noise=np.arange(400.0))
    assert np.abs(contributions(model, frame.head(20), frame)[:, 5]).max() < 1e-12


def test_a_linear_model_answers_by_its_own_contributions():
    frame = table(200)
    model = KnownModel(["days", "orders"], lambda rows: 0.02 * rows["days"] - 0.3 * rows["orders"] + 1)
    model.contributions = lambda rows: np.column_stack([0.02 * rows["days"], -0.3 * rows["orders"]])
    model.rows_asked = 0
    found = contributions(model, frame, frame)
    assert model.rows_asked <= 600  # the rows and those compared with, none between
    others = compared_with(model, frame)
    np.testing.assert_allclose(found[:, 0], 0.02 * (frame["days"] - others["days"].mean()), atol=1e-12)


def test_own_contributions_that_do_not_add_up_are_not_believed(answers):
    model, frame, found = answers
    model = KnownModel(model.columns, bent)
    model.contributions = lambda rows: np.ones((len(rows), 5))
    np.testing.assert_allclose(contributions(model, frame.head(60), frame), found, atol=1e-12)


def test_the_same_case_alone_and_in_a_list_has_nearly_the_same_reasons(answers):
    model, frame, found = answers
    alone = np.vstack([contributions(model, frame.iloc[[place]], frame)[0] for place in range(5)])
    np.testing.assert_allclose(alone.sum(axis=1), found[:5].sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(alone, found[:5], atol=0.12)


def test_what_is_equal_is_not_asked_again(answers):
    model, frame, _ = answers
    model.rows_asked = 0
    contributions(model, frame.head(100), frame)
    assert model.rows_asked < 100 * 100 * 4 + 1000


def test_a_case_like_all_others_has_no_reasons():
    frame = pd.concat([table(1)] * 5, ignore_index=True)
    assert np.abs(contributions(KnownModel(frame.columns, bent), frame, frame)).max() == 0


def test_the_compared_have_the_score_of_all():
    frame = table(20_000)
    model = KnownModel(frame.columns, bent)
    some = compared_with(model, frame)
    assert len(some) == 100
    assert model.log_odds(some).mean() == pytest.approx(model.log_odds(frame).mean(), abs=0.02)


def test_certainty_beyond_numbers_does_not_spoil_the_reasons():
    frame = table(50)
    model = KnownModel(["days", "orders"], lambda rows: np.where(rows["days"] > 60, np.inf, -np.inf) + 0 * rows["orders"])
    assert np.isfinite(contributions(model, frame, frame)).all()


def test_the_same_answer_twice_and_in_any_sequence_of_cases(answers):
    model, frame, found = answers
    np.testing.assert_array_equal(contributions(model, frame.head(60), frame), found)
    np.testing.assert_array_equal(contributions(model, frame.head(60).iloc[::-1], frame), found[::-1])


def test_columns_and_people_that_are_missing_are_told(answers):
    model, frame, _ = answers
    with pytest.raises(InvalidInput, match="“plan” is missing"):
        contributions(model, frame.drop(columns="plan"), frame)
    with pytest.raises(NotEnoughData, match="nobody"):
        contributions(model, frame, frame.head(0))


def test_reasons_are_the_strongest_with_their_direction_and_none_that_is_weak():
    added = np.array([[0.5, -0.9, 0.05, 0.2], [0.0, 0.01, -0.02, 0.09]])
    found = reasons(added, ("days", "orders", "age", "score"))
    assert found.iloc[0].tolist() == ["lowers:orders", "raises:days", "raises:score"]
    assert found.iloc[1].tolist() == [None, None, None]
    assert reasons(added, ("days", "orders", "age", "score"), n=6, minimum=0.0).shape == (2, 6)


def test_twins_are_one_reason_in_the_direction_of_their_sum():
    added = np.array([[0.9, -0.4, 0.2], [-0.3, 0.9, 0.2], [-0.5, -0.6, 0.0], [0.5, -0.5, 0.2]])
    found = reasons(added, ("tenure", "bills", "age"), together=[("tenure", "bills")])
    assert found["reason_1"].tolist() == ["raises:tenure", "raises:bills", "lowers:bills", "raises:age"]
    assert found["reason_2"].tolist() == ["raises:age", "raises:age", None, None]
    np.testing.assert_allclose(pooled(added, ("tenure", "bills", "age"), together=[("tenure", "bills")]).sum(axis=1),
                               added.sum(axis=1))


@pytest.mark.parametrize("method", [method for method in METHODS if method != "rule"])
def test_every_models_answer_is_taken_apart(method):
    frame = table(900)
    model = fit(Rows(frame, outcomes(KnownModel(frame.columns, bent), frame), np.arange(900)), method=method)
    found = contributions(model, frame.head(30), frame)
    wanted = model.log_odds(frame.head(30)) - model.log_odds(compared_with(model, frame)).mean()
    np.testing.assert_allclose(found.sum(axis=1), wanted, atol=1e-9)
    long_silence = np.argsort(-frame["days"].head(30).to_numpy())[:3]
    assert (found[long_silence, 0] > 0).all()  # what raises the truth raises what was learned


def test_a_linear_models_exact_answer_is_the_one_that_sampling_comes_to():
    frame = table(900)
    model = fit(Rows(frame, outcomes(KnownModel(frame.columns, bent), frame), np.arange(900)), method="logistic")
    sampled = KnownModel(model.columns, model.log_odds)
    np.testing.assert_allclose(contributions(model, frame.head(30), frame), contributions(sampled, frame.head(30), frame), atol=1e-9)


def test_the_rule_knows_no_reasons():
    model = fit(Rows(table(50), np.arange(50) % 2 == 0, np.arange(50)), method="rule", parameters={"column": "days"})
    assert np.abs(contributions(model, table(5), table(50))).max() == 0
