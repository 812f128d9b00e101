"""How is a ticket answered? A text, perhaps a canned one, opened in one's own mail program and kept; nothing is sent from here."""

import streamlit as st

from crm.services import canned_answers, customers, tickets
from crm.services.tickets import TicketDetails
from crm.ui import desk_now, desk_shown, desk_words, offer_mail, run, words

TEXT_HEIGHT = 200


def draw(details: TicketDetails) -> None:
    """Writing an answer, and what the customer wrote back."""
    mine, theirs = st.tabs(["Your answer", "The customer wrote back"], key=f"answer_tabs_{details.id}", on_change="rerun")
    if mine.open:
        with mine:
            _mine(details)
    if theirs.open:
        with theirs:
            _theirs(details)


def _mine(details: TicketDetails) -> None:
    form = f"answer_{details.id}"
    token = run.token(form)
    _canned(details, token)
    text = st.text_area("Text", key=f"answer_text_{token}", height=TEXT_HEIGHT, placeholder="What you write or said") or ""
    left = canned_answers.unfilled(text)
    named = words.plain(", ".join("{" + name + "}" for name in left))
    as_it_is = False
    if left:
        st.warning(f"“{named}” still stands in the text, for it is not known here. Replace it before you send it.",
                   icon=":material/edit_note:")
        as_it_is = st.checkbox(f"I sent it with “{named}” in it", key=f"answer_as_it_is_{token}")
    channel, moment = _how(details, token, "Answered by", "Answered at")
    draft = offer_mail.Draft(f"Re: {details.subject} [{details.reference}]", text)
    with st.container(horizontal=True, vertical_alignment="center"):
        if details.customer_email and text.strip():
            link = offer_mail.mailto(details.customer_email, draft)
            if link is not None:
                st.link_button("Open in your mail program", link, icon=":material/open_in_new:", key=f"answer_mail_{token}")
            else:
                st.download_button("Download as a mail file", offer_mail.as_file(details.customer_email, draft), file_name="answer.eml",
                                   mime="message/rfc822", key=f"answer_file_{token}", icon=":material/download:", on_click="ignore")
        sent = st.button("Record as answered", key=f"answer_save_{token}", type="primary", icon=":material/check:")
    if not details.customer_email:
        st.caption("No e-mail address of this customer is known; answer in another way and record it here.")
    elif run.fresh(_refuses_mail, customer_id=details.customer_id):
        st.caption("This customer wants no e-mails with offers; an answer to a question is none.")
    st.caption("Nothing is sent from here: you send it yourself, then record that you did.")
    if sent and left and not as_it_is:
        st.error(f"Not recorded yet: “{named}” still stands in the text. Replace it, or tick that you sent it so.", icon=":material/error:")
    elif sent and run.command(tickets.answer, details.id, form=form, version=details.version, moment=moment, text=text or None,
                            channel=channel) is not run.FAILED:
        desk_shown.done("Recorded.")


def _refuses_mail(session, *, customer_id: int) -> bool:
    return customers.get(session, customer_id).email_consent is False


def _canned(details: TicketDetails, token: str) -> None:
    offered = run.fresh(canned_answers.listing, kind=details.kind)
    if offered.empty:
        st.caption("Texts that you send again and again can be kept under Rules, and then be put in here.")
        return
    titles = dict(zip(offered["id"].tolist(), offered["title"], strict=True))
    bodies = dict(zip(offered["id"].tolist(), offered["body"], strict=True))

    def put_in() -> None:
        chosen = st.session_state.get(f"canned_{token}")
        if chosen is None:
            return
        filled = canned_answers.fill(bodies[chosen], customer=details.customer, ticket=details.reference, order=details.order_number)
        typed = (st.session_state.get(f"answer_text_{token}") or "").rstrip()
        # Below what was typed already: nothing of it is lost.
        st.session_state[f"answer_text_{token}"] = f"{typed}\n\n{filled}" if typed else filled
        st.session_state[f"canned_{token}"] = None

    st.selectbox("Put in a canned answer", list(titles), index=None, format_func=titles.get, key=f"canned_{token}", on_change=put_in,
                 placeholder="Choose one")


def _theirs(details: TicketDetails) -> None:
    form = f"reply_{details.id}"
    token = run.token(form)
    text = st.text_area("What the customer wrote or said", key=f"reply_text_{token}", height=TEXT_HEIGHT) or ""
    channel, moment = _how(details, token, "Came by", "Came at")
    if st.button("Record the message", key=f"reply_save_{token}", type="primary", icon=":material/check:") and run.command(
            tickets.note_reply, details.id, form=form, version=details.version, moment=moment, text=text or None,
            channel=channel) is not run.FAILED:
        desk_shown.done("Recorded. The ticket waits for you again.")


def _how(details: TicketDetails, token: str, by: str, at: str):
    """The road and the moment; as long as nobody chooses another one, the moment is that of the click."""
    left, right = st.columns(2)
    channels = list(desk_words.CHANNELS)
    channel = left.selectbox(by, channels, format_func=desk_words.CHANNELS.get, key=f"channel_{token}",
                             index=channels.index(details.channel or "email"))
    other = right.datetime_input(at, value=None, key=f"moment_{token}", format="YYYY-MM-DD", min_value=details.opened_at,
                                 help="Leave it empty for now.")
    return channel, other or desk_now.clock()

