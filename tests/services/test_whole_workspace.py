"""Everything leaves as one zip of open files and comes back exactly, from one database into another."""

import csv
import hashlib
import io
import json
import shutil
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Date, DateTime, Float, LargeBinary, Text, cast, func, insert, null, select

from crm import db, demo
from crm.errors import Cancelled, InvalidInput
from crm.models import AuditEntry, Base, Customer, Setting
from crm.models.base import Moment
from crm.services import customers, orders, products, scores, settings, whole_workspace
from crm.services.whole_workspace import cells, readme
from crm.services.whole_workspace.manifest import TABLES

NASTY = ['"Quoted", said she;\r\nnew line\rlone return\nλ 😀 \\N \u2028 ü', "", "007", "=1+1", '""', " \t ", "\\N", ","]
LARGEST = 2**63 - 1
# Where a check, a uniqueness or a reference asks for a certain value: the first record's and the second's.
CERTAIN = {
    "customers.kind": ("person", "company"), "customers.stage": ("lead", "customer"), "customers.code": ("007", "7"),
    "customers.birth_year": (1850, 2200),
    "products.kind": ("product", "fee"), "products.code": ("=1+1", ""), "orders.status": ("open", "cancelled"),
    "orders.number": ("1e5", "0001"), "order_lines.kind": ("sale", "fee"), "order_lines.discount": (0.1, 0.30000000000000004),
    "tickets.kind": ("inquiry", "complaint"), "tickets.priority": ("low", "high"),
    "tickets.status": ("open", "resolved"), "interactions.channel": ("email", "other"),
    "interactions.direction": ("in", "out"), "survey_answers.metric": ("nps", "likert"),
    "survey_answers.score": (1e-300, 1.7976931348623157e308), "survey_answers.scale_min": (0.0, -1.5),
    "survey_answers.scale_max": (5.0, 1.7976931348623157e308), "deals.stage": ("won", "lost"),
    "deals.probability": (0.1, 1.0), "campaigns.channel": ("email", "letter"), "campaigns.status": ("draft", "finished"),
    "import_batches.status": ("imported", "undone"), "corrections.kind": ("merge", "fix"),
    "corrections.status": ("done", "undone"), "connections.on_known": ("fill", "skip"),
    "connections.name": ("A", "B"), "referrals.referrer_id": (4, 9), "referrals.referred_id": (9, 4),
    "not_duplicates.first_id": (4, 4), "not_duplicates.second_id": (9, 10), "settings.name": ("one", "two"),
    "import_shapes.fingerprint": ("a", ""), "campaign_members.campaign_id": (4, 9),
    "segments.kind": ("rule", "snapshot"), "offer_decisions.question": ("new", "repeat"),
    "surveys.status": ("draft", "open"), "surveys.valid_days": (1, 36500),
    "survey_questions.kind": ("nps", "comment"), "survey_questions.scale_min": (0.0, -1.5),
    "survey_questions.scale_max": (10.0, 1e300), "survey_invitations.seconds_taken": (0.0, 1e300),
    "canned_answers.kind": ("inquiry", "complaint"),
    "offer_decisions.decision": ("accepted", "dismissed"), "offer_decisions.chance": (0.1 + 0.2, 0.0),
}
IDS = (4, 9)  # not from 1 on, so that whoever numbers anew is found out


def of_type(column, place: int):
    """A value at the edge of what the column's type can hold."""
    kind = column.type
    if isinstance(kind, JSON):
        return [{"λ \"": [1, None, True, 0.1], "e": ""}, {}][place]
    if isinstance(kind, Moment):
        return [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)][place]
    if isinstance(kind, DateTime):
        return [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)][place]
    if isinstance(kind, Date):
        return [date(1, 1, 1), date(9999, 12, 31)][place]
    if isinstance(kind, Float):
        return [0.1 + 0.2, -1e-9][place]
    if isinstance(kind, Text):
        return NASTY[(place + len(column.name)) % len(NASTY)]
    if isinstance(kind, LargeBinary):
        return [bytes(range(256)), b""][place]
    if kind.python_type is bool:
        return bool(place)
    if column.name.endswith("_e4"):
        return [LARGEST, 0 if column.name in ("charged_amount_e4", "price_e4") else -LARGEST][place]
    return [2**31 - 1, 0][place]


def record(table, place: int) -> dict:
    known = {}
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if name in CERTAIN:
            known[column.name] = CERTAIN[name][place]
        elif column.foreign_keys or column.name == "id":
            known[column.name] = IDS[place]
        else:
            known[column.name] = of_type(column, place)
    return known


def fill(workspace: db.Workspace) -> None:
    """Records in every table: one of each with something everywhere, one more, and one with nothing where it may be so."""
    with db.transaction(workspace) as session:
        for table in TABLES:
            rows = [record(table, 0), record(table, 1)]
            bare = {column.name: null() if isinstance(column.type, JSON) else None for column in table.columns
                    if column.nullable}
            if bare and "id" in table.c and table.name != "referrals":
                other = {name: "bare" for name in ("code", "name") if name in table.c and not table.c[name].nullable}
                rows.append({**record(table, 1), **other, **bare, "id": 10})
            for row in rows:
                session.execute(insert(table).values(**row))
        session.execute(insert(Setting.__table__).values(name="json null", content=JSON.NULL))
        session.execute(insert(Setting.__table__).values(name="sql null", content=null()))


def dump(workspace: db.Workspace) -> dict[str, list[tuple]]:
    """Every row of every table, with all columns; JSON as the text that is kept."""
    with db.reading(workspace) as session:
        dumped = {}
        for table in TABLES:
            columns = [cast(column, Text) if isinstance(column.type, JSON) else column for column in table.columns]
            dumped[table.name] = [tuple(row) for row in session.execute(
                select(*columns).order_by(*table.primary_key.columns))]
    # The one thing that reading back adds is the note that it was done.
    dumped["audit_entries"] = [row for row in dumped["audit_entries"] if "read_back" not in row]
    return dumped


def taken(workspace: db.Workspace, file: Path) -> Path:
    with db.reading(workspace) as session:
        whole_workspace.write(session, file)
    return file


def put_back(workspace: db.Workspace, file: Path, **watched) -> dict[str, int]:
    with db.transaction(workspace) as session:
        return whole_workspace.read_back(session, file, **watched)


def other_sqlite(folder: Path, name: str = "other") -> db.Workspace:
    return db.Workspace("own", f"sqlite:///{folder / name}.db")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory, empty_file) -> Path:
    """A folder with a database that has everything in it, and its zip: for reading."""
    folder = tmp_path_factory.mktemp("nasty")
    shutil.copyfile(empty_file, folder / "filled.db")
    filled = other_sqlite(folder, "filled")
    fill(filled)
    taken(filled, folder / "all.zip")
    db.dispose(filled)
    return folder


@pytest.fixture
def nasty_zip(nasty, tmp_path, empty_file) -> Path:
    for name in ("empty", "other", "third"):  # migrated ones, for a migration each takes longer than the test
        shutil.copyfile(empty_file, tmp_path / f"{name}.db")
    return Path(shutil.copyfile(nasty / "all.zip", tmp_path / "all.zip"))


def rewritten(file: Path, change, *, honest: bool = True) -> Path:
    """The zip with `change({name: bytes}, manifest)` done to it; an honest one has a manifest that fits its files."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts["manifest.json"])
    change(parts, manifest)
    for name, known in manifest["files"].items():
        if honest and name in parts:
            known |= {"bytes": len(parts[name]), "sha256": hashlib.sha256(parts[name]).hexdigest()}
    parts["manifest.json"] = json.dumps(manifest).encode()
    target = file.with_name("changed.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target


def test_everything_comes_back_exactly_into_sqlite(workspace, tmp_path):
    fill(workspace)
    before, other = dump(workspace), other_sqlite(tmp_path)
    assert all(len(rows) >= 2 for rows in before.values())
    read = put_back(other, taken(workspace, tmp_path / "all.zip"))
    after = dump(other)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert read == {name: len(rows) for name, rows in before.items()}
    db.dispose(other)


def test_everything_comes_back_exactly_from_sqlite_and_goes_on_to_a_third(workspace, nasty, nasty_zip, tmp_path):
    put_back(workspace, nasty_zip)
    assert dump(workspace) == dump(other_sqlite(nasty, "filled"))
    third = other_sqlite(tmp_path, "third")
    put_back(third, taken(workspace, tmp_path / "second.zip"))
    assert dump(third) == dump(workspace)
    db.dispose(third)


def test_the_same_database_gives_the_same_files(workspace, tmp_path):
    fill(workspace)
    files = []
    for name in ("one.zip", "two.zip"):
        with zipfile.ZipFile(taken(workspace, tmp_path / name)) as archive:
            files.append({part: archive.read(part) for part in archive.namelist() if part.endswith(".csv")})
    assert files[0] == files[1]


def test_new_records_get_ids_of_their_own_afterwards(workspace, nasty_zip):
    put_back(workspace, nasty_zip)
    with db.transaction(workspace) as session:
        customer = customers.create(session, name="New")
        tea = products.create(session, name="Tea")
        order = orders.create(session, customer_id=customer, ordered_at=datetime(2026, 1, 1),
                              lines=[orders.LineInput(tea, 1, 1)])
    assert customer == 11 and tea == 11 and order == 11


def test_the_demo_company_comes_back_exactly(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    demo.make(today=date(2026, 3, 10))
    with db.transaction(db.demo()) as session:
        one = session.scalar(select(Customer.id).limit(1))
        scores.save(session, pd.DataFrame({"customer_id": [one], "number": [0.1 + 0.2]}), analysis="churn",
                    as_of=date(2026, 3, 10), parameters={"horizon_days": 90}, quality={"auc": 0.75})
    other = other_sqlite(tmp_path)
    put_back(other, taken(db.demo(), tmp_path / "demo.zip"))
    assert dump(other) == dump(db.demo())
    with db.reading(other) as session:
        assert settings.company(session).name == demo.COMPANY_NAME
    for opened in (other, db.demo()):
        db.dispose(opened)


def test_the_files_are_plain_csv_with_every_column_and_the_ids(nasty_zip):
    with zipfile.ZipFile(nasty_zip) as archive:
        assert set(archive.namelist()) == {f"{table.name}.csv" for table in TABLES} | {"manifest.json", "README.txt"}
        manifest = json.loads(archive.read("manifest.json"))
        for table in TABLES:
            text = archive.read(f"{table.name}.csv").decode("utf-8")
            found = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            assert found[0] == table.columns.keys() and len(found) - 1 == manifest["files"][f"{table.name}.csv"]["rows"]
            assert text.endswith("\r\n") and not text.startswith("\ufeff")
        known = next(csv.DictReader(io.StringIO(archive.read("customers.csv").decode(), newline="")))
    assert known["id"] == "4" and known["code"] == "007" and known["since_on"] == "0001-01-01"
    assert (manifest["revision"], manifest["currency"]) == (db.head(), "EUR")


def test_no_value_and_empty_text_are_told_apart():
    written = [",".join(["1", '""', "", '"a""b"']), '2,"x\r\ny",,""']
    found = list(cells.records(io.StringIO("\r\n".join(written) + "\r\n", newline="\n")))
    assert found == [["1", '""', "", '"a""b"'], ["2", '"x\r\ny"', "", '""']]
    read = cells.reader(Customer.__table__.c.note, db.engine(db.Workspace("own", "sqlite://")).dialect)
    assert [read(cell) for cell in ("", '""', '"a""b"', '"NULL"')] == [None, "", 'a"b', "NULL"]


@given(st.lists(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4)))
def test_whatever_texts_there_are_come_back(texts):
    dialect = db.engine(db.Workspace("own", "sqlite://")).dialect
    write, read = cells.writer(Customer.__table__.c.note), cells.reader(Customer.__table__.c.note, dialect)
    lines = "".join(",".join(map(write, record)) + cells.LINE_END for record in texts)
    found = cells.records(io.TextIOWrapper(io.BytesIO(lines.encode()), encoding="utf-8", newline="\n"))
    assert [[read(cell) for cell in record] for record in found] == texts


@pytest.mark.parametrize("record", ['1,"a"b,2', '"a"b"', 'a"b"', '1,"open'])
def test_a_record_that_is_no_csv_is_refused(record):
    with pytest.raises(ValueError):
        list(cells.records(io.StringIO(record, newline="\n")))


def test_every_column_can_be_written_and_every_file_is_explained():
    assert {cells.kind_of(column) for table in TABLES for column in table.columns} == set(cells._READERS)
    assert set(readme.HOLDS) == {table.name for table in TABLES}
    assert {table.name for table in Base.metadata.tables.values()} - {table.name for table in TABLES} == {
        "revisions", "submissions"}


def test_the_readme_tells_how_to_read_it(nasty_zip):
    with zipfile.ZipFile(nasty_zip) as archive:
        text = archive.read("README.txt").decode()
    assert "no value" in text and "customers" in text and "UTC" in text and "{" not in text.replace("{field:", "")


def test_a_workspace_with_records_is_not_overwritten(workspace, nasty_zip):
    with db.transaction(workspace) as session:
        customers.create(session, name="Already here")
    with pytest.raises(InvalidInput, match="customers: 1.*empty"):
        put_back(workspace, nasty_zip)
    assert len(dump(workspace)["customers"]) == 1


def test_the_name_of_a_company_just_begun_gives_way(workspace, nasty_zip):
    with db.transaction(workspace) as session:
        settings.save_company(session, name="Just begun", currency="USD", time_zone="UTC")
    put_back(workspace, nasty_zip)
    with db.reading(workspace) as session:
        assert session.scalar(select(func.count()).select_from(Setting).where(Setting.name == "company_name")) == 0
        assert session.scalar(select(AuditEntry.entity).where(AuditEntry.action == "read_back")) == "workspace"


def test_reading_back_makes_every_answer_new(workspace, nasty_zip):
    with db.reading(workspace) as session:
        before = db.revisions_of(session)
    put_back(workspace, nasty_zip)
    with db.reading(workspace) as session:
        assert not set(before) & set(db.revisions_of(session))


def test_one_of_ours_is_known_from_other_zips(nasty_zip, tmp_path):
    other, text = tmp_path / "other.zip", tmp_path / "text.csv"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("manifest.json", '{"name": "an app"}')
    text.write_text("a,b\n1,2\n")
    assert whole_workspace.is_workspace(nasty_zip) and whole_workspace.is_workspace(io.BytesIO(nasty_zip.read_bytes()))
    assert not whole_workspace.is_workspace(other) and not whole_workspace.is_workspace(text)
    for file in (other, text):
        with pytest.raises(InvalidInput, match="zip"):
            put_back(other_sqlite(tmp_path), file)


def refused(tmp_path: Path, file: Path, match: str) -> None:
    empty = other_sqlite(tmp_path, "empty")
    with pytest.raises(InvalidInput, match=match):
        put_back(empty, file)
    assert not any(dump(empty).values())
    db.dispose(empty)


def test_a_changed_file_is_refused(nasty_zip, tmp_path):
    def change(parts, _manifest):
        parts["customers.csv"] = parts["customers.csv"].replace(b"person", b"prison")

    refused(tmp_path, rewritten(nasty_zip, change, honest=False), "customers.csv in this zip is damaged or was changed")


def test_a_zip_cut_short_is_refused(nasty_zip, tmp_path):
    short = tmp_path / "short.zip"
    short.write_bytes(nasty_zip.read_bytes()[:-200])
    refused(tmp_path, short, "damaged")


def test_broken_bytes_inside_are_refused(nasty_zip, tmp_path):
    content = bytearray(nasty_zip.read_bytes())
    with zipfile.ZipFile(nasty_zip) as archive:
        place = archive.getinfo("customers.csv").header_offset
    for offset in range(place + 60, place + 90):
        content[offset] ^= 0xFF
    broken = tmp_path / "broken.zip"
    broken.write_bytes(content)
    refused(tmp_path, broken, "customers.csv in this zip is damaged")


def test_no_more_is_unpacked_than_the_manifest_says(nasty_zip, tmp_path):
    def change(parts, _manifest):
        parts["customers.csv"] += b"0" * 50_000_000

    refused(tmp_path, rewritten(nasty_zip, change, honest=False), "damaged")


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "..\\evil.csv", "other.csv"])
def test_a_file_that_does_not_belong_is_refused(nasty_zip, tmp_path, name):
    def add(parts, _manifest):
        parts[name] = b"x"

    def name_it(parts, manifest):
        parts[name] = parts.pop("tasks.csv")
        manifest["files"][name] = manifest["files"].pop("tasks.csv")

    refused(tmp_path, rewritten(nasty_zip, add), "does not belong")
    refused(tmp_path, rewritten(nasty_zip, name_it), "does not belong")


def test_what_a_mac_adds_to_a_zip_does_no_harm(nasty_zip, tmp_path):
    def add(parts, _manifest):
        parts["__MACOSX/._customers.csv"] = b"x"

    other = other_sqlite(tmp_path)
    assert put_back(other, rewritten(nasty_zip, add))["customers"] == 3
    db.dispose(other)


@pytest.mark.parametrize("newer", [{"revision": "9999"}, {"format_version": 2}])
def test_a_newer_zip_is_refused(nasty_zip, tmp_path, newer):
    refused(tmp_path, rewritten(nasty_zip, lambda _parts, manifest: manifest.update(newer)), "update the program")


@pytest.mark.parametrize("broken", [{"files": []}, {"files": {"customers.csv": 1}}, {"files": None}, {"company": None}])
def test_a_manifest_that_makes_no_sense_is_refused(nasty_zip, tmp_path, broken):
    with zipfile.ZipFile(nasty_zip) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = {**json.loads(parts["manifest.json"]), **broken}
    if broken == {"company": None}:
        del changed["company"]
    file = tmp_path / "changed.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, json.dumps(changed) if name == "manifest.json" else content)
    refused(tmp_path, file, "damaged")


def test_a_missing_table_or_column_of_this_version_is_refused(nasty_zip, tmp_path):
    def drop_table(parts, manifest):
        del parts["tasks.csv"], manifest["files"]["tasks.csv"]

    def drop_column(_parts, manifest):
        del manifest["files"]["tasks.csv"]["columns"]["note"]

    refused(tmp_path, rewritten(nasty_zip, drop_table), "columns of tasks.csv")
    refused(tmp_path, rewritten(nasty_zip, drop_column), "columns of tasks.csv")


def test_a_zip_of_an_older_version_is_read_as_far_as_it_goes(workspace, nasty_zip):
    def make_older(parts, manifest):
        manifest["revision"] = "0001"
        del parts["payments.csv"], manifest["files"]["payments.csv"]
        text = parts["deals.csv"].decode()
        found = list(cells.records(io.StringIO(text, newline="\n")))
        places = [place for place, name in enumerate(found[0]) if name not in ("source", "code", "custom_fields")]
        parts["deals.csv"] = "".join(",".join(row[place] for place in places) + "\r\n" for row in found).encode()
        for name in ("source", "code", "custom_fields"):
            del manifest["files"]["deals.csv"]["columns"][name]

    read = put_back(workspace, rewritten(nasty_zip, make_older))
    assert "payments" not in read and read["deals"] == 3
    with db.reading(workspace) as session:
        deals = Base.metadata.tables["deals"]
        found = session.execute(select(deals.c.source, deals.c.code, deals.c.custom_fields)).all()
    assert found == [("manual", None, {})] * 3


def test_an_older_zip_with_a_column_that_nobody_knows_is_refused(nasty_zip, tmp_path):
    def change(_parts, manifest):
        manifest["revision"] = "0001"
        manifest["files"]["tasks.csv"]["columns"]["mood"] = "text"

    refused(tmp_path, rewritten(nasty_zip, change), "columns of tasks.csv")


def test_records_that_lead_nowhere_are_refused_as_a_whole(workspace, nasty_zip):
    def change(parts, manifest):
        parts["customers.csv"] = parts["customers.csv"].split(b"\r\n")[0] + b"\r\n"
        manifest["files"]["customers.csv"]["rows"] = 0

    with pytest.raises(InvalidInput, match="do not fit the others"):
        put_back(workspace, rewritten(nasty_zip, change))
    assert not any(dump(workspace).values())


@pytest.mark.parametrize("wrong", [b'4,"1","t"\r\n', b'x,"1"\r\n', b'4\r\n', b'99999999999999999999,"1"\r\n',
                                   b'4,"\xff"\r\n', b'4,t\r\n', b'"4","t"\r\n', b'4,"t'])
def test_a_record_that_cannot_be_read_is_refused_with_its_number(workspace, nasty_zip, wrong):
    def change(parts, manifest):
        parts["customer_tags.csv"] = b"customer_id,tag\r\n" + b'4,"fine"\r\n' + wrong
        manifest["files"]["customer_tags.csv"]["rows"] = 2

    with pytest.raises(InvalidInput, match="Record [12] of customer_tags.csv"):
        put_back(workspace, rewritten(nasty_zip, change))
    assert not any(dump(workspace).values())


def test_rows_that_are_missing_are_noticed(nasty_zip, tmp_path):
    def change(_parts, manifest):
        manifest["files"]["settings.csv"]["rows"] = 40

    refused(tmp_path, rewritten(nasty_zip, change), "settings.csv in this zip is damaged")


def test_stopped_on_the_way_nothing_is_kept(workspace, nasty_zip, tmp_path):
    with pytest.raises(Cancelled):
        put_back(workspace, nasty_zip, cancelled=lambda: True)
    assert not any(dump(workspace).values())
    fill(workspace)
    with pytest.raises(Cancelled), db.reading(workspace) as session:
        whole_workspace.write(session, tmp_path / "half.zip", cancelled=lambda: True)
    assert not list(tmp_path.glob("half*"))


def test_both_ways_tell_how_far_they_are(workspace, tmp_path):
    fill(workspace)
    shares = []
    with db.reading(workspace) as session:
        whole_workspace.write(session, tmp_path / "all.zip", progress=lambda share, stage: shares.append((share, stage)))
    assert shares[-1][0] == 1 and [share for share, _ in shares] == sorted(share for share, _ in shares)
    assert {stage for _, stage in shares} == {table.name for table in TABLES}
    other, shares = other_sqlite(tmp_path), []
    put_back(other, tmp_path / "all.zip", progress=lambda share, stage: shares.append(share))
    assert shares and shares == sorted(shares) and shares[-1] <= 1
    db.dispose(other)
