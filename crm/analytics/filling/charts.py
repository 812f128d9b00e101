"""Filled numbers in a picture: how the known ones spread, and where the filled ones come to lie."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.filling.fill import Filled

BARS = 24
GROUPED_FROM = 10_000  # years are written without a comma


def distribution(filled: Filled, *, unit: str) -> go.Figure:
    """How many customers have each number: known ones, and on top of them the filled ones. `unit`: the axis' words."""
    known, added = (filled.values[chosen].dropna() for chosen in (~filled.is_filled, filled.is_filled))
    edges = np.histogram_bin_edges(pd.concat([known, added]), bins=BARS)
    grouped = "," if edges[-1] >= GROUPED_FROM else ""
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure()
    for name, numbers, meaning in (("Known", known, "good"), ("Filled in", added, "attention")):
        count, _ = np.histogram(numbers, bins=edges)
        if count.sum():
            figure.add_trace(go.Bar(x=middles, y=count, name=name, width=np.diff(edges), meta={"meaning": meaning},
                                    customdata=np.column_stack([edges[:-1], edges[1:]]),
                                    hovertemplate=f"%{{customdata[0]:{grouped}.0f}} to %{{customdata[1]:{grouped}.0f}}: "
                                                  f"%{{y:,}} customers<extra>{name}</extra>"))
    figure.update_layout(barmode="stack", bargap=0.05)
    figure.update_xaxes(title_text=unit, tickformat=f"{grouped}~f")
    figure.update_yaxes(title_text="Customers", tickformat=",d")
    return figure
