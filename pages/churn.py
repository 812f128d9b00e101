"""Who is leaving? The chance that a customer orders nothing in the next days, and whom to contact first."""

import streamlit as st

from crm import jobs
from crm.analytics import churn
from crm.services import settings
from crm.ui import audience, chart, churn_words, filters, page, run, saving

page.question("Who is leaving?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with controls:
    as_of, horizon_days = filters.as_of(), filters.horizon_days()
    among = audience.chosen(as_of=as_of)

with page.advice():
    result = run.cached(jobs.churn.run, as_of=as_of, horizon_days=horizon_days, doing="Learning from past orders")
    with intro:
        page.answer(churn_words.sentence(result, currency))
    with controls:
        saving.button(jobs.churn.save, result, key="save_churn")
    left, right = st.columns([3, 2])
    with left, page.card("Whom to contact first", key="contact_card"):
        listed = audience.part_of(result, among, "customers")
        audience.note(among)
        churn_words.contact_table(jobs.churn.table(churn_words.contact_first(listed), run.cached(jobs.names.customers)), currency)
        page.download(lambda session: churn_words.spelled_out(jobs.churn.table(listed.customers, jobs.names.customers(session))),
                      file_name="leaving.csv", key="download_churn",
                      label="Download all customers" if among is None else "Download these customers")
    with right:
        with page.card("What drives it"):
            chart.show(churn.drivers(result), key="drivers", height=300,
                       alt="What raises and what lowers the chance of leaving, strongest first.")
        with page.card("Is it right?"):
            chart.show(churn.calibration(result), key="calibration", height=240,
                       alt="What was said against what happened later; on the dotted line both are equal.")
    left, right = st.columns(2)
    with left, page.card("How many are at which risk"):
        chart.show(churn.risk_histogram(result), key="risk", height=240,
                   alt="Number of customers at each chance of leaving.")
    with right, page.card("How many leavers the first calls find"):
        chart.show(churn.gain(result), key="gain", height=240,
                   alt="Share of leavers found by the share of customers contacted, for the model and the simple rule.")
    with page.explanation("churn_method"):
        churn_words.method(result)
