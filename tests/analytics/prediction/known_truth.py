"""Tables whose truth is known: customers of a shop with numbers, yes/no, words and gaps, and the chance of each."""

import numpy as np
import pandas as pd

from crm.analytics.prediction import Rows, Task


def shop_rows(n_rows: int = 600, *, seed: int = 1, rows_a_customer: int = 1) -> tuple[Rows, np.ndarray]:
    """Rows, and the true chance of a yes of each. Each column says something of its own; half of the visits are missing."""
    rng = np.random.default_rng(seed)
    customer = np.arange(n_rows) // rows_a_customer
    habit = rng.normal(0, 0.5, n_rows // rows_a_customer + 1)[customer] if rows_a_customer > 1 else 0.0
    frame = pd.DataFrame({
        "days_silent": np.round(rng.gamma(2.0, 30.0, n_rows)),
        "orders": rng.poisson(4.0, n_rows).astype(float) + 1,
        "has_returned": rng.random(n_rows) < 0.3,
        "channel": rng.choice(["web", "shop", "phone"], n_rows, p=[0.5, 0.3, 0.2]),
        "visits": np.where(rng.random(n_rows) < 0.5, np.round(rng.lognormal(1.0, 0.8, n_rows), 2), np.nan),
    })
    channel = frame["channel"].map({"web": -0.5, "shop": 0.2, "phone": 0.9}).to_numpy()
    log_odds = (0.9 * (np.sqrt(frame["days_silent"]) - 7.3) / 2.7 - 0.5 * (frame["orders"] - 5) / 2
                + 0.6 * frame["has_returned"] + channel - 0.3 + habit).to_numpy()
    chance = 1 / (1 + np.exp(-log_odds))
    target = rng.random(n_rows) < chance
    return Rows(frame, target, customer.astype("int64") + 1), chance


def shop_task(n_rows: int = 600, *, seed: int = 1) -> Task:
    learn, _ = shop_rows(n_rows, seed=seed, rows_a_customer=2)
    test, _ = shop_rows(n_rows // 2, seed=seed + 100)
    refit, _ = shop_rows(n_rows, seed=seed + 200)
    return Task(learn, test, refit, shop_rows(50, seed=seed + 300)[0].frame, {"days_silent": "root"}, "days_silent")


def shuffled(rows: Rows, *, seed: int = 0) -> tuple[Rows, np.ndarray]:
    """The rows in another sequence, with another index, and where each came from."""
    order = np.random.default_rng(seed).permutation(len(rows.target))
    return Rows(rows.frame.iloc[order], rows.target[order], rows.groups[order]), order
