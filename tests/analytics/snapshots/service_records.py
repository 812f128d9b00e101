"""Tickets and survey answers for the tests of snapshots, as the frames give them; days count back from AS_OF."""

import pandas as pd

from tests.analytics.simulate import AS_OF


def moment(days_ago: float) -> pd.Timestamp:
    return pd.Timestamp(AS_OF) + pd.Timedelta(hours=9) - pd.Timedelta(days=days_ago)


def ticket(customer_id, *, kind="complaint", opened, answered=None, resolved=None):
    return {
        "ticket_id": 1,
        "customer_id": customer_id,
        "kind": kind,
        "priority": "normal",
        "status": "resolved",
        "opened_at": moment(opened),
        "first_answered_at": pd.NaT if answered is None else moment(answered),
        "resolved_at": pd.NaT if resolved is None else moment(resolved),
    }


def answer(answer_id, customer_id, *, metric="csat", score, scale=(1.0, 5.0), answered=10):
    return {
        "answer_id": answer_id,
        "customer_id": customer_id,
        "metric": metric,
        "item": "overall",
        "score": score,
        "scale_min": scale[0],
        "scale_max": scale[1],
        "answered_on": moment(answered).normalize(),
        "comment": None,
    }


def frame(rows, columns):
    dates = {name: "datetime64[us]" for name in columns if name.endswith(("_at", "_on"))}
    return pd.DataFrame(rows, columns=columns).astype(dates)


def tickets_frame(*rows):
    return frame(rows, list(ticket(1, opened=1)))


def answers_frame(*rows):
    return frame(rows, list(answer(1, 1, score=1.0)))
