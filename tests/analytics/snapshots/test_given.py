"""Given: is a yes read as a yes in whatever words, and is nothing looked at that follows from having left?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import snapshots
from crm.errors import InvalidInput, NotEnoughData


def fields(**columns) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "customer_id": np.arange(100, 0, -1),
        "kind": pd.Series(rng.choice(["person", "company"], 100), dtype="str"),
        "city": pd.Series([f"Town {i}" for i in range(100)], dtype="str"),
        "stage": pd.Series(["customer", "former", "lead", "customer"] * 25, dtype="str"),
        "birth_year": np.where(rng.random(100) < 0.2, np.nan, rng.integers(1950, 2000, 100)),
        "since_on": np.datetime64("2020-01-01", "us"),
        "custom.Tenure": np.arange(100),
        "custom.Plan": "basic",
    })
    return frame.assign(**columns)


def said(*contents: str | float | None) -> pd.Series:
    """These contents over and over, among a hundred customers."""
    return pd.Series([contents[i % len(contents)] for i in range(100)])


@pytest.mark.parametrize(("contents", "yes"), [
    (("Yes", "No"), "Yes"), (("1", "0"), "1"), ((1.0, 0.0), "1"), ((1, 0), "1"), (("true", "false"), "true"),
    ((True, False), "True"), (("是", "否"), "是"), (("NO", "YES"), "YES"), (("Ja", "Nein"), "Ja"), (("已流失", "未流失"), "已流失"),
])
def test_usual_words_say_yes(contents, yes):
    found = snapshots.given(fields(label=said(*contents)), label="label")
    assert found.positive == (yes,) and len(found.negative) == 1 and found.unknown == 0
    place = [str(content) in (yes, f"{yes}.0") for content in contents].index(True)
    left = set(found.groups[found.target])
    assert left == {customer for i, customer in enumerate(range(100, 0, -1)) if i % 2 == place}


def test_the_stage_former_has_left_and_a_lead_cannot():
    found = snapshots.given(fields(), label="stage")
    assert len(found.frame) == 75 and found.target.sum() == 25 and found.positive == ("former",)
    assert found.answered_by == "stage" and found.negative == ("customer",)


def test_rows_come_by_customer_whatever_their_sequence():
    table = fields(label=said("Yes", "No"))
    one, other = (snapshots.given(each, label="label") for each in (table, table.sample(frac=1, random_state=3)))
    pd.testing.assert_frame_equal(one.frame, other.frame)
    np.testing.assert_array_equal(one.target, other.target)
    assert one.groups.tolist() == list(range(1, 101)) and one.frame.index.tolist() == list(range(100))
    np.testing.assert_array_equal(one.frame["custom.Tenure"], np.arange(99, -1, -1))


def test_of_whom_nothing_is_said_nothing_is_learned():
    found = snapshots.given(fields(label=said("Yes", "No", None, "  ", "No")), label="label")
    assert found.unknown == 40 and len(found.frame) == len(found.target) == len(found.groups) == 60
    assert found.target.sum() == 20


def test_what_follows_from_leaving_or_tells_nothing_is_left_out():
    table = fields(label=said("Yes", "No"))
    was = table.copy()
    found = snapshots.given(table, label="label")
    assert found.frame.columns.tolist() == ["kind", "birth_year", "custom.Tenure"]
    assert found.left_out == {"city": "too many values", "stage": "stage", "since_on": "days", "custom.Plan": "all alike"}
    assert found.frame["custom.Tenure"].dtype == "float64" and found.frame["kind"].dtype == "str"
    pd.testing.assert_frame_equal(table, was)


def test_any_content_can_be_chosen_to_mean_that_somebody_left():
    table = fields(label=said("gold", "silver", "Gone", "none"))
    found = snapshots.given(table, label="label", positive="gone")
    assert found.positive == ("Gone",) and found.target.sum() == 25 and found.negative == ("gold", "none", "silver")
    assert snapshots.given(fields(label=said("no", "yes")), label="label", positive="No").positive == ("no",)


@pytest.mark.parametrize(("contents", "sentence"), [
    (("A", "B", "C", "D", "E"), "The field “label” says “A”, “B”, “C”, “D” and “E”; choose which of them means that a customer left."),
    (("yes", "no", "maybe"), "The field “label” says “maybe”, “no” and “yes”; choose which"),
    (tuple("ABCDEFGH"), "“E” and 3 others; choose which"),
    ((0.5, 1.5), "The field “label” says “0.5” and “1.5”; choose which"),
])
def test_other_words_have_to_be_chosen_from(contents, sentence):
    with pytest.raises(InvalidInput) as refused:
        snapshots.given(fields(label=said(*contents)), label="label")
    assert sentence in str(refused.value) and refused.value.field == "positive"


def test_wrong_choices_are_refused():
    table = fields(label=said("Yes", "No"))
    for choices, sentence in (
        ({"label": "custom.Gone"}, "The customers have no field “Gone”"),
        ({"label": "customer_id"}, "The customers have no field “customer_id”"),
        ({"label": "since_on"}, "holds days; choose it as the day on which customers ended"),
        ({"label": "label", "positive": "gone"}, "Nobody has “gone” in the field “label”; it says “No” and “Yes”."),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            snapshots.given(table, **choices)


@pytest.mark.parametrize(("contents", "sentence"), [
    (("Yes",), "says “Yes” of everybody"), (("No",), "says “No” of everybody"), ((None,), "is empty"),
    (("Yes", *["No"] * 9), "Churn needs 20 customers who left by “label”; there are 10."),
    (("No", *["Yes"] * 9), "Churn needs 20 customers who stayed by “label”; there are 10."),
])
def test_a_label_of_one_side_is_told(contents, sentence):
    with pytest.raises(NotEnoughData, match=sentence):
        snapshots.given(fields(label=said(*contents)), label="label")


def test_three_customers_are_too_few():
    with pytest.raises(NotEnoughData, match="there are"):
        snapshots.given(fields(label=said("Yes", "No")).head(3), label="label")


def test_telcos_own_column_is_read(datasets):
    table = pd.read_csv(datasets / "telco_churn" / "telco_customer_churn.csv")
    table = table.assign(customer_id=np.arange(1, len(table) + 1)).drop(columns="customerID")
    found = snapshots.given(table, label="Churn")
    assert (len(found.frame), found.target.sum(), found.positive) == (7_043, 1_869, ("Yes",))
    assert {"tenure", "MonthlyCharges", "Contract"} <= set(found.frame)
