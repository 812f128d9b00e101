"""Ending: who is there at a cutoff, who ends in the days after it, and is an end that lies ahead kept out?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import snapshots
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, orders_frame
from tests.analytics.snapshots.service_records import ticket, tickets_frame

LABEL = "custom.Contract ended"
HORIZON = 90


def day(days_ago: float) -> np.datetime64:
    return np.datetime64(AS_OF, "us") - np.timedelta64(int(days_ago), "D")


@pytest.fixture(scope="module")
def fields() -> pd.DataFrame:
    """900 members over three years, half of whom have ended; those in the north end four times as soon."""
    rng = np.random.default_rng(4)
    begun = rng.integers(200, 1_095, 900)
    north = rng.random(900) < 0.5
    ended = begun - rng.exponential(np.where(north, 300, 1_200)).astype(int)
    return pd.DataFrame({
        "customer_id": np.arange(1, 901),
        "since_on": day(0) - begun.astype("timedelta64[D]"),
        "region": pd.Series(np.where(north, "North", "South"), dtype="str"),
        "stage": pd.Series(np.where(ended >= 0, "former", "customer"), dtype="str"),
        "birth_year": rng.integers(1940, 2000, 900).astype(float),
        "custom.Seats": rng.integers(1, 9, 900).astype(float),
        LABEL: np.where(ended >= 0, day(0) - ended.astype("timedelta64[D]"), np.datetime64("NaT")),
    })


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return orders_frame([(customer, days_ago, 10.0 + customer % 7) for customer in range(1, 450)
                         for days_ago in range(10 + customer % 60, 700, 40 + customer)])


def ending(fields, orders, **choices) -> snapshots.Windows:
    return snapshots.ending(fields, orders, **{"as_of": AS_OF, "horizon_days": HORIZON, "label": LABEL, **choices})


@pytest.fixture(scope="module")
def found(fields, orders) -> snapshots.Windows:
    return ending(fields, orders)


def same(one: snapshots.Windows, other: snapshots.Windows, parts=("train", "test", "refit")) -> None:
    for part in parts:
        pd.testing.assert_frame_equal(getattr(one, part).frame, getattr(other, part).frame, check_exact=True)
        np.testing.assert_array_equal(getattr(one, part).target, getattr(other, part).target)


def test_who_had_begun_and_not_ended_is_there(fields, orders, found):
    for window in (found.train, found.test, found.refit):
        rows = window.frame.merge(fields[["customer_id", LABEL]], on="customer_id", validate="many_to_one")
        assert (rows["known_days"] >= 0).all() and not (rows[LABEL] <= rows["cutoff"]).any()
        np.testing.assert_array_equal(window.target, rows[LABEL] <= rows["cutoff"] + pd.Timedelta(days=HORIZON))
    begun_before = fields["since_on"] <= np.datetime64(found.test_cutoff)
    still_there = ~(fields[LABEL] <= np.datetime64(found.test_cutoff))
    assert set(found.test.frame["customer_id"]) == set(fields.loc[begun_before & still_there, "customer_id"])
    assert found.target == "ends" and found.rule is None and found.test.target.dtype == bool


def test_now_holds_everybody_and_says_who_has_ended(fields, found):
    gone = found.now.set_index("customer_id")["is_gone"]
    assert len(gone) == 900
    np.testing.assert_array_equal(gone.to_numpy(), fields[LABEL].notna().to_numpy())


def test_beginnings_and_ends_are_counted_by_hand(fields, orders):
    by_hand = pd.DataFrame({
        "customer_id": [9_001, 9_002, 9_003, 9_004, 9_005], "since_on": [day(300), day(300), np.datetime64("NaT"), np.datetime64("NaT"), day(40)],
        "region": "South", "stage": "customer", "birth_year": np.nan, "custom.Seats": 1.0,
        LABEL: [day(90), day(89), day(0), day(-1), np.datetime64("NaT")]})
    bought = orders_frame([(9_003, 500, 9.0), (9_001, 400, 9.0)]).assign(order_id=[90_001, 90_002])
    windows = ending(pd.concat([fields, by_hand], ignore_index=True), pd.concat([orders, bought], ignore_index=True))
    rows = windows.test.frame.assign(target=windows.test.target).set_index("customer_id")
    assert not {9_001, 9_005} & set(rows.index), "9001 ended on the cutoff's day, 9005 had not begun"
    assert rows.loc[[9_002, 9_003, 9_004], "target"].tolist() == [True, True, False]
    assert rows.loc[[9_002, 9_003], "known_days"].tolist() == [210, 410] and np.isnan(rows.loc[9_004, "known_days"])
    now = windows.now.set_index("customer_id")
    assert now.loc[[9_001, 9_004], "known_days"].tolist()[0] == 400 and not now.loc[9_004, "is_gone"]


def test_an_end_that_lies_ahead_is_not_known(fields, orders, found):
    ahead = fields.assign(**{LABEL: fields[LABEL].fillna(pd.Timestamp(day(-40)))})
    again = ending(ahead, orders)
    same(found, again)
    pd.testing.assert_frame_equal(found.now, again.now, check_exact=True)


def test_nothing_after_the_tests_cutoff_is_learned_from(fields, orders, found):
    cutoff = np.datetime64(found.test_cutoff)
    known = ending(fields.assign(**{LABEL: fields[LABEL].where((fields[LABEL] <= cutoff) | (fields["customer_id"] % 5 > 0))}),
                   orders[(orders["ordered_on"] <= cutoff) | (orders["customer_id"] % 5 > 0)])
    same(found, known, parts=("train",))
    pd.testing.assert_frame_equal(found.test.frame, known.test.frame, check_exact=True)
    assert known.test.target.mean() < found.test.target.mean()
    later = orders_frame([(1, -3, 500.0)]).assign(order_id=70_000)
    same(found, ending(fields, pd.concat([orders, later], ignore_index=True)))


def test_the_sequence_of_the_rows_changes_nothing(fields, orders, found):
    was = fields.copy()
    same(found, ending(fields.sample(frac=1, random_state=1), orders.sample(frac=1, random_state=2)))
    pd.testing.assert_frame_equal(fields, was)


def test_only_what_does_not_tell_the_end_is_looked_at(found):
    assert found.columns == ("known_days", "days_silent", "purchase_days", "average_order", "silence_ratio", "region",
                             "birth_year", "custom.Seats")
    assert LABEL not in found.train.frame and "stage" not in found.now
    assert found.train.frame["region"].dtype == "str" and "region" not in found.scales
    rows = found.train.frame.assign(ends=found.train.target)
    assert rows.groupby("region")["ends"].mean()["North"] > 2 * rows.groupby("region")["ends"].mean()["South"]


def test_who_never_ordered_has_no_figures_of_orders(fields, found):
    never = found.now[found.now["customer_id"] >= 450]
    assert len(never) and never[["days_silent", "frequency", "average_order"]].isna().all(axis=None)
    assert not never["has_returned"].any() and found.now.loc[found.now["customer_id"] < 450, "days_silent"].notna().all()


def test_contracts_need_no_orders(fields, orders):
    found = ending(fields, orders.iloc[:0], tickets=tickets_frame(*[ticket(i, opened=3 * i) for i in range(1, 300)]))
    assert {"known_days", "region", "complaints_open"} <= set(found.columns) and "days_silent" not in found.columns


def test_a_column_that_holds_no_days_is_refused(fields, orders):
    with pytest.raises(InvalidInput, match="The field “Seats” holds no days"):
        ending(fields, orders, label="custom.Seats")
    with pytest.raises(InvalidInput, match="The customers have no field “Contract end”") as refused:
        ending(fields, orders, label="custom.Contract end")
    assert refused.value.field == "label"


def test_too_few_ends_are_told(fields, orders):
    nobody = fields.assign(**{LABEL: np.datetime64("NaT", "us")})
    with pytest.raises(NotEnoughData, match="No day up to 2024-12-31 is kept in “Contract ended”"):
        ending(nobody, orders)
    few = fields.assign(**{LABEL: fields[LABEL].where(fields["customer_id"] < 9)})
    with pytest.raises(NotEnoughData, match="Churn needs 20 customers who ended in the months it learns from; there are"):
        ending(few, orders)
    with pytest.raises(NotEnoughData, match="needs records of customers that reach back 1600 days; these reach back 109"):
        ending(fields, orders, horizon_days=710)
    with pytest.raises(NotEnoughData, match="there are 0"):
        ending(fields.iloc[:0], orders.iloc[:0])
    with pytest.raises(InvalidInput, match="choose 1 to 730"):
        ending(fields, orders, horizon_days=dt.timedelta(days=999).days)
