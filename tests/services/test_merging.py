"""Rules of merging: nothing is lost, the stricter consent counts, every merge can be taken back, in any sequence."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import func, insert, select

from crm import db
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import (
    AuditEntry,
    Base,
    Campaign,
    CampaignMember,
    Customer,
    CustomerScore,
    CustomerTag,
    Deal,
    Interaction,
    Order,
    Payment,
    Referral,
    ScoreRun,
    SurveyAnswer,
    Task,
    Ticket,
)
from crm.services import check, customers, merging, not_duplicates, orders, products

DAY, NOON = date(2026, 3, 1), datetime(2026, 3, 1, 12)
CHILDREN = (Order, Payment, Interaction, Ticket, SurveyAnswer, Deal, Task)


def people(session, *names: str) -> list[int]:
    return [customers.create(session, name=name) for name in names]


def give_one_of_each(session, customer_id: int, *, number: str) -> None:
    """An order, a payment, a contact, a ticket, an answer, a deal and a task."""
    add_order(session, customer_id, number)
    session.add_all([
        Payment(customer_id=customer_id, paid_on=DAY, amount_e4=10_000),
        Interaction(customer_id=customer_id, channel="email", direction="in", happened_at=NOON),
        Ticket(customer_id=customer_id, kind="inquiry", subject="Where is it?", opened_at=NOON),
        SurveyAnswer(customer_id=customer_id, metric="csat", item="Happy?", score=4, scale_min=1, scale_max=5,
                     answered_at=NOON),
        Deal(customer_id=customer_id, title="Teapots"), Task(customer_id=customer_id, title="Call")])
    session.flush()


def add_order(session, customer_id: int, number: str) -> int:
    tea = session.scalar(select(func.min(Base.metadata.tables["products"].c.id))) or products.create(
        session, name="Tea", price=5)
    return orders.create(session, customer_id=customer_id, ordered_at=NOON, number=number,
                         lines=[orders.LineInput(tea, 1, 5.0)])


def join(session, keep_id: int, other_id: int, **choices: str) -> int:
    shown = merging.preview(session, keep_id, other_id, choices=choices)
    return merging.merge(session, keep_id, other_id, versions=shown.versions, choices=choices)


def owned(session, customer_id: int) -> dict[str, int]:
    return {model.__tablename__: session.scalar(select(func.count()).where(model.customer_id == customer_id))
            for model in CHILDREN}


def numbers(session, customer_id: int) -> list[str]:
    return sorted(session.scalars(select(Order.number).where(Order.customer_id == customer_id)))


def snapshot(session) -> dict[str, list]:
    """Everything that a merge may touch, but for versions and moments of change."""
    session.flush()
    session.expire_all()
    found = {}
    for name in ("customers", "orders", "payments", "interactions", "tickets", "survey_answers", "deals", "tasks",
                 "campaign_members", "customer_tags", "referrals", "customer_scores", "not_duplicates"):
        table = Base.metadata.tables[name]
        kept = [column for column in table.c if column.name not in ("version", "updated_at", "decided_at")]
        found[name] = sorted(tuple(str(cell) for cell in row) for row in session.execute(select(*kept)))
    return found


@pytest.fixture
def session(workspace):
    """One transaction, at whose end the database must be sound."""
    with db.transaction(workspace) as opened:
        yield opened
        assert check.findings(opened) == []


def test_everything_of_the_other_goes_to_the_kept_one(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    give_one_of_each(session, keep, number="1")
    give_one_of_each(session, other, number="2")
    join(session, keep, other)
    assert set(owned(session, keep).values()) == {2} and set(owned(session, other).values()) == {0}
    with pytest.raises(NotFound):
        customers.get(session, other)


def test_the_hidden_record_says_where_it_went(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    join(session, keep, other)
    assert "Merged into C00001 (Ada Ample)" in session.get(Customer, other).note


def test_every_table_that_names_a_customer_is_taken_care_of():
    naming = {table.name for table in Base.metadata.sorted_tables
              for key in table.foreign_keys if key.column.table.name == "customers"}
    moved = {table.name for table, _ in merging._tables()}
    assert naming == moved | set(merging._BY_RULE) and all("id" in table.c for table, _ in merging._tables())


def test_a_blank_is_filled_and_a_difference_keeps_the_kept_ones(session):
    keep = customers.create(session, name="Ada Ample", email="ada@example.com")
    other = customers.create(session, name="Ada Ampel", email="old@example.com", phone="+44 1632 960001", birth_year=1980)
    join(session, keep, other)
    merged = customers.get(session, keep)
    assert (merged.name, merged.email, merged.phone, merged.birth_year) == (
        "Ada Ample", "ada@example.com", "+44 1632 960001", 1980)
    assert "old@example.com" in merged.note and "Ada Ampel" in merged.note


def test_another_way_to_write_the_same_is_no_loss_to_note(session):
    keep = customers.create(session, name="Ada Ample", phone="+44 1632 960001", email="ada@example.com")
    other = customers.create(session, name="AMPLE, Ada", phone="01632/960001", email="ADA@example.com")
    join(session, keep, other)
    assert customers.get(session, keep).note is None


def test_the_owner_chooses_field_by_field(session):
    keep = customers.create(session, name="Ada Ample", email="ada@example.com", city="Ghent")
    other = customers.create(session, name="Ada Ampel", email="new@example.com", city="Bruges", note="Likes tea.")
    join(session, keep, other, email="other", address="other", note="keep")
    merged = customers.get(session, keep)
    assert (merged.email, merged.city, merged.note) == ("new@example.com", "Bruges", None)


@pytest.mark.parametrize("choices", [{"email_consent": "other"}, {"email": "nobody"}, {"code": "other"}])
def test_what_cannot_be_chosen_is_refused(session, choices):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    with pytest.raises(InvalidInput):
        join(session, keep, other, **choices)


def test_half_of_each_address_is_never_joined(session):
    keep = customers.create(session, name="Ada Ample", city="Ghent")
    other = customers.create(session, name="Ada Ampel", address="Ladle Lane 3", postal_code="8000", city="Bruges")
    join(session, keep, other)
    merged = customers.get(session, keep)
    assert (merged.address, merged.postal_code, merged.city) == (None, None, "Ghent")


def test_a_fuller_form_of_the_same_address_is_taken(session):
    keep = customers.create(session, name="Ada Ample", city="ghent")
    other = customers.create(session, name="Ada Ampel", address="Ladle Lane 3", postal_code="9000", city="Ghent")
    join(session, keep, other)
    assert customers.get(session, keep).address == "Ladle Lane 3"


def test_the_earlier_day_and_the_further_stage_count(session):
    keep = customers.create(session, name="Ada Ample", stage="lead", since_on=date(2024, 5, 1))
    other = customers.create(session, name="Ada Ampel", stage="customer", since_on=date(2021, 5, 1))
    join(session, keep, other)
    merged = customers.get(session, keep)
    assert (merged.stage, merged.since_on) == ("customer", date(2021, 5, 1))


@pytest.mark.parametrize(("mine", "theirs", "same_address", "merged"), [
    (True, False, False, False), (False, True, True, False), (None, False, False, False), (True, True, False, True),
    (None, True, True, True), (None, True, False, None), (True, None, False, True), (None, None, True, None)])
def test_the_stricter_consent_counts(session, mine, theirs, same_address, merged):
    keep = customers.create(session, name="Ada Ample", email="ada@example.com", email_consent=mine)
    other = customers.create(session, name="Ada Ampel", email_consent=theirs,
                             email="ADA@example.com" if same_address else "other@example.com")
    join(session, keep, other)
    assert customers.get(session, keep).email_consent is merged


def test_tags_and_custom_fields_of_both_are_kept(session):
    keep = customers.create(session, name="Ada Ample", tags=["vip"], custom_fields={"Stove": "gas", "Pets": "2"})
    other = customers.create(session, name="Ada Ampel", tags=["vip", "fair"], custom_fields={"Stove": "coal", "Size": "M"})
    join(session, keep, other)
    merged = customers.get(session, keep)
    assert merged.tags == ("fair", "vip")
    assert merged.custom_fields == {"Stove": "gas", "Pets": "2", "Size": "M", "Stove (C00002)": "coal"}


def test_the_same_order_number_of_both_keeps_both_orders(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    for customer_id in (keep, other):
        add_order(session, customer_id, "1001")
    join(session, keep, other)
    assert numbers(session, keep) == ["1001", merging.number_after_merge("1001", "C00002")]


def test_a_campaign_that_reached_both_counts_once_and_knows_all(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    session.add_all([Campaign(id=1, name="Spring", channel="email"), Campaign(id=2, name="Fall", channel="email")])
    session.flush()
    session.add_all([CampaignMember(campaign_id=1, customer_id=keep, sent_at=NOON),
                     CampaignMember(campaign_id=1, customer_id=other, responded_at=NOON, has_responded=True),
                     CampaignMember(campaign_id=2, customer_id=other, is_holdout=True)])
    session.flush()
    correction = join(session, keep, other)
    mine = {row.campaign_id: row for row in session.scalars(select(CampaignMember).where(
        CampaignMember.customer_id == keep))}
    assert set(mine) == {1, 2} and mine[1].has_responded and mine[1].sent_at == mine[1].responded_at == NOON
    merging.unmerge(session, correction)
    session.expire_all()
    assert session.get(CampaignMember, (1, keep)).has_responded is None and session.get(CampaignMember, (2, other)).is_holdout


@pytest.mark.parametrize("pairs", [
    [("keep", "other")], [("other", "keep")], [("friend", "keep"), ("friend2", "other")], [("friend", "other")],
    [("other", "friend")], [("keep", "friend"), ("other", "friend2")]])
def test_referrals_of_both_fit_together(session, pairs):
    ids = dict(zip(("keep", "other", "friend", "friend2"), people(session, "Ada Ample", "Ada Ampel", "Bo", "Cy"),
                   strict=True))
    session.add_all([Referral(referrer_id=ids[one], referred_id=ids[two]) for one, two in pairs])
    session.flush()
    before = snapshot(session)
    correction = join(session, ids["keep"], ids["other"])
    rows = session.execute(select(Referral.referrer_id, Referral.referred_id)).all()
    assert len(rows) == len(pairs) and all(one != two for one, two in rows)
    if pairs == [("friend", "other")]:
        assert rows == [(ids["friend"], ids["keep"])]
    merging.unmerge(session, correction)
    assert snapshot(session) == before


def test_a_customer_has_one_score_a_run(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    session.add_all([ScoreRun(id=1, analysis="churn", as_of=DAY), ScoreRun(id=2, analysis="churn", as_of=DAY)])
    session.flush()
    session.execute(insert(CustomerScore), [{"run_id": 1, "customer_id": keep, "number": 0.1},
                                            {"run_id": 1, "customer_id": other, "number": 0.9},
                                            {"run_id": 2, "customer_id": other, "number": 0.5}])
    join(session, keep, other)
    scores = session.execute(select(CustomerScore.run_id, CustomerScore.number).where(
        CustomerScore.customer_id == keep).order_by(CustomerScore.run_id)).all()
    assert scores == [(1, 0.1), (2, 0.5)]


def test_who_is_not_the_one_is_not_the_other_either(session):
    keep, other, third = people(session, "Ada Ample", "Ada Ampel", "Adam Ample")
    not_duplicates.add(session, third, other)
    correction = join(session, keep, other)
    assert (keep, third) in not_duplicates.pairs(session)
    merging.unmerge(session, correction)
    assert not_duplicates.pairs(session) == {(other, third)}


def test_a_merge_taken_back_leaves_everything_as_it_was(session):
    keep = customers.create(session, name="Ada Ample", email="ada@example.com", email_consent=True, tags=["vip"])
    other = customers.create(session, name="Ada Ampel", phone="+44 1632 960001", email_consent=False, tags=["fair"],
                             note="Likes tea.", custom_fields={"Stove": "gas"}, since_on=DAY)
    for customer_id in (keep, other):
        give_one_of_each(session, customer_id, number="1001")
    not_duplicates.add(session, keep, other)
    before = snapshot(session)
    correction = join(session, keep, other)
    assert snapshot(session) != before
    done = merging.unmerge(session, correction)
    assert snapshot(session) == before and done.kept.empty


def test_what_was_added_or_edited_since_stays_and_is_told(session):
    keep = customers.create(session, name="Ada Ample")
    other = customers.create(session, name="Ada Ampel", email="ampel@example.com", phone="+44 1632 960001")
    add_order(session, other, "2")
    correction = join(session, keep, other)
    add_order(session, keep, "3")
    customers.update(session, keep, version=customers.get(session, keep).version, email="typed@example.com")
    done = merging.unmerge(session, correction)
    assert numbers(session, keep) == ["3"] and numbers(session, other) == ["2"]
    merged = customers.get(session, keep)
    assert (merged.email, merged.phone) == ("typed@example.com", None)
    assert done.kept[["table", "record_id", "field"]].values.tolist() == [["customers", keep, "email"]]
    assert done.restored["orders"] == 1


def test_nothing_is_merged_over_a_change_made_meanwhile(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    shown = merging.preview(session, keep, other)
    customers.update(session, other, version=1, city="Ghent")
    before = snapshot(session)
    with pytest.raises(Conflict, match="merge again"):
        merging.merge(session, keep, other, versions=shown.versions)
    assert snapshot(session) == before


def test_one_customer_or_a_deleted_one_cannot_be_merged(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    with pytest.raises(InvalidInput, match="two customers"):
        merging.preview(session, keep, keep)
    customers.delete(session, other, version=1)
    with pytest.raises(NotFound):
        merging.merge(session, keep, other, versions=(1, 2))


def test_a_merge_is_taken_back_once(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    correction = join(session, keep, other)
    merging.unmerge(session, correction)
    with pytest.raises(InvalidInput, match="already"):
        merging.unmerge(session, correction)
    with pytest.raises(NotFound):
        merging.unmerge(session, correction + 1)


def chain(session) -> tuple[dict[str, int], list[int], list[dict]]:
    """B into A, then A into C; the snapshots before, between and after."""
    a = customers.create(session, name="Ada Ample", email="a@example.com", tags=["a"])
    b = customers.create(session, name="Ada Ampel", phone="+44 1632 960001", tags=["b"], custom_fields={"Stove": "gas"})
    c = customers.create(session, name="A. Ample", tags=["c"])
    session.add_all([Campaign(id=1, name="Spring", channel="email"), Campaign(id=2, name="Fall", channel="email")])
    session.flush()
    session.add_all([CampaignMember(campaign_id=1, customer_id=b), CampaignMember(campaign_id=2, customer_id=c),
                     CampaignMember(campaign_id=2, customer_id=b, has_responded=True),
                     Referral(referrer_id=a, referred_id=b)])
    for customer_id in (a, b, c):
        give_one_of_each(session, customer_id, number="1001")
    states = [snapshot(session)]
    merges = [join(session, a, b)]
    states.append(snapshot(session))
    merges.append(join(session, c, a))
    states.append(snapshot(session))
    return {"a": a, "b": b, "c": c}, merges, states


def test_a_chain_gathers_everything_at_its_end(session):
    ids, _, _ = chain(session)
    assert set(owned(session, ids["c"]).values()) == {3}
    assert customers.get(session, ids["c"]).tags == ("a", "b", "c")
    assert merging.merged_into(session, ["C00001", "C00002", "C00003", "none"]) == {"C00001": "C00003", "C00002": "C00003"}


def test_a_chain_is_taken_back_from_its_end(session):
    _, (first, second), (untouched, between, _) = chain(session)
    assert merging.unmerge(session, second).kept.empty
    assert snapshot(session) == between
    assert merging.unmerge(session, first).kept.empty
    assert snapshot(session) == untouched


def test_a_chain_is_taken_back_from_its_beginning(session):
    ids, (first, second), (untouched, _, _) = chain(session)
    assert merging.unmerge(session, first).kept.empty
    assert set(owned(session, ids["b"]).values()) == {1} and set(owned(session, ids["c"]).values()) == {2}
    assert customers.get(session, ids["b"]).tags == ("b",) and customers.get(session, ids["c"]).tags == ("a", "c")
    assert customers.get(session, ids["c"]).phone is None
    assert merging.merged_into(session, ["C00001", "C00002"]) == {"C00001": "C00003"}
    assert merging.unmerge(session, second).kept.empty
    assert snapshot(session) == untouched


def test_of_two_merges_into_one_the_first_can_be_taken_back_alone(session):
    keep = customers.create(session, name="Ada Ample")
    first = customers.create(session, name="Ada Ampel", phone="+44 1632 960001")
    second = customers.create(session, name="Adda Ample", phone="+44 1632 960002", email="adda@example.com")
    untouched = snapshot(session)
    corrections = [join(session, keep, first), join(session, keep, second)]
    merging.unmerge(session, corrections[0])
    merged = customers.get(session, keep)
    assert (merged.email, merged.phone) == ("adda@example.com", "+44 1632 960002") and "960001" not in (merged.note or "")
    merging.unmerge(session, corrections[1])
    assert snapshot(session) == untouched


def test_what_the_owner_typed_survives_taking_back_an_earlier_merge(session):
    keep, first = people(session, "Ada Ample", "Ada Ampel")
    second = customers.create(session, name="Adda Ample", email="adda@example.com")
    correction = join(session, keep, first)
    join(session, keep, second, name="other")
    customers.update(session, keep, version=customers.get(session, keep).version, email="typed@example.com", name="Ada A.")
    merging.unmerge(session, correction)
    merged = customers.get(session, keep)
    assert (merged.name, merged.email) == ("Ada A.", "typed@example.com")


def test_an_old_code_leads_to_nobody_once_it_is_back(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    correction = join(session, keep, other)
    assert merging.merged_into(session, ["C00002"]) == {"C00002": "C00001"}
    merging.unmerge(session, correction)
    assert merging.merged_into(session, ["C00002"]) == {}
    join(session, keep, other)
    customers.restore(session, other)  # by hand, or by an import
    assert merging.merged_into(session, ["C00002"]) == {}


def test_a_merge_is_taken_back_although_the_other_was_brought_back_by_hand(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    add_order(session, other, "2")
    correction = join(session, keep, other)
    customers.restore(session, other)
    assert merging.unmerge(session, correction).kept.empty and numbers(session, other) == ["2"]


def test_the_preview_shows_what_merging_gives(session):
    keep = customers.create(session, name="Ada Ample", email="ada@example.com", tags=["vip"], city="Ghent", note="Old.")
    other = customers.create(session, name="Ada Ampel", phone="+44 1632 960001", tags=["fair"], note="New.")
    give_one_of_each(session, other, number="2")
    shown = merging.preview(session, keep, other, choices={"name": "other"})
    fields = {field.name: field for field in shown.fields}
    assert fields["name"].merged == "Ada Ampel" and fields["name"].source == "other"
    assert fields["email"].source == "keep" and fields["phone"].source == "other" and fields["note"].source == "both"
    assert fields["company"].source == "blank" and fields["stage"].source == "same"
    assert shown.records.set_index("table").loc["orders"].tolist() == [0, 1]
    merging.merge(session, keep, other, versions=shown.versions, choices={"name": "other"})
    merged = customers.get(session, keep)
    for name in ("name", "email", "phone", "note", "tags", "stage", "custom_fields"):
        assert getattr(merged, name) == fields[name].merged


def test_the_list_of_merges_names_both_the_newest_first(session):
    a, b, c = people(session, "Ada Ample", "Ada Ampel", "Adda Ample")
    corrections = [join(session, a, b), join(session, a, c)]
    merging.unmerge(session, corrections[0])
    listed = merging.listing(session)
    assert listed["correction_id"].tolist() == corrections[::-1]
    assert listed["other_name"].tolist() == ["Adda Ample", "Ada Ampel"] and set(listed["keep_code"]) == {"C00001"}
    assert listed["undone_at"].isna().tolist() == [True, False]


def test_merging_is_in_the_audit_of_both(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    correction = join(session, keep, other)
    merging.unmerge(session, correction)
    session.flush()
    told = session.execute(select(AuditEntry.entity_id, AuditEntry.action).where(
        AuditEntry.action != "created").order_by(AuditEntry.id)).all()
    assert told == [(keep, "merged"), (other, "merged_away"), (keep, "unmerged"), (other, "unmerged")]


def test_finding_starts_from_the_customers_that_are_there(session):
    keep, other = people(session, "Ada Ample", "Ada Ampel")
    frame = merging.contacts(session)
    assert frame["customer_id"].tolist() == [keep, other] and pd.isna(frame["birth_year"]).all()
    join(session, keep, other)
    assert merging.contacts(session)["customer_id"].tolist() == [keep]
    assert merging.hidden(session, [keep, other]) == {other}


def test_merging_makes_analyses_of_customers_and_sales_stale(workspace):
    with db.transaction(workspace) as session:
        keep, other = people(session, "Ada Ample", "Ada Ampel")
    groups = ("customers", "sales")
    with db.reading(workspace) as session:
        before = db.revisions_of(session, groups)
    with db.transaction(workspace) as session:
        correction = join(session, keep, other)
    with db.reading(workspace) as session:
        between = db.revisions_of(session, groups)
    with db.transaction(workspace) as session:
        merging.unmerge(session, correction)
    with db.reading(workspace) as session:
        after = db.revisions_of(session, groups)
    assert all(len({*marks}) == 3 for marks in zip(before, between, after, strict=True))


def test_two_that_are_not_the_same_are_remembered_until_taken_back(session):
    first, second = people(session, "Ada Ample", "Ada Ampel")
    not_duplicates.add(session, second, first)
    not_duplicates.add(session, first, second)
    assert not_duplicates.pairs(session) == {(first, second)}
    assert not_duplicates.listing(session)[["first_name", "second_name"]].values.tolist() == [["Ada Ample", "Ada Ampel"]]
    not_duplicates.remove(session, second, first)
    not_duplicates.remove(session, second, first)
    assert not_duplicates.pairs(session) == set()
    with pytest.raises(InvalidInput, match="two customers"):
        not_duplicates.add(session, first, first)
    with pytest.raises(NotFound):
        not_duplicates.add(session, first, 999)


def test_consent_keeps_the_day_on_which_it_was_given(session):
    keep = customers.create(session, name="Ada Ample", email="ada@example.com", email_consent=True)
    other = customers.create(session, name="Ada Ampel", email_consent=False)
    session.get(Customer, other).email_consent_at = datetime(2024, 1, 2, tzinfo=UTC)
    session.flush()
    join(session, keep, other)
    assert session.get(Customer, keep).email_consent_at == datetime(2024, 1, 2, tzinfo=UTC)


def test_the_other_ones_tags_stay_with_the_hidden_record(session):
    keep = customers.create(session, name="Ada Ample")
    other = customers.create(session, name="Ada Ampel", tags=["fair"])
    join(session, keep, other)
    assert session.scalars(select(CustomerTag.customer_id).order_by(CustomerTag.customer_id)).all() == [keep, other]
