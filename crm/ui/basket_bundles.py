"""Which products could be sold as a bundle, and how many buyers would have to take it for it to pay?"""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.baskets.bundles import Bundles
from crm.errors import NotEnoughData
from crm.ui import basket_words, page, run, words
from crm.ui.basket_choices import Orders

DISCOUNTS = (5, 10, 15, 20, 25, 30, 40, 50)  # %
UPTAKES = {"I do not know": None, **{f"{share} in 100": share / 100 for share in (1, 2, 5, 10, 15, 20, 30, 50)}}
DAYS = 365  # a year of orders: every season once


def draw(chosen: Orders, currency: str) -> None:
    """The discount, how many would take it, and what that would have meant in the last year."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        discount = st.select_slider("Discount on the bundle", list(DISCOUNTS), value=10, format_func=lambda one: f"{one} %",
                                    key="bundle_discount", width=260)
        taken = st.select_slider("Of the buyers of a part, so many would take it", list(UPTAKES), key="bundle_uptake", width=340)
    found = run.cached(jobs.baskets.bundles, as_of=chosen.as_of, days=DAYS, discount=discount / 100, uptake=UPTAKES[taken],
                       months=chosen.months, doing="Looking for bundles", **chosen.customers)
    if found.table.empty:
        raise NotEnoughData(f"In the {words.count(found.orders)} orders from {words.day(found.since)} on, no products that you "
                            "offer go together more than by chance.")
    st.markdown(_sentence(found, currency))
    _table(found, _ranked(found), currency)
    page.download(lambda _session: _download(found), file_name="bundles.csv", key="download_bundles", label="Download all bundles")
    _notes(found)


def _sentence(found: Bundles, currency: str) -> str:
    paying = found.table[found.table["can_pay"]]
    least = found.table["break_even_share"].min()
    if paying.empty:
        said = "" if least != least else f" Even the best needs more buyers than there are ({words.share(least)})."
        return f"**At {words.share(found.discount)} off, no bundle would have paid for itself.**{said}"
    best = _ranked(found).iloc[0]
    name = basket_words.joined(best["names"])
    needs = words.share(best["break_even_share"], 1 if best["break_even_share"] < 0.1 else 0)
    if found.uptake is None:
        return (f"**{name}** would pay soonest: with {words.share(found.discount)} off, **{needs}** of the "
                f"{words.count(best['orders_with_part'])} orders that held only a part would have had to take the bundle.")
    if best["gain"] <= 0:
        return (f"**With {words.share(found.uptake)} of the buyers of a part, no bundle would have paid** at "
                f"{words.share(found.discount)} off. {name} comes closest: it needs {needs}.")
    return (f"**{name}** would have brought {page.amount(best['gain'], currency)} in a year, if "
            f"{words.share(found.uptake)} of the buyers of a part had taken it; from {needs} on it pays.")


def _ranked(found: Bundles) -> pd.DataFrame:
    """The bundle that the headline names first: what brings most where it is known how many take it, else what pays soonest."""
    by, rising = ("break_even_share", True) if found.uptake is None else ("gain", False)
    return found.table.sort_values(["can_pay", by], ascending=[False, rising], kind="stable", na_position="last")


def _table(found: Bundles, table: pd.DataFrame, currency: str) -> None:
    money = f"{words.sign(currency)} %,.2f"
    shown = pd.DataFrame({
        "names": table["names"].map(" + ".join), "usual": table["usual_price"], "price": table["bundle_price"],
        "all": table["orders_with_all"], "part": table["orders_with_part"], "given": table["given_away"],
        # More than all buyers of a part: it cannot pay, and 130 % of people would be nonsense.
        "needs": [f"{share * 100:.1f} %" if can else "cannot pay" for share, can in
                  zip(table["break_even_share"], table["can_pay"], strict=True)]})
    columns = {
        "names": st.column_config.TextColumn("Bundle", width=270),
        "needs": st.column_config.TextColumn("Pays from", width=90, help="So many of the orders that held a part would have to take "
                                                                         "the bundle for the discount to be earned back"),
        "usual": st.column_config.NumberColumn("Usually", format=money, width=85, help="One piece of each, at the middle price paid"),
        "price": st.column_config.NumberColumn("As a bundle", format=money, width=95),
        "all": st.column_config.NumberColumn("Had all", format="%,d", width=75, help="Orders that held all of it anyway"),
        "part": st.column_config.NumberColumn("Had a part", format="%,d", width=85),
        "given": st.column_config.NumberColumn("Given away", format=f"{words.sign(currency)} %,.0f", width=90,
                                               help="What the discount would have cost on the orders that held all anyway")}
    order = ["names", "needs", "price", "usual", "all", "part", "given"]
    if found.uptake is not None:
        shown["gain"] = table["gain"]
        columns["gain"] = st.column_config.NumberColumn("Brings", format=f"{words.sign(currency)} %,.0f", width=85)
        order.insert(2, "gain")
    st.dataframe(shown, hide_index=True, height="content" if len(shown) <= 10 else 388, column_order=order, column_config=columns,
                 alt="Possible bundles, the one to try first at the top", placeholder="–", key="bundles_table")


def _notes(found: Bundles) -> None:
    st.caption(f"Orders from {words.day(found.since)} to {words.day(found.as_of)}. Only products that you offer, and that go "
               "together more than by chance.")
    unknown = int((found.table["basis"] == "revenue").sum())
    if unknown:
        st.caption("Of one bundle not all costs are known: there, sales count and not what is left of them, which makes it look better "
                    "than it is." if unknown == 1 else
                    f"Of {words.count(unknown)} bundles not all costs are known: there, sales count and not what is left of them, "
                    "which makes them look better than they are.")
    if found.unpriced:
        st.caption(f"Left out, for they had no price: {words.count(found.unpriced)} products." if found.unpriced != 1 else
                   "Left out, for it had no price: one product.")


def method() -> None:
    """How the money of a bundle is worked out."""
    st.markdown(
        "**Bundles:** the discount is given away on orders that held everything anyway. It brings something only where buyers of "
        "a part take the rest because of it. How many will is not known; told is how many must.")
    st.latex(r"\text{pays from} = \frac{n_\text{all} \cdot d \cdot P}{\sum_{S} n_S \,\left((1 - d) P - P_S - C_\text{rest}\right)}")
    st.caption("P: usual price of all, d: discount, n: orders; S: the part that was bought, its usual price and the cost of the rest.")


def _download(found: Bundles) -> pd.DataFrame:
    return _ranked(found).assign(names=_ranked(found)["names"].map(" + ".join)).drop(columns="product_ids")
