"""What is bought together? Rules, pictures of them, what goes with a product, bundles, what comes next, and where it differs."""

import streamlit as st

from crm import jobs
from crm.errors import InvalidInput
from crm.services import settings
from crm.ui import (
    audience,
    basket_bundles,
    basket_choices,
    basket_groups,
    basket_method,
    basket_pictures,
    basket_rules,
    basket_sequences,
    basket_with,
    basket_words,
    filters,
    page,
    run,
)

QUESTIONS = ["What goes with …", "Bundles", "What is bought next", "By group and season"]

page.question("What is bought together?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with page.advice():
    with controls:
        chosen = basket_choices.orders(filters.as_of())
        with st.popover("More options", icon=":material/tune:"):
            wanted, place = basket_choices.rules("baskets")
    audience.note(chosen.among)
    try:
        result = run.cached(jobs.baskets.run, doing="Counting baskets", **chosen.how, **wanted.how)
    except InvalidInput as error:  # so low a support explodes: advice, and the other questions stay
        result = None
        basket_choices.too_many(error, "baskets")
    rules = None
    if result is not None:
        with intro:
            page.answer(basket_words.sentence(result))
        basket_choices.told(place, result)
        rules = basket_rules.listed(result, wanted)
        left, right = st.columns([3, 2])
        with left, page.card("Who buys this also buys that", key="rules_card"):
            catalogue = run.cached(jobs.baskets.bought, **chosen.how)
            shown, product = basket_rules.filtered(rules, catalogue, key="rules")
            clicked = basket_words.rules_table(shown, key=basket_rules.key_of(shown, chosen, wanted))
            basket_rules.notes(result, shown, wanted)
            page.download(lambda session: jobs.baskets.table(result, jobs.names.products(session)).loc[shown.index],
                          file_name="bought_together.csv", key="download_rules", label="Download these rules")
            basket_rules.saving(None if clicked is None else shown.loc[clicked], chosen)
        with right, page.card("As a picture", key="picture_card"):
            basket_pictures.draw(result, shown, key="baskets", product=product,
                                 matrix=lambda: run.cached(jobs.baskets.matrix, doing="Counting pairs", **chosen.how))
    with page.card(key="questions_card"):
        for tab, name in zip(st.tabs(QUESTIONS, key="baskets_tabs", on_change="rerun"), QUESTIONS, strict=True):
            if not tab.open:
                continue
            with tab, page.advice(bring_in=False):
                match name:
                    case "What goes with …":
                        basket_with.draw(chosen, rules=rules)
                    case "Bundles":
                        basket_bundles.draw(chosen, currency)
                    case "What is bought next":
                        basket_sequences.draw(chosen)
                    case _:
                        basket_groups.draw(chosen)
    if result is not None:
        with page.explanation("baskets_method"):
            basket_method.rules(result)
            basket_method.others()
            with st.expander("Compare methods", icon=":material/compare_arrows:", key="baskets_engines", on_change="rerun") as box:
                if box.open:
                    basket_method.compare(chosen, wanted)
