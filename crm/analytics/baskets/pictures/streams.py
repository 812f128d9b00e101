"""What leads to what? Streams from the products at the left to those at the right (Sankey)."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.baskets.pictures.labels import JOINED, beside, called, shown

MOST_STREAMS = 20  # so that there are no more than 40 bars on both sides together
BAR_WIDTH = 0.025  # of the picture's width
GAP = 0.015  # of its height, between two bars of one side
CURVE_POINTS = 24  # of each edge of a stream; rounder cannot be seen
STREAM_OPACITY = 0.5
ROW_PIXELS, EDGE_PIXELS, LEAST_HEIGHT = 30, 20, 200  # each bar's name needs a row
LINE_PIXELS = 15  # between two names
LETTERS = {2: 23, 3: 11}  # of a name on a phone, by the number of sides
N_COLOURS = 8  # of the theme; then they begin again
WORDS = {"rule": "With {left} also {right}: {count} orders, {share} of them, {lift} times the usual",
         "step": "After {left} then {right}: {count} customers, {share} of them, {lift} times the usual",
         "path": "{left}, then {right}: {count} customers on these paths", "bar": "{name}: {count}"}


def rule_streams(rules: pd.DataFrame, *, names: Mapping | None = None, most: int = MOST_STREAMS,
                 words: Mapping[str, str] = WORDS) -> go.Figure:
    """The first `most` rules: antecedents at the left, consequents at the right, as thick as orders hold both.

    rules: as BasketRules.rules. `figure.layout.meta["height"]`: a good height in pixels. No rules: an empty picture.
    """
    rules = rules.head(most)
    sides = {name: list(dict.fromkeys(rules[column])) for name, column in (("left", "antecedents"), ("right", "consequents"))}
    keys = {name: {group: place for place, group in enumerate(groups)} for name, groups in sides.items()}
    links = pd.DataFrame({"left": [keys["left"][group] for group in rules["antecedents"]],
                          "right": [keys["right"][group] for group in rules["consequents"]],
                          "count": rules["count"].to_numpy(), "share": rules["confidence"].to_numpy(),
                          "lift": rules["lift"].to_numpy()})
    texts = [[[called(product, names) for product in group] for group in sides[name]] for name in ("left", "right")]
    return drawn([links], labels=[lambda key: texts[0][key], lambda key: texts[1][key]], said=words["rule"], words=words)


def sequence_streams(table: pd.DataFrame, *, names: Mapping | None = None, most: int = MOST_STREAMS,
                     words: Mapping[str, str] = WORDS) -> go.Figure:
    """The first `most` sequences: the first product at the left, the next one at the right, as thick as customers went
    on. table: as Sequences.table."""
    table = table.head(most)
    links = pd.DataFrame({"left": table["product_id"], "right": table["next_product_id"], "count": table["customers_then"],
                          "share": table["share"], "lift": table["lift"]})
    return drawn([links], labels=[lambda product: [called(product, names)]] * 2, said=words["step"], words=words)


def path_streams(paths: pd.DataFrame, *, names: Mapping | None = None, most: int = MOST_STREAMS // 2,
                 words: Mapping[str, str] = WORDS) -> go.Figure:
    """The first `most` paths of three products, as thick as customers took them. paths: as Sequences.paths."""
    paths = paths.head(most)
    links = [paths.groupby([f"product_id_{place}", f"product_id_{place + 1}"], sort=False)["customers"].sum().reset_index()
             .set_axis(["left", "right", "count"], axis=1).assign(share=np.nan, lift=np.nan) for place in (1, 2)]
    return drawn(links, labels=[lambda product: [called(product, names)]] * 3, said=words["path"], words=words)


def drawn(links: list[pd.DataFrame], *, labels: list[Callable[[int], list[str]]], said: str, words: Mapping[str, str]) -> go.Figure:
    """Sides from left to right with the streams between them; links[i]: left, right (keys), count, share, lift;
    labels: the products' names of each side's keys."""
    figure = go.Figure()
    nothing = {"visible": False, "fixedrange": True}
    figure.update_layout(xaxis={**nothing, "range": [-0.005, 1.005]}, yaxis={**nothing, "range": [1.01, -0.01]},
                         hovermode="closest", showlegend=False, barmode="overlay", bargap=0, meta={"height": LEAST_HEIGHT})
    if links[0].empty:
        return figure
    sides = [bars(links[0].groupby("left", sort=False)["count"].sum())]
    for step, table in enumerate(links):
        size = table.groupby("right", sort=False)["count"].sum()
        # Each bar stands about where its streams come from, so that few cross.
        come_from = sides[step]["low"].reindex(table["left"]).to_numpy() * table["count"].to_numpy()
        middle = pd.Series(come_from).groupby(table["right"].to_numpy(), sort=False).sum() / size
        sides.append(bars(size.loc[middle.sort_values(kind="stable").index]))
    at = np.linspace(BAR_WIDTH / 2, 1 - BAR_WIDTH / 2, len(sides))
    for step, table in enumerate(links):
        begin, end = sides[step], sides[step + 1]
        place = [side.index.get_indexer(table[name]) for side, name in ((begin, "left"), (end, "right"))]
        used = [begin["low"].to_dict(), end["low"].to_dict()]
        for row in np.lexsort((place[1], place[0])):
            left, right, count = table["left"].iloc[row], table["right"].iloc[row], table["count"].iloc[row]
            thick = [side.at[side.index[where[row]], "each"] * count for side, where in zip((begin, end), place, strict=True)]
            text = said.format(left=JOINED.join(labels[step](left)), right=JOINED.join(labels[step + 1](right)), count=f"{count:,}", share=f"{table['share'].iloc[row]:.0%}",
                               lift=f"{table['lift'].iloc[row]:.3g}")
            figure.add_trace(stream(at[step] + BAR_WIDTH / 2, at[step + 1] - BAR_WIDTH / 2, used[0][left], thick[0], used[1][right],
                                    thick[1], colour=f"group{place[0][row] % N_COLOURS}", said=shown(text)))
            used[0][left] += thick[0]
            used[1][right] += thick[1]
    height = max(ROW_PIXELS * max(map(len, sides)) + EDGE_PIXELS, LEAST_HEIGHT)
    letters = LETTERS.get(len(sides), min(LETTERS.values()))
    for number, (x, side) in enumerate(zip(at, sides, strict=True)):
        sets = [labels[number](key) for key in side.index]
        figure.add_trace(go.Bar(
            x=[x] * len(side), y=side["thick"], base=side["low"], width=BAR_WIDTH, textposition="none",
            text=[shown(words["bar"].format(name=JOINED.join(each), count=f"{count:,}")) for each, count in zip(sets, side["count"], strict=True)],
            hovertemplate="%{text}<extra></extra>", showlegend=False,
            meta={"meaning": [f"group{place % N_COLOURS}" if number < len(sides) - 1 else "past" for place in range(len(side))]}))
        is_last = number == len(sides) - 1
        anchor, away = ("right", -BAR_WIDTH) if is_last else ("left", BAR_WIDTH)
        for text, y in zip(beside(sets, letters), apart(side["low"] + side["thick"] / 2, LINE_PIXELS / height), strict=True):
            figure.add_annotation(x=x + away, y=y, text=shown(text), showarrow=False, xanchor=anchor,
                                  yanchor="middle", align=anchor, font={"size": 11})
    figure.update_layout(meta={"height": height})
    return figure


def bars(size: pd.Series) -> pd.DataFrame:
    """The bars of one side in the order given: count, low (upper edge, 0 the top), thick, each (height of one)."""
    each = (1 - GAP * (len(size) - 1)) / size.sum()
    thick = size * each
    low = np.concatenate([[0.0], (thick.to_numpy() + GAP).cumsum()[:-1]])
    return pd.DataFrame({"count": size, "low": low, "thick": thick, "each": each}, index=size.index)


def stream(begins: float, ends: float, low: float, thick: float, to_low: float, to_thick: float, *, colour: str,
           said: str) -> go.Scatter:
    """From a bar's right edge to the next one's left edge."""
    way = np.linspace(0, 1, CURVE_POINTS)
    x = begins + way * (ends - begins)
    bent = way * way * (3 - 2 * way)  # level at both ends
    upper = low + (to_low - low) * bent
    lower = low + thick + (to_low + to_thick - low - thick) * bent
    # The fill takes the colour of the line, half as strong.
    return go.Scatter(x=np.concatenate([x, x[::-1]]), y=np.concatenate([upper, lower[::-1]]), mode="lines", fill="toself",
                      line={"width": 0}, opacity=STREAM_OPACITY, hoveron="fills", text=said, hoverinfo="text", name="",
                      showlegend=False, meta={"meaning": colour})


def apart(places: pd.Series, distance: float) -> list[float]:
    """The places, ascending, moved as little as keeps names off one another and inside the picture.

    >>> apart(pd.Series([0.5, 0.51, 0.99]), 0.25)
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
