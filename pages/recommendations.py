"""What to offer whom? Products for each customer, and what is bought together."""

import streamlit as st

from crm import jobs
from crm.analytics import baskets, recommendations
from crm.ui import audience, chart, filters, offer_words, page, run, saving


def for_customers() -> None:
    intro, controls = st.container(), page.controls()
    with controls:
        as_of = filters.as_of()
        mode = st.segmented_control("Offer", list(offer_words.MODES), default="Something new", required=True,
                                    key="mode", bind="query-params") or "Something new"
        among = audience.chosen(as_of=as_of)
    result = run.cached(jobs.recommendations.run, as_of=as_of, mode=offer_words.MODES[mode], doing="Comparing baskets")
    catalogue = run.cached(jobs.names.products)
    with intro:
        page.answer(offer_words.sentence(result))
    with controls:
        saving.button(jobs.recommendations.save, result, key="save_offers")
    left, right = st.columns([3, 2])
    with left, page.card("Offers for each customer", key="offers_card"):
        listed = audience.part_of(result, among, "items")
        audience.note(among)
        offer_words.offers_table(jobs.recommendations.table(listed, run.cached(jobs.names.customers), catalogue,
                                                            first=offer_words.SHOWN))
        page.download(lambda session: jobs.recommendations.table(listed, jobs.names.customers(session), jobs.names.products(session)),
                      file_name="offers.csv", key="download_offers",
                      label="Download all offers" if among is None else "Download these offers")
    with right:
        if result.evaluation is not None:
            with page.card("Is it right?"):
                chart.show(recommendations.charts.quality(result.evaluation), key="quality", height=240,
                           alt="Share of customers for whom a list of ten held what they bought next, for each "
                               "method; grey is the list of best sellers.")
        with page.card("Offered most"):
            names = offer_words.product_names(catalogue)
            chart.show(recommendations.charts.top_products(listed, names=names, top=8), key="offered", height=260,
                       alt="Products that are offered to most customers.")
    with page.explanation("offers_method"):
        offer_words.method(result)


def bought_together() -> None:
    intro, controls = st.container(), page.controls()
    with controls:
        as_of = filters.as_of()
        thresholds = offer_words.thresholds()
    result = run.cached(jobs.baskets.run, as_of=as_of, doing="Counting baskets", **thresholds)
    with intro:
        page.answer(offer_words.together_sentence(result))
    left, right = st.columns([3, 2])
    with left, page.card("Who buys this also buys that", key="rules_card"):
        rules = jobs.baskets.table(result, run.cached(jobs.names.products))
        offer_words.rules_table(rules)
        page.download(lambda session: rules, file_name="bought_together.csv", key="download_rules")
    with right, page.card("The strongest pairs"):
        chart.show(baskets.charts.strongest_pairs(result), key="pairs", height=360,
                   alt="Pairs of products by how many times more often than by chance they lie in one order.")
    with page.explanation("baskets_method"):
        offer_words.together_method(result)


page.question("What should you offer next?")
offers, together = st.tabs(["For each customer", "Bought together"], key="offers_tabs", on_change="rerun")
for tab, show in ((offers, for_customers), (together, bought_together)):
    if tab.open:  # the hidden one would be computed as well
        with tab, page.advice():
            show()
