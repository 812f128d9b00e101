"""Is a what-if told with its cases and its doubt, and do the facts that matter come first?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.bayes_net import State, learn, query, single_facts, strengths


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    n = 6000
    complained, ignored = rng.random(n) < 0.2, rng.random(n) < 0.1
    leaves = rng.random(n) < 0.2 + 0.3 * complained + 0.2 * (complained & ignored)
    return pd.DataFrame({"leaves": leaves, "complained": complained, "ignored": ignored, "shoe_size": rng.integers(36, 46, n)})


@pytest.fixture(scope="module")
def network(frame):
    return learn(frame, "leaves")


def test_a_fact_moves_the_chance_to_what_past_cases_show(frame, network):
    answer = query(network, "leaves", {"complained": True})
    chance, low, high = answer.of(True)
    assert chance == pytest.approx(frame.loc[frame["complained"], "leaves"].mean(), abs=0.01)
    assert low < chance < high and high - low < 0.1
    assert answer.given == {"complained": State("yes")}


def test_the_cases_that_fit_are_counted(frame, network):
    answer = query(network, "leaves", {"complained": True, "ignored": True})
    fits = frame[frame["complained"] & frame["ignored"]]
    assert answer.cases == len(fits) and answer.is_seen
    assert answer.cases_by_state.tolist() == [(~fits["leaves"]).sum(), fits["leaves"].sum()]


def test_a_case_that_was_never_seen_is_flagged():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"leaves": rng.random(400) < 0.5})
    frame["kind"] = np.where(frame["leaves"], "a", "b")
    frame.loc[:40, "kind"] = "a"
    frame["late"] = (frame["kind"] == "a") & (rng.random(400) < 0.5)
    answer = query(learn(frame, "leaves"), "leaves", {"kind": "b", "late": True})
    assert answer.cases == 0 and answer.is_seen is False
    assert 0 < answer.of(True)[0] < 1


def test_without_facts_the_chance_is_the_share_of_the_past(frame, network):
    assert query(network, "leaves").of(True)[0] == pytest.approx(frame["leaves"].mean(), abs=2e-3)


def test_the_interval_narrows_with_more_rows_and_covers_the_truth():
    rng = np.random.default_rng(2)
    widths, covered = [], 0
    for n in (100, 5000):
        for _ in range(20):
            leaves = rng.random(n) < 0.3
            frame = pd.DataFrame({"leaves": leaves, "late": rng.random(n) < np.where(leaves, 0.6, 0.2)})
            _, low, high = query(learn(frame, "leaves"), "leaves", {"late": True}).of(True)
            covered += low <= 0.18 / (0.18 + 0.14) <= high
        widths.append(high - low)
    assert widths[1] < widths[0] / 4
    assert covered >= 34  # of 40; 38 are expected


def test_the_same_interval_twice(network):
    first, again = (query(network, "leaves", {"ignored": True}, random_state=3) for _ in range(2))
    assert np.array_equal(first.low, again.low) and np.array_equal(first.high, again.high)


def test_the_facts_that_change_most_come_first(network, frame):
    table = single_facts(network, "leaves", True)
    assert table["column"].iloc[0] == "complained" and table["state"].iloc[0] == State("yes")
    assert table["cases"].iloc[0] == frame["complained"].sum()
    assert table["change"].abs().is_monotonic_decreasing
    assert not set(table["column"]) & {"leaves"}
    assert "complained" not in set(single_facts(network, "leaves", True, {"complained": True})["column"])


def test_the_strength_of_an_arrow_is_what_it_tells(network, asia):
    table = strengths(network).set_index(["above", "child"])
    assert table.loc[("leaves", "complained"), "bits"] > 0.02
    assert ((table["share"] >= 0) & (table["share"] <= 1)).all()
    told = strengths(asia).set_index(["above", "child"])["bits"]
    # Smoking and bronchitis: 0.5 * (H(.45) - (H(.6) + H(.3)) / 2), by hand.
    assert told[("smoking", "bronchitis")] == pytest.approx(0.9927745 - (0.9709506 + 0.8812909) / 2, abs=1e-6)
    assert len(told) == 8
