"""Proposed actions: every one by a rule in the open, mending before selling, and silent where nothing is known."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.churn.actions import _RULES, ACTIONS, RULES, propose

USUAL = {"days_silent": 20.0, "purchase_days": 5.0, "silence_ratio": 0.5, "monetary": 100.0, "trend": 0.0,
         "has_returned": False, "complaints_open": 0.0, "complaints_recent": 0.0, "unanswered_3_days": 0.0,
         "first_answer_hours": np.nan, "satisfaction_last": 0.9, "satisfaction_known": True}


def people(*changes: dict) -> pd.DataFrame:
    """The first customer is as usual; each change makes another one."""
    return pd.DataFrame([{"customer_id": place, **USUAL, **change} for place, change in enumerate([{}, *changes], 1)])


def actions_of(found: pd.DataFrame, customer_id: int = 2) -> list[tuple]:
    row = found.set_index("customer_id").loc[customer_id]
    return [(row[f"action_{place}"], row[f"rule_{place}"]) for place in (1, 2, 3) if row[f"action_{place}"] is not None]


def because(*reasons: str | None) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [2], **{f"reason_{place}": [reason] for place, reason in enumerate(reasons, 1)}})


@pytest.mark.parametrize(("change", "expected"), [
    ({"complaints_open": 1.0, "complaints_recent": 1.0}, [("answer_ticket", "complaint_open"),
                                                          ("apologise_and_mend", "complained_lately")]),
    ({"unanswered_3_days": 2.0}, [("answer_ticket", "waits_for_answer")]),
    ({"satisfaction_last": 0.25}, [("apologise_and_mend", "score_low")]),
    ({"silence_ratio": 1.5}, [("remind_due", "just_due")]),
    ({"silence_ratio": 3.0, "monetary": 50.0}, [("offer", "long_overdue")]),
    ({"silence_ratio": 3.0, "monetary": 900.0}, [("call", "regular_of_worth_silent"), ("offer", "long_overdue")]),
    ({"purchase_days": 1.0, "silence_ratio": np.nan}, [("invite_again", "bought_once")]),
    ({"trend": -0.5}, [("offer", "buys_less")]),
    ({"satisfaction_last": np.nan, "satisfaction_known": False}, [("ask_why", "never_asked")]),
    ({}, []),
])
def test_what_is_known_of_a_customer_proposes_an_action_with_its_rule(change, expected):
    assert actions_of(propose(people(change))) == expected


def test_first_mend_then_sell():
    found = propose(people({"complaints_open": 1.0, "silence_ratio": 3.0, "trend": -1.0, "purchase_days": 1.0}))
    assert [action for action, _ in actions_of(found)] == ["answer_ticket"]


def test_a_reason_that_the_model_names_adds_weight_and_its_opposite_none():
    both = people({"silence_ratio": 1.5, "purchase_days": 1.0})
    assert [action for action, _ in actions_of(propose(both))] == ["remind_due", "invite_again"]
    told = propose(both, because("raises:purchase_days", "lowers:silence_ratio"))
    assert [action for action, _ in actions_of(told)] == ["invite_again", "remind_due"]
    third = propose(both, because("lowers:purchase_days", None, "raises:days_silent"))
    assert [action for action, _ in actions_of(third)] == ["remind_due", "invite_again"]
    slow = people({"first_answer_hours": 80.0})
    assert actions_of(propose(slow)) == [] and actions_of(propose(slow, because("lowers:first_answer_hours"))) == []
    assert actions_of(propose(slow, because("raises:days_silent", "raises:first_answer_hours"))) == [
        ("apologise_and_mend", "answered_slowly")]


def test_goods_that_came_back_are_asked_about_where_the_model_minds():
    back = people({"has_returned": True})
    assert actions_of(propose(back)) == []
    assert actions_of(propose(back, because("raises:has_returned"))) == [("ask_why", "goods_returned")]


def test_columns_that_are_not_there_keep_their_rules_silent():
    bare = people({"silence_ratio": 1.5})[["customer_id", "silence_ratio"]]
    assert actions_of(propose(bare)) == [("remind_due", "just_due")]
    assert actions_of(propose(bare[["customer_id"]])) == []
    assert propose(bare.iloc[:0]).empty


def test_where_nobody_was_ever_asked_it_is_no_sign():
    unasked = people({}).assign(satisfaction_known=False, satisfaction_last=np.nan)
    assert actions_of(propose(unasked)) == []


def test_every_rule_and_action_has_a_meaning_and_can_be_reached():
    assert {rule.code for rule in _RULES} == set(RULES) and {rule.action for rule in _RULES} == set(ACTIONS)
    assert all(ACTIONS.values()) and all(RULES.values())


def test_the_same_for_any_sequence_and_as_many_as_are_wanted():
    frame = people({"complaints_open": 1.0}, {"silence_ratio": 3.0, "monetary": 900.0}, {"trend": -1.0})
    found = propose(frame)
    turned = propose(frame.iloc[::-1]).sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, turned)
    assert list(propose(frame, n=1).columns) == ["customer_id", "action_1", "rule_1"]
    assert propose(frame, n=9)["action_9"].isna().all()
