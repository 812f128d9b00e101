"""Mending: nothing else changes than was shown, everything can be taken back, later edits are kept."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm import db
from crm.errors import Conflict, InvalidInput
from crm.models import AuditEntry, Customer, Order, RecordChange
from crm.services import customers, fixing, listing, orders, products, quality, settings
from tests.services.test_quality import NOON, plant_customers, plant_orders


def previewed(workspace, code: str, **others) -> fixing.Preview:
    with db.reading(workspace) as session:
        return fixing.preview(session, code, **others)


def mended(workspace, code: str, **others) -> int:
    with db.transaction(workspace) as session:
        return fixing.apply(session, code, **others)


def taken_back(workspace, correction_id: int):
    with db.transaction(workspace) as session:
        return fixing.take_back(session, correction_id)


def column(workspace, name: str, model=Customer) -> list:
    with db.reading(workspace) as session:
        return list(session.scalars(select(getattr(model, name)).order_by(model.id)))


def today(workspace) -> date:
    with db.reading(workspace) as session:
        return settings.today(session)


@pytest.mark.every_database
@pytest.mark.parametrize(("code", "rows", "name", "right"), [
    ("customers.blanks", [{"name": "  Ada   Ample "}, {"name": "Bo"}], "name", ["Ada Ample", "Bo"]),
    ("customers.name_case", [{"name": "ADA VAN DER BERG"}, {"name": "Bo Brass"}], "name", ["Ada van der Berg", "Bo Brass"]),
    ("customers.country_names", [{"country": word} for word in ("UK", "United Kingdom", "United Kingdom", "Deutschland")],
     "country", ["United Kingdom", "United Kingdom", "United Kingdom", "Deutschland"]),
    ("customers.channel_spellings", [{"channel": word} for word in ("Web shop", "Web shop", "webshop", None)], "channel",
     ["Web shop", "Web shop", "Web shop", None]),
    ("customers.phone_without_country",
     [{"phone": "030 123456", "country": "Germany"}, {"phone": "+44 1632 960961"}, {"phone": "01632 960961", "country": None}],
     "phone", ["+49 30 123456", "+44 1632 960961", "01632 960961"]),
    ("customers.email", [{"email": "mailto:ada@example.com"}, {"email": "nobody knows"}], "email",
     ["ada@example.com", "nobody knows"]),
    ("customers.birth_year", [{"birth_year": 1870}, {"birth_year": 1970}], "birth_year", [None, 1970]),
])
def test_a_fix_changes_what_it_showed_and_taking_it_back_restores_everything(workspace, code, rows, name, right):
    plant_customers(workspace, *rows)
    before, shown = column(workspace, name), previewed(workspace, code)
    assert shown.total == sum(old != new for old, new in zip(before, right, strict=True)) > 0
    correction_id = mended(workspace, code, mark=shown.mark)
    assert column(workspace, name) == right
    done = taken_back(workspace, correction_id)
    assert column(workspace, name) == before and done.kept.empty


def test_the_preview_says_old_and_new_and_how_many_in_all(workspace):
    plant_customers(workspace, *({"name": f" Ada {chr(65 + place)} "} for place in range(5)))
    shown = previewed(workspace, "customers.blanks", limit=2)
    assert (len(shown.rows), shown.total, shown.records) == (2, 5, 5)
    assert shown.rows.iloc[0].to_dict() == {"id": 1, "record": " Ada A ", "field": "name", "old": " Ada A ", "new": "Ada A"}


def test_days_in_the_future_change_places_with_the_month_or_are_emptied(workspace):
    future = today(workspace) + timedelta(days=400)
    swappable = datetime(2020, 3, 4)
    plant_orders(workspace, {"ordered_at": NOON, "shipped_at": future},
                 {"ordered_at": swappable, "shipped_at": datetime(2020, 1, 5)},   # sent on 1 May
                 {"ordered_at": swappable, "shipped_at": datetime(2019, 1, 30)})  # no day that fits
    mended(workspace, "orders.shipped_before_ordered")
    assert column(workspace, "shipped_at", Order)[1:] == [datetime(2020, 5, 1), None]
    mended(workspace, "orders.shipped_at")
    assert column(workspace, "shipped_at", Order)[0] is None


def test_a_day_that_must_not_be_empty_is_left_alone_where_no_other_fits(workspace):
    plant_orders(workspace, {"ordered_at": datetime(2090, 1, 30)})
    assert previewed(workspace, "orders.ordered_at").total == 0
    with pytest.raises(InvalidInput, match="nothing left"):
        mended(workspace, "orders.ordered_at")


def test_totals_become_the_sums_of_the_lines(workspace):
    with db.transaction(workspace) as session:
        tea = products.create(session, name="Tea", price=4.5)
        order = orders.create(session, customer_id=None, ordered_at=NOON, lines=[orders.LineInput(tea, 2, 4.5)])
        session.execute(update(Order).values(net_amount_e4=1))
    shown = previewed(workspace, "orders.totals").rows
    assert shown[["id", "field", "new"]].values.tolist() == [[order, "net_amount_e4", "9.00"]]
    mended(workspace, "orders.totals")
    assert column(workspace, "net_amount_e4", Order) == [90_000]


def test_only_the_chosen_records_are_mended(workspace):
    plant_customers(workspace, {"name": " Ada "}, {"name": " Bo "})
    mended(workspace, "customers.blanks", only_ids=[2])
    assert column(workspace, "name") == [" Ada ", "Bo"]
    with pytest.raises(InvalidInput):
        mended(workspace, "customers.blanks", only_ids=[2])


def test_what_was_not_shown_is_not_mended(workspace):
    plant_customers(workspace, {"name": " Ada "})
    shown = previewed(workspace, "customers.blanks")
    plant_customers(workspace, {"name": " Bo ", "code": "X"})
    with pytest.raises(Conflict, match="Nothing was mended"):
        mended(workspace, "customers.blanks", mark=shown.mark)
    assert column(workspace, "name") == [" Ada ", " Bo "]


def test_a_value_edited_since_is_kept_and_told(workspace):
    plant_customers(workspace, {"city": "BERLIN"}, {"city": "Berlin"}, {"city": "Berlin"}, {"city": "berlin"})
    correction_id = mended(workspace, "customers.city_spellings")
    with db.transaction(workspace) as session:
        customers.update(session, 1, version=customers.get(session, 1).version, city="Bonn")
    done = taken_back(workspace, correction_id)
    assert column(workspace, "city") == ["Bonn", "Berlin", "Berlin", "berlin"]
    assert done.kept[["record_id", "field"]].values.tolist() == [[1, "city"]] and done.restored == {"customers": 1}


def test_a_customer_is_found_under_the_mended_name_and_again_under_the_old_one(workspace):
    def found(query):
        with db.reading(workspace) as session:
            return listing.page(session, query=query, as_of=date(2026, 1, 1)).total

    plant_customers(workspace, {"phone": "030 123456", "country": "Germany"}, {"phone": "+49 30 999999"})
    correction_id = mended(workspace, "customers.phone_without_country")
    assert found("4930123456") == 1
    taken_back(workspace, correction_id)
    assert found("4930123456") == 0 and found("030 123456") == 1


def test_a_fix_leaves_a_version_an_audit_entry_and_its_changes(workspace):
    plant_customers(workspace, {"name": " Ada "})
    correction_id = mended(workspace, "customers.blanks")
    assert column(workspace, "version") == [2]
    with db.reading(workspace) as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.entity, entry.entity_id, entry.action) == ("correction", correction_id, "mended")
        change = session.scalars(select(RecordChange)).one()
        assert (change.before, change.after) == ({"name": " Ada "}, {"name": "Ada"})


def test_fixes_done_before_are_listed_and_cannot_be_taken_back_twice(workspace):
    plant_customers(workspace, {"name": " Ada "}, {"birth_year": 1860})
    first, second = mended(workspace, "customers.blanks"), mended(workspace, "customers.birth_year")
    taken_back(workspace, first)
    with db.reading(workspace) as session:
        done = fixing.done_before(session)
    assert done[["correction_id", "code", "records", "is_undone"]].values.tolist() == [
        [second, "customers.birth_year", 1, False], [first, "customers.blanks", 1, True]]
    with pytest.raises(InvalidInput, match="already"):
        taken_back(workspace, first)


def test_a_finding_without_a_fix_is_told(workspace):
    for code in ("customers.missing_email", "order_lines.quantity", "nonsense"):
        assert not fixing.fixable(code)
        with pytest.raises(InvalidInput, match="open the record"):
            previewed(workspace, code)


def test_every_fix_can_be_previewed_and_leaves_nothing_of_its_finding_that_it_showed(workspace):
    plant_customers(workspace, *({"name": f" ADA {place}", "city": city, "country": country, "phone": phone,
                                  "since_on": date(2031, 1, 30)}
                                 for place, (city, country, phone) in enumerate([
                                     ("Berlin", "Germany", "030 123456"), ("BERLIN", "DE", "+49 30 123457"),
                                     ("Berlin ", "Germany", "030/123458")])))
    with db.transaction(workspace) as session:
        for code in filter(fixing.fixable, quality.CHECKS):
            if fixing.preview(session, code).total:
                fixing.apply(session, code)
            assert fixing.preview(session, code).total == 0, code
