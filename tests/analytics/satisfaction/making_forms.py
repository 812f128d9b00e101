"""Made-up filled-in forms for tests of batteries and drivers."""

import datetime as dt

import numpy as np
import pandas as pd

AS_OF = dt.date(2026, 6, 15)
ON = np.datetime64("2026-05-20", "us")
METRICS = ["csat", "nps", "ces", "likert"]


def answers(score, items=None, *, metric="likert", low=1.0, high=5.0, overall=None, overall_metric="csat", overall_item="Overall",
            overall_scale=(1.0, 5.0), customer=None, survey=0, on=ON, seconds=np.nan, first=0, questions_first=True):
    """One row an answer: the columns of `score` (forms, items; NaN does not apply) and, beside them, `overall` (forms,)."""
    score = np.asarray(score, dtype=float)
    forms, count = score.shape
    items = items or [f"Item {chr(65 + place)}" for place in range(count)]
    form = np.arange(forms) + first
    parts = [part(form, item, score[:, place], metric, low, high) for place, item in enumerate(items)]
    if overall is not None:
        parts.append(part(form, overall_item, np.asarray(overall, dtype=float), overall_metric, *overall_scale))
    table = pd.concat(parts, ignore_index=True)
    known = np.zeros(forms, dtype=int) if customer is None else np.asarray(customer)
    place = table["response"].to_numpy() - first
    table = table.assign(customer_id=known[place], survey_id=survey, product_id=0, ticket_id=0,
                         answered_on=np.broadcast_to(np.asarray(on, dtype="datetime64[us]"), forms)[place],
                         seconds_taken=np.broadcast_to(np.asarray(seconds, dtype=float), forms)[place])
    table = table.sort_values("response", kind="stable", ignore_index=True)
    table.insert(0, "answer_id", np.arange(len(table)) + 1 + first * 1000)
    return table.assign(metric=pd.Categorical(table["metric"], categories=METRICS), item=table["item"].astype("category"))


def part(form, item, score, metric, low, high):
    return pd.DataFrame({"response": form, "metric": metric, "item": item, "score": score, "scale_min": low, "scale_max": high})


def joined(*tables):
    """Several surveys' answers in one frame, in the order of their numbers."""
    table = pd.concat([one.astype({"metric": object, "item": object}) for one in tables], ignore_index=True)
    return table.assign(metric=pd.Categorical(table["metric"], categories=METRICS), item=table["item"].astype("category"))


def likert(forms, items, *, loading=0.75, seed=0, middle=3.5, spread=1.0):
    """Honest scores 1 to 5 of one common attitude."""
    rng = np.random.default_rng(seed)
    attitude = rng.standard_normal((forms, 1))
    latent = loading * attitude + np.sqrt(1 - loading**2) * rng.standard_normal((forms, items))
    return np.clip(np.rint(middle + spread * latent), 1, 5)


def driven(forms=400, *, weight=(0.6, 0.3, 0.0, 0.0), noise=0.5, seed=0, middle=(3.0, 4.0, 3.0, 4.0)):
    """Scores of four questions, and an overall score that is their weighted sum and noise."""
    rng = np.random.default_rng(seed)
    score = np.clip(np.rint(np.asarray(middle) + rng.standard_normal((forms, len(weight)))), 1, 5)
    overall = np.clip(np.rint(3.5 + (score - np.asarray(middle)) @ np.asarray(weight) + noise * rng.standard_normal(forms)), 1, 5)
    return score, overall
