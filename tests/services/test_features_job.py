"""Features of customers from the records: only what is needed is read, gaps are filled in as the owner chose."""

from datetime import date, datetime

import pandas as pd
import pytest

from crm import db, frames
from crm.analytics.segments.feature_table import FEATURES
from crm.errors import InvalidInput
from crm.jobs import features
from crm.models import SurveyAnswer, Ticket
from crm.services import customers, filling, orders, products
from crm.services.orders import LineInput

AS_OF = date(2026, 3, 31)
READERS = ("order_lines", "products", "customers", "customer_numbers", "tickets", "answers")


@pytest.fixture
def shop(workspace):
    """Four customers with orders and one without; tickets and answers of the first."""
    with db.transaction(workspace) as session:
        tea, cup = (products.create(session, name=name, price=5, category=category)
                    for name, category in (("Green tea", "Tea"), ("Blue cup", "Cups")))
        for place, (name, year, size) in enumerate([("Ada", 1980, "2"), ("Bo", None, "3"), ("Cy", 1990, "4"), ("Di", 2000, None),
                                                    ("Never", None, "5")]):
            customer = customers.create(session, name=name, birth_year=year, channel="Web" if place % 2 else "Fair",
                                        custom_fields={"Household": size} if size else {})
            for month in range(1, 1 + place) if name != "Never" else ():
                orders.create(session, customer_id=customer, ordered_at=datetime(2026, month, 10 + place), lines=[
                    LineInput(tea, 1, 5), LineInput(cup, place, 5)])
            if name == "Ada":
                orders.create(session, customer_id=customer, ordered_at=datetime(2026, 3, 31, 23), lines=[LineInput(tea, 1, 5)])
                session.add(Ticket(customer_id=customer, kind="complaint", subject="Late", opened_at=datetime(2026, 3, 1),
                                   first_answered_at=datetime(2026, 3, 2), status="answered"))
                session.add(SurveyAnswer(customer_id=customer, metric="csat", item="All in all", score=4, scale_min=1, scale_max=5,
                                         answered_at=datetime(2026, 3, 5)))
    return workspace


def asked(workspace, question=features.table, **choices):
    with db.reading(workspace) as session:
        return question(session, **{"as_of": AS_OF, **choices})


def test_the_table_holds_every_feature_of_who_has_bought(shop):
    table = asked(shop)
    assert set(FEATURES) <= set(table) and {"share.Tea", "share.Cups", "custom.Household"} <= set(table)
    assert len(table) == 4
    ada = table.iloc[0]
    assert ada[["recency_days", "frequency", "monetary", "tickets", "complaints", "late_answers", "satisfaction", "share.Tea",
                "age"]].tolist() == [0, 1, 5, 1, 1, 0, 0.75, 1, 46]
    assert table["channel"].tolist() == ["Fair", "Web", "Fair", "Web"]
    assert table["typical_gap_days"].notna().tolist() == [False, False, True, True]


def test_chosen_features_come_in_their_sequence_and_are_the_same(shop):
    everything = asked(shop)
    keys = ("share.Cups", "monetary", "age", "channel", "custom.Household")
    pd.testing.assert_frame_equal(asked(shop, features=keys), everything[["customer_id", *keys]], check_exact=True)


def test_only_the_frames_that_are_needed_are_read(shop, monkeypatch):
    read = []

    def noted(name, ask):
        return lambda session, **choices: read.append(name) or ask(session, **choices)

    for name in READERS:
        monkeypatch.setattr(frames, name, noted(name, getattr(frames, name)))
    for chosen, needed in (
            (("recency_days", "overdue", "returns"), set()), (("channel",), {"customers"}),
            (("age", "channel"), {"customer_numbers"}), (("products_per_order",), {"order_lines"}),
            (("share.Tea",), {"order_lines", "products"}), (("tickets", "satisfaction"), {"tickets", "answers"}),
            (None, set(READERS) - {"customers"})):
        read.clear()
        asked(shop, features=chosen)
        assert sorted(read) == sorted(needed), chosen


def test_gaps_are_filled_in_as_the_owner_chose_and_counted(shop):
    assert asked(shop)["age"].isna().tolist() == [False, True, False, False]
    with db.transaction(shop) as session:
        filling.choose(session, "birth_year", method="median")
        filling.choose(session, "custom.Household", method="mean")
    assert asked(shop)["age"].tolist() == [46, 36, 36, 26]
    known = asked(shop, features.available).set_index("feature")
    assert known.loc["age", ["known", "filled"]].tolist() == [4, 1]
    assert known.loc["custom.Household", "filled"] == 1  # of those who have bought
    assert known.loc["monetary", "filled"] == 0


def test_available_are_features_that_tell_one_customer_from_another(shop):
    known = asked(shop, features.available)
    assert {"recency_days", "channel", "age", "share.Tea", "custom.Household", "tickets"} <= set(known["feature"])
    # Nobody has given anything back, nobody told a country, and one satisfaction tells nobody apart.
    assert not {"returns", "returned_share", "country", "satisfaction", "kind"} & set(known["feature"])
    assert (known["different"] > 1).all() and known["known_share"].between(0, 1).all()
    assert set(known["feature"]) <= set(asked(shop).columns)


def test_events_after_the_day_change_nothing(shop):
    before = asked(shop, as_of=date(2026, 3, 30))
    assert len(before) == 3  # Ada's only order came a day later
    with db.transaction(shop) as session:
        orders.create(session, customer_id=int(before["customer_id"][0]), ordered_at=datetime(2026, 4, 1),
                      lines=[LineInput(1, 9, 100)])
    pd.testing.assert_frame_equal(asked(shop, as_of=date(2026, 3, 30)), before, check_exact=True)


def test_an_empty_company_has_no_features_and_says_which_is_no_more(workspace):
    assert asked(workspace).empty
    with pytest.raises(InvalidInput, match="“share.Umbrellas” is not known"):
        asked(workspace, features=("share.Umbrellas",))
    known = asked(workspace, features.available)
    assert known.empty and "filled" in known


def test_answers_are_asked_again_when_any_record_changes():
    assert set(features.table.reads) == set(features.available.reads) == {"sales", "customers", "service", "surveys"}
