"""Charts: pictures of who answers."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm.analytics.responses.groups import ResponseGroups
from crm.analytics.responses.rates import Responses

ROW_HEIGHT, FRAME_HEIGHT = 34, 60


def by_month(result: Responses) -> go.Figure:
    """Share of answers by month of asking, with its range; months with few askings are marked."""
    months = result.months[result.months["asked"] > 0]
    figure = go.Figure()
    figure.add_scatter(x=pd.concat([months["month"], months["month"][::-1]]), y=pd.concat([months["high"], months["low"][::-1]]),
                       fill="toself", mode="none", meta={"meaning": "band"}, showlegend=False, name="")
    figure.add_scatter(x=months["month"], y=months["share"], mode="lines", name="Answered", meta={"meaning": "good"},
                       customdata=months[["asked", "answered"]],
                       hovertemplate="%{x|%b %Y}: %{y:.0%}, %{customdata[1]:,} of %{customdata[0]:,}<extra></extra>")
    few = months[months["few"]]
    if len(few):
        figure.add_scatter(x=few["month"], y=few["share"], mode="markers", name="Fewer than 30 asked", meta={"meaning": "past"},
                           hovertemplate="%{x|%b %Y}: few were asked<extra></extra>")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def by_group(found: ResponseGroups, *, order: tuple[str, ...] | None = None) -> go.Figure:
    """Share of customers of each group who answered, with its range; the most willing on top, or in the groups' own `order`."""
    table = found.groups.iloc[::-1]
    if order is not None:
        table = table.sort_values("group", key=lambda names: names.map({name: -place for place, name in enumerate(order)}))
    figure = go.Figure(go.Scatter(
        x=table["share"], y=[_short(name) for name in table["group"]], mode="markers", marker={"size": 10},
        error_x={"type": "data", "symmetric": False, "array": table["high"] - table["share"], "arrayminus": table["share"] - table["low"]},
        meta={"meaning": ["past" if few else "good" for few in table["few"]]}, customdata=table[["asked", "answered"]],
        hovertemplate="%{y}: %{x:.0%}, %{customdata[1]:,} of %{customdata[0]:,}<extra></extra>"))
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(meta={"height": FRAME_HEIGHT + ROW_HEIGHT * len(table)})
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"
