"""What would it change, and what did it? The rehearsal, the progress that survives leaving the page, and the result."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import streamlit as st

from crm import transfers
from crm.imports import Choices, ImportReport, Note, Origin, Preview, write_rejects
from crm.services import connections, undoing
from crm.ui import import_source, import_words, page, run, words, work
from crm.ui.import_source import Draft

SHOWN = 100


@dataclass(frozen=True)
class Job:
    """What runs beside the pages: a rehearsal of these, or the real thing; or the sync of a saved connection."""

    planned: tuple[tuple[Origin, Choices], ...]
    is_rehearsal: bool
    folder: Path | None = None
    connection_id: int | None = None
    kept_as: dict = field(default_factory=dict)  # a connection to save when all is in: name and its origin's choices


def current() -> work.Work | None:
    """The work of this workspace, running or done."""
    return work.find(_key())


def rehearse(planned: list[tuple[Origin, Choices]]) -> None:
    """Find out what bringing these in would change; for a callback."""
    opened, job = run.current(), Job(tuple(transfers.in_sequence(planned)), True)
    work.start(_key(), lambda running: transfers.rehearse(opened, job.planned, progress=running.progress,
                                                          cancelled=running.cancelled), about=job)


def bring_in(planned: tuple[tuple[Origin, Choices], ...], kept_as: dict | None = None) -> None:
    """Bring these in; for a callback."""
    opened = run.current()
    work.forget(_key())
    job = Job(planned, False, import_source.folder(), kept_as=kept_as or {})

    def task(running: work.Work) -> list[ImportReport]:
        reports = transfers.bring_in(opened, job.planned, rejects=job.folder, progress=running.progress,
                                     cancelled=running.cancelled)
        import_source.forget_files([origin for origin, _ in job.planned])  # in the database now
        return reports

    work.start(_key(), task, about=job)


def sync(connection_id: int) -> None:
    """Read a saved connection again; for a callback."""
    opened, job = run.current(), Job((), False, import_source.folder(), connection_id)
    work.forget(_key())
    work.start(_key(), lambda running: [transfers.sync(opened, connection_id, rejects=job.folder,
                                                       progress=running.progress, cancelled=running.cancelled)],
               about=job)


def read_back(file: Path) -> None:
    """Fill this empty company with a zip of everything; for a callback."""
    opened, job = run.current(), Job((), False)
    work.forget(_key())
    work.start(_key(), lambda running: transfers.read_everything_back(opened, file, progress=running.progress,
                                                                      cancelled=running.cancelled), about=job)


@st.fragment(run_every=1.0)
def progress() -> None:
    """How far it is; the page is drawn anew when it is done."""
    running = current()
    if running is None or running.is_done:
        st.rerun()
    st.progress(running.share, text=import_words.stage(running.stage))
    if running.about.is_rehearsal:
        st.caption("Nothing is written yet.")
    else:
        st.caption("You may leave this page; the import goes on, and its result will be here.")
    if st.button("Cancel", key="cancel_import", disabled=running.cancelled()):
        running.cancel()


def rehearsed(done: work.Work) -> None:
    """What would change, file by file, and the two ways on."""
    job: Job = done.about
    if done.error:
        st.error(words.plain(done.error), icon=":material/error:")
        st.button("Back to the columns", key="back_to_review", type="primary", on_click=_back, args=(job,))
        return
    previews: list[Preview] = done.result
    for place, preview in enumerate(previews):
        _preview(preview, place, several=len(previews) > 1)
    comes = sum(preview.lines["imported"] for preview in previews)
    if not comes:
        _nothing_comes(previews)
    kept_as = _keep_connection(job) if comes else {}
    with st.container(horizontal=True):
        if comes:
            st.button("Bring it in", key="bring_in", type="primary", icon=":material/download_done:",
                      on_click=bring_in, args=(job.planned, kept_as))
        st.button("Back to the columns", key="back_to_review", on_click=_back, args=(job,))
        st.button("Give up", key="give_up_import", type="tertiary", on_click=_give_up)


def result(done: work.Work) -> None:
    """What came in, what did not and why, and the way back."""
    job: Job = done.about
    if done.error:
        st.error(words.plain(done.error), icon=":material/error:")
        with st.container(horizontal=True):
            if job.planned:
                st.button("Back to the columns", key="back_to_review", type="primary", on_click=_back, args=(job,))
            st.button("Give up", key="give_up_import", type="tertiary", on_click=_give_up)
        return
    if isinstance(done.result, dict):
        st.success(f"The whole company is back. Records: {words.count(sum(done.result.values()))}.",
                   icon=":material/check_circle:")
        st.button("Fine", key="another_import", type="primary", on_click=_give_up)
        return
    _save_connection(job)
    for place, report in enumerate(done.result):
        _told(report, place, several=len(done.result) > 1)
    with st.container(horizontal=True):
        st.button("Bring in more", key="another_import", type="primary", on_click=_give_up)
        if any(report.lines["imported"] for report in done.result):
            st.button("Take it back", key="undo_result", icon=":material/undo:", on_click=_undo,
                      args=([report.batch_id for report in done.result],))
    page.link("overview", "See how business is", icon=":material/monitoring:")


def undone_note() -> None:
    """What the last undo did, and what it could not take back."""
    note = st.session_state.pop("import_undone", None)
    if note is None:
        return
    removed, restored, kept = note
    st.success(f"Taken back. Records removed: {words.count(removed)}. Records as they were before: "
               f"{words.count(restored)}.", icon=":material/undo:")
    if len(kept):
        st.warning("Some records stay, because something was done with them since.", icon=":material/edit_note:")
        shown = pd.DataFrame({
            "Table": kept["table"].map(lambda name: import_words.TABLES.get(name, name)), "Record": kept["record"],
            "Why": kept["reason"].map(lambda code: import_words.WHY_KEPT.get(code, code))})
        st.dataframe(shown.head(SHOWN), hide_index=True, alt="What stays and why")
        if len(kept) > SHOWN:
            st.caption(f"The first {SHOWN} of {words.count(len(kept))}.")


def undo(batch_ids: list[int]) -> None:
    """Take imports back, the newest first; for a callback."""
    removed = restored = 0
    kept = []
    for batch_id in sorted(batch_ids, reverse=True):
        done = run.command(undoing.undo_import, batch_id)
        if done is run.FAILED:
            return
        removed += sum(done.removed.values())
        restored += sum(done.restored.values())
        kept.append(done.kept)
    st.session_state["import_undone"] = (removed, restored, pd.concat(kept))


def _undo(batch_ids: list[int]) -> None:
    undo(batch_ids)
    _give_up()


def _preview(preview: Preview, place: int, *, several: bool) -> None:
    if several:
        st.subheader(words.plain(preview.file_name), anchor=False)
    read, imported, duplicate, rejected = (words.count(preview.lines[name])
                                           for name in ("read", "imported", "duplicate", "rejected"))
    st.markdown(f"**Lines read: {read}.** To bring in: {imported}. Known already: {duplicate}. Rejected: {rejected}. "
                "Nothing is written yet.")
    _figures(preview.created, preview.updated)
    _notes(preview.notes)
    labels = {"changes": f"Changes ({words.count(preview.changes_total)})", "new": "New lines",
              "duplicates": "Known already", "rejects": f"Rejected ({rejected})"}
    filled = {"changes": len(preview.changes), "new": len(preview.new), "duplicates": len(preview.duplicates),
              "rejects": preview.lines["rejected"]}
    names = [name for name in labels if filled[name]]
    if not names:
        return
    for name, tab in zip(names, st.tabs([labels[name] for name in names], key=f"preview_{place}"), strict=True):
        with tab:
            if name == "changes":
                _changes(preview)
            elif name == "rejects":
                _rejects(preview.rejects, preview.lines["rejected"], place, preview.reasons)
            else:
                lines = preview.new if name == "new" else preview.duplicates
                st.dataframe(lines.rename(columns={lines.columns[0]: "Line"}), hide_index=True,
                             height="content" if len(lines) < 7 else 260, alt=labels[name])


def _nothing_comes(previews: list[Preview]) -> None:
    """Why there is nothing to bring in: all is known, nothing could be read, or some of both."""
    known, rejected = (sum(preview.lines[name] for preview in previews) for name in ("duplicate", "rejected"))
    if rejected and not known:
        st.warning("No line could be read, so there is nothing to bring in. The reasons stand beside the lines above.",
                   icon=":material/rule:")
    elif rejected:
        st.info("There is nothing to bring in: some lines are known already, and the others could not be read. "
                "The reasons stand beside the rejected lines above.", icon=":material/inventory:")
    else:
        st.info("Nothing of this is new, so there is nothing to bring in.", icon=":material/inventory:")


def _figures(created: dict[str, int], updated: dict[str, int]) -> None:
    """How many records of each table are new, and how many change."""
    cards = [(import_words.NEW.get(table, table), rows) for table, rows in created.items() if rows]
    cards += [(import_words.CHANGED.get(table, table), rows) for table, rows in updated.items() if rows]
    if cards:
        with st.grid(min_column_width=150):
            for label, rows in cards:
                st.metric(label, words.count(rows), border=True)


def _notes(notes: tuple[Note, ...]) -> None:
    if notes:
        st.markdown("\n".join(f"- {words.plain(note.text)}" for note in notes))


def _changes(preview: Preview) -> None:
    frame = preview.changes
    st.dataframe(pd.DataFrame({
        "Table": frame["table"].map(lambda name: import_words.TABLES.get(name, name)), "Record": frame["record"],
        "Field": frame["field"].map(import_words.field), "Now": frame["old"], "Then": frame["new"]}),
        hide_index=True, height=260, alt="What would change, old and new")
    if preview.changes_total > len(frame):
        st.caption(f"The first {words.count(len(frame))} of {words.count(preview.changes_total)} changes.")


def _rejects(rejects: pd.DataFrame, total: int, place: int, reasons: pd.DataFrame | None = None) -> None:
    if reasons is not None and len(reasons):
        st.dataframe(reasons.head(20).rename(columns={"reason": "Why", "lines": "Lines"}), hide_index=True,
                     alt="Why lines are rejected")
    _rejected_lines(rejects)
    if total <= len(rejects):
        st.download_button("Download the rejected lines", data=lambda: _csv(rejects), file_name="rejected.csv",
                           mime="text/csv", key=f"download_rejects_{place}", on_click="ignore",
                           icon=":material/download:",
                           help="Mend them there and bring that file in; its columns are recognised.")
    else:
        st.caption(f"The first {words.count(len(rejects))}; the file with all of them is here after the import.")


def _rejected_lines(rejects: pd.DataFrame) -> None:
    """The reason stands beside the line's number: a phone shows three columns."""
    first = [rejects.columns[0], rejects.columns[-1]]
    shown = rejects[[*first, *rejects.columns[1:-1]]].head(SHOWN).rename(columns={first[0]: "Line", first[1]: "Why"})
    st.dataframe(shown, hide_index=True,
                 height="content" if len(rejects) < 7 else 260, alt="Rejected lines and why")


def _csv(rejects: pd.DataFrame) -> bytes:
    file = import_source.folder() / "rejected.csv"
    write_rejects(rejects, file)
    return file.read_bytes()


def _told(report: ImportReport, place: int, *, several: bool) -> None:
    if several:
        st.subheader(words.plain(report.file_name), anchor=False)
    read, imported, duplicate, rejected = (words.count(report.lines[name])
                                           for name in ("read", "imported", "duplicate", "rejected"))
    st.success(f"**Lines read: {read}.** Imported: {imported}. Known already: {duplicate}. Rejected: {rejected}.",
               icon=":material/check_circle:")
    _figures(report.created, report.updated)
    _notes(report.notes)
    if report.lines["rejected"]:
        _rejected_lines(report.rejects)
        if report.rejects_path is not None:
            st.download_button("Download all rejected lines", data=report.rejects_path.read_bytes,
                               file_name="rejected.csv", mime="text/csv", key=f"download_rejects_{place}",
                               on_click="ignore", icon=":material/download:",
                               help="Mend them there and bring that file in; its columns are recognised.")


def _keep_connection(job: Job) -> dict:
    """Offer to read this table again later."""
    if len(job.planned) != 1 or job.planned[0][0].database is None:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kept = st.checkbox("Keep this connection, to bring in what is new or changed again later", key="keep_connection", value=True)
        name = st.text_input("Its name", value=job.planned[0][0].name, key="connection_name", disabled=not kept, width=240)
    return {"name": name} if kept else {}


def _save_connection(job: Job) -> None:
    """Once, when all is in."""
    if not job.kept_as or job.kept_as.get("saved"):
        return
    origin, choices = job.planned[0]
    saved = run.command(
        connections.save, name=job.kept_as["name"], database=origin.database, table_name=origin.table_name,
        query=origin.query, kind=choices.kind, source=choices.source, on_known="overwrite",
        choices={"mapping": dict(choices.mapping), "constants": dict(choices.constants)})
    job.kept_as["saved"] = saved is not run.FAILED


def _back(job: Job) -> None:
    work.forget(_key())
    if not import_source.drafts():  # another window began it
        import_source.keep([Draft(f"back{place}", origin) for place, (origin, _) in enumerate(job.planned)])


def _give_up() -> None:
    done = current()
    if done is not None and done.is_done:
        job: Job = done.about
        import_source.forget_files([origin for origin, _ in job.planned])
        if job.folder is not None:
            import_source.remove(job.folder)
        work.forget(_key())
    import_source.give_up()


def _key() -> str:
    return f"import into {run.current().url}"
