"""Your own table: which column is asked for, what may answer it, and how well is it foreseen?"""

import numpy as np
import pandas as pd
import pytest

from crm.errors import InvalidInput, NotEnoughData
from crm.imports.origins import of_file
from crm.imports.typed import read_own_table
from crm.jobs import own_prediction


def chinese_shop(n: int = 400) -> pd.DataFrame:
    """Invented customers who leave the more likely the rarer they buy."""
    rng = np.random.default_rng(5)
    frequency = rng.poisson(6, n) + 1.0
    leaves = rng.random(n) < 1 / (1 + np.exp(frequency - 6))
    days = pd.Timestamp("2024-06-30") - pd.to_timedelta(rng.integers(0, 200, n), unit="D")
    return pd.DataFrame({
        "客户": [f"C{place:04d}" for place in range(n)], "购买频率": frequency, "平均消费金额": rng.lognormal(4, 0.5, n).round(2),
        "最近一次购买时间": days.strftime("%Y-%m-%d"), "流失标记": np.where(leaves, "是", "否")})


def read(frame: pd.DataFrame):
    table = read_own_table(of_file(frame.to_csv(index=False).encode(), file_name="shop.csv")[0])
    return own_prediction.with_days(table.frame), table.identifiers


def test_a_chinese_table_is_asked_for_its_label_and_days_are_read_as_days():
    frame, identifiers = read(chinese_shop())
    assert frame["最近一次购买时间"].dtype.kind == "M"
    target = own_prediction.proposed_target(frame, identifiers=identifiers)
    asked = own_prediction.ask(frame, target=target, identifiers=identifiers)
    assert (target, asked.yes, asked.kind) == ("流失标记", "是", "yes_no")
    assert asked.columns == ("购买频率", "平均消费金额", "最近一次购买时间") and set(asked.left_out) == {"客户"}
    found = own_prediction.foresee(frame, asked, columns=asked.columns)
    judged = found.answer.comparison.judged[found.answer.comparison.proposed]
    assert 0.75 < judged.value("roc_auc") < 0.95 and found.answer.comparison.tested_on == "parts"


def test_each_line_is_foreseen_by_models_that_had_not_seen_it_and_lines_without_an_answer_are_foreseen_too():
    frame, identifiers = read(chinese_shop())
    frame.loc[frame.index[:30], "流失标记"] = None
    asked = own_prediction.ask(frame, target="流失标记", identifiers=identifiers)
    assert asked.counts[None] == 30
    found = own_prediction.foresee(frame, asked, columns=asked.columns)
    assert np.isfinite(found.foreseen).all() and ((found.foreseen >= 0) & (found.foreseen <= 1)).all()
    unseen = found.answer.comparison.judged[found.answer.comparison.proposed].probability
    assert found.foreseen[30:] == pytest.approx(unseen) and found.foreseen[30:] != pytest.approx(found.answer.probability)
    table = own_prediction.labelled(frame, found)
    assert table["流失标记: chance of 是"].iloc[:30].notna().all() and len(table) == 400


def test_what_gives_the_answer_away_is_left_out_and_refused_where_it_is_put_back():
    frame, identifiers = read(chinese_shop())
    frame["ended"] = np.where(frame["流失标记"] == "是", 1.0, 0.0)
    asked = own_prediction.ask(frame, target="流失标记", identifiers=identifiers)
    assert "gives the answer away" in asked.left_out["ended"] and "ended" not in asked.columns
    with pytest.raises(InvalidInput, match="ended.*gives the answer away"):
        own_prediction.foresee(frame, asked, columns=(*asked.columns, "ended"))
    with pytest.raises(InvalidInput, match="gives the answer away: it is the answer"):
        own_prediction.foresee(frame, asked, columns=("流失标记",))


def test_a_label_of_five_values_asks_which_one_is_the_yes():
    frame, identifiers = read(chinese_shop())
    frame["流失标记"] = np.array(list("ABCDE"))[np.arange(len(frame)) % 5]
    with pytest.raises(InvalidInput, match="5 different answers.*Choose one of them"):
        own_prediction.ask(frame, target="流失标记", identifiers=identifiers)
    asked = own_prediction.ask(frame, target="流失标记", positive="C", identifiers=identifiers)
    assert asked.yes == "C" and asked.counts["C"] == 80


def test_a_text_of_50_000_words_and_a_constant_are_left_out_with_their_reasons():
    frame = pd.DataFrame({"note": pd.Series([f"word {place % 50_000}" for place in range(60_000)], dtype="str"),
                          "same": 1.0, "x": np.arange(60_000) % 97 * 1.0,
                          "left": pd.Series(np.where(np.arange(60_000) % 3 == 0, "yes", "no"), dtype="str")})
    asked = own_prediction.ask(frame, target="left")
    assert "50,000 different words" in asked.left_out["note"] and asked.left_out["same"] == "It is the same in every line."
    assert asked.columns == ("x",)


def test_everybody_alike_and_too_few_are_told():
    frame, identifiers = read(chinese_shop())
    with pytest.raises(InvalidInput, match="nothing to foresee"):
        own_prediction.ask(frame.assign(流失标记="是"), target="流失标记", identifiers=identifiers)
    with pytest.raises(NotEnoughData, match="at least 20 cases with a yes"):
        own_prediction.ask(frame.head(12), target="流失标记", identifiers=identifiers)
    with pytest.raises(InvalidInput, match="at least two"):
        own_prediction.proposed_target(frame[["流失标记"]])


def test_a_number_is_foreseen_as_an_amount():
    frame, identifiers = read(chinese_shop())
    frame["平均消费金额"] = 10 + 5 * frame["购买频率"] + np.random.default_rng(2).normal(0, 3, len(frame))
    asked = own_prediction.ask(frame, target="平均消费金额", identifiers=identifiers)
    assert asked.kind == "amount"
    found = own_prediction.foresee(frame, asked, columns=asked.columns)
    judged = found.answer.comparison.judged[found.answer.comparison.proposed]
    assert found.answer.comparison.beats_mean and np.corrcoef(judged.amount, frame["平均消费金额"])[0, 1] > 0.9
    assert found.foreseen == pytest.approx(judged.amount)


def test_telco_is_foreseen_as_published(datasets):
    content = (datasets / "telco_churn" / "telco_customer_churn.csv").read_bytes()
    table = read_own_table(of_file(content, file_name="telco.csv")[0])
    frame = own_prediction.with_days(table.frame)
    target = own_prediction.proposed_target(frame, identifiers=table.identifiers)
    asked = own_prediction.ask(frame, target=target, identifiers=table.identifiers)
    assert (asked.target, asked.yes, asked.counts["Yes"]) == ("Churn", "Yes", 1869)
    assert len(asked.columns) == 19 and set(asked.left_out) == {"customerID"}
    found = own_prediction.foresee(frame, asked, columns=asked.columns, methods=("logistic",))
    assert 0.84 < found.answer.comparison.judged["logistic"].value("roc_auc") < 0.86
