"""How does a question become a DataFrame fast? Piece by piece from the cursor, and from a columnar file a revision."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Select
from sqlalchemy.orm import Session

from crm import config
from crm.db import revisions_of
from crm.models import LINE_KINDS
from crm.money import UNITS

ROWS_AT_ONCE = 500  # more at once set off the garbage collector, which walks the whole program: twice the time
LAYOUT = 3  # of the columnar files; rises when their columns change, so that older files are not read
KIND_CODES = {kind: code for code, kind in enumerate(LINE_KINDS)}


def read(session: Session, query: Select, **convert: Callable[[tuple], np.ndarray]) -> pd.DataFrame:
    """The query's columns, named and converted piece by piece past the cost of a million row objects."""
    result = session.connection().execute(query)
    pieces: list[list[np.ndarray]] = [[] for _ in convert]
    while rows := result.cursor.fetchmany(ROWS_AT_ONCE):
        for column, function, cells in zip(pieces, convert.values(), zip(*rows, strict=True), strict=True):
            column.append(function(cells))
    result.close()
    frame = {name: np.concatenate(column) if column else function(())
             for (name, function), column in zip(convert.items(), pieces, strict=True)}
    return pd.DataFrame({name: pd.Series(cells, dtype="str") if cells.dtype == object else cells
                         for name, cells in frame.items()})


def stored(session: Session, name: str, read: Callable[[Session], pd.DataFrame], *, group: str = "sales") -> pd.DataFrame:
    """The frame from its columnar file, made by `read` where there is none of this revision of the table group."""
    file = _file(session, name, group)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"{secrets.token_hex(8)}.unfinished")
        frame = read(session)
        # Lightly packed: half the size of plain, and read just as fast.
        frame.to_parquet(unfinished, index=False, compression="lz4", row_group_size=len(frame) or None)
        os.replace(unfinished, file)
        for older in file.parent.glob(f"{name}.*.parquet"):
            if older != file:
                with contextlib.suppress(OSError):  # somebody is reading it; the next change drops it
                    older.unlink()
        return frame
    try:
        return pd.read_parquet(file)
    except FileNotFoundError:  # another process wrote a newer one in between
        return read(session)


def _file(session: Session, name: str, group: str) -> Path:
    url = session.get_bind().engine.url.render_as_string(hide_password=True)
    place = hashlib.sha256(url.encode()).hexdigest()[:16]
    mark = "-".join(revisions_of(session, (group,)))
    return config.data_folder() / "columnar" / place / f"{name}.{LAYOUT}-{mark}.parquet"


def until_day(frame: pd.DataFrame, until: date) -> pd.DataFrame:
    end = frame["ordered_on"].searchsorted(pd.Timestamp(end_of(until)))  # the frame is in the order of days
    return frame.iloc[:end].reset_index(drop=True)


def end_of(until: date) -> datetime:
    return datetime.combine(until + timedelta(days=1), time.min)


def whole(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype=np.int64)


def numbers(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype=np.float64)  # None becomes NaN


def money(cells: tuple) -> np.ndarray:
    return numbers(cells) / UNITS


def yes_no(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype=bool)


def text(cells: tuple) -> np.ndarray:
    texts = np.empty(len(cells), dtype=object)
    texts[:] = cells
    return texts


def kinds(cells: tuple) -> np.ndarray:
    return np.array([KIND_CODES[cell] for cell in cells], dtype=np.int8)


def moments(cells: tuple) -> np.ndarray:
    # SQLite's driver gives ISO text, PostgreSQL's datetimes; numpy reads both, and "NaT" as "not a time".
    return np.array([cell or "NaT" for cell in cells], dtype="datetime64[us]")


def days(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype="datetime64[us]").astype("datetime64[D]").astype("datetime64[us]")
