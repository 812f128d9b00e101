"""Does a kept model answer as it did, and is everything else refused in a sentence?"""

import io
import json
import os
import pickle
import zipfile
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import skops.io

from crm.analytics.prediction import METHODS, Rows, fit
from crm.analytics.prediction.drift import profile
from crm.analytics.prediction.stored import StaleModel, dump, files, fits, load, read_about, trusted
from crm.errors import InvalidInput
from tests.analytics.prediction.known_models import KnownModel, bent, outcomes, table

LEARNED, LATER = table(900), table(400, seed=1)
ROWS = Rows(LEARNED, outcomes(KnownModel(LEARNED.columns, bent), LEARNED), np.arange(900))
# Every way that a model can come out: other settings leave other parts in it.
WAYS = [(method, {}) for method in METHODS if method != "rule"]
WAYS += [("rule", {"column": "days"}), ("tree", {"criterion": "entropy"}), ("boosting", {"max_iter": 20}),
         ("bayes_net", {"graph": "free"})]


def made(method: str, parameters: dict | None = None):
    return _learned(method, json.dumps(parameters))


@cache
def _learned(method: str, parameters: str):
    return learned(ROWS, method, json.loads(parameters))


def learned(rows: Rows, method: str, parameters: dict | None = None):
    return fit(rows, method=method, parameters=parameters)


def kept(model, frame=LATER, **about) -> bytes:
    return dump(model, profile=profile(frame, np.nan_to_num(model.probability(frame))), about=about)


@pytest.fixture(scope="module")
def tree():
    return made("tree")


@pytest.fixture(scope="module")
def content(tree):
    return kept(tree, name="Leaving, November")


def entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return buffer.getvalue()


def forged(content: bytes, **changes) -> bytes:
    parts = entries(content)
    parts[files.KEPT] = json.dumps(json.loads(parts[files.KEPT]) | changes).encode()
    return packed(parts)


@pytest.mark.parametrize("method, parameters", WAYS, ids=lambda part: str(part))
def test_a_kept_model_answers_bit_for_bit_as_it_did(method, parameters):
    model = made(method, parameters)
    opened = load(kept(model, answer=42))
    np.testing.assert_array_equal(opened.model.probability(LATER), model.probability(LATER))
    assert opened.model.columns == model.columns and opened.model.parameters == model.parameters
    assert opened.about == {"answer": 42}


def test_a_model_of_many_rows_of_groups_can_be_kept_too():
    frame = pd.concat([LEARNED] * 4, ignore_index=True)
    rows = Rows(frame, np.tile(ROWS.target, 4), np.tile(ROWS.groups, 4))
    for method in ("svm", "naive_bayes"):  # landmarks instead of support vectors, a stepwise calibration
        model = learned(rows, method)
        np.testing.assert_array_equal(load(kept(model)).model.probability(LATER), model.probability(LATER))


def test_no_type_is_trusted_that_no_model_is_made_of():
    used = set()
    for method, parameters in WAYS:
        waiting = [json.loads(entries(skops.io.dumps(made(method, parameters)))["schema.json"])]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                used.add(f"{part.get('__module__')}.{part.get('__class__')}")
            waiting.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    assert {name for name in (*trusted.OURS, *trusted.THEIRS) if name not in used} == set()


def test_what_is_kept_beside_the_model_is_read_without_it(content):
    about = read_about(content)
    assert about["about"] == {"name": "Leaving, November"} and about["columns"] == list(LATER.columns)
    assert set(about["versions"]) == {"scikit-learn", "numpy", "skops"}
    assert about["profile"]["rows"] == 400


def test_no_row_of_anybody_is_in_the_file():
    secret = table(400, seed=1)
    secret["plan"] = secret["plan"].where(np.arange(400) != 7, "Jane Doe")
    parts = entries(kept(made("naive_bayes"), secret))
    assert all(b"Jane Doe" not in part for part in parts.values())


class Evil:
    def __reduce__(self):
        return os.system, ("echo broken in",)


def test_a_file_of_other_types_is_refused_and_they_are_named(content):
    from sklearn.cluster import KMeans

    for foreign, named in ((KMeans(2).fit(LATER[["days"]]), "KMeans"), (os.path.join, "posixpath.join"),
                           (np.random.RandomState(1), "RandomState")):
        parts = {**entries(content), **entries(skops.io.dumps(foreign))}
        with pytest.raises(InvalidInput, match=f"no model of Solo CRM is made of .*{named}"):
            load(packed(parts))


def test_a_method_of_a_trusted_type_is_refused(tree, content):
    """skops would call it; a model needs none."""
    parts = {**entries(content), **entries(skops.io.dumps(tree.classifier.fit))}
    with pytest.raises(InvalidInput, match="no model of Solo CRM is made of"):
        load(packed(parts))


def test_what_is_no_stored_model_is_refused_in_a_sentence(content, tmp_path):
    plain_skops = skops.io.dumps(np.arange(3))
    for wrong in (b"", b"\x00\xffrandom bytes" * 50, pickle.dumps(Evil()), content[:len(content) // 2], content[40:], plain_skops,
                  packed({"a.txt": b"hello"}), packed({files.KEPT: b"[1, 2]"}), packed({files.KEPT: b"{"}),
                  packed({files.KEPT: entries(content)[files.KEPT]})):
        with pytest.raises(InvalidInput) as told:
            load(wrong)
        assert str(told.value).endswith(".")


@pytest.mark.parametrize("position", range(0, 100, 5))
def test_a_damaged_file_is_refused_or_answers_as_it_did(content, tree, position):
    place = len(content) * position // 100
    spoilt = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1:]
    try:
        opened = load(spoilt)
    except InvalidInput:
        return
    np.testing.assert_array_equal(opened.model.probability(LATER), tree.probability(LATER))


def test_a_file_that_would_fill_the_memory_is_refused_before_it_is_read(content, monkeypatch):
    bomb = packed({**entries(content), "zeros.npy": bytes(5_000_000)})
    assert len(bomb) < 100_000
    monkeypatch.setattr(files, "MOST_UNPACKED", 4_000_000)
    with pytest.raises(InvalidInput, match="would unpack to"):
        load(bomb)
    monkeypatch.setattr(files, "MOST_BYTES", 1_000)
    with pytest.raises(InvalidInput, match="at most"):
        load(content)


def test_a_schema_without_end_is_refused(content):
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    with pytest.raises(InvalidInput):
        load(packed({**entries(content), "schema.json": deep}))


def test_a_model_of_another_version_says_train_it_again(content):
    versions = read_about(content)["versions"]
    with pytest.raises(StaleModel, match=r"scikit-learn 0\.24\.2; here is .*train it again"):
        load(forged(content, versions=versions | {"scikit-learn": "0.24.2"}))
    with pytest.raises(StaleModel, match="another version of Solo CRM; train it again"):
        load(forged(content, layout=0))
    newer_patch = ".".join([*versions["scikit-learn"].split(".")[:2], "99"])
    assert load(forged(content, versions=versions | {"scikit-learn": newer_patch})).about


def test_a_model_that_answers_otherwise_than_it_did_is_stale():
    content = kept(made("naive_bayes"))
    said = read_about(content)["said"]
    assert len(set(np.round(said, 6))) > 4  # the examples are not all alike
    with pytest.raises(StaleModel, match="would answer differently"):
        load(forged(content, said=[min(1, chance + 0.001) for chance in said]))


def test_an_attribute_that_a_later_version_misses_makes_it_stale(tree):
    broken = replace(tree, classifier=type(tree.classifier).__new__(type(tree.classifier)))
    content = skops.io.dumps(broken)
    with pytest.raises(StaleModel, match="train it again"):
        load(packed({**entries(kept(tree)), **entries(content)}))


def test_a_tree_that_points_outside_itself_is_refused(tree, content):
    parts = entries(content)
    nodes = [(name, part) for name, part in parts.items() if name.endswith(".npy") and b"left_child" in part[:200]]
    (name, part), = nodes
    array = np.load(io.BytesIO(part))
    for field, wrong in (("left_child", 10_000), ("right_child", 0), ("feature", 77), ("feature", -9)):
        bad = array.copy()
        bad[field][0] = wrong
        buffer = io.BytesIO()
        np.save(buffer, bad)
        with pytest.raises(InvalidInput, match="damaged"):
            load(packed({**parts, name: buffer.getvalue()}))


def test_boosting_that_points_outside_itself_is_refused():
    model = made("boosting", {"max_iter": 20})
    content = kept(model)
    parts = entries(content)
    name, part = next((name, part) for name, part in parts.items() if name.endswith(".npy") and b"feature_idx" in part[:400])
    array = np.load(io.BytesIO(part))
    for field, wrong in (("left", 99), ("right", 0), ("feature_idx", 77)):
        bad = array.copy()
        bad[field][0] = wrong
        buffer = io.BytesIO()
        np.save(buffer, bad)
        with pytest.raises(InvalidInput, match="damaged"):
            load(packed({**parts, name: buffer.getvalue()}))


def test_a_table_like_that_of_the_training_fits(content):
    assert fits(load(content), table(300, seed=8)) == []


def test_what_does_not_fit_is_told_by_the_columns_words(content):
    stored = load(content)
    later = table(300, seed=8)
    assert fits(stored, later.drop(columns="days"), label=str.upper) == [
        "The model looks at “DAYS”, which is not in this table."]
    assert "3 columns that are not in this table: “days”, “orders”, “plan”" in fits(stored, later[["score", "has_returned"]])[0]
    assert fits(stored, later.assign(days=later["days"].astype(str))) == [
        "“days” held numbers when the model was trained; here it holds words."]
    told = fits(stored, later.assign(plan=pd.Series(["lifetime"] * 300, dtype="str")))
    assert told == ["100 % of the lines have words in “plan” that were rare or unknown when the model was trained."]
    assert "“days” is empty here" in fits(stored, later.assign(days=np.nan))[0]
    assert "“orders” is missing in 50 % of the lines" in fits(stored, later.assign(orders=later["orders"].where(later.index % 2 == 0)))[0]
