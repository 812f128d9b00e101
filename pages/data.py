"""What data is here, and how does more get in? Files in, tables out, the company's settings."""

import streamlit as st

from crm.services import export, settings
from crm.ui import data_forms, page, run, workspace

page.question("Your data")
if workspace.is_demo():
    page.answer("This is the demo company. Your own files go into your own company, so that the two never mix.")
    data_forms.own_company_button()
else:
    page.answer("Bring in a file of orders: one line for each article of each order. Bringing in the same file twice "
                "adds nothing the second time.")
    with page.card("Bring in a file", key="import_card"):
        data_forms.import_file()
    with page.card("What was brought in", key="imports_card"):
        data_forms.import_list()

left, right = st.columns(2)
with left, page.card("Take it with you", key="export_card"):
    st.write("Any table as CSV, with codes and amounts as people read them.")
    table = st.selectbox("Table", list(export.TABLES), format_func=data_forms.table_name, key="export_table")
    page.download(lambda session: export.table(session, table), file_name=f"{table}.csv", key="export",
                  label="Download")
with right, page.card("Company", key="company_card"):
    data_forms.company(run.fresh(settings.company))
