"""The first words about satisfaction: what is said of little, of much beside little, and of questions that are alike."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.ui import overview, satisfaction_money, satisfaction_trend, satisfaction_words

AS_OF = dt.date(2026, 6, 30)


def answers(*questions) -> satisfaction.Satisfaction:
    """(metric, item, scores[, highest score]) each"""
    parts = [pd.DataFrame({"customer_id": np.arange(1, len(given) + 1), "metric": metric, "item": item, "score": np.asarray(given, dtype=float),
                           "scale_min": 1.0, "scale_max": float(*top or (5,)), "answered_on": np.datetime64("2026-03-01", "us")})
             for metric, item, given, *top in questions]
    return satisfaction.measure(pd.concat(parts), as_of=AS_OF)


def statements(*means) -> list:
    """A statement of 30 answers around each mean."""
    return [("likert", f"Statement {place}", np.clip(np.resize([-1, 0, 1], 30) + mean, 1, 5)) for place, mean in enumerate(means, 1)]


def test_a_few_answers_do_not_lead_where_another_question_has_many():
    told = satisfaction_words.sentence(answers(("csat", "Overall", [5, 5, 2]), *statements(3, 3, 3)))
    assert told.startswith("Only 3 answers say so far whether customers are satisfied") and "**90 answers** to 3 questions" in told
    assert "67 %" not in told


def test_a_few_answers_alone_are_called_few():
    assert "**67 % of only 3 answers are satisfied**" in satisfaction_words.sentence(answers(("csat", "Overall", [5, 5, 2])))
    assert "of the only answer is satisfied**" in satisfaction_words.sentence(answers(("csat", "Overall", [5])))
    assert "That is few" in satisfaction_words.sentence(answers(("likert", "Prices", [4, 2])))


def test_best_and_worst_are_named_only_where_chance_would_not_explain_it():
    apart = satisfaction_words.sentence(answers(*statements(2, 3, 4)))
    assert "“Statement 3” (4.00 of 5) scores best, “Statement 1” (2.00 of 5) worst" in apart
    alike = satisfaction_words.sentence(answers(*statements(3.1, 3.3, 3.2)))
    assert "scores best," not in alike and "cannot be told from chance" in alike
    assert "from “Statement 1” (3.10 of 5) to “Statement 2” (3.30 of 5)" in alike


def test_questions_of_other_scales_are_ranked_by_their_place_on_the_scale():
    found = satisfaction.ranked(answers(*statements(4), ("likert", "Long", np.resize([4, 5, 6], 30), 10)).items)
    assert found["item"].tolist() == ["Long", "Statement 1"] and satisfaction.are_apart(found.iloc[0], found.iloc[1])


def test_a_question_whose_answers_all_agree_has_no_range_and_is_not_called_apart():
    told = satisfaction_words.sentence(answers(("likert", "Alike", [5] * 30), *statements(2)))
    assert "cannot be told" in told


def test_the_overviews_card_says_why_there_is_no_figure_and_how_few_answers_there_are():
    assert overview.few_answers(0) == "no answers" and "No question about satisfaction was answered" in overview.satisfaction_help(0)
    assert (overview.few_answers(1), overview.few_answers(3), overview.few_answers(30)) == ("only 1 answer", "only 3 answers", None)


def test_colours_of_months_are_told_only_where_they_are_seen():
    months = pd.DataFrame({"n": [40, 0, 40], "few": [False, True, False], "complete": [True, True, True]})
    assert satisfaction_trend.told_colours(months) == ""
    assert satisfaction_trend.told_colours(months.assign(n=[10, 0, 40], few=[True, True, False])).startswith("Orange dots")
    assert satisfaction_trend.told_colours(months.assign(complete=[True, True, False])) == "Grey dot: the month that is not over yet."


@pytest.mark.parametrize(("p_value", "z", "told"), [(0.5, 1.0, "no rise or fall"), (0.01, 2.6, "more order again"), (0.01, -2.6, "fewer order")])
def test_the_course_over_the_scores_is_a_tendency(p_value, z, told):
    from tests.analytics.satisfaction.test_repeat import after, shop

    found = after(*shop(np.random.default_rng(5), 300))
    said = satisfaction_money.tendency(replace(found, trend_p_value=p_value, trend_z=z))
    assert said.startswith("All in all") and told in said


def test_money_says_which_score_it_goes_by_and_why():
    from tests.analytics.satisfaction.test_repeat import after, shop

    found = replace(after(*shop(np.random.default_rng(5), 300)), customers=40)
    assert "the questions about satisfaction; 40 customers count" in satisfaction_money.chosen(found)
    other = satisfaction_money.chosen(replace(found, metric="likert"))
    assert "other questions: 40 customers count by it" in other and "fewer than 30" in other
