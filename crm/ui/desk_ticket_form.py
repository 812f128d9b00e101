"""How is a ticket typed in and corrected? One dialog for a new ticket and for changes."""

import streamlit as st

from crm import money
from crm.errors import CrmError
from crm.services import ticket_listing, tickets
from crm.services.tickets import TicketDetails
from crm.ui import desk_now, desk_queue, desk_shown, desk_words, page, referral_form, run, words

OPEN = "ticket_form"  # holds "new", ("new", customer id) or the id of the ticket whose dialog is open
MOST_ORDERS = 25  # to link with; an older one is hardly complained of


def open_for(ticket: int | str | tuple) -> None:
    """Open the dialog for a ticket's id, for "new", or for ("new", customer id); for a callback."""
    run.renew(_form(ticket))
    st.session_state[OPEN] = ticket


def show(*, currency: str) -> None:
    """Draws the dialog while it is open; last on the page, for a click while the page is drawn would be lost."""
    opened = st.session_state.get(OPEN)
    if opened is None:
        return
    if isinstance(opened, int):
        _edit_dialog(opened, currency)
    else:
        _new_dialog(opened, currency)


def _form(opened) -> str:
    return f"ticket_{opened if isinstance(opened, int | str) else 'of_customer'}"


def _close() -> None:
    st.session_state[OPEN] = None


@st.dialog("New ticket", width="large", icon=":material/add_comment:", on_dismiss=_close)
def _new_dialog(opened, currency: str) -> None:
    form = _form(opened)
    token = run.token(form)
    customer_id = opened[1] if isinstance(opened, tuple) else referral_form.choose("Customer", key=f"ticket_customer_{token}")
    if customer_id is None:
        st.caption("Type a part of the name, the company or the code. Somebody new is added on the page Customers first.")
    typed = _fields(token, None, customer_id, currency)
    if st.button("Add the ticket", key=f"ticket_add_{token}", type="primary", disabled=customer_id is None):
        with page.advice(bring_in=False):
            added = run.command(tickets.open_ticket, form=form, customer_id=customer_id, **_read(typed))
            if added is not run.FAILED:
                _close()
                if added is not None:  # None: a second click on the same form
                    st.session_state["toast"] = "Ticket added."
                    desk_queue.open_ticket(added)
                if isinstance(opened, tuple):
                    page.go_to("service_desk", ticket=str(added))
                st.rerun()


@st.dialog("Change the ticket", width="large", icon=":material/edit:", on_dismiss=_close)
def _edit_dialog(ticket_id: int, currency: str) -> None:
    form = _form(ticket_id)
    token = run.token(form)
    try:
        present = run.fresh(tickets.get, ticket_id=ticket_id)
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        return
    # As it was when the dialog opened: its version is checked on saving.
    seen: TicketDetails = st.session_state.setdefault(f"ticket_seen_{token}", present)
    if present.version != seen.version:
        st.warning("This ticket was changed in another window since you opened the form.", icon=":material/sync_problem:")
        st.button("Show the new values", key=f"reload_{token}", on_click=run.renew, args=(form,))
    typed = _fields(token, seen, seen.customer_id, currency)
    if st.button("Save", key=f"ticket_save_{token}", type="primary"):
        with page.advice(bring_in=False):
            given = _read(typed)
            changes = {name: content for name, content in given.items() if content != getattr(seen, name)}
            if run.command(tickets.update, seen.id, form=form, version=seen.version, **changes) is not run.FAILED:
                _close()
                desk_shown.done("Saved.")


def _fields(token: str, seen: TicketDetails | None, customer_id: int | None, currency: str) -> dict:
    def given(name: str):
        return getattr(seen, name) if seen is not None else None

    typed = {"subject": st.text_input("What it is about", value=given("subject") or "", key=f"subject_{token}",
                                      max_chars=tickets.SUBJECT_LIMIT)}
    left, middle, right = st.columns(3)
    kinds, priorities, channels = list(desk_words.KINDS), list(desk_words.PRIORITIES), list(desk_words.CHANNELS)
    typed["kind"] = left.selectbox("Kind", kinds, format_func=desk_words.KINDS.get, key=f"kind_{token}",
                                   index=kinds.index(given("kind") or "inquiry"))
    typed["priority"] = middle.selectbox("Priority", priorities, format_func=desk_words.PRIORITIES.get, key=f"priority_{token}",
                                         index=priorities.index(given("priority") or "normal"))
    typed["channel"] = right.selectbox("Came by", channels, format_func=desk_words.CHANNELS.get, key=f"came_by_{token}", placeholder="Not known",
                                       index=channels.index(given("channel")) if given("channel") else 0 if seen is None else None)
    typed["body"] = st.text_area("What the customer wrote or said", value=given("body") or "", key=f"body_{token}", height=160)
    left, right = st.columns(2)
    with left:
        typed["topic"] = _word("Topic", given("topic"), ticket_listing.topics, f"topic_{token}")
    with right:
        typed["agent"] = _word("Who works on it", given("agent"), ticket_listing.agents, f"agent_{token}")
    left, middle, right = st.columns(3)
    with left:
        typed["order_id"] = _order(token, seen, customer_id)
    typed["opened_at"] = middle.datetime_input("Opened at", value=given("opened_at"), key=f"opened_at_{token}", format="YYYY-MM-DD",
                                               min_value=tickets.EARLIEST, help="Leave it empty for now." if seen is None else None)
    if seen is not None and typed["opened_at"] is not None and typed["opened_at"] == seen.opened_at.replace(second=0, microsecond=0):
        typed["opened_at"] = seen.opened_at  # the field shows no seconds, which are not to be lost for that
    typed["cost"] = right.text_input(f"Cost ({words.sign(currency)})".replace("$", r"\$"), key=f"cost_{token}",
                                     value="" if given("cost") is None else f"{seen.cost:.2f}")
    return typed


def _word(label: str, present: str | None, question, key: str) -> str | None:
    offered = run.cached(question)
    known = [*offered, *([present] if present and present not in offered else [])]
    return st.selectbox(label, known, index=known.index(present) if present else None, key=key, accept_new_options=True,
                        placeholder="Choose one, or type a new one")


def _order(token: str, seen: TicketDetails | None, customer_id: int | None) -> int | None:
    if customer_id is None:
        st.selectbox("Order", [], key=f"order_none_{token}", placeholder="Choose the customer first", disabled=True)
        return None
    bought = run.fresh(tickets.orders_to_link, customer_id=customer_id, limit=MOST_ORDERS)
    names = {int(number): f"{order} · {words.day(when)}" for number, order, when in zip(
        bought["id"], bought["number"], bought["ordered_at"], strict=True)}
    present = seen.order_id if seen is not None else None
    if present is not None and present not in names:
        names[present] = str(seen.order_number)
    # The customer in its key: the orders of somebody chosen before are no choice any more.
    return st.selectbox("Order", list(names), index=list(names).index(present) if present is not None else None, format_func=names.get,
                        key=f"order_{customer_id}_{token}", placeholder="None" if names else "No order yet")


def _read(typed: dict) -> dict:
    """What was typed, as the service takes it. Raises InvalidInput for a cost that is no number."""
    return {**typed, "body": typed["body"].strip() or None, "subject": typed["subject"].strip(),
            "cost": money.typed(typed["cost"]) if typed["cost"].strip() else None,
            "opened_at": typed["opened_at"] or desk_now.clock()}
