"""What does the page of next orders say? How many and how much, whom to expect when, how far to trust it, and the method."""

import hashlib
import math

import pandas as pd
import streamlit as st

from crm.analytics.prediction import waiting
from crm.jobs.next_orders import NextOrders
from crm.ui import chart, page, run, words
from crm.ui.kept_models_view import Proposal

HORIZONS = {"30 days": 30, "60 days": 60, "90 days": 90}
FAR_OFF = 1.15  # times what was expected: from here on a reader should know
SHOWN = 100  # those who are likeliest; everybody is in the download


def horizon_days() -> int:
    """How far ahead."""
    chosen = st.segmented_control("Looking ahead", list(HORIZONS), default="30 days", required=True, key="next_days",
                                  bind="query-params")
    return HORIZONS[chosen or "30 days"]


def about(amount: float, currency: str) -> str:
    """An estimate with three digits, for the others would pretend to know."""
    if amount == amount and amount != 0:
        amount = round(amount, 2 - math.floor(math.log10(abs(amount))))
    return page.amount(amount, currency).removesuffix(".00")


def number(count: float) -> str:
    """An estimated number of orders with three digits."""
    if count >= 1000:
        count = round(count, 2 - math.floor(math.log10(count)))
    return words.count(count)


def sentence(result: NextOrders, currency: str) -> str:
    """How many order, what that brings, and whether it would have been right before."""
    orders, money, days = result.orders, result.money, result.horizon_days
    head = (f"**About {number(orders.expected)} of your {words.count(len(result.customers))} customers will order in the next "
            f"{days} days** ({number(orders.low)} to {number(orders.high)} in eight of ten cases). The first order of each will bring "
            f"about **{about(money.expected, currency)}** ({about(money.low, currency)} to {about(money.high, currency)}); what they "
            "order after that comes on top.")
    tested = result.tested_orders
    return (f"{head} For the {days} days after {words.day(result.tested_on)} it would have said "
            f"{number(tested.expected)} customers; {words.count(tested.actual)} ordered{_off(tested)}. {_beside_the_rule(result)}")


def _off(tested) -> str:
    """Whether the last test was clearly too low or too high."""
    if tested.actual > FAR_OFF * tested.expected:
        return ", so it was too low then and may be so again"
    if tested.expected > FAR_OFF * tested.actual:
        return ", so it was too high then and may be so again"
    return ""


def _beside_the_rule(result: NextOrders) -> str:
    if result.buying.beats_rule:
        return "It tells who orders better than “who ordered last orders next” does."
    return "Who orders it tells no better than “who ordered last orders next” does, so that rule will do for the sequence."


def cautions(result: NextOrders) -> None:
    """What could not be learned; nothing where all could."""
    told = []
    if result.amounts_missing is not None:
        told.append(f"The amounts are each customer's own average so far. {result.amounts_missing}")
    if result.waiting_missing is not None:
        told.append(f"The days cannot be told. {result.waiting_missing}")
    if told:
        st.info("\n\n".join(words.plain(each) for each in told), icon=":material/lightbulb:")


def customers_table(customers: pd.DataFrame, result: NextOrders, names: pd.DataFrame, currency: str) -> None:
    """Those who order most likely; a click opens one."""
    first = customers.head(SHOWN).merge(names, on="customer_id", how="inner")
    shown = first.assign(chance=(first["chance"] * 100).round(), expected_on=first["expected_on"].dt.date)
    money = f"{words.sign(currency)} %,.0f"
    columns = {
        "customer_name": st.column_config.TextColumn("Customer", width=135),
        "chance": st.column_config.ProgressColumn(f"Within {result.horizon_days} days", format="%.0f %%", min_value=0,
                                                  max_value=100, width=105),
        "expected_on": st.column_config.DateColumn("Expected", format="D MMM YYYY", width=90),
        "expected_amount": st.column_config.NumberColumn("Amount", format=money, width=70)}
    if result.amounts is not None:
        columns |= {"amount_low": st.column_config.NumberColumn("From", format=money, width=65),
                    "amount_high": st.column_config.NumberColumn("To", format=money, width=65)}
    mark = hashlib.sha256(repr((result.as_of, result.parameters, first["customer_id"].tolist(),
                                run.current().key)).encode()).hexdigest()[:12]
    event = st.dataframe(shown[list(columns)], key=f"next_list_{mark}", hide_index=True, height=600, on_select="rerun",
                         selection_mode="single-cell", placeholder="–", column_config=columns,
                         alt="Customers, those who are likeliest to order first")
    gone = (f" {words.count(result.gone)} customers who ordered nothing for more than a year are left out." if result.gone else "")
    st.caption("Expected: the day by which the order has come as likely as not; a dash is later than can be told. Amount: of the "
               f"next order, if it comes, and its range in eight of ten cases. Click a customer to open the record.{gone}")
    cells = event["selection"]["cells"] if event else []
    if cells:
        # A position becomes an id at once: with other choices it would mean somebody else.
        page.go_to("customer", customer=str(first["customer_id"].iloc[cells[0][0]]))


def spelled_out(table: pd.DataFrame) -> pd.DataFrame:
    """The table for a download, rounded as people read it."""
    cents = [name for name in table.columns if name.startswith(("expected_amount", "amount_", "expected_money", "average"))]
    return table.assign(**{name: table[name].round(2) for name in cents}, chance=table["chance"].round(3),
                        usual_gap_days=table["usual_gap_days"].round(1), expected_on=table["expected_on"].dt.date)


def weeks(result: NextOrders) -> None:
    """When the next orders come."""
    if not len(result.weeks):
        st.caption("The days cannot be told yet.")
        return
    chart.show(waiting.charts.by_week(result.weeks, words=("Customers", "customers"), within_days=result.horizon_days),
               key="next_weeks", height=230,
               alt="Number of customers whose next order is expected in each of the coming weeks.")
    st.caption(f"Each customer's next order alone, by week; weeks within the {result.horizon_days} days stand out. What the "
               "same customers order after that comes on top.")


def trust(result: NextOrders, currency: str) -> None:
    """The test on later orders: were the chances right, and the money?"""
    judged = result.buying.judged[result.buying.proposed]
    chart.show(waiting.charts.calibration(judged.calibration.rename(columns={"customers": "cases"}), words=(
        "Chance that was told", "Ordered", "Perfect", "Seen later")), key="next_calibration", height=230,
        alt="What was said against what happened later; on the dotted line both are equal.")
    orders, money = result.tested_orders, result.tested_money
    of_money = ("" if money is None else f", with {about(money.expected, currency)} by their first orders,")
    came = "" if money is None else f", with {about(money.actual, currency)} by their first orders"
    st.caption(f"On {words.day(result.tested_on)}, knowing only what was known then, {number(orders.expected)} customers"
               f"{of_money} would have been expected in {result.horizon_days} days; {words.count(orders.actual)} ordered{came}.")
    st.caption(amounts_sentence(result, currency))


def amounts_sentence(result: NextOrders, currency: str) -> str:
    """How far off single amounts are."""
    found = result.amounts
    if found is None:
        return "How far off single amounts are is not known yet."
    proposed = found.judged[found.proposed]
    off, rule = proposed.value("mae"), found.judged["rule"].value("mae") if "rule" in found.judged else float("nan")
    covered = words.share(proposed.value("covered"))
    inside = f"{covered} of the later amounts lay in the ranges."
    if rule != rule:
        return f"A single amount was off by {about(off, currency)} on average. {inside}"
    if found.beats_rule:
        return (f"A single amount was off by {about(off, currency)} on average, by “as much as usual” {about(rule, currency)}. "
                f"{inside}")
    return (f"A single amount was off by {about(off, currency)} on average, by “as much as usual” {about(rule, currency)}: that "
            f"is no better beyond chance. {inside}")


def method(result: NextOrders, currency: str) -> None:
    """How it was computed and tested, with the figures of this result."""
    used, judged = result.parameters, result.buying.judged[result.buying.proposed]
    st.markdown(
        f"**Who.** Models learn from past days ({', '.join(words.day(day) for day in used['train_cutoffs'])}) on which it is "
        f"known who ordered in the {result.horizon_days} days after, looking only at what was known on each of them. They are "
        f"tested on the {result.horizon_days} days after **{words.day(result.tested_on)}**, which none of them has seen. The "
        "simplest whose error in five parts of the past lies within one standard error of the best is used, made again with "
        "the latest days. Customers who ordered nothing for a year are left out.")
    auc = judged.metrics.set_index("metric").loc["roc_auc"]
    rule = result.buying.judged.get("rule")
    beside = "" if rule is None else f"; the rule “who ordered last” reaches {rule.value('roc_auc'):.3f}"
    st.markdown(f"Here it tells buyers from others with an AUC of {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f}{beside}; "
                f".5 is a coin, 1 is perfect), and its chances are off by {words.share(judged.value('calibration_error'), 1)} on "
                "average.")
    st.markdown("**How much.** The mean of the next order's amount is predicted, since sums over customers are to be right; most "
                "single amounts lie below it. Poisson and Gamma regression have the form")
    st.latex(r"E(\text{amount}) = e^{\beta_0 + \beta_1 x_1 + \dots + \beta_m x_m}")
    st.markdown(
        "with amounts of money and counts as logarithms among the x. Linear regression takes amounts and columns as they are: on "
        "logarithms it expected a multiple of what came from the largest customers. Nothing is cut off the amounts learned "
        "from; values of columns beyond the highest and lowest thousandth count as these. Ranges come from what models said of "
        "orders that they had not seen (conformal prediction, by the height of the amount; Vovk et al. 2003).")
    if result.waiting is not None:
        _days_method(result)
    st.markdown("**All together.** Expected orders are the sum of the chances, expected money the sum of chance times amount. The "
                "range counts each customer's own chance, and an error that all share: how far the test was off beyond chance, or "
                "how much past months differed, whichever is more (Student's t, for it is known from a few times only).")
    st.latex(r"\sum_i p_i a_i \;\pm\; \sqrt{1.28^2 \sum_i \left[p_i (s_i^2 + a_i^2) - p_i^2 a_i^2\right] + 1.89^2 \varepsilon^2 \Big("
             r"\sum_i p_i a_i\Big)^2}")
    whale = result.amounts
    if whale is not None and whale.largest_case > 0.5:
        st.markdown(f"**One order stands out**: it alone makes {words.share(whale.largest_case)} of the squared error on the later "
                    f"time. Comparisons of models take amounts above {page.amount(whale.yardstick.capped_at, currency)} as that.")
    st.markdown("**What it does not know**: seasons of which the past year shows only one, campaigns, prices that change. It says who "
                "is likely to order, not what would make somebody order.")


def _days_method(result: NextOrders) -> None:
    found = result.waiting
    proposed, rule = found.judged[found.proposed], found.judged[found.better_rule]
    how = ("in steps of time, each with its own level, and features whose weight may fade (discrete-time survival; Singer & Willett "
           "1993)" if found.proposed == "steps" else "by one formula (Weibull; Kalbfleisch & Prentice 2002)")
    st.markdown(
        f"**When.** The days to the next order are learned {how}, also from waits that had not ended: of these it is known that they "
        "lasted at least so long. Each curve is then bent to reach the chance above, so that day and chance never contradict "
        f"each other. Of two customers the one said to order sooner did so in {words.share(proposed.value('concordance'))} of the "
        f"pairs on the later time, {words.share(rule.value('concordance'))} by {RULES[found.better_rule]}. Of those whose "
        f"expected day lay in that time, {words.share(proposed.value('came_by_median'))} had ordered by it; half of them would be "
        "right.")
    st.latex(r"P(T \le t) = 1 - \prod_{k \le t} (1 - h_k), \qquad \log\frac{h_k}{1 - h_k} = \alpha_k + x\,(\beta + \gamma \log t_k)")


RULES = {"rule": "“last order and usual gap”", "recency": "“who ordered last orders next”"}
AMOUNT_METHODS = {"mean": "Everybody alike", "rule": "As much as usual", "linear": "Linear regression", "poisson": "Poisson regression",
                  "gamma": "Gamma regression", "boosting": "Boosted trees", "boosting_poisson": "Boosted trees, Poisson",
                  "boosting_gamma": "Boosted trees, Gamma"}


def kept_as(result: NextOrders) -> Proposal:
    """The model of who orders, as it may be kept."""
    about = {name: result.parameters[name] for name in ("test_cutoff", "train_cutoffs", "refit_cutoffs")}
    return Proposal("buying", f"Ordering within {result.horizon_days} days, {words.day(result.as_of)}", result.model, result.buying,
                    result.present, result.as_of, result.horizon_days, about)
