"""The night: every model in use scores all customers and is watched; one that fails tells why and stops no other."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, func, select, update

from crm import __main__ as command_line
from crm import db, demo, frames
from crm.analytics import prediction, snapshots
from crm.errors import CrmError, InvalidInput, NotFound
from crm.jobs import kept_models as jobs
from crm.models import Customer, CustomerScore, Product, ScoreRun, TrainedModel
from crm.services import kept_models, listing, orders, scores

TODAY, DAYS = date(2026, 3, 10), 60
TRAINED = TODAY - timedelta(days=DAYS + 5)  # so that what happened since is known
LATELY = TODAY - timedelta(days=10)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The invented company as the owner's own database."""
    workspace = db.Workspace("own", f"sqlite:///{tmp_path_factory.mktemp('company') / 'crm.db'}")
    demo.build(workspace, today=TODAY)
    yield workspace
    db.dispose(workspace)


@pytest.fixture
def here(company, monkeypatch, tmp_path_factory):
    """The company without models and scores."""
    monkeypatch.setenv("CRM_DATABASE_URL", company.url)
    with db.transaction(company) as session:
        for model in (CustomerScore, ScoreRun, TrainedModel):
            session.execute(delete(model))
    return company


def keep_windows(session, *, windows, about=None, **how) -> int:
    """Keep a model that was made from these windows."""
    return jobs.keep(session, present=windows.now[~windows.now["is_gone"]], as_of=windows.as_of,
                     horizon_days=windows.horizon_days, about=about, **how)


def windows_of(workspace, *, target="leaving", as_of=TRAINED, **without):
    with db.reading(workspace) as session:
        given = {"tickets": frames.tickets(session, until=as_of), "answers": frames.answers(session, until=as_of)} | without
        return getattr(snapshots, target)(frames.orders(session, until=as_of), as_of=as_of, horizon_days=DAYS, **given)


@pytest.fixture(scope="module")
def trained(company):
    """Windows, model and comparison by (target, day), each made once."""
    made = {}

    def train(target="leaving", as_of=TRAINED, method="logistic"):
        key = (target, as_of, method)
        if key not in made:
            windows = windows_of(company, target=target, as_of=as_of)
            columns = list(windows.columns)
            learn, test, refit = (prediction.Rows(window.frame[columns], window.target, window.frame["customer_id"].to_numpy())
                                  for window in (windows.train, windows.test, windows.refit))
            task = prediction.Task(learn=learn, test=test, refit=refit, now=windows.now[columns], scales=windows.scales,
                                   rule=windows.rule)
            made[key] = windows, prediction.answer(task, methods=("rule", method))
        return made[key]

    return train


def keep(workspace, made, name="Spring", purpose="leaving", *, promote=True, **given) -> int:
    windows, answer = made
    with db.transaction(workspace) as session:
        return keep_windows(session, name=name, purpose=purpose, windows=windows, model=answer.model,
                                 comparison=answer.comparison, promote=promote, **given)


def nightly(capsys, *arguments: str) -> tuple[int, dict, str]:
    status = command_line.main(["nightly", "--json", *arguments])
    told = capsys.readouterr()
    return status, json.loads(told.out), told.err


def spoil(workspace, model_id: int, content: bytes) -> None:
    with db.transaction(workspace) as session:
        session.execute(update(TrainedModel).where(TrainedModel.id == model_id).values(content=content))


def test_a_kept_model_says_of_its_own_day_what_it_said_then(here, trained):
    windows, answer = made = trained()
    model_id = keep(here, made)
    with db.reading(here) as session:
        scored = jobs.score(session, model_id=model_id, as_of=TRAINED)
        kept = kept_models.get(session, model_id)
    then = pd.Series(answer.probability, index=windows.now["customer_id"])
    assert scored.customers.set_index("customer_id")["probability"].to_dict() == then.to_dict()
    assert scored.customers["probability"].is_monotonic_decreasing and scored.warnings == ()
    judged = answer.comparison.judged["logistic"]
    assert kept.quality["roc_auc"] == judged.value("roc_auc") and kept.quality["rule_roc_auc"] < kept.quality["roc_auc"]
    assert kept.about["columns"] == list(windows.columns)
    assert set(kept.versions) >= {"scikit-learn", "skops"} and kept.horizon_days == DAYS


@pytest.mark.parametrize(("purpose", "target"), [("leaving", "leaving"), ("buying", "buying")])
def test_what_is_known_and_what_happened_is_told_as_for_learning(here, trained, purpose, target):
    made = trained(target)
    model_id = keep(here, made, purpose=purpose)
    later = windows_of(here, target=target, as_of=TODAY)
    with db.reading(here) as session:
        used = jobs._InUse(session, kept_models.get(session, model_id), TODAY)
        now, happened = used.now, used.happened
    columns = ["customer_id", *made[0].columns, "is_gone"]
    pd.testing.assert_frame_equal(now[columns], later.now[columns])
    assert used.cutoff == later.test_cutoff
    pd.testing.assert_frame_equal(happened.frame[columns[:-1]], later.test.frame[columns[:-1]])
    assert (happened.target == later.test.target).all()


def test_the_night_scores_everybody_and_the_scores_are_on_the_customers(here, trained, capsys):
    model_id = keep(here, trained())
    keep(here, trained("buying"), name="Buyers", purpose="buying")
    keep(here, trained(as_of=LATELY), name="Not in use", promote=False)
    status, answer, _ = nightly(capsys, "--as-of", TODAY.isoformat())
    assert status == 0 and [one["name"] for one in answer["models"]] == ["Buyers", "Spring"]
    leaving = answer["models"][1]
    assert leaving["id"] == model_id and leaving["error"] is None and leaving["customers"] > 1_500
    with db.reading(here) as session:
        rows = listing.page(session, as_of=TODAY, sort="leaving", descending=True).rows
        assert rows["leaving"].notna().all() and rows["buying"].notna().all()
        assert np.corrcoef(rows["leaving"], rows["buying"])[0, 1] < 0
        run = scores.runs(session, analysis="churn")[0]
        assert run.id == leaving["run"] and run.as_of == TODAY
        assert (run.parameters["model_name"], run.parameters["is_nightly"]) == ("Spring", True)
        assert run.quality["drift"]["outcomes"]["known"] > 500
        ordered = {one.analysis: one for one in scores.of_customer(session, int(rows["id"].iloc[0]))}
        assert ordered["churn"].number == rows["leaving"].iloc[0] and ordered["buying"].horizon_days == DAYS


def test_what_happened_since_training_is_told_once_the_horizon_has_passed(here, trained):
    old, new = keep(here, trained()), keep(here, trained(as_of=LATELY), name="New", promote=False)
    with db.reading(here) as session:
        watched = jobs.watch(session, model_id=old, as_of=TODAY)
        early = jobs.watch(session, model_id=new, as_of=TODAY)
        before = jobs.watch(session, model_id=old, as_of=TRAINED + timedelta(days=DAYS - 1))
    assert watched.cutoff == TODAY - timedelta(days=DAYS) >= TRAINED
    outcomes = watched.drift.outcomes
    assert abs(outcomes.expected - outcomes.observed) < 0.1 and outcomes.roc_auc > 0.6
    for waiting in (early, before):
        assert waiting.drift.outcomes is None and waiting.cutoff is None
    assert early.known_from == LATELY + timedelta(days=DAYS) and before.known_from == TRAINED + timedelta(days=DAYS)
    assert early.drift.verdict == "stable" and (outcomes.verdict != "more" or watched.drift.because == "outcomes")


def test_later_records_change_no_score_and_no_outcome(here, trained):
    model_id = keep(here, trained())

    def asked() -> tuple[pd.DataFrame, object]:
        with db.reading(here) as session:
            return (jobs.score(session, model_id=model_id, as_of=LATELY).customers,
                    jobs.watch(session, model_id=model_id, as_of=TRAINED + timedelta(days=DAYS)).drift.outcomes)

    before = asked()
    with db.transaction(here) as session:
        tea = session.scalar(select(func.min(Product.id)))
        added = [orders.create(session, customer_id=customer_id, ordered_at=datetime(2026, 3, 9, 12),
                               lines=[orders.LineInput(tea, 1, 500.0)]) for customer_id in range(1, 40)]
    after = asked()
    with db.transaction(here) as session:
        for order_id in added:
            orders.delete(session, order_id, version=1)
    pd.testing.assert_frame_equal(before[0], after[0])
    assert before[1] == after[1] and before[1].known > 500


def test_kept_models_are_compared_on_the_same_customers(here, trained):
    old, tree = keep(here, trained()), keep(here, trained(method="tree"), name="Tree", promote=False)
    new, broken = (keep(here, trained(as_of=LATELY), name=name, promote=False) for name in ("New", "Broken"))
    spoil(here, broken, b"no model")
    with db.reading(here) as session:
        table = jobs.compare(session, purpose="leaving", as_of=TODAY).set_index("name")
        assert jobs.compare(session, purpose="buying", as_of=TODAY).empty
        assert jobs.compare(session, purpose="leaving", as_of=TODAY, model_ids=(old, tree))["model_id"].tolist() == [old, tree]
    assert list(table.index)[0] == "Spring" and table.loc["Spring", "is_promoted"] and set(table["model_id"]) == {
        old, tree, new, broken}
    assert table.loc["Spring", "customers_since"] == table.loc["Tree", "customers_since"] > 500
    assert 0.6 < table.loc["Spring", "roc_auc_since_low"] < table.loc["Spring", "roc_auc_since"] < 0.95
    assert np.isnan(table.loc["New", "roc_auc_since"]) and table.loc["New", "known_from"] == LATELY + timedelta(days=DAYS)
    assert table.loc["Broken", "trouble"].endswith(".") and table.loc["Spring", "trouble"] is None
    assert table["roc_auc"].notna().all(), "what was found when it was trained is told of every one"


def test_a_model_that_cannot_be_used_tells_why_and_stops_no_other(here, trained, capsys):
    broken = keep(here, trained(), name="Broken")
    keep(here, trained("buying"), name="Buyers", purpose="buying")
    spoil(here, broken, b"no model")
    status, answer, complaint = nightly(capsys)
    found = {one["name"]: one for one in answer["models"]}
    assert status == 2 and found["Buyers"]["error"] is None and found["Buyers"]["customers"] > 1_500
    assert found["Broken"]["run"] is None and found["Broken"]["error"] in complaint and "Broken (leaving)" in complaint
    with db.reading(here) as session:
        assert [run.analysis for run in session.scalars(select(ScoreRun))] == ["buying"]


def test_a_model_that_breaks_in_an_unforeseen_way_stops_no_other(here, trained, monkeypatch):
    keep(here, trained())
    keep(here, trained("buying"), name="Buyers", purpose="buying")
    stumble = jobs._scored
    monkeypatch.setattr(jobs, "_scored", lambda used: 1 / 0 if used.model.name == "Spring" else stumble(used))
    nights = {night.model.name: night for night in jobs.nightly(here)}
    assert "inside the program" in nights["Spring"].error and nights["Buyers"].error is None


def test_a_model_that_looks_at_other_columns_says_which(here, trained):
    windows, answer = trained()
    other = windows.now.rename(columns={"days_silent": "days_asleep"})
    renamed = prediction.fit(
        prediction.Rows(windows.train.frame[["days_silent", "average_order"]].set_axis(["days_asleep", "average_order"], axis=1),
                        windows.train.target, windows.train.frame["customer_id"].to_numpy()), method="logistic")
    with db.transaction(here) as session:
        model_id = jobs.keep(session, name="Odd", purpose="leaving", model=renamed, comparison=answer.comparison,
                             present=other[~other["is_gone"]], as_of=TRAINED, horizon_days=DAYS)
    with db.reading(here) as session:
        for ask in (jobs.score, jobs.watch):
            with pytest.raises(InvalidInput, match="days_asleep"):
                ask(session, model_id=model_id, as_of=TODAY)
        with pytest.raises(NotFound):
            jobs.score(session, model_id=model_id + 1, as_of=TODAY)


def test_a_model_of_the_customers_own_fields_scores_everybody_and_knows_who_has_left(here):
    with db.transaction(here) as session:
        session.execute(update(Customer).values(custom_fields={"Left": "no"}))
        session.execute(update(Customer).where(Customer.id % 3 == 0).values(custom_fields={"Left": "yes"}))
        told = snapshots.given(frames.customer_fields(session), label="custom.Left")
        answer = prediction.answer(prediction.Task(learn=prediction.Rows(
            told.frame[["channel", "country"]], told.target, told.groups)), methods=("logistic",))
        model_id = jobs.keep(session, name="By label", purpose="given", model=answer.model, comparison=answer.comparison,
                             present=told.frame[~told.target], as_of=TODAY, about={"label": "custom.Left"})
        scored = jobs.score(session, model_id=model_id, as_of=TODAY)
        jobs.save(session, scored)
        assert len(scored.customers) == session.scalar(select(func.count()).select_from(Customer))
        watched = jobs.watch(session, model_id=model_id, as_of=TODAY)
        assert watched.known_from is None and watched.drift.rows_now == (~told.target).sum()
        assert watched.drift.verdict == "stable", "those who have left are in neither picture"
        table = jobs.compare(session, purpose="given", as_of=TODAY)
        assert table["horizon_days"].isna().all() and table["trouble"].isna().all()
        assert scores.of_customer(session, 1)[0].horizon_days is None
        session.execute(update(Customer).values(custom_fields={}))
        assert jobs.watch(session, model_id=model_id, as_of=TODAY).drift.rows_now == len(scored.customers)


def test_a_day_in_a_field_is_foretold_watched_and_compared(here):
    rng = np.random.default_rng(3)
    with db.transaction(here) as session:
        ids = session.scalars(select(Customer.id).order_by(Customer.id)).all()
        ended = {customer_id: TODAY - timedelta(days=int(days)) for customer_id, days in zip(ids, rng.integers(1, 900, len(ids)),
                                                                                             strict=True) if customer_id % 2}
        for customer_id, day in ended.items():
            session.execute(update(Customer).where(Customer.id == customer_id).values(custom_fields={"Ended": day.isoformat()}))
        windows = snapshots.ending(frames.customer_fields(session), frames.orders(session, until=TRAINED), as_of=TRAINED,
                                   horizon_days=DAYS, label="custom.Ended")
        columns = list(windows.columns)
        learn, test = (prediction.Rows(window.frame[columns], window.target, window.frame["customer_id"].to_numpy())
                       for window in (windows.train, windows.test))
        answer = prediction.answer(prediction.Task(learn=learn, test=test, now=windows.now[columns], scales=windows.scales),
                                   methods=("logistic",))
        model_id = keep_windows(session, name="Contracts", purpose="ending", windows=windows, model=answer.model,
                                     comparison=answer.comparison, about={"label": "custom.Ended"}, promote=True)
        unnamed = keep_windows(session, name="Unnamed", purpose="ending", windows=windows, model=answer.model,
                                    comparison=answer.comparison)
    try:
        with db.reading(here) as session:
            watched = jobs.watch(session, model_id=model_id, as_of=TODAY)
            assert watched.cutoff == TODAY - timedelta(days=DAYS) and watched.drift.outcomes.known > 500
            table = jobs.compare(session, purpose="ending", as_of=TODAY).set_index("name")
            assert table.loc["Contracts", "customers_since"] == watched.drift.outcomes.known
            assert "train it again" in table.loc["Unnamed", "trouble"]
            with pytest.raises(InvalidInput, match="train it again"):
                jobs.score(session, model_id=unnamed, as_of=TODAY)
        (night,) = jobs.nightly(here, as_of=TODAY)
        assert night.error is None and night.customers > 500
    finally:
        with db.transaction(here) as session:
            session.execute(update(Customer).values(custom_fields={}))


def test_nights_leave_the_newest_scores_and_few_of_the_older_ones(here, trained, monkeypatch):
    monkeypatch.setattr(scores, "NIGHTS_KEPT", 2)
    keep(here, trained())
    for day in range(1, 5):
        jobs.nightly(here, as_of=date(2026, 3, day))
    with db.reading(here) as session:
        assert [run.as_of.day for run in scores.runs(session, analysis="churn")] == [4, 3]


def test_before_any_order_nobody_can_be_scored(here, trained, capsys):
    keep(here, trained())
    status, answer, _ = nightly(capsys, "--as-of", "1999-01-01")
    assert status == 2 and "customer" in answer["models"][0]["error"]


def test_a_line_says_how_each_model_fares(here, trained, capsys):
    assert command_line.main(["nightly"]) == 0 and "No model is in use" in capsys.readouterr().out
    keep(here, trained())
    assert command_line.main(["nightly", "--as-of", TODAY.isoformat()]) == 0
    line = capsys.readouterr().out
    assert line.startswith("Spring (leaving): ") and "customers scored." in line and "it expected" in line
    assert line.rstrip().endswith(".")


def test_keeping_writes_nothing_where_the_name_is_taken(here, trained):
    keep(here, trained())
    with pytest.raises(CrmError, match="already"):
        keep(here, trained())
    with db.reading(here) as session:
        assert len(kept_models.listing(session)) == 1
