"""What does the page of doubles say? How many there are, why two look like one, what merging would give, and the method."""

import re

import streamlit as st

from crm.analytics.duplicates import Duplicates
from crm.ui import customer_form, words

REASONS = {
    "same_email": "same e-mail", "similar_email": "similar e-mail", "same_phone": "same phone", "same_name": "same name",
    "similar_name": "similar name", "same_address": "same address", "similar_address": "similar address",
    "same_postal_code": "same postal code", "same_city": "same town", "same_birth_year": "same birth year",
    "same_company": "same company", "shared_email": "a mailbox that several use",
    "shared_phone": "a phone that several use",
}
AGAINST = {
    "other_name": "other name", "part_of_name_differs": "part of the name differs", "other_email": "other e-mail",
    "other_phone": "other phone", "other_address": "other address", "other_city": "other town",
    "other_country": "other country", "other_birth_year": "other birth year", "other_gender": "other gender",
    "other_company": "other company",
}
LABELS = {
    "name": "Name", "company": "Company", "kind": "Kind", "email": "E-mail", "phone": "Phone", "address": "Address",
    "stage": "Stage", "since_on": "Customer since", "channel": "Won through", "birth_year": "Birth year",
    "gender": "Gender", "yearly_income_e4": "Yearly income", "education": "Education", "note": "Note", "tags": "Tags",
    "custom_fields": "Own fields", "email_consent": "May we write?",
}
RECORDS = {
    "orders": "Orders", "payments": "Payments", "interactions": "Contacts", "tickets": "Tickets",
    "survey_answers": "Survey answers", "deals": "Deals", "tasks": "Tasks", "campaign_members": "Campaigns",
}
_BREAKS = re.compile(r"[@.+_]")
SUREST = 0.99  # nothing but the owner's own knowledge is surer


def sentence(found: Duplicates) -> str:
    """How many are here twice, and that nothing happens by itself."""
    looked_at = words.count(found.customers)
    if found.pairs.empty:
        return (f"**Nobody seems to be here twice.** All {looked_at} customers were compared by name, e-mail, phone and "
                "address.")
    surest = words.share(min(float(found.pairs["score"].iloc[0]), SUREST))
    if found.surplus == 1:
        return (f"**One of your {looked_at} customers is probably here a second time** ({surest} sure). Nothing is merged "
                "until you say so, and every merge can be taken back.")
    return (f"**{words.count(found.surplus)} of your {looked_at} customers are probably here a second time.** The surest "
            f"come first ({surest} sure). Nothing is merged until you say so, and every merge can be taken back.")


def why(reasons: tuple[str, ...]) -> str:
    """What two have in common, in words."""
    return ", ".join(REASONS[code] for code in reasons)


def but(against: tuple[str, ...]) -> str:
    """What speaks against it, in words."""
    return ", ".join(AGAINST[code] for code in against)


def shown(name: str, content: object, currency: str) -> str:
    """One value as people read it; "" where there is none."""
    if content in (None, "", (), {}):
        return customer_form.CONSENT[None] if name == "email_consent" else ""
    if name == "kind":
        return customer_form.KINDS[content]
    if name == "stage":
        return customer_form.STAGES[content]
    if name == "email_consent":
        return customer_form.CONSENT[content]
    if name == "since_on":
        return words.day(content)
    if name == "yearly_income_e4":
        return words.money(content / 10_000, currency)
    if name == "tags":
        return ", ".join(content)
    if name == "custom_fields":
        return "; ".join(f"{field}: {told}" for field, told in content.items())
    # An address that cannot be broken would push the other columns off a phone, and Markdown would make it a link.
    return _BREAKS.sub("\\g<0>\u200b", str(content)) if name in ("email", "note") else str(content)


def method(found: Duplicates) -> None:
    """How it was computed, with the figures of this list."""
    number = found.customers
    st.markdown(
        f"Of {words.count(number)} customers, {words.count(found.compared)} pairs share something that few others share "
        "(a mailbox, a phone, a name, a word of the name within one town or house) and were compared. Names are compared "
        "without accents, titles, legal forms and whatever the sequence of their words; phones with the customer's country; "
        "Gmail's dots and everybody's “+” tags are left out, and count for less. What is blank agrees with nothing.")
    st.latex(r"\text{sure} = \frac{1}{1 + 2^{-(w_1 + w_2 + \dots - w_0)}} \qquad w_i = \log_2 \frac{N}{n_i}")
    st.markdown(
        "Each thing that two have in common adds its weight: the fewer *n* of the *N* customers share it, the more. What "
        "differs takes some away, and *w₀* is how unlikely it is that any two are one (Fellegi & Sunter 1969, with the "
        "weights by rarity of Winkler 1989). Two clearly different names are never one customer, whatever else they share: "
        "families have one address, colleagues one phone. A name that many have is not enough by itself.")
    st.markdown(
        f"Shown is what is at least {words.share(found.threshold)} sure. On invented lists of which it is known who is in "
        "them twice, 98 of 100 pairs shown were right, and 80 to 90 of 100 doubles were found; the others had moved, got "
        "another e-mail address and were misspelled, or bore a name that many have.")
    if len(found.left_out):
        customers = words.count(int(found.left_out["customers"].max()))
        st.markdown(
            f"Some things are shared by so many (more than 60 customers each, {customers} of them at most) that they were "
            "compared only where they share something rarer as well.")
