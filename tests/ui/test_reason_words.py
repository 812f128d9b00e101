"""Are a customer's reasons true, whole and in the customer's own numbers?"""

import re

import numpy as np
import pytest

from crm.analytics.snapshots import features
from crm.ui import reason_words
from tests.analytics.simulate import AS_OF, shop_orders

NO_MEASURES = ("customer_id",)
ROW = {"days_silent": 94.0, "frequency": 24.0, "purchase_days": 22.0, "tenure_days": 800.0, "mean_gap_days": 31.4,
       "gap_spread": 0.3, "silence_ratio": 3.0, "longest_silence_ratio": 1.5, "monetary": 1234.0, "average_order": 51.4,
       "last_order": 20.0, "recent_orders": 0.0, "earlier_orders": 3.0, "trend": -1.0, "recent_monetary": 0.0,
       "returned_share": 0.12, "has_returned": True, "complaints_open": 1.0, "complaints_recent": 2.0,
       "days_since_complaint": 40.0, "unanswered_3_days": 2.0, "first_answer_hours": 96.0, "satisfaction_last": 0.25,
       "satisfaction_mean": 0.5, "satisfaction_known": True}
NOTHING = {"days_silent": 3.0, "frequency": 1.0, "purchase_days": 1.0, "tenure_days": 3.0, "mean_gap_days": np.nan,
           "gap_spread": np.nan, "silence_ratio": np.nan, "longest_silence_ratio": np.nan, "monetary": 0.0,
           "average_order": 0.0, "last_order": 0.0, "recent_orders": 1.0, "earlier_orders": 0.0, "trend": 1.0,
           "recent_monetary": 0.0, "returned_share": np.nan, "has_returned": False, "complaints_open": 0.0,
           "complaints_recent": 0.0, "days_since_complaint": np.nan, "unanswered_3_days": 0.0, "first_answer_hours": np.nan,
           "satisfaction_last": np.nan, "satisfaction_mean": np.nan, "satisfaction_known": False}


def told(*codes, **others) -> str:
    return reason_words.sentence(ROW | {f"reason_{place}": code for place, code in enumerate(codes, start=1)} | others)


@pytest.fixture(scope="module")
def columns():
    """All that snapshots know of a customer, tickets and answers included."""
    import pandas as pd

    orders, _ = shop_orders(n_customers=5)
    day = pd.to_datetime(["2024-06-01"]).astype("datetime64[us]")
    tickets = pd.DataFrame({"ticket_id": [1], "customer_id": [1], "kind": ["complaint"], "opened_at": day,
                            "first_answered_at": day, "resolved_at": day})
    answers = pd.DataFrame({"answer_id": [1], "customer_id": [1], "metric": ["csat"], "score": [2.0], "scale_min": [1.0],
                            "scale_max": [5.0], "answered_on": day})
    found = features(orders, as_of=AS_OF, tickets=tickets, answers=answers)
    return [column for column in found if column not in NO_MEASURES]


def test_every_column_of_a_snapshot_has_words_and_a_fact(columns):
    assert set(columns) <= set(reason_words.LABELS)
    assert set(columns) <= set(reason_words.FACTS)
    assert set(columns) <= set(ROW) and set(columns) <= set(NOTHING)
    labels = list(reason_words.LABELS.values())
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("column", list(reason_words.LABELS))
@pytest.mark.parametrize("direction", ["raises", "lowers"])
@pytest.mark.parametrize("row", [ROW, NOTHING], ids=["much", "nothing"])
def test_every_column_is_told_in_both_directions_whatever_its_value(column, direction, row):
    sentence = reason_words.sentence(row | {"reason_1": f"{direction}:{column}"})
    assert sentence and "nan" not in sentence and "_" not in sentence and "None" not in sentence
    assert sentence.startswith("against it: ") == (direction == "lowers")
    assert not re.search(r"\.0 |\b1 (days|orders|hours|months)| 0 complaints|  ", sentence)


def test_a_customers_reasons_are_one_sentence_in_its_own_numbers():
    assert told("raises:days_silent", "raises:complaints_recent", "raises:first_answer_hours", "raises:satisfaction_last",
                "raises:has_returned", returned_share=np.nan) == (
        "ordered every 31 days, silent for 94; complained twice in the last 180 days; first answers took 4 days; "
        "last score 2 of 5; has returned goods")


def test_what_speaks_against_comes_last_after_but():
    assert told("lowers:frequency", "raises:silence_ratio", "lowers:satisfaction_mean") == (
        "ordered every 31 days, silent for 94; but 24 orders so far; scores on average 3 of 5")


def test_a_fact_is_told_once_though_several_columns_tell_it():
    assert told("raises:silence_ratio", "raises:days_silent", "lowers:mean_gap_days") == "ordered every 31 days, silent for 94"
    assert told("raises:recent_orders", "raises:trend") == "no order in the last 90 days, 3 in the 90 before"


def test_who_ordered_once_has_no_rhythm():
    row = NOTHING | {"days_silent": 94.0}
    assert reason_words.sentence(row | {"reason_1": "raises:purchase_days", "reason_2": "raises:days_silent"}) == (
        "ordered once, 94 days ago")
    assert reason_words.sentence(row | {"reason_1": "raises:days_silent", "reason_2": "raises:frequency"}) == (
        "ordered once, 94 days ago")
    assert reason_words.sentence(NOTHING | {"days_silent": 0.0, "reason_1": "lowers:days_silent"}) == "against it: ordered once, today"


def test_a_fact_is_true_even_where_the_model_takes_it_the_other_way():
    assert "24 orders so far" in told("raises:frequency") and "few" not in told("raises:frequency")


def test_no_reason_is_no_sentence():
    assert told(None, None) == "" and reason_words.sentence({"days_silent": 3.0}) == ""
    assert told("nonsense", float("nan")) == ""


def test_a_column_of_ones_own_table_is_told_by_name_and_value():
    row = {"reason_1": "raises:tenure", "reason_2": "lowers:Contract", "reason_3": "raises:days_silent", "tenure": 2.0,
           "Contract": "Two year", "days_silent": 0.5}
    assert reason_words.sentence(row, known=False, label=str) == (
        "tenure: 2 (raises the chance); days_silent: 0.5 (raises the chance); but Contract: Two year (lowers the chance)")
    assert reason_words.sentence({"reason_1": "raises:Paperless", "Paperless": True}, known=False, label=str) == (
        "Paperless: yes (raises the chance)")


def test_custom_fields_and_profile_columns_of_customers_are_told_by_their_words():
    row = ROW | {"reason_1": "raises:custom.Contract", "custom.Contract": "month to month", "reason_2": "lowers:country",
                 "country": None}
    assert reason_words.sentence(row) == (
        "Contract: month to month (raises the chance); but Country: not known (lowers the chance)")


def test_money_is_in_the_companys_currency():
    row = ROW | {"reason_1": "raises:average_order", "reason_2": "lowers:monetary"}
    assert reason_words.sentence(row, currency="GBP") == "£ 51.40 an order; but has spent £ 1,234 so far"


def test_small_numbers_are_written_as_people_say_them():
    assert told("raises:complaints_open") == "a complaint is open"
    assert told("raises:complaints_recent", complaints_recent=1.0) == "complained once in the last 180 days"
    assert told("lowers:complaints_recent", complaints_recent=0.0, days_since_complaint=np.nan) == "against it: never complained"
    assert told("raises:first_answer_hours", first_answer_hours=5.2) == "first answers took 5 hours"
    assert told("raises:satisfaction_last", satisfaction_last=0.6) == "last score 3.4 of 5"
    assert told("raises:days_silent", mean_gap_days=1.2, days_silent=1.0) == "ordered every day, silent for 1 day"
    assert told("raises:longest_silence_ratio") == "silent for 94 days, never more than 63 before"
    assert told("lowers:tenure_days") == "against it: a customer for 2 years"
