"""Content: likeness by words in any script, category and price."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations import purchases
from crm.analytics.recommendations.methods import learn
from crm.analytics.recommendations.methods.content import described
from crm.analytics.recommendations.text import telling, words
from crm.errors import NotEnoughData
from tests.analytics.recommendations.methods_shop import AS_OF, lines

CHINESE = ["青花瓷茶壶", "青花瓷茶杯", "羊毛围巾", "羊毛手套", "不锈钢锅", "不锈钢炒锅"]


def catalogue(names, **columns):
    size = len(names)
    table = {"product_id": np.arange(1, size + 1), "name": names, "category": None, "description": None, "price": np.nan,
             "is_fee": False, "recommendable": True}
    return pd.DataFrame({**table, **columns})


def bought_by_all(size):
    return lines([(who, who, "2026-01-05", product) for who in (1, 2) for product in range(1, size + 1)])


def test_scripts_without_blanks_are_read_by_two_characters_and_others_by_words():
    assert words("RED Retrospot, Café 2-tier") == ["red", "retrospot", "café", "2", "tier"]
    assert words("青花瓷茶壶 500ML 红") == ["青花", "花瓷", "瓷茶", "茶壶", "500ml", "红"]
    assert words("カップ") == ["カッ", "ップ"] and words("กาแฟ")[0] == "กา"
    assert words("한국 차") == ["한국", "차"] and words("हिन्दी चाय") == ["हिन्दी", "चाय"]
    assert words("ＡＢＣ") == ["abc"] and words(None) == [] and words(float("nan")) == [] and words(" --- ") == []


def test_weights_of_words_equal_scikit_learns():
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["red tea pot", "blue tea cup tea", "red lamp", "", *CHINESE]
    expected = TfidfVectorizer(analyzer=words, sublinear_tf=True).fit_transform(texts)
    assert telling(texts).toarray() == pytest.approx(expected.toarray())


def test_chinese_names_lead_to_the_product_of_the_same_kind():
    read = purchases.read(bought_by_all(6), catalogue(CHINESE), as_of=AS_OF)
    found = learn(read, method="content")
    likest = np.asarray(found.weights.toarray().argmax(axis=0)).ravel()
    assert read.product_ids[likest].tolist() == [2, 1, 4, 3, 6, 5]


def test_category_and_price_decide_where_names_say_nothing():
    table = catalogue([f"no{number}" for number in range(6)], category=["a", "a", "b", "b", " ", None],
                      price=[1.0, 100, 1.1, 90, 5, np.nan])
    alike = (lambda found: (found @ found.T).toarray())(described(table, text=1.0, category=1.0, price=1.0))
    assert alike[0, 1] > alike[0, 3] and alike[0, 2] > alike[0, 3] and alike[4, 5] == 0
    assert alike.diagonal()[:4] == pytest.approx(np.ones(4), abs=1e-6) and alike.min() >= 0


def test_equal_prices_and_text_in_the_price_are_survived():
    table = catalogue(["a", "b", "c", "d", "e"], price=[9.5, 9.5, "9.5", "cheap", 9.5])
    assert np.isfinite(described(table, text=1.0, category=1.0, price=1.0).toarray()).all()


def test_products_without_name_category_and_price_are_told_so():
    read = purchases.read(bought_by_all(5), catalogue([None] * 5), as_of=AS_OF)
    with pytest.raises(NotEnoughData, match="names, categories or prices"):
        learn(read, method="content")


def test_in_a_real_chinese_catalogue_the_likest_name_is_of_the_same_kind(datasets):
    sold = pd.read_csv(datasets / "superstore_zh" / "orders_gbk.csv", encoding="gbk", usecols=["产品名称", "子类别"])
    kinds = sold.drop_duplicates("产品名称")
    names = telling(kinds["产品名称"].tolist())
    alike = (names @ names.T).toarray()
    np.fill_diagonal(alike, 0)
    kind = kinds["子类别"].to_numpy()
    assert (kind[alike.argmax(axis=1)] == kind).mean() > 0.99
