"""Comments in pictures: themes with their tones, and the words that set low scores apart."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.comments.sentiment import TONES
from crm.errors import NotEnoughData

MEANINGS = {"happy": "good", "mixed": "comparison", "unhappy": "attention", "unclear": "past"}
MOST_WORDS = 12  # of each side; more are no picture
ROW_HEIGHT, FRAME_HEIGHT = 26, 90  # pixels
LONGEST_LINE = 26  # characters, so that a phone keeps room for the bars; two such lines are shown
TWO_LINES_HEIGHT = 38  # pixels


def themes(table: pd.DataFrame, *, names: dict[str, str], said: str) -> go.Figure:
    """How many comments each theme has, by tone; the largest on top.

    names: the word for each of TONES; said: what a bar says when it is pointed at, with {tone}.
    """
    if len(table) == 0:
        raise NotEnoughData("There are 0 themes to draw.")
    figure = go.Figure()
    places = list(range(len(table)))
    for tone in TONES:
        figure.add_trace(go.Bar(
            x=table[tone], y=places, orientation="h", name=names[tone], meta={"meaning": MEANINGS[tone]}, customdata=table[["name"]].to_numpy(),
            hovertemplate="%{customdata[0]}: %{x:,.0f} " + said.format(tone=names[tone].lower()) + "<extra></extra>"))
    figure.update_layout(barmode="stack", meta={"height": FRAME_HEIGHT + _row_height(table["name"]) * len(table)}, legend={"traceorder": "normal"})
    figure.update_xaxes(title_text="Comments", tickformat=",d", showgrid=True)
    figure.update_yaxes(autorange="reversed", tickvals=places, ticktext=[_short(name) for name in table["name"]])
    return figure


def telling_words(table: pd.DataFrame, *, low: str, high: str, said: str) -> go.Figure:
    """How many times as often a word stands in comments with low scores (right) as with high ones (left), with 95 % intervals.

    table: of keywords.telling_words, only what is to be shown; low, high: names of the two sides; said: with {low} and {high}
    for the counts.
    """
    first = pd.concat([table[table["times"] > 1].head(MOST_WORDS), table[table["times"] <= 1].head(MOST_WORDS)])
    if len(first) == 0:
        raise NotEnoughData("There are 0 words to draw.")
    first = first.sort_values(["times", "word"], ascending=[False, True], ignore_index=True)
    figure = go.Figure()
    written = said.format(low="%{customdata[1]:,.0f}", high="%{customdata[2]:,.0f}")
    for name, meaning, part in ((low, "attention", first[first["times"] > 1]), (high, "good", first[first["times"] <= 1])):
        figure.add_trace(go.Scatter(
            x=part["times"], y=part.index, mode="markers", name=name, meta={"meaning": meaning}, marker={"size": 9},
            error_x={"type": "data", "symmetric": False, "array": part["times_high"] - part["times"], "arrayminus": part["times"] - part["times_low"]},
            customdata=part[["word", "low_comments", "high_comments"]].to_numpy(), hovertemplate="%{customdata[0]}: " + written + "<extra></extra>"))
    figure.add_vline(x=1, line_dash="dot", line_width=1)
    ends = np.log10([max(first["times_low"].min(), 1 / 200), min(first["times_high"].max(), 200)])
    figure.update_xaxes(type="log", range=[min(ends[0], -0.5) - 0.1, max(ends[1], 0.5) + 0.1], tickvals=[0.01, 0.1, 1 / 3, 1, 3, 10, 100],
                        ticktext=["÷ 100", "÷ 10", "÷ 3", "even", "× 3", "× 10", "× 100"], showgrid=True)
    figure.update_yaxes(autorange="reversed", tickvals=list(first.index), ticktext=[_short(word) for word in first["word"]])
    figure.update_layout(meta={"height": FRAME_HEIGHT + _row_height(first["word"]) * len(first)})
    return figure


def _short(name: str) -> str:
    """A name in at most two lines.

    >>> _short("fine · picture · colour different")
    'fine · picture · colour<br>different'
    """
    return "<br>".join(wrap(name, LONGEST_LINE, max_lines=2, placeholder=" …")) or name[:LONGEST_LINE]


def _row_height(names: pd.Series) -> int:
    return TWO_LINES_HEIGHT if any("<br>" in _short(name) for name in names) else ROW_HEIGHT
