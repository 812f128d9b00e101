"""Which company is open? The owner's own or the demo, chosen in the sidebar and kept in the address."""

import streamlit as st

from crm import db
from crm.services import metrics, settings
from crm.ui import page, run, words


def is_demo() -> bool:
    return run.current().key == "demo"


def open_own() -> None:
    """Make the owner's company the one that is open; for a callback."""
    st.session_state["workspace"] = run.NAMES["own"]
    _forget_choices()


def switch() -> None:
    """The sidebar's choice of workspace; offered once there are two."""
    if db.is_begun(db.own()):
        keys = [db.own(), db.demo()]
        st.selectbox("Workspace", [run.NAMES[workspace.key] for workspace in keys], key="workspace",
                     bind="query-params", on_change=_forget_choices)


def describe() -> None:
    """What the open data is, in one small line."""
    company, extent = run.fresh(settings.company), run.cached(metrics.extent, today=run.fresh(settings.today))
    st.caption(words.extent_line(company.name, extent))
    if extent.other_currency_orders:
        st.caption(words.left_out_line(extent, company.currency))
    if extent.future_orders:
        st.caption(words.future_line(extent))


def banner() -> None:
    """In the demo, before the owner has begun: how to begin with one's own data."""
    if is_demo() and not db.is_begun(db.own()):
        with st.container(horizontal=True, vertical_alignment="center", key="demo_banner"):
            st.markdown(":gray[You are looking at an invented company. Nothing you do here touches your own data.]",
                        width="stretch")
            st.button("Start with my own data", key="begin", icon=":material/rocket_launch:", on_click=open_begin)
    if st.session_state.get("beginning"):
        _begin_dialog()


def open_begin() -> None:
    """Open the dialog that begins the owner's company; for a callback."""
    st.session_state["beginning"] = True


def _close_begin() -> None:
    st.session_state["beginning"] = False


@st.dialog("Start with my own data", on_dismiss=_close_begin)
def _begin_dialog() -> None:
    st.write("Three questions, and your own company is open. The demo stays as it is, one click away.")
    with st.form("begin_form", border=False):
        name = st.text_input("Name of your company", key="begin_name")
        currency = st.selectbox("Currency", words.CURRENCIES, key="begin_currency", accept_new_options=True)
        zone = st.selectbox("Time zone", words.time_zones(), key="begin_zone",
                            index=words.time_zones().index(words.local_time_zone(st.context.timezone)))
        sent = st.form_submit_button("Begin", type="primary")
    if not sent:
        return
    with page.advice():
        settings.checked(name=name, currency=currency or "", time_zone=zone)  # before there is a database
        run.command(settings.save_company, name=name, currency=currency or "", time_zone=zone, workspace=db.own())
    if db.is_begun(db.own()):
        _close_begin()
        st.session_state["begun"] = True
        st.rerun()


def _forget_choices() -> None:
    # The other company has other dates, customers and orders: nothing chosen or typed for the one fits the other.
    for key in list(st.session_state):
        if key != "workspace":
            del st.session_state[key]
    for key in list(st.query_params):
        if key != "workspace":
            del st.query_params[key]
