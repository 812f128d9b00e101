"""What is offered to each customer first? The list, a search for one customer, and the download of all."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm import jobs
from crm.jobs import recommendations
from crm.jobs.recommendations import Shown
from crm.services import listing, offers
from crm.ui import audience, offer_memory, offer_options, offer_reasons, page, run, words

KEY = "offer_customer"  # whose own list is shown; holds (workspace, customer)
CLOSED = "offer_lists_closed"  # how often one was closed
ASKED = "offer_customer_asked"  # whom the address named when it was read last
FOUND = 20  # customers that a search shows


def draw(answer: offer_memory.Answer, among: audience.Audience | None, everybody: np.ndarray, currency: str) -> int | None:
    """The card; returns the customer that was chosen, None where none is."""
    audience.note(among)
    offer_options.narrowed_note(answer.settings, currency)
    ids = everybody if among is None else among.customer_ids
    query = st.text_input("Find a customer", key="offer_search", placeholder="Name, company, e-mail or code", live="300ms",
                          type="search", icon=":material/search:", width=340, label_visibility="collapsed")
    if query and query.strip():
        ids = _search(query, among, answer)
        if not len(ids):
            st.info("No customer fits. Try another word, or clear the search.", icon=":material/search_off:")
    shown = _shown(answer, ids)
    if shown.items.empty and len(ids):
        st.info("Nothing can be offered to these customers: they have everything that may be offered, or the prices and categories "
                "under “More options” leave nothing.", icon=":material/remove_shopping_cart:")
    elif len(ids):
        _table(answer, shown, currency)
        st.caption(_note(shown, bool(query), question=answer.learned.question, buyers=len(answer.learned.known.purchases.customer_ids)))
    _download(answer, among)
    return chosen()


def chosen() -> int | None:
    """Whose own list is shown: who was clicked last, or is newly named in the address."""
    wanted = st.query_params.get("customer", "")
    if wanted != st.session_state.get(ASKED, "") and wanted.isdecimal() and len(wanted) < 10:
        _choose(int(wanted))
    st.session_state[ASKED] = wanted
    kept = st.session_state.get(KEY)
    return kept[1] if kept is not None and kept[0] == run.current().key else None


def forget_address() -> None:
    """The next link that names a customer counts, even where it names the same one again."""
    st.session_state[ASKED] = ""


def close() -> None:
    """Show nobody's own list any more; for a button's on_click."""
    _choose(None)
    st.session_state[CLOSED] = st.session_state.get(CLOSED, 0) + 1


def _choose(customer_id: int | None) -> None:
    st.session_state[KEY] = (run.current().key, customer_id)


def _search(query: str, among: audience.Audience | None, answer: offer_memory.Answer) -> np.ndarray:
    found = run.fresh(listing.page, query=query, size=FOUND, as_of=answer.learned.known.as_of,
                      among=None if among is None else among.customer_ids)
    return found.rows["id"].to_numpy(dtype="int64")


def _shown(answer: offer_memory.Answer, ids: np.ndarray) -> Shown:
    told = len(ids), int(pd.util.hash_array(np.ascontiguousarray(ids)).sum()) if len(ids) else 0
    return _first(answer.lists_mark, told, answer, ids)


# Four hundred offers are some dozen kilobytes.
@st.cache_data(max_entries=32, show_spinner="Making the lists")
def _first(mark: tuple, of: tuple, _answer: offer_memory.Answer, _ids: np.ndarray) -> Shown:
    return recommendations.first_shown(_answer.learned, _ids, settings=_answer.settings, never=_answer.never)


def _table(answer: offer_memory.Answer, shown: Shown, currency: str) -> None:
    first = shown.items[shown.items["rank"] == 1].merge(run.cached(jobs.names.customers), on="customer_id", how="inner")
    second = shown.items[shown.items["rank"] == 2].set_index("customer_id")["product_name"]
    accepted = run.fresh(lambda session: offers.decided(session, question=answer.learned.question, decision="accepted"))
    mark = pd.MultiIndex.from_frame(first[["customer_id", "product_id"]]).isin(
        pd.MultiIndex.from_frame(accepted[["customer_id", "product_id"]])) if len(accepted) else np.zeros(len(first), dtype=bool)
    rows = pd.DataFrame({
        "name": first["customer_name"], "product": first["product_name"].where(~mark, "✓ " + first["product_name"]),
        "why": [offer_reasons.in_brief(row) for row in first.to_dict("records")], "chance": first["chance"] * 100,
        "expected": first["expected_amount"], "then": second.reindex(first["customer_id"]).to_numpy()})
    if rows["expected"].isna().all():
        rows = rows.drop(columns=["chance", "expected"])
    # What is listed is part of the key: another list is another widget, with nothing selected. So is how often a list was
    # closed, or the click that opened it would open it again.
    event = st.dataframe(
        rows, key=f"offer_list_{run.current().key}_{hash(tuple(first['customer_id']))}_{st.session_state.get(CLOSED, 0)}",
        hide_index=True, height="content" if len(rows) <= 10 else 35 * 12, placeholder="–", on_select="rerun", selection_mode="single-cell",
        alt="Offers, one customer a row", column_config={
            "name": st.column_config.TextColumn("Customer", width=140),
            "product": st.column_config.TextColumn("Offer first", width=170, help="✓: accepted already."),
            "why": st.column_config.TextColumn("Why", width=380),
            "chance": st.column_config.NumberColumn("Chance", format="%.1f %%", width=75, help="That the next order holds it."),
            "expected": st.column_config.NumberColumn("Expected", format=f"{words.sign(currency)} %,.2f", width=85,
                                                      help="The chance times what a line of this product usually comes to."),
            "then": st.column_config.TextColumn("Then", width=180)})
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes a customer at once: in another list it would mean somebody else.
        _choose(int(first["customer_id"].iloc[cells[0][0]]))


def _note(shown: Shown, is_search: bool, *, question: str, buyers: int) -> str:
    click = "Click a customer for more offers and to act on them."
    number = shown.items["customer_id"].nunique()
    asked = min(shown.asked, buyers) if question == "repeat" else shown.asked  # who bought nothing has nothing to buy again
    if is_search or number >= asked:
        return click
    if shown.by == "spent":
        return (f"The {words.count(number)} customers who spent most in the last year, the largest expected amount first. {click} "
                "The search finds everybody else.")
    return (f"{words.count(number)} of {words.count(asked)} customers: those who bought within the last year first, the largest expected "
            f"amount on top. {click} The search finds everybody else.")


def _download(answer: offer_memory.Answer, among: audience.Audience | None) -> None:
    ids = None if among is None else among.customer_ids
    page.download(lambda session: for_download(session, answer, ids), file_name="offers.csv", key="download_offers",
                  label="Download all offers" if among is None else "Download these offers")


def for_download(session: Session, answer: offer_memory.Answer, customer_ids: np.ndarray | None) -> pd.DataFrame:
    """Five offers of everybody, or of these customers, with the reason in words."""
    known = jobs.names.customers(session)
    ids = known["customer_id"].to_numpy() if customer_ids is None else customer_ids
    result = recommendations.whole(answer.learned, settings=answer.settings, never=answer.never, customer_ids=ids)
    told = result.items.assign(reason=[offer_reasons.in_brief(row) for row in result.items.to_dict("records")])
    return recommendations.table(replace(result, items=told), known, jobs.names.products(session))
