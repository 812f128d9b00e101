"""What is brought in? Files, a pasted table, or a table of another database, kept until it is in or given up."""

import contextlib
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from crm import config
from crm.errors import CrmError
from crm.imports import Origin, databases, of_file
from crm.services import whole_workspace
from crm.ui import page, run, words

TYPES = ["csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "jsonl", "ndjson", "json", "parquet", "zip", "gz", "xz",
         "bz2"]
KEPT_SECONDS = 24 * 3600  # what was uploaded and never brought in is somebody's data lying about
HOW_TO_CONNECT = """Open the file `.streamlit/secrets.toml` in the folder of Solo CRM (make it if it is not there) and add a
section with a name of your own:

```toml
[connections.webshop]
url = "postgresql://reader:password@localhost:5432/webshop"
```

For MySQL or MariaDB, the address begins with `mysql://`. Save the file and come back to this page. The password stays in
that file: it is never shown, logged or saved with your records. A user who may only read is the safest choice."""


@dataclass(frozen=True)
class Draft:
    """Something to bring in, as long as it is being looked at."""

    token: str
    origin: Origin


def drafts() -> list[Draft]:
    """What was chosen and is not yet brought in, in this window."""
    return st.session_state.get(_key(), [])


def whole_company() -> Path | None:
    """A zip with a whole company in it, where that is what was chosen."""
    return st.session_state.get(_key("whole"))


def keep(chosen: list[Draft]) -> None:
    """These are to be looked at."""
    st.session_state[_key()] = chosen


def give_up() -> None:
    """Forget what was chosen, its copies on the disk too; for a callback."""
    forget_files([draft.origin for draft in drafts()])
    st.session_state.pop(_key(), None)
    if (whole := st.session_state.pop(_key("whole"), None)) is not None:
        remove(whole.parent)
    run.renew("upload")


def forget_files(origins: list[Origin]) -> None:
    """Remove the copies of uploaded files."""
    for origin in origins:
        if isinstance(origin.file, Path):
            remove(origin.file.parent)


def remove(kept: Path) -> None:
    """Remove a folder of uploads or rejects."""
    shutil.rmtree(kept, ignore_errors=True)


def choose() -> None:
    """Ask for files, a table or a database; what was chosen can be looked at next."""
    how = st.segmented_control("Where from", ["Files", "Paste a table", "Another database"], default="Files",
                               required=True, key="import_from", label_visibility="collapsed")
    if how == "Files":
        _files()
    elif how == "Paste a table":
        _paste()
    else:
        _database()


def _files() -> None:
    uploaded = st.file_uploader(
        "Files of orders, customers, products, payments, tickets, survey answers …", type=TYPES,
        accept_multiple_files=True, key=f"upload_{run.token('upload')}",
        help="CSV, text, Excel, OpenDocument, JSON lines, Parquet; also packed as zip, gz or xz. Several at once.")
    if not uploaded:
        return
    found, wrong = [], []
    for file in uploaded:
        kept = folder()
        copy = kept / "upload"
        copy.write_bytes(file.getvalue())  # on the disk, so that a large file does not stay in memory
        if whole_workspace.is_workspace(copy):
            st.session_state[_key("whole")] = copy
            continue
        try:
            found += [Draft(secrets.token_hex(4), origin) for origin in of_file(copy, file_name=file.name)]
        except CrmError as error:
            remove(kept)
            wrong.append(str(error))
    st.session_state["import_wrong"] = wrong
    run.renew("upload")
    keep(found)
    st.rerun()


def wrong_files() -> None:
    """What could not be read of the files just chosen."""
    for sentence in st.session_state.get("import_wrong", []):
        st.error(words.plain(sentence), icon=":material/error:")


def _paste() -> None:
    token = run.token("upload")
    text = st.text_area("The table, with its heading", key=f"paste_{token}", height=180,
                        placeholder="Copy the cells of a spreadsheet and paste them here.")
    if st.button("Look at it", key="look_at_paste", type="primary", disabled=not text.strip()):
        copy = folder() / "upload"
        copy.write_text(text, encoding="utf-8")
        with page.advice():
            keep([Draft(secrets.token_hex(4), origin) for origin in of_file(copy, file_name="Pasted table")])
            st.session_state["import_wrong"] = []
            st.rerun()


def _database() -> None:
    with page.advice():
        known = databases.names()
        st.caption("Nothing is ever changed there.")
        chosen = st.selectbox("Database", [*known, "A SQLite file"], key="import_database")
        database = chosen
        if chosen == "A SQLite file":
            database = st.text_input("Where the file is", key="import_sqlite", placeholder="/home/me/shop.db").strip()
        if not known:
            with st.expander("Connect to PostgreSQL or MySQL", icon=":material/database:"):
                st.markdown(HOW_TO_CONNECT)
        if not database:
            return
        what = st.segmented_control("What", ["A table", "A query"], default="A table", required=True,
                                    key="import_table_or_query", label_visibility="collapsed")
        table = query = None
        if what == "A table":
            found = databases.tables(database)
            if found.empty:
                st.info("There is no table in it.", icon=":material/table:")
                return
            table = st.selectbox("Table", found["name"].tolist(), key="import_table")
        else:
            query = st.text_area("Query", key="import_query", placeholder="select * from customers").strip() or None
        if st.button("Look at it", key="look_at_table", type="primary", disabled=not (table or query)):
            keep([Draft(secrets.token_hex(4), Origin(table or "Query", database=database, table_name=table,
                                                     query=query))])
            st.session_state["import_wrong"] = []
            st.rerun()


def folder() -> Path:
    """A folder of its own beside the databases; those of yesterday are removed."""
    uploads = config.data_folder() / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    for older in uploads.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - older.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(older, ignore_errors=True)
    made = uploads / secrets.token_hex(8)
    made.mkdir(mode=0o700)
    return made


def _key(name: str = "drafts") -> str:
    return f"import_{name}_{run.current().key}"
