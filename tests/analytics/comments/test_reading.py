"""What the words of a comment are: HTML, both languages, plurals, negation, very long texts."""

from crm.analytics.comments.counting import counted
from crm.analytics.comments.reading import LONGEST_READ, cleaned, read
from crm.analytics.comments.texts import distinct
from crm.analytics.comments.units import units
from tests.analytics.comments.simulate_comments import answers


def keys(text):
    return [key for _, key, _ in units(read(cleaned(text)))]


def test_tags_scripts_links_and_addresses_are_no_words():
    text = "<p>Late <b>parcel</b></p><script>alert('x')</script> see https://evil.example/x or me@shop.example, 5 &lt; 6"
    assert keys(text) == ["late", "parcel"]


def test_english_and_chinese_in_one_comment_are_both_read():
    assert keys("The parcels 包装破损 arrived") == ["parcel", "包装", "破损", "arrived"]
    assert read("The parcels 包装破损 arrived").language == "mixed"


def test_traditional_characters_are_shown_as_written():
    found = units(read("質量太差"))
    assert found[0][1:] == ("质量", "質量")


def test_a_negated_word_is_another_word():
    assert keys("The lid does not really fit") == ["lid", "not fit"] and keys("It fits") == ["fit"]
    assert "not 满意" in keys("不是满意的")


def test_languages_are_told():
    assert [read(text).language for text in ("The parcel was late", "质量很好", "Die Lieferung war zu spät und nicht gut", "Привет", "!!! 7")] == [
        "english", "chinese", "other", "other", "none"]


def test_a_hundred_thousand_characters_are_read_to_the_limit_only():
    for text in ("late parcel " * 9_000, "<" * 100_000, "<a" * 50_000, "a@" * 50_000, "好" * 100_000, "&lt;" * 25_000, "-" * 100_000):
        reading = read(cleaned(text))
        assert len(reading.words) <= LONGEST_READ


def test_comments_that_differ_in_signs_and_capitals_alone_are_the_same():
    import pandas as pd

    found = distinct(pd.Series(["Great quality!", "great  quality", "GREAT, quality", "Great quality!", None, "  ", "<br>"], dtype="str"))
    assert len(found.verbatim) == 1 and found.verbatim == ("Great quality!",) and found.times().tolist() == [4]
    assert found.text.tolist() == [0, 0, 0, 0, -1, -1, -1]


def test_words_are_shown_as_they_are_mostly_written_and_neighbours_make_pairs():
    found = counted([read(text) for text in ("my web shops", "a web shop broke", "web shops", "one parcel")])
    assert dict(zip(found.words, found.shown, strict=True))["shop"] == "shops"
    assert found.pairs_shown == ("web shops",) and found.pairs.sum() == 3


def test_nobody_s_words_are_changed():
    frame = answers(["The parcels were late"])
    before = frame.copy(deep=True)
    distinct(frame["comment"])
    assert frame.equals(before)
