"""Groups and seasons: who is compared, when a difference is more than chance, and when there is too little to tell."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.baskets.groups import by_group, by_label, by_season
from crm.analytics.baskets.orders import of_pairs, read_baskets
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.baskets.shops import AS_OF, catalogue, lines_of

LEMONADE, STRAWS, TEA = 1, 2, 3


def shop(*, together, seed=0, orders=2400, customers=600, size=4, lemonade=0.2):
    """Orders of `size` products over a year; `together(day of the year, customer)`: the chance that an order with
    lemonade takes straws as well; of the others every twentieth does."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(1, orders + 1):
        customer, day = int(rng.integers(1, customers + 1)), int(rng.integers(0, 365))
        basket = set((rng.choice(np.arange(3, 41), size, replace=False)).tolist())
        if rng.random() < lemonade:
            basket = {LEMONADE, *sorted(basket)[1:]}
            if rng.random() < together(364 - day, customer):
                basket = {STRAWS, LEMONADE, *sorted(basket)[2:]}
        elif rng.random() < 0.05:
            basket = {STRAWS, *sorted(basket)[1:]}
        rows += [(number, customer, product, day) for product in sorted(basket)]
    return lines_of(rows)


def read(lines):
    return read_baskets(lines, catalogue(), as_of=AS_OF)


def of_pair(result, left=LEMONADE, right=STRAWS):
    row = result.table[(result.table["left_ids"] == (left,)) & (result.table["right_ids"] == (right,))]
    return row.iloc[0], result.cells[result.cells["row"] == row.index[0]].set_index("label")


def thirds(customers=600):
    return {name: np.arange(start, customers + 1, 3) for start, name in enumerate(("a", "b", "c"), 1)}


@pytest.fixture(scope="module")
def summer():
    return read(shop(together=lambda day, _: 0.8 if 151 <= day < 243 else 0.1))


def test_a_planted_season_is_found_first(summer):
    result = by_season(summer)
    row, cells = of_pair(result)
    assert row.name == 0 and row["q_value"] < 1e-3 and (row["most"], row["groups_tested"]) == ("Summer", 4)
    assert cells.at["Summer", "confidence"] > 0.7 > 0.2 > cells.at["Winter", "confidence"]
    assert cells.at["Summer", "times_alike"] > 1 > cells.at["Winter", "times_alike"]
    assert result.labels == ["Spring", "Summer", "Autumn", "Winter"] and sum(result.orders.values()) == 2400


def test_every_cell_is_counted_order_by_order(summer):
    _, cells = of_pair(by_season(summer))
    months = pd.Series(summer.day).dt.month.to_numpy()
    left, right = (summer.table[:, [summer.column(product)]].toarray().ravel() > 0 for product in (LEMONADE, STRAWS))
    for label, named in {"Spring": (3, 4, 5), "Winter": (12, 1, 2)}.items():
        own = np.isin(months, named)
        row = cells.loc[label]
        assert (row["orders"], row["with_left"], row["with_right"], row["together"]) == (
            own.sum(), (own & left).sum(), (own & right).sum(), (own & left & right).sum())
        assert row["share"] == row["together"] / row["orders"] and row["confidence"] == row["together"] / row["with_left"]
        assert row["lift"] == pytest.approx(row["together"] * row["orders"] / (row["with_left"] * row["with_right"]))


def test_the_test_agrees_with_breslow_day_and_tarone_where_orders_are_alike_and_everybody_orders_once():
    from statsmodels.stats.contingency_tables import StratifiedTable

    lines = shop(together=lambda _, customer: 0.7 if customer % 3 == 1 else 0.4)
    baskets = read(lines.assign(customer_id=lines["order_id"]))
    groups = {name: np.arange(start, 2401, 3) for start, name in enumerate("abc", 1)}
    row, cells = of_pair(by_group(baskets, groups))
    tables = [np.array([[cell["together"], cell["with_left"] - cell["together"]],
                        [cell["with_right"] - cell["together"],
                         cell["orders"] - cell["with_left"] - cell["with_right"] + cell["together"]]])
              for _, cell in cells.iterrows()]
    reference = StratifiedTable([table.astype(float) for table in tables]).test_equal_odds(adjust=True)
    # Ours is never surer: the variance is widened where it seems too small.
    assert row["statistic"] == pytest.approx(reference.statistic, rel=0.06) and row["statistic"] <= reference.statistic + 1e-9
    assert row["p_value"] == pytest.approx(reference.pvalue, rel=0.5)


def test_groups_made_by_chance_do_not_differ(summer):
    result = by_group(summer, thirds(), min_count=15)
    assert len(result.table) > 50 and (result.table["q_value"] > 0.05).all()
    assert (result.table["p_value"] < 0.05).mean() < 0.08 and result.without == 0


def test_a_group_in_which_a_product_is_rarer_or_orders_are_larger_does_not_differ_for_that_reason():
    often = shop(together=lambda *_: 0.5, size=3, orders=1500)
    rare = shop(together=lambda *_: 0.5, size=9, orders=1500, seed=1, lemonade=0.04)
    rare = rare.assign(order_id=rare["order_id"] + 5000, customer_id=rare["customer_id"] + 5000)
    result = by_group(read(pd.concat([often, rare])), {"often": np.arange(1, 601), "rare": np.arange(5001, 5601)})
    row, cells = of_pair(result)
    assert cells["lift"].max() > 1.5 * cells["lift"].min() and row["q_value"] > 0.05
    assert not (result.table["q_value"] <= 0.05).any()


def test_one_faithful_customer_is_no_group():
    lines = shop(together=lambda *_: 0.4)
    of_one = lines_of([(9000 + number, 601, product, number) for number in range(150) for product in (LEMONADE, STRAWS, 5, 6)])
    of_many = of_one.assign(customer_id=600 + of_one["order_id"] - 8999)
    groups = {"others": np.arange(1, 301), "with them": np.arange(301, 800)}
    one, _ = of_pair(by_group(read(pd.concat([lines, of_one])), groups))
    many, _ = of_pair(by_group(read(pd.concat([lines, of_many])), groups))
    assert many["p_value"] < 0.05 and one["p_value"] > 0.3


def test_rules_with_several_products_can_be_compared(summer):
    rules = pd.DataFrame({"antecedents": [(LEMONADE,), (LEMONADE, 39)], "consequents": [(STRAWS,), (STRAWS,)]})
    result = by_season(summer, rules=rules)
    pair = result.table[result.table["left_ids"].map(len) == 1].iloc[0]
    pd.testing.assert_series_equal(pair[["count", "lift", "p_value"]], of_pair(by_season(summer))[0][["count", "lift", "p_value"]],
                                   check_names=False)
    three = result.table[result.table["left_ids"] == (LEMONADE, 39)].iloc[0]
    wanted = [summer.column(product) for product in (LEMONADE, 39, STRAWS)]
    assert three["count"] == (summer.table[:, wanted].sum(axis=1) == 3).sum()
    assert three["left_names"] == ("Thing 1", "Thing 39")


def test_own_seasons_and_labels_give_the_same_answer(summer):
    months = pd.Series(summer.day).dt.month
    seasons = by_season(summer, seasons={"hot": (6, 7, 8), "rest": (1, 2, 3, 4, 5, 9, 10, 11)})
    labels = by_label(summer, months.map(lambda month: "hot" if month in (6, 7, 8) else None if month == 12 else "rest"))
    pd.testing.assert_frame_equal(seasons.table, labels.table)
    pd.testing.assert_frame_equal(seasons.cells, labels.cells)
    assert seasons.without == labels.without == (months == 12).sum()


def test_a_small_group_is_left_out_and_named(summer):
    result = by_group(summer, {**{name: ids[ids > 6] for name, ids in thirds().items()}, "tiny": np.arange(1, 7)})
    assert result.labels == ["a", "b", "c"] and 0 < result.left_out["tiny"] < 50
    with pytest.raises(NotEnoughData, match="of 2 groups 1 has so many"):
        by_group(summer, {"a": np.arange(7, 601), "tiny": np.arange(1, 7)})
    with pytest.raises(NotEnoughData, match="of 1 group 1 has so many"):
        by_group(summer, {"a": np.arange(1, 601)})


def test_a_pair_too_rare_in_all_groups_but_one_is_told_and_not_tested():
    baskets = read(shop(together=lambda day, _: 0.9 if day >= 330 else 0.0))
    row, cells = of_pair(by_label(baskets, np.where(np.arange(baskets.orders) % 40 == 0, "few", "most")))
    assert row["groups_tested"] == 1 and np.isnan(row["p_value"]) and row["most"] is None
    assert not cells.at["few", "is_tested"] and cells.at["few", "expected_alike"] < 5


def test_the_order_of_the_rows_and_later_orders_change_nothing():
    lines = shop(together=lambda *_: 0.5, orders=1200)
    later = lines.assign(order_id=lines["order_id"] + 10**5, ordered_on=np.datetime64(AS_OF, "us") + np.timedelta64(1, "D"))
    one, other = (by_season(read(table)) for table in (lines, pd.concat([later, lines.sample(frac=1, random_state=1)])))
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.cells, other.cells)


def test_impossible_groups_are_explained(summer):
    with pytest.raises(InvalidInput, match="3 customers of the group “b” also belong to another group"):
        by_group(summer, {"a": np.arange(1, 301), "b": np.arange(298, 601)})
    with pytest.raises(InvalidInput, match="one season only"):
        by_season(summer, seasons={"a": (1, 2), "b": (2, 3)})
    with pytest.raises(InvalidInput, match="a number from 1 to 12"):
        by_season(summer, seasons={"a": (1, 13), "b": (2,)})
    with pytest.raises(InvalidInput, match="2 labels for 2400 orders|2 labels for 2,400 orders"):
        by_label(summer, ["a", "b"])
    with pytest.raises(InvalidInput, match="have no days"):
        by_season(of_pairs([number for number in range(20) for _ in range(2)], ["tea", "milk"] * 20))


def test_no_rule_to_compare_gives_an_empty_table(summer):
    rules = pd.DataFrame({"antecedents": [], "consequents": []}, dtype=object)
    assert by_season(summer, rules=rules).table.empty and by_season(summer, min_count=10**6).cells.empty
