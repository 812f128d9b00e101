"""What is around every page? Page settings, the gate, the menu, the workspace; then the page itself."""

import streamlit as st

from crm.config import ROOT
from crm.errors import CrmError
from crm.ui import demo_company, menu, words, workspace

ICON = str(ROOT / "crm" / "ui" / "icon.png")  # a file of its own: Material icons here would be fetched from elsewhere


def admit() -> bool:
    """Whether this visitor may come in; every deep link passes here. The server listens on this machine only."""
    return True


def draw() -> None:
    st.set_page_config(page_title="Solo CRM", page_icon=ICON, layout="wide")
    if not admit():
        return
    page = menu.navigation()
    st.set_page_config(page_title=f"{page.title} · Solo CRM", page_icon=ICON, layout="wide")
    if st.session_state.pop("begun", False):
        workspace.open_own()
    try:
        if workspace.is_demo() and not demo_company.ensure():
            return
        with st.sidebar:
            workspace.switch()
            workspace.describe()
        workspace.banner()
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        return
    if (said := st.session_state.pop("toast", None)) is not None:
        st.toast(said, icon=":material/check_circle:")
    page.run()


draw()
