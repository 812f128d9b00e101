"""What does a contact cost, how often does it help, what is a kept customer worth? The owner's figures, asked once."""

import streamlit as st

from crm.errors import CrmError
from crm.services import contact_costs, settings
from crm.services.contact_costs import ContactCosts
from crm.ui import dialogs, page, run, words

FORM = "contact_costs"
BY_SPEND, THE_SAME = "What remains of each one's own spend", "The same amount for everybody"


def button() -> None:
    """The button that opens the form."""
    dialogs.button("What a contact costs", key="contact_costs", title="What a contact costs and brings", draw=_form,
                   icon=":material/payments:", form=FORM)


def sentence(costs: ContactCosts, currency: str) -> str:
    """The figures in one line, and whether they are the owner's own."""
    worth = (f"{words.share(costs.kept_share)} of a year's spend" if costs.kept_amount is None
             else page.amount(costs.kept_amount, currency))
    told = (f"a contact costs {page.amount(costs.cost, currency)} and makes {words.share(costs.success_rate)} of those who "
            f"would leave stay; a kept customer is worth {worth}")
    return f"Assumed until you say otherwise: {told}." if costs.is_assumed else f"By your figures {told}."


def _form() -> None:
    token = run.token(FORM)
    seen: ContactCosts = st.session_state.setdefault(f"costs_seen_{token}", run.fresh(contact_costs.read))
    sign = words.sign(run.fresh(settings.company).currency)
    st.caption("Whom it pays to contact follows from three figures. A rough guess is better than none; you can change it "
               "at any time.")
    cost = st.number_input(f"One contact costs, in {sign}", value=seen.cost, min_value=0.0, step=1.0, format="%.2f",
                           key=f"costs_cost_{token}", help="Your time for a call or a letter, postage, a voucher.")
    success = st.number_input("Of 100 who would leave, a contact makes stay", value=round(seen.success_rate * 100, 2),
                              min_value=0.0, max_value=100.0, step=1.0, format="%.0f", key=f"costs_success_{token}",
                              help="Most contacts change nothing. Below, “Did acting help?” measures it for your own.")
    by = st.radio("A kept customer is worth", [BY_SPEND, THE_SAME], index=int(seen.kept_amount is not None),
                  key=f"costs_by_{token}")
    share, amount = seen.kept_share, None
    if by == BY_SPEND:
        share = st.number_input("Of a year's spend remain with you, in %", value=round(seen.kept_share * 100, 2),
                                min_value=0.0, max_value=100.0, step=5.0, format="%.0f", key=f"costs_share_{token}",
                                help="What is left of the price after goods and postage.") / 100
    else:
        amount = st.number_input(f"That is, in {sign}", value=seen.kept_amount or 100.0, min_value=0.0, step=10.0,
                                 format="%.2f", key=f"costs_kept_{token}")
    try:
        chosen = contact_costs.checked(cost=cost, success_rate=success / 100, kept_share=share, kept_amount=amount)
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        return
    if st.button("Save", key=f"costs_save_{token}", type="primary") and run.command(
            contact_costs.save, chosen, seen=seen, form=FORM) is not run.FAILED:
        dialogs.close()
        st.session_state["toast"] = "Saved. The list follows your figures."
        st.rerun()
