"""What needs a look? The findings as a list; each opens its records and, where there is one, its fix."""

import pandas as pd
import streamlit as st

from crm.services import fixing, quality, settings
from crm.services.quality import Quality
from crm.ui import order_form, page, quality_words, run, words

SHOWN = 100  # records of a finding on the screen; the download has all
OPEN = "quality_open"  # the finding whose dialog is open
SEEN = "quality_seen"  # the changes as they were shown: what is mended is what was seen


def worthwhile(result: Quality):
    """The row of the findings that is most worth mending: the first with a fix here, else the first; None where none is."""
    if result.findings.empty:
        return None
    code = run.cached(fixing.first_mendable, codes=tuple(result.findings["code"]))
    rows = result.findings[result.findings["code"] == code] if code else result.findings
    return next(rows.itertuples())


def next_fix(best) -> None:
    """The one recommended step, with its button."""
    can_mend = fixing.fixable(best.code)
    with page.card("Do this next", key="next_fix"), st.container(horizontal=True, vertical_alignment="center"):
        many = quality_words.how_many(best)
        text = f"**{quality_words.finding(best.code)}**" + (f": {many}." if many else ".")
        st.markdown(f"{text} {'Each change is shown before it is made.' if can_mend else quality_words.advice(best.code)}",
                    width="stretch")
        st.button("Look at the changes" if can_mend else "Look at the records", key="open_next_fix", type="primary",
                  icon=":material/auto_fix_high:" if can_mend else ":material/search:", on_click=open_finding,
                  args=(best.code,))


def table(result: Quality) -> None:
    """All findings, the worst first; a click opens one."""
    findings = result.findings
    if findings.empty:
        st.success("Nothing wrong was found.", icon=":material/check_circle:")
        return
    here = [name for name in quality_words.TABLES if name in set(findings["table"])]
    chosen = st.selectbox("Of", here, index=None, key="quality_table", format_func=quality_words.TABLES.get,
                          placeholder="All tables", label_visibility="collapsed", width=220)
    if chosen:
        findings = findings[findings["table"] == chosen]
    shown = pd.DataFrame({
        "records": findings["records"].where(findings["dimension"] != "freshness").astype("Int64"),
        "finding": [quality_words.finding(code) for code in findings["code"]],
        "looked_at": findings["looked_at"].where(findings["dimension"] != "freshness").astype("Int64"),
        "mend": ["Yes" if fixing.fixable(code) else "" for code in findings["code"]]})
    event = st.dataframe(
        shown, key=f"findings_{run.current().key}_{chosen}_{st.session_state.get('findings_shown', 0)}", hide_index=True,
        placeholder="",
        height=min(35 * (len(shown) + 1) + 3, 460), on_select="rerun", selection_mode="single-cell",
        alt="Findings, the worst first", column_config={
            "records": st.column_config.NumberColumn("Records", format="%,d", width=60),
            "finding": st.column_config.TextColumn("What was found", width=315),
            "looked_at": st.column_config.NumberColumn("Of", format="%,d", width=65),
            "mend": st.column_config.TextColumn("Fix", width=40)})
    st.caption("Click a finding to see its records and, where it says so, to mend them.")
    cells = event["selection"]["cells"] if event else []
    if cells:
        open_finding(findings["code"].iloc[cells[0][0]])
        # A new key drops the selection, so that the dialog does not open again by itself.
        st.session_state["findings_shown"] = st.session_state.get("findings_shown", 0) + 1
        st.rerun()


def open_finding(code: str) -> None:
    """Open the dialog of a finding; for a callback."""
    st.session_state[OPEN] = code
    look_again()


def look_again() -> None:
    """Forget the changes that were shown, so that they are looked up anew; for a callback."""
    st.session_state.pop(SEEN, None)


def show(result: Quality) -> None:
    """Draws the dialog while a finding is open; last, when the page behind it is drawn."""
    code = st.session_state.get(OPEN)
    rows = result.findings[result.findings["code"] == code]
    if len(rows):
        _dialog(result, next(rows.itertuples()))


def _closed() -> None:
    st.session_state[OPEN] = None
    look_again()


@st.dialog("What was found", width="large", icon=":material/fact_check:", on_dismiss=_closed)
def _dialog(result: Quality, row) -> None:
    many = quality_words.how_many(row)
    st.markdown(f"**{quality_words.finding(row.code)}**" + (f": {many}." if many else "")
                + f" {quality_words.HARM[row.harm]}")
    if row.dimension == "freshness":
        st.markdown(quality_words.old_table(row.code, result))
    with page.advice():
        shown = _seen(row.code) if fixing.fixable(row.code) else None
        if shown is not None and shown.total:
            _mend(row, shown)
        else:
            st.caption(quality_words.advice(row.code))
            if row.code.startswith("customers.same_"):
                page.link("duplicates", "Open duplicates", icon=":material/join_inner:")
            elif ".missing_" in row.code or row.dimension == "freshness":
                page.link("data", "Bring in a file", icon=":material/upload_file:")
        _records(row, is_closed=shown is not None and bool(shown.total))


def _seen(code: str) -> fixing.Preview:
    if SEEN not in st.session_state:
        st.session_state[SEEN] = run.fresh(fixing.preview, code=code)
    return st.session_state[SEEN]


def _mend(row, shown: fixing.Preview) -> None:
    """The changes, to make all of them or those of chosen records."""
    changes = shown.rows.assign(
        field=shown.rows["field"].map(lambda name: quality_words.FIELDS.get(name, name)),
        old=shown.rows["old"].map(quality_words.visible), new=shown.rows["new"].map(quality_words.visible))
    event = st.dataframe(
        changes[["record", "field", "old", "new"]], key=f"changes_{row.code}", hide_index=True, on_select="rerun",
        selection_mode="multi-row", height=min(35 * (len(changes) + 1) + 3, 320),
        alt="What would change: the record, the field, the old and the new content", column_config={
            "record": st.column_config.TextColumn("Record"), "field": st.column_config.TextColumn("Field", width="small"),
            "old": st.column_config.TextColumn("Now"), "new": st.column_config.TextColumn("Afterwards")})
    rows = event["selection"]["rows"] if event else []
    chosen = sorted({int(changes["id"].iloc[place]) for place in rows})
    _left_over(row, shown)
    label = f"Mend {_records_of(len(chosen))}" if chosen else f"Mend all {_records_of(shown.records)}"
    if st.button(label, key="mend", type="primary", icon=":material/auto_fix_high:"):
        if run.command(fixing.apply, row.code, only_ids=chosen or None, mark=shown.mark) is run.FAILED:
            st.button("Look at them again", key="look_again", icon=":material/refresh:", on_click=look_again)
            return
        _closed()
        st.session_state["toast"] = "Mended. “Mended before” has the way back."
        st.rerun()


def _left_over(row, shown: fixing.Preview) -> None:
    notes = []
    if len(shown.rows) < shown.total:
        notes.append(f"The first {len(shown.rows)} of {words.count(shown.total)} changes.")
    if shown.records < row.records:
        notes.append(f"{words.count(row.records - shown.records)} cannot be mended here: nobody can tell what is right.")
    notes.append("Choose rows to mend only those.")
    st.caption(" ".join(notes))


def _records_of(number: int) -> str:
    return "1 record" if number == 1 else f"{words.count(number)} records"


def _records(row, *, is_closed: bool) -> None:
    """The records of the finding; a click opens the customer, or the order."""
    found = run.cached(quality.rows, code=row.code, today=run.fresh(settings.today), limit=SHOWN)
    with st.expander("The records", expanded=not is_closed, key=f"records_{row.code}"):
        fields = [name for name in found.columns if name not in ("id", "customer_id", "order_id")]
        if found["customer"].isna().all() or row.table == "customers":
            fields.remove("customer")
        shown = found[fields]
        event = st.dataframe(
            shown, key=f"rows_{row.code}", hide_index=True, on_select="rerun", selection_mode="single-cell",
            height=min(35 * (len(shown) + 1) + 3, 320), placeholder="", alt="The records of this finding",
            column_config={name: _column(name, found[name]) for name in fields})
        opens_order = row.table in ("orders", "order_lines")
        can_open = found["customer_id"].notna()
        notes = [f"The first {SHOWN} of {words.count(row.records)}."] if row.records > SHOWN else []
        if can_open.any():
            notes.append("Click a row to open the order." if opens_order else "Click a row to open the customer.")
        if opens_order and not can_open.all():
            notes.append("Orders of nobody known cannot be opened.")
        st.caption(" ".join(notes))
        page.download(lambda session: quality.rows(session, row.code, today=settings.today(session), limit=None),
                      file_name=f"{row.code.replace('.', '_')}.csv", key=f"download_{row.code}", label="Download all of them")
    cells = event["selection"]["cells"] if event else []
    if cells and can_open.iloc[cells[0][0]]:
        opened = found.iloc[cells[0][0]]
        _closed()
        if opens_order:
            order_form.open_for(int(opened["customer_id"]), int(opened["order_id"]))
        page.go_to("customer", customer=str(opened["customer_id"]))


def _column(name: str, cells: pd.Series):
    label = quality_words.FIELDS[name]
    if pd.api.types.is_datetime64_any_dtype(cells) or name.endswith(("_at", "_on")):
        return st.column_config.DateColumn(label, format="D MMM YYYY")
    if name == "birth_year":
        return st.column_config.NumberColumn(label, format="%d")
    if pd.api.types.is_numeric_dtype(cells):
        return st.column_config.NumberColumn(label, format="localized")
    return st.column_config.TextColumn(label)
