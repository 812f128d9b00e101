"""Which likely doubles are listed, and which two of them are looked at?"""

import hashlib

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm import db, jobs
from crm.analytics import duplicates
from crm.errors import CrmError
from crm.services import merging, not_duplicates
from crm.ui import duplicates_words, run, words

PAGE_SIZE = 25
AT_ONCE = 20_000  # customers: so many are compared anew within two seconds, after every merge
ROWS_IN_VIEW, HEIGHT = 7, 285  # the pair below is to be seen as well


@db.reads()
def _as_of(session: Session, *, mark: str) -> duplicates.Duplicates:
    return jobs.duplicates.run(session)


def likely() -> duplicates.Duplicates:
    """The likely doubles. A long list is not made anew after every merge, only shown without what is settled."""
    now = run.fresh(db.revisions_of, groups=("customers",))[0]
    mark = st.session_state.setdefault("duplicates_mark", now)
    found = run.cached(_as_of, mark=mark, doing="Comparing customers")
    if mark != now and found.customers <= AT_ONCE:
        st.session_state["duplicates_mark"] = now
        return run.cached(_as_of, mark=now, doing="Comparing customers")
    if mark != now:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Customers were changed since this list was made.", width="content")
            st.button("Look again", key="look_again", type="tertiary", icon=":material/refresh:", on_click=_look_again)
        ids = sorted({*found.pairs["first_id"].tolist(), *found.pairs["second_id"].tolist()})
        found = duplicates.without(found, run.fresh(not_duplicates.pairs), gone=run.fresh(merging.hidden, customer_ids=ids))
    return found


def _look_again() -> None:
    st.session_state.pop("duplicates_mark", None)


def asked() -> tuple[int, int] | None:
    """The pair that the address names."""
    given = [st.query_params.get(name, "") for name in ("first", "second")]
    if all(text.isdecimal() and len(text) < 10 for text in given) and given[0] != given[1]:
        return int(given[0]), int(given[1])
    return None


def surest(found: duplicates.Duplicates) -> tuple[int, int] | None:
    """What is looked at first."""
    if found.pairs.empty:
        return None
    return int(found.pairs["first_id"].iloc[0]), int(found.pairs["second_id"].iloc[0])


def ask_for(pair: tuple[int, int] | None) -> None:
    """Look at these two, or at the surest ones; for a callback."""
    for name, customer_id in zip(("first", "second"), pair or (None, None), strict=True):
        if customer_id is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = str(customer_id)


def others() -> None:
    """Two that the owner knows of and the list does not, by their codes."""
    with st.popover("Compare two others", icon=":material/search:", type="tertiary", key="others"):
        st.caption("Two records that you know to be one customer. Each customer's page shows its code.")
        with st.form("others_form", border=False):
            codes = [st.text_input(label, key=key).strip() for label, key in (
                ("Code of the one", "first_code"), ("Code of the other", "second_code"))]
            sent = st.form_submit_button("Compare")
        if sent:
            try:
                ask_for(run.fresh(merging.by_codes, first=codes[0], second=codes[1]))
            except CrmError as error:
                st.error(words.plain(error), icon=":material/error:")
            else:
                st.rerun()


def table(found: duplicates.Duplicates) -> None:
    """One page of the list, a row a group; a click on a row shows its surest pair."""
    number = st.session_state.get("duplicates_page", 1)
    groups = found.groups
    number = min(number, max(-(-groups // PAGE_SIZE), 1))
    rows = _rows(found.pairs, first=(number - 1) * PAGE_SIZE)
    # With other rows it is another table: a position chosen in the old one would mean somebody else.
    mark = hashlib.sha256(repr((run.current().key, rows["pair"].tolist())).encode()).hexdigest()[:12]
    key = f"duplicates_list_{mark}"
    event = st.dataframe(rows[["who", "score", "why"]], key=key, hide_index=True, selection_mode="single-cell", placeholder="",
                 height=HEIGHT if len(rows) > ROWS_IN_VIEW else "content", alt="Likely doubles, the surest first",
                 on_select="rerun", column_config={
                     "who": st.column_config.TextColumn("Customers", width="medium"),
                     "score": st.column_config.ProgressColumn("Sure", format="percent", min_value=0, max_value=1, width=110),
                     "why": st.column_config.TextColumn("Why", width="large")})
    cells = event["selection"]["cells"] if event else []
    if cells and cells != st.session_state.get("duplicates_clicked"):
        # A click counts once: what is asked for later, such as by the address, is not overruled by it.
        ask_for(rows["pair"].iloc[cells[0][0]])
    st.session_state["duplicates_clicked"] = cells
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (number - 1) * PAGE_SIZE + 1
        st.caption(f"{words.count(first)}–{words.count(first + len(rows) - 1)} of {words.count(groups)}. Click a line to look "
                   "at it.", width="content")
        if groups > PAGE_SIZE:
            st.pagination(-(-groups // PAGE_SIZE), key="duplicates_page")


def _rows(pairs: pd.DataFrame, *, first: int) -> pd.DataFrame:
    """who, score, why and the surest pair of each group on this page."""
    shown = pairs[(pairs["group"] >= first) & (pairs["group"] < first + PAGE_SIZE)]
    ids = sorted({*shown["first_id"].tolist(), *shown["second_id"].tolist()})
    names = run.fresh(merging.known, customer_ids=ids)["name"]
    rows = []
    for _, group in shown.groupby("group", sort=True):
        surest = group.iloc[0]
        together = list(dict.fromkeys([*group["first_id"], *group["second_id"]]))
        called = list(dict.fromkeys(names[customer_id] for customer_id in sorted(together)))
        if len(together) > 2:
            called.append(f"({len(together)} records)")
        rows.append((" · ".join(called), round(min(float(surest["score"]), duplicates_words.SUREST), 2),
                     duplicates_words.why(surest["reasons"]), (int(surest["first_id"]), int(surest["second_id"]))))
    return pd.DataFrame(rows, columns=["who", "score", "why", "pair"])
