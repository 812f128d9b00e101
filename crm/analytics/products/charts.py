"""Products in pictures: on how few the revenue rests, what is sold month by month, at what price, and to which groups."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.products.abc import BORDERS, Classes

MONTHS = 36  # in one picture
FEWEST_PRODUCTS = 5  # with fewer, a curve of the best ones tells no more than a sentence
FEW_MONTHS, HALF_MONTH = 6, pd.Timedelta(days=16)  # as wide as a picture is at least; beside its outermost bars
EVERY = {FEW_MONTHS: "M1", 12: "M2", 18: "M3"}  # between two ticks, by the months shown; for more, Plotly's own
MOST_GROUPS = 12  # more rows than that are no picture
BAR_DAYS, DAY = 22, 86_400_000  # of a month's bar, so that some air stays between them; a day in the axis' milliseconds
NO_RANGE = 1e6  # a ratio beyond is drawn as if without end


def pareto(result: Classes, *, axes: tuple[str, str] = ("So many of the best products", "Share of revenue")) -> go.Figure:
    """Cumulative share of the first 1, 2, 3 ... products, those that bring most first; signs where A and B end."""
    table = result.products[result.products["place"] > 0]
    x, y = np.append(0, table["place"]), np.append(0.0, table["cumulative_share"])
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines", showlegend=False, meta={"meaning": "good"},
                                  hovertemplate="The best %{x:,.0f}: %{y:.1%}<extra></extra>"))
    ends = [place for place in np.cumsum([result.counts["A"], result.counts["B"]]) if place > 0]
    ends = sorted({int(place) for place in ends})
    figure.add_scatter(x=ends, y=[y[place] for place in ends], mode="markers+text", showlegend=False, hoverinfo="skip",
                       text=[f"{place:,}: {y[place]:.0%}" for place in ends], textposition="bottom right", cliponaxis=False,
                       marker={"size": 9}, meta={"meaning": "attention"})
    for border in BORDERS:
        figure.add_scatter(x=[0, len(table)], y=[border / 100] * 2, mode="lines", showlegend=False,
                           meta={"meaning": "reference"})
    figure.update_layout(
        xaxis={"title": {"text": axes[0]}, "rangemode": "tozero", "tickformat": ",d",
               "range": [0, max(len(table) * 1.02, max(ends, default=0) * 1.18)],  # the last sign's words stand right of it
               **({"dtick": 1} if len(table) <= 12 else {})},
        yaxis={"title": {"text": axes[1]}, "tickformat": ".0%", "range": [0, 1.04], "dtick": 0.2})
    return figure


def months(table: pd.DataFrame, measure: str, *, words: tuple[str, str, str], is_money: bool = False) -> go.Figure:
    """One bar a month of the last three years, the month that is not over in grey; dotted: the same month a year before.

    `table` is trend.monthly's (or margin.by_month's with is_complete); words: of whole months, of the month that is not over, of
    the year before.
    """
    shown = table.tail(MONTHS)
    whole, partly, before = words
    figure = go.Figure()
    form = "%{x|%b %Y}: %{y:,.0f}" if is_money else "%{x|%b %Y}: %{y:,.10~g}"
    for part, name, meaning in ((shown[shown["is_complete"]], whole, "good"), (shown[~shown["is_complete"]], partly, "past")):
        if len(part):
            # The width is said, for a bar that is alone in its trace would have none on an axis of days.
            figure.add_bar(x=part["month"], y=part[measure], name=name, width=BAR_DAYS * DAY, meta={"meaning": meaning},
                           hovertemplate=form + "<extra>" + name + "</extra>")
    known = table.set_index("month")[measure]
    earlier = known.reindex(shown["month"] - pd.DateOffset(years=1)).to_numpy()
    if np.isfinite(earlier).sum() > 1:  # a single point makes no line
        figure.add_scatter(x=shown["month"], y=earlier, mode="lines", name=before, line={"dash": "dot", "width": 2},
                           meta={"meaning": "comparison"}, hovertemplate="%{y:,.10~g}<extra>" + before + "</extra>")
    figure.update_layout(barmode="overlay", hovermode="x unified", yaxis={"tickformat": "~s"},
                         xaxis=_month_axis(shown["month"].min(), shown["month"].max()))
    return figure


def paid(table: pd.DataFrame, list_prices: pd.DataFrame, *, until: pd.Timestamp, words: tuple[str, str, str]) -> go.Figure:
    """The median price paid a month with the range of eight of ten lines; as steps, the list price as far as it is on record.

    words: of the price paid, of its range, of the list price. A month without a sale breaks the line.
    """
    usual, between, listed = words
    shown = table.set_index("month")
    if len(shown):
        shown = shown.reindex(pd.date_range(shown.index[0], shown.index[-1], freq="MS")).tail(MONTHS)
    figure = go.Figure()
    # A band has to be closed: months without a sale are bridged by what was paid before.
    band = shown[["low", "high"]].ffill()
    figure.add_scatter(x=list(shown.index) + list(shown.index[::-1]), y=list(band["low"]) + list(band["high"][::-1]),
                       fill="toself", mode="lines", name=between, meta={"meaning": "band"})
    figure.add_scatter(x=shown.index, y=shown["median"], mode="lines+markers", name=usual, meta={"meaning": "good"},
                       marker={"size": 5}, customdata=shown[["lines", "low", "high"]].to_numpy(),
                       hovertemplate="%{x|%b %Y}: %{y:,.2f}<br>mostly %{customdata[1]:,.2f} to %{customdata[2]:,.2f}, "
                                     "%{customdata[0]:,.0f} lines<extra></extra>")
    known = list_prices[list_prices["valid_from"] <= until]
    if known["price"].notna().any():
        x, y = [*known["valid_from"], until], [*known["price"], known["price"].iloc[-1]]
        figure.add_scatter(x=x, y=y, mode="lines", name=listed, line={"shape": "hv", "dash": "dash"},
                           meta={"meaning": "attention"},
                           hovertemplate="%{x|%-d %b %Y}: %{y:,.2f}<extra>" + listed + "</extra>")
    begins = shown.index.min() if known.empty or shown.empty else min(shown.index.min(), known["valid_from"].min())
    ends = shown.index.max() if known.empty or shown.empty else max(shown.index.max(), until)
    figure.update_layout(yaxis={"tickformat": ",.2~f"}, xaxis=_month_axis(begins, ends))
    return figure


def _month_axis(first: pd.Timestamp, last: pd.Timestamp) -> dict:
    """An axis with no month named twice; no narrower than six months, for a bar alone would fill the picture."""
    axis = {"tickformat": "%b %Y", "type": "date"}
    if pd.isna(first):
        return axis
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    every = next((step for most, step in EVERY.items() if months <= most), None)
    if every:
        axis |= {"dtick": every, "tick0": last.to_period("M").to_timestamp()}
    if months < FEW_MONTHS:
        begins = min(first, last.to_period("M").to_timestamp() - pd.DateOffset(months=FEW_MONTHS - 1))
        ends = max(last.to_period("M").to_timestamp() + HALF_MONTH, last)
        axis["range"] = [begins - HALF_MONTH, ends]
    return axis


def groups(table: pd.DataFrame, *, axis: str = "Times as often as the others") -> go.Figure:
    """How many times as often as all others each group buys it, with its range, on a scale of doublings; dotted: as often."""
    shown = table[table["low"].notna()].head(MOST_GROUPS)
    # What has no lower or upper end is drawn to the edge of the picture.
    finite = [end for column in ("times", "low", "high") for end in shown[column] if 0 < end < NO_RANGE]
    bottom, top = min([*finite, 0.5]) / 1.2, max([*finite, 2.0]) * 1.2
    middle = shown["times"].clip(bottom, top)
    meaning = {"more": "good", "less": "attention", "": "past"}
    figure = go.Figure(go.Scatter(
        x=middle, y=shown["group"], mode="markers", marker={"size": 9}, showlegend=False,
        error_x={"type": "data", "array": shown["high"].clip(upper=top) - middle,
                 "arrayminus": middle - shown["low"].clip(lower=bottom)},
        customdata=shown[["buyers", "customers", "share", "others_share"]].to_numpy(),
        hovertemplate="%{y}: %{customdata[0]:,.0f} of %{customdata[1]:,.0f} buy it (%{customdata[2]:.1%}); of the others "
                      "%{customdata[3]:.1%}<extra></extra>", meta={"meaning": [meaning[word] for word in shown["direction"]]}))
    if len(shown):
        figure.add_scatter(x=[1, 1], y=[shown["group"].iloc[0], shown["group"].iloc[-1]], mode="lines", showlegend=False,
                           meta={"meaning": "reference"})
    ticks = [tick for tick in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if bottom <= tick <= top]
    figure.update_layout(
        xaxis={"type": "log", "title": {"text": axis}, "range": [np.log10(bottom), np.log10(top)], "tickvals": ticks,
               "ticktext": [f"{tick:g} ×" for tick in ticks]},
        yaxis={"type": "category", "autorange": "reversed"}, showlegend=False)
    return figure


def movers(table: pd.DataFrame, *, names: pd.Series, axis: str = "Against the same months a year before", most: int = 10) -> go.Figure:
    """Products whose sales changed by more than chance explains, with the range of the change; the strongest growth first."""
    shown = table[table["direction"] != ""]
    shown = shown.reindex(shown["p_value"].sort_values(kind="stable").index[:most]).sort_values("change", ascending=False)
    high = shown["high"].clip(upper=max(3 * float(shown["change"].max()), 1.0) if len(shown) else None)
    figure = go.Figure(go.Scatter(
        x=shown["change"], y=names.reindex(shown["product_id"]).to_numpy(), mode="markers", marker={"size": 9}, showlegend=False,
        error_x={"type": "data", "array": (high - shown["change"]).clip(lower=0), "arrayminus": shown["change"] - shown["low"]},
        customdata=shown[["before", "now", "low", "high"]].to_numpy(),
        hovertemplate="%{y}: %{x:+.0%} (%{customdata[2]:+.0%} to %{customdata[3]:+.0%})<br>%{customdata[0]:,.0f} before, "
                      "%{customdata[1]:,.0f} now<extra></extra>",
        meta={"meaning": ["good" if word == "up" else "attention" for word in shown["direction"]]}))
    if len(shown):
        figure.add_scatter(x=[0, 0], y=list(names.reindex(shown["product_id"]).iloc[[0, -1]]), mode="lines", showlegend=False,
                           meta={"meaning": "reference"})
    figure.update_layout(xaxis={"title": {"text": axis}, "tickformat": "+.0%"},
                         yaxis={"type": "category", "autorange": "reversed"}, showlegend=False,
                         meta={"height": 90 + 28 * max(len(shown), 2)})
    return figure
