"""Every two products at a glance: how many times as often as by chance do they lie together?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.baskets.pairs import Pairs
from crm.analytics.baskets.pictures.labels import called, shortened, shown
from crm.errors import InvalidInput

USUAL, MOST = 16, 40
FEW = 10  # products whose figures have room in the cells of a phone
MOST_DOUBLINGS = 4.0  # 16 times as often, or a 16th: where the colour is full
ROW_PIXELS, EDGE_PIXELS = 24, 40
LONGEST_LABEL = 20
MIN_COUNT = 10  # orders with both, for a pair to choose products by
WORDS = {"said": "{one} + {other}: {lift} times as often as by chance, in {count} orders", "never": "{one} + {other}: never together"}


def lifts_among(pairs: Pairs, *, product_ids: Sequence[int] | None = None, most: int = USUAL,
                min_count: int = MIN_COUNT) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lift and number of orders of every two of some products, both square tables with product ids on both sides, those
    that lie together next to one another; NaN on the diagonal.

    product_ids: which (at most 40); without them those of the pairs that lie in most orders beyond chance, at most `most`.
    Raises InvalidInput for too many and for products that no order holds.
    """
    wanted = most if product_ids is None else len(set(product_ids))
    if not 2 <= wanted <= MOST:
        raise InvalidInput(f"A picture of {wanted} products; choose 2 to {MOST}.", field="product_ids")
    held = pairs.together.diagonal().astype(float)
    places = (chosen(pairs, held, most=most, min_count=min_count) if product_ids is None
              else np.searchsorted(pairs.product_ids, np.unique(np.asarray(list(product_ids)))))
    if product_ids is not None and (places.max() >= len(held) or not np.isin(list(product_ids), pairs.product_ids).all()):
        raise InvalidInput("No order holds one of these products; choose products that were sold.", field="product_ids")
    count = pairs.together[places][:, places].toarray().astype(float)
    lift = count * (pairs.orders / np.outer(held[places], held[places]))
    order = beside_one_another(lift)
    ids = pairs.product_ids[places[order]]
    for table in (lift, count):
        np.fill_diagonal(table, np.nan)
    lift, count = (pd.DataFrame(table[np.ix_(order, order)], index=ids, columns=ids) for table in (lift, count))
    return lift, count


def chosen(pairs: Pairs, held: np.ndarray, *, most: int, min_count: int) -> np.ndarray:
    """Places of the products of the pairs that lie in most orders beyond chance."""
    cells = pairs.together.tocoo()
    kept = (cells.row < cells.col) & (cells.data >= min_count)
    a, b, count = cells.row[kept].astype(np.int64), cells.col[kept].astype(np.int64), cells.data[kept]
    beyond = count - held[a] * held[b] / pairs.orders
    found: list[int] = []
    for place in np.lexsort((b, a, -beyond.round(9))):
        new = [column for column in (a[place], b[place]) if column not in found]
        if len(found) + len(new) > most:
            break
        found += new
    return np.sort(np.array(found, dtype=np.int64))


def beside_one_another(lift: np.ndarray) -> np.ndarray:
    """An order in which products that lie together often are neighbours (leaves of an average linkage)."""
    if len(lift) < 3:
        return np.arange(len(lift))
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    away = 1 / (1 + lift)
    away = (away + away.T) / 2
    np.fill_diagonal(away, 0.0)
    condensed = squareform(away, checks=False)
    return leaves_list(optimal_leaf_ordering(linkage(condensed, method="average"), condensed))


def lift_matrix(lift: pd.DataFrame, count: pd.DataFrame, *, names: Mapping | None = None, usual: float = 1.0,
                words: Mapping[str, str] = WORDS) -> go.Figure:
    """The lift of every two products as colour: one side of the scale more, the other less often than `usual`; full at 16
    times. Products are numbered: their names stand at the left only, so that a phone has room.

    lift, count: as from lifts_among. usual: the lift without colour, 1 by chance; BasketRules.usual_lift where large
    orders give every two products a lift. `figure.layout.meta["height"]`: a good height in pixels. Fewer than two products: an
    empty picture.
    """
    ids = lift.index.tolist()
    values, orders = lift.to_numpy(dtype=float), count.to_numpy(dtype=float)
    with np.errstate(divide="ignore"):
        doublings = np.clip(np.log2(values / usual), -MOST_DOUBLINGS, MOST_DOUBLINGS)
    said = [["" if row == column else shown(
        words["never" if orders[row, column] == 0 else "said"].format(
            one=called(ids[row], names), other=called(ids[column], names), lift=f"{values[row, column]:.2g}",
            count=f"{orders[row, column]:,.0f}")) for column in range(len(ids))] for row in range(len(ids))]
    text = [["" if row == column else f"{values[row, column]:.2g}" for column in range(len(ids))] for row in range(len(ids))]
    numbers = [str(place + 1) for place in range(len(ids))]
    labels = shortened([called(product, names) for product in ids], LONGEST_LABEL)
    figure = go.Figure(go.Heatmap(
        z=doublings, x=list(range(len(ids))), y=list(range(len(ids))), zmid=0, zmin=-MOST_DOUBLINGS, zmax=MOST_DOUBLINGS,
        text=text, texttemplate="%{text}" if len(ids) <= FEW else None, customdata=np.array(said, dtype=object).reshape(len(ids), len(ids)),
        xgap=1, ygap=1, hoverongaps=False, showscale=False, hovertemplate="%{customdata}<extra></extra>", meta={"scale": "diverging"}))
    figure.update_layout(
        xaxis={"side": "top", "tickvals": list(range(len(ids))), "ticktext": numbers, "tickangle": 0, "tickfont": {"size": 10},
               "showgrid": False, "zeroline": False, "ticks": ""},
        yaxis={"autorange": "reversed", "tickvals": list(range(len(ids))), "showgrid": False, "zeroline": False, "ticks": "",
               "ticktext": [f"{shown(label)}  {number}" for label, number in zip(labels, numbers, strict=True)]},
        meta={"height": ROW_PIXELS * len(ids) + EDGE_PIXELS})
    return figure
