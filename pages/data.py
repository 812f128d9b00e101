"""What data is here, and how does more get in? Files and databases in, tables out, the company's settings."""

import streamlit as st

from crm.services import settings
from crm.ui import data_forms, export_forms, import_list, import_source, import_wizard, page, run, workspace

page.question("Your data")
if workspace.is_demo():
    page.answer("This is the demo company. Your own data goes into your own company, so that the two never mix.")
    data_forms.own_company_button()
elif import_wizard.is_busy():
    import_wizard.show()
    st.stop()
else:
    page.answer("Bring in what you have: orders, customers, products, payments, tickets, survey answers. You see what "
                "would change before anything is written, the same file twice adds nothing, and all of it can be taken back.")
    with page.card("Bring in data", key="import_card"):
        import_source.wrong_files()
        import_source.choose()
    if import_list.has_connections():
        with page.card("Saved connections", key="connections_card"):
            import_list.connection_list()
    with page.card("What was brought in", key="imports_card"):
        import_list.imports_list()

left, right = st.columns(2)
with left:
    export_forms.export_card()
with right, page.card("Company", key="company_card"):
    data_forms.company(run.fresh(settings.company))
