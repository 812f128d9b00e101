"""Small tables whose trees are known, and simulated ones whose truth is."""

import numpy as np
import pandas as pd

WEATHER_COLUMNS = ["outlook", "temperature", "humidity", "windy"]


def weather() -> tuple[pd.DataFrame, pd.Series]:
    """Quinlan's fourteen days (1993, figure 2.3), and whether he played golf."""
    rows = [
        ("sunny", 85, 85, False, "no"), ("sunny", 80, 90, True, "no"), ("overcast", 83, 78, False, "yes"),
        ("rain", 70, 96, False, "yes"), ("rain", 68, 80, False, "yes"), ("rain", 65, 70, True, "no"),
        ("overcast", 64, 65, True, "yes"), ("sunny", 72, 95, False, "no"), ("sunny", 69, 70, False, "yes"),
        ("rain", 75, 80, False, "yes"), ("sunny", 75, 70, True, "yes"), ("overcast", 72, 90, True, "yes"),
        ("overcast", 81, 75, False, "yes"), ("rain", 71, 80, True, "no"),
    ]
    table = pd.DataFrame(rows, columns=[*WEATHER_COLUMNS, "play"])
    return table[WEATHER_COLUMNS], table["play"]


def customers(*, n: int = 600, seed: int = 0, noise: float = 0.1) -> tuple[pd.DataFrame, np.ndarray]:
    """Three groups told by silence and channel, with gaps and a column that says nothing; some labels are noise."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({
        "days_silent": rng.integers(0, 400, n), "orders": rng.poisson(4, n).astype(float),
        "channel": rng.choice(["Web shop", "Shop", "Phone"], n), "country": rng.choice([f"country {i:02d}" for i in range(30)], n),
        "luck": rng.normal(size=n),
    })
    label = np.where(table["days_silent"] < 90, np.where(table["channel"] == "Phone", "friends", "active"), "quiet")
    table.loc[rng.random(n) < 0.1, "orders"] = np.nan
    mistaken = rng.random(n) < noise
    label[mistaken] = rng.choice(["friends", "active", "quiet"], mistaken.sum())
    return table, label
