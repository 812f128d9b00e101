"""What was brought in, and from where can it be read again? Every import with its way back; saved connections."""

import pandas as pd
import streamlit as st

from crm.services import batches, connections, settings
from crm.ui import import_words, import_work, run, words


def imports_list() -> None:
    """Every import with its counts, the newest first; choose one to take it back."""
    import_work.undone_note()
    listed: pd.DataFrame = run.fresh(batches.listing)
    if listed.empty:
        st.caption("Nothing yet.")
        return
    zone = run.fresh(settings.company).time_zone
    shown = pd.DataFrame({
        "file_name": listed["file_name"], "state": listed["status"].map({"imported": "In", "undone": "Taken back"}),
        "kind": listed["kind"].map(lambda kind: import_words.KINDS.get(kind, kind)),
        "created_at": listed["created_at"], "lines_read": listed["lines_read"],
        "lines_imported": listed["lines_imported"], "lines_rejected": listed["lines_rejected"],
        "lines_duplicate": listed["lines_duplicate"]})
    event = st.dataframe(
        shown, hide_index=True, height="content" if len(shown) <= 10 else 390, alt="Imports, the newest first", on_select="rerun",
        selection_mode="single-row", key=f"imports_{len(listed)}_{(listed['status'] == 'undone').sum()}",
        column_config={
            "file_name": st.column_config.TextColumn("From", width="medium"),
            "kind": st.column_config.TextColumn("What", width="small"),
            "created_at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm", timezone=zone),
            "state": st.column_config.TextColumn("State", width="small"),
            **{name: st.column_config.NumberColumn(label, format="%,d", width="small") for name, label in (
                ("lines_read", "Lines"), ("lines_imported", "Imported"), ("lines_rejected", "Rejected"),
                ("lines_duplicate", "Known"))}})
    rows = event["selection"]["rows"] if event else []
    if not rows:
        st.caption("Choose one to take it back.")
        return
    one = listed.iloc[rows[0]]
    if one["status"] == "undone":
        st.caption("This one was taken back. It can be brought in again.")
        return
    st.markdown(f"**{words.plain(one['file_name'])}**: taking it back removes what it brought and restores what it "
                "changed. What you edited since stays.")
    st.button("Take it back", key="undo_import", icon=":material/undo:", on_click=import_work.undo,
              args=([int(one["id"])],))


def connection_list() -> None:
    """Saved connections: bring in what is new, or forget one."""
    saved: pd.DataFrame = run.fresh(connections.listing)
    zone = run.fresh(settings.company).time_zone
    for row in saved.itertuples():
        with st.container(horizontal=True, vertical_alignment="center", key=f"connection_{row.id}"):
            synced = None if pd.isna(row.synced_at) else pd.Timestamp(row.synced_at).tz_convert(zone)
            told = "not read again yet" if synced is None else f"last read again on {words.day(synced)}"
            st.markdown(f"**{words.plain(row.name)}** · {import_words.KINDS.get(row.kind, row.kind)} · {told}",
                        width="stretch")
            st.button("Bring in what is new", key=f"sync_{row.id}", icon=":material/sync:",
                      on_click=import_work.sync, args=(int(row.id),))
            st.button("Forget", key=f"forget_{row.id}", type="tertiary", on_click=_forget, args=(int(row.id),))


def has_connections() -> bool:
    return not run.fresh(connections.listing).empty


def _forget(connection_id: int) -> None:
    run.command(connections.delete, connection_id)
