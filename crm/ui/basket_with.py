"""What goes with a product, and what leads to it?"""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.ui import basket_words, page, run, words
from crm.ui.basket_choices import Orders

SHOWN = 50  # rows; the download has all
FEW_SHOWN = 12  # rows in view; the table scrolls below
REAL_HELP = "Whether it is more than luck, orders of about the same size compared"


def draw(chosen: Orders, rules: pd.DataFrame | None) -> None:
    """A product is chosen, at first that of the strongest of the `rules`; at the left what lies in one order with it, at the
    right what leads to it."""
    goods = run.cached(jobs.baskets.bought, doing="Reading the products", **chosen.how)
    names = dict(zip(goods["product_id"].tolist(), goods["product_name"], strict=True))
    strongest = rules["antecedents"].iloc[0][0] if rules is not None and len(rules) else None
    first = list(names).index(strongest) if strongest in names else 0
    product = st.selectbox("What goes with", list(names), index=first, format_func=lambda one: names.get(one, "–"), key="baskets_with", width=360)
    name = words.plain(names[product])
    beside = run.cached(jobs.baskets.beside, product_id=int(product), doing="Counting baskets", **chosen.how)
    st.markdown(_sentence(name, beside))
    left, right = st.columns(2)
    with left:
        st.markdown("**In the same order**")
        _table(beside, beside["name"], "Also bought", key="with")
    with right:
        st.markdown("**Leads to it**")
        leading = run.cached(jobs.baskets.leading_to, product_id=int(product), **chosen.how)
        leading = leading[~leading["redundant"]]
        _table(leading, leading["antecedent_names"].map(" + ".join), "Who buys", key="leads")
    page.download(lambda _session: _download(beside, leading, names[product]), file_name="goes_with.csv", key="download_with",
                  label="Download both")


def _sentence(name: str, beside: pd.DataFrame) -> str:
    sure = beside[_sure(beside)]
    if beside.empty:
        return f"Nothing lay beside {name} in five orders or more."
    if sure.empty:
        return f"**{name}** lies in {words.count(beside['of'].iloc[0])} orders. Nothing lies beside it more often than by chance."
    top = sure.iloc[0]
    return (f"**{name}** lies in {words.count(top['of'])} orders; {words.plain(top['name'])} is in {basket_words.share(top['confidence'])} "
            f"of them, {basket_words.times(top['lift'])} times the usual.")


def _sure(table: pd.DataFrame) -> pd.Series:
    return (table["size_q_value"] <= basket_words.SURE) & (table["size_lift"] > 1)


def _table(table: pd.DataFrame, names: pd.Series, heading: str, *, key: str) -> None:
    shown = table.head(SHOWN)
    rows = pd.DataFrame({"name": names.head(SHOWN), "confidence": basket_words.in_percent(shown["confidence"]), "lift": shown["lift"],
                         "count": shown["count"], "real": _sure(shown).map(basket_words.REAL)})
    st.dataframe(rows, hide_index=True, height="content" if len(rows) <= FEW_SHOWN else 424, key=f"table_{key}", alt=heading,
                 placeholder="–", column_config={
        "name": st.column_config.TextColumn(heading, width=200),
        "confidence": st.column_config.NumberColumn("In", format="%f %%", width=60, help="In so many of the orders with the first"),
        "lift": st.column_config.NumberColumn("× usual", format="%.1f", width=72),
        "count": st.column_config.NumberColumn("Orders", format="%,d", width=64),
        "real": st.column_config.TextColumn("Real?", width=76, help=REAL_HELP)})


def _download(beside: pd.DataFrame, leading: pd.DataFrame, name: str) -> pd.DataFrame:
    figures = ["count", "of", "confidence", "usual_share", "lift", "p_value", "q_value", "size_lift", "size_q_value"]
    return pd.concat([beside[figures].assign(from_products=name, to_product=beside["name"]),
                      leading[figures].assign(from_products=leading["antecedent_names"].map(" + ".join), to_product=name)],
                     ignore_index=True)[["from_products", "to_product", *figures]]
