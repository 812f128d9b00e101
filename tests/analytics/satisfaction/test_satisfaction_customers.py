"""How happy single customers are: own scales, no effort scores, nothing later."""

import datetime as dt

import pandas as pd

from crm.analytics import satisfaction

AS_OF = dt.date(2026, 3, 1)


def answers(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "metric", "score", "scale_min", "scale_max", "answered_on"])
    return frame.assign(item="x", answered_on=pd.to_datetime(frame["answered_on"]), score=frame["score"].astype(float))


def test_scores_of_different_scales_meet_between_0_and_1():
    found = satisfaction.by_customer(answers((7, "csat", 5, 1, 5, "2026-01-01"), (7, "nps", 5, 0, 10, "2026-01-02")),
                                     as_of=AS_OF)
    assert found["happiness"].tolist() == [0.75]
    assert found["answers"].tolist() == [2]


def test_effort_anonymous_and_later_answers_do_not_count():
    rows = [(7, "csat", 3, 1, 5, "2026-01-01"), (7, "ces", 7, 1, 7, "2026-01-01"), (0, "csat", 5, 1, 5, "2026-01-01"),
            (7, "csat", 5, 1, 5, "2026-03-02")]
    found = satisfaction.by_customer(answers(*rows), as_of=AS_OF)
    assert found[["customer_id", "happiness"]].values.tolist() == [[7.0, 0.5]]


def test_without_scores_of_known_customers_there_are_no_rows():
    found = satisfaction.by_customer(answers((0, "csat", 5, 1, 5, "2026-01-01")), as_of=AS_OF)
    assert found.empty and list(found.columns) == ["customer_id", "happiness", "answers"]
