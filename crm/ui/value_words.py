"""What does the page of value say? What is to come and how sure it is, whom it rests on, and the method."""

import hashlib
import math

import pandas as pd
import streamlit as st

from crm.analytics import value
from crm.analytics.value import CustomerValue, HoldOut, PastValue
from crm.ui import chart, page, run, words

MONTHS = {"3 months": 3, "6 months": 6, "12 months": 12, "24 months": 24}
GROUPINGS = {"channel": "Won through", "segment": "Group", "cohort": "First order"}
WITHOUT_GROUP = "Not known"
SHOWN = 100  # the most valuable ones; everybody is in the download
LIKELY, DOUBTFUL, UNLIKELY = 0.8, 0.5, 0.2  # the model's chance of still being a customer, from which words change


def months() -> int:
    """How many months ahead."""
    chosen = st.segmented_control("Looking ahead", list(MONTHS), default="12 months", required=True, key="value_months",
                                  bind="query-params")
    return MONTHS[chosen or "12 months"]


def options() -> tuple[float, bool]:
    """The yearly discount, 0..1, and whether margins are shown."""
    with st.popover("More options", icon=":material/tune:"):
        percent = st.number_input("Yearly discount, in %", min_value=0, max_value=100, value=10, step=1,
                                  key="value_discount", help="Money that comes in a year is worth that much less than money "
                                                             "today: interest that you pay or forgo, and risk.")
        with_margin = st.toggle("Show margins", key="value_margin",
                                help="What remains after the cost of the goods, where costs are known.")
    return percent / 100, with_margin


def sentence(result: CustomerValue, currency: str) -> str:
    """What existing customers will spend, how sure that is, and how much of the revenue rests on a few."""
    total, concentrated = result.total, result.past.concentration
    amount, low, high = (_about(total[name], currency) for name in ("expected_spend", "spend_low", "spend_high"))
    people = words.count(len(result.customers))
    head = (f"**The {people} customers you have will spend about {amount} in the next {result.months} months** "
            f"({low} to {high} in eight of ten cases).")
    share = concentrated.top_fifth_share
    rests = "" if share != share else f" The top fifth of them brought {words.share(share)} of the revenue so far."
    return f"{head}{rests} {_trust(result.hold_out)}"


def past_sentence(past: PastValue, currency: str) -> str:
    """The answer where orders are too few to look ahead."""
    people, amount = words.count(len(past.customers)), page.amount(past.revenue, currency)
    share = past.concentration.top_fifth_share
    if share != share:
        return f"**So far, {people} customers brought {amount}.**"
    return f"**So far, {people} customers brought {amount}; the top fifth of them brought {words.share(share)} of it.**"


def _trust(tested: HoldOut | None) -> str:
    if tested is None:
        return "The forecast could not be tested on your own orders yet."
    weeks = words.count(tested.days / 7)
    expected, came = words.count(tested.expected_purchases), words.count(tested.actual_purchases)
    return (f"Tested on the last {weeks} weeks, it would have expected {expected} purchases of the customers of then; {came} "
            "came.")


def _about(amount: float, currency: str) -> str:
    """An estimate with three digits, for the others would pretend to know."""
    if amount == amount and amount != 0:
        amount = round(amount, 2 - math.floor(math.log10(abs(amount))))
    return page.amount(amount, currency).removesuffix(".00")


def cautions(result: CustomerValue) -> None:
    """What limits these figures, in one box; nothing where nothing does."""
    if result.warnings:
        st.warning("\n\n".join(words.plain(sentence) for sentence in result.warnings), icon=":material/warning:")


def figures(result: CustomerValue, currency: str, *, with_margin: bool) -> None:
    """The totals as cards."""
    total, past = result.total, result.past
    discount = words.share(result.yearly_discount)
    with st.grid(4, min_column_width=170):
        _card(f"Next {result.months} months", _about(total["expected_spend"], currency),
              f"{_about(total['spend_low'], currency)} to {_about(total['spend_high'], currency)}")
        _card("Worth today", _about(total["present_value"], currency), f"discounted by {discount} a year")
        _card("Purchases to come", words.count(total["expected_purchases"]),
              f"{words.count(total['purchases_low'])} to {words.count(total['purchases_high'])}")
        if with_margin:
            _card("Margin of that", _about(total["expected_margin"], currency),
                  f"costs are known for {words.share(past.known_cost_share)} of sales" if past.known_cost_share
                  else "no costs are known")
        else:
            _card("Brought so far", page.amount(past.revenue, currency), f"up to {words.day(result.as_of)}")


def _card(label: str, figure: str, below: str) -> None:
    with st.container(border=True):
        st.metric(label, figure)
        st.caption(below)


def customers_table(result: CustomerValue, names: pd.DataFrame, currency: str, *, with_margin: bool) -> None:
    """The most valuable customers; a click opens one."""
    first = result.customers.head(SHOWN).merge(names, on="customer_id", how="inner")
    first = first.assign(still=_still(first))
    money = f"{words.sign(currency)} %,.0f"
    narrow = 65 if with_margin else 78
    columns = {
        "customer_name": st.column_config.TextColumn("Customer", width=130 if with_margin else 150),
        "expected_spend": st.column_config.NumberColumn("Expected", format=money, width=narrow),
        "spend_low": st.column_config.NumberColumn("From", format=money, width=narrow),
        "spend_high": st.column_config.NumberColumn("To", format=money, width=narrow)}
    if with_margin:
        columns["expected_margin"] = st.column_config.NumberColumn("Margin", format=money, width=narrow)
    columns |= {"still": st.column_config.TextColumn("Still a customer?", width=95 if with_margin else 110),
                "past_spend": st.column_config.NumberColumn("So far", format=money, width=narrow)}
    mark = hashlib.sha256(repr((result.as_of, result.parameters, first["customer_id"].tolist(),
                                run.current().key)).encode()).hexdigest()[:12]
    event = st.dataframe(first[list(columns)], key=f"value_list_{mark}", hide_index=True, height=600, on_select="rerun",
                         selection_mode="single-cell", placeholder="–", column_config=columns,
                         alt="Customers, those who are expected to spend most first")
    st.caption(f"What each is expected to spend in the next {result.months} months, and the range in eight of ten cases. Click a "
               "customer to open the record.")
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: with other choices it would mean somebody else.
        page.go_to("customer", customer=str(first["customer_id"].iloc[cells[0][0]]))


def past_table(past: PastValue, names: pd.DataFrame, currency: str) -> None:
    """Who brought most, where orders are too few to look ahead."""
    first = past.customers.head(SHOWN).merge(names, on="customer_id", how="inner")
    money = f"{words.sign(currency)} %,.0f"
    st.dataframe(first[["customer_name", "past_spend", "purchase_days", "past_margin"]], hide_index=True, height=400,
                 placeholder="–", alt="Customers, those who brought most first", column_config={
                     "customer_name": st.column_config.TextColumn("Customer", width=150),
                     "past_spend": st.column_config.NumberColumn("So far", format=money),
                     "purchase_days": st.column_config.NumberColumn("Purchases", format="%,d"),
                     "past_margin": st.column_config.NumberColumn("Margin", format=money)})


def spelled_out(table: pd.DataFrame) -> pd.DataFrame:
    """The table for a download: amounts to the cent, the chance of still being a customer in words only."""
    money = [name for name in table.columns if name.endswith(("_spend", "_low", "_high", "_value", "_margin"))]
    rounded = table.assign(**{name: table[name].round(2) for name in money},
                           expected_purchases=table["expected_purchases"].round(2),
                           known_cost_share=table["known_cost_share"].round(3), still_a_customer=_still(table))
    return rounded.drop(columns=["alive"])


def _still(customers: pd.DataFrame) -> list[str]:
    # The model lets nobody leave before a second purchase, so that its chance says nothing of one-time buyers.
    return ["bought once" if days == 1 else "very likely" if alive >= LIKELY else "likely" if alive >= DOUBTFUL
            else "doubtful" if alive >= UNLIKELY else "hardly"
            for days, alive in zip(customers["purchase_days"], customers["alive"], strict=True)]


def concentrated(past: PastValue, result: CustomerValue | None = None) -> None:
    """The Lorenz curve, and what it says."""
    found = past.concentration
    if found.gini != found.gini:
        st.caption("How unequal customers are can be said from two customers with revenue on.")
        return
    chart.show(value.charts.lorenz(found, None if result is None else result.ahead_concentration,
                                   words=("All alike", "So far", "Expected")),
               key="lorenz", height=260, alt="Share of revenue against share of customers, those who bring least first.")
    share = found.top_fifth_share
    of_fifth = "" if share != share else f"The top fifth brought {words.share(share)}. "
    note = (f" {words.count(found.counted_as_nothing)} customers who got back more than they paid count as 0."
            if found.counted_as_nothing else "")
    st.caption(f"{of_fifth}Gini coefficient {found.gini:.2f}: 0 is everybody alike, 1 a single customer.{note}")


def tested(result: CustomerValue, currency: str) -> None:
    """The test on the owner's own later orders."""
    found = result.hold_out
    if found is None:
        st.info(words.plain(result.hold_out_missing or "There were too few orders for a test."),
                icon=":material/lightbulb:")
        return
    chart.show(value.charts.tested(found, words=("Expected", "Came")), key="tested", height=260,
               alt="Purchases expected and purchases that came, by how often customers had bought before.")
    low, high = words.count(found.purchases_low), words.count(found.purchases_high)
    spend, from_, to = (_about(amount, currency) for amount in (found.expected_spend, found.spend_low, found.spend_high))
    wider = ("" if found.model_error == 0 else
             " Chance does not explain the difference, so the ranges on this page are wider for it.")
    st.caption(f"On {words.day(found.cutoff)}, {words.count(found.expected_purchases)} purchases ({low} to {high}) would have "
               f"been expected of the {words.count(found.customers)} customers of then in the next "
               f"{words.count(found.days / 7)} weeks; {words.count(found.actual_purchases)} came. In money, {spend} "
               f"({from_} to {to}) would have been expected; {_about(found.actual_spend, currency)} came.{wider}")


def groups(tables: dict[str, pd.DataFrame], currency: str, *, with_margin: bool, months: int | None) -> None:
    """Value by channel, saved group or cohort; `months` None: only the past is known."""
    offered = {words_of: name for name, words_of in GROUPINGS.items() if name in tables}
    chosen = st.segmented_control("By", list(offered), default=next(iter(offered)), required=True, key="value_by",
                                  label_visibility="collapsed") or next(iter(offered))
    table = tables[offered.get(chosen, next(iter(offered.values())))]
    ahead = months is not None
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        figure = value.charts.by_group(table, amount="expected_spend" if ahead else "past_spend",
                                       low="expected_low" if ahead else None, high="expected_high" if ahead else None,
                                       without_group=WITHOUT_GROUP)
        chart.show(figure, key="groups", height=max(180, 34 * min(len(table), value.charts.MOST_GROUPS) + 60),
                   currency_axis="x", currency=currency, alt="What each group of customers brings, with its range.")
        if figure.layout.meta["left_out"]:
            st.caption(f"The {value.charts.MOST_GROUPS} largest; the table has all.")
    with right:
        _groups_table(table, chosen, currency, with_margin=with_margin, ahead=ahead)
    if "segment" not in tables:
        st.caption("Save a result on the page of groups to see what each group is worth.")


def _groups_table(table: pd.DataFrame, label: str, currency: str, *, with_margin: bool, ahead: bool) -> None:
    money = f"{words.sign(currency)} %,.0f"
    narrow = 72 if with_margin else 85

    def amount(words_of: str):
        return st.column_config.NumberColumn(words_of, format=money, width=narrow)

    columns = {"group": st.column_config.TextColumn(label, width=95 if with_margin else 110),
               "customers": st.column_config.NumberColumn("Customers", format="%,d", width=72)}
    if ahead:
        columns |= {"expected_spend": amount("Expected"), "expected_each": amount("Each")}
        columns |= {"expected_margin": amount("Margin")} if with_margin else {}
    columns |= {"past_spend": amount("So far")}
    columns |= ({"past_margin": amount("Its margin")} if with_margin else
                {"share_of_past": st.column_config.NumberColumn("Of revenue", format="%.0f %%", width=80)})
    shown = table.assign(group=table["group"].fillna(WITHOUT_GROUP), share_of_past=table["share_of_past"] * 100)
    st.dataframe(shown[list(columns)], hide_index=True, height="content" if len(table) <= 12 else 455, placeholder="–",
                 alt="Groups of customers and what they bring", column_config=columns)


def new_customers(result: CustomerValue, currency: str) -> None:
    """What a new customer is worth, and what winning one may cost."""
    percent = st.slider("Spend at most this share of it on winning one", 0, 100, 30, step=5, format="%d %%",
                        key="payback_share", width=340)
    found = result.newcomers
    everybody = value.allowed_cost(found, share=percent / 100).iloc[0]
    what = "margin" if found.is_margin else "revenue"
    if everybody["worth"] != everybody["worth"]:
        st.caption("That takes ten customers who were won in the last three years.")
        return
    worth, low, high, allowed = (_about(everybody[name], currency)
                                 for name in ("worth", "worth_low", "worth_high", "allowed"))
    st.markdown(f"**A new customer brings about {worth} of {what} in the first {result.months} months** ({low} to {high}), so "
                f"winning one may cost up to **{allowed}**.")
    if not found.is_margin:
        st.caption("No costs of goods are known, so this is revenue: what remains of it for you is less.")
    by_channel = found.groups.get("channel")
    if by_channel is not None:
        table = value.allowed_cost(found, share=percent / 100, grouping="channel")
        money = f"{words.sign(currency)} %,.0f"
        st.dataframe(table[["group", "allowed", "worth", "worth_low", "worth_high", "customers"]], hide_index=True,
                     height="content", placeholder="–", alt="What a new customer may cost, by channel", column_config={
                         "group": st.column_config.TextColumn("Won through", width=110),
                         "allowed": st.column_config.NumberColumn("May cost", format=money, width=80),
                         "worth": st.column_config.NumberColumn("Brings", format=money, width=75),
                         "worth_low": st.column_config.NumberColumn("From", format=money, width=75),
                         "worth_high": st.column_config.NumberColumn("To", format=money, width=75),
                         "customers": st.column_config.NumberColumn("Won, 3 years", format="%,d", width=85)})
    st.caption("An estimate: the mean of the customers won in the last three years, the first purchase included, discounted to "
               "its day; what recent ones have still to bring is forecast. From and to: the range of the mean in eight of ten "
               "cases; a single customer may bring anything. A dash: fewer than ten customers.")


def method(result: CustomerValue, currency: str) -> None:
    """How it was computed, with the parameters of this result, and what it does not know."""
    fit = result.quality
    st.markdown(
        "**Purchases** (BG/NBD; Fader, Hardie & Lee 2005). A purchase is a day with an order. While somebody is a customer, "
        "purchases come at random at a rate λ of one's own; after each one, the customer leaves for good with a chance p of "
        "one's own. λ and p differ between customers:")
    st.latex(r"\lambda \sim \text{Gamma}(r, \alpha), \qquad p \sim \text{Beta}(a, b)")
    st.markdown("From a customer's repeat purchases x, the week t of the last one and the age T, all since the first purchase, "
                "follow the chance of still being a customer and that of at least n further purchases in the next s weeks:")
    st.latex(r"P(\text{alive}) = \left[1 + \frac{a}{b + x - 1} \left(\frac{\alpha + T}{\alpha + t}\right)^{r + x}\right]^{-1}"
             r"\ (x > 0)")
    st.latex(r"P(N \ge n) = P(\text{alive}) \cdot P(M \ge n) \prod_{j=1}^{n-1} \frac{b + x + j - 1}{a + b + x + j - 1},"
             r"\quad M \sim \text{NegBin}\left(r + x, \tfrac{\alpha + T}{\alpha + T + s}\right)")
    st.markdown(
        "**Spend a purchase** (Gamma-Gamma; Fader & Hardie 2013): a customer's own mean m of the repeat purchases, net of "
        "returns, drawn towards everybody's the fewer they are. One-time buyers get everybody's mean.")
    st.latex(r"E(\text{spend a purchase}) = \frac{p\,(\gamma + x\,m)}{p\,x + q - 1}")
    if fit["p"] is None:
        st.markdown("Here that does not hold, so each customer's own mean is drawn towards everybody's by how much customers "
                    "differ against how much one's own purchases do (Bühlmann & Straub 1970).")
    _parameters(fit, currency)
    _limits(result)


def _parameters(fit: dict, currency: str) -> None:
    shown = {"r": ("r", "{:.4g}"), "α (weeks)": ("alpha", "{:.4g}"), "a": ("a", "{:.4g}"), "b": ("b", "{:.4g}"),
             "log-likelihood, purchases": ("log_likelihood", "{:,.2f}"), "p": ("p", "{:.4g}"), "q": ("q", "{:.4g}"),
             f"γ ({currency})": ("gamma", "{:,.4g}"), "log-likelihood, spend": ("gamma_gamma_log_likelihood", "{:,.2f}")}
    table = pd.DataFrame([{"parameter": words_of, "value": "–" if fit[name] is None else form.format(fit[name])}
                          for words_of, (name, form) in shown.items()])
    st.dataframe(table, hide_index=True, height="content", alt="The parameters of this result",
                 column_config={"parameter": "Parameter", "value": "Most likely value"})
    related = fit["spend_against_frequency"]
    correlation = "unknown" if related != related else f"{related:.2f}"
    st.markdown(f"Fitted by maximum likelihood to {words.count(fit['customers'])} customers, {words.count(fit['repeat_buyers'])} "
                f"of whom bought again. Rank correlation of spend a purchase with the number of purchases: {correlation} (it "
                "should be near 0).")


def _limits(result: CustomerValue) -> None:
    tested = result.hold_out
    wider = ("nothing is added for a wrong model, for it could not be tested" if tested is None else
             "nothing is added for a wrong model, for the test found no error that chance does not explain"
             if tested.model_error == 0 else
             f"{words.share(tested.model_error)} of the sum is added for a wrong model, as far as the test found it off beyond "
             "chance")
    st.markdown(
        "**Ranges** hold in eight of ten cases: they count each customer's own chance and how far the parameters may be off; "
        f"{wider}. On invented companies whose truth is known, the range of the sum held in 84 to 90 of 100 cases, and in about "
        "60 where the forecast looked three times as far ahead as orders reached back.\n\n"
        "**Worth today**: what comes after t years counts 1 / (1 + d)ᵗ of itself, with a yearly discount d of "
        f"{words.share(result.yearly_discount)}. **Margins** come only from lines with a known cost; the expected ones take each "
        "customer's own margin rate, drawn towards everybody's the less was bought (Bühlmann & Straub 1970).\n\n"
        "**How unequal**: the Gini coefficient is twice the area between the curve and the dotted line.\n\n"
        "**What it does not know**: seasons, campaigns, prices that change, and customers from before the first order on "
        "record, who look new. It never takes a one-time buyer for gone: the chance of still being a customer is 1 for all "
        "of them, so it is not shown as one; for who is leaving, see the page of that name.")
