"""Whole tables as people read them: codes, money, the company's time, custom fields as columns of their own."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import update

from crm import db
from crm.models import (
    Campaign,
    CampaignMember,
    Customer,
    CustomerTag,
    Deal,
    Interaction,
    Payment,
    Product,
    Referral,
    SurveyAnswer,
    Task,
    Ticket,
)
from crm.services import customers, export, orders, products, settings

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def company(workspace):
    """One of everything, in Berlin."""
    with db.transaction(workspace) as session:
        settings.save_company(session, name="Test", currency="EUR", time_zone="Europe/Berlin")
        ada, bob = customers.create(session, name="Ada"), customers.create(session, name="Bob")
        tea = products.create(session, name="Tea")
        order = orders.create(session, customer_id=ada, ordered_at=datetime(2026, 1, 2, 3),
                              lines=[orders.LineInput(tea, 2, 1.5)])
        known = {"source": "shop", "customer_id": ada}
        campaign = Campaign(name="Spring", channel="email", cost_e4=1_000_000)
        ticket = Ticket(code="T1", kind="inquiry", subject="Where?", order_id=order, opened_at=datetime(2026, 1, 3), **known)
        session.add_all([
            campaign, ticket, Referral(referrer_id=ada, referred_id=bob, referred_on=date(2026, 1, 1)),
            CustomerTag(customer_id=ada, tag="vip"), CustomerTag(customer_id=ada, tag="b2b"),
            Payment(code="P1", order_id=order, paid_on=date(2026, 1, 5), amount_e4=30_000, custom_fields={"iban": "007"},
                    **known),
            Deal(code="D1", product_id=tea, title="Big one", custom_fields={"score": 3}, **known),
            Interaction(code="I1", channel="email", direction="in", happened_at=datetime(2026, 1, 1), **known),
            Task(customer_id=ada, title="Call", done_at=NOON)])
        session.flush()
        session.add(CampaignMember(campaign_id=campaign.id, customer_id=ada, has_responded=True))
        session.add(SurveyAnswer(customer_id=ada, ticket_id=ticket.id, metric="nps", item="all", score=9, scale_min=0,
                                 scale_max=10, answered_at=datetime(2026, 1, 4), response_code="R1"))
        session.execute(update(Customer).where(Customer.id == ada).values(
            birth_year=1980, custom_fields={"Shoe size": 41, "name": "Countess", "tags": "x", "List": [1, "é"]}))
        session.execute(update(Customer).where(Customer.id == bob).values(custom_fields={"Shoe size": 43.5, "Cat": True}))
        session.execute(update(Product).values(custom_fields={"Colour": "green"}))
    return workspace


def table(company, name: str) -> pd.DataFrame:
    with db.reading(company) as session:
        found = export.table(session, name)
        assert export.rows(session, name) == len(found)
    return found


@pytest.mark.every_database
@pytest.mark.parametrize("name", list(export.TABLES))
def test_every_table_has_its_records_and_goes_into_every_form(company, name):
    found = table(company, name)
    assert len(found) >= 1 and not [column for column in found if column.endswith(("_e4", "_id"))]
    assert all(export.as_file(found, form) for form in export.FORMS)


@pytest.mark.parametrize("name", list(export.TABLES))
def test_an_empty_table_has_the_same_columns_and_types(workspace, name):
    with db.reading(workspace) as session:
        empty = export.table(session, name)
    assert empty.empty and len(empty.columns) >= 3 and "custom_fields" not in empty


def test_custom_fields_are_columns_under_their_own_names_where_those_are_free(company):
    found = table(company, "customers").set_index("name")
    assert found["Shoe size"].to_dict() == {"Ada": 41.0, "Bob": 43.5}
    assert found.loc["Ada", "custom: name"] == "Countess" and found.loc["Ada", "custom: tags"] == "x"
    assert found.loc["Ada", "List"] == '[1, "é"]' and found.loc["Bob", "Cat"] and pd.isna(found.loc["Ada", "Cat"])
    assert table(company, "products")["Colour"].tolist() == ["green"]
    assert table(company, "deals")["score"].tolist() == [3]
    assert table(company, "payments")["iban"].tolist() == ["007"]


def test_custom_fields_may_have_the_strangest_names(company):
    with db.transaction(company) as session:
        session.execute(update(Customer).values(custom_fields={"name": "a", "custom: name": "b", "": "c", "=x": "d"}))
    found = table(company, "customers")
    names = ["custom: name", "custom: custom: name", "", "=x"]
    assert found.columns.is_unique and found[names].iloc[0].tolist() == ["a", "b", "c", "d"]
    assert "'=x" in export.as_file(found, "csv").decode()


def test_tags_stand_with_their_customer_and_alone(company):
    assert table(company, "customers").set_index("name").loc["Ada", "tags"] == "b2b, vip"
    assert table(company, "tags")["tag"].tolist() == ["b2b", "vip"]


def test_whole_numbers_money_days_and_truths_are_typed(company):
    found = table(company, "customers")
    assert found["birth_year"].tolist()[0] == 1980 and str(found["birth_year"].dtype) == "Int64"
    payments = table(company, "payments")
    assert payments["amount"].tolist() == [3.0] and payments["paid_on"].tolist() == [date(2026, 1, 5)]
    results = table(company, "campaign_results")
    assert results["has_responded"].tolist() == [True] and str(results["has_responded"].dtype) == "boolean"
    assert table(company, "campaigns")["campaign_cost"].tolist() == [100.0]
    assert "1980," in export.as_file(found, "csv").decode()


def test_a_moment_that_the_program_noted_is_in_the_companys_time(company):
    assert table(company, "tasks")["done_at"].tolist() == [pd.Timestamp(2026, 7, 1, 14)]


def test_records_are_known_by_their_codes(company):
    assert table(company, "payments")[["payment_code", "source"]].iloc[0].tolist() == ["P1", "shop"]
    assert table(company, "tickets")[["ticket_code", "order_number"]].notna().all().all()
    assert table(company, "survey_answers")[["response_code", "ticket_code"]].iloc[0].tolist() == ["R1", "T1"]
    assert table(company, "deals")[["deal_code", "product_name"]].iloc[0].tolist() == ["D1", "Tea"]
    assert table(company, "referrals")[["referrer_name", "referred_name"]].iloc[0].tolist() == ["Ada", "Bob"]


def test_a_table_is_the_same_however_many_pieces_it_comes_in(company, monkeypatch):
    whole = table(company, "customers")
    monkeypatch.setattr(export, "ROWS_A_PIECE", 1)
    pd.testing.assert_frame_equal(table(company, "customers"), whole)
