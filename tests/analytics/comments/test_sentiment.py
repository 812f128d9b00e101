"""How a comment sounds: words, what turns them round, both languages, and what cannot be told."""

import math

import numpy as np
import pytest

from crm.analytics.comments import lexicon_chinese, lexicon_english
from crm.analytics.comments.agreement import agreement
from crm.analytics.comments.reading import cleaned, read
from crm.analytics.comments.sentiment import sentiment

# Of our own making; some have forms that the lists once read wrongly. How well unseen remarks are read is measured elsewhere.
HAPPY = """Arrived two days early and beautifully wrapped.
I can't recommend this shop enough!
No problems at all, works great.
Not bad for the price.
Never had any trouble with it.
Nothing to complain about.
The staff were patient and helpful 👍
Couldn't be happier with my new kettle.
Although it was a bit pricey, I love it.
It doesn't get any better than this.
Finally a shop that answers quickly, thanks a lot!
这家店的服务态度非常好，下次还会来。
物流很快，包装完好，没有任何问题。
质量不错，性价比高。
一点也不贵，很喜欢！
品質很好，店家很親切。
虽然有点贵，但是非常好用。""".splitlines()
UNHAPPY = """Broke after two days, what a waste of money.
The screen isn't clear and the sound is not good.
Not worth the price.
I was not happy with the answer.
Nobody answered my e-mails and I still haven't received a refund.
Looks nice but the zip broke and customer service was rude.
Too small and the colour faded.
I would never buy here again.
It doesn't work.
Very disappointed 😡
The soup was cold and tasteless.
质量太差了，用了两天就坏了。
客服态度恶劣，不推荐。
没有想象的好，有点失望。
送来的东西破了，也没人处理。
不是很满意。
根本不好用，浪费钱。
東西壞了，客服不回覆，很失望。""".splitlines()
UNTOLD = ("It is blue.", "Ordered on Monday.", "", "…", "12345", "Sehr schön, vielen Dank, die Lieferung war super", "Очень плохо",
          "とても良いです", "我昨天收到了包裹。")


@pytest.mark.parametrize(("texts", "tone"), [(HAPPY, "happy"), (UNHAPPY, "unhappy")])
def test_most_clear_remarks_are_read_as_they_are_meant(texts, tone):
    read_as = [sentiment(read(cleaned(text)))[1] for text in texts]
    wrong = [text for text, found in zip(texts, read_as, strict=True) if found != tone]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("text", UNTOLD)
def test_what_says_nothing_or_is_in_another_language_has_no_figure(text):
    figure, tone = sentiment(read(cleaned(text)))
    assert math.isnan(figure) and tone == "unclear"


@pytest.mark.parametrize("text", ["Lovely cup. The delivery was terribly slow and the box was damaged. But excellent quality.", "质量不错，送货太慢。"])
def test_as_much_good_as_bad_is_mixed_and_no_zero(text):
    figure, tone = sentiment(read(cleaned(text)))
    assert tone == "mixed" and math.isnan(figure)


def of(text):
    return sentiment(read(text))[0]


def test_negation_boosters_and_but_change_the_figure():
    assert of("good") > 0 > of("not good") and of("bad") < 0 < of("not bad")
    assert of("very good") > of("good") > of("slightly good")
    assert of("not only good") > 0  # no negation
    assert of("good but slow and late") < 0 < of("slow but good and fresh")
    assert of("满意") > 0 > of("不是很满意") and of("没有问题") > 0 > of("有问题")


def test_irony_is_not_noticed():
    """Known, and said on the page: lists of words cannot."""
    assert of("Oh wonderful, how very helpful of you.") > 0


def test_the_lists_are_as_long_as_is_said():
    assert lexicon_english.base_words() > 1_500 and lexicon_chinese.base_words() > 1_200
    assert "late" in lexicon_english.tones() and "lately" not in lexicon_english.tones()


def test_agreement_counts_only_clear_scores_and_clear_tones():
    tone = ["happy"] * 30 + ["unhappy"] * 10 + ["mixed", "unclear"] * 5 + ["happy"] * 4
    band = ["high"] * 28 + ["low"] * 12 + ["low"] * 10 + ["middle", ""] * 2
    found = agreement(np.array(tone, dtype=object), np.array(band, dtype=object))
    assert (found.compared, found.agree, found.scored) == (40, 38, 50)
    assert found.by_high == 1.0 and found.by_low == pytest.approx(10 / 12) and found.always == pytest.approx(28 / 40)
    assert found.low < found.share < found.high


def test_too_few_scores_give_no_agreement():
    assert agreement(np.array(["happy"] * 19, dtype=object), np.array(["high"] * 19, dtype=object)) is None
