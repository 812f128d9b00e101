"""Pictures of groups over time: how large were they, and who moved where in the last period?"""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from crm.analytics.segments.comparing import Comparison
from crm.analytics.segments.group_flow import flow
from crm.analytics.segments.group_marks import NOBODY, meaning
from crm.analytics.segments.history import GONE, NEW, History
from crm.analytics.segments.names import RFM_GROUPS, SEGMENT_COLOURS

# A group keeps its colour everywhere; who was no customer yet has one that no RFM group has.
COLOURS = {**SEGMENT_COLOURS, NEW: "group3", GONE: "past"}
# Numbers in the order of the picture: the best group on top, then who is new, then who is gone.
LABELS = {group: label for label, group in enumerate((*RFM_GROUPS, NEW))} | {GONE: NOBODY}


def sizes_over_time(history: History, *, names: Mapping[str, str], by: str = "customers") -> go.Figure:
    """One stacked bar a moment, the best group at the bottom; by "customers" or by "share" of all.

    names: the words of the groups (and of "gone", where it is counted).
    """
    table = history.sizes.pivot(index="period", columns="group", values="customers")
    if by == "share":
        table = table.div(table.sum(axis=1), axis=0)
    pattern = ",.0f" if by == "customers" else ".0%"
    moments = [f"{period.day} {period:%b %Y}" for period in table.index]
    figure = go.Figure([
        go.Bar(x=moments, y=table[group], name=names.get(group, group),
               meta={"meaning": COLOURS[group]}, hovertemplate=f"%{{y:{pattern}}}")
        for group in (*RFM_GROUPS, GONE) if group in table])
    figure.update_layout(
        barmode="stack", hovermode="x unified", legend={"traceorder": "normal"},
        xaxis={"type": "category", "tickvals": moments, "ticktext": [f"{period:%b %y}" for period in table.index]},
        yaxis={"title": {"text": "Customers" if by == "customers" else "Share of customers"}, "tickformat": pattern})
    return figure


def moves(history: History, *, names: Mapping[str, str], period: pd.Timestamp | None = None) -> go.Figure:
    """From which group (left) to which (right) the customers went within one period, the last one unless told; see
    `group_flow.flow`.

    names: the words of the groups, of "new" and of "gone". `figure.layout.meta["height"]`: a good height in pixels.
    """
    flows = history.flows
    shown = flows[flows["period"] == (flows["period"].max() if period is None else pd.Timestamp(period))]
    moved = pd.DataFrame({"first": shown["from_group"].map(LABELS), "second": shown["to_group"].map(LABELS),
                          "customers": shown["customers"]})
    words = {label: names.get(group, group) for group, label in LABELS.items()}
    figure = flow(Comparison(float("nan"), moved), first_names=words, second_names=words)
    # There groups are coloured by their number; these have colours of their own.
    colours = {meaning(label): COLOURS[group] for group, label in LABELS.items()}
    for trace in figure.data:
        given = trace.meta["meaning"]
        trace.meta = {"meaning": colours[given] if isinstance(given, str) else [colours[one] for one in given]}
    return figure
