"""Who brought whom: said, replaced, taken back, with an audit entry; never oneself, never in a circle."""

import itertools
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm import db, frames
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import AuditEntry, Referral
from crm.services import check, customers, merging, referrals, settings

DAY = date(2026, 3, 1)


@pytest.fixture
def session(workspace):
    """One transaction, at whose end the database must be sound."""
    with db.transaction(workspace) as opened:
        yield opened
        assert check.findings(opened) == []


def people(session, *names: str) -> list[int]:
    return [customers.create(session, name=name) for name in names]


def say(session, referrer: int, referred: int, **more) -> int:
    return referrals.set_referrer(session, referred_id=referred, referrer_id=referrer, **more)


def recorded(session) -> list[tuple]:
    session.flush()
    rows = session.execute(select(Referral.referrer_id, Referral.referred_id, Referral.referred_on).order_by(Referral.id))
    return [tuple(row) for row in rows]


def entries(session, customer_id: int) -> list[dict]:
    session.flush()
    return list(session.scalars(select(AuditEntry.changes).where(
        AuditEntry.entity == "customer", AuditEntry.entity_id == customer_id, AuditEntry.action == "updated")
        .order_by(AuditEntry.id)))


def join(session, keep_id: int, other_id: int) -> int:
    return merging.merge(session, keep_id, other_id, versions=merging.preview(session, keep_id, other_id).versions)


def test_who_brought_a_customer_is_kept_with_its_day(session):
    ada, bo = people(session, "Ada", "Bo")
    assert say(session, ada, bo, referred_on=DAY) == ada
    assert recorded(session) == [(ada, bo, DAY)]
    assert entries(session, bo) == [{"brought_by": [None, "C00001"], "brought_on": [None, "2026-03-01"]}]
    known = referrals.of_customer(session, bo)
    assert (known.referrer.name, known.referrer.referred_on) == ("Ada", DAY) and known.brought_in_all == 0
    assert referrals.of_customer(session, ada).brought["name"].tolist() == ["Bo"]


def test_a_code_names_the_referrer_too(session):
    ada, bo = people(session, "Ada", "Bo")
    assert referrals.set_referrer(session, referred_id=bo, referrer_code=" C00001 ") == ada
    assert recorded(session) == [(ada, bo, None)]


def test_an_unknown_code_is_told(session):
    _, bo = people(session, "Ada", "Bo")
    for code in ("C9", "c00001", "Ada"):
        with pytest.raises(NotFound, match=f"“{code}”"):
            referrals.set_referrer(session, referred_id=bo, referrer_code=code)
    assert recorded(session) == []


def test_exactly_one_way_of_naming_the_referrer_is_used(session):
    ada, bo = people(session, "Ada", "Bo")
    for named in ({}, {"referrer_code": " "}, {"referrer_id": ada, "referrer_code": "C00001"}):
        with pytest.raises(InvalidInput, match="who brought"):
            referrals.set_referrer(session, referred_id=bo, **named)


def test_another_referrer_replaces_the_first_and_both_are_in_the_audit(session):
    ada, bo, cy = people(session, "Ada", "Bo", "Cy")
    say(session, ada, cy, referred_on=DAY)
    say(session, bo, cy)
    assert recorded(session) == [(bo, cy, None)]
    assert entries(session, cy)[-1] == {"brought_by": ["C00001", "C00002"], "brought_on": ["2026-03-01", None]}


def test_the_same_said_again_leaves_no_entry(session):
    ada, bo = people(session, "Ada", "Bo")
    say(session, ada, bo)
    say(session, ada, bo)
    assert len(entries(session, bo)) == 1 and len(recorded(session)) == 1


def test_nobody_brings_oneself(session):
    (ada,) = people(session, "Ada")
    with pytest.raises(InvalidInput, match="by oneself"):
        say(session, ada, ada)


def test_a_circle_is_refused_with_both_names(session):
    ada, bo = people(session, "Ada", "Bo")
    say(session, ada, bo)
    with pytest.raises(InvalidInput, match="Ada brought Bo.*circle"):
        say(session, bo, ada)
    assert recorded(session) == [(ada, bo, None)]


def test_a_circle_over_many_is_refused(session):
    line = people(session, *(f"Customer {place}" for place in range(300)))
    session.add_all(Referral(referrer_id=one, referred_id=other) for one, other in itertools.pairwise(line))
    session.flush()
    with pytest.raises(InvalidInput, match="circle"):
        say(session, line[-1], line[0])


def test_a_circle_that_is_there_already_does_not_stop_others(session):
    ada, bo, cy = people(session, "Ada", "Bo", "Cy")
    session.add_all([Referral(referrer_id=ada, referred_id=bo), Referral(referrer_id=bo, referred_id=ada)])
    session.flush()
    assert say(session, ada, cy) == ada


def test_a_day_that_cannot_be_is_told(session):
    ada, bo = people(session, "Ada", "Bo")
    for days, told in ((2, "in the future"), (-60_000, "too long ago")):
        with pytest.raises(InvalidInput, match=told):
            say(session, ada, bo, referred_on=settings.today(session) + timedelta(days=days))


def test_what_another_window_said_is_not_overwritten(session):
    ada, bo, cy = people(session, "Ada", "Bo", "Cy")
    say(session, ada, cy, shown_referrer_id=None)
    with pytest.raises(Conflict, match="Nothing was overwritten"):
        say(session, bo, cy, shown_referrer_id=None)
    with pytest.raises(Conflict):
        referrals.remove(session, referred_id=cy, shown_referrer_id=bo)
    say(session, bo, cy, shown_referrer_id=ada)
    assert recorded(session) == [(bo, cy, None)]


def test_it_is_taken_back(session):
    ada, bo = people(session, "Ada", "Bo")
    say(session, ada, bo, referred_on=DAY)
    referrals.remove(session, referred_id=bo)
    assert recorded(session) == [] and referrals.of_customer(session, bo).referrer is None
    assert entries(session, bo)[-1] == {"brought_by": ["C00001", None], "brought_on": ["2026-03-01", None]}
    with pytest.raises(NotFound, match="Nobody"):
        referrals.remove(session, referred_id=bo)


def test_deleted_customers_bring_nobody_and_come_back_with_what_they_brought(session):
    ada, bo, cy = people(session, "Ada", "Bo", "Cy")
    say(session, ada, bo)
    say(session, bo, cy)
    customers.delete(session, bo, version=1)
    session.flush()
    assert referrals.of_customer(session, cy).referrer is None
    assert referrals.of_customer(session, ada).brought_in_all == 0
    for referrer, referred in ((bo, cy), (cy, bo), (ada, 999)):
        with pytest.raises(NotFound, match="not there any more"):
            say(session, referrer, referred)
    customers.restore(session, bo)
    session.flush()
    assert referrals.of_customer(session, cy).referrer.id == bo


def test_a_deleted_referrer_may_be_replaced(session):
    ada, bo, cy = people(session, "Ada", "Bo", "Cy")
    say(session, ada, bo)
    customers.delete(session, ada, version=1)
    say(session, cy, bo, shown_referrer_id=None)
    assert recorded(session) == [(cy, bo, None)]


def test_the_code_of_a_merged_customer_means_whom_it_was_merged_into(session):
    keep, other, bo = people(session, "Ada Ample", "Ada Ampel", "Bo")
    join(session, keep, other)
    assert referrals.set_referrer(session, referred_id=bo, referrer_code="C00002") == keep


def test_a_merge_takes_referrals_along_and_a_circle_hidden_by_it_refuses_nothing(session):
    keep, other, bo = people(session, "Ada Ample", "Ada Ampel", "Bo")
    say(session, other, keep)
    say(session, bo, other)
    join(session, keep, other)
    session.flush()
    # The other one brought the kept one: that stays with the hidden record and binds nobody.
    assert referrals.of_customer(session, keep).referrer is None
    assert say(session, keep, bo) == keep


def test_unmerging_after_a_new_word_keeps_it(session):
    keep, other, bo, cy = people(session, "Ada Ample", "Ada Ampel", "Bo", "Cy")
    say(session, other, bo)
    correction = join(session, keep, other)
    session.flush()
    assert referrals.of_customer(session, bo).referrer.id == keep
    say(session, cy, bo)
    session.flush()
    merging.unmerge(session, correction)
    assert referrals.of_customer(session, bo).referrer.id == cy


def test_a_referral_makes_analyses_of_customers_stale_and_no_others(workspace):
    with db.transaction(workspace) as session:
        ada, bo = people(session, "Ada", "Bo")
        before = {group: db.revisions_of(session, (group,)) for group in ("customers", "sales")}
    with db.transaction(workspace) as session:
        say(session, ada, bo)
    with db.reading(workspace) as session:
        assert db.revisions_of(session, ("sales",)) == before["sales"]
        assert db.revisions_of(session, ("customers",)) != before["customers"]


def test_a_search_finds_by_name_company_and_code_the_exact_code_first(session):
    ada = customers.create(session, name="Ada Ample", company="Blue Kettle")
    bo = customers.create(session, name="Bo Brass", code="Ample")
    customers.create(session, name="Cleo Ample")
    session.flush()

    def found(query: str, **more) -> list[str]:
        return referrals.find(session, query=query, **more)["name"].tolist()

    assert found("AMPLE") == ["Bo Brass", "Ada Ample", "Cleo Ample"]
    assert found("kettle") == ["Ada Ample"] and found("ada") == ["Ada Ample"] and found("100%") == []
    assert found("ample", but_id=bo) == ["Ada Ample", "Cleo Ample"] and found(" ") == []
    assert found("ample", limit=1) == ["Bo Brass"]
    customers.delete(session, ada, version=1)
    session.flush()
    assert found("ada") == []


def test_the_newest_brought_are_listed_with_their_number(session):
    ada, *others = people(session, "Ada", *(f"Customer {place}" for place in range(7)))
    for place, other in enumerate(others):
        say(session, ada, other, referred_on=DAY + timedelta(days=place) if place else None)
    known = referrals.of_customer(session, ada, limit=3)
    assert known.brought_in_all == 7 and known.brought["name"].tolist() == ["Customer 6", "Customer 5", "Customer 4"]
    assert referrals.of_customer(session, ada, limit=7).brought["name"].iloc[-1] == "Customer 0"


def test_frames_give_what_links_customers(session):
    ada, bo = people(session, "Ada", "Bo")
    customers.create(session, name="Acme", kind="company", custom_fields={"Subsidiary of": " Globex ", "size": 3})
    customers.create(session, name="Cy", custom_fields={"referred-by": "Ada", "parents": "x", "parent": None,
                                                      "parent_id": 17, "owned by": True})
    gone = customers.create(session, name="Di", custom_fields={"parent": "Acme"})
    say(session, ada, bo, referred_on=DAY)
    customers.delete(session, gone, version=1)
    session.flush()
    assert frames.written_links(session).to_dict("list") == {
        "customer_id": [3, 4, 4], "relation": ["parent", "referrer", "parent"], "named": ["Globex", "Ada", "17"]}
    assert frames.referrals(session)["referred_id"].tolist() == [bo]


def test_nothing_is_written_where_something_was_refused(workspace):
    with db.transaction(workspace) as session:
        ada, bo = people(session, "Ada", "Bo")
    with pytest.raises(InvalidInput), db.transaction(workspace) as session:
        say(session, ada, bo)
        say(session, bo, ada)
    with db.reading(workspace) as session:
        assert session.scalar(select(func.count()).select_from(Referral)) == 0
