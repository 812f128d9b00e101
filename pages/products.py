"""What do you sell, and how does it do? All products; one of them where the address names it."""

import streamlit as st

from crm.jobs import names
from crm.jobs import products as job
from crm.services import settings
from crm.ui import page, product_form, product_list, product_view, product_words, run

currency = run.fresh(settings.company).currency
if (asked := st.query_params.get("product", "")):
    product_view.draw(asked, currency)
    product_form.show(currency=currency)
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    page.question("What do you sell, and how does it do?")
    st.button("Add product", key="add_product", type="primary", icon=":material/add_box:",
              on_click=product_form.open_for, args=("new",))
product_form.undo_note()
catalogue = run.cached(names.products)
if catalogue.empty:
    st.info("No products yet. Add the first one above, or bring in a file of products or orders.", icon=":material/inventory_2:")
    page.link("data", "Bring in a file", icon=":material/upload_file:")
    product_list.deleted()
else:
    intro = st.container()
    chosen = product_list.controls()
    with page.advice():
        result = run.cached(job.run, as_of=chosen["as_of"], days=chosen["days"], by=chosen["by"],
                            doing="Adding up what was sold")
        with intro:
            page.answer(product_words.sentence(result, currency))
        product_list.table(result, chosen, currency)
        if result.classes is not None:
            product_words.left_out(result.classes, currency)
            left, right = st.columns(2)
            with left, page.card("On how few it rests", key="pareto_card"):
                product_list.concentrated(result)
            with right, page.card("What grew and what shrank", key="movers_card"):
                product_list.movers(result, product_list.short_names(catalogue))
        with page.explanation("products_method"):
            product_words.method(result, currency)
product_form.show(currency=currency)
