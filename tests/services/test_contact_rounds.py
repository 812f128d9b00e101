"""Contact rounds: who is held out is left to chance, tasks for the others, a way back, and whole through merging and moving."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, update

from crm import db
from crm.errors import Conflict, InvalidInput, NotFound
from crm.jobs import contact_rounds as jobs
from crm.models import AuditEntry, Campaign, CampaignMember, Task
from crm.services import contact_rounds, customers, kept_models, merging, orders, products
from crm.services.contact_rounds import hold_out

DAY = date(2026, 3, 10)
NAMES = [f"Customer {place:02d}" for place in range(20)]


@pytest.fixture
def people(workspace) -> list[int]:
    with db.transaction(workspace) as session:
        return [customers.create(session, name=name) for name in NAMES]


def listed(ids: list[int], **columns) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ids, "probability": np.linspace(0.9, 0.1, len(ids)), "value": 100.0,
                         "title": "Call and ask how it goes."} | columns)


def begin(workspace, ids, **given) -> contact_rounds.Created:
    how = {"customers": listed(ids), "name": "March calls", "channel": "phone", "started_on": DAY, "as_of": DAY,
           "horizon_days": 90, "cost": 5.0, "success_rate": 0.2, **given}
    with db.transaction(workspace) as session:
        return contact_rounds.create(session, **how)


def known(workspace, round_id: int) -> contact_rounds.Round:
    with db.reading(workspace) as session:
        return contact_rounds.get(session, round_id)


def members(workspace, round_id: int) -> pd.DataFrame:
    with db.reading(workspace) as session:
        return contact_rounds.members(session, round_id)


def tasks(workspace) -> list[Task]:
    with db.reading(workspace) as session:
        found = list(session.scalars(select(Task).where(Task.deleted_at.is_(None)).order_by(Task.id)))
        session.expunge_all()
        return found


def test_the_contacted_get_tasks_and_those_held_out_get_none(workspace, people):
    made = begin(workspace, people, holdout_share=0.25, due_on=date(2026, 3, 12))
    assert (made.contacted, made.held_out, made.left_out) == (15, 5, 0)
    found = members(workspace, made.id)
    held = set(found.loc[found["is_holdout"], "customer_id"])
    given = tasks(workspace)
    assert {task.customer_id for task in given} == set(people) - held and len(held) == 5
    assert {(task.title, task.origin, task.due_on, task.campaign_id) for task in given} == {
        ("Call and ask how it goes.", "leaving", date(2026, 3, 12), made.id)}


def test_a_round_tells_its_numbers_and_when_it_can_be_measured(workspace, people):
    made = begin(workspace, people, holdout_share=0.25)
    with db.transaction(workspace) as session:
        session.execute(update(Task).where(Task.customer_id == tasks(workspace)[0].customer_id)
                        .values(done_at=datetime(2026, 3, 11, tzinfo=UTC)))
    found = known(workspace, made.id)
    assert (found.contacted, found.held_out, found.open_tasks, found.done_tasks) == (15, 5, 14, 1)
    assert found.measured_on == date(2026, 6, 8) and (found.cost, found.contact_cost) == (75.0, 5.0)
    contacted = members(workspace, made.id).query("~is_holdout")
    assert found.expected_profit == pytest.approx(0.2 * contacted["probability"].sum() * 100 - 75)
    with db.reading(workspace) as session:
        assert [one.id for one in contact_rounds.listing(session)] == [made.id]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.entity == "contact_round")).one()
        assert (entry.action, entry.changes["held_out"]) == ("created", [None, 5])


def test_what_is_not_known_of_a_customer_is_no_zero(workspace, people):
    made = begin(workspace, people[:2], customers=listed(people[:2], probability=[0.4, np.nan], value=[np.nan, 50.0],
                                                         note=["She likes tea.", None]))
    found = members(workspace, made.id)
    assert found["probability"].isna().tolist() == [False, True] and found["value"].isna().tolist() == [True, False]
    assert known(workspace, made.id).expected_profit is None
    assert [task.note for task in tasks(workspace)] == ["She likes tea.", None]


def test_holding_out_takes_alike_from_high_and_low_chances():
    rng = np.random.default_rng(1)
    chance, ids = rng.random(1_000), np.arange(1_000)
    for share in (0.05, 0.1, 0.33, 0.5):
        held = hold_out(chance, ids, share=share, seed=7)
        assert held.sum() == round(share * 1_000)
        by_tenth = [held[ids_of].mean() for ids_of in np.array_split(np.argsort(chance), 10)]
        assert np.ptp(by_tenth) <= 0.05, "at most a few more in one tenth than in another"


def test_everybody_is_held_out_equally_often():
    chance, ids = np.linspace(0.1, 0.9, 11), np.arange(11)
    often = np.mean([hold_out(chance, ids, share=0.3, seed=seed) for seed in range(3_000)], axis=0)
    assert often == pytest.approx(np.full(11, 3 / 11), abs=0.03), "four standard errors of 3,000 draws"


def test_the_draw_is_the_same_in_whatever_sequence_the_customers_come():
    rng = np.random.default_rng(2)
    chance, ids, shuffled = rng.random(40).round(1), np.arange(40), rng.permutation(40)
    held = hold_out(chance, ids, share=0.25, seed=3)
    assert (hold_out(chance[shuffled], ids[shuffled], share=0.25, seed=3) == held[shuffled]).all()
    assert (hold_out(chance, ids, share=0.25, seed=4) != held).any()


@pytest.mark.parametrize(("n", "share", "expected"), [(2, 0.01, 1), (3, 0.5, 1), (4, 0.5, 2), (1, 0.5, 0), (9, 0.0, 0)])
def test_few_customers_keep_at_least_as_many_to_contact_as_held_out(n, share, expected):
    assert hold_out(np.full(n, 0.5), np.arange(n), share=share, seed=1).sum() == expected


@pytest.mark.parametrize(("given", "field"), [
    ({"name": " "}, "name"), ({"name": "x" * 81}, "name"), ({"channel": "pigeon"}, "channel"),
    ({"horizon_days": 0}, "horizon_days"), ({"horizon_days": 731}, "horizon_days"), ({"cost": -1.0}, "cost"),
    ({"cost": float("nan")}, "cost"), ({"success_rate": 1.1}, "success_rate"), ({"holdout_share": 0.6}, "holdout_share"),
    ({"started_on": date(2026, 3, 9)}, "started_on"), ({"customers": listed([])}, "customers"),
    ({"customers": listed([1], probability=[1.5])}, "customers"), ({"customers": listed([1], title=[" "])}, "title"),
    ({"customers": listed([1]), "holdout_share": 0.2}, "holdout_share"),
])
def test_what_cannot_be_begun_names_its_field_and_writes_nothing(workspace, people, given, field):
    with pytest.raises(InvalidInput) as told:
        begin(workspace, people, **given)
    assert told.value.field == field and tasks(workspace) == []
    with db.reading(workspace) as session:
        assert contact_rounds.listing(session) == []


def test_who_is_gone_or_named_twice_gets_no_second_task(workspace, people):
    with db.transaction(workspace) as session:
        customers.delete(session, people[0], version=1)
    made = begin(workspace, [people[0], people[1], people[1], 999_999])
    assert made.contacted == 1 and [task.customer_id for task in tasks(workspace)] == [people[1]]


def test_a_customer_is_in_one_running_round_at_a_time(workspace, people):
    first = begin(workspace, people[:10], holdout_share=0.3)
    second = begin(workspace, people[5:15], name="April calls", started_on=date(2026, 4, 1))
    assert (second.contacted, second.left_out) == (5, 5)
    with pytest.raises(InvalidInput, match="All 5 of these customers"):
        begin(workspace, people[:5], name="Again")
    with db.reading(workspace) as session:
        running = contact_rounds.in_running_rounds(session, on=date(2026, 6, 7))
        assert running["round_id"].value_counts().to_dict() == {first.id: 10, second.id: 5}
        assert contact_rounds.in_running_rounds(session, on=date(2026, 6, 8))["round_id"].unique().tolist() == [second.id]
    assert begin(workspace, people[:5], name="June calls", started_on=date(2026, 6, 8)).contacted == 5


def test_a_name_is_given_once_and_two_windows_are_told_apart(workspace, people):
    made = begin(workspace, people[:3])
    with pytest.raises(InvalidInput, match="already"):
        begin(workspace, people[3:5], name=" MARCH  calls ")
    with db.transaction(workspace) as session:
        assert contact_rounds.rename(session, made.id, version=1, name="First calls") == 2
    for change in (lambda session: contact_rounds.rename(session, made.id, version=1, name="Lost"),
                   lambda session: contact_rounds.delete(session, made.id, version=1)):
        with pytest.raises(Conflict), db.transaction(workspace) as session:
            change(session)
    assert known(workspace, made.id).name == "First calls"


def test_undoing_a_round_takes_its_open_tasks_and_leaves_what_was_done(workspace, people):
    made = begin(workspace, people[:4])
    done, thrown_away = (task.id for task in tasks(workspace)[:2])
    moment = datetime(2026, 3, 11, tzinfo=UTC)
    with db.transaction(workspace) as session:
        session.execute(update(Task).where(Task.id == done).values(done_at=moment))
        session.execute(update(Task).where(Task.id == thrown_away).values(deleted_at=moment))
    with db.transaction(workspace) as session:
        assert contact_rounds.delete(session, made.id, version=1) == 2
    assert [task.id for task in tasks(workspace)] == [done]
    with pytest.raises(NotFound):
        known(workspace, made.id)
    assert begin(workspace, people[:4], name="Again").contacted == 4, "who was in it is free again"
    with db.transaction(workspace) as session:
        contact_rounds.restore(session, made.id)
        contact_rounds.restore(session, made.id)
    found = known(workspace, made.id)
    assert (found.open_tasks, found.done_tasks, found.contacted) == (2, 1, 4)


def test_other_campaigns_are_no_rounds(workspace, people):
    with db.transaction(workspace) as session:
        campaign = Campaign(name="Spring letter", channel="email", started_on=DAY)
        session.add(campaign)
        session.flush()
        letter = campaign.id
    for ask in (lambda session: contact_rounds.get(session, letter), lambda session: contact_rounds.restore(session, letter),
                lambda session: contact_rounds.delete(session, letter, version=1)):
        with pytest.raises(NotFound), db.transaction(workspace) as session:
            ask(session)


def test_a_round_remembers_the_kept_model_that_gave_the_chances(workspace, people):
    with pytest.raises(NotFound):
        begin(workspace, people, model_id=77)
    with db.transaction(workspace) as session:
        model_id = kept_models.keep(session, name="M", purpose="leaving", method="logistic", horizon_days=90, as_of=DAY,
                                    content=b"x")
    assert known(workspace, begin(workspace, people, model_id=model_id).id).model_id == model_id


def test_merging_two_customers_carries_their_places_and_parting_puts_them_back(workspace, people):
    ada, bo = people[:2]
    alone = begin(workspace, [bo], customers=listed([bo], probability=[0.7], value=[12.34]))
    both = begin(workspace, people[2:4], name="Both").id
    with db.transaction(workspace) as session:  # both in one round, the kept one held out and nothing known of her chance
        session.add_all([CampaignMember(campaign_id=both, customer_id=ada, is_holdout=True),
                         CampaignMember(campaign_id=both, customer_id=bo, probability=0.5, value_e4=70_000)])
    with db.transaction(workspace) as session:
        shown = merging.preview(session, ada, bo)
        correction = merging.merge(session, ada, bo, versions=shown.versions)
    moved = members(workspace, alone.id).iloc[0]
    assert (moved["customer_id"], moved["probability"], moved["value"]) == (ada, 0.7, 12.34)
    joined = members(workspace, both).set_index("customer_id")
    assert bo not in joined.index, "the hidden record's own place counts no more"
    assert (joined.loc[ada, "is_holdout"], joined.loc[ada, "probability"], joined.loc[ada, "value"]) == (False, 0.5, 7.0)
    assert {task.customer_id for task in tasks(workspace) if task.campaign_id == alone.id} == {ada}
    with db.transaction(workspace) as session:
        merging.unmerge(session, correction)
    assert members(workspace, alone.id)["customer_id"].tolist() == [bo]
    parted = members(workspace, both).set_index("customer_id")
    assert parted.loc[ada, "is_holdout"] and np.isnan(parted.loc[ada, "probability"]) and parted.loc[bo, "probability"] == 0.5


def test_a_customer_who_was_deleted_counts_on_neither_side(workspace, people):
    made = begin(workspace, people[:4])
    with db.transaction(workspace) as session:
        customers.delete(session, people[0], version=1)
    assert known(workspace, made.id).contacted == 3 and people[0] not in members(workspace, made.id)["customer_id"].tolist()


def test_beginning_a_round_makes_no_analysis_of_sales_stale(workspace, people):
    groups = ("customers", "sales", "service", "surveys")
    with db.reading(workspace) as session:
        before, work = db.revisions_of(session, groups), db.revisions_of(session, ("work",))
    begin(workspace, people)
    with db.reading(workspace) as session:
        assert db.revisions_of(session, groups) == before and db.revisions_of(session, ("work",)) != work


def test_the_effect_is_asked_of_the_records(workspace, people):
    made = begin(workspace, people, holdout_share=0.5, horizon_days=30)
    held = set(members(workspace, made.id).query("is_holdout")["customer_id"])
    with db.transaction(workspace) as session:
        tea = products.create(session, name="Tea", price=5)
        for customer_id in set(people) - held:
            orders.create(session, customer_id=customer_id, ordered_at=datetime(2026, 3, 20),
                          lines=[orders.LineInput(tea, 2, 10.0)])
    with db.reading(workspace) as session:
        early = jobs.effect(session, round_id=made.id, as_of=date(2026, 4, 8))
        found = jobs.effect(session, round_id=made.id, as_of=date(2026, 4, 9))
    assert early.state == "too_early" and early.measured_on == date(2026, 4, 9)
    assert (found.state, found.verdict, found.contacted.stayed, found.held_out.stayed) == ("measured", "helped", 10, 0)
    assert found.cost == 50.0 and found.profit == pytest.approx(10 * 20 - 50)
