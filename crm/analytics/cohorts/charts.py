"""Cohorts in pictures: the triangle, the curve of coming back, when it happens, the cohorts in time, who stays, groups."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.cohorts.comparison import Comparison
from crm.analytics.cohorts.model import Cohorts
from crm.analytics.cohorts.periods import MOST_COHORTS, SMALL_COHORT
from crm.analytics.cohorts.retention import SHOWN, wide
from crm.analytics.cohorts.survival import Curve
from crm.errors import InvalidInput

MOST_AGES = {"month": 12, "quarter": 8, "year": 6}  # columns that a phone can hold; a year of months, two of quarters
MOST_STEPS = 1_500  # points of a curve: more than the pixels of its width
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")  # a sign beside the colour
LATER = {"month": "months later", "quarter": "quarters later", "year": "years later"}
AGE_AXES = {"month": "Months after the month of the first order", "quarter": "Quarters after that of the first order",
            "year": "Years after that of the first order"}


def shown_cohorts(result: Cohorts, *, shown: str) -> pd.DataFrame:
    """The part of the triangle that the picture holds: the last 24 cohorts with anything to see, ages up to a year of
    months, two of quarters or six of years. Age 0 is left out where it is 100 % by definition."""
    if shown not in SHOWN:
        raise InvalidInput(f"The triangle shows {', '.join(SHOWN)}, not “{shown}”.", field="shown")
    first_age = 1 if shown == "active_share" else 0
    cells = wide(result.triangle, shown=shown)
    cells = cells.loc[:, [age for age in cells.columns if first_age <= age <= MOST_AGES[result.by]]]
    return cells[cells.notna().any(axis=1)].tail(MOST_COHORTS).dropna(axis="columns", how="all")


def triangle(result: Cohorts, *, shown: str = "returned_share", label: Callable[[pd.Series], str] | None = None,
             write: Callable[[float], str] | None = None) -> go.Figure:
    """One row a cohort, oldest on top, one column an age; darker is more, blank is not over yet.

    label: how a cohort is written (its row: cohort, customers, is_small, may_hold_older); write: how a figure is written
    when it is pointed at. Cells hold per cent without the sign, or money in short.
    """
    cells = shown_cohorts(result, shown=shown)
    rows = result.triangle.drop_duplicates("cohort").set_index("cohort").loc[cells.index].reset_index()
    names = [label(row) if label else f"{row['cohort']:%Y-%m} · {row['customers']:,}" for _, row in rows.iterrows()]
    is_share = shown != "revenue_to_date_per_customer"
    figures = cells.to_numpy()
    write = write or ("{:.0%}".format if is_share else "{:,.2f}".format)
    known = figures[np.isfinite(figures)]
    # Single customers of small cohorts would stretch the scale until all others look alike.
    sure = figures[~rows["is_small"].to_numpy()]
    sure = sure[np.isfinite(sure)]
    ends = sure if len(sure) else known if len(known) else np.array([0.0, 1.0])
    figure = go.Figure(
        go.Heatmap(
            z=np.where(np.isfinite(figures), figures, None),
            x=[str(age) for age in cells.columns],
            y=names,
            zmin=float(ends.min()),
            zmax=max(float(ends.max()), float(ends.min()) + 1e-9),
            text=[["" if cell != cell else _short(cell, is_share) for cell in row] for row in figures],
            customdata=[["" if cell != cell else write(cell) for cell in row] for row in figures],
            texttemplate="%{text}",
            hovertemplate=f"%{{y}}, %{{x}} {LATER[result.by]}: %{{customdata}}<extra></extra>",
            hoverongaps=False,
            xgap=1,
            ygap=1,
            meta={"scale": "sequential"},
        )
    )
    figure.update_layout(
        xaxis={"title": {"text": AGE_AXES[result.by]}, "side": "top", "type": "category", "fixedrange": True},
        yaxis={"autorange": "reversed", "type": "category", "showgrid": False, "fixedrange": True, "ticks": "", "ticklabelstandoff": 6},
        showlegend=False,
    )
    return figure


def coming_back(result: Cohorts) -> go.Figure:
    """Share of new customers with a second order by days since the first, in its 95 % band; drawn for as long as ten
    customers were watched."""
    figure = _banded(result.coming_back, turned=True, hover="%{y:.0%} are back after %{x:,.0f} days")
    figure.update_layout(xaxis={"title": {"text": "Days since the first order"}, "tickformat": ",.0f"},
                         yaxis={"title": {"text": "Have ordered again"}, "tickformat": ".0%", "rangemode": "tozero"})
    return figure


def staying(result: Cohorts) -> go.Figure:
    """Share of customers still buying by days since the first order, in its 95 % band; drawn for as long as ten
    customers were watched."""
    figure = _banded(result.staying.curve, turned=False, hover="%{y:.0%} still buy after %{x:,.0f} days")
    figure.update_layout(xaxis={"title": {"text": "Days since the first order"}, "tickformat": ",.0f"},
                         yaxis={"title": {"text": "Still buying"}, "tickformat": ".0%", "range": [0, 1]})
    return figure


def when(result: Cohorts) -> go.Figure:
    """Share of new customers whose second order falls into each stretch of days."""
    table = result.when
    figure = go.Figure(
        go.Bar(
            x=(table["from_day"] + table["to_day"]) / 2,
            y=table["share"],
            width=table["to_day"] - table["from_day"] + 1,
            customdata=table[["from_day", "to_day"]].to_numpy(),
            hovertemplate="Days %{customdata[0]:,.0f} to %{customdata[1]:,.0f}: %{y:.1%}<extra></extra>",
            meta={"meaning": "good"},
        )
    )
    figure.update_layout(xaxis={"title": {"text": "Days since the first order"}, "tickformat": ",.0f"},
                         yaxis={"title": {"text": "Of all new customers"}, "tickformat": ".0%", "rangemode": "tozero"},
                         bargap=0.08, showlegend=False)
    return figure


def over_time(result: Cohorts, *, older_name: str = "Before", newer_name: str = "Lately") -> go.Figure:
    """The share of each cohort that came back in time, with its 95 % interval, small cohorts in amber; the two stretches
    that are compared as level lines."""
    table = result.cohorts
    figure = go.Figure(
        go.Scatter(
            x=table["cohort"],
            y=table["share"],
            mode="markers",
            error_y={"type": "data", "symmetric": False, "array": table["high"] - table["share"],
                     "arrayminus": table["share"] - table["low"]},
            marker={"symbol": np.where(table["is_small"], "circle-open", "circle").tolist(), "size": 7},
            customdata=table[["customers"]].to_numpy(),
            hovertemplate="%{x|%b %Y}: %{y:.0%} of %{customdata[0]:,.0f}<extra></extra>",
            showlegend=False,
            meta={"meaning": np.where(table["is_small"], "attention", "good").tolist()},
        )
    )
    if result.trend is not None:
        for stretch, name, meaning in ((result.trend.older, older_name, "past"), (result.trend.newer, newer_name,
                                                                                "comparison")):
            figure.add_scatter(x=[stretch.from_day, stretch.to_day], y=[stretch.share, stretch.share], mode="lines",
                               name=name, line={"width": 3, "dash": "dash" if meaning == "past" else "solid"},
                               hovertemplate="%{fullData.name}: %{y:.1%}<extra></extra>", meta={"meaning": meaning})
    figure.update_layout(xaxis={"tickformat": "%b %Y"},
                         yaxis={"title": {"text": f"Back within {result.within_days} days"}, "tickformat": ".0%",
                                "rangemode": "tozero"})
    return figure


def compared(result: Comparison) -> go.Figure:
    """One curve a group: who has come back, or who still buys, by days since the first order."""
    returning = result.outcome == "return"
    figure = go.Figure()
    for place, (name, curve) in enumerate(result.curves.items()):
        steps = _steps(curve)
        figure.add_scatter(
            x=steps["day"], y=1 - steps["survival"] if returning else steps["survival"], mode="lines", name=_plain(name),
            line={"shape": "hv", "dash": DASHES[place % len(DASHES)]}, meta={"meaning": f"group{place}"},
            hovertemplate="%{fullData.name}: %{y:.0%} after %{x:,.0f} days<extra></extra>")
    figure.update_layout(
        xaxis={"title": {"text": "Days since the first order"}, "tickformat": ",.0f"},
        yaxis={"title": {"text": "Have ordered again" if returning else "Still buying"}, "tickformat": ".0%",
               **({"rangemode": "tozero"} if returning else {"range": [0, 1]})})
    return figure


def _banded(curve: Curve, *, turned: bool, hover: str) -> go.Figure:
    steps = _steps(curve)
    sides = {name: 1 - steps[name] if turned else steps[name] for name in ("survival", "low", "high")}
    upper, lower = (sides["low"], sides["high"]) if turned else (sides["high"], sides["low"])
    edge = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "line": {"shape": "hv"}, "meta": {"meaning": "band"}}
    return go.Figure([
        go.Scatter(x=steps["day"], y=upper, **edge),
        go.Scatter(x=steps["day"], y=lower, fill="tonexty", **edge),
        go.Scatter(x=steps["day"], y=sides["survival"], mode="lines", line={"shape": "hv"}, showlegend=False,
                   hovertemplate=hover + "<extra></extra>", meta={"meaning": "good"})])


def _steps(curve: Curve) -> pd.DataFrame:
    """The curve at whole days from 0 for as long as ten customers were watched, thinned where a screen has no more pixels."""
    until = max(curve.longest_for(SMALL_COHORT), 0)
    days = np.unique(np.linspace(0, until, min(until + 1, MOST_STEPS)).round().astype("int64"))
    steps = curve.at(days)
    # At day 0 nobody has come back: a band around a certainty would only look like a fault.
    return steps.assign(low=steps["low"].where((steps["survival"] < 1) | (steps["day"] > 0), 1.0))


def _short(figure: float, is_share: bool) -> str:
    """As a narrow cell holds it: per cent without the sign, money with two or three digits.

    >>> _short(0.384, True), _short(1234.5, False), _short(48.2, False), _short(-3.0, False), _short(12345.0, False)
    ('38', '1.2k', '48', '-3', '12k')
    """
    if is_share:
        return f"{figure * 100:.0f}"
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(figure) >= size:
            scaled = figure / size
            return f"{scaled:.1f}{letter}" if abs(scaled) < 10 else f"{scaled:.0f}{letter}"
    return f"{figure:.0f}"


def _plain(name: str) -> str:
    """A group's name as it is: Plotly would take angle brackets for formatting."""
    return str(name).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
