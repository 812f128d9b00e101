"""Churn's check: how well did model and simple rule foresee a window that they had not seen?"""

import numpy as np
import pandas as pd

N_BINS = 10  # bins of equal width, as reliability curves are usually read
N_BOOTSTRAPS = 200  # the ends of a 95 % interval then move by less than a tenth of its width
INTERVAL = (0.025, 0.975)
CONTACTED_SHARE = 0.30  # what one person can reach in a quarter
GAIN_STEPS = 100


def quality(away: np.ndarray, probability: np.ndarray, days_silent: np.ndarray, *, random_state: int) -> dict:
    """Figures on the test window; `away` is bool, `probability` the model's, `days_silent` the rule's
    ranking.

    auc, auc_rule (0.5 chance, 1 perfect); auc_low, auc_high, auc_rule_low, auc_rule_high and difference_low,
    difference_high (95 % bootstrap intervals over customers, both scores on the same resamples); beats_rule
    (True when the whole interval of the difference lies above 0); brier (mean squared error, lower is
    better); base_rate; mean_probability; calibration_error (mean gap between forecast and share, 10 bins of
    equal width, 0 best); found_in_first_30_percent and _rule (share of the leavers among the 30 % ranked
    highest).
    """
    model_rank, rule_rank = _ranks(probability), _ranks(days_silent)
    everyone = np.ones(len(away))
    rng = np.random.default_rng(random_state)
    resampled = []
    for _ in range(N_BOOTSTRAPS):
        times = np.bincount(rng.integers(0, len(away), len(away)), minlength=len(away)).astype(float)
        resampled.append((_auc(away, model_rank, times), _auc(away, rule_rank, times)))
    aucs = np.array(resampled)
    model_interval, rule_interval = (np.nanquantile(aucs[:, side], INTERVAL) for side in (0, 1))
    difference = np.nanquantile(aucs[:, 0] - aucs[:, 1], INTERVAL)
    table = calibration_table(away, probability)
    return {
        "auc": _auc(away, model_rank, everyone),
        "auc_low": float(model_interval[0]),
        "auc_high": float(model_interval[1]),
        "auc_rule": _auc(away, rule_rank, everyone),
        "auc_rule_low": float(rule_interval[0]),
        "auc_rule_high": float(rule_interval[1]),
        "difference_low": float(difference[0]),
        "difference_high": float(difference[1]),
        "beats_rule": bool(difference[0] > 0),
        "brier": float(np.mean((probability - away) ** 2)),
        "base_rate": float(away.mean()),
        "mean_probability": float(probability.mean()),
        "calibration_error": float(
            (table["customers"] * (table["predicted"] - table["observed"]).abs()).sum() / len(away)
        ),
        "found_in_first_30_percent": found_in_first(away, probability, share=CONTACTED_SHARE),
        "found_in_first_30_percent_rule": found_in_first(away, days_silent, share=CONTACTED_SHARE),
    }


def _ranks(score: np.ndarray) -> np.ndarray:
    """Dense rank of every score, equal scores alike; what AUC needs, computed once for all resamples."""
    return np.unique(score, return_inverse=True)[1]


def _auc(away: np.ndarray, rank: np.ndarray, times: np.ndarray) -> float:
    """Chance that a leaver ranks above a stayer, ties half (Hanley & McNeil 1982). Rows count `times`."""
    leavers = np.bincount(rank, weights=times * away)
    stayers = np.bincount(rank, weights=times * ~away)
    pairs = leavers.sum() * stayers.sum()
    if pairs == 0:
        return float("nan")
    below = np.cumsum(stayers) - stayers
    return float((leavers * (below + stayers / 2)).sum() / pairs)


def found_in_first(away: np.ndarray, score: np.ndarray, *, share: float) -> float:
    """Share of all leavers among the `share` of customers with the highest score; ties count in proportion.

    >>> found_in_first(np.array([True, False, True, False]), np.array([9, 1, 8, 2]), share=0.5)
    1.0
    """
    return float(np.interp(share, *_gain_curve(away, score)))


def _gain_curve(away: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rank = _ranks(-score)
    contacted = np.cumsum(np.bincount(rank)) / len(away)
    found = np.cumsum(np.bincount(rank, weights=away.astype(float))) / away.sum()
    return np.append(0.0, contacted), np.append(0.0, found)


def gain_table(away: np.ndarray, probability: np.ndarray, days_silent: np.ndarray) -> pd.DataFrame:
    """contacted (0..1 of the customers, highest risk first); model, rule (0..1 of the leavers found)."""
    contacted = np.linspace(0.0, 1.0, GAIN_STEPS + 1)
    return pd.DataFrame(
        {
            "contacted": contacted,
            "model": np.interp(contacted, *_gain_curve(away, probability)),
            "rule": np.interp(contacted, *_gain_curve(away, days_silent)),
        }
    )


def calibration_table(away: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """One row a filled bin: from_probability, to_probability, customers, predicted, observed (0..1)."""
    bins = np.minimum((probability * N_BINS).astype("int64"), N_BINS - 1)
    customers = np.bincount(bins, minlength=N_BINS)
    filled = np.flatnonzero(customers)
    return pd.DataFrame(
        {
            "from_probability": filled / N_BINS,
            "to_probability": (filled + 1) / N_BINS,
            "customers": customers[filled],
            "predicted": np.bincount(bins, weights=probability, minlength=N_BINS)[filled] / customers[filled],
            "observed": np.bincount(bins, weights=away.astype(float), minlength=N_BINS)[filled]
            / customers[filled],
        }
    )
