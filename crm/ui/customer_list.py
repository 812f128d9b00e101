"""How is the list of customers shown, searched and edited in place?"""

import hashlib
from datetime import date

import streamlit as st

from crm.services import customers, listing, orders, segment_definitions
from crm.ui import audience, customer_form, page, run, segment_saving, words

SHOWS = {"Active": "active", "New": "new", "Silent": "silent", "No order yet": "no_order"}
SORTS = {"Name": "name", "Last order": "last_order", "Spent": "spent", "Orders": "orders",
         "Chance of leaving": "leaving", "Chance of an order": "buying", "Code": "code"}
FILTERS = ("query", "show", "among", "country")


def filters(*, as_of: date) -> dict:
    """The search box and the choices beside it, as arguments of `listing.page`; "among" is an Audience, or None."""
    with page.controls():
        query = st.text_input("Search", key="search", placeholder="Name, company, e-mail, phone or code", live="300ms",
                              type="search", width=340, bind="query-params", icon=":material/search:")
        show = st.pills("Show", list(SHOWS), key="show", bind="query-params",
                        help="Active and new: within 90 days. Silent: bought before, but not within 90 days.")
        sort = st.selectbox("Sort by", list(SORTS), key="sort", width=170, bind="query-params")
        with st.popover("More options", icon=":material/tune:"):
            among = audience.chosen(as_of=as_of, width="stretch")
            countries = run.fresh(listing.countries)
            country = st.selectbox("Country", countries, index=None, key="country", placeholder="All countries")
            upwards = st.toggle("Reverse the order", key="reverse")
            st.toggle("Edit in the table", key="edit_in_table", persist_state="session")
    figures_first = sort not in ("Name", "Code")  # the largest figure first, the alphabet from A
    chosen = {"query": query or "", "show": SHOWS.get(show), "among": among, "country": country, "as_of": as_of,
              "sort": SORTS[sort or "Name"], "descending": figures_first != upwards}
    if any(chosen[name] for name in FILTERS):
        with st.container(horizontal=True, vertical_alignment="center", key="filtered"):
            audience.note(among)
            st.space("stretch")
            _save_as_segment(chosen)
    return chosen


def table(chosen: dict, currency: str) -> None:
    """One page of the list; a click on a cell opens the customer."""
    found = _page(chosen)
    if found is None:
        return
    rows, number = found.rows, st.session_state.get(_key("page", chosen), 1)
    shown = rows[["name", "segment", "last_order", "orders", "spent", "leaving", "buying", "email", "country"]]
    # What no analysis has saved yet would be an empty column.
    shown = shown.drop(columns=[name for name in ("segment", "leaving", "buying") if shown[name].isna().all()])
    event = st.dataframe(
        shown, key=_key("list", chosen, number), hide_index=True, height="content", on_select="rerun",
        selection_mode="single-cell", placeholder="", alt="Customers, one a row", column_config={
            "name": st.column_config.TextColumn("Name", width="medium"),
            "segment": st.column_config.TextColumn("Group"),
            "last_order": st.column_config.DateColumn("Last order", format="D MMM YYYY"),
            "orders": st.column_config.NumberColumn("Orders", format="%,d", width="small"),
            "spent": st.column_config.NumberColumn("Spent", format=f"{words.sign(currency)} %,.0f"),
            "leaving": st.column_config.ProgressColumn("May leave", format="percent", min_value=0, max_value=1),
            "buying": st.column_config.ProgressColumn("May order", format="percent", min_value=0, max_value=1),
            "email": st.column_config.TextColumn("E-mail"), "country": st.column_config.TextColumn("Country")})
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: after the next sort it would mean somebody else.
        page.go_to("customer", customer=str(rows["id"].iloc[cells[0][0]]))
    _pager(found, chosen)
    page.download(lambda session: listing.page(session, size=None, **_asked(chosen)).rows.drop(columns=["id", "version"]),
                  file_name="customers.csv", key="download_customers", label="Download this list", whole="customers")


def editor(chosen: dict) -> None:
    """The same page of the list as a table to type in; saved all together, or not at all."""
    found = _page(chosen)
    if found is None:
        return
    number = st.session_state.get(_key("page", chosen), 1)
    form = _key("edit", chosen, number)
    # The rows as they were when editing began: their versions are checked on saving. Before, they are the present ones.
    begun = st.session_state.get(f"grid_{run.token(form)}", {}).get("edited_rows")
    rows = st.session_state.get(f"rows_{run.token(form)}", found.rows) if begun else found.rows
    st.session_state[f"rows_{run.token(form)}"] = rows
    st.data_editor(rows[["name", "company", "email", "phone", "country", "stage"]], key=f"grid_{run.token(form)}",
                   hide_index=True, height="content", placeholder="", column_config={
                       "name": st.column_config.TextColumn("Name", required=True, width="medium"),
                       "company": "Company", "email": "E-mail", "phone": "Phone", "country": "Country",
                       "stage": st.column_config.SelectboxColumn("Stage", options=list(customer_form.STAGES),
                                                                 format_func=customer_form.STAGES.get)})
    edited = st.session_state[f"grid_{run.token(form)}"].get("edited_rows", {})
    for place, changed in edited.items():  # what a slip of the keyboard would do is seen before it is saved
        for name, content in changed.items():
            was, now = words.plain(rows[name].iloc[place] or "–"), words.plain(content or "–")
            st.markdown(f":orange[:material/edit:] **{words.plain(rows['name'].iloc[place])}**: ~~{was}~~ → **{now}**")
    with st.container(horizontal=True, vertical_alignment="center"):
        label = {0: "Save changes", 1: "Save 1 changed row"}.get(len(edited), f"Save {len(edited)} changed rows")
        if st.button(label, key=f"save_{run.token(form)}", type="primary", disabled=not edited):
            changes = [(int(rows["id"].iloc[place]), int(rows["version"].iloc[place]), changed)
                       for place, changed in edited.items()]
            if run.command(customers.update_rows, changes, form=form) is not run.FAILED:
                st.session_state["toast"] = "Saved."
                st.rerun()
        if edited and st.button("Discard", key=f"discard_{run.token(form)}"):
            run.renew(form)
            st.rerun()
        if not edited:
            st.caption("Click twice into a cell to change it.")
    if not edited:
        _pager(found, chosen)


def undo_note() -> None:
    """After a deletion: what was deleted, and the way back."""
    gone = st.session_state.get("undo")
    if gone is None:
        return
    kind, record_id, name = gone
    with st.container(horizontal=True, vertical_alignment="center", key="undo_note"):
        st.markdown(f"**{words.plain(name)}** was deleted.")
        if st.button("Undo", key="undo_delete", icon=":material/undo:"):
            service = customers.restore if kind == "customer" else orders.restore
            if run.command(service, record_id) is not run.FAILED:
                st.session_state.update(undo=None, toast="It is back.")
                st.rerun()
        if st.button("Fine", key="undo_dismiss", type="tertiary"):
            st.session_state["undo"] = None
            st.rerun()


def _page(chosen: dict) -> listing.Page | None:
    number = st.session_state.get(_key("page", chosen), 1)
    found = run.fresh(listing.page, number=number, **_asked(chosen))
    asked = any(chosen[name] for name in FILTERS)
    if found.total == 0 and not asked:
        st.info("No customers yet. Add the first one above, or bring in a file of orders.", icon=":material/group_add:")
        page.link("data", "Bring in a file", icon=":material/upload_file:")
        return None
    if found.total == 0:
        st.info("No customer fits. Try another word, or clear the filters.", icon=":material/search_off:")
        return None
    return found


def _asked(chosen: dict) -> dict:
    """The choices as `listing.page` takes them: the ids of the customers chosen."""
    return {**chosen, "among": None if chosen["among"] is None else chosen["among"].customer_ids}


def _save_as_segment(chosen: dict) -> None:
    """Whom these filters leave, under a name; the same button for every filter, so that what is typed is not lost."""
    among = chosen["among"]
    filters = {name: chosen[name] for name in ("query", "show", "country") if chosen[name]}
    inner = None if among is None else among.definition or segment_saving.NO_RULE
    definition = segment_definitions.together({"type": "filter", **filters} if filters else None, inner)
    asked = {name: content for name, content in _asked(chosen).items() if name not in ("sort", "descending")}
    segment_saving.save_segment_button(definition=definition, members=lambda: run.fresh(listing.ids, **asked),
                                       key="save_listed", as_of=chosen["as_of"])


def _pager(found: listing.Page, chosen: dict) -> None:
    number = st.session_state.get(_key("page", chosen), 1)
    first = (number - 1) * listing.PAGE_SIZE + 1
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(f"{words.count(first)}–{words.count(first + len(found.rows) - 1)} of {words.count(found.total)}")
        pages = -(-found.total // listing.PAGE_SIZE)
        if pages > 1:
            st.pagination(pages, key=_key("page", chosen))


def _key(name: str, chosen: dict, number: int | None = None) -> str:
    """A widget's key that holds what is listed: with another filter, sort or page it is another widget."""
    mark = hashlib.sha256(repr((sorted(chosen.items()), number, run.current().key)).encode()).hexdigest()[:12]
    return f"customers_{name}_{mark}"
