"""How is an offer written to a customer? A draft to change, opened in one's own mail program or taken as a file; nothing is sent.

    offer_mail.button(customer_id, lambda: Draft(...), key="mail_17_4")
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

import streamlit as st

from crm.errors import CrmError
from crm.services import customers
from crm.services.customers import CustomerDetails
from crm.ui import dialogs, page, run, words

SUBJECT_LIMIT, TEXT_LIMIT = 200, 5_000  # characters
LONGEST_LINK = 1_900  # characters; Windows hands no longer ones to a mail program


@dataclass(frozen=True)
class Draft:
    """What is proposed to be written."""

    subject: str
    text: str


def proposed(*, customer: str, product: str, company: str, price: str | None, because: str | None, again: bool) -> Draft:
    """A draft in plain words: for a product that goes with `because` (None: nothing known), or to buy again."""
    offer = f"It costs {price}." if price else ""
    if again:
        begin = f"Some time ago you bought “{product}” from us. Perhaps it is time for another one?"
    elif because:
        begin = f"You bought “{because}” from us. Many who did also chose “{product}”, so I thought of you."
    else:
        begin = f"I would like to show you “{product}”, which many of our customers like."
    text = "\n\n".join(filter(None, (
        f"Hello {customer},", " ".join(filter(None, (begin, offer))),
        "If you would like it, just answer this message.", f"Best regards\n{company}")))
    return Draft(f"Time for more: {product}" if again else f"Something for you: {product}", text)


def mailto(address: str, draft: Draft) -> str | None:
    """The link that opens one's own mail program with the draft; None where it would be too long for it.

    >>> mailto("a b@x.org", Draft("Tea & cups", "Hello\\nyou"))
    'mailto:a%20b@x.org?subject=Tea%20%26%20cups&body=Hello%0D%0Ayou'
    """
    body = draft.text.replace("\r\n", "\n").replace("\n", "\r\n")
    link = f"mailto:{quote(address, safe='@')}?subject={quote(_line(draft.subject), safe='')}&body={quote(body, safe='')}"
    return link if len(link) <= LONGEST_LINK else None


def as_file(address: str, draft: Draft) -> bytes:
    """The draft as an .eml file, which mail programs open ready to be sent."""
    message = EmailMessage(policy=SMTP)
    if address:
        message["To"] = _line(address)
    message["Subject"] = _line(draft.subject)
    message["X-Unsent"] = "1"  # Outlook then opens it for writing
    message.set_content(draft.text)
    return message.as_bytes()


def button(customer_id: int, draft: Callable[[], Draft], *, key: str, label: str = "Draft a mail") -> None:
    """The button that opens the draft, which is made only then."""
    dialogs.button(label, key=key, title="Draft a mail", icon=":material/mail:", form=key, width="medium",
                   draw=lambda: _form(customer_id, draft(), key))


def _form(customer_id: int, draft: Draft, key: str) -> None:
    token = run.token(key)
    try:
        customer = run.fresh(customers.get, customer_id=customer_id)
    except CrmError as error:
        st.warning(words.plain(error), icon=":material/person_off:")
        return
    _to_whom(customer)
    subject = st.text_input("Subject", value=draft.subject[:SUBJECT_LIMIT], key=f"mail_subject_{token}", max_chars=SUBJECT_LIMIT)
    text = st.text_area("Text", value=draft.text[:TEXT_LIMIT], key=f"mail_text_{token}", height=260, max_chars=TEXT_LIMIT)
    written = Draft(subject or "", text or "")
    link = mailto(customer.email, written) if customer.email else None
    with st.container(horizontal=True):
        if link is not None:
            st.link_button("Open in your mail program", link, type="primary", icon=":material/open_in_new:", key=f"mail_open_{token}")
        st.download_button("Download as a mail file", as_file(customer.email or "", written), file_name="offer.eml",
                           mime="message/rfc822", key=f"mail_file_{token}", icon=":material/download:", on_click="ignore")
    if customer.email and link is None:
        st.caption("This text is too long to be handed to a mail program; take the file, which most mail programs open.")
    st.caption("Nothing is sent from here: you send it yourself.")


def _to_whom(customer: CustomerDetails) -> None:
    if customer.email:
        st.markdown(f"To **{words.plain(customer.name)}**, {words.plain(customer.email)}")
    else:
        st.warning(f"No e-mail address is known of {words.plain(customer.name)}. You can copy the text, or write the address on "
                   "the customer's page first.", icon=":material/alternate_email:")
        page.link("customer", "Open the customer", icon=":material/person:", query={"customer": str(customer.id)})
    if customer.email_consent is False:
        st.warning("This customer does not want e-mails from you, so better offer it in another way.", icon=":material/unsubscribe:")


def _line(text: str) -> str:
    """One line: a line break would begin another header."""
    return " ".join(text.split())
