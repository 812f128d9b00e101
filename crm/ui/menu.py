"""Which pages are there? One line a screen; the file in pages/ has the same name."""

from pathlib import Path

import streamlit as st

from crm.config import ROOT

# section -> [(file in pages/, title, icon)]; a section named "" is not shown: pages reached from others.
MENU = {
    "Work": [
        ("overview", "Overview", ":material/monitoring:"),
        ("customers", "Customers", ":material/group:"),
        ("products", "Products", ":material/inventory_2:"),
        ("service_desk", "Service desk", ":material/support_agent:"),
        ("surveys", "Surveys", ":material/ballot:"),
    ],
    "Understand": [
        ("segments", "Groups", ":material/donut_small:"),
        ("value", "Value", ":material/diamond:"),
        ("cohorts", "Cohorts", ":material/grid_on:"),
        ("risk", "Risk", ":material/shield:"),
        ("network", "Network", ":material/hub:"),
        ("churn", "Leaving", ":material/trending_down:"),
        ("next_orders", "Next orders", ":material/event_upcoming:"),
        ("recommendations", "Offers", ":material/redeem:"),
        ("baskets", "Baskets", ":material/shopping_basket:"),
        ("satisfaction", "Satisfaction", ":material/sentiment_satisfied:"),
        ("journey", "Journey", ":material/route:"),
        ("own_table", "Your own table", ":material/table_chart:"),
    ],
    "Manage": [
        ("data", "Data", ":material/database:"),
        ("quality", "Data quality", ":material/fact_check:"),
        ("duplicates", "Duplicates", ":material/join_inner:"),
    ],
    "": [
        ("customer", "Customer", ":material/person:"),
    ],
}
FIRST = "overview"


def file(name: str) -> Path:
    """The absolute path of a page: relative ones would be looked for beside the frame."""
    return ROOT / "pages" / f"{name}.py"


def navigation():
    """The menu in the sidebar; returns the page to run."""
    sections: dict[str, list] = {}
    for section, lines in MENU.items():
        for name, title, icon in lines:
            shown = st.Page(file(name), title=title, icon=icon, url_path=name, default=name == FIRST,
                            visibility="visible" if section else "hidden")
            sections.setdefault(section or "Work", []).append(shown)
    return st.navigation(sections, expanded=True)
