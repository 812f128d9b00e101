"""Groups compared, and the pictures: planted differences are found, names are taken as they are, charts are complete."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from crm.analytics import cohorts
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders

MEANINGS = {"good", "attention", "past", "comparison", "loss", "reference", "band"} | {f"group{place}" for place in range(8)}


def planted(*, shares=(0.6, 0.3, 0.3), n=150, seed=0):
    """Customers of several groups who come back after a while with these chances; orders and groups."""
    rng = np.random.default_rng(seed)
    rows, groups = [], {}
    for place, share in enumerate(shares):
        for customer in range(1000 * place + 1, 1000 * place + n + 1):
            groups[customer] = f"Way {place}"
            ago = int(rng.integers(0, 500))
            rows.append((customer, ago, 20.0))
            wait = int(rng.geometric(0.03))
            if rng.random() < share and wait <= ago:
                rows.append((customer, ago - wait, 20.0))
    return orders_frame(rows), pd.Series(groups)


def test_a_planted_difference_is_found_between_the_right_groups():
    orders, groups = planted()
    result = cohorts.compare(orders, groups, as_of=AS_OF, group_name="channel")
    assert result.different and result.test.df == 2
    found = {frozenset((row.group_a, row.group_b)) for row in result.pairs[result.pairs["different"]].itertuples()}
    assert found == {frozenset(("Way 0", "Way 1")), frozenset(("Way 0", "Way 2"))}
    share = result.table.set_index("group")["share"]
    assert share["Way 0"] > share["Way 1"] + 0.15
    surest = result.pairs.sort_values("p_value").iloc[0]
    alone = cohorts.compare(orders, groups, as_of=AS_OF, group_name="channel", only=(surest["group_a"], surest["group_b"]))
    assert surest["p_value"] == pytest.approx(3 * alone.test.p_value)  # one of three tries


def test_two_chosen_groups_are_compared_alone():
    orders, groups = planted()
    result = cohorts.compare(orders, groups, as_of=AS_OF, group_name="channel", only=("Way 1", "Way 2"))
    assert list(result.curves) == ["Way 1", "Way 2"] and result.test.df == 1 and result.pairs.empty
    assert not result.different
    assert result.available["group"].tolist() == ["Way 0", "Way 1", "Way 2"]


def test_who_stays_is_compared_by_the_same_silence():
    orders, gone = shop_orders()
    groups = pd.Series(np.where(np.isin(np.arange(1, 401), gone), "gone", "there"), index=np.arange(1, 401))
    result = cohorts.compare(orders, groups, as_of=AS_OF, group_name="kind", outcome="stay", silence_days=120, days=90)
    share = result.table.set_index("group")["share"]
    assert result.different and share["there"] > 0.95 > share["gone"] and result.silence_days == 120


def test_unknown_and_tiny_groups_are_counted_not_compared():
    orders, groups = planted()
    groups = groups.copy()
    groups.iloc[:5], groups.iloc[5:8], groups.iloc[8:10] = None, "Rare", " "
    result = cohorts.compare(orders, groups, as_of=AS_OF, group_name="channel")
    assert result.unknown == 7 and result.too_small == ["Rare"] and "Rare" not in result.curves


def test_later_orders_change_nothing_in_a_comparison():
    orders, _ = shop_orders()
    groups = pd.Series(np.where(np.arange(1, 401) % 2, "odd", "even"), index=np.arange(1, 401))
    one, other = (cohorts.compare(known, groups, as_of=AS_OF, group_name="x") for known in (orders, later_orders(orders)))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.test == other.test and not one.different


def test_fewer_than_two_groups_are_told():
    orders, groups = planted()
    with pytest.raises(NotEnoughData, match="needs two groups of 10 customers who have bought; there are 1"):
        cohorts.compare(orders, groups.replace({"Way 1": "Way 0", "Way 2": "Way 0"}), as_of=AS_OF, group_name="x")
    with pytest.raises(NotEnoughData, match="there are 0"):
        cohorts.compare(orders.head(0), groups, as_of=AS_OF, group_name="x")
    with pytest.raises(NotEnoughData, match="there are 0"):
        cohorts.compare(orders, pd.Series(dtype="str"), as_of=AS_OF, group_name="x")


@pytest.mark.parametrize(("choice", "said"), [({"outcome": "x"}, "return, stay"), ({"only": ("Way 9", "Way 1")}, "no group “Way 9”"),
                                              ({"only": ("Way 1",)}, "choose 2 to 6"), ({"days": 0}, "1 to 1,825")])
def test_a_wrong_choice_is_told(choice, said):
    orders, groups = planted()
    with pytest.raises(InvalidInput, match=said):
        cohorts.compare(orders, groups, as_of=AS_OF, group_name="x", **choice)


@pytest.fixture(scope="module")
def shop():
    return cohorts.analyse(shop_orders()[0], as_of=AS_OF)


def charts_of(result):
    yield from (cohorts.charts.triangle(result, shown=shown) for shown in cohorts.SHOWN)
    yield cohorts.charts.coming_back(result)
    yield cohorts.charts.when(result)
    yield cohorts.charts.over_time(result)
    if result.staying:
        yield cohorts.charts.staying(result)


def test_every_trace_says_what_it_means_and_none_its_colour(shop):
    orders, groups = planted()
    pictures = [*charts_of(shop), cohorts.charts.compared(cohorts.compare(orders, groups, as_of=AS_OF, group_name="x"))]
    assert len(pictures) == 8
    for figure in pictures:
        assert figure.data and not figure.layout.title.text
        for trace in figure.data:
            meaning = trace.meta.get("meaning", [])
            assert trace.meta.get("scale") == "sequential" or {meaning} <= MEANINGS if isinstance(meaning, str) else set(meaning) <= MEANINGS
            assert trace.x is not None and len(trace.x) <= 5_000
            assert getattr(trace, "fillcolor", None) is None and getattr(getattr(trace, "line", None), "color", None) is None


def test_every_picture_can_be_drawn_of_little():
    for lives in ([(customer, 0, 5.0) for customer in range(1, 20)], [(customer, 100, 5.0) for customer in range(1, 20)]):
        result = cohorts.analyse(orders_frame(lives), as_of=AS_OF)
        assert all(isinstance(figure, go.Figure) for figure in charts_of(result))


def test_the_triangle_shows_what_was_lived_and_leaves_the_rest_blank(shop):
    for shown in cohorts.SHOWN:
        [trace] = cohorts.charts.triangle(shop, shown=shown).data
        cells = cohorts.charts.shown_cohorts(shop, shown=shown)
        assert len(trace.y) == len(cells) <= 24 and trace.x[0] == ("1" if shown == "active_share" else "0")
        for row, figures, texts in zip(cells.to_numpy(), trace.z, trace.text, strict=True):
            blank = np.isnan(row)
            assert [cell is None for cell in figures] == blank.tolist()
            assert [text == "" for text in texts] == blank.tolist()
            assert (row[~blank] == 0).sum() < len(row)


def test_a_cohort_is_called_as_the_page_says(shop):
    figure = cohorts.charts.triangle(shop, label=lambda row: f"{row['cohort']:%Y}/{row['customers']}/{row['is_small']}")
    first = shop.triangle.iloc[0]
    assert figure.data[0].y[0] == f"{first['cohort']:%Y}/{first['customers']}/{first['is_small']}"


def test_an_unknown_measure_is_told(shop):
    with pytest.raises(InvalidInput, match="returned_share"):
        cohorts.charts.triangle(shop, shown="profit")


def test_the_curves_stop_where_fewer_than_ten_were_watched(shop):
    line = cohorts.charts.coming_back(shop).data[-1]
    assert shop.coming_back.followed_for(line.x[-1]) >= 10 > shop.coming_back.followed_for(line.x[-1] + 1)
    upper, lower = (trace.y for trace in cohorts.charts.coming_back(shop).data[:2])
    assert (np.array(upper) >= np.array(lower) - 1e-12).all() and (np.array(upper) >= np.array(line.y) - 1e-12).all()


def test_many_years_of_days_are_thinned_to_what_a_screen_holds():
    rows = [(customer, 8000 - 50 * customer, 5.0) for customer in range(1, 160)]
    rows += [(customer, 7990 - 50 * customer - 40 * (customer % 20), 5.0) for customer in range(1, 140)]
    result = cohorts.analyse(orders_frame(rows), as_of=AS_OF, new_customers="count")
    assert result.by == "year" and len(cohorts.charts.coming_back(result).data[-1].x) <= 1_500


def test_names_that_look_like_markup_stay_names():
    orders, groups = planted(shares=(0.5, 0.5))
    groups = groups.replace({"Way 0": "<b>x</b> & %{y}", "Way 1": "plain"})
    figure = cohorts.charts.compared(cohorts.compare(orders, groups, as_of=AS_OF, group_name="x"))
    assert "&lt;b&gt;x&lt;/b&gt; &amp; %{y}" in [trace.name for trace in figure.data]
    assert all("<b>" not in trace.hovertemplate and "%{fullData.name}" in trace.hovertemplate for trace in figure.data)
