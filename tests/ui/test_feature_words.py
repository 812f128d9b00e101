"""Has every feature its words, and are values written as people write them?"""

import pytest

from crm.analytics.segments.feature_catalogue import FEATURES
from crm.ui import feature_words


def test_every_feature_has_words_and_no_words_are_left_over():
    assert set(feature_words.FEATURES) == set(FEATURES)


@pytest.mark.parametrize("key", [*FEATURES, "share.Coffee & tea", "custom.Household"])
def test_words_are_a_label_and_a_whole_sentence(key):
    assert feature_words.label(key) and "_" not in feature_words.label(key)
    sentence = feature_words.description(key)
    assert sentence[0].isupper() and sentence.endswith(".") and sentence.count(". ") == 0
    assert feature_words.axis(key, "EUR").startswith(feature_words.label(key))


def test_labels_are_different():
    labels = [feature_words.label(key) for key in FEATURES]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("key", [key for key, feature in FEATURES.items() if feature.kind == "number"])
def test_units_are_those_of_the_catalogue(key):
    unit = feature_words.unit(key, "GBP")
    expected = {"money": "£", "days": "days", "orders": "orders", "share": "share", "years": "years"}
    assert unit == expected.get(FEATURES[key].unit, unit)


def test_values_are_written_as_people_write_them():
    written = {(1.0, "recency_days"): "1 day", (1234.6, "tenure_days"): "1,235 days", (4.0, "frequency"): "4",
               (0.25, "returned_share"): "25 %", (0.781, "satisfaction"): "78 %", (84310.0, "yearly_income"): "€ 84,310",
               (-3.0, "monetary"): "−€ 3.00", (3.14159, "overdue"): "3.1", (0.8137, "gap_irregularity"): "0.81",
               (47.0, "age"): "47", (2.5, "custom.Household"): "2.5", (None, "education"): "–", ("Master", "education"): "Master"}
    for (value, key), text in written.items():
        assert feature_words.written(value, key, "EUR") == text
