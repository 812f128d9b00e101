"""How do tickets stand beside each other? One column a state, the oldest on top, each moved on by a click."""

from datetime import datetime, time, timedelta

import streamlit as st

from crm.services import ticket_listing, tickets
from crm.ui import desk_now, desk_queue, desk_words, run, words

CARDS = 10  # of a column; who has more than that waiting works by the list
LATELY_DAYS = 7  # of what was solved
COLUMNS = {"open": "New", "reopened": "Reopened", "answered": "Answered, not solved", "resolved": "Solved lately"}
MOVES = {"open": ("answered", "resolved"), "reopened": ("answered", "resolved"), "answered": ("resolved",), "resolved": ("reopened",)}
MOVE_WORDS = {"answered": "Answered", "resolved": "Solved", "reopened": "Reopen"}
SUBJECT = 60  # characters on a card


def draw(now: datetime) -> None:
    since = datetime.combine(now.date() - timedelta(days=LATELY_DAYS), time.min)
    found = run.fresh(ticket_listing.board, now=now, resolved_since=since, size=CARDS)
    if not any(column.total for column in found.values()):
        st.info("No ticket is open, and none was solved in the last week.", icon=":material/task_alt:")
        return
    st.caption(f"The oldest first; solved ones of the last {LATELY_DAYS} days, the latest first. A move counts as done now.")
    with st.grid(4, min_column_width=240):
        for status, title in COLUMNS.items():
            with st.container(key=f"board_{status}"):
                _column(title, found[status], now)


def _column(title: str, column: ticket_listing.Column, now: datetime) -> None:
    st.markdown(f"**{title}** :gray-badge[{desk_words.number(column.total)}]")
    if not column.total:
        st.caption("None.")
    for row in column.rows.to_dict("records"):
        _card(row, now)
    if column.total > len(column.rows):
        st.caption(f"{desk_words.number(column.total - len(column.rows))} more are in the list.")


def _card(row: dict, now: datetime) -> None:
    with st.container(border=True, gap="xsmall"):
        subject = row["subject"] if len(row["subject"]) <= SUBJECT else row["subject"][:SUBJECT].rstrip() + "…"
        st.button(words.plain(subject), key=f"card_{row['id']}", type="tertiary", on_click=desk_queue.open_ticket, args=(row["id"],))
        said = desk_words.due(row["due_at"], row["due"], now)
        late = f":orange[⚠ {said}]" if row["is_overdue"] else f":gray[{said}]" if said else ""
        kind = f":orange[{desk_words.KINDS[row['kind']]}]" if row["kind"] == "complaint" else desk_words.KINDS[row["kind"]]
        st.markdown(f"{kind} · {words.plain(row['customer'])}" + (f"  \n{late}" if late else ""))
        with st.container(horizontal=True, gap="xsmall"):
            for target in MOVES[row["status"]]:
                # What was on the screen goes along: another window's change is not overwritten.
                st.button(MOVE_WORDS[target], key=f"move_{row['id']}_{row['version']}_{target}", on_click=_move,
                          args=(row["id"], row["version"], target))


def _move(ticket_id: int, version: int, target: str) -> None:
    service = {"answered": tickets.answer, "resolved": tickets.resolve, "reopened": tickets.reopen}[target]
    if run.command(service, ticket_id, version=version, moment=desk_now.clock()) is not run.FAILED:
        st.session_state["toast"] = f"Moved to “{COLUMNS[target]}”."
