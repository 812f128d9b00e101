"""Who goes where when the same customers are grouped in another way? Streams from the groups of one to those of the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.segments.group_marks import called, in_order, meanings_of

if TYPE_CHECKING:
    from crm.analytics.segments.comparing import Comparison

BAR_WIDTH = 0.025  # of the picture's width
LEAST_DISTANCE = 15  # pixels between two names
GAP = 0.02  # of its height, between two groups of one side
CURVE_POINTS = 24  # of each edge of a stream; rounder cannot be seen
LEAST_BAR = 0.004  # of the height, so that a group of one customer has a place
STREAM_OPACITY = 0.55
NAME_LENGTH = 18  # characters of a name beside its group on a phone
LABEL_PIXELS = 34  # each group's name needs them
FEWEST_ROWS = 5  # less height makes the streams steep
EDGE_PIXELS = 20


def flow(comparison: Comparison, *, first_names: Mapping | None = None, second_names: Mapping | None = None) -> go.Figure:
    """Bars of the first grouping at the left and of the second at the right, and between them streams as thick as
    customers go from one to the other (Sankey), in the colour of where they come from.

    `figure.layout.meta["height"]`: a good height in pixels. No customers in both: an empty picture.
    """
    table = comparison.flow[comparison.flow["customers"] > 0]
    figure = go.Figure()
    sides = [_side(table, column) for column in ("first", "second")]
    names = [{label: called(label, given) for label in side.index}
             for side, given in zip(sides, (first_names, second_names), strict=True)]
    left, right = sides
    used = {("first", label): left.at[label, "low"] for label in left.index} | {
        ("second", label): right.at[label, "low"] for label in right.index}
    total = table["customers"].sum()
    ordered = table.assign(a=table["first"].map({label: place for place, label in enumerate(left.index)}),
                           b=table["second"].map({label: place for place, label in enumerate(right.index)}))
    for row in ordered.sort_values(["a", "b"]).itertuples():
        starts, ends = used["first", row.first], used["second", row.second]
        thick = [side.at[label, "thick"] * row.customers / side.at[label, "customers"]
                 for side, label in ((left, row.first), (right, row.second))]
        used["first", row.first] += thick[0]
        used["second", row.second] += thick[1]
        share = row.customers / left.at[row.first, "customers"]
        figure.add_trace(_stream(
            starts, thick[0], ends, thick[1], colour=left.at[row.first, "meaning"],
            said=f"{names[0][row.first]} → {names[1][row.second]}: {row.customers:,} ({share:.0%})"))
    height = LABEL_PIXELS * max(*map(len, sides), FEWEST_ROWS) + EDGE_PIXELS
    for side, named, is_left in ((left, names[0], True), (right, names[1], False)):
        figure.add_trace(_bars(side, named, is_left=is_left))
        for label, y in zip(side.index, _apart(side["low"] + side["thick"] / 2, LEAST_DISTANCE / height), strict=True):
            figure.add_annotation(_label(named[label], side.at[label, "customers"] / total, y=y, is_left=is_left))
    nothing = {"visible": False, "fixedrange": True}
    figure.update_layout(
        xaxis={**nothing, "range": [-0.005, 1.005]}, yaxis={**nothing, "range": [1.01, -0.01]},
        hovermode="closest", showlegend=False, barmode="overlay", bargap=0, meta={"height": height})
    return figure


def _side(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Groups of one side in their order: customers, low (upper edge, 0 the top), thick (share of the height), meaning."""
    sizes = table.groupby(column)["customers"].sum()
    labels = in_order(sizes.index.tolist())
    if any(isinstance(label, str) for label in labels):
        labels = sorted(labels, key=lambda label: (-sizes[label], label))
    sizes = sizes.loc[labels]
    room = 1 - GAP * max(len(sizes) - 1, 0)
    thick = (sizes / max(sizes.sum(), 1)).clip(lower=LEAST_BAR)
    thick = thick / max(thick.sum(), 1e-9) * room
    low = np.concatenate([[0.0], (thick.to_numpy() + GAP).cumsum()[:-1]]) if len(sizes) else []
    return pd.DataFrame({"customers": sizes, "low": low, "thick": thick, "meaning": meanings_of(labels)}, index=sizes.index)


def _stream(starts: float, thick_at_start: float, ends: float, thick_at_end: float, *, colour: str, said: str) -> go.Scatter:
    way = np.linspace(0, 1, CURVE_POINTS)
    x = BAR_WIDTH + way * (1 - 2 * BAR_WIDTH)
    bent = way * way * (3 - 2 * way)  # level at both ends
    upper = starts + (ends - starts) * bent
    lower = starts + thick_at_start + (ends + thick_at_end - starts - thick_at_start) * bent
    # the fill takes the colour of the line, half as strong
    return go.Scatter(x=np.concatenate([x, x[::-1]]), y=np.concatenate([upper, lower[::-1]]), mode="lines", fill="toself",
                      line={"width": 0}, opacity=STREAM_OPACITY, hoveron="fills", text=said, hoverinfo="text", name="",
                      showlegend=False, meta={"meaning": colour})


def _bars(side: pd.DataFrame, named: dict, *, is_left: bool) -> go.Bar:
    return go.Bar(
        x=[BAR_WIDTH / 2 if is_left else 1 - BAR_WIDTH / 2] * len(side), y=side["thick"], base=side["low"], width=BAR_WIDTH,
        text=[f"{named[label]}: {side.at[label, 'customers']:,}" for label in side.index], textposition="none",
        hovertemplate="%{text}<extra></extra>", showlegend=False, meta={"meaning": side["meaning"].tolist()})


def _apart(places: pd.Series, distance: float) -> list[float]:
    """The places, ascending, moved as little as keeps names off one another and inside the picture.

    >>> _apart(pd.Series([0.5, 0.51, 0.99]), 0.25)
    [0.375, 0.625, 0.875]
    """
    moved = places.tolist()
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + distance)
    limit = 1 - distance / 2
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], limit)
        limit = moved[place] - distance
    return moved


def _label(name: str, share: float, *, y: float, is_left: bool) -> dict:
    short = name if len(name) <= NAME_LENGTH else f"{name[:NAME_LENGTH - 1].rstrip()}…"
    anchor = "left" if is_left else "right"
    return {"x": BAR_WIDTH + 0.01 if is_left else 1 - BAR_WIDTH - 0.01, "y": y, "text": f"{short} {share:.0%}",
            "showarrow": False, "xanchor": anchor, "yanchor": "middle", "align": anchor, "font": {"size": 12}}
