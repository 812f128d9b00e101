"""Whom does a saved segment take in? Rules look at the day, snapshots keep their members, and what is gone is told."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from crm import db
from crm.analytics import trees
from crm.analytics.segments.conditions import meets
from crm.errors import InvalidInput, NotEnoughData, NotFound
from crm.jobs import audiences
from crm.services import customers, orders, products, rfm_settings, scores, segment_definitions, segments

DAY = date(2026, 3, 10)
RFM = {"type": "rfm", "cuts": {"recency_days": [30, 90, 180, 365], "orders": [2, 3, 4, 5], "money": [20, 50, 100, 200]}}


@pytest.fixture
def shop(workspace) -> dict[str, int]:
    """Twelve customers: number n ordered n times, ten days apart, the last time 20 n days ago; one never did."""
    with db.transaction(workspace) as session:
        tea = products.create(session, name="Tea", price=10.0)
        ids = {}
        for n in range(1, 13):
            ids[n] = customers.create(session, name=f"Customer {n:02}", country="Peru" if n % 2 else "Chad",
                                      birth_year=1960 + n, custom_fields={"Shoe size": 30 + n})
            for back in range(n):
                orders.create(session, customer_id=ids[n], lines=[orders.LineInput(tea, 1, 10)],
                              ordered_at=datetime.combine(DAY, datetime.min.time()) - timedelta(days=20 * n + 10 * back))
        ids["never"] = customers.create(session, name="Never", country="Peru")
    return ids


def matching(workspace, definition, as_of=DAY) -> list[int]:
    with db.reading(workspace) as session:
        found = audiences.matching(session, definition=segment_definitions.as_text(definition), as_of=as_of)
    assert isinstance(found, np.ndarray) and found.dtype == "int64"
    return found.tolist()


def rule(*conditions) -> dict:
    return {"type": "conditions", "all": [dict(zip(("column", "operator", "value"), one, strict=True)) for one in conditions]}


def keep(workspace, **given) -> int:
    with db.transaction(workspace) as session:
        return segments.create(session, **{"name": "Kept", "kind": "rule", "as_of": DAY, **given})


def test_a_rule_of_groups_takes_in_who_is_in_them_that_day(workspace, shop):
    assert matching(workspace, {**RFM, "groups": ["New"]}) == [shop[1]]
    # Two and three orders, 40 and 60 days ago: four marks of recency, 2 and 2.5 of orders and spend; four orders make 3.
    assert matching(workspace, {**RFM, "groups": ["New", "Promising"]}) == [shop[1], shop[2], shop[3]]
    assert shop[1] in matching(workspace, {**RFM, "groups": ["Sleeping"]}, as_of=DAY + timedelta(days=100))
    everybody = ["Champions", "Loyal", "New", "Promising", "At risk", "Sleeping", "Lost"]
    assert matching(workspace, {**RFM, "groups": everybody}) == [shop[n] for n in range(1, 13)]


def test_a_rule_of_groups_without_borders_follows_the_owners(workspace, shop):
    everybody_recent = rfm_settings.checked(recency_days=[500, 600, 700, 800])
    assert shop[12] not in matching(workspace, {"type": "rfm", "groups": ["Champions", "Loyal"]})
    with db.transaction(workspace) as session:
        rfm_settings.save(session, everybody_recent, seen=rfm_settings.read(session))
    assert shop[12] in matching(workspace, {"type": "rfm", "groups": ["Champions", "Loyal"]})


def test_other_borders_make_remembered_groups_stale_and_leave_the_sales_as_they_are(workspace):
    with db.reading(workspace) as session:
        before = {name: db.revisions_of(session, (name,)) for name in ("customers", "sales")}
    with db.transaction(workspace) as session:
        rfm_settings.save(session, rfm_settings.checked(orders=[1, 2, 3, 4]), seen=rfm_settings.read(session))
    with db.reading(workspace) as session:
        assert db.revisions_of(session, ("customers",)) != before["customers"]
        assert db.revisions_of(session, ("sales",)) == before["sales"]
    assert "customers" in audiences.history.reads and "customers" in audiences.members.reads


@pytest.mark.every_database
@pytest.mark.parametrize(("conditions", "numbers"), [
    ([("recency_days", "<=", 60)], [1, 2, 3]), ([("frequency", ">", 10)], [11, 12]),
    ([("recency_days", "between", [40, 80]), ("frequency", ">=", 4)], [4]),
    ([("country", "in", ["Chad"]), ("monetary", "<", 50)], [2, 4]),
    ([("custom.Shoe size", ">", 40)], [11, 12]), ([("age", "<=", 56)], [10, 11, 12]),
    ([("country", "is_missing", None)], []),
])
def test_a_rule_of_conditions_takes_in_who_meets_all_of_them(workspace, shop, conditions, numbers):
    assert matching(workspace, rule(*conditions)) == [shop[n] for n in numbers]


def test_a_rule_of_filters_is_what_the_list_shows(workspace, shop):
    assert matching(workspace, {"type": "filter", "show": "no_order"}) == [shop["never"]]
    assert matching(workspace, {"type": "filter", "query": "customer 1", "country": "Chad"}) == [shop[10], shop[12]]
    with db.transaction(workspace) as session:
        scores.save(session, pd.DataFrame({"customer_id": [shop[3]], "label": ["Mine"]}), analysis="segments", as_of=DAY,
                    parameters={}, quality={})
    assert matching(workspace, {"type": "filter", "segment": "Mine"}) == [shop[3]]


def test_rules_together_take_in_whom_all_of_them_do(workspace, shop):
    both = segment_definitions.together({"type": "filter", "country": "Peru"}, rule(("frequency", ">", 8)))
    assert matching(workspace, both) == [shop[9], shop[11]]


def test_orders_after_the_day_change_nothing(workspace, shop):
    day = DAY - timedelta(days=100)
    asked = (rule(("recency_days", "<=", 60)), {**RFM, "groups": ["New", "Champions", "Loyal"]}, {"type": "filter", "show": "active"})
    before = [matching(workspace, one, as_of=day) for one in asked]
    assert all(before)
    with db.transaction(workspace) as session:
        tea = products.create(session, name="Later tea", price=1.0)
        for n in (6, 7, 12):
            orders.create(session, customer_id=shop[n], ordered_at=datetime(2026, 3, 1), lines=[orders.LineInput(tea, 99, 9)])
    assert [matching(workspace, one, as_of=day) for one in asked] == before


def test_a_snapshot_keeps_its_members_and_a_rule_follows_the_day(workspace, shop):
    kept = keep(workspace, name="A", kind="snapshot", definition=rule(("recency_days", "<=", 60)), members=[shop[1], shop[2]])
    followed = keep(workspace, name="B", definition=rule(("recency_days", "<=", 60)))
    with db.reading(workspace) as session:
        later = DAY + timedelta(days=30)
        assert audiences.members(session, segment_id=kept, as_of=later).tolist() == [shop[1], shop[2]]
        assert audiences.members(session, segment_id=followed, as_of=later, mark="1").tolist() == [shop[1]]
        with pytest.raises(NotFound):
            audiences.members(session, segment_id=999, as_of=DAY)


def test_a_field_that_is_no_longer_kept_is_told_and_the_other_segments_still_have_their_sizes(workspace, shop):
    gone = keep(workspace, name="A", definition=rule(("custom.Hat size", ">", 5)))
    there = keep(workspace, name="B", definition=rule(("custom.Shoe size", ">", 40), ("recency_days", "<=", 230)))
    kept = keep(workspace, name="C", kind="snapshot", definition={"type": "members"}, members=[shop[1]])
    with db.reading(workspace) as session:
        with pytest.raises(InvalidInput, match="Hat size"):
            audiences.members(session, segment_id=gone, as_of=DAY)
        found = audiences.sizes(session, segment_ids=(gone, there, kept, 999), as_of=DAY)
    assert "Hat size" in found[gone] and found[there] == 1 and found[kept] == 1 and "not there" in found[999]


@pytest.mark.parametrize("definition", [{"type": "members"}, {"type": "rfm", "groups": ["Friends"], "cuts": None},
                                        {"type": "filter", "show": "purple"}, rule(("country", "<=", 3))])
def test_a_rule_that_says_nothing_is_told(workspace, shop, definition):
    with pytest.raises(InvalidInput):
        matching(workspace, definition)


def test_the_sizes_of_other_borders_are_told_before_they_are_saved(workspace, shop):
    with db.reading(workspace) as session:
        found = audiences.rfm_sizes(session, as_of=DAY, cuts=((500, 600, 700, 800), (2, 3, 4, 5), (20, 50, 100, 200)))
        fair = audiences.rfm_sizes(session, as_of=DAY, cuts=(None, None, None))
        same = audiences.rfm_sizes(session, as_of=DAY, cuts=audiences.fifths(session, as_of=DAY))
    assert found.set_index("group")["customers"].to_dict() == {
        "Champions": 8, "Loyal": 1, "New": 1, "Promising": 2, "At risk": 0, "Sleeping": 0, "Lost": 0}
    assert fair.equals(same) and fair["customers"].sum() == 12


def test_groups_over_time_use_the_owners_borders(workspace, shop):
    own = rfm_settings.checked(recency_days=[30, 90, 180, 365], orders=[2, 3, 4, 5], money=[20, 50, 100, 200])
    with db.transaction(workspace) as session:
        rfm_settings.save(session, own, seen=rfm_settings.read(session))
    with db.reading(workspace) as session:
        found = audiences.history(session, as_of=DAY, periods=3)
        table = audiences.flows_table(found, {"Lost": "Away", "new": "First order"})
    assert found.cuts == own.cuts and found.of_customer(shop[1])["group"].tolist() == ["New"]
    assert set(table.columns) == {"period", "from_group", "to_group", "customers"} and "First order" in set(table["from_group"])


@pytest.mark.parametrize("condition", [
    ("age", "below", (30,)), ("age", "at_least", (30,)), ("age", "between", (20, 40)), ("age", "below", (30,), True),
    ("age", "between", (20, 40), True), ("country", "is", ("Peru", "Chad")), ("country", "is_not", ("Peru",)),
    ("country", "is_not", ("Peru",), True), ("age", "known"), ("age", "unknown"),
])
def test_a_trees_rule_takes_in_the_same_customers_as_a_segment(condition):
    table = pd.DataFrame({"age": [19.0, 20.0, 30.0, 39.9, 40.0, np.nan],
                          "country": pd.Series(["Peru", "Chad", "Mali", None, "Peru", "Mali"], dtype="str")})
    asked = trees.Condition(*condition)
    definition = segment_definitions.checked(audiences.of_rule((asked,)))
    assert meets(table, definition["all"]).tolist() == trees.conditions_hold((asked,), table).tolist()


def test_a_company_without_orders_has_no_history_and_empty_audiences(workspace):
    assert matching(workspace, rule(("recency_days", "<=", 60))) == []
    assert matching(workspace, {**RFM, "groups": ["New"]}) == []
    with db.reading(workspace) as session:
        assert audiences.rfm_sizes(session, as_of=DAY, cuts=(None, None, None))["customers"].sum() == 0
        with pytest.raises(NotEnoughData):
            audiences.history(session, as_of=DAY)
