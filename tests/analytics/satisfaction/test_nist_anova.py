"""Analysis of variance: the F that NIST certified, through answers, customers and groups as everywhere else."""

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction

AS_OF = dt.date(2026, 6, 15)
# Digits that must be right. The scores of SmLs07 to 09 share so many digits that a float does not hold the others.
DIGITS = {"SiRstv": 13, "AtmWtAg": 10, "SmLs01": 13, "SmLs02": 13, "SmLs03": 13, "SmLs04": 9, "SmLs05": 9, "SmLs06": 9,
          "SmLs07": 3}


def certified(file):
    """The groups of a data set, its certified F and share explained."""
    import scipy.stats

    path = Path(scipy.stats.__file__).parent / "tests/data/nist_anova" / f"{file}.dat"
    if not path.exists():
        pytest.skip("this scipy was installed without its tests' data")
    text = path.read_text()
    statistic = float(re.search(r"Between \w+\s+\d+(?:\s+\S+){2}\s+(\S+)", text)[1])
    explained = float(re.search(r"Certified R-Squared\s+(\S+)", text)[1])
    data = np.loadtxt(path, skiprows=60)
    return data[:, 0].astype(int), data[:, 1], statistic, explained


@pytest.mark.parametrize("file", DIGITS)
def test_the_classic_f_is_the_one_nist_certified(file):
    group, score, statistic, explained = certified(file)
    answers = pd.DataFrame({
        "answer_id": np.arange(1, len(score) + 1), "customer_id": np.arange(1, len(score) + 1), "metric": "csat",
        "item": "Overall", "score": score, "scale_min": -1e15, "scale_max": 1e15,
        "answered_on": np.datetime64("2026-05-20", "us")})
    found = satisfaction.compare(answers, as_of=AS_OF, groups=pd.Series(group, index=answers["customer_id"]), test="classic")
    assert found.statistic == pytest.approx(statistic, rel=0.5 * 10.0 ** -(DIGITS[file] - 1))
    assert found.eta_squared == pytest.approx(explained, rel=0.5 * 10.0 ** -(DIGITS[file] - 1))
