"""What does the page of the network say? Who brings customers, what that is worth, how far to trust it, the method."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics import network
from crm.analytics.network import Comparison, Drawing, NetworkResult
from crm.ui import page, run, words

SHOWN = 100  # referrers in the table; the download has everybody


def sentence(result: NetworkResult, currency: str) -> str:
    """How many brought how many, and what these spent."""
    totals = result.totals
    if totals["referrers"] == 0:
        return (f"**Nobody is on record as having brought a customer yet.** {_customers(totals['belonging'])} on record "
                "as belonging to a company or to another customer, which the picture below shows.")
    spent = page.amount(totals["spend_of_referred"], currency)
    head = f"**{_customers(totals['referrers'])} brought {_others(totals['referred'])}, who spent {spent}**"
    if totals["share_of_revenue"] == totals["share_of_revenue"]:
        head = f"{head}: {_share(totals['share_of_revenue'])} of revenue"
    return f"{head}. Only what is on record counts, so word of mouth may well have brought more."


def _customers(number: int) -> str:
    return "1 customer" if number == 1 else f"{words.count(number)} customers"


def _others(number: int) -> str:
    return "1 other" if number == 1 else f"{words.count(number)} others"


def _share(part: float) -> str:
    return words.share(part, 0 if part >= 0.1 else 1)


def referrers_table(result: NetworkResult, currency: str) -> None:
    """Who brought most value; a click opens the customer."""
    shown = result.customers[result.customers["brought"] > 0].head(SHOWN)
    names = called(result, shown["customer_id"])
    rows = pd.DataFrame({"customer": [names[customer_id] for customer_id in shown["customer_id"]],
                         "brought": shown["brought_in_all"], "spent": shown["value_brought"],
                         "directly": shown["brought"], "generations": shown["generations"]})
    # With another day or company it is another table: a row chosen in the old one would mean somebody else.
    event = st.dataframe(
        rows, key=f"referrers_{run.current().key}_{result.as_of}_{len(result.customers)}", hide_index=True, height=400 if
        len(rows) > 10 else "content", on_select="rerun", selection_mode="single-cell",
        alt="Customers who brought others, those whose customers spent most first", column_config={
            "customer": st.column_config.TextColumn("Customer", width=145),
            "brought": st.column_config.NumberColumn("Brought", format="%,d", width=75),
            "spent": st.column_config.NumberColumn("They spent", format=f"{words.sign(currency)} %,.0f", width=90),
            "directly": st.column_config.NumberColumn("Directly", format="%,d", width=75),
            "generations": st.column_config.NumberColumn("Generations", format="%d")})
    cells = event["selection"]["cells"] if event else []
    if cells:
        page.go_to("customer", customer=str(shown["customer_id"].iloc[cells[0][0]]))
    st.caption("Brought counts everybody who came through them, also through those whom they brought. "
               "Click a line to open the customer.")


def called(result: NetworkResult, ids: Iterable[int]) -> dict[int, str]:
    """What customers and hubs of these ids are called."""
    known = run.cached(jobs.names.customers)
    wanted = known[known["customer_id"].isin(list(ids))]
    hubs = result.graph.hubs
    return {**dict(zip(hubs["node_id"].tolist(), hubs["name"].tolist(), strict=True)),
            **dict(zip(wanted["customer_id"].tolist(), wanted["customer_name"].tolist(), strict=True))}


def hovers(drawing: Drawing, names: dict[int, str], currency: str) -> dict[int, str]:
    """One sentence a node."""
    return {node: _hover(names.get(node, "–"), node, brought, worth, currency) for node, brought, worth in zip(
        drawing.nodes["node_id"].tolist(), drawing.nodes["brought_in_all"].tolist(),
        drawing.nodes["value_brought"].tolist(), strict=True)}


def _hover(name: str, node: int, brought: int, worth: float, currency: str) -> str:
    if node < 0:
        return f"{name}, a company that is no customer itself"
    if brought == 0:
        return name
    return f"{name} brought {_others(brought)}, who spent {words.money(worth, currency)}"


def around(result: NetworkResult, customer_id: int, name: str, currency: str) -> str:
    """What one customer brought, by whom it was brought, and to whom it belongs."""
    own = result.customers.set_index("customer_id").loc[customer_id]
    names = called(result, [own["referrer_id"], own["whole_id"]])
    told = [f"**{words.plain(name)}** spent {page.amount(own['spend'], currency)}."]
    if own["brought"] > 0:
        told.append(f"Brought {_others(int(own['brought_in_all']))}, who spent {page.amount(own['value_brought'], currency)}.")
    if own["referrer_id"] > 0:
        told.append(f"Was brought by {words.plain(names.get(own['referrer_id'], '–'))}.")
    if own["whole_id"] != 0:
        told.append(f"Belongs to {words.plain(names.get(own['whole_id'], '–'))}.")
    return " ".join(told)


def left_out(drawing: Drawing) -> str:
    """What the overview shows and what it does not."""
    if drawing.left_out == 0:
        return ("Everybody who is linked to somebody. The larger the point, the more those spent whom the customer "
                "brought. Click a point to see its surroundings below.")
    if drawing.families == drawing.families_in_all:
        return (f"Drawn are the {words.count(len(drawing.nodes))} who spent or brought most, with what links them; "
                f"{words.count(drawing.left_out)} more are not drawn. The larger the point, the more those spent whom the "
                "customer brought. Click a point to see its surroundings below.")
    return (f"Drawn are {words.count(drawing.families)} of {words.count(drawing.families_in_all)} families (all who are linked, "
            "directly or through others), those whose brought customers spent most; "
            f"{words.count(drawing.left_out)} more customers are not drawn. The larger the point, the more those spent whom "
            "the customer brought. Click a point to see its surroundings below.")


def compared(found: Comparison, currency: str) -> str:
    """Whether those brought by others spend more and come back more often, as far as chance allows to say."""
    referred, other = found.groups.to_dict("records")
    spend = {name: page.amount(group["mean_spend"], currency) for name, group in (("referred", referred), ("other", other))}
    back = {name: words.share(group["repeat_rate"]) for name, group in (("referred", referred), ("other", other))}
    return (f"In the first {found.window_days} days after their first order, customers brought by others spent "
            f"{spend['referred']} on average and the rest {spend['other']}; {_beyond_chance(found.spend_difference)}\n\n"
            f"{back['referred']} of them came back, of the rest {back['other']}; {_beyond_chance(found.repeat_difference)}")


def _beyond_chance(difference: tuple[float, float, float]) -> str:
    _, low, high = difference
    if low > 0:
        return "that is more than chance explains."
    if high < 0:
        return "that is less, and more so than chance explains."
    return "the difference may be chance."


def leaders_table(result: NetworkResult) -> None:
    """The first ten by each way of measuring, side by side."""
    table = network.leaders(result)
    ways = ["by_value", "by_pagerank", "by_authority"]
    names = called(result, pd.unique(table[ways].stack().dropna()).tolist())
    shown = table.assign(**{way: [names.get(one, "") if pd.notna(one) else "" for one in table[way]] for way in ways})
    st.dataframe(shown, hide_index=True, height="content", alt="The first ten by each way of measuring", column_config={
        "place": st.column_config.NumberColumn("", format="%d", width=40),
        "by_value": "Value brought", "by_pagerank": "PageRank", "by_authority": "HITS"})
    together = len(set(table["by_value"].dropna()) & set(table["by_pagerank"].dropna()))
    st.caption(f"{together} of the first {len(table)} by value brought are among the first by PageRank too. PageRank and HITS "
               "count links, not money, and also those from people to their company. Where everybody was brought by one "
               "other at most, HITS names only those with the most links.")


def method(result: NetworkResult, currency: str) -> None:
    """How it was computed, with the figures of this result."""
    totals, graph = result.totals, result.graph
    st.markdown(
        "A link leads **from the customer who was brought to the one who brought**, and from people and subsidiaries to their "
        "company. **Brought** counts all generations: whom somebody brought, whom these brought, and so on. **They spent** "
        f"is the net spend of all of them up to {words.day(result.as_of)}:")
    st.latex(r"V(a) = \sum_{b \,\in\, \text{brought by } a \text{, in all generations}} \text{net spend}(b)")
    best = result.customers.iloc[0]
    if best["brought"] > 0:
        name = called(result, [best["customer_id"]]).get(best["customer_id"], "–")
        st.markdown(f"**{words.plain(name)}** brought {_others(int(best['brought_in_all']))}, who spent "
                    f"{page.amount(best['value_brought'], currency)}. Who was brought by somebody who was brought counts for both, "
                    "so the column does not add up to the sum in the sentence above, where everybody counts once.")
    st.markdown("**Importance** flows along the links, from the brought to the bringer: PageRank (Brin & Page 1998), with "
                f"d = {network.DAMPING} and L the number of links that leave a customer,")
    st.latex(r"p_i = \frac{1-d}{N} + d \sum_{j \to i} \frac{p_j}{L_j} \qquad\text{and HITS (Kleinberg 1999)}\qquad "
             r"a = A^{\top} h, \quad h = A\,a")
    st.markdown(
        "both by power iteration; who leads to nobody gives the importance to all alike. **Referred against others**: only "
        "customers whose first order is long enough ago, and only the days after it, so that old and new ones compare. "
        "Intervals are 95 %: of means by bootstrap (Efron 1979), of shares by Wilson (1927), of their difference by "
        "Newcombe (1998). A difference says nothing about its cause: people who are alike know each other.")
    st.markdown(
        "**Who belongs to whom** is read from the field Company, in whatever case, spacing and legal form it is written, and "
        "from own fields such as “subsidiary_of”, “parent” or “referred_by” that hold a customer's name or code. It has no "
        "day, so it is the same on every day.")
    notes = [(graph.undated, "referrals have no day and count on every day."),
             (graph.second_referrers, "referrals were left out: the customer had been brought by somebody else before."),
             (graph.self_loops, "customers are said to have brought themselves, which was left out."),
             (totals["in_circles"], "customers brought each other in a circle, by the data; each then counts as having brought "
                                    "everybody who hangs on it."),
             (graph.unresolved, "names in such fields fit no customer, or several, and were left out.")]
    for number, told in notes:
        if number:
            st.markdown(f"- {words.count(number)} {told}")
