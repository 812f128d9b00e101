"""Who is leaving? The chance of leaving for every customer, how far to trust it, whom a contact pays for, and whether it helped."""

import streamlit as st

from crm import jobs
from crm.analytics.prediction import charts, why_charts
from crm.services import settings
from crm.ui import (
    audience,
    chart,
    churn_compare,
    churn_contacts,
    churn_customer,
    churn_method,
    churn_options,
    churn_rounds,
    churn_words,
    filters,
    kept_models_view,
    page,
    reason_words,
    run,
    saving,
)

page.question("Who is leaving?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with page.advice():
    with controls:
        as_of = filters.as_of()
        horizon_days = churn_options.horizon_days(as_of)
        among = audience.chosen(as_of=as_of)
        leaving, positive, method, settings_of_it = churn_options.more()
    choice = churn_options.Choice(as_of, horizon_days, leaving, positive, method, settings_of_it)
    result = run.cached(choice.question, **choice.how, doing="Learning from the past")
    with intro:
        kept_models_view.moved_note(churn_words.PURPOSES[result.kind], as_of)
        page.answer(churn_words.sentence(result, currency))
    with controls:
        saving.button(jobs.churn.save, result, key="save_churn")
    churn_options.horizon_note(result)
    asked = churn_contacts.planned(result, among)
    with page.card("Whom to contact first", key="contact_card"):
        chosen = churn_contacts.draw(result, asked, among, currency)
    if chosen is not None:
        with page.card(churn_customer.title(chosen), key="customer_card"):
            churn_customer.draw(result, chosen, currency)
    left, right = st.columns(2)
    with left, page.card("How many are at which risk"):
        chart.show(charts.scores(result.present["probability"], threshold=churn_words.LIKELY, x_title="Chance of leaving"),
                   key="risk", height=240, alt="Number of customers at each chance of leaving.")
    with right, page.card("How many contacts pay"):
        churn_contacts.curve(asked.plan, currency)
    left, right = st.columns(2)
    with left, page.card("What drives it"):
        chart.show(why_charts.drivers_bars(churn_contacts.drivers(result), label=reason_words.label), key="drivers", height=300,
                   alt="What raises and what lowers the chance of leaving, strongest first.")
    with right, page.card("Is it right?"):
        chart.show(charts.calibration({result.comparison.proposed: result.comparison.judged[result.comparison.proposed]},
                                      names={result.comparison.proposed: "Seen later"}, perfect="Right", predicted="Said",
                                      observed="Left", cases="Customers"), key="calibration", height=300,
                   alt="What was said against what happened later; on the dotted line both are equal.")
    with page.card("Did acting help?", key="rounds_card"):
        churn_rounds.draw(as_of, currency)
    with st.expander("Kept models", icon=":material/inventory_2:", key="kept_models", on_change="rerun") as box:
        if box.open:
            kept_models_view.draw(churn_words.kept_as(result))
    with st.expander("Compare models", icon=":material/compare_arrows:", key="compare", on_change="rerun") as box:
        if box.open:
            churn_compare.draw(result, choice, currency)
    with page.explanation("churn_method"):
        churn_method.draw(result, currency)
