"""Churn charts: how is the risk spread, what drives it, and can the forecast be trusted?"""

import numpy as np
import plotly.graph_objects as go

from crm.analytics.churn.model import ChurnResult

RISK_BARS = 20  # steps of 5 points, as fine as the probabilities are worth
LIKELY_FROM = 0.5  # from here on staying away is the likelier outcome

FEATURE_LABELS = {
    "days_silent": "Days since last order",
    "purchase_days": "Days with an order",
    "average_order": "Average order",
    "silence_ratio": "Silence against own rhythm",
    "has_returned": "Has returned goods",
    "complaints_open": "Open complaints",
    "complaints_recent": "Recent complaints",
    "first_answer_hours": "Hours to first answer",
    "satisfaction_last": "Last satisfaction",
    "satisfaction_known": "Has answered a survey",
}


def risk_histogram(result: ChurnResult) -> go.Figure:
    """Customers who have not left already by chance of not ordering, in steps of 5 points; from 50 % on they ask for
    attention."""
    edges = np.linspace(0.0, 1.0, RISK_BARS + 1)
    present = result.customers[~result.customers["is_gone"]]
    customers, _ = np.histogram(present["probability"], bins=edges)
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middles,
            y=customers,
            width=1 / RISK_BARS,
            hovertemplate="%{x:.0%}: %{y:,.0f}<extra></extra>",
            meta={"meaning": ["attention" if middle >= LIKELY_FROM else "good" for middle in middles]},
        )
    )
    figure.update_layout(
        xaxis={"title": {"text": "Chance of not ordering"}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"title": {"text": "Customers"}, "tickformat": ",.0f"},
        showlegend=False,
    )
    return figure


def drivers(result: ChurnResult) -> go.Figure:
    """What raises (to the right) or lowers the chance of staying away, by one standard deviation each.

    Only what chance would not explain: the interval lies on one side of 0.
    """
    shown = result.drivers[result.drivers["low"] * result.drivers["high"] > 0]
    figure = go.Figure(
        go.Bar(
            x=shown["effect"],
            y=[FEATURE_LABELS[feature] for feature in shown["feature"]],
            orientation="h",
            hovertemplate="%{y}: %{x:+.2f} log-odds<extra></extra>",
            meta={"meaning": ["attention" if effect > 0 else "good" for effect in shown["effect"]]},
        )
    )
    reach = 1.1 * shown["effect"].abs().max() if len(shown) else 1.0
    figure.update_layout(
        xaxis={"title": {"text": "← lowers the chance of leaving, raises it →"}, "showticklabels": False,
               "range": [-reach, reach]},
        yaxis={"autorange": "reversed"},
        showlegend=False,
    )
    return figure


def calibration(result: ChurnResult) -> go.Figure:
    """Forecast against what happened on the test window; on the dotted line they agree."""
    table = result.calibration
    figure = go.Figure(_diagonal("Perfect"))
    figure.add_trace(
        go.Scatter(
            x=table["predicted"],
            y=table["observed"],
            mode="lines+markers",
            name="Seen later",
            customdata=table["customers"],
            hovertemplate="%{x:.0%} expected, %{y:.0%} seen (%{customdata:,.0f})<extra></extra>",
            meta={"meaning": "good"},
        )
    )
    figure.update_layout(
        xaxis={"title": {"text": "Expected to stay away"}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"title": {"text": "Stayed away"}, "tickformat": ".0%", "range": [0, 1]},
        showlegend=True,
    )
    return figure


def gain(result: ChurnResult) -> go.Figure:
    """Share of the leavers found when the first of the list are contacted: model, recency rule, chance."""
    table = result.gain
    figure = go.Figure(_diagonal("Chance"))
    for column, name, meaning in (
        ("rule", "Longest silence first", "comparison"),
        ("model", "Model", "good"),
    ):
        figure.add_trace(
            go.Scatter(
                x=table["contacted"],
                y=table[column],
                mode="lines",
                name=name,
                hovertemplate=f"{name}: %{{x:.0%}} contacted, %{{y:.0%}} found<extra></extra>",
                meta={"meaning": meaning},
            )
        )
    figure.update_layout(
        xaxis={"title": {"text": "Customers contacted"}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"title": {"text": "Leavers found"}, "tickformat": ".0%", "range": [0, 1]},
        showlegend=True,
    )
    return figure


def _diagonal(name: str) -> go.Scatter:
    return go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=name, hoverinfo="skip", meta={"meaning": "reference"}
    )
