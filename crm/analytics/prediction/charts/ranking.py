"""Who is found first: what does a list bring that is sorted by the model?"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from crm.analytics.prediction.charts.meanings import TALL, TALL_FROM, meanings, name_of
from crm.analytics.prediction.results import Judged

FEWEST_CALLED = 10  # rows; with fewer, one more or less moves the share by a tenth and more
MOST_POINTS = 400  # of one curve: eight models and the reference stay below 5,000, and no eye sees more


def gain(judged: Mapping[str, Judged], *, names: Mapping[str, str] | None = None, proposed: str | None = None,
         chance: str = "Chance", x_title: str = "Customers contacted", y_title: str = "Of those it concerns, found") -> go.Figure:
    """Share of all yes found when the first of the list are contacted; on the dotted line the list is in no sequence."""
    figure = go.Figure(_reference([0, 1], [0, 1], chance))
    _add_lines(figure, {method: (model.gain["contacted"], model.gain["found"]) for method, model in judged.items()},
               names, proposed, "%{x:.0%} → %{y:.0%}")
    return _shares(figure, x_title, y_title)


def lift(judged: Mapping[str, Judged], *, names: Mapping[str, str] | None = None, proposed: str | None = None,
         chance: str = "Chance", x_title: str = "Customers contacted", y_title: str = "Times as many as by chance") -> go.Figure:
    """How many times as many yes the first of the list hold as a list in no sequence would."""
    figure = go.Figure(_reference([0, 1], [1, 1], chance))
    lines = {method: model.gain.dropna() for method, model in judged.items()}
    _add_lines(figure, {method: (table["contacted"], table["lift"]) for method, table in lines.items()},
               names, proposed, "%{x:.0%}: × %{y:.2f}")
    figure.update_layout(xaxis={"title": {"text": x_title}, "tickformat": ".0%", "range": [0, 1.005]},
                         yaxis={"title": {"text": y_title}, "tickformat": ".1f", "rangemode": "tozero"})
    return figure


def roc(target: np.ndarray, scores: Mapping[str, np.ndarray], *, names: Mapping[str, str] | None = None,
        proposed: str | None = None, chance: str = "Chance", x_title: str = "Called in vain",
        y_title: str = "Of those it concerns, found") -> go.Figure:
    """Share of all yes against share of all no above every threshold. target: (n,) bool; scores: method -> (n,), such as
    `Judged.probability`, or the rule's column, the highest first."""
    figure = go.Figure(_reference([0, 1], [0, 1], chance))
    lines = {}
    for method, (yes, no) in _counts(target, scores).items():
        if yes[-1] > 0 and no[-1] > 0:
            lines[method] = _thinned(no / no[-1], yes / yes[-1])
    _add_lines(figure, lines, names, proposed, "%{x:.0%} → %{y:.0%}")
    return _shares(figure, x_title, y_title)


def precision_recall(target: np.ndarray, scores: Mapping[str, np.ndarray], *, names: Mapping[str, str] | None = None,
                     proposed: str | None = None, chance: str = "Chance", x_title: str = "Of those it concerns, found",
                     y_title: str = "Of those called, rightly") -> go.Figure:
    """Precision against recall above every threshold that calls ten rows or more (the first few jump between none and all);
    the dotted line is the share of yes among all. As `roc`."""
    target = np.asarray(target, dtype=bool)
    share = float(target.mean()) if len(target) else float("nan")
    figure = go.Figure(_reference([0, 1], [share, share], chance))
    lines = {}
    for method, (yes, no) in _counts(target, scores).items():
        if yes[-1] > 0:
            called = yes + no
            enough = called >= min(FEWEST_CALLED, called[-1])
            lines[method] = _thinned(yes[enough] / yes[-1], yes[enough] / called[enough])
    _add_lines(figure, lines, names, proposed, "%{x:.0%} → %{y:.0%}")
    return _shares(figure, x_title, y_title)


def _counts(target, scores: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """method -> yes and no above every threshold, from nobody to all; methods without a score are left out."""
    target = np.asarray(target, dtype=bool)
    counts = {}
    for method, score in scores.items():
        score = np.asarray(score, dtype="float64")
        if len(score) == 0 or np.isnan(score).all():
            continue
        rank = np.unique(-np.where(np.isnan(score), -np.inf, score), return_inverse=True)[1]
        yes = np.bincount(rank, weights=target)
        counts[method] = tuple(np.append(0.0, np.cumsum(side)) for side in (yes, np.bincount(rank) - yes))
    return counts


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most 400 points, evenly along the curve's own length, so that steep beginnings keep theirs."""
    if len(x) <= MOST_POINTS:
        return x, y
    along = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    keep = np.unique(np.searchsorted(along, np.linspace(0, along[-1], MOST_POINTS)).clip(0, len(x) - 1))
    return x[keep], y[keep]


def _add_lines(figure: go.Figure, lines: Mapping, names, proposed, hover: str) -> None:
    styles = meanings(lines, proposed=proposed)
    # The proposed one last: it lies on top of the others.
    for method in sorted(lines, key=lambda method: styles[method]["meaning"] == "good"):
        x, y = lines[method]
        name = name_of(method, names)
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", name=name, line={"dash": styles[method]["dash"]},
                                    hovertemplate=hover + "<extra>" + name + "</extra>",
                                    meta={"meaning": styles[method]["meaning"]}))


    if len(lines) >= TALL_FROM:
        figure.update_layout(meta={"height": TALL})


def _reference(x: list, y: list, name: str) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="lines", name=name, hoverinfo="skip", meta={"meaning": "reference"})


def _shares(figure: go.Figure, x_title: str, y_title: str) -> go.Figure:
    figure.update_layout(xaxis={"title": {"text": x_title}, "tickformat": ".0%", "range": [0, 1.005]},
                         yaxis={"title": {"text": y_title}, "tickformat": ".0%", "range": [0, 1.005]})
    return figure
