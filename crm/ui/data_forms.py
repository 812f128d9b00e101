"""How does a file get in from the page? Upload, progress that survives leaving the page, the result and its rejects."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from crm import db, jobs
from crm.errors import InvalidInput
from crm.imports import COLUMNS, ImportReport
from crm.services import batches, settings
from crm.ui import page, run, words, work, workspace

TYPES = ["csv", "tsv", "txt", "gz", "xz", "zip", "xlsx"]
TABLES = {"customers": "Customers", "products": "Products", "orders": "Orders", "order_lines": "Order lines",
          "interactions": "Contacts", "tickets": "Tickets", "survey_answers": "Survey answers", "deals": "Deals",
          "tasks": "Tasks"}


@dataclass(frozen=True)
class _Upload:
    """A file as it was uploaded, in a folder of its own, kept until it is in or given up."""

    name: str
    file: Path

    @property
    def rejects(self) -> Path:
        return self.file.with_name("rejected.csv")


def table_name(name: str) -> str:
    """What a table is called on the screen."""
    return TABLES[name]


def own_company_button() -> None:
    """From the demo to the owner's own company."""
    if db.is_begun(db.own()):
        st.button("Open my company", key="open_own", type="primary", on_click=workspace.open_own)
    else:
        st.button("Start with my own data", key="begin_here", type="primary", icon=":material/rocket_launch:",
                  on_click=workspace.open_begin)


def import_file() -> None:
    """The upload, or the progress of the import that runs, or the result of the last one."""
    current = work.find(_key())
    if current is not None and not current.is_done:
        _progress()
        return
    if current is not None:
        _result(current)
        return
    uploaded = st.file_uploader("A file of order lines", type=TYPES, key=f"upload_{run.token('upload')}",
                                help="CSV, TSV, text or Excel; also as zip, gz or xz.")
    mapping, source = _names_of_columns(opened=False)
    if uploaded is not None and st.button("Bring it in", key="start_import", type="primary",
                                          icon=":material/upload_file:"):
        with page.advice():
            overrides = _pairs(mapping)
            file = Path(tempfile.mkdtemp(prefix="solo-crm-")) / "upload"
            file.write_bytes(uploaded.getvalue())  # on the disk, so that a large file does not stay in memory
            _start(_Upload(uploaded.name, file), source, overrides)
            st.rerun()


def import_list() -> None:
    """Every import with its counts, the newest first."""
    listed: pd.DataFrame = run.fresh(batches.listing)
    zone = run.fresh(settings.company).time_zone
    if listed.empty:
        st.caption("Nothing yet.")
        return
    st.dataframe(listed, hide_index=True, height="content", alt="Imports", column_config={
        "file_name": st.column_config.TextColumn("File", width="medium"),
        "created_at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm", timezone=zone),
        **{name: st.column_config.NumberColumn(label, format="%,d", width="small") for name, label in (
            ("lines_read", "Lines"), ("lines_imported", "Imported"), ("lines_duplicate", "Known already"),
            ("lines_rejected", "Rejected"))}})


def company(known: settings.Company) -> None:
    """Name, currency and time zone."""
    token = run.token("company")
    with st.form(f"company_{token}", border=False):
        name = st.text_input("Name", value=known.name, key=f"company_name_{token}")
        currencies = list(dict.fromkeys([known.currency, *words.CURRENCIES]))
        currency = st.selectbox("Currency", currencies, accept_new_options=True, key=f"company_currency_{token}",
                                help="Orders without a currency of their own count in this one; others are left out of "
                                     "sums and counted.")
        zones = list(dict.fromkeys([known.time_zone, *words.time_zones()]))
        zone = st.selectbox("Time zone", zones, key=f"company_zone_{token}")
        sent = st.form_submit_button("Save")
    if sent and run.command(settings.save_company, form="company", name=name, currency=currency or "",
                            time_zone=zone) is not run.FAILED:
        st.session_state["toast"] = "Saved."
        st.rerun()


@st.fragment(run_every=0.5)
def _progress() -> None:
    running = work.find(_key())
    if running is None or running.is_done:
        st.rerun()
    st.progress(running.share, text=running.stage or "Starting")
    st.caption("You may leave this page; the import goes on, and its result will be here.")
    if st.button("Cancel", key="cancel_import", disabled=running.cancelled()):
        running.cancel()


def _result(done: work.Work) -> None:
    if done.error:
        st.error(words.plain(done.error), icon=":material/error:")
        _try_again(done.about)
    else:
        _told(done.result, done.about)
    if st.button("Bring in another file", key="another_import"):
        shutil.rmtree(done.about.file.parent, ignore_errors=True)
        work.forget(_key())
        run.renew("upload")
        st.rerun()


def _told(report: ImportReport, upload: _Upload) -> None:
    read, imported, duplicate, rejected = (words.count(report.lines[name])
                                           for name in ("read", "imported", "duplicate", "rejected"))
    st.success(f"**Lines read: {read}.** Imported: {imported}. Known already: {duplicate}. Rejected: {rejected}.",
               icon=":material/check_circle:")
    people, goods, orders = (words.count(report.created[name]) for name in ("customers", "products", "orders"))
    st.markdown(f"New customers: {people}. New products: {goods}. New orders: {orders}.")
    for note in report.notes:
        st.markdown(f"- {words.plain(note.text)}")
    if report.lines["rejected"]:
        st.dataframe(report.rejects.head(100), hide_index=True, height=240, alt="Rejected lines and why")
        st.download_button("Download all rejected lines", data=upload.rejects.read_bytes, file_name="rejected.csv",
                           mime="text/csv", key="download_rejects", on_click="ignore")
    page.link("overview", "See how business is", icon=":material/monitoring:")


def _try_again(upload: _Upload) -> None:
    """The same file once more, with other names of its columns."""
    mapping, source = _names_of_columns(opened=True)
    if st.button("Try again with the same file", key="retry_import", type="primary"):
        with page.advice():
            _start(upload, source, _pairs(mapping))
            st.rerun()


def _names_of_columns(*, opened: bool) -> tuple[str, str]:
    with st.expander("My columns have other names", icon=":material/tune:", expanded=opened):
        st.caption("Column names in English and Chinese are recognised. For others, write one pair a line: the file's "
                   f"name = one of {', '.join(COLUMNS)}")
        mapping = st.text_area("Column names", key="import_map", placeholder="Receipt = order_number",
                               label_visibility="collapsed")
        source = st.text_input("Name of the shop or system", value="import", key="import_source",
                               help="Order numbers are told apart by it: use the same name for exports of the same shop.")
    return mapping, source.strip() or "import"


def _start(upload: _Upload, source: str, overrides: dict[str, str]) -> None:
    own = run.current()

    def task(running: work.Work) -> ImportReport:
        report = jobs.import_file(own, upload.file, file_name=upload.name, source=source, overrides=overrides,
                                  rejects_path=upload.rejects, progress=running.progress, cancelled=running.cancelled)
        upload.file.unlink()  # in the database now; the rejects stay until another file is brought in
        return report

    work.start(_key(), task, about=upload)


def _pairs(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines:
        if "=" not in line:
            raise InvalidInput(f"The line “{line}” has no “=”; write the file's name, then =, then one of the names above.")
    return {theirs.strip(): ours.strip() for theirs, ours in (line.rsplit("=", 1) for line in lines)}


def _key() -> str:
    return f"import into {run.current().url}"
