"""What does the page of cohorts say? Whether customers come back, when, for how long, and whether it is getting better."""

import pandas as pd
import streamlit as st

from crm.analytics import cohorts
from crm.analytics.cohorts import Cohorts, Comparison, Staying, Trend
from crm.ui import words

GRAINS = {"Best fit": "auto", "Month": "month", "Quarter": "quarter", "Year": "year"}
SHOWN = {"Come back": "returned_share", "Still buy": "active_share",
         "Revenue per customer": "revenue_to_date_per_customer"}
WITHIN = {"Up to 90 days": None, "30 days": 30, "60 days": 60, "180 days": 180, "A year": 365,
          "Two years": 730}
SILENT_AFTER = {"As their own rhythm says": None, "30 days": 30, "60 days": 60, "90 days": 90, "180 days": 180,
                "A year": 365}
GROUPINGS = {"Won through": "channel", "Country": "country", "Region": "region", "Person or company": "kind"}
OUTCOMES = {"Come back": "return", "Still buy": "stay"}
WRITTEN = {"month": "%b %y", "year": "%Y"}
MEANINGS = {
    "Come back": "Of 100 customers of a row, so many have ordered a second time by then.",
    "Still buy": "Of 100 customers of a row, so many ordered in that {period}.",
    "Revenue per customer": "What a customer of a row has brought by then, on average, net of returns, in {currency}.",
}


def options() -> dict:
    """What few want to change: the time to come back in, when somebody counts as silent, and a crowded beginning."""
    with st.popover("More options", icon=":material/tune:"):
        within = st.selectbox("Count as come back within", list(WITHIN), key="within")
        silent = st.selectbox("Count as silent after", list(SILENT_AFTER), key="silent")
        everybody = st.toggle("Count everybody as new", key="everybody",
                              help="Where orders begin in the middle of a company's life, old customers look new at first. "
                                   "They are left out unless you know that all of them were new.")
    return {"within_days": WITHIN[within], "silence_days": SILENT_AFTER[silent],
            "new_customers": "count" if everybody else "auto"}


def sentence(result: Cohorts) -> str:
    """How many come back, how soon, and whether it is getting better."""
    return " ".join(part for part in (_back(result), _half(result), better(result)) if part)


def left_out(result: Cohorts) -> str | None:
    """Who is not counted because the data begin with them."""
    if result.new_from is None:
        return None
    return (f"The {words.count(result.left_out)} customers whose first order is from before {words.day(result.new_from)} are "
            "left out of all but the table of cohorts: so many new customers at once were probably customers before your "
            "data begin. “More options” counts them.")


def _back(result: Cohorts) -> str:
    back, people = result.back, words.count(result.customers)
    if back is None:
        return (f"**It is too early to say.** Of your {people} customers, only {words.count(result.watched(30))} had a first order "
                "30 days ago or longer.")
    if not _is_known(result):
        return (f"**It is too early to say:** none of your {people} customers had a first order "
                f"{words.count(result.within_days)} days ago or longer.")
    share, low, high = (_of_100(back[name]) for name in ("share", "low", "high"))
    doubt = " That rests on very few customers." if back["is_uncertain"] else ""
    return (f"**Of 100 new customers, {share} buy again within {result.within_days} days** "
            f"({low} to {high}).{doubt}")


def _is_known(result: Cohorts) -> bool:
    return result.back is not None and result.back["share"] == result.back["share"]


def _half(result: Cohorts) -> str | None:
    if result.half_back_days is None:
        return None
    return (f"Half of those who come back within {_span(result.half_of_days)} do so within "
            f"{_days(result.half_back_days)}.")


def better(result: Cohorts) -> str | None:
    """Newer customers against older ones, in a sentence; None where the answer itself is still missing."""
    found = result.trend
    if found is None:
        return result.trend_missing if _is_known(result) else None
    newer, older = _percent(found.newer.share), _percent(found.older.share)
    if found.verdict == "same":
        return (f"Whether it is getting better cannot be told: {newer} of the newer customers came back in that time, "
                f"{older} of the older ones, a difference that chance would explain.")
    points = f"{_points(found.low)} to {_points(found.high)} points"
    if found.verdict == "better":
        return f"**It is getting better:** {newer} of the newer customers came back in that time, {older} of the older ones ({points})."
    return f"**It is getting worse:** {newer} of the newer customers came back in that time, {older} of the older ones ({points})."


def period(start: pd.Timestamp, by: str) -> str:
    """A cohort's name: Jan 25, Q1 25, 2025."""
    return f"Q{(start.month + 2) // 3} {start:%y}" if by == "quarter" else f"{start:{WRITTEN[by]}}"


def cohort_label(result: Cohorts):
    """How a row of the triangle is called: its period and its customers, with the signs that `triangle_caption` explains."""
    def label(row: pd.Series) -> str:
        signs = ("°" if row["is_small"] else "") + ("†" if row["may_hold_older"] else "")
        return f"{period(row['cohort'], result.by)} · {row['customers']:,}{signs}"

    return label


def triangle_caption(result: Cohorts, shown: str, currency: str) -> str:
    """What a cell says, and what the signs mean."""
    cells = cohorts.charts.shown_cohorts(result, shown=SHOWN[shown])
    rows = result.triangle.drop_duplicates("cohort").set_index("cohort").loc[cells.index]
    told = [MEANINGS[shown].format(period=result.by, currency=words.sign(currency).replace("$", r"\$")),
            "Beside each row is its number of customers; blank is not over yet."]
    if rows["is_small"].any():
        told.append("° fewer than 10 customers: one more or less changes much.")
    if rows["may_hold_older"].any():
        told.append("† your orders begin here, so that some were probably customers before.")
    whole = cohorts.wide(result.triangle, shown=SHOWN[shown])
    more_rows = whole[cells.columns].notna().any(axis=1).sum() > len(cells)
    more_columns = whole.columns[whole.notna().any()].max() > cells.columns.max()
    if more_rows and more_columns:
        told.append("Earlier rows and later columns are in the download.")
    elif more_rows:
        told.append("Earlier rows are in the download.")
    elif more_columns:
        told.append("Later columns are in the download.")
    return " ".join(told)


def no_rows(result: Cohorts) -> str:
    """Why the triangle has nothing to show yet."""
    return f"The first {result.by} with new customers is not over yet; once it is, it shows here."


def by_days_table(result: Cohorts) -> None:
    """Who is back within a month, a quarter, a year, each with its range."""
    table = result.by_days[result.by_days["followed"] > 0]
    shown = pd.DataFrame({
        "within": [_span(days).capitalize() for days in table["days"]], "share": table["share"] * 100,
        "range": [f"{_of_100(low)} to {_of_100(high)}" + (" °" if uncertain else "") for low, high, uncertain in zip(
            table["low"], table["high"], table["is_uncertain"], strict=True)]})
    st.dataframe(shown, hide_index=True, height="content", alt="Share of new customers who came back, by time",
                 column_config={
                     "within": st.column_config.TextColumn("Within", width=75),
                     "share": st.column_config.ProgressColumn("Of 100 come back", format="%.0f", min_value=0, max_value=100,
                                                              width=125),
                     "range": st.column_config.TextColumn("Likely", width=85, help="In 95 of 100 cases the true share lies "
                                                                                   "in such a range")})
    if table["is_uncertain"].any():
        st.caption("° fewer than 10 customers had their first order so long ago.")


def quartiles_line(result: Cohorts) -> str:
    """After how long a quarter, half and three quarters are back, or that it was not reached."""
    quarter, half, most = result.quartiles["days"]
    if quarter != quarter:
        return "Fewer than a quarter of all new customers have come back so far."
    if half != half:
        return (f"A quarter of all new customers are back after {_days(quarter)}; half of them have not come back in all the "
                "time seen so far.")
    if most != most:
        return (f"A quarter of all new customers are back after {_days(quarter)}, half after {_days(half)}; three quarters "
                "have not come back in all the time seen so far.")
    return (f"A quarter of all new customers are back after {_days(quarter)}, half after {_days(half)}, three quarters after "
            f"{_days(most)}.")


def trend_line(found: Trend) -> str:
    """Which customers were compared, and what the comparison cannot see."""
    told = (f"First orders of {words.day(found.newer.from_day)} to {words.day(found.newer.to_day)} against "
            f"{words.day(found.older.from_day)} to {words.day(found.older.to_day)}: the difference is "
            f"{_points(found.difference)} points ({_points(found.low)} to {_points(found.high)}).")
    if not found.is_whole_years:
        told += " With less than two years of orders, a season may look like a change."
    return told


def staying_line(stay: Staying) -> str:
    """Who goes on buying, and how sure silence is."""
    once, later = stay.by_days.iloc[0], stay.by_days[stay.by_days["followed"] > 0].iloc[-1]
    told = (f"Silent means no order for more than {stay.silence_days} days. Of 100 customers, {_of_100(1 - once['share'])} fall "
            "silent right after the first order")
    told += (f"; {_of_100(later['share'])} still buy after {_span(later['days'])} "
             f"({_of_100(later['low'])} to {_of_100(later['high'])})." if later["days"] > 0 else ".")
    if stay.came_back_share == stay.came_back_share:
        told += f" Of 100 who fell silent, {_of_100(stay.came_back_share)} ordered again later: silent is not gone."
    return told


def groupings(segments_run: int | None) -> dict[str, str]:
    """What customers can be compared by; by group once a result of the Groups page was saved."""
    return {**GROUPINGS, **({"Group": "segment"} if segments_run is not None else {})}


def compared_sentence(result: Comparison) -> str:
    """Whether the groups differ, and which."""
    table = result.table.sort_values("share", ascending=False, kind="stable")
    best, worst = table.iloc[0], table.iloc[-1]
    if result.test.p_value != result.test.p_value:
        return "There is nothing to compare yet: nothing has happened in these groups that could be told apart."
    if not result.different:
        return "**Between these groups there is no difference that chance would not explain.**"
    if len(table) == 2:
        one, other = words.plain(best["group"]), words.plain(worst["group"])
        if best["share"] == worst["share"]:
            return f"**{one} and {other} differ**, though not yet after {_span(result.days)}."
        if result.outcome == "return":
            return (f"**{one} comes back more often than {other}**: {_percent(best['share'])} against "
                    f"{_percent(worst['share'])} within {_span(result.days)}, more than chance would explain.")
        return (f"**{one} stays longer than {other}**: {_percent(best['share'])} against {_percent(worst['share'])} still buy "
                f"after {_span(result.days)}, more than chance would explain.")
    pairs = result.pairs[result.pairs["different"].eq(True)]
    if pairs.empty:
        return "**The groups differ more than chance would explain**, but no two of them clearly enough to be named."
    shown = pairs.sort_values("p_value", kind="stable").head(3)
    named = "; ".join(f"{words.plain(row.group_a)} and {words.plain(row.group_b)}" for row in shown.itertuples())
    return f"**The groups differ more than chance would explain**, most clearly {named}."


def compared_table(result: Comparison) -> None:
    """One row a group: customers, share, range."""
    label = "Of 100 come back" if result.outcome == "return" else "Of 100 still buy"
    shown = result.table.assign(share=result.table["share"] * 100, range=[
        "–" if low != low else f"{_of_100(low)} to {_of_100(high)}"
        for low, high in zip(result.table["low"], result.table["high"], strict=True)])
    with st.container(key="compared_table"):
        st.dataframe(shown[["group", "share", "range", "customers"]], hide_index=True, height="content", placeholder="–",
                     alt="The groups compared", column_config={
                         "group": st.column_config.TextColumn("Group", width=110),
                         "share": st.column_config.ProgressColumn(label, format="%.0f", min_value=0, max_value=100,
                                                                  width=115),
                         "range": st.column_config.TextColumn("Likely", width=75),
                         "customers": st.column_config.NumberColumn("Of", format="%,d", width=60, help="Customers")})


def compared_notes(result: Comparison) -> None:
    """What the table's figures are, who is missing, and when the groups prove only themselves."""
    if result.outcome == "return":
        told = [f"Back within {_span(result.days)} of the first order."]
    else:
        told = [f"Still buying {_span(result.days)} after the first order; silent means no order for more than "
                f"{result.silence_days} days."]
    if result.unknown:
        told.append(f"{words.count(result.unknown)} customers belong to no known group.")
    if result.too_small:
        names = ", ".join(words.plain(name) for name in result.too_small)
        told.append(f"Left out, with fewer than 10 customers: {names}.")
    told.append(_tested(result))
    st.caption(" ".join(told))
    if result.group_name == "segment":
        st.warning("These groups were made from how often and how lately customers buy. That they differ in coming back is how "
                   "they were made, no discovery.", icon=":material/warning:")


def _tested(result: Comparison) -> str:
    if result.test.p_value != result.test.p_value:
        return ""
    odds = "less than 0.1 %" if result.test.p_value < 0.001 else words.share(result.test.p_value, 1)
    return (f"If the groups were alike, differences this large would come up by chance in {odds} of cases (log-rank test of the "
            "whole curves).")


def method(result: Cohorts) -> None:
    """How everything is computed, with the figures of this result."""
    st.markdown(
        f"**Who and what counts.** {words.count(result.customers + result.left_out)} customers with an order up to "
        f"{words.day(result.as_of)}; later orders are not looked at. All orders of one day are one purchase: who orders what was "
        "forgotten has not come back. An order counts as a purchase even where it was returned; revenue is net of returns.")
    if result.new_from is not None:
        st.markdown(
            f"**The beginning.** Up to {words.day(result.new_from)} there were more than twice as many new customers a month as "
            f"later. Where orders begin in the middle of a company's life, old customers look new; {words.count(result.left_out)} "
            "customers are therefore left out of the curves and comparisons. Customers who order very rarely may still be "
            "among the new ones.")
    if result.early_credits:
        st.markdown(f"{words.count(result.early_credits)} credit notes are older than the customer's first order; they belong to "
                    "purchases that are not in the data and are left out here.")
    st.markdown(
        f"**The table of cohorts.** Customers are put together by the {result.by} of the first order. “Come back” is the share "
        f"with a second purchase by the end of a later {result.by}, “Still buy” the share with a purchase in it. A {result.by} that "
        "is not over is blank.")
    st.latex(r"\text{come back}_k = \frac{\#\{\text{second purchase by the end of period } k\}}{n} \qquad "
             r"\text{revenue}_k = \frac{1}{n}\sum_{j=0}^{k} \text{net revenue}_j")
    st.markdown(
        "**The curves.** Many customers have not come back *yet*. The estimate of Kaplan & Meier (1958) counts everybody for as "
        "long as they were watched: on each day t, of those still waiting nₜ, dₜ came back. The variance is Greenwood's "
        "(1926), the ranges are 95 % on the log(−log) scale (Kalbfleisch & Prentice 2002), which keeps them between 0 and 100.")
    st.latex(r"S(t) = \prod_{s \le t}\left(1 - \frac{d_s}{n_s}\right) \qquad "
             r"\left[S^{\,e^{1.96\,\sigma}},\ S^{\,e^{-1.96\,\sigma}}\right],\quad "
             r"\sigma^2 = \frac{1}{(\ln S)^2}\sum_{s \le t}\frac{d_s}{n_s (n_s - d_s)}")
    curve = result.coming_back
    if _is_known(result):
        st.markdown(
            f"Here {words.count(curve.n_events)} of {words.count(curve.n)} customers have come back so far; that alone would be "
            f"{words.share(curve.n_events / curve.n)}, whatever their age. Within {result.within_days} days it is "
            f"{words.share(result.back['share'], 1)}; {words.count(result.back['followed'])} customers were watched that long.")
    _method_of_staying(result)
    _method_of_trend(result)
    st.markdown(
        "**Groups** are compared by the log-rank test (Mantel 1966), pairs corrected for being several (Holm 1979). It finds best "
        "what lasts: curves that cross may look alike to it. It says that groups differ, not why: customers of one channel may also "
        "buy other things.")


def _method_of_staying(result: Cohorts) -> None:
    stay = result.staying
    if stay is None:
        return
    usual = ("" if stay.pauses_shorter != stay.pauses_shorter else
             f" Of 100 pauses between two purchases, {_of_100(stay.pauses_shorter)} were no longer, every customer counted once.")
    st.markdown(
        f"**How long they stay.** A customer falls silent with the purchase after which the first pause of more than "
        f"{stay.silence_days} days begins.{usual} Silence shows only after {stay.silence_days} days, so nobody is judged in the last "
        f"{stay.silence_days} days: {words.count(stay.customers)} customers whose first order is older are watched up to then.")


def _method_of_trend(result: Cohorts) -> None:
    found = result.trend
    if found is None:
        return
    spread = ("Months do not differ more than chance makes them." if found.dispersion <= 1 else
              f"Months differ {found.dispersion:.1f} times as much as chance alone would make them, and the range is widened for it "
              "(McCullagh & Nelder 1989).")
    st.markdown(
        f"**Is it getting better?** {words.count(found.newer.customers)} newer and {words.count(found.older.customers)} older "
        f"customers, each watched for {found.within_days} days. The difference has Newcombe's range (1998). {spread} Only where the "
        "range lies on one side of 0 is a change called one.")
    st.latex(rf"\hat p_\text{{newer}} - \hat p_\text{{older}} = {found.newer.share:.3f} - {found.older.share:.3f} = "
             rf"{found.difference:+.3f}\quad[{found.low:+.3f},\ {found.high:+.3f}]")


def revenue(currency: str):
    """How money is written where a cell is pointed at."""
    return lambda amount: words.money(amount, currency)


def _of_100(share: float) -> str:
    """A share as so many of a hundred, with a decimal where whole ones would say too little."""
    of_100 = share * 100
    return f"{of_100:.1f}" if 0 < of_100 < 9.95 and round(of_100, 1) != round(of_100) else f"{of_100:.0f}"


def _percent(share: float) -> str:
    return words.share(share, 1 if 0 < share < 0.0995 else 0)


def _points(difference: float) -> str:
    """A difference of two shares in points, with its sign."""
    points = round(difference * 100, 1)
    return "0" if points == 0 else f"{points:+.0f}".replace("-", "−") if abs(points) >= 10 else f"{points:+.1f}".replace("-", "−")


def _days(days: float) -> str:
    return "1 day" if days == 1 else f"{words.count(days)} days"


def _span(days: int) -> str:
    """A length of time as people say it."""
    return {365: "a year", 730: "two years"}.get(int(days), _days(days))


