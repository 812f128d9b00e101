"""Picture of a contact plan: what do the first so many contacts bring altogether?"""

import plotly.graph_objects as go

from crm.analytics.churn.planning import ContactPlan

NEAR_AN_EDGE = 0.15  # of the width: the mark's words are as long


def profit_curve(plan: ContactPlan, *, contacts: str = "Customers contacted", profit: str = "Expected profit",
                 best: str = "Proposed") -> go.Figure:
    """Expected profit by the number of contacts, the most profitable first; the proposed number is marked, and the dotted line
    is what contacting nobody brings. The words are the caller's; the profit axis is y and wants the currency's sign."""
    curve = plan.curve
    figure = go.Figure(go.Scatter(x=[0, max(int(curve["contacted"].iloc[-1]), 1)], y=[0, 0], mode="lines", hoverinfo="skip",
                                  showlegend=False, meta={"meaning": "reference"}))
    figure.add_trace(go.Scatter(x=curve["contacted"], y=curve["profit"], mode="lines", showlegend=False,
                                hovertemplate="%{x:,.0f}: %{y:,.0f}<extra></extra>", meta={"meaning": "good"}))
    figure.add_trace(go.Scatter(x=[plan.contacted], y=[plan.profit], mode="markers+text", name=best, showlegend=False,
                                text=[f"{best}: {plan.contacted:,}"], textposition=_beside(plan),
                                marker={"size": 11}, cliponaxis=False, hovertemplate="%{x:,.0f}: %{y:,.0f}<extra></extra>",
                                meta={"meaning": "attention"}))
    figure.update_layout(
        xaxis={"title": {"text": contacts}, "tickformat": ",.0f", "rangemode": "tozero"},
        yaxis={"title": {"text": profit}, "tickformat": ",.0f"}, showlegend=False)
    return figure


def _beside(plan: ContactPlan) -> str:
    """Where the mark's words have room: below the top of the curve, and inside the picture."""
    place = plan.contacted / max(int(plan.curve["contacted"].iloc[-1]), 1)
    if plan.contacted == 0:
        return "top right"  # the curve falls from here
    return "bottom right" if place < NEAR_AN_EDGE else "bottom left" if place > 1 - NEAR_AN_EDGE else "bottom center"
