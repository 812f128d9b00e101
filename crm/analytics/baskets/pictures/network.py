"""Which products hang together? Points and lines, the strongest pairs first."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.baskets.pictures.labels import LINE_HEIGHT, called, placed, shortened, shown
from crm.analytics.baskets.pictures.network_layout import layout

MOST_PRODUCTS, MOST_LINKS = 40, 80  # more cannot be told apart on a phone
LABELLED = 24
LONGEST_LABEL, SHORTER_LABELS = 16, (12, 9)  # characters; where there is no room for more
ALL_NAMED = 20  # up to so many products, each has its name
ROOMY = 12  # products, above which a picture in which all are named grows by a line each
SMALLEST, LARGEST = 8, 26  # pixels across
WIDTHS = (1.2, 2.5, 4.5)  # of the weaker, the middling and the stronger third of the lines
EDGE = 22  # pixels around the outermost points, for their names
LEGEND_PIXELS = 50
WORDS = {"product": "{name}: with {others} others in this picture", "chosen": "This product", "others": "Other products",
         "pair": "{one} + {other}: in {count} orders, {lift} times as often as by chance"}


def product_network(pairs: pd.DataFrame, *, names: Mapping | None = None, chosen: int | None = None,
                    most_products: int = MOST_PRODUCTS, pixels: tuple[int, int] = (310, 380),
                    words: Mapping[str, str] = WORDS) -> go.Figure:
    """Products that lie together, as a network; the area of a point grows with the orders of its lines, a line is the
    thicker the higher the lift.

    pairs: product_id_a, product_id_b, count, lift, as BasketRules.pairs, the most important first: they are taken as long
    as there are no more than `most_products` products and 80 lines. `chosen`: a product that is marked. `pixels`: about
    how wide and high the smallest picture will be; up to 20 products all have their names there, of more
    those that cover no other, the least connected left out first. customdata of a
    point: its product_id. No pairs: an empty picture.
    """
    pairs = taken(pairs, most_products=most_products)
    ids = np.unique(np.concatenate([pairs["product_id_a"], pairs["product_id_b"]])) if len(pairs) else np.zeros(0, dtype=int)
    first, second = np.searchsorted(ids, pairs["product_id_a"]), np.searchsorted(ids, pairs["product_id_b"])
    count, lift = pairs["count"].to_numpy(dtype=float), pairs["lift"].to_numpy(dtype=float)
    width, height = pixels
    if ROOMY < len(ids) <= ALL_NAMED:
        pixels = width, height + LINE_HEIGHT * (len(ids) - ROOMY)
    figure = go.Figure()
    nothing = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(xaxis=nothing, yaxis=nothing, hovermode="closest",
                         meta={"height": pixels[1] + (LEGEND_PIXELS if chosen is not None else 0)})
    if not len(ids):
        return figure
    width, height = (size - 2 * EDGE for size in pixels)
    places = layout(first, second, len(ids), width_to_height=width / height)
    points = EDGE + (places - places.min(axis=0)) * np.array([width, height]) / np.maximum(np.ptp(places, axis=0), 1e-9)
    points[:, np.ptp(places, axis=0) < 1e-9] = np.array(pixels)[np.ptp(places, axis=0) < 1e-9] / 2
    thirds = np.minimum((np.argsort(np.argsort(lift, kind="stable"), kind="stable") * len(WIDTHS)) // len(lift), len(WIDTHS) - 1)
    for third, thickness in enumerate(WIDTHS):
        rows = np.flatnonzero(thirds == third)
        if len(rows):
            figure.add_trace(lines(points, first[rows], second[rows], thickness))
    middle = (points[first] + points[second]) / 2
    figure.add_trace(go.Scatter(
        x=middle[:, 0], y=middle[:, 1], mode="markers", marker={"size": 14, "opacity": 0}, showlegend=False,
        hovertext=[shown(words["pair"].format(one=called(a, names), other=called(b, names), count=f"{n:,}", lift=f"{times:.3g}"))
                   for a, b, n, times in zip(pairs["product_id_a"], pairs["product_id_b"], pairs["count"], lift, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>", meta={"meaning": "past"}))
    strength = np.bincount(first, weights=count, minlength=len(ids)) + np.bincount(second, weights=count, minlength=len(ids))
    others = np.bincount(first, minlength=len(ids)) + np.bincount(second, minlength=len(ids))
    sizes = SMALLEST + (LARGEST - SMALLEST) * np.sqrt(strength / strength.max())
    is_chosen = ids == (chosen if chosen is not None else -1)
    whole = [called(product, names) for product in ids]
    texts = list(zip(*(shortened(whole, length) for length in (LONGEST_LABEL, *SHORTER_LABELS)), strict=True))
    labels = placed(points, sizes, [list(each) for each in texts], np.column_stack([first, second]),
                    first=np.lexsort((ids, -strength, ~is_chosen)), width=pixels[0], most=LABELLED, every=len(ids) <= ALL_NAMED)
    for mask, name, meaning, symbol in ((~is_chosen, "others", "good", "circle"), (is_chosen, "chosen", "attention", "diamond")):
        rows = np.flatnonzero(mask)
        if not len(rows):
            continue
        figure.add_trace(go.Scatter(
            x=points[rows, 0], y=points[rows, 1], mode="markers+text", name=words[name], customdata=ids[rows],
            text=[shown(labels.get(row, ("", ""))[0]) for row in rows],
            textposition=[labels.get(row, ("", "top center"))[1] for row in rows], textfont={"size": 11}, cliponaxis=False,
            hovertext=[shown(words["product"].format(name=called(ids[row], names), others=int(others[row]))) for row in rows],
            hovertemplate="%{hovertext}<extra></extra>", showlegend=bool(is_chosen.any()),
            marker={"size": sizes[rows], "symbol": symbol, "opacity": 0.95, "line": {"width": 0}}, meta={"meaning": meaning}))
    figure.update_layout(xaxis={**nothing, "range": [0, pixels[0]]}, yaxis={**nothing, "range": [0, pixels[1]]})
    return figure


def taken(pairs: pd.DataFrame, *, most_products: int) -> pd.DataFrame:
    """The first pairs that bring in no more than so many products."""
    known: set = set()
    rows = []
    for row, (a, b) in enumerate(zip(pairs["product_id_a"], pairs["product_id_b"], strict=True)):
        if len(known | {a, b}) <= most_products:
            known |= {a, b}
            rows.append(row)
        if len(rows) == MOST_LINKS:
            break
    return pairs.iloc[rows]


def lines(points: np.ndarray, first: np.ndarray, second: np.ndarray, width: float) -> go.Scatter:
    gap = np.full(len(first), np.nan)  # lifts the pen between two lines
    x, y = (np.column_stack([points[first, axis], points[second, axis], gap]).ravel() for axis in (0, 1))
    return go.Scatter(x=x, y=y, mode="lines", line={"width": width}, opacity=0.45, hoverinfo="skip", showlegend=False,
                      meta={"meaning": "past"})
