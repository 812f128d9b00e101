"""Small frames as crm.frames gives them, written as days since a first day."""

from datetime import date, timedelta

import pandas as pd
import pytest

DAY_ONE = date(2024, 1, 1)


def at(days: int) -> pd.Timestamp:
    return pd.Timestamp(DAY_ONE + timedelta(days=days))


def orders(*rows: tuple) -> pd.DataFrame:
    """(customer, day[, net])"""
    rows = [(*row, 10.0)[:3] for row in rows]
    return pd.DataFrame({
        "order_id": range(1, len(rows) + 1), "customer_id": pd.Series([row[0] for row in rows], dtype="int64"),
        "ordered_on": pd.Series([at(row[1]) for row in rows], dtype="datetime64[us]"), "is_purchase": [row[2] > 0 for row in rows],
        "net_amount": pd.Series([row[2] for row in rows], dtype="float64")})


def tickets(*rows: tuple) -> pd.DataFrame:
    """(customer, kind, opened day, resolved day or None)"""
    return pd.DataFrame({
        "customer_id": pd.Series([row[0] for row in rows], dtype="int64"), "kind": [row[1] for row in rows],
        "opened_at": pd.Series([at(row[2]) + timedelta(hours=9) for row in rows], dtype="datetime64[us]"),
        "resolved_at": pd.Series([None if row[3] is None else at(row[3]) + timedelta(hours=12) for row in rows], dtype="datetime64[us]")})


def contacts(*rows: tuple) -> pd.DataFrame:
    """(customer, direction, day)"""
    return pd.DataFrame({
        "customer_id": pd.Series([row[0] for row in rows], dtype="int64"), "direction": [row[1] for row in rows],
        "happened_at": pd.Series([at(row[2]) + timedelta(hours=8) for row in rows], dtype="datetime64[us]")})


def answers(*rows: tuple) -> pd.DataFrame:
    """(customer, metric, score, day[, scale_min, scale_max])"""
    usual = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "likert": (1, 5)}
    rows = [row if len(row) == 6 else (*row, *usual[row[1]]) for row in rows]
    return pd.DataFrame({
        "customer_id": pd.Series([row[0] for row in rows], dtype="int64"),
        "metric": pd.Categorical([row[1] for row in rows], categories=list(usual)),
        "score": pd.Series([row[2] for row in rows], dtype="float64"), "answered_on": pd.Series([at(row[3]) for row in rows], dtype="datetime64[us]"),
        "scale_min": pd.Series([row[4] for row in rows], dtype="float64"), "scale_max": pd.Series([row[5] for row in rows], dtype="float64")})


def campaigns(*rows: tuple) -> pd.DataFrame:
    """(customer, responded day or None)"""
    return pd.DataFrame({"customer_id": pd.Series([row[0] for row in rows], dtype="int64"),
                         "responded_at": pd.Series([None if row[1] is None else at(row[1]) for row in rows], dtype="datetime64[us]")})


def referrals(*rows: tuple) -> pd.DataFrame:
    """(referred, day or None)"""
    return pd.DataFrame({"referrer_id": 1, "referred_id": pd.Series([row[0] for row in rows], dtype="int64"),
                         "referred_on": pd.Series([None if row[1] is None else at(row[1]) for row in rows], dtype="datetime64[us]")})


@pytest.fixture(scope="session")
def company() -> dict[str, pd.DataFrame]:
    """300 customers of three years with everything that can happen, drawn once."""
    import numpy as np

    draw = np.random.default_rng(7)
    sold, asked, wrote, said, sent, brought = [], [], [], [], [], []
    for customer in range(1, 301):
        first = int(draw.integers(40, 1000))
        days = first + np.concatenate([[0], np.cumsum(draw.exponential(60, int(draw.poisson(1.5)))).astype(int)])
        sold += [(customer, int(day), float(draw.integers(-5, 90))) for day in days]
        road = draw.random()
        if road < 0.3:
            wrote.append((customer, "in", first - int(draw.integers(0, 20))))
        elif road < 0.5:
            brought.append((customer, first - int(draw.integers(0, 30))))
        if draw.random() < 0.3:
            opened = first + int(draw.integers(0, 200))
            asked.append((customer, "complaint", opened, opened + 2 if draw.random() < 0.8 else None))
        if draw.random() < 0.5:
            said.append((customer, "csat", int(draw.integers(1, 6)), first + int(draw.integers(5, 100))))
        if draw.random() < 0.1:
            sent.append((customer, first + int(draw.integers(-10, 100))))
    return {"orders": orders(*sold), "tickets": tickets(*asked), "contacts": contacts(*wrote), "answers": answers(*said),
            "campaigns": campaigns(*sent), "referrals": referrals(*brought)}
