"""Pictures of judged models: what they show is what was judged, and the rules of charts are kept."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from sklearn import metrics as reference

from crm.analytics.prediction import charts
from crm.analytics.prediction.evaluation import judge
from crm.analytics.prediction.learning_curve import LearningCurve

N = 3000
METHODS = ("rule", "logistic", "tree", "forest", "boosting", "svm", "naive_bayes", "bayes_net")
NAMES = {"rule": "Longest silence first", "logistic": "Sum of weights", "boosting": "Many small trees"}


@pytest.fixture(scope="module")
def case():
    """(target, scores by method, judged by method) of eight models of different strength."""
    rng = np.random.default_rng(0)
    margin = rng.normal(size=N)
    target = rng.random(N) < 1 / (1 + np.exp(-margin))
    scores = {method: 1 / (1 + np.exp(-margin - rng.normal(size=N) * (1 + place) / 4)) for place, method in enumerate(METHODS)}
    scores["tree"] = scores["tree"].round(1)
    judged = {method: judge(target, None if method == "rule" else score, groups=np.arange(N), method=method, parameters={},
                            learned_base_rate=0.5, rule_score=score) for method, score in scores.items()}
    return target, scores, judged


@pytest.fixture(scope="module")
def curve() -> LearningCurve:
    sizes = np.array([100, 200, 400, 800])
    table = pd.DataFrame({"n_groups": sizes, "n_learned": 2 * sizes, "roc_auc": [0.6, 0.65, 0.69, 0.7], "low": 0.55, "high": 0.75,
                          "log_loss": [0.7, 0.65, 0.62, 0.61], "log_loss_low": 0.6, "log_loss_high": 0.72, "draws": 8})
    return LearningCurve(table, 0.01, 0.005, 0.02, "more helps", True, "parts")


def every_figure(case, curve) -> dict[str, go.Figure]:
    target, scores, judged = case
    one = {"boosting": judged["boosting"]}
    return {
        "calibration of one": charts.calibration(one, names=NAMES),
        "calibration of all": charts.calibration(judged, names=NAMES, proposed="boosting"),
        "gain": charts.gain(judged, names=NAMES, proposed="boosting"),
        "lift": charts.lift(judged, names=NAMES, proposed="boosting"),
        "roc": charts.roc(target, scores, names=NAMES, proposed="boosting"),
        "precision_recall": charts.precision_recall(target, scores, names=NAMES, proposed="boosting"),
        "scores": charts.scores(scores["boosting"], threshold=0.6),
        "compared": charts.compared(judged, base_rate=0.5, names=NAMES, proposed="boosting"),
        "learning": charts.learning(curve),
    }


def test_figures_have_no_colours_no_title_few_points_and_a_meaning_for_every_trace(case, curve):
    for name, figure in every_figure(case, curve).items():
        assert figure.layout.title.text is None, name
        assert sum(len(trace.x) for trace in figure.data) <= 5000, name
        for trace in figure.data:
            assert trace.meta and "meaning" in trace.meta, name
            for part in (trace.marker, trace.line if trace.type == "scatter" else None):
                assert part is None or part.color is None, name


def test_every_method_is_named_as_the_caller_names_it_and_else_as_it_is(case, curve):
    _, _, judged = case
    drawn = {trace.name for trace in charts.gain(judged, names=NAMES, chance="By lot").data}
    assert drawn == {"By lot", *NAMES.values(), "tree", "forest", "svm", "naive_bayes", "bayes_net"}


def test_a_model_has_the_same_meaning_in_every_picture_and_the_proposed_one_stands_out(case, curve):
    figures = every_figure(case, curve)
    names = {name: {trace.name: trace.meta["meaning"] for trace in figures[name].data if trace.name}
             for name in ("gain", "lift", "roc", "precision_recall", "compared")}
    assert names["gain"]["Many small trees"] == "good"
    assert names["gain"]["Longest silence first"] == "comparison"
    for name in ("lift", "roc", "precision_recall"):
        assert names[name] == names["gain"], name
    assert {key: value for key, value in names["compared"].items() if key != "Base rate alone"} == {
        key: value for key, value in names["gain"].items() if key != "Chance"}
    of_models = [meaning for name, meaning in names["gain"].items() if name != "Chance"]
    assert len(set(of_models)) == len(METHODS)


def test_the_area_under_the_drawn_roc_is_the_judged_one(case):
    target, scores, judged = case
    for trace in charts.roc(target, scores).data[1:]:
        assert np.trapezoid(trace.y, trace.x) == pytest.approx(judged[trace.name].value("roc_auc"), abs=2e-4), trace.name


def test_the_drawn_precision_is_the_one_of_the_reference(case):
    target, scores, _ = case
    precision, recall, _ = reference.precision_recall_curve(target, scores["tree"])
    drawn = next(trace for trace in charts.precision_recall(target, scores).data if trace.name == "tree")
    assert np.allclose(np.sort(drawn.x), np.sort(recall[:-1]))
    assert np.allclose(drawn.y[::-1], precision[:-1])


def test_gain_and_lift_draw_what_was_judged(case):
    _, _, judged = case
    gained = next(trace for trace in charts.gain(judged).data if trace.name == "boosting")
    assert gained.y[30] == pytest.approx(judged["boosting"].value("found_in_first_30_percent"))
    lifted = next(trace for trace in charts.lift(judged).data if trace.name == "boosting")
    assert lifted.y[list(lifted.x).index(0.1)] == pytest.approx(judged["boosting"].value("lift_first_10_percent"))
    assert np.isfinite(lifted.y).all()


def test_the_calibration_of_one_model_tells_how_many_stand_behind_each_point(case):
    _, _, judged = case
    one = charts.calibration({"boosting": judged["boosting"]})
    bars = [trace for trace in one.data if trace.type == "bar"]
    assert sum(bars[0].y) == N
    assert bars[0].yaxis == "y2"
    assert not [trace for trace in charts.calibration(judged).data if trace.type == "bar"]


def test_a_rule_without_chances_has_no_calibration_and_no_dot_where_it_has_no_figure(case):
    _, _, judged = case
    assert "rule" not in {trace.name for trace in charts.calibration(judged).data}
    assert "rule" not in charts.compared(judged, metric="brier").layout.yaxis.ticktext
    assert "rule" in charts.compared(judged, metric="roc_auc").layout.yaxis.ticktext


def test_bars_above_the_threshold_ask_for_attention():
    figure = charts.scores(np.array([0.02, 0.58, 0.62, 0.99, np.nan]), threshold=0.6)
    bar = figure.data[0]
    assert sum(bar.y) == 4
    assert [meaning for meaning, cases in zip(bar.meta["meaning"], bar.y, strict=True) if cases] == [
        "good", "good", "attention", "attention"]
    assert set(charts.scores(np.array([0.2, 0.9])).data[0].meta["meaning"]) == {"good"}


def test_dots_carry_their_intervals_and_the_line_is_what_the_base_rate_alone_reaches(case):
    _, _, judged = case
    figure = charts.compared(judged, metric="log_loss", base_rate=0.2, proposed="boosting")
    line, dot = figure.data[0], next(trace for trace in figure.data if trace.name == "boosting")
    assert line.x[0] == pytest.approx(reference.log_loss([True] * 2 + [False] * 8, [0.2] * 10))
    row = judged["boosting"].metrics.set_index("metric").loc["log_loss"]
    assert dot.x[0] + dot.error_x.array[0] == pytest.approx(row["high"])
    assert dot.x[0] - dot.error_x.arrayminus[0] == pytest.approx(row["low"])


@pytest.mark.parametrize("metric", charts.NO_SKILL_METRICS)
def test_what_the_base_rate_alone_reaches_is_what_judging_it_says(metric):
    target = np.arange(1000) % 5 == 0
    groups = np.arange(1000)
    # Everybody the same chance; called are all or nobody, whichever is right more often.
    threshold = 0.2 if metric == "precision" else 0.9
    result = judge(target, np.full(1000, 0.2), groups=groups, method="m", parameters={}, learned_base_rate=0.2, threshold=threshold)
    assert charts.no_skill(metric, base_rate=0.2) == pytest.approx(result.value(metric))


def test_what_says_nothing_has_no_line():
    assert np.isnan(charts.no_skill("calibration_error", base_rate=0.2))
    assert np.isnan(charts.no_skill("roc_auc", base_rate=1.0))


def test_the_learning_curve_shows_every_size_with_its_band(curve):
    for metric, value in (("roc_auc", 0.6), ("log_loss", 0.7)):
        figure = charts.learning(curve, metric=metric)
        assert [trace.meta["meaning"] for trace in figure.data] == ["band", "band", "good"]
        assert figure.data[2].y[0] == value
        assert list(figure.layout.xaxis.ticktext) == ["100", "200", "400", "800"]


def test_nothing_to_show_is_an_empty_picture_and_no_error():
    for figure in (charts.calibration({}), charts.gain({}), charts.lift({}), charts.compared({}, base_rate=0.3),
                   charts.roc(np.array([True]), {}), charts.scores(np.array([]))):
        assert isinstance(figure, go.Figure)
    one_outcome = charts.roc(np.array([True, True]), {"logistic": np.array([0.1, 0.9])})
    assert len(one_outcome.data) == 1
