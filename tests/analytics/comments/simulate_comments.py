"""Invented comments whose themes, tones and scores are known."""

import numpy as np
import pandas as pd

TOPICS = {
    "delivery": ("parcel", "courier", "delivery", "doorstep", "tracking", "shipping", "postman"),
    "taste": ("coffee", "aroma", "roast", "beans", "taste", "brew", "cup"),
    "shop": ("website", "checkout", "password", "login", "payment", "basket", "browser"),
    "staff": ("phone", "advice", "staff", "hotline", "helper", "assistant", "call"),
}
FILLING = ("the", "was", "and", "with", "my", "this", "very", "again", "for", "our")


def written(numbers: dict[str, int], *, seed: int = 0) -> tuple[list[str], list[str]]:
    """Comments of each topic, of its words and small words alone, and their topics."""
    rng = np.random.default_rng(seed)
    texts, topics = [], []
    for topic, number in numbers.items():
        for _ in range(number):
            words = [*rng.choice(TOPICS[topic], 4, replace=False), *rng.choice(FILLING, 4)]
            rng.shuffle(words)
            texts.append(" ".join(words))
            topics.append(topic)
    order = rng.permutation(len(texts))
    return [texts[place] for place in order], [topics[place] for place in order]


def answers(texts: list[str], scores: list[float] | None = None, **given) -> pd.DataFrame:
    """A frame as crm.frames.comments gives it, on a scale of 1 to 5, one customer a comment."""
    number = len(texts)
    return pd.DataFrame({
        "answer_id": np.arange(1, number + 1), "customer_id": np.arange(1, number + 1), "ticket_id": 0, "product_id": 0,
        "metric": pd.Series(["csat"] * number, dtype="str"), "item": pd.Series(["How was it?"] * number, dtype="str"),
        "score": np.full(number, np.nan) if scores is None else np.array(scores, dtype=float), "scale_min": 1.0, "scale_max": 5.0,
        "answered_on": np.datetime64("2026-03-01", "us"), "comment": pd.Series(texts, dtype="str"), **given})
