"""What are your customers worth? What they brought, what they will spend, on whom it rests, and what a new one may cost."""

from contextlib import suppress

import streamlit as st

from crm.errors import CrmError
from crm.jobs import names, value
from crm.services import scores, settings
from crm.ui import audience, filters, page, run, saving, value_words

page.question("What are your customers worth?")
currency = run.fresh(settings.company).currency
saved_groups = run.fresh(scores.newest_run, analysis="segments")
intro, controls = st.container(), page.controls()
with controls:
    as_of, months = filters.as_of(), value_words.months()
    among = audience.chosen(as_of=as_of)
    discount, with_margin = value_words.options()

result = None
with page.advice():
    result = run.cached(value.run, as_of=as_of, months=months, yearly_discount=discount, segments_run=saved_groups,
                        doing="Learning how your customers buy")
    with intro:
        page.answer(value_words.sentence(result, currency))
    with controls:
        saving.button(value.save, result, key="save_value")
    value_words.cautions(result)
    value_words.figures(result, currency, with_margin=with_margin)
    people = run.cached(names.customers)
    left, right = st.columns([3, 2])
    with left, page.card("The most valuable customers", key="customers_card"):
        listed = audience.part_of(result, among, "customers")
        audience.note(among)
        value_words.customers_table(listed, people, currency, with_margin=with_margin)
        page.download(lambda session: value_words.spelled_out(value.table(listed, names.customers(session))),
                      file_name="value.csv", key="download_value",
                      label="Download all customers" if among is None else "Download these customers")
    with right:
        with page.card("How much rests on a few?", key="lorenz_card"):
            value_words.concentrated(result.past, result)
        with page.card("Would it have been right?", key="tested_card"):
            value_words.tested(result, currency)
    with page.card("Who brings it", key="groups_card"):
        value_words.groups(result.groups, currency, with_margin=with_margin, months=months)
    with page.card("What a new customer may cost", key="newcomers_card"):
        value_words.new_customers(result, currency)
    with page.explanation("value_method"):
        value_words.method(result, currency)

if result is None:
    with suppress(CrmError):  # it has been shown above
        past = run.cached(value.past, as_of=as_of, segments_run=saved_groups)
        with intro:
            page.answer(value_words.past_sentence(past, currency))
        left, right = st.columns([3, 2])
        with left, page.card("Who brought most so far", key="customers_card"):
            value_words.past_table(past, run.cached(names.customers), currency)
        with right, page.card("How much rests on a few?", key="lorenz_card"):
            value_words.concentrated(past)
        with page.card("Who brought it", key="groups_card"):
            value_words.groups(past.groups, currency, with_margin=with_margin, months=None)
