"""What was merged or kept apart before, and how is it taken back?"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from crm.services import merging, not_duplicates, settings
from crm.services.merge_fields import PLACE
from crm.ui import duplicates_words, page, run, words

SHOWN = 10  # before one asks for all


def undo_note() -> None:
    """After a decision: what was done, and the way back."""
    stayed = st.session_state.get("stayed_merged")
    if stayed:
        st.warning(stayed, icon=":material/edit_note:")
    done = st.session_state.get("settled")
    if done is None:
        return
    kind, key, other, kept = done
    with st.container(horizontal=True, vertical_alignment="center", key="settled_note"):
        if kind == "merged":
            st.markdown(f":material/check: **{words.plain(other)}** was merged into **{words.plain(kept)}**.", width="content")
            st.button("Undo", key="undo_merge", icon=":material/undo:", on_click=_unmerge, args=(key,))
        else:
            st.markdown(":material/check: These two will not be proposed again.", width="content")
            st.button("Undo", key="undo_apart", icon=":material/undo:", on_click=_together, args=key)
        st.button("Fine", key="settled_fine", type="tertiary", on_click=_forget)


def show() -> None:
    """Both lists, as far as there is something in them."""
    merges, apart = run.fresh(merging.listing), run.fresh(not_duplicates.listing)
    if merges.empty and apart.empty:
        return
    zone = ZoneInfo(run.fresh(settings.company).time_zone)
    left, right = st.columns(2)
    if not merges.empty:
        with left, page.card("Merged before", key="merges_card"):
            for row in _first(merges, "all_merges"):
                _merged_row(row, zone)
    if not apart.empty:
        with right if not merges.empty else left, page.card("Not the same person", key="apart_card"):
            for row in _first(apart, "all_apart"):
                with _line():
                    st.markdown(f"**{words.plain(row.first_name)}** and **{words.plain(row.second_name)}**, "
                                f"{_day(row.decided_at, zone)}", width="stretch")
                    st.button("Take it back", key=f"together_{row.first_id}_{row.second_id}", type="tertiary",
                              on_click=_together, args=(row.first_id, row.second_id))


def _merged_row(row, zone: ZoneInfo) -> None:
    with _line():
        st.markdown(f"**{words.plain(row.other_name)}** ({words.plain(row.other_code)}) into **{words.plain(row.keep_name)}** "
                    f"({words.plain(row.keep_code)}), {_day(row.created_at, zone)}", width="stretch")
        if pd.isna(row.undone_at):
            st.button("Take it back", key=f"unmerge_{row.correction_id}", type="tertiary", icon=":material/undo:",
                      on_click=_unmerge, args=(row.correction_id,))
        else:
            st.caption("Taken back", width="content")


def _line():
    return st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")


def _first(table: pd.DataFrame, key: str):
    everything = len(table) > SHOWN and st.toggle("Show all", key=key)
    return (table if everything else table.head(SHOWN)).itertuples()


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return words.day(moment.astimezone(zone))


def _unmerge(correction_id: int) -> None:
    done = run.command(merging.unmerge, correction_id)
    if done is run.FAILED:
        return
    _forget()
    st.session_state["toast"] = "They are two again."
    fields = {"address" if name in PLACE else name for name in done.kept.loc[done.kept["table"] == "customers", "field"]}
    labels = [label for name, label in duplicates_words.LABELS.items() if name in fields]
    if labels:
        st.session_state["stayed_merged"] = ("They are two again. This was edited since and stays with the record that was "
                                             f"kept: {', '.join(labels)}.")


def _together(first_id: int, second_id: int) -> None:
    if run.command(not_duplicates.remove, first_id, second_id) is not run.FAILED:
        _forget()
        st.session_state["toast"] = "They may be proposed again."


def _forget() -> None:
    st.session_state.pop("settled", None)
    st.session_state.pop("stayed_merged", None)
