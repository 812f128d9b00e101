"""What moves a model's chances is told with its strength and its direction."""

import numpy as np
import pandas as pd

from crm.analytics.prediction import Rows, fit
from crm.analytics.prediction.reasons import drivers


def test_the_stronger_column_comes_first_and_directions_are_those_planted():
    rng = np.random.default_rng(4)
    n = 1500
    frame = pd.DataFrame({"weak": rng.normal(size=n), "strong": rng.normal(size=n), "nothing": rng.normal(size=n),
                          "kind": pd.Series(rng.choice(["a", "b"], n), dtype="str")})
    margin = 2.0 * frame["strong"] - 0.8 * frame["weak"] + np.where(frame["kind"] == "a", 0.7, -0.7)
    rows = Rows(frame, (rng.random(n) < 1 / (1 + np.exp(-margin))).to_numpy(), np.arange(n))
    for method in ("logistic", "boosting"):
        found = drivers(fit(rows, method=method), frame).set_index("column")
        assert found.index[0] == "strong"
        assert found.loc["strong", "direction"] == 1 and found.loc["weak", "direction"] == -1
        assert found.loc["kind", "direction"] == 0 and found.loc["kind", "points"] > 0.03
        assert "nothing" not in found.index or found.loc["nothing", "points"] < 0.03


def test_the_sequence_of_the_rows_does_not_decide_whom_it_is_about():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=3000), "y": rng.normal(size=3000)})
    model = fit(Rows(frame, (rng.random(3000) < 1 / (1 + np.exp(-2 * frame["x"] - frame["y"]))).to_numpy(), np.arange(3000)),
                method="logistic")
    usual, sorted_ = (drivers(model, rows).set_index("column")["points"] for rows in (frame, frame.sort_values("x")))
    assert np.allclose(usual, sorted_.loc[usual.index], rtol=0.2)
