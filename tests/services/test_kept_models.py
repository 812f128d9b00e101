"""Kept models: named once, one in use for each purpose, never lost between two windows, and no answer made stale."""

import threading
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import func, select, update

from crm import db
from crm.db import bulk
from crm.errors import Conflict, CrmError, InvalidInput, NotFound
from crm.models import AuditEntry, CustomerScore, RecordChange, ScoreRun, TrainedModel
from crm.services import customers, kept_models, listing, merging, scores

DAY = date(2026, 3, 10)


def make(workspace, **given) -> int:
    with db.transaction(workspace) as session:
        return kept_models.keep(session, **{
            "name": "Spring", "purpose": "leaving", "method": "logistic", "horizon_days": 90, "as_of": DAY,
            "content": b"\x00model", "quality": {"roc_auc": 0.74, "brier": float("nan")}, **given})


def saved(workspace, model_id: int) -> kept_models.KeptModel:
    with db.reading(workspace) as session:
        return kept_models.get(session, model_id)


def promote(workspace, model_id: int, *, version: int = 1) -> int:
    with db.transaction(workspace) as session:
        return kept_models.promote(session, model_id, version=version)


def in_use(workspace, purpose: str = "leaving") -> str | None:
    with db.reading(workspace) as session:
        found = kept_models.promoted(session, purpose)
        return found and found.name


def actions(workspace, model_id: int) -> list[str]:
    with db.reading(workspace) as session:
        return list(session.scalars(select(AuditEntry.action).where(
            AuditEntry.entity == "trained_model", AuditEntry.entity_id == model_id).order_by(AuditEntry.id)))


def test_a_model_is_kept_with_its_figures_and_its_bytes_exactly(workspace):
    content = bytes(range(256)) * 50
    made = saved(workspace, make(workspace, name="  My  first ", content=content, parameters={"C": 1.0},
                                 about={"cutoffs": [DAY]}, versions={"skops": "0.16"}))
    assert (made.name, made.version, made.is_promoted, made.size_bytes) == ("My first", 1, False, len(content))
    assert made.quality == {"roc_auc": 0.74, "brier": None}, "what could not be computed is no 0"
    assert made.about == {"cutoffs": ["2026-03-10"]} and made.parameters == {"C": 1.0} and made.as_of == DAY
    with db.reading(workspace) as session:
        assert kept_models.content(session, made.id) == content
    assert actions(workspace, made.id) == ["created"]


@pytest.mark.parametrize(("given", "field"), [
    ({"name": "  "}, "name"), ({"name": "x" * 81}, "name"), ({"purpose": "weather"}, "purpose"), ({"content": b""}, "content"),
])
def test_what_cannot_be_kept_names_its_field_and_writes_nothing(workspace, given, field):
    with pytest.raises(InvalidInput) as told:
        make(workspace, **given)
    assert told.value.field == field
    with db.reading(workspace) as session:
        assert kept_models.listing(session) == []


def test_too_large_a_model_is_refused_with_its_size(workspace, monkeypatch):
    monkeypatch.setattr(kept_models, "SIZE_LIMIT", 2**20)
    make(workspace, content=b"x" * 2**20)
    with pytest.raises(InvalidInput, match="takes 3 MB; at most 1 MB"):
        make(workspace, name="Larger", content=b"x" * 3 * 2**20)


def test_a_name_is_given_once_until_its_model_is_deleted(workspace):
    first = make(workspace, name="Straße")
    with pytest.raises(InvalidInput, match="already"):
        make(workspace, name="STRASSE")
    with db.transaction(workspace) as session:
        kept_models.delete(session, first, version=1)
    second = make(workspace, name="strasse")
    with pytest.raises(InvalidInput, match="already"), db.transaction(workspace) as session:
        kept_models.restore(session, first)
    with db.transaction(workspace) as session:
        assert kept_models.rename(session, second, version=1, name="Other") == 2
        kept_models.restore(session, first)
    assert saved(workspace, first).name == "Straße" and actions(workspace, second) == ["created", "updated"]


def test_one_model_is_in_use_for_each_purpose(workspace):
    spring, summer = make(workspace), make(workspace, name="Summer")
    other = make(workspace, name="Buyers", purpose="buying")
    assert in_use(workspace) is None
    for model_id in (spring, other, summer):
        promote(workspace, model_id)
    assert (in_use(workspace), in_use(workspace, "buying")) == ("Summer", "Buyers")
    assert actions(workspace, spring) == ["created", "promoted", "withdrawn"]
    with db.reading(workspace) as session:
        assert [one.name for one in kept_models.listing(session, purpose="leaving")] == ["Summer", "Spring"]
    with db.transaction(workspace) as session:
        kept_models.withdraw(session, summer, version=2)
    assert in_use(workspace) is None


def test_the_database_itself_allows_one_model_in_use_for_each_purpose(workspace):
    promote(workspace, make(workspace))
    second = make(workspace, name="Second")
    with pytest.raises(Conflict), db.transaction(workspace) as session:
        session.execute(update(TrainedModel).where(TrainedModel.id == second).values(is_promoted=True))


def test_two_windows_do_not_overwrite_each_other(workspace):
    model_id = make(workspace)
    assert promote(workspace, model_id) == 2
    for change in (lambda session: kept_models.rename(session, model_id, version=1, name="Lost"),
                   lambda session: kept_models.promote(session, model_id, version=1),
                   lambda session: kept_models.withdraw(session, model_id, version=1),
                   lambda session: kept_models.delete(session, model_id, version=1)):
        with pytest.raises(Conflict, match="Nothing was overwritten"), db.transaction(workspace) as session:
            change(session)
    assert in_use(workspace) == "Spring"


def test_two_that_are_promoted_at_the_same_moment_leave_one_in_use(workspace):
    ids = [make(workspace, name=name) for name in ("A", "B", "C", "D")]
    promote(workspace, ids[0])
    begin, told = threading.Barrier(3), []

    def click(model_id: int) -> None:
        begin.wait()
        try:
            promote(workspace, model_id)
        except CrmError as error:
            told.append(str(error))

    threads = [threading.Thread(target=click, args=(model_id,)) for model_id in ids[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == []
    with db.reading(workspace) as session:
        assert sum(one.is_promoted for one in kept_models.listing(session)) == 1
    assert in_use(workspace) in ("B", "C", "D")


def test_a_deleted_model_is_out_of_use_and_comes_back_unused(workspace):
    model_id = make(workspace)
    promote(workspace, model_id)
    with db.transaction(workspace) as session:
        kept_models.delete(session, model_id, version=2)
    for question in (kept_models.get, kept_models.content):
        with pytest.raises(NotFound), db.reading(workspace) as session:
            question(session, model_id)
    assert in_use(workspace) is None
    with db.transaction(workspace) as session:
        kept_models.restore(session, model_id)
    assert not saved(workspace, model_id).is_promoted
    assert actions(workspace, model_id) == ["created", "promoted", "withdrawn", "deleted", "restored"]


def test_keeping_and_promoting_a_model_makes_no_answer_stale(workspace):
    with db.reading(workspace) as session:
        before = db.revisions_of(session)
    promote(workspace, make(workspace))
    with db.reading(workspace) as session:
        assert db.revisions_of(session) == before


def night(session, people, day, *, analysis="churn", is_nightly=True) -> int:
    return scores.save(session, pd.DataFrame({"customer_id": people, "number": 0.5}), analysis=analysis, as_of=day,
                       parameters={"is_nightly": is_nightly, "horizon_days": 90, "model_name": "Spring"}, quality={})


def test_of_nightly_scores_the_last_week_and_the_last_of_each_month_stay(workspace):
    days = [*pd.date_range("2026-01-27", "2026-02-02").date, *pd.date_range("2026-03-01", "2026-03-10").date]
    with db.transaction(workspace) as session:
        ada = customers.create(session, name="Ada")
        by_hand = night(session, [ada], days[0], is_nightly=False)
        other = night(session, [ada], days[0], analysis="buying")
        for day in days:
            night(session, [ada], day)
        assert scores.thin_out(session, analysis="churn") == 8
    with db.reading(workspace) as session:
        kept = [run.as_of.isoformat() for run in scores.runs(session, analysis="churn") if run.parameters["is_nightly"]]
        assert kept == [f"2026-03-{day:02d}" for day in range(10, 3, -1)] + ["2026-02-02", "2026-01-31"]
        assert {by_hand, other} <= set(session.scalars(select(ScoreRun.id)))
        assert session.scalar(select(func.count()).select_from(CustomerScore)) == 11, "scores go with their run"


def test_a_merge_is_taken_back_though_scores_that_it_moved_were_thinned_out(workspace):
    with db.transaction(workspace) as session:
        ada, bo = (customers.create(session, name=name) for name in ("Ada", "Bo"))
        for day in pd.date_range("2026-03-01", "2026-03-08").date:
            night(session, [bo], day)
    with db.transaction(workspace) as session:
        shown = merging.preview(session, ada, bo)
        correction = merging.merge(session, ada, bo, versions=shown.versions)
    with db.transaction(workspace) as session:
        assert scores.thin_out(session, analysis="churn") == 1
        ids = bulk.reserve_ids(session, CustomerScore.__table__, 1)
        assert ids[0] > session.scalar(select(func.max(RecordChange.record_id))), "no new score gets an old one's number"
    with db.transaction(workspace) as session:
        done = merging.unmerge(session, correction)
        assert done.kept.empty and done.restored["customer_scores"] == 7


def test_a_saved_chance_says_how_far_it_looks_and_who_said_it(workspace):
    with db.transaction(workspace) as session:
        ada = customers.create(session, name="Ada")
        night(session, [ada], DAY)
        night(session, [ada], DAY, analysis="buying")
    with db.reading(workspace) as session:
        assert [(one.analysis, one.horizon_days, one.model) for one in scores.of_customer(session, ada)] == [
            ("buying", 90, "Spring"), ("churn", 90, "Spring")]
        found = listing.page(session, as_of=DAY, sort="buying", descending=True).rows
        assert found[["leaving", "buying"]].to_numpy().tolist() == [[0.5, 0.5]]
