"""Saved segments: named once, checked, never lost between two windows, whole through merges, undoing and moving house."""

from datetime import date

import pytest
from sqlalchemy import delete, func, select

from crm import db
from crm.errors import AlreadyDone, Conflict, InvalidInput, NotFound
from crm.models import AuditEntry, Correction, Customer, ImportBatch, Segment, SegmentMember
from crm.services import (
    customers,
    listing,
    merging,
    rfm_settings,
    segment_definitions,
    segments,
    submissions,
    undoing,
)
from crm.services.among import listed

DAY = date(2026, 3, 10)
CHAMPIONS = {"type": "rfm", "groups": ["Champions"]}
UNKNOWN = {"type": "members"}


@pytest.fixture
def people(workspace) -> list[int]:
    with db.transaction(workspace) as session:
        return [customers.create(session, name=name) for name in ("Ada", "Bo", "Cleo", "Dai")]


def make(workspace, **given) -> int:
    with db.transaction(workspace) as session:
        return segments.create(session, **{"name": "Best", "kind": "rule", "definition": CHAMPIONS, "as_of": DAY, **given})


def snapshot(workspace, members, name="Kept") -> int:
    return make(workspace, name=name, kind="snapshot", definition=UNKNOWN, members=members)


def saved(workspace, segment_id) -> segments.SavedSegment:
    with db.reading(workspace) as session:
        return segments.get(session, segment_id)


def members(workspace, segment_id) -> list[int]:
    with db.reading(workspace) as session:
        return segments.member_ids(session, segment_id).tolist()


def merge(workspace, keep_id, other_id) -> int:
    with db.transaction(workspace) as session:
        shown = merging.preview(session, keep_id, other_id)
        return merging.merge(session, keep_id, other_id, versions=shown.versions)


def test_a_rule_is_kept_with_its_words_and_an_audit_entry(workspace):
    made = saved(workspace, make(workspace, name="  The  best ", description=" for whom we bake "))
    assert (made.name, made.description, made.kind, made.version) == ("The best", "for whom we bake", "rule", 1)
    assert made.definition == {"type": "rfm", "groups": ["Champions"], "cuts": None}
    assert made.members is None and made.taken_at is None and made.as_of == DAY
    with db.reading(workspace) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.entity == "segment")).one()
        assert (entry.action, entry.changes["name"]) == ("created", [None, "The best"])


@pytest.mark.parametrize(("given", "field"), [
    ({"name": "  "}, "name"), ({"name": "x" * 81}, "name"), ({"description": "x" * 2_001}, "description"),
    ({"kind": "wish"}, "kind"), ({"definition": UNKNOWN}, "kind"), ({"kind": "snapshot"}, "members"),
    ({"definition": {"type": "magic"}}, "definition"), ({"definition": {}}, "definition"),
    ({"definition": {"type": "rfm", "groups": []}}, "definition"),
    ({"definition": {"type": "conditions", "all": [{"column": "age", "operator": "like", "value": 3}]}}, "definition"),
    ({"definition": {"type": "conditions", "all": [{"column": "age", "operator": "<=", "value": "3"}]}}, "definition"),
    ({"definition": {"type": "conditions", "all": [{"column": "age", "operator": "<=", "value": float("nan")}]}}, "definition"),
    ({"definition": {"type": "filter", "country": ["Peru"]}}, "definition"),
])
def test_what_cannot_be_kept_names_its_field_and_writes_nothing(workspace, given, field):
    with pytest.raises(InvalidInput) as told:
        make(workspace, **given)
    assert told.value.field == field
    with db.reading(workspace) as session:
        assert segments.listing(session) == []


def test_a_name_is_given_once_however_it_is_written(workspace):
    first = make(workspace, name="Straße")
    with pytest.raises(InvalidInput, match="already") as told:
        make(workspace, name=" STRASSE ")
    assert told.value.field == "name"
    second = make(workspace, name="Other")
    with pytest.raises(InvalidInput, match="already"), db.transaction(workspace) as session:
        segments.update(session, second, version=1, name="strasse")
    with db.transaction(workspace) as session:
        assert segments.update(session, first, version=1, name="Strasse") == 2  # its own name, written otherwise


def test_names_that_two_windows_give_at_once_are_refused_by_the_database(workspace):
    make(workspace)
    with pytest.raises(Conflict), db.transaction(workspace) as session:
        session.add(Segment(name="Best", kind="rule", definition=CHAMPIONS, as_of=DAY))


def test_sent_twice_it_is_saved_once(workspace):
    for _ in range(2):
        try:
            with db.transaction(workspace) as session:
                submissions.use(session, "token")
                segments.create(session, name="Best", kind="rule", definition=CHAMPIONS, as_of=DAY)
        except AlreadyDone:
            pass
    with db.reading(workspace) as session:
        assert len(segments.listing(session)) == 1


def test_two_windows_do_not_overwrite_each_other(workspace, people):
    kept = snapshot(workspace, people)
    with db.transaction(workspace) as session:
        segments.update(session, kept, version=1, name="Renamed")
    for change in (lambda session: segments.update(session, kept, version=1, name="Lost"),
                   lambda session: segments.refresh(session, kept, version=1, members=[], as_of=DAY),
                   lambda session: segments.delete(session, kept, version=1)):
        with pytest.raises(Conflict), db.transaction(workspace) as session:
            change(session)
    assert saved(workspace, kept).name == "Renamed" and members(workspace, kept) == people


def test_a_snapshot_keeps_who_is_there_and_names_nobody_twice(workspace, people):
    with db.transaction(workspace) as session:
        customers.delete(session, people[3], version=1)
    kept = snapshot(workspace, [*people, people[0], 999_999])
    assert members(workspace, kept) == people[:3] and saved(workspace, kept).members == 3
    with db.transaction(workspace) as session:
        customers.delete(session, people[0], version=1)
    assert members(workspace, kept) == people[1:3]
    with db.transaction(workspace) as session:
        customers.restore(session, people[0])
    assert members(workspace, kept) == people[:3]


def test_refreshing_tells_who_came_and_who_went(workspace, people):
    kept = snapshot(workspace, people[:2])
    before = saved(workspace, kept).taken_at
    with db.transaction(workspace) as session:
        done = segments.refresh(session, kept, version=1, members=people[1:], as_of=date(2026, 4, 1))
    assert (done.members, done.came, done.went, done.version) == (3, 2, 1, 2)
    after = saved(workspace, kept)
    assert after.as_of == date(2026, 4, 1) and after.taken_at > before
    rule = make(workspace)
    with pytest.raises(InvalidInput, match="evaluated anew"), db.transaction(workspace) as session:
        segments.refresh(session, rule, version=1, members=[], as_of=DAY)


def test_a_deleted_segment_comes_back_with_its_members_unless_its_name_was_given_anew(workspace, people):
    kept = snapshot(workspace, people)
    with db.transaction(workspace) as session:
        segments.delete(session, kept, version=1)
    with pytest.raises(NotFound):
        saved(workspace, kept)
    other = snapshot(workspace, [], name="Kept")
    with pytest.raises(InvalidInput, match="already"), db.transaction(workspace) as session:
        segments.restore(session, kept)
    with db.transaction(workspace) as session:
        segments.update(session, other, version=1, name="Another")
        segments.restore(session, kept)
    assert members(workspace, kept) == people


def test_saving_a_segment_makes_no_analysis_stale(workspace, people):
    with db.reading(workspace) as session:
        before = db.revisions_of(session, ("customers", "sales", "service", "surveys"))
        work = db.revisions_of(session, ("work",))
    snapshot(workspace, people)
    with db.reading(workspace) as session:
        assert db.revisions_of(session, ("customers", "sales", "service", "surveys")) == before
        assert db.revisions_of(session, ("work",)) != work


def test_the_kept_customer_of_a_merge_is_in_the_snapshots_of_both_and_parting_puts_it_right(workspace, people):
    ada, bo, cleo, _ = people
    of_ada, of_bo, of_both = (snapshot(workspace, ids, name) for ids, name in (
        ([ada, cleo], "A"), ([bo, cleo], "B"), ([ada, bo], "AB")))
    correction = merge(workspace, ada, bo)
    assert members(workspace, of_ada) == [ada, cleo]
    assert members(workspace, of_bo) == [ada, cleo] and saved(workspace, of_bo).members == 2
    assert members(workspace, of_both) == [ada]
    with db.transaction(workspace) as session:
        merging.unmerge(session, correction)
    assert [members(workspace, kept) for kept in (of_ada, of_bo, of_both)] == [[ada, cleo], [bo, cleo], [ada, bo]]


def test_a_snapshot_taken_anew_since_the_merge_keeps_its_members_when_it_is_taken_back(workspace, people):
    ada, bo = people[:2]
    kept = snapshot(workspace, [bo])
    correction = merge(workspace, ada, bo)
    with db.transaction(workspace) as session:
        segments.refresh(session, kept, version=1, members=[ada], as_of=DAY)
    with db.transaction(workspace) as session:
        merging.unmerge(session, correction)
    assert members(workspace, kept) == [ada]


def test_a_merge_of_an_older_version_of_the_program_can_still_be_taken_back(workspace, people):
    kept = snapshot(workspace, people[1:2])
    correction = merge(workspace, people[0], people[1])
    with db.transaction(workspace) as session:
        merged = session.get(Correction, correction)
        merged.details = {name: content for name, content in merged.details.items() if name != "segments"}
    with db.transaction(workspace) as session:
        merging.unmerge(session, correction)
    assert people[1] in members(workspace, kept)


def test_a_customer_who_goes_for_good_leaves_the_snapshots(workspace, people):
    kept = snapshot(workspace, people)
    with db.transaction(workspace) as session:
        session.execute(Customer.__table__.delete().where(Customer.id == people[0]))
    with db.reading(workspace) as session:
        assert session.scalar(select(func.count()).select_from(SegmentMember)) == 3
    assert members(workspace, kept) == people[1:]


def test_an_import_is_taken_back_though_its_customers_are_in_a_snapshot(workspace, people):
    kept = snapshot(workspace, people)
    with db.transaction(workspace) as session:
        batch = ImportBatch(file_name="a.csv", source="shop", kind="customers", lines_read=1, lines_imported=1,
                            lines_duplicate=0, lines_rejected=0)
        session.add(batch)
        session.flush()
        session.get(Customer, people[0]).import_batch_id = batch.id
        batch_id = batch.id
        session.execute(delete(AuditEntry))  # brought by the import, not typed in
    with db.transaction(workspace) as session:
        assert undoing.undo_import(session, batch_id).removed == {"customers": 1}
    assert members(workspace, kept) == people[1:]


def test_the_list_shows_only_the_customers_named_and_the_other_filters_hold(workspace, people):
    with db.reading(workspace) as session:
        found = listing.page(session, among=tuple(people[:2]), as_of=DAY)
        assert found.rows["name"].tolist() == ["Ada", "Bo"] and found.total == 2
        assert listing.page(session, among=people[:2], query="bo", as_of=DAY).rows["name"].tolist() == ["Bo"]
        assert listing.page(session, among=(), as_of=DAY).total == 0
        assert listing.ids(session, among=(*people[:1], 7_000_000_000), as_of=DAY).tolist() == people[:1]
        assert listing.ids(session, query="o", as_of=DAY).tolist() == [people[1], people[2]]


def test_a_hundred_thousand_customers_are_one_parameter(workspace, people):
    with db.reading(workspace) as session:
        statement = select(Customer.id).where(Customer.id.in_(listed(session, range(1, 100_001))))
        assert len(statement.compile(session.get_bind()).params) == 1
        assert sorted(session.scalars(statement)) == people


@pytest.mark.parametrize("definition", [
    {"type": "rfm", "groups": ["Lost", "New"], "cuts": {"recency_days": [1, 2, 3, 4], "orders": None, "money": None}},
    {"type": "conditions", "all": [{"column": "custom.Größe", "operator": "between", "value": [1, 2.5]},
                                   {"column": "country", "operator": "in", "value": ["Peru", "Chad"]},
                                   {"column": "age", "operator": "is_missing", "value": None}]},
    {"type": "all", "of": [{"type": "filter", "show": "silent"}, {"type": "rfm", "groups": ["New"], "cuts": None}]},
])
def test_a_definition_comes_back_as_it_was(workspace, definition):
    assert saved(workspace, make(workspace, definition=definition)).definition == definition
    assert segment_definitions.from_text(segment_definitions.as_text(definition)) == definition


def test_definitions_are_joined_and_told_from_what_no_rule_tells():
    silent, new = {"type": "filter", "show": "silent"}, {"type": "rfm", "groups": ["New"]}
    assert segment_definitions.together(None, silent) == silent
    assert segment_definitions.together(silent, new) == {"type": "all", "of": [silent, new]}
    assert segment_definitions.together(None) is None
    assert not segment_definitions.is_rule(segment_definitions.together(silent, UNKNOWN))


def test_own_borders_and_names_are_kept_and_two_windows_told_apart(workspace):
    with db.reading(workspace) as session:
        first = rfm_settings.read(session)
    assert first.cuts == (None, None, None) and first.called("Lost") == "Lost"
    chosen = rfm_settings.checked(recency_days=[30, 90, 180, 365], names={"Lost": " Gone  away", "New": "New"})
    with db.transaction(workspace) as session:
        rfm_settings.save(session, chosen, seen=first)
    with db.reading(workspace) as session:
        kept = rfm_settings.read(session)
    assert kept == chosen and kept.recency_days == (30, 90, 180, 365) and kept.orders is None
    assert kept.called("Lost") == "Gone away" and kept.names == (("Lost", "Gone away"),)
    with pytest.raises(Conflict), db.transaction(workspace) as session:
        rfm_settings.save(session, first, seen=first)


@pytest.mark.parametrize(("given", "told"), [
    ({"recency_days": [30, 90, 90, 365]}, "30, 90, 90, 365 do not"), ({"orders": [0, 2, 3, 4]}, "1 or more"),
    ({"orders": [1.5, 2, 3, 4]}, "whole numbers"), ({"money": [1, 2, 3]}, "four borders"),
    ({"money": [1, 2, 3, float("inf")]}, "four borders"), ({"money": [1, 2, 3, None]}, "four borders"),
    ({"names": {"Lost": " ", "New": "New"}}, "needs a name"), ({"names": {"Lost": "x" * 41, "New": "New"}}, "41 characters"),
    ({"names": {"Lost": "Away", "New": "AWAY"}}, "Two groups"),
    ({"names": {"Lost": "New", "New": "Fresh"}}, "another group"),
])
def test_borders_that_do_not_rise_and_names_that_are_taken_are_refused(given, told):
    with pytest.raises(InvalidInput, match=told):
        rfm_settings.checked(**given)
