"""Kept models: which one is in use, how each fared since, and does the one in use still fit?"""

from datetime import date

import pandas as pd
import streamlit as st

from crm.errors import CrmError
from crm.jobs import kept_models as model_jobs
from crm.jobs.churn import Leaving
from crm.jobs.kept_models import Watched
from crm.services import kept_models
from crm.services.kept_models import KeptModel
from crm.ui import page, reason_words, run, words
from crm.ui.model_view import METHODS

PURPOSES = {"silence": "leaving", "ends": "ending", "given": "given"}  # kind of leaving -> what a model is kept for
FORM, UNDO, OPENED = "keep_model", "model_undo", "model_opened"


def moved_note(kind: str, as_of: date) -> None:
    """One sentence on top of the page, where the model in use no longer fits; nothing else."""
    model = run.fresh(kept_models.promoted, purpose=PURPOSES[kind])
    if model is None:
        return
    try:
        watched = run.cached(model_jobs.watch, model_id=model.id, as_of=as_of)
    except CrmError as error:
        st.warning(f"The model in use, “{words.plain(model.name)}”, cannot be used: {words.plain(error)}", icon=":material/sync_problem:")
        return
    if watched.drift.verdict == "moved":
        st.warning(verdict(watched), icon=":material/sync_problem:")


def verdict(watched: Watched) -> str:
    """Does it still fit, in one sentence of Markdown?"""
    found, name = watched.drift, words.plain(watched.model.name)
    moved = "" if found.moved_most is None else words.plain(reason_words.label(found.moved_most))
    if found.verdict == "stable":
        return f"“{name}” still fits{_proof(watched)}."
    if found.verdict == "watch":
        about = f"; above all “{moved}” is different today" if moved else ""
        return f"Something has moved since “{name}” was trained{about}. Keep an eye on it{_proof(watched)}."
    if found.because == "outcomes" and found.outcomes is not None:
        return (f"“{name}” no longer says right: it expected {words.share(found.outcomes.expected)} to leave, "
                f"{words.share(found.outcomes.observed)} left. Keep a new model and use it.")
    about = f", above all “{moved}”" if moved else ""
    return f"Your customers have changed since “{name}” was trained{about}. Keep a new model and use it."


def _proof(watched: Watched) -> str:
    happened = watched.drift.outcomes
    if happened is not None:
        return f": it expected {words.share(happened.expected)} to leave, {words.share(happened.observed)} left"
    if watched.known_from is not None:
        return f"; what came of it is known from {words.day(watched.known_from)} on"
    return ""


def draw(result: Leaving) -> None:
    """Keep this one; the kept ones with how they fared; what can be done with each."""
    _undo_note()
    purpose = PURPOSES[result.kind]
    _keep(result, purpose)
    kept = run.fresh(kept_models.listing, purpose=purpose)
    if not kept:
        st.caption("A kept model stays as it is and scores all customers on any later day. The one in use does so every night, "
                   "where “python -m crm nightly” is run by a timer.")
        return
    fared = run.cached(model_jobs.compare, purpose=purpose, as_of=result.as_of,
                       model_ids=tuple(one.id for one in kept), doing="Looking how they fared")
    chosen = _table(kept, fared)
    used = next((one for one in kept if one.is_promoted), None)
    if used is not None:
        with page.advice():
            st.markdown(verdict(run.cached(model_jobs.watch, model_id=used.id, as_of=result.as_of)))
    if chosen is not None:
        _one(chosen, result.as_of)
    else:
        st.caption("Mark a row to use a model, to save its scores or to delete it.")


def _keep(result: Leaving, purpose: str) -> None:
    token = run.token(FORM)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Keep this model as", key=f"model_name_{token}", width=280, max_chars=kept_models.NAME_LIMIT,
                             value=_proposed_name(result))
        use = st.checkbox("Use it from now on", value=True, key=f"model_use_{token}")
        if st.button("Keep", key=f"model_keep_{token}", icon=":material/inventory_2:") and run.command(
                model_jobs.keep, form=FORM, name=name, purpose=purpose, model=result.model,
                comparison=result.comparison, present=_present(result), as_of=result.as_of,
                horizon_days=result.horizon_days, about=_about(result), promote=use) is not run.FAILED:
            st.session_state["toast"] = "Kept."
            st.rerun()


def _proposed_name(result: Leaving) -> str:
    ahead = "" if result.horizon_days is None else f" within {result.horizon_days} days"
    return f"Leaving{ahead}, {words.day(result.as_of)}"


def _present(result: Leaving) -> pd.DataFrame:
    return result.features[~result.customers["is_gone"].to_numpy()]


def _about(result: Leaving) -> dict:
    days = {"test_cutoff": result.test_cutoff, "train_cutoffs": list(result.train_cutoffs),
            "refit_cutoffs": list(result.refit_cutoffs)}
    return days if result.kind == "silence" else {**days, "label": result.leaving, "positive": result.parameters["positive"]}


def _table(kept: list[KeptModel], fared: pd.DataFrame) -> KeptModel | None:
    by_id = {one.id: one for one in kept}
    rows = fared[fared["model_id"].isin(by_id)]
    shown = pd.DataFrame({
        "name": rows["name"], "use": ["in use" if used else "" for used in rows["is_promoted"]],
        "method": [METHODS.get(method, method).split(" (")[0] for method in rows["method"]],
        "days": rows["horizon_days"], "trained": rows["trained_on"], "auc": rows["roc_auc"],
        "since": rows["roc_auc_since"].astype(float), "error": rows["calibration_error_since"].astype(float) * 100,
        "known": [_known(row) for row in rows.to_dict("records")]})
    listed = "_".join(f"{one.id}-{one.version}" for one in kept)
    event = st.dataframe(shown, key=f"models_{run.current().key}_{listed}", hide_index=True, height="content",
                         on_select="rerun", selection_mode="single-row", placeholder="–", alt="Kept models", column_config={
                             "name": st.column_config.TextColumn("Name", width=250),
                             "use": st.column_config.TextColumn("Use", width=60),
                             "method": st.column_config.TextColumn("Model", width=110),
                             "days": st.column_config.NumberColumn("Days ahead", format="%.0f", width=75),
                             "trained": st.column_config.DateColumn("Trained", format="D MMM YYYY", width=90),
                             "auc": st.column_config.NumberColumn("Told apart", format="%.3f", width=75,
                                                                  help="On the later time of its own test: 0.5 is a coin, 1 is perfect."),
                             "since": st.column_config.NumberColumn("Since", format="%.3f", width=60,
                                                                    help="The same on what has happened since."),
                             "error": st.column_config.NumberColumn("Error", format="%.1f %%", width=60,
                                                                    help="Of its chances, on what has happened since."),
                             "known": st.column_config.TextColumn("Known", width=150)})
    chosen = event["selection"]["rows"] if event else []
    return by_id[int(rows["model_id"].iloc[chosen[0]])] if chosen else None


def _known(row: dict) -> str:
    if row["trouble"]:
        return row["trouble"]
    if row["cutoff"] is not None and row["cutoff"] == row["cutoff"]:
        return f"since {words.day(row['cutoff'])}"
    return f"from {words.day(row['known_from'])} on" if row["known_from"] is not None else "–"


def _one(model: KeptModel, as_of: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.plain(model.name)}**")
        key = f"{model.id}_{model.version}"
        if model.is_promoted:
            if st.button("Use it no longer", key=f"withdraw_{key}", icon=":material/block:") and run.command(
                    kept_models.withdraw, model.id, version=model.version) is not run.FAILED:
                _told("It is in use no longer.")
        elif st.button("Use this one", key=f"promote_{key}", icon=":material/check:") and run.command(
                kept_models.promote, model.id, version=model.version) is not run.FAILED:
            _told("It is in use from now on.")
        if st.button("Save its scores to the customers", key=f"score_{key}", icon=":material/save:"):
            _save_scores(model, as_of)
        if st.button("Delete", key=f"delete_model_{key}", icon=":material/delete:") and run.command(
                kept_models.delete, model.id, version=model.version) is not run.FAILED:
            st.session_state[UNDO] = (run.current().key, model.id, model.name)
            st.rerun()


def _save_scores(model: KeptModel, as_of: date) -> None:
    with page.advice():
        scored = run.cached(model_jobs.score, model_id=model.id, as_of=as_of, doing="Scoring all customers")
        if run.command(model_jobs.save, scored, form=f"score_{model.id}") is not run.FAILED:
            st.toast("Saved. It shows in the list of customers and on each customer's page.", icon=":material/check_circle:")
        for warning in scored.warnings:
            st.warning(words.plain(warning), icon=":material/info:")


def _told(said: str) -> None:
    st.session_state["toast"] = said
    st.rerun()


def _undo_note() -> None:
    gone = st.session_state.get(UNDO)
    if gone is None or gone[0] != run.current().key:
        return
    _, model_id, name = gone
    with st.container(horizontal=True, vertical_alignment="center", key="model_undo_note"):
        st.markdown(f"**{words.plain(name)}** was deleted. What it scored stays with the customers.")
        if st.button("Undo", key="undo_model", icon=":material/undo:") and run.command(
                kept_models.restore, model_id) is not run.FAILED:
            st.session_state[UNDO] = None
            _told("It is back.")
        if st.button("Fine", key="undo_model_dismiss", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()
