"""Features of customers: are they what their sentences say, from events up to the day alone, whatever the rows' order?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.satisfaction import by_customer
from crm.analytics.segments.feature_catalogue import GROUPS
from crm.analytics.segments.feature_table import FEATURES, build, coverage, features_of, frames_for, places
from crm.errors import InvalidInput
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders

NAN = float("nan")


def day(days_ago: float) -> np.datetime64:
    return np.datetime64(AS_OF, "us") - np.timedelta64(round(days_ago * 24 * 60), "m")


def lines_frame(rows: list[tuple]) -> pd.DataFrame:
    """Lines from (order_id, customer_id, product_id, days ago, kind, amount)."""
    columns = ("order_id", "customer_id", "product_id", "ordered_on", "kind", "amount")
    frame = pd.DataFrame([(*row[:3], day(row[3]), *row[4:]) for row in rows], columns=columns)
    kinds = ["sale", "return", "cancellation", "fee", "adjustment"]
    return frame.assign(kind=pd.Categorical(frame["kind"], categories=kinds), amount=frame["amount"].astype(float))


def products_frame(**categories: list[int]) -> pd.DataFrame:
    rows = [(product, name) for name, products in categories.items() for product in products]
    return pd.DataFrame(rows, columns=["product_id", "category"])


def tickets_frame(rows: list[tuple]) -> pd.DataFrame:
    """Tickets from (customer_id, kind, days ago opened, days ago answered or None, days ago resolved or None)."""
    moments = [[np.datetime64("NaT", "us") if ago is None else day(ago) for ago in row[2:]] for row in rows]
    frame = pd.DataFrame({"customer_id": [row[0] for row in rows], "kind": [row[1] for row in rows]})
    return frame.assign(**{name: np.array([moment[place] for moment in moments], dtype="datetime64[us]") for place, name in
                           enumerate(("opened_at", "first_answered_at", "resolved_at"))})


def answers_frame(rows: list[tuple]) -> pd.DataFrame:
    """Answers from (customer_id, metric, score, lowest, highest, days ago)."""
    columns = ("customer_id", "metric", "score", "scale_min", "scale_max", "answered_on")
    frame = pd.DataFrame([(*row[:5], day(row[5])) for row in rows], columns=columns)
    return frame.astype({"score": float, "scale_min": float, "scale_max": float}).assign(item="All in all")


@pytest.fixture(scope="module")
def company() -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Orders of a shop and every other frame, nothing in them later than AS_OF."""
    orders, _ = shop_orders(n_customers=120, days=400)
    random = np.random.default_rng(0)
    row = random.integers(0, len(orders), 2_500)
    head = orders.iloc[row]
    sold = random.choice(["sale", "return", "fee"], 2_500, p=[0.85, 0.1, 0.05])
    lines = pd.DataFrame({
        "order_id": head["order_id"].to_numpy(), "customer_id": head["customer_id"].to_numpy(),
        "product_id": random.integers(0, 40, 2_500), "ordered_on": head["ordered_on"].to_numpy(), "kind": sold,
        "amount": np.where(sold == "return", -1, 1) * random.lognormal(2, 1, 2_500).round(2)})
    names = np.array(["Tea", "Coffee", "Cups", "Spoons", "Books", "Linen", "Soap", None], dtype=object)
    products = pd.DataFrame({"product_id": np.arange(1, 40), "category": names[random.integers(0, 8, 39)]})
    ids = np.arange(1, 131)
    numbers = pd.DataFrame({
        "customer_id": ids, "birth_year": np.where(random.random(130) < 0.6, 1970.0, NAN), "birth_year_is_filled": False,
        "yearly_income": random.lognormal(10, 1, 130), "custom.Household": random.integers(1, 6, 130).astype(float),
        "custom.Household_is_filled": False,
        **{name: random.choice(np.array(["one", "two", None], dtype=object), 130) for name in
           ("kind", "channel", "country", "region", "gender", "education")}})
    tickets = tickets_frame([(int(random.integers(1, 131)), str(random.choice(["inquiry", "complaint"])), ago,
                              None if random.random() < 0.3 else max(ago - random.exponential(3), 0.0), None)
                             for ago in random.uniform(0, 300, 200).tolist()])
    answers = answers_frame([(int(random.integers(0, 131)), str(random.choice(["csat", "nps", "likert", "ces"])),
                              int(random.integers(0, 11)), 0, 10, float(random.uniform(0, 500))) for _ in range(300)])
    return orders, {"lines": lines, "products": products, "numbers": numbers, "tickets": tickets, "answers": answers}


def one(table: pd.DataFrame, customer_id: int = 1) -> pd.Series:
    return table.set_index("customer_id").loc[customer_id]


def test_recency_frequency_and_spend_are_those_of_the_groups():
    orders = orders_frame([(7, 30, 10.0), (7, 10, 30.0), (7, 5, -4.0), (8, 0, 9.0), (9, 4, -3.0)])
    table = build(orders, as_of=AS_OF, features=("recency_days", "frequency", "monetary", "tenure_days", "average_order"))
    assert table.to_dict("list") == {"customer_id": [7, 8], "recency_days": [10, 0], "frequency": [2, 1],
                                     "monetary": [36, 9], "tenure_days": [30, 0], "average_order": [18, 9]}
    assert table.dtypes.astype(str).tolist() == ["int64", *["float64"] * 5]


def test_the_typical_gap_is_the_median_and_overdue_counts_in_it():
    # Days 100, 90, 60, 56: gaps 10, 30, 4.
    table = build(orders_frame([(1, ago, 5.0) for ago in (56, 100, 60, 90)]), as_of=AS_OF)
    customer = one(table)
    assert customer["typical_gap_days"] == 10
    assert customer["overdue"] == 5.6
    assert customer["gap_irregularity"] == pytest.approx(np.std([10, 30, 4], ddof=1) / np.mean([10, 30, 4]), rel=1e-12)


def test_two_orders_on_a_day_are_one_day_and_a_credit_note_is_none():
    rows = [(1, 40, 5.0), (1, 40, 7.0), (1, 30, 5.0), (1, 25, -5.0), (1, 10, 5.0)]
    assert one(build(orders_frame(rows), as_of=AS_OF))["typical_gap_days"] == 15


def test_a_gap_needs_two_days_and_irregularity_three():
    rows = [(1, 40, 5.0), (2, 40, 5.0), (2, 30, 5.0), (3, 40, 5.0), (3, 30, 5.0), (3, 20, 5.0)]
    table = build(orders_frame(rows), as_of=AS_OF, features=("typical_gap_days", "gap_irregularity", "overdue"))
    assert table["typical_gap_days"].isna().tolist() == table["overdue"].isna().tolist() == [True, False, False]
    assert table["gap_irregularity"].isna().tolist() == [True, True, False]
    assert table["gap_irregularity"][2] == 0


def test_gaps_agree_with_a_plain_computation():
    orders, _ = shop_orders(n_customers=150)
    table = build(orders, as_of=AS_OF).set_index("customer_id")
    bought = orders[orders["is_purchase"]].drop_duplicates(["customer_id", "ordered_on"]).sort_values("ordered_on")
    gaps = bought.groupby("customer_id")["ordered_on"].diff().dt.days.groupby(bought["customer_id"])
    pd.testing.assert_series_equal(table["typical_gap_days"], gaps.median(), check_names=False)
    irregularity = (gaps.std() / gaps.mean()).reindex(table.index)
    pd.testing.assert_series_equal(table["gap_irregularity"], irregularity, check_names=False)


def test_what_comes_back_is_a_share_of_what_was_charged():
    orders = orders_frame([(1, 20, 80.0), (1, 15, 20.0), (1, 9, -30.0), (1, 8, -20.0), (2, 4, 10.0), (3, 5, 10.0), (3, 4, -40.0)])
    table = build(orders, as_of=AS_OF)
    assert table["returned_share"].tolist() == [0.5, 0.0, 1.0]
    assert table["returns"].tolist() == [2, 0, 1]


def test_baskets_count_lines_and_different_products_of_sales_alone():
    orders = orders_frame([(1, 9, 50.0), (1, 5, 10.0), (2, 5, 10.0)])
    lines = lines_frame([(1, 1, 11, 9, "sale", 10), (1, 1, 11, 9, "sale", 10), (1, 1, 12, 9, "sale", 10), (1, 1, 99, 9, "fee", 5),
                         (1, 1, 12, 9, "return", -10), (2, 1, 11, 5, "sale", 10), (4, 0, 11, 5, "sale", 10),
                         (3, 2, 0, 5, "sale", 10)])
    table = build(orders, as_of=AS_OF, lines=lines).set_index("customer_id")
    assert table["lines_per_order"].tolist() == [2.0, 1.0]
    assert table.loc[1, "products_per_order"] == 1.5
    assert np.isnan(table.loc[2, "products_per_order"])  # the line names no product


def test_order_numbers_far_apart_count_as_well():
    orders = orders_frame([(1, 9, 50.0), (1, 5, 10.0)])
    lines = lines_frame([(10**12, 1, 10**11, 9, "sale", 10), (10**12, 1, 1, 9, "sale", 10), (7, 1, 1, 5, "sale", 10)])
    table = build(orders, as_of=AS_OF, lines=lines)
    assert table[["lines_per_order", "products_per_order"]].to_numpy().tolist() == [[1.5, 1.5]]


def test_shares_are_of_net_spend_on_goods():
    orders = orders_frame([(1, 9, 50.0), (2, 5, 10.0), (3, 5, 10.0)])
    lines = lines_frame([(1, 1, 11, 9, "sale", 60), (1, 1, 11, 9, "return", -10), (1, 1, 21, 9, "sale", 30),
                         (1, 1, 99, 9, "sale", 20), (1, 1, 11, 9, "fee", 900), (2, 2, 11, 5, "sale", 10),
                         (2, 2, 11, 5, "return", -10)])
    shares = build(orders, as_of=AS_OF, lines=lines, products=products_frame(Tea=[11], Cups=[21]))
    assert shares["share.Tea"].fillna(-1).tolist() == [0.5, -1, -1]
    assert shares["share.Cups"].fillna(-1).tolist() == [0.3, -1, -1]


def test_the_six_largest_categories_get_a_column_and_others_when_asked_for():
    orders = orders_frame([(1, 9, 50.0)])
    spend = {f"C{number}": 10 * (8 - number) for number in range(1, 8)} | {"Tie": 70, "None sold": 0}
    products = products_frame(**{name: [place] for place, name in enumerate(spend, start=1)})
    lines = lines_frame([(1, 1, place, 9, "sale", amount) for place, amount in enumerate(spend.values(), start=1) if amount])
    table = build(orders, as_of=AS_OF, lines=lines, products=products)
    assert [name for name in table if name.startswith("share.")] == [
        "share.C1", "share.Tie", "share.C2", "share.C3", "share.C4", "share.C5"]
    wanted = ("share.C7", "share.None sold", "recency_days")
    small = build(orders, as_of=AS_OF, lines=lines, products=products, features=wanted)
    assert small.columns.tolist() == ["customer_id", *wanted]
    assert small["share.C7"].tolist() == [10 / 350] and small["share.None sold"].tolist() == [0]


def test_late_is_unanswered_after_three_days_as_far_as_is_known():
    orders = orders_frame([(customer, 90, 10.0) for customer in (1, 2, 3, 4)])
    tickets = tickets_frame([
        (1, "complaint", 20, 19, None), (1, "inquiry", 20, 10, None), (1, "inquiry", 20, None, None), (1, "inquiry", 30, None, 29),
        (2, "inquiry", 1, None, None),  # not answered yet, but not late either
        (3, "complaint", 1, 0.5, None)])
    table = build(orders, as_of=AS_OF, tickets=tickets)
    assert table["tickets"].tolist() == [4, 1, 1, 0]
    assert table["complaints"].tolist() == [1, 0, 1, 0]
    assert table["late_answers"].fillna(-1).tolist() == [0.5, -1, 0, -1]


def test_satisfaction_is_the_one_of_the_page_of_satisfaction(company):
    orders, frames = company
    table = build(orders, as_of=AS_OF, answers=frames["answers"]).set_index("customer_id")
    known = by_customer(frames["answers"], as_of=AS_OF).set_index("customer_id")["happiness"]
    assert table["satisfaction"].notna().sum() > 50
    pd.testing.assert_series_equal(table["satisfaction"], known.reindex(table.index), check_names=False, rtol=1e-8)


def test_scores_outside_their_scale_and_effort_are_no_satisfaction():
    answers = answers_frame([(1, "csat", 5, 1, 5, 9), (1, "csat", 0, 1, 5, 9), (1, "ces", 1, 1, 7, 9), (1, "nps", 5, 0, 5, 9),
                             (1, "csat", NAN, 1, 5, 9), (1, "nps", 5, 0, 10, 2000)])
    assert one(build(orders_frame([(1, 9, 5.0)]), as_of=AS_OF, answers=answers))["satisfaction"] == 0.75


def test_an_age_is_one_of_a_person_and_own_numbers_are_features():
    numbers = pd.DataFrame({"customer_id": [3, 2, 1], "birth_year": [1900.0, NAN, 1980.0], "education": ["", None, "Master"],
                            "custom.Household": [1.0, 2.0, NAN], "custom.Household_is_filled": [False, True, False],
                            "yearly_income": [NAN, 10.0, 20.0]})
    table = build(orders_frame([(customer, 9, 5.0) for customer in (1, 2, 3, 4)]), as_of=AS_OF, numbers=numbers)
    assert table["age"].fillna(-1).tolist() == [AS_OF.year - 1980, -1, -1, -1]  # nobody is 124
    assert table["custom.Household"].fillna(-1).tolist() == [-1, 2, 1, -1]
    assert table["yearly_income"].fillna(-1).tolist() == [20, 10, -1, -1]
    assert table["education"].fillna("").tolist() == ["Master", "", "", ""] and table["education"].dtype == "str"
    assert "custom.Household_is_filled" not in table


def test_customers_and_numbers_give_the_same_words():
    words = pd.DataFrame({"customer_id": [1, 2], "channel": ["Web", None], "birth_year": [1990.0, NAN]})
    orders = orders_frame([(1, 9, 5.0), (2, 9, 5.0)])
    first, second = build(orders, as_of=AS_OF, customers=words), build(orders, as_of=AS_OF, numbers=words)
    pd.testing.assert_frame_equal(first, second)
    assert first["age"].fillna(-1).tolist() == [34, -1]


def test_every_feature_of_the_catalogue_is_built(company):
    orders, frames = company
    table = build(orders, as_of=AS_OF, **frames)
    assert set(FEATURES) <= set(table.columns)
    found = features_of(table)
    assert list(found) == table.columns[1:].tolist()
    assert {feature.group for feature in found.values()} == set(GROUPS)
    assert all(feature.key == key for key, feature in found.items())
    for key, feature in found.items():
        assert (table[key].dtype == "float64") == (feature.kind == "number"), key
        if feature.unit in ("share", "score"):
            assert table[key].dropna().between(0, 1).all(), key


def test_a_feature_alone_is_the_same_and_needs_only_its_frames(company):
    orders, frames = company
    everything = build(orders, as_of=AS_OF, **frames)
    frames = frames | {"customers": frames["numbers"][["customer_id", "kind", "channel", "country", "region", "gender"]]}
    for key in features_of(everything):
        needed = {name: frames[name] for name in frames_for([key])}
        alone = build(orders, as_of=AS_OF, features=(key,), **needed)
        pd.testing.assert_frame_equal(alone, everything[["customer_id", key]], check_exact=True)


def test_later_events_change_nothing(company):
    orders, frames = company
    tomorrow = np.datetime64(AS_OF + dt.timedelta(days=1), "us")
    later = {
        "lines": frames["lines"].head(300).assign(ordered_on=tomorrow, product_id=1, amount=1e6, kind="sale"),
        "tickets": frames["tickets"].assign(opened_at=tomorrow, kind="complaint"),
        "answers": frames["answers"].assign(answered_on=tomorrow, score=0.0)}
    known = build(orders, as_of=AS_OF, **frames)
    with_later = build(later_orders(orders), as_of=AS_OF, **{
        name: pd.concat([frame, later[name]]) if name in later else frame for name, frame in frames.items()})
    pd.testing.assert_frame_equal(known, with_later, check_exact=True)


def test_an_answer_that_came_after_the_day_had_not_come():
    orders = orders_frame([(1, 90, 10.0)])
    tickets = tickets_frame([(1, "inquiry", 10, -1, -1)])
    assert one(build(orders, as_of=AS_OF, tickets=tickets))["late_answers"] == 1


def test_the_order_of_rows_changes_nothing_and_the_frames_stay_as_they_were(company):
    orders, frames = company
    untouched = {name: frame.copy() for name, frame in frames.items()}
    first = build(orders, as_of=AS_OF, **frames)
    second = build(orders.sample(frac=1, random_state=1), as_of=AS_OF,
                   **{name: frame.sample(frac=1, random_state=2) for name, frame in frames.items()})
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, untouched[name])


def test_no_orders_give_an_empty_table_with_all_columns(company):
    orders, frames = company
    table = build(orders.iloc[:0], as_of=AS_OF, **frames)
    assert table.empty and set(FEATURES) <= set(table.columns)
    covered = coverage(table)
    assert len(covered) == len(features_of(table)) and covered["known_share"].isna().all()
    nothing = build(orders, as_of=AS_OF, **{name: frame.iloc[:0] for name, frame in frames.items()})
    assert nothing[["satisfaction", "lines_per_order", "age", "kind"]].isna().all(axis=None)


def test_a_feature_that_nothing_is_kept_of_is_refused(company):
    orders, frames = company
    for key in ("share.Umbrellas", "custom.Shoe size", "happiness", "satisfaction"):
        with pytest.raises(InvalidInput, match=f"“{key}” is not known"):
            build(orders, as_of=AS_OF, features=("recency_days", key), lines=frames["lines"], products=frames["products"],
                  numbers=frames["numbers"])


def test_own_fields_of_great_and_small_are_advised_on_a_log_scale():
    orders = orders_frame([(customer, 5, 10.0) for customer in range(1, 201)])
    random = np.random.default_rng(0)
    numbers = pd.DataFrame({"customer_id": np.arange(1, 201), "custom.Staff": random.lognormal(3, 1.5, 200).round(),
                            "custom.Rooms": random.normal(50, 5, 200)})
    found = features_of(build(orders, as_of=AS_OF, numbers=numbers))
    assert found["custom.Staff"].log and not found["custom.Rooms"].log
    assert found["custom.Staff"].group == "custom"


def test_coverage_counts_the_known_and_the_different():
    numbers = pd.DataFrame({"customer_id": [1, 2, 3], "kind": ["person"] * 3, "yearly_income": [5.0, NAN, 5.0]})
    table = build(orders_frame([(customer, 9, 5.0) for customer in (1, 2, 3, 4)]), as_of=AS_OF, numbers=numbers)
    covered = coverage(table).set_index("feature")
    assert covered.loc["yearly_income", ["known", "known_share", "different"]].tolist() == [2, 0.5, 1]
    assert covered.loc["kind", ["known", "different", "group"]].tolist() == [3, 1, "profile"]


@pytest.mark.parametrize("ids", [[1, 5, 9], [-4, 5, 9], [1, 5, 9_000_000_000]])
def test_places_are_found_for_small_and_for_huge_ids(ids):
    wanted = np.array([9, 5, 9, 0, 2, 10, -1, -4, 9_000_000_000])
    known = {customer: place for place, customer in enumerate(ids)}
    assert places(np.array(ids), wanted).tolist() == [known.get(customer, -1) for customer in wanted.tolist()]


def test_the_real_shop_has_a_rhythm(online_retail):
    table = build(online_retail, as_of=dt.date(2011, 12, 10))
    several = table["typical_gap_days"].notna()
    assert (several == (table["typical_gap_days"] >= 1)).all()
    # Who bought on one day only has no gap; published: 34.4 % of the customers of the clean subset bought once.
    assert 0.6 < several.mean() < 0.7
    assert table.loc[several, "typical_gap_days"].median() == pytest.approx(45, abs=15)
