"""Picture of a round's effect: how many stayed of those contacted, of those held out, and how sure is either share?"""

import plotly.graph_objects as go

from crm.analytics.churn.effect import Effect, Side, wilson


def stayed(effect: Effect, *, contacted: str = "Contacted", held_out: str = "Held out", expected: str = "Expected without a contact",
           axis: str = "Share that stayed") -> go.Figure:
    """Each side's share with its 95 % interval (Wilson), the hollow mark what was expected of it without a contact. A side
    without customers is left out. The words are the caller's."""
    sides = [(name, side) for name, side in ((held_out, effect.held_out), (contacted, effect.contacted))
             if side.customers and side.stayed_share == side.stayed_share]
    figure = go.Figure()
    if sides:
        ends = [wilson(side.stayed, side.customers) for _, side in sides]
        figure.add_trace(go.Scatter(
            x=[side.stayed_share for _, side in sides], y=[name for name, _ in sides], mode="markers", name=axis,
            marker={"size": 12}, customdata=[[side.stayed, side.customers] for _, side in sides],
            error_x={"type": "data", "symmetric": False,
                     "array": [high - side.stayed_share for (_, side), (_, high) in zip(sides, ends, strict=True)],
                     "arrayminus": [side.stayed_share - low for (_, side), (low, _) in zip(sides, ends, strict=True)]},
            hovertemplate="%{y}: %{x:.0%} (%{customdata[0]:,.0f} / %{customdata[1]:,.0f})<extra></extra>",
            meta={"meaning": ["comparison" if name == held_out else "good" for name, _ in sides]}))
    known = [(name, side) for name, side in sides if _is_expected(side)]
    if known:
        figure.add_trace(go.Scatter(
            x=[side.expected_share for _, side in known], y=[name for name, _ in known], mode="markers", name=expected,
            marker={"size": 12, "symbol": "circle-open"}, hovertemplate="%{y}: %{x:.0%}<extra></extra>",
            meta={"meaning": "past"}))
    figure.update_layout(xaxis={"title": {"text": axis}, "tickformat": ".0%", "rangemode": "tozero"}, showlegend=True,
                         meta={"height": 200})
    return figure


def _is_expected(side: Side) -> bool:
    return side.expected_share == side.expected_share
