"""Themes, telling words, doubles and what is said where there is too little."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm.analytics.comments import analyse, charts, themes_of
from crm.analytics.comments.counting import counted
from crm.analytics.comments.keywords import telling_words
from crm.analytics.comments.reading import read
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.comments.simulate_comments import TOPICS, answers, written

AS_OF = date(2026, 3, 31)
PLANTED = {"delivery": 120, "taste": 90, "shop": 60, "staff": 40}


@pytest.fixture(scope="module")
def planted():
    texts, topics = written(PLANTED)
    return texts, topics, themes_of(pd.Series(texts, index=np.arange(1000, 1000 + len(texts))))


def test_planted_themes_are_found_in_number_words_and_comments(planted):
    texts, topics, found = planted
    assert found.missing is None and len(found.table) == len(PLANTED) and list(found.each.index) == list(range(1000, 1000 + len(texts)))
    topic_of = {}
    for row in found.table.itertuples():
        fits = [topic for topic, words in TOPICS.items() if set(row.words.split(", ")) <= set(words) | {"bean"}]
        assert len(fits) == 1, row.words
        topic_of[row.theme] = fits[0]
    right = np.mean([topic_of.get(theme) == topic for theme, topic in zip(found.each, topics, strict=True)])
    assert right > 0.97
    assert found.table["comments"].is_monotonic_decreasing and found.table["share"].sum() <= 1


def test_the_sequence_of_comments_changes_nothing(planted):
    texts, _, found = planted
    order = np.random.default_rng(3).permutation(len(texts))
    other = themes_of(pd.Series(texts).iloc[order])
    pd.testing.assert_frame_equal(other.table, found.table)
    pd.testing.assert_frame_equal(other.examples, found.examples)
    assert other.each.sort_index().tolist() == found.each.tolist()


def test_words_at_random_make_no_themes_that_hold():
    rng = np.random.default_rng(1)
    vocabulary = [f"word{chr(97 + one // 26)}{chr(97 + one % 26)}" for one in range(200)]
    found = themes_of(pd.Series([" ".join(rng.choice(vocabulary, 6)) for _ in range(200)]))
    assert found.missing is not None and found.table.empty and (found.each == -1).all()


def test_few_comments_give_words_and_no_themes():
    found = themes_of(pd.Series(["The parcel was late", "Late parcel again", "Nice cup"]))
    assert found.table.empty and "3" in found.missing and found.usual["word"].tolist()[:2] == ["late", "parcel"]


@pytest.mark.parametrize("texts", [[], [None, ""], ["same words here"] * 500, ["!!!", "…"], ["a" * 100_000]])
def test_texts_that_cannot_have_themes_are_survived(texts):
    found = themes_of(pd.Series(texts, dtype=object))
    assert found.table.empty and found.missing and len(found.each) == len(texts)


def test_examples_are_verbatim_and_say_how_often():
    texts, _ = written(PLANTED, seed=4)
    often = "The <b>Parcel</b> & the courier: tracking was wrong!!"
    found = themes_of(pd.Series([*texts, *[often] * 41]))
    told = found.examples.set_index("text")["times"]
    assert told[often] == 41 and (found.examples.groupby("theme").size() <= 6).all()


def test_a_number_of_themes_may_be_asked_for(planted):
    assert len(themes_of(pd.Series(planted[0]), themes=2).table) == 2
    with pytest.raises(InvalidInput, match="choose 2 to"):
        themes_of(pd.Series(planted[0]), themes=1)


def scored(seed=0):
    """Comments of two topics: deliveries have low scores, tastes high ones."""
    texts, topics = written({"delivery": 80, "taste": 120}, seed=seed)
    rng = np.random.default_rng(seed)
    return answers(texts, [rng.choice([1, 2]) if topic == "delivery" else rng.choice([4, 5]) for topic in topics])


def test_words_of_low_scores_are_told_from_words_of_high_scores():
    found = analyse(scored(), as_of=AS_OF)
    sure = found.keywords[found.keywords["sure"]]
    assert set(sure.loc[sure["times"] > 1, "word"]) == set(TOPICS["delivery"])
    assert set(sure.loc[sure["times"] < 1, "word"]) == set(TOPICS["taste"])
    assert ((sure["times_low"] < sure["times"]) & (sure["times"] < sure["times_high"])).all()
    theme = found.themes.table.set_index("name")
    assert theme.loc[theme["low_share"] == 1, "more_low"].all() and not theme.loc[theme["low_share"] == 0, "more_low"].any()
    assert charts.telling_words(sure, low="low", high="high", said="{low} {high}").data[0].meta == {"meaning": "attention"}
    assert len(charts.themes(found.themes.table, names={tone: tone for tone in ("happy", "mixed", "unhappy", "unclear")}, said="{tone}").data) == 4


def test_without_a_difference_hardly_any_word_is_called_sure():
    rng = np.random.default_rng(5)
    texts, _ = written({"delivery": 150, "taste": 150}, seed=5)
    words = counted([read(text) for text in texts])
    false = 0
    for _ in range(40):
        low = (rng.random(len(texts)) < 0.3).astype(int)
        found = telling_words(words, low=low, high=1 - low, all_comments=np.ones(len(texts), dtype=int))
        false += bool(found["sure"].any())
    assert false <= 5  # of 40 at a false discovery rate of 5 %; the prior makes it fewer


def test_log_odds_are_those_of_the_paper():
    """Monroe, Colaresi & Quinn 2008, eq. 16, 20 and 22, by hand."""
    texts = ["slow parcel"] * 6 + ["fast parcel"] * 3 + ["slow cup"] * 1 + ["fast cup"] * 10
    words = counted([read(text) for text in sorted(set(texts))])
    names = sorted(set(texts))
    low = np.array([{"slow parcel": 6, "fast parcel": 3, "slow cup": 1, "fast cup": 0}[name] for name in names])
    high = np.array([{"slow parcel": 0, "fast parcel": 0, "slow cup": 0, "fast cup": 10}[name] for name in names])
    row = telling_words(words, low=low, high=high, all_comments=low + high).set_index("word").loc["slow"]
    prior, whole = 20 * 7 / 40, 20  # the smaller side has 20 words; 7 of all 40 are "slow"
    delta = np.log((7 + prior) / (20 + whole - 7 - prior)) - np.log(prior / (20 + whole - prior))
    assert np.log(row["times"]) == pytest.approx(delta)
    assert np.log(row["times_high"]) == pytest.approx(delta + 1.96 * np.sqrt(1 / (7 + prior) + 1 / prior))


def test_words_that_always_come_together_are_one_row():
    texts, scores = ["The handle came loose"] * 12 + ["Fine tea"] * 15, [1] * 12 + [5] * 15
    found = analyse(answers(texts, scores), as_of=AS_OF)
    assert "handle · loose" in found.keywords["word"].tolist()


def test_later_comments_change_nothing():
    frame = scored()
    later = answers(["catastrophe parcel strike"] * 50, [1] * 50, answered_on=np.datetime64("2026-04-01", "us"))
    later["answer_id"] += 1_000
    one, other = (analyse(data, as_of=AS_OF) for data in (frame, pd.concat([frame, later], ignore_index=True).sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one.each, other.each)
    pd.testing.assert_frame_equal(one.themes.table, other.themes.table)
    pd.testing.assert_frame_equal(one.keywords, other.keywords)


def test_the_same_words_on_one_form_or_day_count_once_and_keep_the_overall_score():
    frame = answers(["Late again"] * 5, [np.nan, 2, 9, 1, 1], customer_id=[7, 7, 7, 0, 0], response=[3, 3, 3, 4, 5])
    frame = frame.assign(metric=["csat", "csat", "nps", "csat", "csat"], scale_min=[1, 1, 0, 1, 1], scale_max=[5, 5, 10, 5, 5])
    found = analyse(frame, as_of=AS_OF)
    assert found.doubles == 2 and sorted(found.each["score"]) == [1, 1, 2] and found.each["times"].tolist() == [3, 3, 3]
    without_forms = analyse(frame.drop(columns="response"), as_of=AS_OF)
    assert without_forms.doubles == 2 and len(without_forms.each) == 3  # strangers are not known to be one person


def test_scores_are_low_and_high_on_their_own_scales():
    frame = answers(["one", "two", "three", "four", "five", "six"], [6, 7, 9, 3, 4, 7])
    frame = frame.assign(metric=["nps", "nps", "nps", "csat", "csat", "csat"], scale_min=[0, 0, 0, 1, 1, 1], scale_max=[10, 10, 10, 5, 5, 5])
    each = analyse(frame.assign(comment=["parcel one", "parcel two", "parcel three", "parcel four", "parcel five", "parcel six"]), as_of=AS_OF).each
    assert each.sort_values("answer_id")["band"].tolist() == ["low", "middle", "high", "middle", "high", ""]


def test_without_scores_everything_but_the_comparison_is_told():
    texts, _ = written(PLANTED)
    found = analyse(answers(texts), as_of=AS_OF)
    assert found.keywords is None and "0 with a low score" in found.keywords_missing and found.agreement is None
    assert len(found.themes.table) == 4 and found.themes.table["mean_level"].isna().all() and not found.themes.table["more_low"].any()


def test_no_comments_say_what_is_needed():
    for texts in ([], ["", "  "]):
        with pytest.raises(NotEnoughData, match="Ask an open question"):
            analyse(answers(texts), as_of=AS_OF)


def test_one_comment_is_enough_to_be_read():
    found = analyse(answers(["Lovely!"], [5]), as_of=AS_OF)
    assert found.each["tone"].tolist() == ["happy"] and found.themes.missing and found.keywords is None
