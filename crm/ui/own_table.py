"""Which table of one's own is looked at? A file or pasted cells, kept in this window's memory and nowhere else."""

import secrets
from dataclasses import dataclass

import streamlit as st

from crm.imports import FileFormat, of_file
from crm.imports.typed import OwnTable, read_own_table
from crm.ui import import_source, page, run, words

SHOWN_LINES = 100  # of the table, to see that it was read rightly


@dataclass(frozen=True, eq=False)
class Chosen:
    """A table, and a mark that is new with every file: answers are kept under it."""

    mark: str
    table: OwnTable


def choose() -> Chosen | None:
    """Ask for a table; the one that is chosen stays until another is asked for. Raises CrmError for what is no table."""
    kept: Chosen | None = st.session_state.get("own_table")
    if kept is not None:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/table_chart: **{words.plain(kept.table.name)}**")
            st.button("Choose another table", key="own_table_again", icon=":material/refresh:", on_click=_forget)
        return kept
    content, name = _uploaded()
    if content is None:
        return None
    origins = of_file(content, file_name=name)
    origin = origins[0] if len(origins) == 1 else st.selectbox(
        "Which of the files in it?", origins, format_func=lambda one: one.name, key="own_table_member")
    sheets = origin.sheets()
    sheet = st.selectbox("Which sheet?", sheets, key="own_table_sheet") if len(sheets) > 1 else None
    if (len(origins) > 1 or len(sheets) > 1) and not st.button("Look at it", key="own_table_look", type="primary"):
        return None
    st.session_state["own_table"] = Chosen(secrets.token_hex(8), read_own_table(origin, FileFormat(sheet=sheet)))
    st.rerun()
    return None


def describe(chosen: Chosen) -> None:
    """What was read, and what was not."""
    table = chosen.table
    left = f"{_counted(len(table.frame), 'line')}, {_counted(len(table.frame.columns), 'column')}."
    st.caption(left)
    if table.lines_left_out:
        st.caption(f"Left out, for they do not fit the columns: {words.count(table.lines_left_out)} lines.")
    for column, number in table.not_numbers.items():
        st.caption(f"{words.plain(column)}: {words.count(number)} entries are no numbers and count as missing.")
    with st.expander("The table as it was read", icon=":material/visibility:", key="own_table_lines", on_change="rerun") as lines:
        if lines.open:
            st.dataframe(table.frame.head(SHOWN_LINES), hide_index=True, height=280, alt="The first lines of your table")


def _uploaded() -> tuple[bytes | None, str]:
    how = st.segmented_control("Where from", ["A file", "Paste a table"], default="A file", required=True,
                               key="own_table_from", label_visibility="collapsed")
    token = run.token("own_table")
    if how == "Paste a table":
        text = st.text_area("The table, with its heading", key=f"own_table_paste_{token}", height=180,
                            placeholder="Copy the cells of a spreadsheet and paste them here.")
        ready = st.button("Look at it", key="own_table_look_paste", type="primary", disabled=not text.strip())
        return (text.encode() if ready else None), "Pasted table"
    file = st.file_uploader("CSV, Excel, OpenDocument, JSON lines or Parquet", type=import_source.TYPES,
                            key=f"own_table_upload_{token}")
    if file is None:
        with page.card():
            st.markdown("For example a list of customers with age, income and spending: which groups are there? "
                        "Every column can be chosen or left out.")
        return None, ""
    return file.getvalue(), file.name


def _forget() -> None:
    for key in [key for key in st.session_state if str(key).startswith("own_table")]:
        del st.session_state[key]
    run.renew("own_table")


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{words.count(number)} {what}s"
