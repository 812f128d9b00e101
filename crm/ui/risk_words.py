"""What does the page of risks say? Its sentence, its cards, whom to look at and why, what is missing, its method."""

import pandas as pd
import streamlit as st

from crm.analytics import risk
from crm.analytics.risk import Risk
from crm.ui import page, run, words

SHOWN = 100  # nobody looks into more people in a week
FEW_BUYERS = 4  # with fewer, "the largest three" says nothing
WORTH_NAMING = 1.0  # points, before a part is given as a reason
WORSE_BY, FEWEST_BILLS = 0.25, 3  # share of bills late in both years, before it is called worse
MOST_NAMED = 4
MOST = 0.5  # of the overdue orders: how their due day is known belongs into the answer
LEVELS = {"high": "High", "watch": "Watch", "low": "Low"}
PARTS = {"late": "pays late", "returns": "gives back", "disputes": "complains", "dependence": "much hangs on it"}
DIMENSIONS = {"product": "Product", "category": "Category", "channel": "Channel", "country": "Country"}
DUE_FROM = {"recorded": "On record", "given": "Your term", "usual": "Usual term", "": "Not known"}


def options() -> tuple[int | None, int]:
    """Days to pay where no due day is recorded (None: as the payments show), and days that do not count as late."""
    with st.popover("More options", icon=":material/tune:"):
        terms = st.number_input("Days to pay, where no due day is recorded", min_value=0, max_value=365, value=None,
                                placeholder="As your payments show", key="terms_days", width=320)
        grace = st.number_input("Days that do not count as late", min_value=0, max_value=90, value=0, key="grace_days",
                                width=320, help="A transfer over a weekend takes three days.")
    return terms, grace or 0


def sentence(result: Risk, currency: str) -> str:
    """How much hangs on few, and what is overdue or not known."""
    return f"**{_hangs(result)}** {_owed(result, currency)} {_high(result, currency)}".strip()


def _hangs(result: Risk) -> str:
    found = result.concentration
    when = _when(result)
    if found.hhi != found.hhi:
        if result.customers.empty or not found.days_known:
            return "There are no sales yet, so nothing can hang on anybody."
        if len(found.customers):
            return f"As much was given back as was sold in {when}, so shares of revenue cannot be computed."
        return f"There were no sales in {when}, so shares of revenue cannot be computed."
    share = found.top.set_index("first")["share"]
    if found.buyers == 1 and not found.unnamed_share:
        return f"All revenue of {when} comes from one customer."
    if found.buyers == 0:
        return f"All revenue of {when} was sold without a name."
    if found.buyers < FEW_BUYERS:
        return (f"Only {words.count(found.buyers)} customers brought revenue in {when}; the largest brings "
                f"{percent(share[1])} of it.")
    return f"Your 3 largest customers bring {percent(share[3])} of revenue."


def percent(part: float) -> str:
    """A share with a decimal where it is small."""
    return words.share(part, 1 if part < 0.1 else 0)


def _owed(result: Risk, currency: str) -> str:
    paid = result.payments
    if not paid.payments:
        return f"No payments are on record up to {words.day(result.as_of)}, so who pays late is not known."
    if paid.invoices.judged_from is None:
        return "Your payments do not name their orders, so what is open is not known."
    if result.overdue_amount != result.overdue_amount:
        return f"{page.amount(result.open_amount, currency)} is open, but no due day is on record."
    if not result.overdue_customers:
        return "Nothing is overdue."
    amount = page.amount(result.overdue_amount, currency)
    people = "1 customer" if result.overdue_customers == 1 else f"{words.count(result.overdue_customers)} customers"
    over = paid.invoices.table.query("days_overdue > 0")["due_from"]
    if over.eq("given").mean() > MOST:
        return f"{amount} is overdue at {people}, going by your days to pay."
    if over.eq("usual").mean() > MOST:
        return f"{amount} is overdue at {people}, going by the days to pay that are usual for them."
    return f"{amount} is overdue at {people}."


def _high(result: Risk, currency: str) -> str:
    if not result.high_customers:
        return "No customer is at the level “high”."
    brought = page.amount(result.high_revenue, currency)
    if result.high_customers == 1:
        return f"1 customer is at the level “high” and brought {brought} in a year."
    return f"{words.count(result.high_customers)} customers are at the level “high” and brought {brought} in a year."


def cards(result: Risk, currency: str) -> None:
    """Six figures, with their change from the year before where it is known."""
    trend = result.payments.trend.set_index("period")
    top = result.concentration.top.set_index("first")
    waiting = result.disputes.customers["open"].sum() if result.disputes.is_recorded else None
    back = result.returns.share_of_amount if result.returns.is_recorded else None
    open_help = ("Not known: payments that name their orders are needed." if result.open_amount != result.open_amount
                 else f"In all {words.money(result.open_amount, currency)} is open, due or not.".replace("$", r"\$"))
    with st.grid(min_column_width=150):
        _card("Overdue", words.money(result.overdue_amount, currency), help=open_help)
        _card("Bills paid late", words.share(trend.loc["year", "share_late"], 1),
              _points(trend.loc["year", "share_late"], trend.loc["before", "share_late"]),
              help=f"Of {words.count(trend.loc['year', 'bills'])} bills due in the last 365 days, overdue ones included; "
                   "below it the change from the 365 days before.")
        largest = 3 if result.concentration.buyers >= 3 else 1
        _card("Top 3 customers" if largest == 3 else "Top customer", percent(top.loc[largest, "share"]),
              _points(top.loc[largest, "share"], top.loc[largest, "share_before"]),
              help="Share of the revenue of the last 365 days; below it the change from the 365 days before.")
        _card("Given back", words.share(back, 1), help="Of what was sold in the last two years, by amount."
              if back is not None else "Not known: no return is on record.")
        _card("Open complaints", words.count(waiting), help="Not resolved yet, or opened again."
              if waiting is not None else "Not known: no requests or complaints are on record.")
        _card("At high risk", words.money(result.high_revenue, currency),
              help="What customers at the level “high” brought in the last 365 days.")


def _card(label: str, value: str, delta: str | None = None, *, help: str) -> None:
    falls = (delta or "").startswith("−")
    st.metric(label, value.replace("$", r"\$"), (delta or "").removeprefix("−") or None, border=True, height="stretch",
              help=help, delta_arrow="down" if falls else "up", delta_color="green" if falls else "orange")


def _points(now: float, before: float) -> str | None:
    if now != now or before != before or round((now - before) * 100, 1) == 0:
        return None
    moved = (now - before) * 100
    return f"{'−' if moved < 0 else ''}{abs(moved):.1f} pts"


def first(result: Risk) -> pd.DataFrame:
    """Whom to look at first: those who stand out and can still hurt."""
    customers = result.customers
    return customers[customers["level"].isin(["high", "watch"]) & customers["is_present"]].head(SHOWN)


def first_table(result: Risk, shown: pd.DataFrame, currency: str) -> None:
    """Whom to look at first, one a row; a click opens the customer. `shown`: jobs.risk.details of `first`, with
    customer_name."""
    levels = result.customers.loc[result.customers["is_present"], "level"].value_counts()
    if shown.empty:
        st.success("Nobody stands out: no customer reaches the level “watch”.", icon=":material/verified_user:")
        return
    event = st.dataframe(
        pd.DataFrame({"name": shown["customer_name"], "level": [level(row) for row in shown.to_dict("records")],
                      "why": spelled_out(shown, result), "overdue": shown["overdue_amount"],
                      "year": shown["revenue_year"]}),
        key=f"risk_list_{run.current().key}_{result.as_of}_{sorted(result.parameters.items())}", hide_index=True,
        height=_height(shown, 500), placeholder="–", on_select="rerun", selection_mode="single-cell",
        alt="Customers, the highest risk first", column_config={
            "name": st.column_config.TextColumn("Customer", width=150),
            "level": st.column_config.TextColumn("Level", width=80),
            "why": st.column_config.TextColumn("Why", width=520),
            "overdue": st.column_config.NumberColumn("Overdue", format=f"{words.sign(currency)} %,.0f", width=80),
            "year": st.column_config.NumberColumn("A year", format=f"{words.sign(currency)} %,.0f", width=80)})
    st.caption(f"{words.count(levels['high'])} high, {words.count(levels['watch'])} watch, {words.count(levels['low'])} low. "
               "Click a customer to open it. The number is a score out of 100: a reading aid, no probability. Who bought "
               "nothing for a year, owes nothing and waits for no answer is only in the download.")
    if (shown["possible"] < risk.HIGH_NEEDS).all():
        st.caption("Too few parts are known to call anybody “high”: bring in payments, returns or complaints as well.")
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: after the next change it would mean somebody else.
        page.go_to("customer", customer=str(shown["customer_id"].iloc[cells[0][0]]))


def _height(rows: pd.DataFrame, most: int) -> int | str:
    """As high as the rows, or `most` pixels where there are more."""
    return "content" if 35 * (len(rows) + 1) <= most else most


def level(row: dict) -> str:
    """The level and the score, as a table shows them."""
    return f"{LEVELS[row['level']]} · {row['score']:.0f}" if row["level"] in LEVELS else "Not known"


def for_download(table: pd.DataFrame, result: Risk) -> pd.DataFrame:
    """Every customer with the reasons in words, figures rounded as people read them."""
    return table.drop(columns="customer_id", errors="ignore").round(4).assign(why=spelled_out(table, result))


def spelled_out(table: pd.DataFrame, result: Risk) -> list[str]:
    """Why each customer has its score, the part with most points first; and what is not known of it."""
    usual = result.returns.usual_lines.mean
    return [_why(row, usual) for row in table.to_dict("records")]


def _why(row: dict, usual_returned: float) -> str:
    reasons = {"late": _why_late(row), "returns": _why_returns(row, usual_returned),
               "disputes": _why_disputes(row), "dependence": f"brings {percent(row['share'])} of revenue"}
    said = sorted((part for part in PARTS if row[part] >= WORTH_NAMING), key=lambda part: -row[part])
    written = [reasons[part] for part in said if reasons[part]]
    known = f"only {row['parts']} of 4 parts known"
    return "; ".join([*written, known] if row["parts"] < 4 else written)


def _why_late(row: dict) -> str:
    written = []
    if row["overdue_orders"] > 0:
        written.append(f"overdue for {row['overdue_days']:.0f} days")
    if row["late_bills"] > 0 and row["late_bills"] > row["overdue_orders"]:
        written.append(f"paid {row['late_bills']:.0f} of {row['bills']:.0f} late, {row['median_days_late']:.0f} days at the "
                       f"middle")
    if _is_worse(row):
        written.append("later than the year before")
    return ", ".join(written)


def _is_worse(row: dict) -> bool:
    if min(row["bills_year"], row["bills_before"]) < FEWEST_BILLS:
        return False
    return row["late_year"] / row["bills_year"] - row["late_before"] / row["bills_before"] >= WORSE_BY


def _why_returns(row: dict, usual: float) -> str:
    return (f"gave back {row['returned_lines']:.0f} of {row['sold_lines']:.0f} items, "
            f"{percent(usual)} is usual")


def _why_disputes(row: dict) -> str:
    if row["unanswered_complaints"] > 0:
        return f"complaint without an answer for {row['open_complaint_days']:.0f} days"
    if row["reopened_complaints"] > 0:
        return "complaint opened again"
    if row["open_complaints"] > 0:
        return f"complaint open for {row['open_complaint_days']:.0f} days"
    orders = row["orders"]
    return f"{row['complaints']:.0f} complaints in {orders:.0f} orders" if row["complaints"] > 1 else "a complaint"


def can_tell_open(result: Risk) -> bool:
    """Whether anything can be said about open orders."""
    return result.payments.invoices.judged_from is not None


def has_bars(result: Risk) -> bool:
    """Whether anything is overdue, or open with no due day known."""
    table = result.payments.ageing.set_index("bucket")
    return bool(table["orders"].drop(risk.NOT_DUE).sum())


def missing(result: Risk, currency: str) -> list[str]:
    """What is not known of payments, and how it could be; one sentence each."""
    paid, found = result.payments, []
    invoices, given = paid.invoices, result.parameters["terms_days"]
    if not paid.payments:
        return ["No payments are on record. Bring in a file of payments with the customer, the day and the amount; with "
                "order numbers it shows what is open, with due days who pays late."]
    number = words.count(paid.payments)
    if not paid.with_order:
        found.append(f"None of the {number} payments names its order, so which orders are open cannot be told. Bring in "
                     "payments with order numbers.")
    if not paid.with_due_day and given is None:
        found.append(f"None of the {number} payments names the day when it was due, so late cannot be told from early. Bring "
                     + ("in due days, or set your days to pay under More options." if paid.with_order else "in due days."))
    unknown = invoices.table["due_from"].eq("")
    if unknown.any() and paid.with_due_day:
        found.append(f"For {words.count(unknown.sum())} of {words.count(len(unknown))} open orders no due day is known.")
    reckoned = int(invoices.table["due_from"].eq("usual").sum())
    if reckoned:
        found.append(f"For {words.count(reckoned)} of {words.count(len(unknown))} open orders the due day is reckoned from "
                     "the days to pay that are usual for the customer.")
    if invoices.unjudged_orders and paid.with_order:
        found.append(f"Of {words.count(invoices.unjudged_orders)} orders of the last 365 days, worth "
                     f"{page.amount(invoices.unjudged_amount, currency)}, no payment is on record, nor is it usual for such "
                     "customers. They do not count as open.")
    if len(invoices.on_account):
        found.append(f"Customers whose payments name no order ordered {page.amount(invoices.on_account.sum(), currency)} "
                     f"more than they paid ({words.count(len(invoices.on_account))} customers).")
    if invoices.differ_by is not None:
        found.append(f"Payments come to {words.share(invoices.differ_by)} of their orders as a rule, perhaps for tax or fees. "
                     "So only orders of which less than half is paid count as open.")
    if paid.is_stale:
        found.append(f"The last payment on record is of {words.day(paid.last_on)}; what was paid since is not known.")
    return found


def not_due(result: Risk, currency: str) -> str:
    """What is open and not overdue, in a sentence."""
    row = result.payments.ageing.set_index("bucket").loc[risk.NOT_DUE]
    if not row["orders"]:
        return "No other order is open." if result.open_amount else "No order is open."
    amount = page.amount(row["amount"], currency)
    if row["orders"] == 1:
        return f"1 order, {amount}, is open and not due yet."
    return f"{words.count(row['orders'])} orders, {amount} together, are open and not due yet."


def open_table(table: pd.DataFrame, currency: str) -> None:
    """The open orders, the longest overdue first. `table`: jobs.risk.open_orders."""
    money = f"{words.sign(currency)} %,.2f"
    shown = table.head(SHOWN)
    st.dataframe(pd.DataFrame({
        "name": shown["customer_name"], "open": shown["open_amount"], "days": shown["days_overdue"], "due": shown["due_on"],
        "from": shown["due_from"].map(DUE_FROM), "ordered": shown["ordered_on"]}),
        hide_index=True, placeholder="–", height=_height(shown, 320), alt="Open orders, the longest overdue "
        "first", column_config={
            "name": st.column_config.TextColumn("Customer", width=130),
            "open": st.column_config.NumberColumn("Open", format=money, width=75),
            "days": st.column_config.NumberColumn("Days late", format="%,d", width=65, help="Below 0: not due yet."),
            "due": st.column_config.DateColumn("Due", format="D MMM YYYY", width=85),
            "from": st.column_config.TextColumn("Due day", width=80),
            "ordered": st.column_config.DateColumn("Ordered", format="D MMM YYYY", width=85)})


def largest(result: Risk, names: pd.DataFrame, currency: str) -> str:
    """What would be left without the largest customer, in a sentence or two."""
    found = result.concentration
    if found.hhi != found.hhi or not found.buyers:
        return ""
    first = found.customers.iloc[0]
    who, when = words.plain(_name(first["customer_id"], names)), _when(result)
    if found.buyers == 1 and not found.unnamed_share:
        return f"Without **{who}**, {when} would have brought nothing."
    left, all_of_it = page.amount(found.without_largest, currency), page.amount(found.revenue, currency)
    text = (f"Without the largest customer, **{who}**, {when} would have brought {left} instead of {all_of_it}: "
            f"{percent(first['share'])} hangs on this one.")
    if found.typical_for_largest == found.typical_for_largest and round(found.typical_for_largest) >= 2:
        text += f" It takes {words.count(found.typical_for_largest)} ordinary customers to make up for it."
    return text


def _when(result: Risk) -> str:
    known = result.concentration.days_known
    return "the last 365 days" if known >= 365 else f"the {known} days on record"


def _name(customer_id: int, names: pd.DataFrame) -> str:
    known = names.loc[names["customer_id"] == customer_id, "customer_name"]
    return known.iloc[0] if len(known) else "a deleted customer"


def has_curve(result: Risk) -> bool:
    """Whether there are enough customers for a picture of the largest."""
    return result.concentration.buyers >= FEW_BUYERS


def alike(result: Risk) -> str:
    """How concentrated that is, in plain words."""
    found = result.concentration
    if found.equivalent != found.equivalent or (found.buyers == 1 and not found.unnamed_share):
        return ""
    text = f"That is as concentrated as {found.equivalent:,.{1 if found.equivalent < 10 else 0}f} equally large customers would be."
    if found.hhi_before == found.hhi_before and found.hhi_before > 0:
        before = 1 / found.hhi_before
        return f"{text} In the 365 days before, it was {before:,.{1 if before < 10 else 0}f}."
    return f"{text} The records do not reach back far enough to compare with the year before."


def dependence_table(by: pd.DataFrame) -> None:
    """The same for products, categories, ways customers came, and countries."""
    if by.empty:
        st.caption("Neither products, categories, channels nor countries are on record.")
        return
    shown = pd.DataFrame({
        "what": by["dimension"].map(DIMENSIONS), "largest": by["largest"], "share": by["share_1"] * 100,
        "before": by["share_1_before"] * 100, "three": by["share_3"] * 100, "of": by["groups"]})
    st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="Shares of the largest product, category, "
                 "channel and country", column_config={
                     "what": st.column_config.TextColumn("By", width=75),
                     "largest": st.column_config.TextColumn("Largest", width=135),
                     "share": st.column_config.NumberColumn("Share", format="%.0f %%", width=50),
                     "before": st.column_config.NumberColumn("Before", format="%.0f %%", width=55,
                                                             help="In the 365 days before."),
                     "three": st.column_config.NumberColumn("Top 3", format="%.0f %%", width=50),
                     "of": st.column_config.NumberColumn("In all", format="%,d", width=50)})
    unsaid = by[by["not_stated"] >= 0.01]
    if len(unsaid):
        kinds = ", ".join(f"{DIMENSIONS[row.dimension].lower()} {words.share(row.not_stated)}" for row in unsaid.itertuples())
        st.caption(f"Share of revenue of which it is not known: {kinds}.")


def unusual_returns(result: Risk, names: pd.DataFrame) -> str:
    """Who and what comes back unusually often, in one sentence each."""
    found = result.returns
    people = found.customers[found.customers["is_unusual"]].sort_values(["share_of_lines", "customer_id"],
                                                                         ascending=[False, True])
    goods = found.categories.loc[found.categories["is_unusual"], "category"]
    parts = []
    if len(goods):
        parts.append(f"More than usual comes back of {', '.join(words.plain(name) for name in goods.head(MOST_NAMED))}.")
    else:
        parts.append("No category stands out.")
    if len(people):
        listed = ", ".join(f"{words.plain(_name(row.customer_id, names))} ({row.returned_lines} of {row.sold_lines})"
                           for row in people.head(MOST_NAMED).itertuples())
        more = len(people) - MOST_NAMED
        parts.append(f"Customers who give back more than usual: {listed}" + (f", and {words.count(more)} more." if more > 0
                                                                             else "."))
    else:
        parts.append("No customer gives back more than chance would explain.")
    return " ".join(parts)


def complaints_table(result: Risk, names: pd.DataFrame, currency: str) -> None:
    """Open complaints by customer, who waits longest first."""
    if not result.disputes.is_recorded:
        st.caption("No requests or complaints are on record. They can be brought in as tickets, with the customer, the kind "
                   "and the day.")
        return
    found = result.disputes.customers
    waiting = found[found["open"] > 0].sort_values(["open_days", "customer_id"], ascending=[False, True]).head(SHOWN)
    waiting = waiting.merge(names, on="customer_id").merge(result.customers[["customer_id", "revenue_year"]],
                                                           on="customer_id")
    if waiting.empty:
        st.success("No complaint is open.", icon=":material/check_circle:")
        return
    state = ["no answer yet" if row.unanswered else "opened again" if row.reopened else "answered"
             for row in waiting.itertuples()]
    columns = {"name": waiting["customer_name"], "days": waiting["open_days"], "state": state,
               "all": waiting["complaints"], "year": waiting["revenue_year"]}
    if result.disputed_amount == result.disputed_amount:
        columns["about"] = waiting["disputed_amount"]
    money = f"{words.sign(currency)} %,.0f"
    st.dataframe(pd.DataFrame(columns), hide_index=True, placeholder="–", height=_height(waiting, 320),
                 alt="Customers with open complaints, the longest waiting first", column_config={
                     "name": st.column_config.TextColumn("Customer", width=130),
                     "days": st.column_config.NumberColumn("Days open", format="%,d", width=70),
                     "state": st.column_config.TextColumn("State", width=95),
                     "all": st.column_config.NumberColumn("In 2 years", format="%,d", width=70),
                     "year": st.column_config.NumberColumn("A year", format=money, width=70),
                     "about": st.column_config.NumberColumn("About", format=money, width=70)})


def method(result: Risk, currency: str) -> None:
    """How it was computed, with the figures of this result."""
    paid, found, late = result.payments, result.concentration, result.payments.usual_late
    points = risk.POINTS
    st.markdown(
        "**The score** adds up the points of named parts, as a share of the points that are possible, from 0 to 100. It says whom to look at first and why. It is not a probability, and it was not fitted to losses: no company "
        "of one person has enough of them.")
    st.latex(r"\text{score} = 100 \cdot \frac{\sum \text{points of the known parts}}{\sum \text{possible points of these}}")
    st.dataframe(pd.DataFrame({
        "part": ["Pays late", "Gives back", "Complains", "Much hangs on it"], "points": list(points.values()),
        "all": ["half of the bills late by 30 days at the middle, or a bill of a usual order 90 days overdue",
                "25 % more of the bought items given back than usual",
                "half: 25 % more orders with a complaint than usual; half: one waits for an answer",
                "brings 25 % of the revenue of a year (none up to 5 %)"]}),
        hide_index=True, height="content", column_config={
            "part": st.column_config.TextColumn("Part", width=130),
            "points": st.column_config.NumberColumn("Points", width=60),
            "all": st.column_config.TextColumn("All points for", width=620)})
    st.markdown(
        f"From {risk.WATCH_FROM} of 100 on the level is **watch**, from {risk.HIGH_FROM} on **high**; below it is **low**. A "
        "part of which nothing is on record is not counted as 0: the score is taken over the others and says so, and nobody "
        f"is called high on less than 40 possible points.")
    st.markdown(
        "**Few bills, few items.** One late bill of one is no worse than nine of twelve. Each share is drawn towards what "
        "is usual, as if some more cases had gone as they usually go (a beta prior, fitted to all customers by moments: "
        "empirical Bayes, Kleinman 1973).")
    st.latex(r"\tilde p = \frac{k + w\,m}{n + w}")
    figures = []
    if late.mean == late.mean:
        figures.append(f"bills: m = {words.share(late.mean, 1)}, w = {late.weight:.0f}")
    if result.returns.is_recorded:
        figures.append(f"items given back: m = {words.share(result.returns.usual_lines.mean, 1)}, "
                       f"w = {result.returns.usual_lines.weight:.0f}")
    if result.disputes.is_recorded and result.disputes.usual_share.mean == result.disputes.usual_share.mean:
        figures.append(f"orders with a complaint: m = {words.share(result.disputes.usual_share.mean, 1)}, "
                       f"w = {result.disputes.usual_share.weight:.0f}")
    if figures:
        st.markdown(f"Here, with k of n cases: {'; '.join(figures)}.")
    grace = result.parameters["grace_days"]
    after = f"more than {grace} days after its due day" if grace else "after its due day"
    st.markdown(
        f"**Late** is what came {after}, in the two years up to {words.day(result.as_of)}. "
        "What is overdue and still open counts as late. "
        "**Open** is an order less the payments that name it; what names no order, what was paid too much and what was "
        "credited is taken off the customer's oldest open orders, and up to 3 % of an order may be missing as cash discount. "
        "Orders from before the payments on record begin do not count, nor those of customers of whom no payment is usual. "
        "Where no due day is on record, the middle of the customer's own earlier days to pay is taken (at least three bills), "
        "or that of all customers of the kind where nearly all have the same. "
        f"On record are {words.count(paid.payments)} payments, {words.count(paid.with_due_day)} of them with a due day and "
        f"{words.count(paid.with_order)} with an order.")
    st.markdown(
        "**Dependence** is the share of each customer in the revenue of the last 365 days, net of returns; who gave back more "
        "than was bought counts as 0, and sales without a name count in the whole. The Herfindahl-Hirschman index is the sum "
        "of the squared shares, and its inverse the number of equally large customers that would be as concentrated.")
    st.latex(r"\mathrm{HHI} = \sum_i s_i^2, \qquad N = \frac{1}{\mathrm{HHI}}")
    if found.hhi == found.hhi and found.hhi > 0:
        st.markdown(f"Here HHI is {found.hhi:.4f} and N is {found.equivalent:,.1f}, of {words.count(found.buyers)} customers "
                    f"with revenue; {words.share(found.unnamed_share, 1)} of revenue was sold without a name.")
    st.markdown(
        "Returns and complaints are those of the two years up to that day. A category or a customer is called unusual where "
        "even the low end of its 95 % interval lies above one and a half times the usual share, and at least three items came "
        "back. When a complaint was opened again is not on record: a look back at an "
        "earlier day sees it as opened again as soon as it had been answered.")
