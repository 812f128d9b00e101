"""Who will order next, and how much? Chance, day and amount for each customer, and what comes of all together."""

import streamlit as st

from crm.jobs import names as known
from crm.jobs import next_orders
from crm.services import settings
from crm.ui import audience, filters, kept_models_view, next_orders_compare, next_orders_words, page, run, saving

page.question("Who will order next, and how much?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with controls:
    as_of, horizon_days = filters.as_of(), next_orders_words.horizon_days()
    among = audience.chosen(as_of=as_of)

with page.advice():
    result = run.cached(next_orders.run, as_of=as_of, horizon_days=horizon_days, doing="Learning when your customers order")
    with intro:
        kept_models_view.moved_note("buying", as_of)
        page.answer(next_orders_words.sentence(result, currency))
    with controls:
        saving.button(next_orders.save, result, key="save_next_orders")
    next_orders_words.cautions(result)
    people = run.cached(known.customers)
    left, right = st.columns([3, 2])
    with left, page.card("Who orders next", key="next_card"):
        listed = audience.part_of(result, among, "customers")
        audience.note(among)
        next_orders_words.customers_table(listed.customers, result, people, currency)
        page.download(lambda session: next_orders_words.spelled_out(next_orders.table(listed, known.customers(session))),
                      file_name="next_orders.csv", key="download_next_orders",
                      label="Download all customers" if among is None else "Download these customers")
    with right:
        with page.card("When the orders come", key="weeks_card"):
            next_orders_words.weeks(result)
        with page.card("Is it right?", key="trust_card"):
            next_orders_words.trust(result, currency)
    with st.expander("What each will spend", icon=":material/calendar_month:", key="next_year",
                     on_change="rerun") as box:
        if box.open:
            with page.advice():
                year = run.cached(next_orders.spend, as_of=as_of, horizon_days=next_orders_compare.span_days(),
                                  doing="Learning what customers spend")
                part = audience.part_of(year, among, "customers")
                audience.note(among)
                next_orders_compare.spend(year, part.customers, people, currency)
                page.download(lambda session: next_orders_compare.spend_for_download(
                    next_orders.spend_table(part, known.customers(session))), file_name="expected_spend.csv", key="download_next_year")
    with st.expander("Kept models", icon=":material/inventory_2:", key="next_kept", on_change="rerun") as box:
        if box.open:
            kept_models_view.draw(next_orders_words.kept_as(result))
    with st.expander("Compare models", icon=":material/compare_arrows:", key="next_models", on_change="rerun") as box:
        if box.open:
            with page.advice():
                asked = next_orders_compare.question()
                if asked == "buying":
                    compared = run.cached(next_orders.compare_buying, as_of=as_of, horizon_days=horizon_days,
                                          doing="Comparing every model of who orders")
                    next_orders_compare.buying_table(compared, proposed=result.buying.proposed)
                elif asked == "amount":
                    details = run.cached(next_orders.compare_amounts, as_of=as_of, horizon_days=horizon_days,
                                         doing="Comparing every model of the amount")
                    next_orders_compare.amount_details(details, currency, key="next_amounts",
                                                       used=None if result.amounts is None else result.amounts.proposed)
                else:
                    next_orders_compare.waiting_table(result)
    with page.explanation("next_orders_method"):
        next_orders_words.method(result, currency)
