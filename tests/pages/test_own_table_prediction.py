"""Your own table: a column is foreseen, every line has its chance, and what takes long runs beside the page."""

import io

import pandas as pd
import pytest

from crm.ui import work
from tests.pages.conftest import open_page, words_of
from tests.services.test_own_prediction import chinese_shop


def chosen(frame: pd.DataFrame):
    app = open_page("own_table")
    app.file_uploader[0].upload("shop.csv", frame.to_csv(index=False).encode()).run()
    app.segmented_control(key="own_table_task").set_value("Predict a column").run()
    assert not app.exception
    return app


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return chinese_shop()


def test_a_label_is_found_and_foreseen_at_once(own_company, shop):
    app = chosen(shop)
    said = words_of(app)
    assert "“流失标记” can be foreseen" in said and "a coin: 50" in said
    assert app.selectbox(key="own_table_target").value == "流失标记"
    assert app.selectbox(key="own_table_yes_流失标记").value == "是"
    lines = next(table.value for table in app.dataframe if "\u200bforeseen" in table.value)
    assert lines["\u200bforeseen"].is_monotonic_decreasing and lines["\u200bforeseen"].between(0, 100).all()
    assert "客户" in said and "different in every line" in said


def test_what_gives_the_answer_away_is_told(own_company, shop):
    app = chosen(shop.assign(ended=(shop["流失标记"] == "是").astype(int)))
    assert "gives the answer away" in words_of(app)
    picker = app.multiselect[0]
    assert "ended" not in picker.value
    picker.set_value([*picker.value, "ended"]).run()
    assert any("“ended” gives the answer away" in error.value for error in app.error)


def test_a_label_of_five_values_asks_for_the_yes(own_company, shop):
    app = chosen(shop.assign(流失标记=[f"level {place % 5}" for place in range(len(shop))]))
    app.selectbox(key="own_table_target").set_value("流失标记").run()
    assert "more than two answers" in words_of(app)
    app.selectbox(key="own_table_yes_流失标记").set_value("level 2").run()
    assert not app.exception and "do not foresee “流失标记”" in words_of(app)


def test_a_number_is_foreseen_with_its_error(own_company, shop):
    app = chosen(shop.assign(平均消费金额=(10 + 5 * shop["购买频率"]).round(2) + (shop.index % 7)))
    app.selectbox(key="own_table_target").set_value("平均消费金额").run()
    assert not app.exception and "can be foreseen: what the model says is off by" in words_of(app)


def test_three_customers_are_too_few(own_company, shop):
    app = chosen(shop.head(3))
    assert not app.exception and ("at least" in words_of(app) or "nothing to foresee" in words_of(app))


def test_all_models_are_compared_beside_the_page(own_company, shop):
    app = chosen(shop.head(200))
    app.expander(key="own_table_compare").open = True
    app.session_state["own_table_compare"] = True
    app.run()
    app.button(key="start_own_compare").click().run()
    running = [one for key, one in work._kept.items() if key.startswith("own_compare of table")]
    running[-1].wait()
    app.run()
    assert not app.exception
    table = next(one.value for one in app.dataframe if "Model" in one.value)
    assert {"Decision tree", "Bayesian network", "Boosted trees", "Base rate alone"} <= set(table["Model"])


def test_the_download_holds_every_line(own_company, shop):
    from crm.jobs import own_prediction
    from crm.services import export

    frame = own_prediction.with_days(shop)
    asked = own_prediction.ask(frame, target="流失标记", identifiers=("客户",))
    found = own_prediction.foresee(frame, asked, columns=asked.columns, methods=("logistic",))
    written = pd.read_csv(io.BytesIO(export.as_file(own_prediction.labelled(shop, found), "csv")))
    assert len(written) == len(shop) and written["流失标记: chance of 是"].between(0, 1).all()
