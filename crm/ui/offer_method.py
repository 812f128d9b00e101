"""How are offers made, measured and valued? The method in use, the formulas, their sources and limits."""

import streamlit as st

from crm.jobs.recommendations import Learned
from crm.ui import offer_words, words

# Method -> what it does and its formula
HOW = {
    "popular": ("Products are ranked by how many customers bought them.", r"s(c, p) = n_p"),
    "recent": ("Products are ranked by how many customers bought them in the last days.", r"s(c, p) = n_p^{\text{recent}}"),
    "group": ("Products are ranked by their share among customers of the same kind, gender and age, pulled towards everybody's share the "
              "more the smaller the group is (empirical Bayes).", r"s(c, p) = \frac{n_{gp} + k\, n_p / n}{n_g + k}"),
    "items": ("Item-based collaborative filtering (Sarwar et al. 2001): every product is compared with every other by who bought both, and "
              "what goes best with a customer's products is offered.",
              r"s(c, p) = \sum_{q \in c} \frac{n_{qp}}{\sqrt{n_q n_p}} \cdot \frac{n_{qp}}{n_{qp} + 20}"),
    "users": ("User-based collaborative filtering (Resnick et al. 1994): the customers who bought most alike are looked for, and what they have "
              "is offered.", r"s(c, p) = \sum_{d \in N_k(c)} \text{sim}(c, d)\,[d \text{ has } p]"),
    "baskets": ("As with products bought by the same customers, but counted over orders: what lies in one order with a customer's products.",
                r"s(c, p) = \sum_{q \in c} \frac{n_{qp}}{\sqrt{n_q n_p}} \quad\text{over orders}"),
    "content": ("Content-based: products are alike by category, price and the words of name and description (TF-IDF), and what is most like a "
                "customer's products is offered.", r"s(c, p) = \sum_{q \in c} \cos(x_q, x_p)"),
    "linear": ("EASE (Steck 2019): one weight for every pair of products, all of them chosen together so that each customer's products are "
               "foretold best by the customer's other products.",
               r"\min_B \lVert X - XB \rVert^2 + \lambda \lVert B \rVert^2, \quad \operatorname{diag}(B) = 0"),
    "svd": ("Truncated singular value decomposition (Cremonesi et al. 2010): a few hidden tastes that explain the purchases best.",
            r"X \approx U_k \Sigma_k V_k^\top, \quad s(c, \cdot) = x_c V_k V_k^\top"),
    "nmf": ("Non-negative matrix factorisation (Lee & Seung 1999): a few hidden tastes that only add up.", r"X \approx WH, \quad W, H \ge 0"),
    "blend": ("The scores of several methods, each made comparable and weighed.", r"s(c, p) = \sum_m w_m\, z_m(c, p)"),
    "own_count": ("Of what a customer had, products are ranked by the number of days on which they were bought.", r"s(c, p) = n_{cp}"),
    "own_recent": ("The same, a day counting half as much the longer ago it is.", r"s(c, p) = \sum_d 2^{-\text{age}(d) / h}"),
    "due": ("Of what a customer had, products are ranked by how often they were bought, and by how much of the usual time until the next purchase "
            "has passed: the customer's own rhythm, pulled towards that of the product's other buyers.",
            r"s(c, p) = r_p(n_{cp}, t / g_{cp}), \quad g_{cp} = \frac{m\, g_p + \sum \text{own gaps}}{m + \text{number of own gaps}}"),
}


def draw(learned: Learned) -> None:
    """Method, test, chances and worth, limits; with the user's own numbers."""
    sold = learned.known.purchases
    told, formula = HOW[learned.method]
    st.markdown(f"**Offers are chosen by {offer_words.METHODS[learned.method]}.** {told}")
    st.latex(formula)
    if learned.parameters:
        st.caption("Settings: " + ", ".join(f"{name} {_written(value)}" for name, value in learned.parameters.items()) + ".")
    days = learned.lister.exclude_recent_days
    st.markdown(
        f"It learned from {words.count(len(sold.product))} sold lines of {words.count(len(sold.product_ids))} products by "
        f"{words.count(len(sold.customer_ids))} customers, up to {words.day(sold.as_of)}. Discontinued and sold-out goods are learned from, for "
        f"they tell about taste; of all of them {words.count(learned.products)} may be offered. Postage and fees do not count; a return takes "
        "no purchase away. "
        + ("What a customer bought before is never offered as something new." if learned.question == "new" else
           f"Only what a customer bought before is offered, and nothing of the last {words.count(days)} days."))
    st.markdown("Who has bought nothing yet is offered what is popular with customers of the same kind, gender and age (or country), or, as chosen under "
                "“More options”, with those of the same saved segment; and that is said.")
    _test(learned)
    _worth(learned)
    st.markdown("**Reasons** are counted from purchases, whatever the method: “38 % of its buyers, 4.1 times the usual share” means that of those "
                "who bought the one product 38 % bought the other too, and that this is 4.1 times the share among all customers (lift). They say "
                "what goes together, not what causes what. Customers are counted here, orders on the page Baskets: what one buys in two orders goes "
                "together here and not there.")


def _test(learned: Learned) -> None:
    found = learned.comparison
    if found is None:
        return
    st.markdown(
        f"**The test:** {offer_words.measured_by(found)} Each method then made a list of {found.top} out of all {words.count(found.products)} "
        "products, and what was really bought was looked up in it"
        + (", as far as it was new to the customer." if found.question == "new" else ", as far as the customer had had it before.")
        + " The method with the best NDCG is proposed, but the simplest of those within one standard error of it (Breiman et al. 1984); it counts as "
        "better than the best sellers only where the whole 95 % interval of the difference lies above 0, widened for the "
        f"{found.tried} methods tried at once (Bonferroni).")
    st.latex(r"\text{NDCG} = \frac{1}{\text{best possible}} \sum_{\text{hits}} \frac{1}{\log_2(\text{place} + 1)}")
    st.caption("Järvelin & Kekäläinen 2002. Intervals by bootstrap over customers (Efron 1979), 1,000 draws. Other customers' later orders are known to "
               "the methods here; “A later time” under “Compare methods” hides these too.")


def _worth(learned: Learned) -> None:
    if learned.chances is None:
        st.markdown("**Expected amounts** are not told: too few customers came back to count chances from.")
        return
    by_place = learned.chances.scores is None
    steps = learned.chances.ranks if by_place else learned.chances.scores
    counted = ("how often what stood at each place was bought, so the same place has the same chance on every list" if by_place else
               "how often what had such a score was bought")
    st.markdown(
        f"**Expected amount:** the chance that the customer's next order holds the product, times what a line of it usually comes to (the middle one "
        f"of the last year). Chances are counted: in the hidden orders of {words.count(learned.chances.customers)} customers it was looked up "
        f"{counted}. They hold for customers who order again, and say nothing about whether they do; none is higher "
        f"than what was seen ({words.share(float(steps['chance'].max()), 1)}). Costs and discounts are not taken off, and an offer "
        "may bring forward what would have been bought anyway.")


def _written(value: object) -> str:
    return words.plain(", ".join(map(str, value)) if isinstance(value, (list, tuple)) else f"{value:g}" if isinstance(value, float) else value)
