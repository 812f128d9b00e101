"""Segment charts: how large are the groups, where do they lie, and what sets them apart?"""

import numpy as np
import plotly.graph_objects as go

from crm.analytics.segments.features import RFM_COLUMNS, log_scaled
from crm.analytics.segments.model import IN_NO_GROUP, Segmentation
from crm.analytics.segments.names import SEGMENT_COLOURS, SEGMENT_MEANINGS
from crm.errors import InvalidInput

MOST_POINTS = 5_000  # more points cost the browser time and only paint over one another
GPU_ABOVE = 1_000  # beyond this many points SVG gets slow
SAMPLE_SEED = 0  # the same customers at every redraw
# A sign beside the colour, so that groups can be told apart without it.
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "triangle-down")


def meaning_of(result: Segmentation, name: str) -> str:
    """Good, wanting attention or past, for a bar; groups that are only numbered are ordinary."""
    return SEGMENT_MEANINGS.get(result.called_first(name), "past" if name == IN_NO_GROUP else "good")


def colour_of(result: Segmentation, name: str) -> str:
    """The colour that a group keeps everywhere: by its name, else by its number."""
    known = SEGMENT_COLOURS.get(result.called_first(name))
    if known is not None:
        return known
    labels = {called: label for label, called in (result.names or {}).items()}
    return "past" if labels.get(name, -1) < 0 else f"group{labels[name] % 8}"


def sizes(result: Segmentation, *, by: str = "customers") -> go.Figure:
    """Horizontal bars, best group on top; by "customers" (head count) or "revenue" (net spend)."""
    if by not in ("customers", "revenue"):
        raise InvalidInput(f"Sizes are by customers or revenue, not by {by!r}.", field="by")
    profile = result.profile
    shares = profile["share_of_customers" if by == "customers" else "share_of_revenue"]
    pattern = ",.0f" if by == "customers" else ".3s"
    figure = go.Figure(
        go.Bar(
            x=profile[by],
            y=profile["segment"],
            orientation="h",
            customdata=shares,
            texttemplate=f"%{{x:{pattern}}} (%{{customdata:.0%}})"
            if shares.notna().all()
            else f"%{{x:{pattern}}}",
            textposition="outside",
            textangle=0,
            hovertemplate=f"%{{y}}: %{{x:{pattern}}}<extra></extra>",
            meta={"meaning": [meaning_of(result, name) for name in profile["segment"]]},
        )
    )
    label = "Customers" if by == "customers" else "Net spend"
    figure.update_layout(
        xaxis={"title": {"text": label}, "tickformat": ",.0f" if by == "customers" else "~s",
               "range": [0, 1.3 * max(profile[by].max(), 1)]},  # room for the words beside the longest bar
        yaxis={"autorange": "reversed"},
        showlegend=False,
    )
    return figure


def scatter(result: Segmentation) -> go.Figure:
    """Days since the last order against net spend (log scale), one point a customer, coloured by group.

    At most 5,000 customers (seeded sample). A log axis has no place for net spend of 0 or less: those
    customers are left out, their number is in `figure.layout.meta["left_out"]`.
    """
    shown = result.customers[result.customers["monetary"] > 0]
    left_out = len(result.customers) - len(shown)
    if len(shown) > MOST_POINTS:
        shown = shown.sample(MOST_POINTS, random_state=SAMPLE_SEED)
    points = go.Scattergl if len(shown) > GPU_ABOVE else go.Scatter
    figure = go.Figure()
    for position, name in enumerate(result.profile["segment"]):
        group = shown[shown["segment"] == name]
        figure.add_trace(
            points(
                x=group["recency_days"],
                y=group["monetary"],
                customdata=group["customer_id"],
                mode="markers",
                name=name,
                marker={"symbol": SYMBOLS[position % len(SYMBOLS)], "opacity": 0.6},
                meta={"meaning": colour_of(result, name)},
                hovertemplate=f"{name}: %{{x:,.0f}} days, %{{y:.3s}}<extra></extra>",
            )
        )
    figure.update_layout(
        xaxis={"title": {"text": "Days since last order"}, "tickformat": ",.0f"},
        yaxis={"title": {"text": "Net spend"}, "type": "log", "tickformat": "~s", "dtick": 1},
        showlegend=len(result.profile) > 1,
        meta={"left_out": left_out},
    )
    return figure


def profile_heatmap(result: Segmentation) -> go.Figure:
    """How far each group's typical customer lies from the average, in deviations on the log scale; text: real
    medians.

    Recency is turned round, so that a high colour is the good side in every column.
    """
    profile = result.profile
    points = log_scaled(result.customers)
    segments = result.customers["segment"].to_numpy()
    distances = np.array([np.median(points[segments == name], axis=0) for name in profile["segment"]])
    distances[:, 0] *= -1
    medians = profile[[f"median_{column}" for column in RFM_COLUMNS]].to_numpy()
    # Half an order rounds up, as the page's table does.
    text = [[f"{np.floor(days + 0.5):,.0f} d", f"{np.floor(orders + 0.5):,.0f}", _short(spend)]
            for days, orders, spend in medians]
    figure = go.Figure(
        go.Heatmap(
            z=distances,
            x=["Last order", "Orders", "Net spend"],
            y=profile["segment"],
            zmid=0,
            text=text,
            texttemplate="%{text}",
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
            showscale=False,
            meta={"scale": "diverging"},
        )
    )
    figure.update_layout(yaxis={"autorange": "reversed"})
    return figure


def _short(amount: float) -> str:
    """Three significant digits: 12.3k, 1.02M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.3g}{letter}"
    return f"{amount:.3g}"
