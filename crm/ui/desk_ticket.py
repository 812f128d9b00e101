"""How is one ticket worked on? What was said, what is due, and what can be done next."""

from datetime import datetime

import streamlit as st

from crm.errors import CrmError
from crm.services import ticket_listing, tickets
from crm.services.tickets import TicketDetails
from crm.ui import (
    desk_answer,
    desk_queue,
    desk_shown,
    desk_steps,
    desk_survey,
    desk_ticket_form,
    desk_words,
    page,
    run,
    words,
)

UNDO = "ticket_undo"  # (id, subject) of the ticket that was deleted last
DIRECTIONS = {"in": ("From the customer", ":material/call_received:"), "out": ("Your answer", ":material/call_made:")}
BADGES = {"open": "orange", "reopened": "orange", "answered": "blue", "resolved": "green"}


def draw(asked: str, now: datetime, currency: str) -> None:
    """The ticket that the address asks for; where there is none, that is told with the way back."""
    st.button("All tickets", key="all_tickets", icon=":material/arrow_back:", type="tertiary", on_click=back)
    details = None
    if asked.isdecimal() and len(asked) < 10:
        try:
            details = run.fresh(tickets.get, ticket_id=int(asked))
        except CrmError as error:
            st.info(words.plain(error), icon=":material/search_off:")
    if details is None:
        desk_shown.forget()
        page.question("Which ticket?")
        page.answer("There is none under this address. Choose one from the list.")
        _bring_back(asked, now)
        undo_note()
        return
    present, details = details, desk_shown.as_seen(details)
    _head(details, now)
    left, right = st.columns([3, 2])
    with left:
        with page.card("What was said", key="conversation_card"):
            _conversation(details, now)
        if details.status != "resolved":
            with page.card("Answer", key="answer_card"):
                desk_answer.draw(details)
    with right:
        with page.card("What next", key="steps_card"):
            desk_steps.draw(details, now, currency)
        if details.status == "resolved":
            with page.card("Ask how it was", key="ticket_survey_card"):
                desk_survey.draw(details)
        with page.card("Details", key="ticket_details_card"):
            _facts(details, now, currency)
            st.button("Change", key="edit_ticket", icon=":material/edit:", on_click=desk_ticket_form.open_for, args=(details.id,))
    desk_ticket_form.show(currency=currency)
    desk_shown.remember(present)


def _bring_back(asked: str, now: datetime) -> None:
    """For a ticket that was deleted, perhaps long ago: the way back."""
    if not (asked.isdecimal() and len(asked) < 10) or st.session_state.get(UNDO) is not None:
        return
    deleted = run.fresh(ticket_listing.page, now=now, show="deleted", query=f"T{int(asked)}").rows
    if int(asked) in deleted["id"].tolist() and st.button("Bring it back", key="restore_ticket", type="primary", icon=":material/undo:") \
            and run.command(tickets.restore, int(asked)) is not run.FAILED:
        desk_shown.done("It is back.")


def back() -> None:
    """To the list; for a callback."""
    st.query_params.pop("ticket", None)


def undo_note() -> None:
    """After a deletion: what was deleted, and the way back."""
    gone = st.session_state.get(UNDO)
    if gone is None:
        return
    ticket_id, subject = gone
    with st.container(horizontal=True, vertical_alignment="center", key="ticket_undo_note"):
        st.markdown(f"The ticket “{words.plain(subject)}” was deleted. What was said stays with the customer.")
        if st.button("Undo", key="undo_ticket", icon=":material/undo:") and run.command(tickets.restore, ticket_id) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "It is back."})
            desk_queue.open_ticket(ticket_id)
            st.rerun()
        if st.button("Fine", key="dismiss_ticket", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()


def _head(details: TicketDetails, now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        page.question(words.plain(details.subject))
        if st.button("Delete", key="delete_ticket", icon=":material/delete:") and run.command(
                tickets.delete, details.id, version=details.version) is not run.FAILED:
            st.session_state[UNDO] = (details.id, details.subject)
            back()
            st.rerun()
    page.answer(_sentence(details, now))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(desk_words.STATES[details.status], color=BADGES[details.status])
        st.badge(desk_words.KINDS[details.kind], color="orange" if details.kind == "complaint" else "gray")
        st.badge(f"{desk_words.PRIORITIES[details.priority]} priority", color="orange" if details.priority == "high" else "gray")
        st.badge(words.plain(details.reference), color="gray")


def _sentence(details: TicketDetails, now: datetime) -> str:
    who, since = words.plain(details.customer), desk_words.moment(details.opened_at, now)
    again = desk_words.moment(details.reopened_at or details.opened_at, now)
    if details.status == "resolved":
        return (f"**{who}** came on {since}; solved {desk_words.moment(details.resolved_at, now)}."
                if details.resolved_at else f"**{who}** came on {since}; it is solved.")
    due_at, what = desk_words.next_due(details)
    if due_at is None:
        said = "Nothing was promised for it."
    else:
        late = due_at < now
        said = (f"**{desk_words.due(due_at, what, now)}**: it was due {desk_words.moment(due_at, now)}." if late
                else f"{desk_words.due(due_at, what, now)}, until {desk_words.moment(due_at, now)}.")
    waits = {"open": f"waits for you, since {since}", "reopened": f"came back and waits for you, since {again}",
             "answered": "has your answer; it is not solved yet"}
    return f"**{who}** {waits[details.status]}. {said}"


def _conversation(details: TicketDetails, now: datetime) -> None:
    _message(f"opened_{details.id}", "in", details.channel, details.opened_at, details.body or details.subject, now)
    contacts = [contact for contact in details.contacts.to_dict("records") if not _opened_it(details, contact)]
    for contact in contacts:
        _message(str(contact["id"]), contact["direction"], contact["channel"], contact["happened_at"], contact["body"], now)
    if contacts:
        last = contacts[-1]
        what = "answer" if last["direction"] == "out" else "message"
        if st.button(f"Take the last {what} back", key=f"withdraw_{last['id']}", type="tertiary", icon=":material/undo:",
                     help="It was recorded by mistake: the ticket then stands as if it had never been there.") and run.command(
                         tickets.withdraw_contact, details.id, version=details.version, contact_id=int(last["id"])) is not run.FAILED:
            desk_shown.done("Taken back.")


def _opened_it(details: TicketDetails, contact: dict) -> bool:
    """Whether this message is the one that the ticket was made from, and would be shown twice."""
    same = (contact["body"] or "").strip() == (details.body or "").strip()
    return contact["direction"] == "in" and contact["happened_at"] == details.opened_at and same


def _message(key: str, direction: str, channel: str | None, when, text: str | None, now: datetime) -> None:
    who, icon = DIRECTIONS[direction]
    by = f" · {desk_words.CHANNELS[channel]}" if channel else ""
    st.markdown(f"{icon} **{who}** :gray[{desk_words.moment(when, now)}{by}]")
    if not (text or "").strip():
        st.caption("No words on record.")
        return
    is_long = len(text.strip()) > desk_words.LETTER_LIMIT
    whole = is_long and st.toggle(f"Show all {words.count(len(text.strip()))} characters", key=f"whole_{key}")
    st.markdown(desk_words.letter(text, None if whole else desk_words.LETTER_LIMIT))


def _facts(details: TicketDetails, now: datetime, currency: str) -> None:
    page.link("customer", details.customer, icon=":material/person:", query={"customer": str(details.customer_id)})
    known = [
        ("E-mail", words.plain(details.customer_email or "")), ("Order", words.plain(details.order_number or "")),
        ("Topic", words.plain(details.topic or "")), ("Came by", desk_words.CHANNELS.get(details.channel, "")),
        ("Who works on it", words.plain(details.agent or "")), ("Opened", desk_words.moment(details.opened_at, now)),
        ("First answer", _done(details.first_answered_at, details.answer_due_at, now)),
        ("Solution", _done(details.resolved_at, details.solution_due_at, now)),
        ("Reopened", "" if not details.times_reopened else "Once" if details.times_reopened == 1 else f"{details.times_reopened} times"),
        ("Cost", "" if details.cost is None else page.amount(float(details.cost), currency))]
    st.markdown("\n\n".join(f":gray[{label}]  \n{content}" for label, content in known if content))


def _done(done: datetime | None, due: datetime | None, now: datetime) -> str:
    if done is None:
        return "" if due is None else f"due {desk_words.moment(due, now)}"
    if due is None:
        return desk_words.moment(done, now)
    return f"{desk_words.moment(done, now)} ({'in time' if done <= due else 'late'})"
