"""Who waits, in the sequence of what is due? The list of tickets: searched, narrowed and paged by the database."""

import hashlib
from datetime import datetime

import pandas as pd
import streamlit as st

from crm.services import ticket_listing
from crm.services.ticket_listing import NOBODY, Page
from crm.ui import desk_words, page, run, words

SHOWS = {"Waiting": "waiting", "Late": "overdue", "Answered": "answered", "Solved": "resolved"}
MORE_SHOWS = {"All that are not solved": "unresolved", "All tickets": "all", "New": "open", "Reopened": "reopened", "Deleted": "deleted"}
SORTS = {"due": "What is due next", "opened": "When it was opened", "resolved": "When it was solved"}
NONE_OF = {"unresolved": "All tickets are solved.", "waiting": "No ticket waits for you.", "overdue": "Nothing is late.",
           "open": "No ticket is new.", "reopened": "No ticket came back and waits.", "answered": "No answered ticket waits for its solution."}
NO_WORD = "Without one"
OPENED = "tickets_opened"  # how often a ticket was opened by a click


def open_ticket(ticket_id: int) -> None:
    """Show that ticket on this page; for a callback, or before a rerun."""
    st.query_params["ticket"] = str(ticket_id)
    # A new key drops the click, so that the ticket does not open again on the way back.
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1


def draw(now: datetime, *, is_empty: bool = False) -> None:
    """`is_empty`: there is no ticket at all, which is nothing to be glad of."""
    chosen = _controls()
    with page.advice(bring_in=False):
        _table(chosen, now, is_empty)


def _controls() -> dict:
    with page.controls():
        query = st.text_input("Search", key="ticket_search", placeholder="Subject, number or customer", live="300ms", type="search",
                              width=250, bind="query-params", icon=":material/search:")
        show = st.pills("Show", list(SHOWS), key="ticket_show", bind="query-params",
                        help="Waiting: for you, new or reopened. Late: the next deadline is over. Without a choice: all that are not solved.")
        kind = st.selectbox("Kind", list(desk_words.KINDS), index=None, format_func=desk_words.KINDS.get, key="ticket_kind",
                            placeholder="All", width=120, persist_state="session")
        priority = st.selectbox("Priority", list(desk_words.PRIORITIES), index=None, format_func=desk_words.PRIORITIES.get,
                                key="ticket_priority", placeholder="All", width=105, persist_state="session")
        with st.popover("More options", icon=":material/tune:"):
            more = st.selectbox("Show instead", list(MORE_SHOWS), index=None, key="ticket_more_show", disabled=show is not None,
                                placeholder="All that are not solved", persist_state="session")
            topic = _word("Topic", ticket_listing.topics, "ticket_topic", "All topics")
            agent = _word("Who works on it", ticket_listing.agents, "ticket_agent", "Everybody")
            shown = SHOWS.get(show) or MORE_SHOWS.get(more, "unresolved")
            sorts = {"resolved": ["resolved", "opened"], "all": ["opened"], "deleted": ["opened"]}.get(shown, ["due", "opened"])
            # Another list, another choice of sequences: a key of its own keeps none that does not fit.
            sort = st.selectbox("Sort by", sorts, format_func=SORTS.get, key=f"ticket_sort_{'_'.join(sorts)}")
            reverse = st.toggle("Reverse the order", key="ticket_reverse")
            in_text = st.toggle("Search in what was written, too", key="ticket_in_text", help="Takes longer in many thousand tickets.")
    sequence = sort or sorts[0]
    return {"query": query or "", "show": shown, "kind": kind, "priority": priority, "topic": topic, "agent": agent,
            "in_text": in_text, "sort": sequence, "descending": (sequence != "due") != reverse}


def _word(label: str, question, key: str, everything: str) -> str | None:
    offered = {NO_WORD: NOBODY} | {word: word for word in run.cached(question)}
    chosen = st.selectbox(label, list(offered), index=None, key=key, placeholder=everything, persist_state="session")
    return None if chosen is None else offered[chosen]


def _table(chosen: dict, now: datetime, is_empty: bool) -> None:
    number = st.session_state.get(_key("page", chosen), 1)
    found = run.fresh(ticket_listing.page, now=now, number=number, **chosen)
    if not len(found.rows):
        _nothing(chosen, is_empty)
        return
    rows = found.rows
    event = st.dataframe(
        shown(rows, now), key=f"{_key('list', chosen, number)}_{st.session_state.get(OPENED, 0)}", hide_index=True, height="content",
        on_select="rerun", selection_mode="single-cell", placeholder="", alt="Tickets, one a row", column_config=columns())
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: after the next sort it would mean another ticket.
        open_ticket(int(rows["id"].iloc[cells[0][0]]))
        st.rerun()
    _pager(found, chosen, number)
    page.download(lambda session: _download(session, chosen, now), file_name="tickets.csv", key="download_tickets",
                  label="Download this list", whole="tickets")


def shown(rows: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """The rows of a list as the table shows them; what nothing is known of is left out."""
    records = rows.to_dict("records")
    table = pd.DataFrame({
        "due": [_state(row, now) for row in records], "customer": rows["customer"], "subject": rows["subject"],
        "kind": rows["kind"].map(desk_words.KINDS), "priority": rows["priority"].map(desk_words.PRIORITIES),
        "state": rows["status"].map(desk_words.STATES), "opened_at": rows["opened_at"], "topic": rows["topic"],
        "agent": rows["agent"]})
    return table.drop(columns=[name for name in ("topic", "agent") if not table[name].notna().any()])


def columns() -> dict:
    return {
        "due": st.column_config.TextColumn("Due", width=146, help="What is due next, and how long until then."),
        "subject": st.column_config.TextColumn("About", width=178), "customer": st.column_config.TextColumn("Customer", width=132),
        "kind": st.column_config.TextColumn("Kind", width=78), "priority": st.column_config.TextColumn("Priority", width=62),
        "state": st.column_config.TextColumn("State", width=78),
        "opened_at": st.column_config.DatetimeColumn("Opened", format="D MMM YYYY, HH:mm", width=128),
        "topic": st.column_config.TextColumn("Topic", width=90), "agent": st.column_config.TextColumn("By", width=86)}


def _state(row: dict, now: datetime) -> str:
    """What is due, with a sign where it is late: colour alone would not be seen by everybody."""
    if row["status"] == "resolved":
        return "" if pd.isna(row["resolved_at"]) else f"Solved {desk_words.moment(row['resolved_at'], now)}"
    said = desk_words.due(row["due_at"], row["due"], now)
    return f"⚠ {said}" if row["is_overdue"] else said


def _nothing(chosen: dict, is_empty: bool) -> None:
    narrowed = any(chosen[name] not in (None, "") for name in ("query", "kind", "priority", "topic", "agent"))
    if narrowed:
        st.info("No ticket fits. Try another word, or clear the filters.", icon=":material/search_off:")
    elif is_empty and chosen["show"] != "deleted":
        st.info("There is no ticket yet.", icon=":material/inbox:")
    elif chosen["show"] in NONE_OF:
        st.success(NONE_OF[chosen["show"]], icon=":material/task_alt:")
    else:
        st.info("There is none of these yet.", icon=":material/inbox:")


def _pager(found: Page, chosen: dict, number: int) -> None:
    first = (number - 1) * ticket_listing.PAGE_SIZE + 1
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        of = f"the first {words.count(found.total)} of more" if found.is_more else words.count(found.total)
        st.caption(f"{words.count(first)}–{words.count(first + len(found.rows) - 1)} of {of}. Click a ticket to open it."
                   f"{' Narrow the list to see the others.' if found.is_more else ''}")
        pages = -(-found.total // ticket_listing.PAGE_SIZE)
        if pages > 1:
            st.pagination(pages, key=_key("page", chosen))


def _download(session, chosen: dict, now: datetime) -> pd.DataFrame:
    rows = ticket_listing.page(session, now=now, size=ticket_listing.COUNTED, **chosen).rows
    return rows.drop(columns=["id", "version", "customer_id", "order_id", "code"]).rename(columns={"reference": "ticket", "order_number": "order"})


def _key(name: str, chosen: dict, number: int | None = None) -> str:
    """A widget's key that holds what is listed: with another filter, sort or page it is another widget."""
    mark = hashlib.sha256(repr((sorted(chosen.items(), key=lambda item: item[0]), number, run.current().key)).encode())
    return f"tickets_{name}_{mark.hexdigest()[:12]}"
