"""What should you offer next? Offers for each customer with their reasons, whom one product suits, and what became of them."""

import streamlit as st

from crm import jobs
from crm.services import settings
from crm.ui import (
    audience,
    filters,
    offer_compare,
    offer_customer,
    offer_list,
    offer_memory,
    offer_method,
    offer_options,
    offer_outcomes,
    offer_product,
    offer_saving,
    offer_words,
    page,
    run,
)

page.question("What should you offer next?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with page.advice():
    with controls:
        question = offer_options.question()
        as_of = filters.as_of()
        among = audience.chosen(as_of=as_of)
        offer_options.more(question, currency)
    answer = offer_memory.answer(as_of=as_of, question=question)
    everybody = run.cached(jobs.names.customers)["customer_id"].to_numpy()
    with intro:
        page.answer(offer_words.sentence(answer.learned, len(everybody)))
    with controls:
        offer_saving.button(answer, everybody)
    each, one, became = st.tabs(["For each customer", "For one product", "What became of them"], key="offers_tabs", on_change="rerun")
    if each.open:
        with each:
            own = st.container()  # above the list: who clicks a customer sees what comes of it
            with page.card("Offers for each customer", key="offers_card"):
                customer_id = offer_list.draw(answer, among, everybody, currency)
            if customer_id is not None:
                with own:
                    offer_customer.draw(answer, customer_id, currency)
            offer_compare.cards(answer.learned)
    if one.open:
        with one, page.card("To whom to offer one product", key="product_card"):
            offer_product.draw(answer, among, currency)
    if became.open:
        with became, page.card("What became of your offers", key="outcomes_card"):
            offer_outcomes.draw(as_of, currency)
    with st.expander("Compare methods", icon=":material/compare_arrows:", key="offer_compare", on_change="rerun") as box:
        if box.open:
            offer_compare.draw(answer.learned)
    with page.explanation("offers_method"):
        offer_method.draw(answer.learned)
