"""Groups in pictures: their means and how sure they are, and the means of two groupings at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from crm.analytics.satisfaction.groups import GroupComparison
from crm.analytics.satisfaction.two_way import TwoWay
from crm.errors import NotEnoughData

PER_GROUP, AROUND = 30, 70  # pixels of height
LONGEST_NAME = 28  # letters; longer ones would leave a phone no room for the picture
ROOM = 0.06  # of the range shown, on either side


def means(
    found: GroupComparison,
    *,
    names: Mapping[str, str] | None = None,
    axis: str = "Mean score",
    everybody: str = "All together",
    people: str = "customers",
) -> go.Figure:
    """A row a group, the happiest on top: its mean and 95 % interval; below 30 customers in amber; all together dotted."""
    table = found.groups[found.groups["compared"]].sort_values(["mean", "group"], ascending=[False, True])
    called = [short((names or {}).get(name, name)) for name in table["group"]]
    label = [f"{name} ({n:,})" for name, n in zip(unique(called), table["n"], strict=True)]
    overall = float((table["mean"] * table["n"]).sum() / table["n"].sum())
    figure = go.Figure()
    figure.add_trace(go.Scatter(
        x=[overall, overall], y=[label[0], label[-1]], mode="lines", name=f"{everybody}: {overall:.2f}",
        meta={"meaning": "reference"}, showlegend=False))
    figure.add_trace(go.Scatter(
        x=table["mean"], y=label, mode="markers", showlegend=False, marker={"size": 10},
        error_x={"type": "data", "array": table["high"] - table["mean"], "arrayminus": table["mean"] - table["low"]},
        customdata=np.column_stack([table["n"], table["low"].fillna(table["mean"]), table["high"].fillna(table["mean"])]),
        meta={"meaning": ["attention" if few else "good" for few in table["few"]]},
        hovertemplate=f"%{{y}}: %{{x:.2f}} (%{{customdata[1]:.2f}} to %{{customdata[2]:.2f}}), %{{customdata[0]:,.0f}} {people}"
                      "<extra></extra>"))
    figure.update_xaxes(title_text=axis, tickformat=".2~f", showgrid=True,
                        range=shown(table[["mean", "low", "high"]].to_numpy(), found.scale_min, found.scale_max))
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(meta={"height": AROUND + PER_GROUP * len(table)})
    return figure


def two_ways(
    found: TwoWay,
    *,
    first_names: Mapping[str, str] | None = None,
    second_names: Mapping[str, str] | None = None,
    axis: str = "Mean score",
    people: str = "customers",
) -> go.Figure:
    """A line a group of the second grouping over the groups of the first: parallel lines, and neither depends on the other."""
    cells = found.cells[found.cells["n"] > 0]
    if cells.empty:
        raise NotEnoughData("This picture needs customers in both groupings; there are 0.")
    order = found.adjusted[found.adjusted["factor"] == "first"].sort_values("adjusted", ascending=False)["group"]
    spoken = dict(zip(order, unique([short((first_names or {}).get(name, name)) for name in order]), strict=True))
    figure = go.Figure()
    for place, (name, part) in enumerate(cells.groupby("second", sort=False)):
        part = part.set_index("first").reindex(order).dropna(subset=["mean"])
        figure.add_trace(go.Scatter(
            x=[spoken[one] for one in part.index], y=part["mean"], mode="lines+markers",
            name=short((second_names or {}).get(str(name), str(name))), showlegend=True, marker={"size": 8},
            customdata=part[["n"]].to_numpy(), meta={"meaning": f"group{place % 8}"},
            hovertemplate=f"%{{x}}: %{{y:.2f}}, %{{customdata[0]:,.0f}} {people}"))
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=[spoken[one] for one in order])
    figure.update_yaxes(title_text=axis, tickformat=".2~f",
                        range=shown(cells[["mean"]].to_numpy(), found.scale_min, found.scale_max))
    figure.update_layout(meta={"height": 320})
    return figure


def shown(values: np.ndarray, low: float, high: float) -> list[float]:
    """The part of the scale that the values need, with some room."""
    start, stop = float(np.nanmin(values)), float(np.nanmax(values))
    room = max((stop - start) * ROOM, (high - low) * 0.01)
    return [max(start - room, low - room), min(stop + room, high + room)]


def short(name: str) -> str:
    """A name that leaves room.

    >>> short("A very long name of a product, blue")
    'A very long name of a produ…'
    """
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def unique(names: list[str]) -> list[str]:
    """The same names, equal ones told apart by invisible ends: equal categories would fall together in one row."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        found.append(name + "\u200b" * seen.get(name, 0))
        seen[name] = seen.get(name, 0) + 1
    return found
