"""The choices for files with the same columns come back, on both databases, and hold nothing of the files' texts."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from crm import db
from crm.errors import InvalidInput
from crm.imports.shapes import fingerprint, remember, remembered
from crm.models import ImportShape

COLUMNS = ["Kd-Nr", "Name", "Umsatz"]
CHOICES = {
    "kind": "customers",
    "mapping": {"Kd-Nr": "customer_code", "Name": "customer_name", "Umsatz": "custom"},
    "constants": {"country": "Germany"},
    "file_format": {"delimiter": ";", "has_header": True, "sheet": None},
    "source": "till",
    "on_known": "overwrite",
}


def keep(workspace, columns=COLUMNS, **changed):
    with db.transaction(workspace) as session:
        remember(session, columns, **(CHOICES | changed))


def test_choices_come_back_for_the_same_columns_in_any_order_and_spelling(workspace):
    keep(workspace)
    with db.reading(workspace) as session:
        found = remembered(session, ["umsatz", "name ", "KD-NR"])
        assert remembered(session, [*COLUMNS, "Ort"]) is None
    assert found.kind == "customers" and found.constants == {"country": "Germany"}
    assert found.mapping == {"KD-NR": "customer_code", "name ": "customer_name", "umsatz": "custom"}
    assert found.file_format == {"delimiter": ";", "has_header": True}
    assert (found.source, found.on_known) == ("till", "overwrite")
    assert timedelta(0) <= datetime.now(UTC) - found.used_at < timedelta(minutes=5)


def test_later_choices_replace_earlier_ones(workspace):
    keep(workspace)
    with db.transaction(workspace) as session:
        assert remembered(session, COLUMNS).source == "till"
        later = {"kind": "products", "mapping": {"Name": "product_name"}, "source": "web"}
        remember(session, COLUMNS, **(CHOICES | later))
        assert remembered(session, COLUMNS).source == "web"
    with db.reading(workspace) as session:
        assert remembered(session, COLUMNS).mapping == {"Name": "product_name"}
        assert session.scalar(select(func.count()).select_from(ImportShape)) == 1


def test_a_file_without_header_is_known_by_its_width():
    assert fingerprint(["1", "2", "3"]) == fingerprint(["1", "2", "3"]) != fingerprint(["1", "2", "3", "4"])


def test_two_names_in_one_are_not_one_column():
    assert fingerprint(["a, b"]) != fingerprint(["a", "b"])
    assert fingerprint(["Price (EUR)"]) != fingerprint(["Price (USD)"])


def test_only_columns_of_the_file_are_kept(workspace):
    keep(workspace, mapping=CHOICES["mapping"] | {"secret@example.com": "customer_email"})
    with db.reading(workspace) as session:
        row = session.scalars(select(ImportShape)).one()
        assert set(row.choices["mapping"]) == set(COLUMNS)
        assert set(row.choices) == {"mapping", "constants", "format", "source", "on_known"}


def test_what_can_no_longer_be_used_is_left_aside(workspace):
    keep(workspace)
    with db.transaction(workspace) as session:
        row = session.scalars(select(ImportShape)).one()
        row.choices = row.choices | {"mapping": {"Name": "nickname", "Umsatz": "custom"}, "on_known": "guess"}
    with db.reading(workspace) as session:
        found = remembered(session, COLUMNS)
        assert found.mapping == {"Umsatz": "custom"} and found.on_known == "fill"
    with db.transaction(workspace) as session:
        session.scalars(select(ImportShape)).one().kind = "letters"
    with db.reading(workspace) as session:
        assert remembered(session, COLUMNS) is None


@pytest.mark.parametrize(("changed", "field"), [({"kind": "letters"}, "kind"), ({"on_known": "guess"}, "on_known")])
def test_unknown_choices_are_refused(workspace, changed, field):
    with pytest.raises(InvalidInput) as refused:
        keep(workspace, **changed)
    assert refused.value.field == field
