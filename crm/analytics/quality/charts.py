"""How good is which table in which respect? One picture: a cell a score, from what wants attention to good."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

LOWEST_SHADE = 50.0  # below, every score wants attention in the same shade; the middle is at 75


def heat_map(scores: pd.DataFrame, *, tables: dict[str, str], dimensions: dict[str, str]) -> go.Figure:
    """Scores 0..100: one row a table, one column a dimension (and "overall"), blank where there is nothing to judge.

    `tables` and `dimensions`: what they are called, in the order from the top and from the left.
    """
    cells = scores.reindex(index=list(tables), columns=list(dimensions)).to_numpy(dtype=float)
    shown = np.floor(cells)  # 100 only where nothing was found
    figure = go.Figure(go.Heatmap(
        z=shown, x=list(dimensions.values()), y=list(tables.values()), zmin=LOWEST_SHADE, zmax=100, xgap=2, ygap=2,
        text=[["" if np.isnan(cell) else f"{cell:.0f}" for cell in row] for row in shown], texttemplate="%{text}",
        meta={"scale": "diverging"}, hovertemplate="%{y}, %{x}: %{z:.0f} of 100<extra></extra>", hoverongaps=False))
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(side="top", tickangle=-45, ticks="")
    return figure
