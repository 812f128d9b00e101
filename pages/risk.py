"""What could hurt the business? Late payers, returns, complaints, and how much hangs on few customers."""

import streamlit as st

from crm.analytics.risk import charts
from crm.jobs import names as known
from crm.jobs import risk
from crm.services import settings
from crm.ui import audience, chart, filters, page, risk_method, risk_tables, risk_words, run, saving

page.question("What could hurt the business?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with controls:
    as_of = filters.as_of()
    among = audience.chosen(as_of=as_of)
    terms_days, grace_days = risk_words.options()

with page.advice():
    result = run.cached(risk.run, as_of=as_of, terms_days=terms_days, grace_days=grace_days,
                        doing="Looking for what could hurt")
    names = run.cached(known.customers)
    with intro:
        page.answer(risk_words.sentence(result, currency))
    with controls:
        saving.button(risk.save, result, key="save_risk")
    risk_tables.cards(result, currency)
    with page.card("Who to look at first", key="risk_card"):
        listed = audience.part_of(result, among, "customers")
        audience.note(among)
        first = risk.details(listed, risk_tables.first(listed)).merge(names, on="customer_id")
        risk_tables.first_table(listed, first, currency)
        page.download(lambda session: risk_tables.for_download(risk.table(listed, known.customers(session)), listed),
                      file_name="risk.csv", key="download_risk",
                      label="Download all customers" if among is None else "Download these customers")
    left, right = st.columns(2)
    with left, page.card("What is open, and for how long", key="open_card"):
        if risk_words.can_tell_open(result):
            if risk_words.has_bars(result):
                chart.show(charts.overdue_by_age(result), key="ageing", height=250, currency_axis="y", currency=currency,
                           alt="Overdue amounts by the number of days since they were due, with the number of orders.")
            st.markdown(risk_words.not_due(result, currency))
        for line in risk_words.missing(result, currency):
            st.caption(line)
        if not risk_words.can_tell_open(result):
            page.link("data", "Bring in payments", icon=":material/upload_file:")
        elif len(result.payments.invoices.table):
            with st.expander("Which orders", key="open_orders", on_change="rerun") as box:
                if box.open:
                    risk_tables.open_table(risk.open_orders(result, names), currency)
            page.download(lambda session: risk.open_orders(result, known.customers(session)),
                          file_name="open_orders.csv", key="download_open", label="Download open orders")
    with right, page.card("How much hangs on few customers", key="concentration_card"):
        if risk_words.has_curve(result):
            chart.show(charts.concentration_curve(result), key="concentration", height=250,
                       alt="Share of revenue of the largest customers together: the largest one, three, ten and so on.")
        st.markdown(risk_words.largest(result, names, currency))
        st.caption(risk_words.alike(result))
    left, right = st.columns(2)
    with left, page.card("Complaints that are open", key="complaints_card"):
        risk_tables.complaints_table(result, names, currency)
    with right, page.card("On what else much hangs", key="dependence_card"):
        risk_tables.dependence_table(result.concentration.by)
    with page.card("What comes back", key="returns_card"):
        if result.returns.is_recorded:
            chart.show(charts.returns_by_category(result), key="returns", height=280,
                       alt="Share of the sold items that came back, by category, with its range; dotted what is usual.")
            st.caption(risk_words.unusual_returns(result, names))
        else:
            st.caption("No return is on record. Whether nothing came back or nothing was written down cannot be told.")
    with page.explanation("risk_method"):
        risk_method.method(result, currency)
