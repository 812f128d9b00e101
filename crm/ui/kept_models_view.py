"""Kept models: which one is in use, how each fared since, and does the one in use still fit?

    kept_models_view.moved_note("leaving", as_of)      on top of the page, only where something has moved
    kept_models_view.draw(Proposal(...))               keep the page's model; what is kept, and what can be done with each
"""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import streamlit as st

from crm.analytics.prediction import Comparison, Model
from crm.errors import CrmError
from crm.jobs import kept_models as model_jobs
from crm.jobs.kept_models import Watched
from crm.services import kept_models
from crm.services.kept_models import KeptModel
from crm.ui import page, reason_words, run, words
from crm.ui.model_view import METHODS

FORM, UNDO = "keep_model", "model_undo"
LEFT = ("“{name}” still fits: it expected {expected} to leave, {observed} left.",
        "“{name}” no longer says right: it expected {expected} to leave, {observed} left. Keep a new model and use it.")
ORDERED = ("“{name}” still fits: it expected {expected} to order, {observed} ordered.",
           "“{name}” no longer says right: it expected {expected} to order, {observed} ordered. Keep a new model and use it.")
CAME = {"leaving": LEFT, "ending": LEFT, "given": LEFT, "buying": ORDERED}  # where it is right, where it is not


@dataclass(frozen=True, eq=False)
class Proposal:
    """A page's model, as it may be kept. present: the rows that it scores on as_of, features alone. name: proposed."""

    purpose: str
    name: str
    model: Model
    comparison: Comparison
    present: pd.DataFrame
    as_of: date
    horizon_days: int | None
    about: dict = field(default_factory=dict)


def moved_note(purpose: str, as_of: date) -> None:
    """One sentence on top of the page, where the model in use no longer fits; nothing else."""
    model = run.fresh(kept_models.promoted, purpose=purpose)
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
    right, wrong = CAME[watched.model.purpose]
    shares = {} if found.outcomes is None else {"expected": words.share(found.outcomes.expected),
                                                "observed": words.share(found.outcomes.observed)}
    if found.verdict == "stable" and shares:
        return right.format(name=name, **shares)
    if found.verdict == "stable" and watched.known_from is not None:
        return f"“{name}” still fits; what came of it is known from {words.day(watched.known_from)} on."
    if found.verdict == "stable":
        return f"“{name}” still fits."
    if found.verdict == "moved" and found.because == "outcomes" and shares:
        return wrong.format(name=name, **shares)
    moved = None if found.moved_most is None else words.plain(reason_words.label(found.moved_most))
    if found.verdict == "watch":
        return (f"Something has moved since “{name}” was trained. Keep an eye on it." if moved is None else
                f"Something has moved since “{name}” was trained: above all “{moved}” is different today. Keep an eye on it.")
    return (f"Your customers have changed since “{name}” was trained. Keep a new model and use it." if moved is None else
            f"Your customers have changed since “{name}” was trained, above all “{moved}”. Keep a new model and use it.")


def draw(proposal: Proposal) -> None:
    """Keep this one; the kept ones with how they fared; what can be done with each."""
    _undo_note(proposal.purpose)
    _keep(proposal)
    kept = run.fresh(kept_models.listing, purpose=proposal.purpose)
    if not kept:
        st.caption("A kept model stays as it is and scores all customers on any later day. The one in use does so every night, "
                   "where “python -m crm nightly” is run by a timer.")
        return
    fared = run.cached(model_jobs.compare, purpose=proposal.purpose, as_of=proposal.as_of,
                       model_ids=tuple(one.id for one in kept), doing="Looking how they fared")
    chosen = _table(kept, fared)
    used = next((one for one in kept if one.is_promoted), None)
    if used is not None:
        with page.advice():
            st.markdown(verdict(run.cached(model_jobs.watch, model_id=used.id, as_of=proposal.as_of)))
    if chosen is not None:
        _one(chosen, proposal.as_of)
    else:
        st.caption("Mark a row to use a model, to save its scores or to delete it.")


def _keep(proposal: Proposal) -> None:
    form = f"{FORM}_{proposal.purpose}"
    token = run.token(form)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Keep this model as", key=f"model_name_{token}", width=280, max_chars=kept_models.NAME_LIMIT,
                             value=proposal.name)
        use = st.checkbox("Use it from now on", value=True, key=f"model_use_{token}")
        if st.button("Keep", key=f"model_keep_{token}", icon=":material/inventory_2:") and run.command(
                model_jobs.keep, form=form, name=name, purpose=proposal.purpose, model=proposal.model,
                comparison=proposal.comparison, present=proposal.present, as_of=proposal.as_of,
                horizon_days=proposal.horizon_days, about=proposal.about, promote=use) is not run.FAILED:
            st.session_state["toast"] = "Kept."
            st.rerun()


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
        with st.popover("Rename", icon=":material/edit:"):
            name = st.text_input("New name", value=model.name, max_chars=kept_models.NAME_LIMIT, key=f"rename_model_{key}")
            if st.button("Save the name", key=f"save_model_name_{key}") and run.command(
                    kept_models.rename, model.id, version=model.version, name=name) is not run.FAILED:
                _told("It has a new name.")
        if st.button("Delete", key=f"delete_model_{key}", icon=":material/delete:") and run.command(
                kept_models.delete, model.id, version=model.version) is not run.FAILED:
            st.session_state[UNDO] = (run.current().key, model.purpose, model.id, model.name)
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


def _undo_note(purpose: str) -> None:
    gone = st.session_state.get(UNDO)
    if gone is None or gone[:2] != (run.current().key, purpose):
        return
    *_, model_id, name = gone
    with st.container(horizontal=True, vertical_alignment="center", key="model_undo_note"):
        st.markdown(f"**{words.plain(name)}** was deleted. What it scored stays with the customers.")
        if st.button("Undo", key="undo_model", icon=":material/undo:") and run.command(
                kept_models.restore, model_id) is not run.FAILED:
            st.session_state[UNDO] = None
            _told("It is back.")
        if st.button("Fine", key="undo_model_dismiss", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()
