"""How is data taken along from the page? Any table in any format, and everything as one zip, made beside the page."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from crm import db
from crm.services import export, settings, whole_workspace, workbook
from crm.ui import page, run, words, work

TABLES = {"customers": "Customers", "products": "Products", "orders": "Orders", "order_lines": "Order lines",
          "payments": "Payments", "interactions": "Contacts", "tickets": "Tickets", "survey_answers": "Survey answers",
          "deals": "Deals", "tasks": "Tasks", "campaigns": "Campaigns", "campaign_results": "Campaign results",
          "referrals": "Referrals", "tags": "Tags"}
_STAGES = TABLES | {"audit_entries": "History", "customer_scores": "Saved results", "record_changes": "Changes",
                    "campaign_members": "Campaign results", "customer_tags": "Tags"}


@dataclass(frozen=True)
class _Zip:
    """A zip that is ready, in a folder of its own that goes with it. `marks`: what the data was when it was made."""

    folder: tempfile.TemporaryDirectory
    file: Path
    records: int
    made_at: datetime
    marks: tuple[str, ...]


def export_card() -> None:
    """Take a table along, or everything."""
    with page.card("Take it with you", key="export_card"):
        _one_table()
        st.divider()
        _everything()


def table_name(name: str) -> str:
    """What a table is called on the screen."""
    return TABLES[name]


def _one_table() -> None:
    st.write("Any table, with codes and amounts as people read them.")
    table = st.selectbox("Table", list(export.TABLES), format_func=table_name, key="export_table")
    form = st.segmented_control("Format", list(page.FORMATS), format_func=page.FORMATS.get, default="csv",
                                required=True, key="export_form")
    rows = run.cached(export.rows, doing="Counting the rows", name=table)
    if form == "csv_plain":
        st.caption("Texts exactly as they are. Do not open it in a spreadsheet: there, a text that begins with = is run.")
    too_long = form == "xlsx" and not workbook.fits(rows)
    if too_long:
        st.caption(f"This table has {words.count(rows)} rows, and a spreadsheet holds {words.count(workbook.MOST_ROWS)} at "
                   "most. Take CSV or Parquet.")
    page.download_as(form, lambda session: export.table(session, table), name=table, key="export",
                     label="Download 1 row" if rows == 1 else f"Download {words.count(rows)} rows", disabled=too_long)


def _everything() -> None:
    st.markdown("**Everything, as one zip**")
    current = work.find(_key())
    if current is not None and not current.is_done:
        _progress()
        return
    if current is None:
        st.write("Every record with every field, deleted ones too, as open CSV files: to keep it safe, to move your company "
                 "to another computer, or to leave for another program.")
    elif current.error:
        st.error(words.plain(current.error), icon=":material/error:")
    else:
        _ready(current.result)
    is_first = current is None
    if st.button("Prepare the zip" if is_first else "Prepare a new one", key="prepare_everything",
                 type="secondary" if is_first else "tertiary", icon=":material/folder_zip:" if is_first else None):
        _start()
        st.rerun()


def _ready(made: _Zip) -> None:
    zone = ZoneInfo(run.fresh(settings.company).time_zone)
    when = made.made_at.astimezone(zone)
    records = "1 record" if made.records == 1 else f"{words.count(made.records)} records"
    st.write(f"Ready: {records}, {made.file.stat().st_size / 1e6:.1f} MB, as of {words.day(when)}, {when:%H:%M}.")
    if run.fresh(db.revisions_of) != made.marks:
        st.caption("Something has changed since. Prepare a new one to have that in it too.")
    st.download_button("Download everything", data=made.file.read_bytes, key="download_everything", type="primary",
                       file_name=f"solo-crm-{when:%Y-%m-%d}.zip", mime="application/zip", on_click="ignore",
                       icon=":material/download:")
    st.caption("Keep it where nobody else can read it: everything about your customers is in it.")


@st.fragment(run_every=0.5)
def _progress() -> None:
    running = work.find(_key())
    if running is None or running.is_done:
        st.rerun()
    st.progress(running.share, text=_STAGES.get(running.stage, "Other tables") if running.stage else "Starting")
    st.caption("You may leave this page; the zip will be here when you come back.")
    if st.button("Cancel", key="cancel_everything", disabled=running.cancelled()):
        running.cancel()


def _start() -> None:
    former, workspace = work.find(_key()), run.current()
    if former is not None and former.result is not None:
        former.result.folder.cleanup()
    folder = tempfile.TemporaryDirectory(prefix="solo-crm-")
    file = Path(folder.name) / "everything.zip"

    def task(running: work.Work) -> _Zip:
        with db.reading(workspace) as session:
            marks, made_at = db.revisions_of(session), datetime.now(UTC)
            written = whole_workspace.write(session, file, progress=running.progress, cancelled=running.cancelled)
        return _Zip(folder, file, sum(written.values()), made_at, marks)

    work.start(_key(), task)


def _key() -> str:
    return f"everything of {run.current().url}"
