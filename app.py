"""The server: `streamlit run app.py`. The pages' frame lies in crm/ui, where no pages/ folder stands beside it:
Streamlit would run a deep link's page without menu and gate on a fresh server otherwise."""

import streamlit as st

from crm.ui import server

app = st.App("crm/ui/frame.py", lifespan=server.lifespan, middleware=server.middleware())
