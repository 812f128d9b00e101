"""How does a picture look? One template, light and dark; colours by what a trace means, taken from the theme."""

import plotly.graph_objects as go
import plotly.io
import streamlit as st

from crm.ui import words

# Every figure would else begin with a copy of Plotly's own template, which ours replaces: a third of what drawing one costs.
plotly.io.templates.default = None
FONT = '"Source Sans", "Source Sans 3", sans-serif'  # served by Streamlit itself
USUAL_HEIGHT = 280
BAND_OPACITY = 0.18


def show(figure: go.Figure, *, key: str, alt: str, height: int | None = None, currency_axis: str | None = None,
         currency: str = "EUR", on_select=None):
    """Paint the figure and draw it. `alt` says in words what it shows; `currency_axis` ("x" or "y") gets the sign. Without
    a `height` it is the one that the figure itself names as good (`layout.meta`), else a usual one."""
    figure = go.Figure(figure)  # the caller's own, perhaps from a cache, stays unpainted
    paint(figure, mode=appearance())
    meta = figure.layout.meta if isinstance(figure.layout.meta, dict) else {}
    figure.update_layout(height=height or meta.get("height", USUAL_HEIGHT))
    if currency_axis:
        figure.update_layout({f"{currency_axis}axis": {"tickprefix": words.sign(currency) + " "}})
    selecting = {"on_select": on_select, "selection_mode": "points"} if on_select else {}
    return st.plotly_chart(figure, key=key, theme=None, alt=alt, config={"displayModeBar": False}, **selecting)


def appearance() -> str:
    """Which theme the visitor sees: "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"


def paint(figure: go.Figure, *, mode: str) -> None:
    """Apply the template and give every trace the colour of its meaning (`meta`, see below)."""
    palette = _palette(mode)
    figure.update_layout(template=_template(palette), showlegend=sum(
        trace.showlegend is not False and trace.name is not None for trace in figure.data) > 1)
    for trace in figure.data:
        meta = trace.meta if isinstance(trace.meta, dict) else {}
        if "scale" in meta:
            trace.update(colorscale=_scale(palette[meta["scale"]]), showscale=False)
        elif "meaning" in meta:
            _colour(trace, meta["meaning"], palette)


def _colour(trace, meaning, palette: dict) -> None:
    if meaning == "band":
        trace.update(line={"width": 0}, fillcolor=_see_through(palette["good"]), hoverinfo="skip")
        return
    for whiskers in ("error_x", "error_y"):
        if whiskers in trace and trace[whiskers].array is not None:
            trace.update({whiskers: {"color": palette["muted"], "thickness": 1.5, "width": 4}})
    colours = palette[meaning] if isinstance(meaning, str) else [palette[word] for word in meaning]
    if trace.type in ("bar", "histogram", "box", "violin"):
        trace.update(marker={"color": colours})
        return
    if meaning == "reference":
        trace.update(line={"color": colours, "dash": "dot", "width": 1.5}, hoverinfo="skip")
        return
    if "markers" in (trace.mode or "") or not isinstance(colours, str):
        trace.update(marker={"color": colours})
    if "lines" in (trace.mode or "lines"):
        # Points may each mean something of their own; the line that joins them is the ordinary course.
        trace.update(line={"color": colours if isinstance(colours, str) else palette["good"]})


def _palette(mode: str) -> dict:
    def theme(name: str):
        return st.get_option(f"theme.{mode}.{name}")

    colourway = list(theme("chartCategoricalColors"))
    return {
        "good": colourway[0], "attention": colourway[1], "comparison": colourway[2], "past": theme("grayColor"),
        "loss": theme("redColor"), "reference": theme("grayColor"),
        **{f"group{place}": colour for place, colour in enumerate(colourway)},
        "sequential": list(theme("chartSequentialColors")), "diverging": list(theme("chartDivergingColors")),
        "colourway": colourway, "text": theme("textColor"), "muted": theme("grayColor"),
        "grid": theme("borderColor"), "surface": theme("backgroundColor"),
    }


def _template(palette: dict) -> go.layout.Template:
    axis = {"gridcolor": palette["grid"], "linecolor": palette["grid"], "zerolinecolor": palette["grid"],
            "tickfont": {"color": palette["muted"], "size": 12}, "automargin": True,
            "title": {"font": {"color": palette["muted"], "size": 12}, "standoff": 8}}
    return go.layout.Template(layout={
        "colorway": palette["colourway"], "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": palette["text"]},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "xaxis": {**axis, "showgrid": False, "ticklabelstandoff": 6}, "yaxis": axis,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0,
                   "font": {"size": 12}, "title": {"text": ""}},
        "hoverlabel": {"bgcolor": palette["surface"], "font": {"family": FONT, "color": palette["text"]},
                       "bordercolor": palette["grid"]},
        "bargap": 0.25, "dragmode": False,
    })


def _scale(colours: list[str]) -> list[list]:
    return [[place / (len(colours) - 1), colour] for place, colour in enumerate(colours)]


def _see_through(colour: str) -> str:
    red, green, blue = (int(colour[start:start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{BAND_OPACITY})"
