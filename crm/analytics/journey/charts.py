"""Journeys in pictures: streams from step to step, where customers stop, how soon they take the next step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.journey.model import Journey
from crm.analytics.journey.paths import EARLY, ENDS, MORE, SILENT, STATES
from crm.analytics.journey.waiting import Waiting

# What a state means to the owner; the picture is painted by it.
MEANINGS = {"contact": "comparison", "first_order": "good", "second_order": "good", "later_order": "good",
            "complaint": "attention", "solution": "group3", "low_score": "attention", "high_score": "group3", "other": "group4",
            "silent": "past", "early": "group7", "more": "good"}
JOINED_BELOW = 0.02  # of all customers: such states of one step are drawn as one, "other"
BAR_WIDTH = 0.03  # of the picture's width
GAP = 0.022  # of its height, between two bars of one step
LEAST_BAR = 0.004  # of the height, so that a state of one customer has a place
CURVE_POINTS = 24  # of each edge of a stream; rounder cannot be seen
STREAM_OPACITY = 0.45
LINE_PIXELS = 15  # of a name beside its bar
TWO_LINES_PIXELS = 34  # a bar so high has room for its share below its name
HEIGHT = 380
MOST_POINTS = 800  # of a curve: more than the pixels of its width
DASHES = ("solid", "dash")  # a sign beside the colour


def streams(result: Journey, *, names: Mapping[str, str] | None = None,
            said: str = "{left} → {right}: {customers} customers ({share})", later: str = "typically {days} days later",
            bar: str = "{name}: {customers} customers") -> go.Figure:
    """One column a step, and between them streams as thick as customers went that way (Sankey), painted by where they lead.

    names: how each of STATES, and "other", is written; said, later, bar: what is told where a stream or a bar is pointed at. `figure.layout.meta["height"]`: a good height in pixels.
    """
    called = {state: state.replace("_", " ") for state in (*STATES, "other")} | dict(names or {})
    links = _joined(result.flows)
    columns = [_bars(links.loc[links["step"] == 1].groupby("from_kind")["customers"].sum(), None)]
    for step in range(1, result.steps + 1):
        part = links[links["step"] == step]
        columns.append(_bars(part.groupby("to_kind")["customers"].sum(), None))
    each = min((1 - GAP * max(len(column) - 1, 0)) / max(column.sum(), 1) for column in columns if len(column))
    columns = [_bars(column, each) for column in columns]
    at = np.linspace(BAR_WIDTH / 2, 1 - BAR_WIDTH / 2, len(columns))
    figure = go.Figure()
    for step in range(1, result.steps + 1):
        _draw_streams(figure, links[links["step"] == step], columns[step - 1], columns[step], at[step - 1:step + 1], each, called, (said, later))
    for x, column, is_last in zip(at, columns, [*[False] * (len(columns) - 1), True], strict=True):
        if column.empty:
            continue
        figure.add_trace(go.Bar(
            x=[x] * len(column), y=column["thick"], base=column["low"], width=BAR_WIDTH, textposition="none",
            text=[bar.format(name=called[state], customers=f"{row.customers:,}") for state, row in column.iterrows()],
            hovertemplate="%{text}<extra></extra>", showlegend=False, meta={"meaning": [MEANINGS[state] for state in column.index]}))
        _write_names(figure, x, column, called, is_last=is_last, of=result.customers)
    nothing = {"visible": False, "fixedrange": True}
    figure.update_layout(xaxis={**nothing, "range": [-0.005, 1.005]}, yaxis={**nothing, "range": [1.01, -0.01]}, barmode="overlay",
                         hovermode="closest", showlegend=False, bargap=0, meta={"height": HEIGHT})
    return figure


def _joined(flows: pd.DataFrame) -> pd.DataFrame:
    """The flows with rare kinds of each step put together as "other"."""
    everybody = flows.loc[flows["step"] == 1, "customers"].sum()
    arriving = flows.groupby(["step", "to_kind"])["customers"].sum()
    rare = {(step + 1, kind) for (step, kind), size in arriving.items() if kind not in ENDS and size < JOINED_BELOW * everybody}
    begun = flows[flows["step"] == 1].groupby("from_kind")["customers"].sum()
    rare |= {(1, kind) for kind, size in begun.items() if size < JOINED_BELOW * everybody}
    if not rare:
        return flows
    joined = flows.assign(
        from_kind=["other" if (step, kind) in rare else kind for step, kind in zip(flows["step"], flows["from_kind"], strict=True)],
        to_kind=["other" if (step + 1, kind) in rare else kind for step, kind in zip(flows["step"], flows["to_kind"], strict=True)])
    # The typical days of several kinds together are not known from those of each.
    joined = joined.groupby(["step", "from_kind", "to_kind"], as_index=False).agg(
        customers=("customers", "sum"), days_median=("days_median", lambda days: days.iloc[0] if len(days) == 1 else np.nan))
    return joined.assign(share=joined["customers"] / joined.groupby(["step", "from_kind"])["customers"].transform("sum"))


def _bars(sizes: pd.Series | pd.DataFrame, each: float | None):
    """The states of one step from the top down: first their customers, with the height of `each` customer their places."""
    if each is None:
        order = {state: place for place, state in enumerate((*STATES[:SILENT], "other", STATES[MORE], STATES[EARLY], STATES[SILENT]))}
        return sizes.loc[sorted(sizes.index, key=order.__getitem__)]
    thick = (sizes * each).clip(lower=LEAST_BAR)
    low = np.concatenate([[0.0], (thick.to_numpy() + GAP).cumsum()[:-1]]) if len(sizes) else np.zeros(0)
    return pd.DataFrame({"customers": sizes, "thick": thick, "low": low})


def _draw_streams(figure: go.Figure, links: pd.DataFrame, begin: pd.DataFrame, end: pd.DataFrame, at: np.ndarray, each: float,
                  called: Mapping[str, str], said: tuple[str, str]) -> None:
    used = [begin["low"].to_dict(), end["low"].to_dict()]
    ordered = links.assign(a=begin.index.get_indexer(links["from_kind"]), b=end.index.get_indexer(links["to_kind"]))
    for row in ordered.sort_values(["a", "b"]).itertuples():
        thick, begins, ends = row.customers * each, used[0][row.from_kind], used[1][row.to_kind]
        used[0][row.from_kind] += thick
        used[1][row.to_kind] += thick
        way = np.linspace(0, 1, CURVE_POINTS)
        x = at[0] + BAR_WIDTH / 2 + way * (at[1] - at[0] - BAR_WIDTH)
        bent = begins + (ends - begins) * way * way * (3 - 2 * way)  # level at both ends
        text = said[0].format(left=called[row.from_kind], right=called[row.to_kind], customers=f"{row.customers:,}", share=f"{row.share:.0%}")
        if row.days_median == row.days_median:
            text = f"{text}, {said[1].format(days=f'{row.days_median:,.0f}')}"
        # The fill takes the colour of the line, half as strong.
        figure.add_trace(go.Scatter(
            x=np.concatenate([x, x[::-1]]), y=np.concatenate([bent, bent[::-1] + thick]), mode="lines", fill="toself",
            line={"width": 0}, opacity=STREAM_OPACITY, hoveron="fills", text=text, hoverinfo="text", name="", showlegend=False,
            meta={"meaning": MEANINGS[row.to_kind]}))


def _write_names(figure: go.Figure, x: float, column: pd.DataFrame, called: Mapping[str, str], *, is_last: bool, of: int) -> None:
    anchor, away = ("right", -BAR_WIDTH) if is_last else ("left", BAR_WIDTH)
    middle = (column["low"] + column["thick"] / 2).tolist()
    for (state, row), y in zip(column.iterrows(), _apart(middle, LINE_PIXELS / HEIGHT), strict=True):
        has_room = row.thick * HEIGHT >= TWO_LINES_PIXELS
        text = f"{called[state]}<br>{row.customers / of:.0%}" if has_room else called[state]
        figure.add_annotation(x=x + away * 0.8, y=y, text=text, showarrow=False, xanchor=anchor, yanchor="middle", align=anchor, font={"size": 11})


def _apart(places: list[float], distance: float) -> list[float]:
    """The places, ascending, moved as little as keeps names off one another and inside the picture.

    >>> _apart([0.5, 0.51, 0.99], 0.25)
    [0.375, 0.625, 0.875]
    """
    moved = list(places)
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + distance)
    limit = 1 - distance / 2
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], limit)
        limit = moved[place] - distance
    return moved


def dropouts(result: Journey, *, names: Mapping[str, str] | None = None, no_order: str = "No further order",
             silent: str = "No sign of life at all", axis: str = "Of 100 customers after this step") -> go.Figure:
    """One bar a step: the share that did not order in the days after it with its 95 % interval, and within it those who gave
    no sign of life at all; in the order of a journey from the top."""
    called = {state: state.replace("_", " ") for state in STATES} | dict(names or {})
    table = result.dropouts[result.dropouts["judged"] > 0][::-1]
    steps, share = [called[kind] for kind in table["kind"]], table["share"].to_numpy() * 100
    figure = go.Figure([
        go.Bar(x=share, y=steps, orientation="h", name=no_order, width=0.62,
               error_x={"type": "data", "symmetric": False, "array": table["high"] * 100 - share, "arrayminus": share - table["low"] * 100},
               customdata=np.stack([table["no_order"], table["judged"]], axis=1),
               hovertemplate="%{y}: %{customdata[0]:,} of %{customdata[1]:,} customers", meta={"meaning": "attention"}),
        go.Bar(x=table["silent_share"] * 100, y=steps, orientation="h", name=silent, width=0.24,
               customdata=np.stack([table["silent"], table["judged"]], axis=1),
               hovertemplate="%{y}: %{customdata[0]:,} of %{customdata[1]:,} customers", meta={"meaning": "past"})])
    figure.update_layout(xaxis={"title": {"text": axis}, "rangemode": "tozero", "showgrid": True, "fixedrange": True},
                         yaxis={"showgrid": False, "fixedrange": True}, barmode="overlay",
                         meta={"height": 100 + 30 * max(len(table), 2)})
    return figure


def curves(waits: Mapping[str, Waiting], *, until_day: int, x: str = "Days", y: str = "Have taken the step") -> go.Figure:
    """The share that has taken a step by days since the one before, a curve with its 95 % band for each name, up to
    `until_day`."""
    figure = go.Figure()
    meanings = ("good", "comparison")
    for place, (name, found) in enumerate(waits.items()):
        days, rows = _steps(found, until_day)
        if place == 0 and len(waits) == 1:
            figure.add_trace(go.Scatter(
                x=np.concatenate([days, days[::-1]]), y=np.concatenate([rows["high"], rows["low"][::-1]]), mode="lines", fill="toself",
                line={"shape": "hv"}, name="", showlegend=False, meta={"meaning": "band"}))
        figure.add_trace(go.Scatter(
            x=days, y=rows["share"], mode="lines", name=name, line={"shape": "hv", "dash": DASHES[place % len(DASHES)], "width": 2},
            hovertemplate="%{y:.0%} by day %{x:,}", meta={"meaning": meanings[place % len(meanings)]}))
    figure.update_layout(hovermode="x unified", xaxis={"title": {"text": x}, "range": [0, until_day], "fixedrange": True},
                         yaxis={"title": {"text": y}, "tickformat": ".0%", "range": [0, 1], "fixedrange": True})
    return figure


def _steps(found: Waiting, until_day: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The curve from day 0 to the last day that anybody was watched for, thinned to what can be seen."""
    shown = found.curve[found.curve["day"] <= until_day]
    if len(shown) > MOST_POINTS:
        shown = shown.iloc[np.unique(np.linspace(0, len(shown) - 1, MOST_POINTS).astype(int))]
    starts_late = not len(shown) or shown["day"].iloc[0] > 0
    days = shown["day"].tolist()
    rows = {name: shown[name].tolist() for name in ("share", "low", "high")}
    if starts_late:
        days, rows = [0, *days], {name: [0.0, *column] for name, column in rows.items()}
    if days[-1] < until_day:  # nobody took the step in the last days: the curve stays where it is
        days, rows = [*days, until_day], {name: [*column, column[-1]] for name, column in rows.items()}
    return np.array(days), {name: np.array(column) for name, column in rows.items()}
