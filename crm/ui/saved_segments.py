"""Which segments are there? Their size today, whom they take in, and all that can be done with one."""

import hashlib
import re
from datetime import date

import pandas as pd
import streamlit as st

from crm.jobs import audiences
from crm.services import listing, rfm_settings, segment_definitions, segments, settings
from crm.services.segments import SavedSegment
from crm.ui import audience, definition_words, dialogs, page, run, segment_saving, words

UNDO, OPENED = "segment_undo", "segment_opened"
NOT_KNOWN = "–"


def draw(as_of: date) -> None:
    """The list; a click on a row shows the segment with what can be done with it."""
    _undo_note()
    saved = run.fresh(segments.listing)
    if not saved:
        st.info("No segments yet. A group on this page, a rule that tells groups apart, or the customers that a search "
                "finds can be saved under a name of your own.", icon=":material/bookmark_add:")
        page.link("customers", "Search and filter the customers", icon=":material/group:")
        return
    sizes = _sizes(saved, as_of)
    with page.card("Saved segments", key="saved_segments_card"):
        chosen = _table(saved, sizes)
    if chosen is not None:
        with page.card(words.plain(chosen.name), key="segment_card"):
            _one(chosen, sizes[chosen.id], as_of)


def _sizes(saved: list[SavedSegment], as_of: date) -> dict[int, int | str]:
    return run.cached(audiences.sizes, segment_ids=tuple(one.id for one in saved), as_of=as_of,
                      mark=" ".join(f"{one.id}:{audience.mark(one)}" for one in saved), doing="Counting the customers")


def _table(saved: list[SavedSegment], sizes: dict[int, int | str]) -> SavedSegment | None:
    shown = pd.DataFrame({
        "name": [one.name for one in saved],
        "customers": pd.array([sizes[one.id] if isinstance(sizes[one.id], int) else None for one in saved], dtype="Int64"),
        "kind": [definition_words.kind(one.kind) for one in saved],
        "description": [one.description or "" for one in saved],
        "made_on": [one.created_at.date() for one in saved]})
    # With another list a position is somebody else; the key holds what is listed.
    listed = hashlib.sha256(repr([(one.id, one.version) for one in saved]).encode()).hexdigest()[:12]
    key = f"segments_{run.current().key}_{listed}"
    event = st.dataframe(shown, key=key, hide_index=True, height="content", on_select="rerun",
                         selection_mode="single-row", placeholder=NOT_KNOWN, alt="Saved segments, one a row", column_config={
                             "name": st.column_config.TextColumn("Name", width=150),
                             "customers": st.column_config.NumberColumn("Customers", format="%,d", width=80),
                             "kind": st.column_config.TextColumn("Kept as", width=80),
                             "description": st.column_config.TextColumn("Description", width="large"),
                             "made_on": st.column_config.DateColumn("Made on", format="D MMM YYYY", width="small")})
    rows = event["selection"]["rows"] if event else []
    if rows:
        st.session_state[OPENED] = (key, saved[rows[0]].id)
    elif st.session_state.get(OPENED, (None,))[0] == key:
        del st.session_state[OPENED]  # closed by another click; a list that changed leaves the segment open
    opened = st.session_state.get(OPENED, (None, None))[1]
    found = next((one for one in saved if one.id == opened), None)
    if found is None:
        st.caption("Click a row to open, download, rename or delete a segment.")
    return found


def _one(saved: SavedSegment, size: int | str, as_of: date) -> None:
    if saved.description:
        st.markdown(words.plain(saved.description))
    lines = definition_words.in_words(saved.definition, rfm=run.fresh(rfm_settings.read),
                                      currency=run.fresh(settings.company).currency)
    for line in lines:
        st.markdown(f"- {words.plain(line)}")
    if isinstance(size, str):
        st.warning(words.plain(size), icon=":material/error:")
    st.caption(_kept_as(saved, size))
    with st.container(horizontal=True, vertical_alignment="center"):
        if isinstance(size, int):
            page.link("customers", "Open in the list", icon=":material/group:", query={audience.KEY: saved.name})
            _download(saved, as_of)
        _rename(saved)
        if saved.kind == "snapshot" and segment_definitions.is_rule(saved.definition):
            _refresh(saved, as_of)
        if st.button("Delete", key=f"delete_segment_{saved.id}_{saved.version}", icon=":material/delete:") and run.command(
                segments.delete, saved.id, version=saved.version) is not run.FAILED:
            st.session_state[UNDO] = (saved.id, saved.name)
            st.rerun()


def _kept_as(saved: SavedSegment, size: int | str) -> str:
    if saved.kind == "rule":
        people = definition_words.people(size) if isinstance(size, int) else "not known how many"
        return f"{segment_saving.MEANINGS['rule']} Today: {people}."
    day = words.day(saved.as_of)
    return f"{segment_saving.MEANINGS['snapshot']} Taken as of {day}: {definition_words.people(saved.members)}."


def _download(saved: SavedSegment, as_of: date) -> None:
    def customers(session):
        ids = audiences.members(session, segment_id=saved.id, as_of=as_of)
        return listing.page(session, among=ids, as_of=as_of, size=None).rows.drop(columns=["id", "version"])

    # A file name in letters and digits: every system takes it.
    name = re.sub(r"[\W_]+", "_", saved.name).strip("_") or "segment"
    page.download(customers, file_name=f"{name}.csv", key=f"download_segment_{saved.id}", label="Download")


def _rename(saved: SavedSegment) -> None:
    form = f"rename_{saved.id}"

    def draw() -> None:
        with page.advice():
            now, token = run.fresh(segments.get, segment_id=saved.id), run.token(form)
            # As it was when the form was opened; a change made elsewhere since is told, not overwritten.
            opened = st.session_state.setdefault(f"renaming_{token}", now)
            if now.version != opened.version:
                st.warning("This segment was changed in another window since you opened the form.",
                           icon=":material/sync_problem:")
                st.button("Show the new values", key=f"reload_{token}", on_click=run.renew, args=(form,))
            with st.form(f"{form}_form_{token}", border=False):
                name = st.text_input("Name", value=opened.name, key=f"rename_name_{token}", max_chars=segments.NAME_LIMIT)
                description = st.text_area("Description", value=opened.description or "", height=80,
                                           key=f"rename_description_{token}", max_chars=segments.DESCRIPTION_LIMIT)
                sent = st.form_submit_button("Save", type="primary", key=f"rename_sent_{token}")
            if sent and run.command(segments.update, saved.id, version=opened.version, name=name,
                                    description=description, form=form) is not run.FAILED:
                _done("Saved.")

    dialogs.button("Rename", key=form, title="Name and description", draw=draw, icon=":material/edit:", form=form)


def _refresh(saved: SavedSegment, as_of: date) -> None:
    form = f"refresh_{saved.id}"

    def draw() -> None:
        with page.advice():
            found = run.cached(audiences.matching, definition=segment_definitions.as_text(saved.definition), as_of=as_of,
                               mark=audience.mark(), doing="Counting the customers")
            st.markdown(f"Those who fit on {words.day(as_of)} take the place of those who are in it: "
                        f"**{definition_words.people(len(found))}** instead of {words.count(saved.members)}. "
                        "The former are not kept.")
            if st.button("Take anew", key=f"refresh_sent_{run.token(form)}", type="primary"):
                done = run.command(segments.refresh, saved.id, version=saved.version, members=found, as_of=as_of, form=form)
                if done is not run.FAILED:
                    # None: a second click on the same button
                    _done("Taken anew." if done is None else
                          f"Taken anew: {words.count(done.came)} came, {words.count(done.went)} went.")

    dialogs.button("Take anew", key=form, title="Take the customers anew", draw=draw, icon=":material/refresh:", form=form)


def _done(said: str) -> None:
    dialogs.close()
    st.session_state["toast"] = said
    st.rerun()


def _undo_note() -> None:
    gone = st.session_state.get(UNDO)
    if gone is None:
        return
    segment_id, name = gone
    with st.container(horizontal=True, vertical_alignment="center", key="segment_undo_note"):
        st.markdown(f"**{words.plain(name)}** was deleted. Its customers stay where they are.")
        if st.button("Undo", key="undo_segment", icon=":material/undo:") and run.command(
                segments.restore, segment_id) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "It is back."})
            st.rerun()
        if st.button("Fine", key="undo_segment_dismiss", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()
