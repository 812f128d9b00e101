"""The page of groups: clear rules at first, every kind of group on choice, and what each tab answers."""

from datetime import datetime, timedelta

import pytest

from crm import db
from crm.services import customers, orders
from crm.services.orders import LineInput
from crm.ui import group_choices
from tests.pages.conftest import TODAY, open_page, words_of

TABS = ("What sets them apart", "Over time", "Compare methods", "Saved segments")


def found(app):
    """The same page with groups found in the data."""
    next(one for one in app.get("button_group") if one.key == "way").set_value("Found in the data").run()
    assert not app.exception
    return app


def opened(app, tab: str):
    app.session_state["segment_tabs"] = tab
    app.run()
    assert not app.exception, app.exception
    return words_of(app)


def test_clear_rules_come_first_and_say_who_brings_most(in_demo):
    app = open_page("segments")
    assert "(Champions) bring" in words_of(app)
    assert app.dataframe[0].value["segment"].tolist()[:2] == ["Champions", "Loyal"]


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_the_rules_answers(tab, in_demo):
    assert opened(open_page("segments"), tab)


@pytest.mark.parametrize("kind", list(group_choices.METHODS))
def test_every_kind_of_group_is_found_and_told(kind, in_demo):
    app = found(open_page("segments"))
    app.selectbox(key="groups_method").set_value(kind).run()
    assert not app.exception and not app.error
    assert app.dataframe[0].value["customers"].sum() == 1880 or "Left out" in words_of(app)


def test_customers_who_shade_into_each_other_are_not_called_groups(in_demo):
    assert "shade into each other" in words_of(found(open_page("segments")))


def test_the_rules_that_set_the_groups_apart_say_how_often_they_are_right(in_demo):
    told = opened(open_page("segments"), "What sets them apart")
    assert "The rules are right for" in told and "Always saying the largest group" in told


def test_features_of_people_can_be_grouped_by_and_are_named_by_number(in_demo):
    app = found(open_page("segments"))
    app.multiselect(key="group_features").set_value(["age", "yearly_income"]).run()
    assert not app.exception and app.dataframe[0].value["segment"].tolist()[0] == "Group 1"


def test_no_feature_at_all_is_told_in_a_sentence(in_demo):
    app = found(open_page("segments"))
    app.multiselect(key="group_features").set_value([]).run()
    assert not app.exception and "Choose at least one feature" in words_of(app)


def test_customers_who_are_all_alike_get_advice(own_company):
    with db.transaction(own_company) as session:
        for number in range(12):
            customer = customers.create(session, name=f"Twin {number}")
            orders.create(session, customer_id=customer, ordered_at=datetime.combine(TODAY - timedelta(days=9), datetime.min.time()),
                          lines=[LineInput(None, 1, 10, "sale", "Tea")])
    app = found(open_page("segments"))
    assert "alike" in words_of(app) and not app.exception


def test_looking_for_groups_in_an_empty_company_is_advice(own_company):
    app = found(open_page("segments"))
    assert app.info and not app.error
