"""Which model is better, beyond chance, and would more data help?"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from crm.analytics.prediction.charts.meanings import meanings, name_of
from crm.analytics.prediction.learning_curve import LearningCurve
from crm.analytics.prediction.results import Judged

SHARES = ("accuracy", "precision", "recall", "f1", "found_in_first_30_percent", "calibration_error")
NO_SKILL_METRICS = ("roc_auc", "pr_auc", "brier", "log_loss", "accuracy", "precision", "found_in_first_30_percent",
                    "lift_first_10_percent")
ABOVE_ALL = -0.7  # of the axis of models, whose first is 0


def no_skill(metric: str, *, base_rate: float) -> float:
    """The metric's value for whoever knows the base rate (0..1) alone: draws the sequence by lot, says the base rate of
    everybody, calls all what most are. NaN for metrics where that says nothing (calibration, recall, f1)."""
    rate = float(base_rate)
    if metric not in NO_SKILL_METRICS or not 0 < rate < 1:
        return float("nan")
    return {"roc_auc": 0.5, "pr_auc": rate, "precision": rate, "accuracy": max(rate, 1 - rate), "brier": rate * (1 - rate),
            "log_loss": -rate * np.log(rate) - (1 - rate) * np.log(1 - rate), "found_in_first_30_percent": 0.3,
            "lift_first_10_percent": 1.0}[metric]


def compared(judged: Mapping[str, Judged], *, metric: str = "roc_auc", base_rate: float | None = None,
             names: Mapping[str, str] | None = None, proposed: str | None = None, chance: str = "Base rate alone",
             x_title: str = "") -> go.Figure:
    """One dot a model with its 95 % interval, in the given sequence from top to bottom; models without the figure are left
    out. With a `base_rate`, a dotted line where nothing is known but that."""
    shown = {method: model for method, model in judged.items() if np.isfinite(model.value(metric))}
    styles = meanings(shown, proposed=proposed)
    form = ".1%" if metric in SHARES else ".3f" if metric != "lift_first_10_percent" else ".2f"
    figure = go.Figure()
    nothing_known = no_skill(metric, base_rate=base_rate) if base_rate is not None else float("nan")
    if np.isfinite(nothing_known) and shown:
        figure.add_trace(go.Scatter(x=[nothing_known] * 2, y=[ABOVE_ALL - 0.25, len(shown) - 0.5], mode="lines", name=chance,
                                    hoverinfo="skip", meta={"meaning": "reference"}))
    seen = [nothing_known]
    for place, (method, model) in enumerate(shown.items()):
        row = model.metrics.loc[model.metrics["metric"] == metric].iloc[0]
        seen += [row["value"], row["low"], row["high"]]
        ends = {}
        between = ""
        if np.isfinite(row["low"]):
            ends = {"error_x": {"type": "data", "array": [max(row["high"] - row["value"], 0)],
                                "arrayminus": [max(row["value"] - row["low"], 0)]}}
            between = " (%{customdata[0]:" + form + "}–%{customdata[1]:" + form + "})"
        figure.add_trace(go.Scatter(
            x=[row["value"]], y=[place], mode="markers", marker={"size": 10}, showlegend=False,
            customdata=[[row["low"], row["high"]]], name=name_of(method, names),
            hovertemplate="%{x:" + form + "}" + between + "<extra>" + name_of(method, names) + "</extra>",
            meta={"meaning": styles[method]["meaning"]}, **ends))
    left, right = (np.nanmin(seen), np.nanmax(seen)) if shown else (0.0, 1.0)
    room = 0.06 * (right - left) or 0.05
    if np.isfinite(nothing_known) and shown:
        # Written beside the line, towards the middle; a legend would have this one entry.
        to_the_right = nothing_known < (left + right) / 2
        figure.add_annotation(x=nothing_known, y=ABOVE_ALL, text=chance, showarrow=False, font={"size": 12}, xshift=4 if to_the_right
                              else -4, xanchor="left" if to_the_right else "right")
    figure.update_layout(
        xaxis={"title": {"text": x_title}, "zeroline": False, "range": [left - room, right + room], "tickformat": form.replace(".1%", ".0%").replace(".3f", ".2f"), "showgrid": True},
        yaxis={"tickvals": list(range(len(shown))), "ticktext": [name_of(method, names) for method in shown],
               "range": [len(shown) - 0.5, ABOVE_ALL - 0.25], "showgrid": False, "zeroline": False},
        meta={"height": 90 + 36 * max(len(shown), 1)})
    return figure


def learning(curve: LearningCurve, *, metric: str = "roc_auc", x_title: str = "Customers learned from",
             y_title: str = "") -> go.Figure:
    """The metric ("roc_auc" or "log_loss") by how many customers were learned from, with the range of the draws."""
    table = curve.table.dropna(subset=[metric])
    low, high = (table[end if metric == "roc_auc" else f"{metric}_{end}"] for end in ("low", "high"))
    edge = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "meta": {"meaning": "band"}}
    figure = go.Figure([
        go.Scatter(x=table["n_groups"], y=high, **edge),
        go.Scatter(x=table["n_groups"], y=low, fill="tonexty", **edge),
        go.Scatter(x=table["n_groups"], y=table[metric], mode="lines+markers", showlegend=False,
                   hovertemplate="%{x:,.0f}: %{y:.3f}<extra></extra>", meta={"meaning": "good"}),
    ])
    figure.update_layout(
        xaxis={"title": {"text": x_title}, "type": "log", "tickvals": table["n_groups"].tolist(),
               "ticktext": [f"{n:,}" for n in table["n_groups"]]},
        yaxis={"title": {"text": y_title}, "tickformat": ".2f"}, showlegend=False)
    return figure
