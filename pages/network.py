"""Who brings you customers? Who brought whom, what these spent, and who belongs to whom."""

import streamlit as st

from crm import jobs
from crm.analytics import network
from crm.jobs import network as network_job
from crm.services import settings
from crm.ui import audience, chart, filters, network_card, network_words, page, run, words

page.question("Who brings you customers?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with controls:
    as_of = filters.as_of()
    among = audience.chosen(as_of=as_of)

result = None
with page.advice():
    result = run.cached(network_job.run, as_of=as_of, doing="Looking at who brought whom")
    with intro:
        page.answer(network_words.sentence(result, currency))
    if result.totals["referrers"]:
        left, right = st.columns([3, 2])
        with left, page.card("Who brought the best customers", key="referrers_card"):
            listed = audience.part_of(result, among, "customers")
            audience.note(among)
            network_words.referrers_table(listed, currency)
            page.download(lambda session: network_job.table(listed, jobs.names.customers(session)), file_name="network.csv",
                          key="download_network",
                          label="Download all links" if among is None else "Download these customers")
        with right, page.card("Are they better customers?", key="comparison_card"):
            if result.comparison is None:
                st.info(words.plain(result.comparison_missing), icon=":material/lightbulb:")
            else:
                st.markdown(network_words.compared(result.comparison, currency))
                st.caption("Net spend, average")
                chart.show(network.comparison(result.comparison), key="comparison_spend", height=130, currency_axis="x",
                           currency=currency, alt="Average spend of customers brought by others and of the rest.")
                st.caption("Came back for a second order")
                chart.show(network.comparison(result.comparison, measure="repeat"), key="comparison_repeat", height=130,
                           alt="Share that came back, of customers brought by others and of the rest.")
    with page.card("Who is linked to whom", key="families_card"):
        network_card.families(result, currency)
    with page.card("Around one customer", key="around_card"):
        network_card.around(result, currency)
    with st.expander("Compare methods", icon=":material/compare_arrows:", key="network_methods", on_change="rerun") as box:
        if box.open:
            network_words.leaders_table(result)
    with page.explanation("network_method"):
        network_words.method(result, currency)
if result is None:
    page.link("customers", "Open a customer and say who brought them", icon=":material/group:")
