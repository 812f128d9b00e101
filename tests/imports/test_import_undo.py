"""Is an import taken back whole, without taking anything that somebody built on it since?"""

import itertools
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from crm import db, imports
from crm.errors import InvalidInput, NotFound
from crm.models import (
    AuditEntry,
    Campaign,
    CampaignMember,
    Customer,
    CustomerScore,
    CustomerTag,
    ImportBatch,
    NotDuplicate,
    Order,
    OrderLine,
    Payment,
    Product,
    RecordChange,
    Referral,
    ScoreRun,
    SurveyAnswer,
    Ticket,
)
from crm.services import batches, changes, check, customers, merging, orders
from crm.services.undoing import undo_import
from tests.imports.small_files import bring_in, rows, whole

HEADER = "order,date,customer id,customer,sku,quantity,price"
FIRST = "A1,2024-01-02 10:00,0042,Ann Lee,MUG,2,2.50"
SECOND = "A2,2024-01-03,77,Bob,CUP,1,3.00"


def lines(workspace, *content, header=HEADER, **arguments):
    return bring_in(workspace, *content, header=header, **arguments)


def undo(workspace, batch_id):
    with db.transaction(workspace) as session:
        done = undo_import(session, batch_id)
    with db.reading(workspace) as session:
        assert check.findings(session) == []
    return done


def kept(done):
    return sorted(map(tuple, done.kept.values.tolist()))


def the(workspace, model, **wanted):
    with db.reading(workspace) as session:
        record = session.scalars(select(model).filter_by(**wanted)).one()
        session.expunge(record)
    return record


def add(workspace, *records):
    with db.transaction(workspace) as session:
        session.add_all(records)
        session.flush()


def test_nothing_is_left_of_an_import_that_is_undone_and_it_can_come_again(workspace):
    empty = whole(workspace)
    first = lines(workspace, FIRST, SECOND)
    brought = whole(workspace)
    done = undo(workspace, first.batch_id)
    assert done.removed == {"customers": 2, "products": 2, "orders": 2, "order_lines": 2}
    assert done.restored == {} and not len(done.kept) and whole(workspace) == empty
    again = lines(workspace, FIRST, SECOND)
    assert again.plan.created == first.plan.created and whole(workspace) == brought


def test_an_undone_import_says_so_and_is_not_undone_twice(workspace):
    batch_id = lines(workspace, FIRST).batch_id
    undo(workspace, batch_id)
    batch = the(workspace, ImportBatch)
    assert batch.status == "undone" and batch.undone_at is not None and batch.details["undone"]["kept"] == 0
    assert batch.details["undone"]["removed"]["order_lines"] == 1 and batch.details["created"]["orders"] == 1
    with db.reading(workspace) as session:
        entries = session.execute(select(AuditEntry.entity, AuditEntry.entity_id, AuditEntry.action)).all()
    assert ("import_batch", batch_id, "undone") in entries
    with pytest.raises(InvalidInput, match="undone already"), db.transaction(workspace) as session:
        undo_import(session, batch_id)
    with pytest.raises(NotFound), db.transaction(workspace) as session:
        undo_import(session, batch_id + 1)


def test_an_undo_raises_the_revisions_of_what_it_changed(workspace):
    batch_id = lines(workspace, FIRST).batch_id
    with db.reading(workspace) as session:
        before = db.revisions_of(session, ("sales", "customers"))
    undo(workspace, batch_id)
    with db.reading(workspace) as session:
        assert not set(before) & set(db.revisions_of(session, ("sales", "customers")))


def test_what_was_there_before_is_as_it_was(workspace):
    lines(workspace, FIRST, "A1,2024-01-02 12:00,0042,Ann Lee,CUP,1,3.00")
    add(workspace, Customer(code="8", name="8", search_text="8 8", city="Bath"))
    with db.transaction(workspace) as session:
        session.execute(update(Product).where(Product.code == "CUP").values(deleted_at=datetime(2024, 5, 1).astimezone()))
    before = whole(workspace)
    second = lines(
        workspace, "A1,2024-01-01 09:00,0042,,CUP,4,3.00,York,Cups", "A9,2024-01-01,8,Zoë,POT,1,1,York,Pots",
        header=HEADER + ",city,category")
    assert second.plan.updated == {"customers": 2, "products": 1, "orders": 1} and whole(workspace) != before
    done = undo(workspace, second.batch_id)
    assert done.restored == {"customers": 2, "products": 1, "orders": 1} and not len(done.kept)
    assert whole(workspace) == before


def test_heads_totals_and_custom_fields_are_taken_back_too(workspace):
    header = "order,date,customer id,status,amount,member"
    bring_in(workspace, "1,2024-01-02,7,open,5,", header=header, kind="orders", columns={"member": "custom"})
    before = whole(workspace)
    second = bring_in(workspace, "1,2024-01-02,7,cancelled,6,gold", header=header, kind="orders",
                      columns={"member": "custom"}, on_known="overwrite")
    assert second.plan.updated["orders"] == 1 and whole(workspace) != before
    undo(workspace, second.batch_id)
    assert whole(workspace) == before


def test_a_field_that_was_edited_since_is_kept_and_the_others_go_back(workspace):
    lines(workspace, "1,2024-01-02,7,Ann,MUG,1,1")
    header = HEADER + ",city,email"
    second = lines(workspace, "2,2024-01-02,7,Ann,MUG,1,1,Bath,a@x.com", header=header)
    ann = the(workspace, Customer)
    with db.transaction(workspace) as session:
        customers.update(session, ann.id, version=ann.version, city="York")
    done = undo(workspace, second.batch_id)
    assert rows(workspace, Customer.city, Customer.email) == [("York", None)]
    assert kept(done) == [("customers", "7", "edited")] and the(workspace, Customer).search_text == "ann 7"


def test_custom_fields_are_taken_back_one_by_one(workspace):
    header, columns = "order,date,customer id,amount,age,member", {"age": "custom", "member": "custom"}

    def come(*content):
        return lines(workspace, *content, header=header, columns=columns, on_known="overwrite").batch_id

    come("1,2024-01-02,7,1,,")
    second = come("1,2024-01-02,7,1,40,")
    third = come("1,2024-01-02,7,1,,gold")
    fourth = come("1,2024-01-02,7,1,41,")
    ann = the(workspace, Customer)
    assert ann.custom_fields == {"age": 41, "member": "gold"}
    with db.transaction(workspace) as session:
        customers.update(session, ann.id, version=ann.version, custom_fields={**ann.custom_fields, "own": "word"})
    for batch_id, left in ((third, {"age": 41, "own": "word"}), (second, {"age": 41, "own": "word"}), (fourth, {"own": "word"})):
        assert kept(undo(workspace, batch_id)) == []
        assert the(workspace, Customer).custom_fields == left


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(2))))
def test_two_imports_that_changed_one_field_are_taken_back_in_any_sequence(workspace, sequence):
    header = HEADER + ",city"
    lines(workspace, "1,2024-01-03,7,Ann,MUG,1,9,", header=header)
    before = whole(workspace)
    later = [lines(workspace, f"1,2024-01-0{day},7,,MUG,1,{day},{city}", header=header, on_known="overwrite").batch_id
             for day, city in ((2, "Bath"), (1, "York"))]
    undo(workspace, later[sequence[0]])
    city, moment = ("York", datetime(2024, 1, 1)) if sequence[0] == 0 else ("Bath", datetime(2024, 1, 2))
    assert rows(workspace, Customer.city) == [(city,)] and rows(workspace, Order.ordered_at) == [(moment,)]
    undo(workspace, later[sequence[1]])
    assert whole(workspace) == before


def test_records_edited_by_hand_since_stay(workspace):
    first = lines(workspace, FIRST, SECOND)
    ann = the(workspace, Customer, code="0042")
    with db.transaction(workspace) as session:
        customers.update(session, ann.id, version=ann.version, city="Bath")
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "0042", "edited")] and done.removed["customers"] == 1
    assert rows(workspace, Customer.code) == [("0042",)] and rows(workspace, Order.id) == []


def test_an_order_edited_by_hand_since_stays_whole_with_its_customer_and_products(workspace):
    first = lines(workspace, FIRST, "A1,2024-01-02 10:00,0042,Ann Lee,CUP,1,3.00", SECOND)
    order = the(workspace, Order, number="A1")
    with db.transaction(workspace) as session:
        orders.update(session, order.id, version=order.version, note="by phone")
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "0042", "used"), ("orders", "A1", "edited"), ("products", "CUP", "used"),
                          ("products", "MUG", "used")]
    assert rows(workspace, Order.number, Order.net_amount_e4) == [("A1", 80_000)] and len(rows(workspace, OrderLine.id)) == 2


def test_a_known_order_that_was_edited_since_keeps_what_the_import_added(workspace):
    lines(workspace, FIRST)
    second = lines(workspace, "A1,2024-01-01,0042,Ann Lee,CUP,1,3.00")
    order = the(workspace, Order)
    with db.transaction(workspace) as session:
        orders.update(session, order.id, version=order.version, channel="shop")
    done = undo(workspace, second.batch_id)
    assert ("orders", "A1", "edited") in kept(done) and done.restored == {"customers": 1}
    assert rows(workspace, Order.net_amount_e4, Order.ordered_at) == [(80_000, datetime(2024, 1, 1))]
    assert rows(workspace, Customer.since_on) == [(date(2024, 1, 2),)]


def test_what_the_owner_deleted_goes_for_good(workspace):
    first = lines(workspace, FIRST, SECOND)
    order, ann = the(workspace, Order, number="A1"), the(workspace, Customer, code="0042")
    with db.transaction(workspace) as session:
        orders.delete(session, order.id, version=order.version)
        customers.delete(session, ann.id, version=ann.version)
    assert not len(undo(workspace, first.batch_id).kept) and rows(workspace, Order.id) == rows(workspace, Customer.id) == []


def test_an_order_typed_by_hand_keeps_its_customer_and_product(workspace):
    first = lines(workspace, FIRST, SECOND)
    ann, mug = the(workspace, Customer, code="0042"), the(workspace, Product, code="MUG")
    with db.transaction(workspace) as session:
        orders.create(session, customer_id=ann.id, ordered_at=datetime(2024, 2, 2), lines=[orders.LineInput(mug.id, 1, 3.0)])
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "0042", "used"), ("products", "MUG", "used")]
    assert rows(workspace, Order.source, Order.net_amount_e4) == [("manual", 30_000)]


@pytest.mark.parametrize("table", [Ticket, Payment])
def test_an_order_that_something_belongs_to_stays_whole(workspace, table):
    first = lines(workspace, FIRST, SECOND)
    order = the(workspace, Order, number="A1")
    contents = {"subject": "late", "kind": "complaint", "opened_at": datetime(2024, 2, 2)} if table is Ticket else {
        "amount_e4": 50_000, "paid_on": date(2024, 2, 2)}
    add(workspace, table(customer_id=order.customer_id, order_id=order.id, **contents))
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "0042", "used"), ("orders", "A1", "used"), ("products", "MUG", "used")]
    assert rows(workspace, Order.net_amount_e4) == [(50_000,)]


def test_a_referral_keeps_both_customers(workspace):
    first = lines(workspace, FIRST, SECOND)
    add(workspace, Referral(referrer_id=the(workspace, Customer, code="0042").id,
                            referred_id=the(workspace, Customer, code="77").id))
    assert kept(undo(workspace, first.batch_id)) == [("customers", "0042", "used"), ("customers", "77", "used")]


def test_scores_tags_and_decisions_about_doubles_go_with_their_customers(workspace):
    first = lines(workspace, FIRST, SECOND)
    ids = sorted(key for (key,) in rows(workspace, Customer.id))
    add(workspace, ScoreRun(id=1, analysis="offers", as_of=date(2024, 2, 2)))
    add(workspace, CustomerScore(run_id=1, customer_id=ids[0], product_id=the(workspace, Product, code="MUG").id),
        NotDuplicate(first_id=ids[0], second_id=ids[1]), CustomerTag(customer_id=ids[0], tag="vip"))
    assert not len(undo(workspace, first.batch_id).kept)
    for column in (CustomerScore.id, NotDuplicate.first_id, CustomerTag.tag, Customer.id):
        assert rows(workspace, column) == []


def test_a_created_order_stays_with_the_lines_of_a_later_import_only(workspace):
    first = lines(workspace, FIRST)
    second = lines(workspace, FIRST, "A1,2024-01-02 10:00,0042,Ann Lee,CUP,1,3.00", "A1,2024-01-02 10:00,0042,Ann Lee,CUP,-1,1")
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "0042", "used"), ("orders", "A1", "later_import")]
    assert rows(workspace, Order.net_amount_e4, Order.charged_amount_e4) == [(20_000, 30_000)]
    assert lines(workspace, FIRST).counts == (1, 0, 0)
    undo(workspace, second.batch_id)
    assert rows(workspace, Order.net_amount_e4) == [(50_000,)]


def test_a_customer_that_a_later_import_changed_stays(workspace):
    first = lines(workspace, FIRST, SECOND)
    lines(workspace, FIRST + ",Bath", header=HEADER + ",city")
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "0042", "later_import")] and rows(workspace, Customer.city) == [("Bath",)]


def test_an_order_whose_state_a_later_import_changed_stays_whole(workspace):
    first = lines(workspace, FIRST)
    later = bring_in(workspace, "A1,2024-01-02 10:00,0042,cancelled", header="order,date,customer id,status",
                     kind="orders", on_known="overwrite")
    assert ("orders", "A1", "later_import") in kept(undo(workspace, first.batch_id))
    assert rows(workspace, Order.status, Order.net_amount_e4) == [("cancelled", 0)] and len(rows(workspace, OrderLine.id)) == 1
    undo(workspace, later.batch_id)
    assert rows(workspace, Order.status, Order.net_amount_e4) == [("completed", 50_000)]


def test_what_a_correction_merged_or_fixed_since_stays_until_that_is_undone(workspace):
    first = lines(workspace, FIRST, SECOND)
    order, bob = the(workspace, Order, number="A1"), the(workspace, Customer, code="77")
    with db.transaction(workspace) as session:
        correction = changes.begin_correction(session, "merge", {})
        changes.apply(session, Order.__table__, order.id, {"customer_id": bob.id}, correction_id=correction)
    done = undo(workspace, first.batch_id)
    assert kept(done) == [("customers", "77", "used"), ("orders", "A1", "corrected"), ("products", "MUG", "used")]


def test_a_correction_that_was_undone_holds_nothing(workspace):
    first = lines(workspace, FIRST)
    with db.transaction(workspace) as session:
        correction = changes.begin_correction(session, "fix", {})
        changes.apply(session, Customer.__table__, the(workspace, Customer).id, {"city": "Bath"}, correction_id=correction)
    with db.transaction(workspace) as session:
        changes.undo_correction(session, correction)
    assert not len(undo(workspace, first.batch_id).kept) and rows(workspace, Customer.id) == []


def test_a_customer_that_came_back_for_the_import_is_hidden_again_unless_it_bought_since(workspace):
    lines(workspace, FIRST, SECOND)
    with db.transaction(workspace) as session:
        session.execute(update(Customer).values(deleted_at=datetime(2024, 5, 1).astimezone()))
    second = lines(workspace, "B1,2024-06-01,0042,Ann Lee,MUG,1,1", "B2,2024-06-01,77,Bob,MUG,1,1")
    lines(workspace, "B3,2024-06-02,77,Bob,MUG,1,1")
    done = undo(workspace, second.batch_id)
    assert kept(done) == [("customers", "77", "used")] and done.restored == {"customers": 1}
    with db.reading(workspace) as session:
        assert session.scalars(select(Customer.code).where(Customer.deleted_at.is_(None))).all() == ["77"]


def test_rows_of_every_other_table_go_with_their_import_and_hold_what_they_need(workspace):
    batch_id = lines(workspace, FIRST, SECOND).batch_id
    ann, bob = (the(workspace, Customer, code=code).id for code in ("0042", "77"))
    mine = {"import_batch_id": batch_id}
    add(workspace, Campaign(id=1, name="Spring", channel="email", **mine))
    add(workspace,
        Payment(customer_id=ann, paid_on=date(2024, 2, 2), amount_e4=1, **mine),
        Ticket(id=1, customer_id=ann, kind="inquiry", subject="When?", opened_at=datetime(2024, 2, 2), **mine),
        CampaignMember(campaign_id=1, customer_id=ann, **mine),
        Ticket(id=2, customer_id=bob, kind="inquiry", subject="Where?", opened_at=datetime(2024, 2, 2), **mine),
        SurveyAnswer(customer_id=ann, ticket_id=1, metric="csat", item="All in all", score=5, scale_min=1, scale_max=5,
                     answered_at=datetime(2024, 2, 2), **mine),
        SurveyAnswer(ticket_id=2, metric="csat", item="All in all", score=5, scale_min=1, scale_max=5,
                     answered_at=datetime(2024, 2, 2)))
    done = undo(workspace, batch_id)
    assert done.removed == {"survey_answers": 1, "campaign_members": 1, "campaigns": 1, "tickets": 1, "payments": 1,
                            "order_lines": 2, "orders": 2, "products": 2, "customers": 1}
    assert kept(done) == [("customers", "77", "used"), ("tickets", "Where?", "used")]


def test_no_old_change_reaches_a_new_record_that_got_the_id_of_a_removed_one(workspace):
    first = lines(workspace, FIRST)
    second = lines(workspace, FIRST + ",Bath", header=HEADER + ",city")
    undo(workspace, second.batch_id)
    undo(workspace, first.batch_id)
    assert rows(workspace, RecordChange.record_id) == []


def test_the_list_of_imports_tells_which_were_undone(workspace):
    first = lines(workspace, FIRST, source="market")
    bring_in(workspace, "1,2024-01-02,7", header="order,date,customer id", kind="orders")
    undo(workspace, first.batch_id)
    with db.reading(workspace) as session:
        listed = batches.listing(session)
    assert listed[["kind", "source", "status"]].values.tolist() == [
        ["orders", "shop", "imported"], ["order_lines", "market", "undone"]]
    assert listed["undone_at"].notna().tolist() == [False, True] and listed["id"].tolist()[1] == first.batch_id
    assert listed["created"][1] == {"customers": 1, "products": 1, "orders": 1, "order_lines": 1}
    with db.reading(workspace) as session:
        assert len(batches.listing(session, limit=1)) == 1


FILES = st.lists(
    st.tuples(
        st.sampled_from(["A1", "A2"]),
        st.sampled_from(["2024-01-01", "2024-01-02"]),
        st.sampled_from(["", "1", "2"]),
        st.sampled_from(["", "Ann", "Bob"]),
        st.sampled_from(["MUG", "CUP", "POST"]),
        st.sampled_from(["1", "-1"]),
        st.sampled_from(["2.5", "0"]),
        st.sampled_from(["", "Bath", "York"]),
        st.sampled_from(["", "cancelled"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=6, deadline=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.tuples(FILES, FILES, FILES), on_known=st.sampled_from(["fill", "overwrite"]),
       sequence=st.permutations(range(3)))
def test_imports_and_their_undoing_in_any_sequence_leave_a_sound_database(workspace, content, on_known, sequence):
    header = HEADER + ",city,status"
    done = [lines(workspace, *(",".join(line) for line in file), header=header, on_known=on_known).batch_id for file in content]
    for place in sequence:
        undo(workspace, done[place])
    with db.transaction(workspace) as session:  # what later ones had built on stays; the next example begins anew
        for table in (OrderLine, Order, Product, Customer):
            session.execute(delete(table))


@settings(max_examples=4, deadline=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.tuples(FILES, FILES), on_known=st.sampled_from(["fill", "overwrite"]))
def test_undoing_the_newest_first_leads_back_step_by_step(workspace, content, on_known):
    header, states, done = HEADER + ",city,status", [whole(workspace)], []
    for file in content:
        done.append(lines(workspace, *(",".join(line) for line in file), header=header, on_known=on_known).batch_id)
        states.append(whole(workspace))
    for batch_id in reversed(done):
        assert whole(workspace) == states.pop()
        assert not len(undo(workspace, batch_id).kept)
    assert whole(workspace) == states.pop()


def test_both_customers_of_a_merge_stay_until_it_is_taken_back(workspace):
    first = lines(workspace, FIRST, SECOND)
    keep, other = the(workspace, Customer, code="0042"), the(workspace, Customer, code="77")
    with db.transaction(workspace) as session:
        merge = merging.merge(session, keep.id, other.id, versions=(keep.version, other.version))
    with db.transaction(workspace) as session:
        merging.unmerge(session, merge)
    undo(workspace, first.batch_id)
    assert rows(workspace, Customer.id) == []
    second = lines(workspace, FIRST, SECOND)
    keep, other = the(workspace, Customer, code="0042"), the(workspace, Customer, code="77")
    with db.transaction(workspace) as session:
        merging.merge(session, keep.id, other.id, versions=(keep.version, other.version))
    assert {("customers", "0042", "corrected"), ("customers", "77", "corrected"), ("orders", "A2", "corrected")} <= set(
        kept(undo(workspace, second.batch_id)))


def test_a_customer_that_was_merged_into_another_gets_its_lines_there_and_once(workspace):
    content = ("A1,2024-01-02,1,Ann,MUG,1,1", "A1,2024-01-02,2,Ann L.,CUP,1,2", "A2,2024-01-03,2,Ann L.,CUP,1,3")
    lines(workspace, *content)
    keep, other = the(workspace, Customer, code="1"), the(workspace, Customer, code="2")
    with db.transaction(workspace) as session:
        merging.merge(session, keep.id, other.id, versions=(keep.version, other.version))
    before = whole(workspace)
    for on_known in ("fill", "overwrite"):
        again = lines(workspace, *content, on_known=on_known)
        assert again.counts == (0, 3, 0) and whole(workspace) == before
    later = lines(workspace, "A3,2024-01-04,2,Ann L.,CUP,1,4")
    assert rows(workspace, Order.customer_id) == [(keep.id,)] * 4 and later.plan.restored["customers"] == {}


def test_tags_that_a_file_gave_to_known_customers_go_when_it_is_taken_back(workspace):
    with db.transaction(workspace) as session:
        ann = customers.create(session, name="Ann", code="7", tags=("old",))
    with db.transaction(workspace) as session:
        report = imports.import_file(session, b"customer id,name,tags\n7,Ann,vip;old\n", kind="customers")
    with db.reading(workspace) as session:
        assert customers.get(session, ann).tags == ("old", "vip")
    with db.transaction(workspace) as session:
        undo_import(session, report.batch_id)
    with db.reading(workspace) as session:
        assert customers.get(session, ann).tags == ("old",)


def test_a_file_that_names_a_merged_customer_reaches_the_one_that_stayed(workspace):
    with db.transaction(workspace) as session:
        kept, gone = (customers.create(session, name="Ann Lee", code=code) for code in ("7", "8"))
        merging.merge(session, kept, gone, versions=(1, 1))
    with db.transaction(workspace) as session:
        report = imports.import_file(session, b"customer id,name,city\n8,Ann Lee,Leeds\n", kind="customers")
        assert report.created["customers"] == 0
    with db.reading(workspace) as session:
        assert customers.get(session, kept).city == "Leeds"
        with pytest.raises(NotFound):
            customers.get(session, gone)
