"""What was mended before, and how is it taken back?"""

from zoneinfo import ZoneInfo

import streamlit as st

from crm.services import fixing, settings
from crm.ui import page, quality_words, run, words

SHOWN = 20


def show() -> None:
    """The fixes, the newest first, each with its way back; nothing where none was made."""
    stayed = st.session_state.pop("quality_stayed", None)
    if stayed:
        st.warning(stayed, icon=":material/edit_note:")
    done = run.fresh(fixing.done_before, limit=SHOWN)
    if done.empty:
        return
    zone = ZoneInfo(run.fresh(settings.company).time_zone)
    with page.card("Mended before", key="mended_card"):
        for row in done.itertuples():
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                what = quality_words.FINDINGS.get(row.code, row.code)
                many = "1 record" if row.records == 1 else f"{words.count(row.records)} records"
                st.markdown(f"**{words.plain(what)}**, {many}, {words.day(row.created_at.astimezone(zone))}",
                            width="stretch")
                if row.is_undone:
                    st.caption("Taken back", width="content")
                else:
                    st.button("Take it back", key=f"take_back_{row.correction_id}", type="tertiary",
                              icon=":material/undo:", on_click=_take_back, args=(row.correction_id,))


def _take_back(correction_id: int) -> None:
    done = run.command(fixing.take_back, correction_id)
    if done is run.FAILED:
        return
    st.session_state["toast"] = "It is as it was."
    if len(done.kept):
        edited = done.kept["record_id"].nunique()
        st.session_state["quality_stayed"] = (
            "Taken back, but for one record that was edited since." if edited == 1 else
            f"Taken back, but for {words.count(edited)} records that were edited since.")
