"""Tables as points: does every column count alike, is what was done told, and does bad input survive?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.segments.preparing import MISSING, OTHERS, SCALINGS, in_units, kinds_of, prepare, read_column, twins
from crm.analytics.segments.preparing_numerals import as_numbers
from crm.analytics.segments.preparing_scales import centre_and_scale, is_lopsided
from crm.errors import InvalidInput, NotEnoughData

NAN = float("nan")


def people(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """A table with a column of each sort, gaps in most of them."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({
        "monetary": random.lognormal(4, 1.2, n).round(2), "age": random.integers(18, 90, n).astype(float),
        "visits": random.poisson(3, n), "profit": random.normal(0, 10, n),
        "channel": random.choice(["Web", "Market", "Fair"], n, p=[0.6, 0.3, 0.1]),
        "vip": random.random(n) < 0.2, "born": pd.Timestamp("1990-01-01") + pd.to_timedelta(random.integers(0, 900, n), unit="D"),
        "note": [f"Note {place}" for place in range(n)], "price": [f"€ {number:.2f}" for number in random.uniform(1, 9, n)]})
    for column in ("age", "channel", "born", "price"):
        table.loc[random.choice(n, n // 8, replace=False), column] = None
    return table


COLUMNS = ("monetary", "age", "visits", "profit", "channel", "vip", "born", "price")


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("missing", MISSING)
def test_points_are_finite_and_lead_back_to_the_table(scaling, missing):
    table = people()
    done = prepare(table, columns=COLUMNS, scaling=scaling, missing=missing)
    assert done.points.shape == (len(done.rows), len(done.columns)) and np.isfinite(done.points).all()
    assert len(done.columns) == len(done.sources) == len(done.centre) == len(done.scale)
    back = in_units(done, done.points)
    kept = table.iloc[done.rows]
    monetary, age = (back[:, done.columns.index(name)] for name in ("monetary", "age"))
    assert np.allclose(monetary, kept["monetary"])
    known = kept["age"].notna().to_numpy()
    assert np.allclose(age[known], kept["age"][known])
    web = back[:, done.columns.index("channel=Web")]
    told = kept["channel"].notna().to_numpy()
    assert np.allclose(web[told], (kept["channel"] == "Web")[told])
    assert np.allclose(in_units(done, done.points[3]), back[3])


def test_what_was_done_is_told():
    table = people()
    done = prepare(table, columns=[*COLUMNS, "note"])
    assert done.dropped == {"note": "text"}
    assert done.logged == ("monetary",)
    assert done.filled == {name: int(table[name].isna().sum()) for name in ("age", "channel", "born", "price")}
    assert done.left_out == {} and len(done.rows) == len(table)
    assert done.columns == ("monetary", "age", "visits", "profit", "channel=Fair", "channel=Market", "channel=Web", "vip=False",
                            "vip=True", "born", "price")
    assert done.sources[4:9] == ("channel",) * 3 + ("vip",) * 2


def test_rows_with_gaps_are_left_out_where_that_is_chosen():
    table = people()
    done = prepare(table, columns=["age", "channel", "note"], missing="leave_out")
    complete = table[["age", "channel"]].notna().all(axis=1)
    assert done.rows.tolist() == np.flatnonzero(complete).tolist()
    assert done.left_out == {"missing_rows": int((~complete).sum())} and done.filled == {}


@pytest.mark.parametrize("missing", MISSING)
def test_the_order_of_rows_changes_nothing_and_the_table_stays_as_it_was(missing):
    table = people()
    untouched = table.copy()
    first = prepare(table, columns=COLUMNS, missing=missing)
    sequence = np.random.default_rng(1).permutation(len(table))
    second = prepare(table.iloc[sequence], columns=COLUMNS, missing=missing)
    pd.testing.assert_frame_equal(table, untouched)
    place = {row: number for number, row in enumerate(first.rows.tolist())}
    assert np.array_equal(first.points[[place[row] for row in sequence[second.rows].tolist()]], second.points)
    assert np.array_equal(first.centre, second.centre) and np.array_equal(first.scale, second.scale)


def test_scales_are_what_they_are_called():
    numbers = pd.DataFrame({"size": [1.0, 2, 3, 4, 10]})
    points = {scaling: prepare(numbers, columns=["size"], scaling=scaling, log=()).points[:, 0] for scaling in SCALINGS}
    assert points["standard"].mean() == pytest.approx(0) and points["standard"].std() == pytest.approx(1)
    assert points["robust"].tolist() == [-1, -0.5, 0, 0.5, 3.5]
    assert points["range"].tolist() == pytest.approx([0, 1 / 9, 2 / 9, 1 / 3, 1])
    assert points["none"].tolist() == [1, 2, 3, 4, 10]


def test_a_robust_scale_survives_more_than_half_being_equal():
    centre, scale = centre_and_scale(np.array([0.0] * 8 + [5.0, 9.0]), scaling="robust")
    assert centre == 0 and scale == pytest.approx(1.349 * np.std([0.0] * 8 + [5.0, 9.0]))


def test_a_column_of_words_does_not_outweigh_a_number():
    random = np.random.default_rng(0)
    table = pd.DataFrame({"size": random.normal(size=3_000), "word": random.choice([f"W{place}" for place in range(9)], 3_000),
                          "flag": random.choice(["yes", "no"], 3_000, p=[0.97, 0.03])})
    done = prepare(table, columns=["size", "word", "flag"])
    spread = {source: done.points[:, [name == source for name in done.sources]].var(axis=0).sum()
              for source in ("size", "word", "flag")}
    assert spread["word"] == pytest.approx(spread["size"], rel=1e-9)
    assert spread["flag"] == pytest.approx(2 * 2 * 0.97 * 0.03, abs=0.02)  # a rare word is no whale
    words = np.unique(done.points[:, [name == "word" for name in done.sources]].round(9), axis=0)
    distances = np.linalg.norm(words[:, None] - words[None], axis=2)[~np.eye(9, dtype=bool)]
    assert np.allclose(distances, distances[0])  # no word is nearer to another than the others


@pytest.mark.parametrize("scaling", SCALINGS)
def test_words_weigh_as_much_as_the_middle_number_on_every_scale(scaling):
    random = np.random.default_rng(0)
    table = pd.DataFrame({"small": random.normal(0, 3, 999), "large": random.normal(0, 50, 999), "huge": random.normal(0, 900, 999),
                          "word": random.choice(["a", "b", "c"], 999)})
    done = prepare(table, columns=list(table), scaling=scaling)
    spread = done.points.var(axis=0)
    assert spread[3:].sum() == pytest.approx(np.median(spread[:3]))


def test_rare_words_stand_together():
    words = ["Big"] * 500 + ["Small"] * 460 + [f"Rare {place % 8}" for place in range(40)]
    done = prepare(pd.DataFrame({"word": words}), columns=["word"])
    assert done.columns == ("word=Big", "word=Small", f"word={OTHERS}") and done.rare == {"word": 8}


def test_a_single_rare_word_keeps_its_name():
    done = prepare(pd.DataFrame({"word": ["Big"] * 500 + ["Small"] * 460 + ["Rare"] * 5}), columns=["word"])
    assert done.columns == ("word=Big", "word=Rare", "word=Small") and done.rare == {}


def test_many_words_make_ten_columns_and_the_others():
    words = [f"Town {place % 20:02}" for place in range(1_000)] + ["Town 03"] * 9
    done = prepare(pd.DataFrame({"town": words}), columns=["town"])
    assert len(done.columns) == 11 and done.columns[-1] == f"town={OTHERS}" and "town=Town 03" in done.columns


def test_a_missing_word_lies_in_the_middle_of_all():
    done = prepare(pd.DataFrame({"word": ["a"] * 3 + ["b"] * 6 + [None]}), columns=["word"])
    assert np.allclose(done.points[-1], 0)
    assert np.allclose(in_units(done, done.points[-1]), [1 / 3, 2 / 3])


def test_gaps_take_the_usual_number():
    table = pd.DataFrame({"size": [1.0, 2.0, 9.0, NAN, NAN]})
    for missing, expected in (("median", 2.0), ("mean", 4.0), ("group", 2.0)):
        done = prepare(table, columns=["size"], missing=missing, scaling="none", log=())
        assert done.points[:, 0].tolist() == [1, 2, 9, expected, expected] and done.filled == {"size": 2}


def test_gaps_take_the_number_of_those_alike_in_the_telling_column():
    job = ["chef", "clerk", "clown"] * 40
    income = np.where(np.array(job) == "chef", 90.0, 30.0) + np.arange(120) % 5
    income[[0, 1, 119]] = NAN
    table = pd.DataFrame({"income": income, "dice": np.random.default_rng(0).choice(["odd", "even"], 120), "job": job})
    table.loc[119, "job"] = None
    done = prepare(table, columns=["income"], missing="group", scaling="none", log=())
    known = table["income"].notna()
    expected = [table.loc[known & (table["job"] == name), "income"].median() for name in ("chef", "clerk")]
    assert done.points[[0, 1], 0].tolist() == expected
    assert done.points[119, 0] == table["income"].median()  # whose job nobody knows
    assert done.filled_by == {"income": "job"}


def test_a_column_that_tells_nothing_is_not_gone_by():
    random = np.random.default_rng(3)
    table = pd.DataFrame({"size": random.normal(size=200), "dice": np.tile(["odd", "even"], 100)})
    table["size"] -= table.groupby("dice")["size"].transform("mean")
    table.loc[5, "size"] = NAN
    assert prepare(table, columns=["size"], missing="group").filled_by == {}


def test_the_catalogue_advises_the_log_scale_and_the_skewness_of_other_columns():
    random = np.random.default_rng(0)
    table = pd.DataFrame({"recency_days": random.uniform(0, 9, 200), "satisfaction": random.beta(1, 9, 200),
                          "share.Tea": random.beta(0.2, 3, 200), "turnover": random.lognormal(5, 2, 200),
                          "height": random.normal(170, 9, 200), "loss": -random.lognormal(5, 2, 200),
                          "flag": (random.random(200) < 0.05).astype(float)})
    assert prepare(table, columns=list(table)).logged == ("recency_days", "turnover")
    assert prepare(table, columns=list(table), log=("height",)).logged == ("height",)
    assert prepare(table, columns=list(table), log=()).logged == ()


def test_lopsided_is_what_a_logarithm_makes_even():
    random = np.random.default_rng(0)
    assert is_lopsided(np.sort(random.lognormal(3, 1, 500)))
    assert not is_lopsided(np.sort(random.normal(50, 5, 500)))
    assert not is_lopsided(np.sort(random.lognormal(3, 1, 500) - 5))  # some are below 0
    assert not is_lopsided(np.sort(random.beta(1, 20, 500)))  # a share stays a share
    assert not is_lopsided(np.array([7.0, 7.0, 7.0, 7.0]))


def test_spend_below_nothing_is_nothing_and_other_losses_keep_their_sign():
    table = pd.DataFrame({"monetary": [-50.0, -1.0, 0.0, 90.0], "profit": [-99.0, -9.0, 0.0, 9.0]})
    done = prepare(table, columns=["monetary", "profit"], log=("monetary", "profit"), scaling="none")
    assert done.clipped == {"monetary": 2}
    assert in_units(done, done.points).round(9).tolist() == [[0, -99], [0, -9], [0, 0], [90, 9]]
    assert np.allclose(done.points[:, 1], [-np.log(100), -np.log(10), 0, np.log(10)])
    as_it_is = prepare(table, columns=["monetary"], log=(), scaling="none")
    assert as_it_is.points[0, 0] == -50 and as_it_is.clipped == {}


def test_spend_that_nobody_keeps_is_constant_on_the_log_scale():
    table = pd.DataFrame({"monetary": [-50.0, -1.0, 0.0, -3.0], "age": [1.0, 2, 3, 4]})
    done = prepare(table, columns=["monetary", "age"])
    assert done.dropped == {"monetary": "constant"} and done.columns == ("age",) and done.clipped == {}


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("log", ["auto", (), ("size", "debt")])
def test_infinities_and_whales_survive(scaling, log):
    table = pd.DataFrame({"size": [1.0, 2, 3, 4, np.inf, 1e99, 1e200, 5], "debt": [-1e99, 1, 2, 3, -np.inf, NAN, 4, 5],
                          "word": list("ababaabb")})
    done = prepare(table, columns=["size", "debt", "word"], log=log, scaling=scaling)
    assert np.isfinite(done.points).all() and np.isfinite(done.points**2).all()
    assert done.filled == {"size": 2, "debt": 2}


def test_differences_too_small_for_squares_survive():
    done = prepare(pd.DataFrame({"size": [0.0, 1e-250, 2e-250, 0.0]}), columns=["size"], log=())
    assert done.points[:, 0].max() - done.points[:, 0].min() == 1


def test_columns_that_cannot_be_compared_by_are_told():
    table = pd.DataFrame({"same": [3.0] * 30, "nothing": [None] * 30, "blank": [" "] * 30, "code": [f"A-{n}" for n in range(30)],
                          "one_word": ["Web"] * 29 + [None], "size": range(30), "lists": [[n] for n in range(30)]})
    done = prepare(table, columns=list(table))
    assert done.dropped == {"same": "constant", "nothing": "empty", "blank": "empty", "code": "text", "one_word": "constant",
                            "lists": "text"}
    assert done.columns == ("size",)
    with pytest.raises(InvalidInput, match=r"None of the chosen columns .* “same” \(always the same\), “code” \(names or"):
        prepare(table, columns=["same", "code"])
    with pytest.raises(InvalidInput, match="None of the chosen columns"):
        prepare(table, columns=["blank"], missing="leave_out")


def test_a_column_that_is_constant_in_the_rows_that_stay_is_dropped():
    table = pd.DataFrame({"size": [1.0, 1.0, 1.0, 2.0], "age": [1.0, 2.0, 3.0, NAN]})
    done = prepare(table, columns=["size", "age"], missing="leave_out")
    assert done.dropped == {"size": "constant"} and done.rows.tolist() == [0, 1, 2]


def test_too_few_rows_are_refused_with_their_number():
    with pytest.raises(NotEnoughData, match="at least 2 rows; there are 1"):
        prepare(pd.DataFrame({"size": [1.0]}), columns=["size"])
    with pytest.raises(NotEnoughData, match="there are 0"):
        prepare(pd.DataFrame({"size": []}), columns=["size"])
    table = pd.DataFrame({"size": [1.0, NAN, 3.0], "age": [NAN, 2.0, NAN]})
    with pytest.raises(NotEnoughData, match="0 of the 3 rows have all 2 chosen columns"):
        prepare(table, columns=["size", "age"], missing="leave_out")


@pytest.mark.parametrize(("choice", "sentence"), [
    ({"columns": []}, "at least one column"), ({"columns": ["size"]}, "no column “size”"),
    ({"scaling": "big"}, "“big” is no scaling"), ({"missing": "zero"}, "“zero” is no way"), ({"log": "yes"}, "not “yes”"),
    ({"log": ("visits",)}, "not among the chosen"), ({"log": ("channel",), "columns": ["age", "channel"]}, "holds words")])
def test_wrong_choices_are_refused_with_a_sentence(choice, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        prepare(people(50), **{"columns": ["age"], **choice})


def test_two_columns_of_one_name_are_refused():
    table = pd.DataFrame([[1, 2], [3, 4]], columns=["size", "size"])
    with pytest.raises(InvalidInput, match="2 columns “size”"):
        prepare(table, columns=["size"])


def test_a_column_chosen_twice_counts_once():
    assert prepare(people(), columns=["age", "age"]).columns == ("age",)


@pytest.mark.parametrize(("texts", "numbers"), [
    (["1,234.5", "12"], [1234.5, 12]), (["€ 12", "€ -3.5", "7 €"], [12, -3.5, 7]), (["1.234,50", "0,5"], [1234.5, 0.5]),
    (["1,234", "12"], [1234, 12]), (["1.234", "12"], [1.234, 12]), (["1.234.567", "1.234"], [1234567, 1234]),
    (["(12)", "−3", "4-"], [-12, -3, -4]), (["12 %", "7.5%"], [12, 7.5]), (["1 234 567", "1'234"], [1234567, 1234]),
    (["USD 1,200.00", "USD 3"], [1200, 3]), (["1e3", " 2 "], [1000, 2]), (["１２", "3"], [12, 3]),
    (["12", "-", "n/a", "", "Unknown"], [12, NAN, NAN, NAN, NAN]), (["inf", "1", "2"], [NAN, 1, 2])])
def test_texts_that_can_only_be_numbers_are_read_as_such(texts, numbers):
    column = read_column(pd.DataFrame({"size": texts}), "size")
    assert column.kind == "number"
    assert np.array_equal(column.numbers, numbers, equal_nan=True)


@pytest.mark.parametrize("texts", [
    ["007", "008", "112"], ["€ 12", "$ 5", "€ 3"], ["12 kg", "3 kg"], ["SKU 12", "SKU 13"], ["2024-13-45", "1-2"], ["1,2,3", "4"],
    ["+49 301 234", "+49 301 235"], ["12", "many", "few"], ["192.168.0.1", "10.0.0.1"], ["-", "n/a"]])
def test_codes_units_and_mixed_currencies_are_no_numbers(texts):
    assert as_numbers(pd.Series(texts)) is None


def test_a_stray_word_makes_no_text_of_a_hundred_numbers():
    column = read_column(pd.DataFrame({"size": [str(number) for number in range(100)] + ["ask Ada"]}), "size")
    assert column.kind == "number" and np.isnan(column.numbers[-1])


def test_another_column_decides_where_a_text_could_be_read_either_way():
    either = ["1,234", "2,500", "3,100"]
    alone = read_column(pd.DataFrame({"size": either, "name": ["a,b", "c", "d"]}), "size")
    assert alone.numbers.tolist() == [1234, 2500, 3100]
    beside = read_column(pd.DataFrame({"size": either, "price": ["0,5", "12,25", "7"]}), "size")
    assert beside.numbers.tolist() == [1.234, 2.5, 3.1]


def test_days_count_back_from_the_last_one():
    for days in (["2024-03-01", "2024-02-01", None], ["2024/3/1", "2024/2/1", None], ["2024-03-01 09:30", "2024-02-01T23:00:00", None],
                 pd.to_datetime(["2024-03-01 09:30", "2024-02-01 00:00", None]),
                 pd.to_datetime(["2024-03-01", "2024-02-01", None], utc=True)):
        column = read_column(pd.DataFrame({"since": days}), "since")
        assert column.kind == "number" and column.is_date
        assert np.array_equal(column.numbers, [0, 29, NAN], equal_nan=True)


def test_texts_of_days_and_months_in_either_order_are_left_alone():
    texts = [f"{1 + number % 12:02}/{1 + number % 11:02}/2024" for number in range(132)]
    assert read_column(pd.DataFrame({"since": texts}), "since").kind != "number"


def test_every_sort_of_column_reads_the_same():
    words = ["Web", None, "Fair", "Web"] * 5
    sorts = [pd.Series(words), pd.Series(words, dtype="category"), pd.Series(words, dtype=object), pd.Series(words, dtype="string")]
    points = [prepare(pd.DataFrame({"word": sort}), columns=["word"]).points for sort in sorts]
    assert all(np.array_equal(points[0], other) for other in points[1:])
    sizes = [1, None, 3, 4]
    for kind in ("float64", "Float64", "Int64", object, "string"):
        column = read_column(pd.DataFrame({"size": pd.Series(sizes, dtype=kind)}), "size")
        assert np.array_equal(column.numbers, [1, NAN, 3, 4], equal_nan=True), kind
    yes_no = read_column(pd.DataFrame({"vip": pd.Series([True, None, False], dtype="boolean")}), "vip")
    assert yes_no.words == ("False", "True") and yes_no.codes.tolist() == [1, -1, 0]


def test_kinds_tell_what_to_group_by():
    table = people().assign(number=np.random.default_rng(0).permutation(400) + 7, same=1, nothing=None)
    assert kinds_of(table) == {"monetary": "number", "age": "number", "visits": "number", "profit": "number", "channel": "category",
                               "vip": "category", "born": "number", "note": "text", "price": "number",
                               "number": "running number", "same": "constant", "nothing": "empty"}


def test_columns_that_say_the_same_twice_are_found():
    random = np.random.default_rng(0)
    size = random.normal(size=300)
    table = pd.DataFrame({"metres": size, "feet": size * 3.28, "other": random.normal(size=300), "debt": -size, "word": ["a", "b"] * 150})
    pairs = [(one, other, round(alike, 6)) for one, other, alike in twins(prepare(table, columns=list(table)))]
    assert pairs == [("feet", "debt", -1.0), ("metres", "debt", -1.0), ("metres", "feet", 1.0)]
    assert twins(prepare(table, columns=["metres", "word"])) == []


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_table_the_points_are_finite_or_the_sentence_whole(seed):
    random = np.random.default_rng(seed)
    odd = [NAN, None, np.inf, -np.inf, 0, 1e308, -5, "", "n/a", "1,5", "€ 3", "word", "007", True, [1], pd.Timestamp("2024-01-01")]
    for _ in range(25):
        n = int(random.integers(1, 30))
        table = pd.DataFrame({f"c{place}": pd.Series([odd[choice] for choice in random.integers(0, len(odd), n)], dtype=object)
                              for place in range(3)})
        table["size"] = random.choice([0.0, 1.0, 1e90, NAN, np.inf], n)
        try:
            done = prepare(table, columns=list(table), missing=str(random.choice(MISSING)), scaling=str(random.choice(SCALINGS)))
        except (InvalidInput, NotEnoughData) as error:
            assert str(error).endswith(".")
        else:
            assert np.isfinite(done.points).all() and done.points.shape[1] == len(done.columns)
            assert set(done.sources) | set(done.dropped) == set(table)


def test_the_teaching_set_is_read_as_it_is(datasets):
    table = pd.read_csv(datasets / "mall_customers" / "Mall_Customers.csv")
    as_text = pd.read_csv(datasets / "mall_customers" / "Mall_Customers.csv", dtype=str)
    columns = [name for name, kind in kinds_of(table).items() if kind in ("number", "category")]
    assert columns == ["Gender", "Age", "Annual Income (k$)", "Spending Score (1-100)"]
    assert np.array_equal(prepare(table, columns=columns).points, prepare(as_text, columns=columns).points)


def test_blank_charges_count_as_missing(datasets):
    table = pd.read_csv(datasets / "telco_churn" / "telco_customer_churn.csv")
    done = prepare(table, columns=["TotalCharges", "Contract", "customerID"])
    assert done.filled == {"TotalCharges": 11} and done.dropped == {"customerID": "text"}
    assert done.columns == ("TotalCharges", "Contract=Month-to-month", "Contract=One year", "Contract=Two year")
