"""Why this customer? The steps from the average to his or her chance, the facts in words, and what would change it."""

import pandas as pd
import streamlit as st

from crm.analytics.prediction.what_if import CUSTOMERS, NO_RULES
from crm.analytics.prediction.why_charts import steps
from crm.jobs.churn import Leaving
from crm.ui import chart, churn_actions, churn_contacts, page, reason_words, run, what_if, words


def title(row: dict) -> str:
    """The card's title."""
    return f"Why {words.plain(row['customer_name'])} may leave"


def draw(result: Leaving, row: dict, currency: str) -> None:
    """The card of one customer; `row` is one of churn_contacts.listed."""
    customer_id = int(row["customer_id"])
    added, base, _ = churn_contacts.why(result, (customer_id,))
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = steps(added[0], result.model.columns, base=base, label=lambda column: _with_value(column, row, currency),
                       start="Typical customer", end="This customer", axis="Chance of leaving")
        chart.show(figure, key=f"why_{customer_id}", alt="From the average chance to this customer's, one reason after the other.")
    with right:
        st.markdown(f"**{words.share(row['probability'])}** chance of leaving, {_worth(row, currency)}.")
        speaks_for, against = reason_words.for_and_against(row, currency=currency)
        if speaks_for:
            st.markdown("Speaks for leaving:\n" + "\n".join(f"- {words.plain(fact)}" for fact in speaks_for))
        if against:
            st.markdown("Speaks against it:\n" + "\n".join(f"- {words.plain(fact)}" for fact in against))
        st.markdown("What to do:\n" + "\n".join(f"- {words.plain(action)}" for action in churn_actions.all_of(row)))
        page.link("customer", "Open the customer", icon=":material/person:", query={"customer": str(customer_id)})
    with st.expander("What would change it", icon=":material/tune:", key="churn_what_if", on_change="rerun") as box:
        if box.open:
            # Only the rows that are asked for travel into the fragment.
            what_if.draw(result.model, result.features.loc[[customer_id]], result.background, customer_id,
                         labels=reason_words.label, key=f"what_if_{run.current().key}",
                         rules=NO_RULES if result.kind == "given" else CUSTOMERS, currency=currency,
                         of_what="Chance of leaving")


def _with_value(column: str, row: dict, currency: str) -> str:
    return f"{reason_words.label(column)}: {reason_words.written(row.get(column), column, currency)}"


def _worth(row: dict, currency: str) -> str:
    yearly = row["monetary_per_year"]
    if pd.isna(yearly):
        return "no spend on record"
    return f"{page.amount(yearly, currency)} a year"
