"""Does a change bring with it what follows from it, and are the columns offered that move the answer?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.what_if import CUSTOMERS, changed, controls, curve, what_if
from crm.errors import InvalidInput
from tests.analytics.prediction.known_models import KnownModel, bent, table


def customer(**others) -> pd.DataFrame:
    """One row of snapshots' columns that do not contradict each other."""
    row = {"days_silent": 30.0, "frequency": 5.0, "purchase_days": 5.0, "tenure_days": 150.0, "mean_gap_days": 30.0,
           "gap_spread": 0.4, "silence_ratio": 1.0, "longest_silence_ratio": 0.5, "monetary": 500.0, "average_order": 100.0,
           "last_order": 80.0, "recent_orders": 3.0, "earlier_orders": 2.0, "trend": 0.2, "recent_monetary": 300.0,
           "returned_share": 0.1, "has_returned": True, "complaints_open": 1.0, "complaints_recent": 2.0,
           "days_since_complaint": 40.0, "unanswered_3_days": 1.0, "first_answer_hours": 12.0, "satisfaction_last": 0.25,
           "satisfaction_mean": 0.5, "satisfaction_known": True}
    return pd.DataFrame([row | others])


def after(changes: dict, **others) -> dict:
    return changed(customer(**others), changes, rules=CUSTOMERS).iloc[0].to_dict()


def test_a_longer_silence_is_more_of_the_own_gaps_and_empties_the_quarters():
    then = after({"days_silent": 120})
    assert (then["silence_ratio"], then["longest_silence_ratio"]) == (4.0, 2.0)
    assert then["tenure_days"] == 240 and then["mean_gap_days"] == 30
    assert (then["recent_orders"], then["earlier_orders"], then["trend"], then["recent_monetary"]) == (0, 3, -1, 0)
    long_ago = after({"days_silent": 200})
    assert (long_ago["recent_orders"], long_ago["earlier_orders"]) == (0, 0) and np.isnan(long_ago["trend"])


def test_who_ordered_lately_has_an_order_in_the_last_quarter():
    then = after({"days_silent": 5}, days_silent=120.0, silence_ratio=4.0, recent_orders=0.0, earlier_orders=2.0, trend=-1.0,
                 recent_monetary=0.0)
    assert (then["recent_orders"], then["recent_monetary"], then["trend"]) == (1, 100, -1 / 3)
    assert then["silence_ratio"] == pytest.approx(5 / 30)


def test_more_orders_are_more_spend_and_a_shorter_gap():
    then = after({"frequency": 7})
    assert (then["purchase_days"], then["monetary"], then["average_order"]) == (7, 700, 100)
    assert then["mean_gap_days"] == 20 and then["silence_ratio"] == 1.5
    assert after({"average_order": 40})["monetary"] == 200
    assert after({"monetary": 1000})["average_order"] == 200


def test_who_never_had_two_days_with_orders_still_has_no_rhythm():
    once = {"frequency": 1.0, "purchase_days": 1.0, "tenure_days": 30.0, "mean_gap_days": np.nan, "silence_ratio": np.nan,
            "longest_silence_ratio": np.nan, "gap_spread": np.nan}
    later = after({"days_silent": 90}, **once)
    assert np.isnan(later["silence_ratio"]) and np.isnan(later["longest_silence_ratio"]) and later["tenure_days"] == 90
    assert np.isnan(after({"frequency": 3}, **once)["mean_gap_days"])


def test_scores_complaints_and_returns_go_with_what_says_that_there_are_any():
    nothing = after({"satisfaction_last": None})
    assert np.isnan(nothing["satisfaction_mean"]) and not nothing["satisfaction_known"]
    first = after({"satisfaction_last": 0.75}, satisfaction_last=np.nan, satisfaction_mean=np.nan, satisfaction_known=False)
    assert first["satisfaction_known"] and first["satisfaction_mean"] == 0.75
    assert np.isnan(after({"satisfaction_known": False})["satisfaction_last"])
    assert np.isnan(after({"complaints_recent": 0})["days_since_complaint"])
    assert after({"complaints_recent": 1}, days_since_complaint=np.nan, complaints_recent=0.0)["days_since_complaint"] == 90
    assert after({"days_since_complaint": 300})["complaints_recent"] == 0
    assert not after({"returned_share": 0})["has_returned"]
    assert after({"has_returned": False})["returned_share"] == 0


def test_what_is_given_is_never_overruled_and_no_change_changes_nothing():
    then = after({"days_silent": 120, "silence_ratio": 9})
    assert then["silence_ratio"] == 9
    pd.testing.assert_frame_equal(changed(customer(), {}, rules=CUSTOMERS), customer())
    same = {"days_silent": 30.0, "frequency": 5.0, "satisfaction_last": 0.25, "complaints_recent": 2.0, "returned_share": 0.1}
    pd.testing.assert_frame_equal(changed(customer(), same, rules=CUSTOMERS), customer())


def test_columns_that_are_not_there_do_not_matter():
    few = customer()[["days_silent", "silence_ratio", "has_returned"]]
    then = changed(few, {"days_silent": 60}, rules=CUSTOMERS)
    assert then.to_dict("records") == [{"days_silent": 60.0, "silence_ratio": 2.0, "has_returned": True}]


def test_kinds_of_columns_stay_and_the_row_too():
    frame = table(1)
    before = frame.copy()
    then = changed(frame, {"plan": None, "has_returned": 1, "days": 5, "score": None})
    assert then.dtypes.to_dict() == frame.dtypes.to_dict()
    assert then["plan"].isna().all() and bool(then["has_returned"].iloc[0]) is True
    pd.testing.assert_frame_equal(frame, before)


def test_changes_that_cannot_be_made_are_told():
    with pytest.raises(InvalidInput, match="no column “age”"):
        changed(table(1), {"age": 3})
    with pytest.raises(InvalidInput, match="“days” holds numbers; “many” is none"):
        changed(table(1), {"days": "many"})
    with pytest.raises(InvalidInput, match="not 2"):
        changed(table(2), {})


def test_the_answer_is_the_models_own_for_such_a_row():
    frame = table(50)
    model = KnownModel(frame.columns, bent)
    row = frame.iloc[[3]]
    assert what_if(model, row, {}) == pytest.approx(model.probability(row)[0])
    other = row.assign(days=200.0, plan=pd.Series(["month"], index=row.index, dtype="str"))
    assert what_if(model, row, {"days": 200, "plan": "month"}) == pytest.approx(model.probability(other)[0])


def test_a_curve_goes_through_the_row_as_it_is_with_the_other_changes_made():
    frame = table(50)
    model = KnownModel(frame.columns, bent)
    row = frame.iloc[[3]]
    own = float(row["days"].iloc[0])
    line = curve(model, row, "days", [0, own, 500])
    assert line["probability"].iloc[1] == pytest.approx(model.probability(row)[0])
    assert line["probability"].is_monotonic_increasing
    moved = curve(model, row, "days", [own], changes={"plan": "month"})
    assert moved["probability"].iloc[0] == pytest.approx(what_if(model, row, {"plan": "month"}))


def test_what_moves_the_answer_most_is_offered_first_within_what_is_usual():
    frame = table(1000)
    model = KnownModel([*frame.columns, "noise"], bent)
    frame = frame.assign(noise=1.0 * np.arange(1000))
    row = frame.iloc[[3]]
    found = controls(model, row, frame)
    assert "noise" not in [control.column for control in found]
    swings = [control.swing for control in found]
    assert found[0].column == "days" and swings == sorted(swings, reverse=True)
    days = found[0]
    low, high = frame["days"].quantile([0.05, 0.95])
    assert days.low <= min(low, days.own) and days.high >= max(high, days.own) and days.high <= 1.1 * max(high, days.own)
    by_column = {control.column: control for control in found}
    assert by_column["plan"].options == tuple(frame["plan"].value_counts().index)
    assert by_column["score"].may_be_missing and not days.may_be_missing


def test_at_most_five_are_offered_and_none_where_nothing_matters():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(200, 8)), columns=[f"c{place}" for place in range(8)])
    assert len(controls(KnownModel(frame.columns, lambda rows: rows.sum(axis=1)), frame.iloc[[0]], frame)) == 5
    assert controls(KnownModel(frame.columns, lambda rows: np.zeros(len(rows))), frame.iloc[[0]], frame) == ()


def test_the_own_value_is_within_reach_where_it_is_unusual():
    frame = table(500)
    model = KnownModel(["days"], lambda rows: 0.02 * rows["days"])
    control = controls(model, frame.head(1).assign(days=5000.0), frame)[0]
    assert control.high >= 5000 and 5000.0 in control.values(20)


def test_what_follows_from_another_column_is_not_offered_beside_it():
    frame = pd.concat([customer(days_silent=float(days), silence_ratio=days / 30) for days in range(0, 300, 10)],
                      ignore_index=True)
    both = KnownModel(["days_silent", "silence_ratio"], lambda rows: rows["silence_ratio"] + 0.001 * rows["days_silent"])
    assert [control.column for control in controls(both, customer(), frame, rules=CUSTOMERS)] == ["days_silent"]
    alone = KnownModel(["silence_ratio"], lambda rows: rows["silence_ratio"])
    assert [control.column for control in controls(alone, customer(), frame, rules=CUSTOMERS)] == ["silence_ratio"]
    # A longer silence moves the answer by its ratio, too: it follows.
    assert what_if(both, customer(), {"days_silent": 90.0}, rules=CUSTOMERS) == pytest.approx(1 / (1 + np.exp(-3.09)))


def test_a_constant_or_empty_column_is_not_offered():
    frame = table(100).assign(same=3.0, empty=np.nan)
    model = KnownModel([*frame.columns], lambda rows: rows["same"] + rows["days"] / 100)
    assert [control.column for control in controls(model, frame.head(1), frame)] == ["days"]
