"""Finding doubles: what makes two one, what never does, and how often it is right."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from crm.analytics.duplicates import AGAINST, REASONS, THRESHOLD, find, without
from crm.analytics.duplicates.blocking import LARGEST_BLOCK
from crm.ui import duplicates_words
from tests.analytics.simulate_doubles import company


def people(*rows: dict) -> pd.DataFrame:
    """Customers 1, 2, … among a few hundred others."""
    others, _ = company(400, seed=9)
    others = others.drop_duplicates("name").assign(customer_id=lambda frame: frame["customer_id"] + 10_000)
    given = pd.DataFrame([{"customer_id": place, "kind": "person", **row} for place, row in enumerate(rows, start=1)])
    return pd.concat([given, others], ignore_index=True)


def found(*rows: dict, **options) -> dict[tuple[int, int], float]:
    """The likely pairs of customers 1, 2, … with their scores."""
    pairs = find(people(*rows), **options).pairs
    return {(first, second): score for first, second, score in zip(pairs["first_id"], pairs["second_id"], pairs["score"],
                                                                  strict=True) if second <= len(rows)}


ADA = {"name": "Ada Ample", "email": "ada@example.com", "phone": "+49 30 1234567", "address": "Krugstraße 5",
       "postal_code": "10115", "city": "Laternstedt", "country": "Germany"}


@pytest.mark.parametrize("other", [
    {"name": "Ada Ample", "email": "ADA@example.com "},
    {"name": "Ample, Ada", "phone": "030/1234567", "country": "Germany"},
    {"name": "ample ada", "phone": "0049 (0)30 123 45 67"},
    {"name": "Dr. Ada Ample", "address": "Krug Str. 5", "postal_code": "10115"},
    {"name": "Ada Ampel", "email": "ada@example.com"},
    {"name": "Ada Ampel", "phone": "030 1234567"},
    {"name": "A. Ample", "email": "ada@example.com", "city": "Elsewhere"},
    {"name": "Ada Brimble", "email": "ada@example.com"},  # married since
    {"name": "ada@example.com", "email": "ada@example.com"},
    {"name": "Ada Ample", "email": "ada+shop@example.com", "city": "Laternstedt"},
    {"name": "Ada Ample", "address": "krugstr. 5", "postal_code": "10115", "city": "Laternstedd"},
    {"name": "Ada Ample", "city": "Laternstedt", "country": "Germany"},
])
def test_one_customer_written_in_two_ways_is_found(other):
    assert (1, 2) in found(ADA, other)


@pytest.mark.parametrize(("one", "other"), [
    ({}, {"name": "Bo Ample", "email": "bo@example.com"}),  # a family: one address, one telephone
    ({}, {"name": "Adam Ample"}),
    ({"name": "Paul Ample"}, {"name": "Paula Ample"}),
    ({"email": "info@ample.example", "company": "Ample GmbH"}, {"name": "Bo Brimble", "company": "Ample", "email": "info@ample.example"}),
    ({}, {"name": "Bo Brimble"}),  # everything else the same
    ({"name": "Ada Ample Jr."}, {"name": "Ada Ample Sr.", "birth_year": 1950}),
])
def test_clearly_different_names_are_two_customers_whatever_they_share(one, other):
    assert (1, 2) not in found({**ADA, **one}, {**ADA, **other})


def test_a_gmail_box_is_one_box_however_its_dots_are_set_and_counts_for_less():
    one, other = {"name": "Ada Ample", "email": "ada.ample@gmail.com"}, {"name": "Ada Ample", "email": "adaample+x@googlemail.com"}
    same = {"name": "Ada Ample", "email": "ada.ample@gmail.com"}
    assert found(one, other)[(1, 2)] < found(one, same)[(1, 2)]


def test_blanks_agree_with_nothing():
    blank = {name: None for name in ADA if name != "name"}
    assert found({**blank, "name": "Bo Brimble"}, {**blank, "name": "Cy Cask"}, {**blank, "name": ""},
                 {**blank, "name": "n/a"}, {**blank, "name": "12345"}, {**blank, "name": "unknown"}) == {}
    columns = [name for name in REASONS if name.startswith("same")]
    assert columns and find(pd.DataFrame({"customer_id": [1, 2], "name": [None, None]})).pairs.empty


def test_a_common_name_alone_is_not_enough_and_with_the_town_it_depends_on_how_common():
    many = [{"name": "Ada Ample", "city": f"Town {place}"} for place in range(12)]
    assert found(*many) == {}
    assert found(*many, {"name": "Zeno Zimble", "city": "Town 3"}, {"name": "Zeno Zimble", "city": "Town 3"})


def test_namesakes_with_other_mails_phones_and_towns_are_two_customers():
    assert found(ADA, {"name": "Ada Ample", "email": "other@example.org", "phone": "+49 89 7654321",
                       "address": "Teegasse 1", "postal_code": "80331", "city": "Kesselbach", "country": "Germany"}) == {}


def test_typing_errors_that_are_names_of_their_own_are_two_people():
    others = [{"name": f"{given} Cask{place}"} for place in range(3) for given in ("Anna", "Hanna")]
    home = {"address": "Krugstraße 5", "postal_code": "10115"}
    assert (1, 2) not in found({"name": "Anna Brimble", **home}, {"name": "Hanna Brimble", **home}, *others)


@pytest.mark.parametrize(("one", "other"), [
    ("Blue Kettle GmbH", "Blue Kettle"), ("Blue Kettle Ltd.", "BLUE KETTLE LIMITED"), ("Blue Kettle", "Bluekettle Inc."),
    ("上海茶壶贸易有限公司", "上海茶壶贸易"), ("Müller & Söhne KG", "Mueller & Soehne"),
])
def test_legal_forms_and_spelling_do_not_make_another_firm(one, other):
    home = {"kind": "company", "phone": "+49 30 1234567"}
    assert (1, 2) in found({"name": one, **home}, {"name": other, **home})


def test_names_of_other_scripts_are_compared_as_they_are():
    home = {"phone": "+86 10 12345678"}
    assert (1, 2) in found({"name": "灯笼 小禾", **home}, {"name": "灯笼小禾", **home})
    assert (1, 2) not in found({"name": "灯笼小禾", **home}, {"name": "灯笼明月", **home})
    assert (1, 2) in found({"name": "Ариадна Лампова", **home}, {"name": "АРИАДНА ЛАМПОВА", **home})


def test_a_phone_that_many_use_does_not_make_one_of_similar_colleagues():
    office = {"company": "Ample GmbH", "phone": "+49 30 1234567", "city": "Laternstedt"}
    staff = ["Ada Cask", "Bo Cask", "Cleo Dew", "Dot Elm", "Eve Fig", "Gus Hay"]
    assert found(*({"name": name, **office} for name in staff)) == {}


def test_reasons_and_what_speaks_against_are_told():
    pairs = find(people(ADA, {"name": "Ada Ampel", "email": "ada@example.com", "city": "Elsewhere"})).pairs
    row = pairs[pairs["second_id"] == 2].iloc[0]
    assert "same_email" in row["reasons"] and "similar_name" in row["reasons"] and "other_city" in row["against"]
    assert 0 <= row["score"] <= 1


def test_every_reason_has_words():
    assert set(duplicates_words.REASONS) == set(REASONS) and set(duplicates_words.AGAINST) == set(AGAINST)


def test_three_records_of_one_customer_are_one_group():
    rows = [ADA, {**ADA, "name": "Ada Ampel"}, {**ADA, "name": "A. Ample"}]
    pairs = find(people(*rows)).pairs
    mine = pairs[pairs["second_id"] <= 3]
    assert len(mine) == 3 and mine["group"].nunique() == 1


def test_weak_links_do_not_chain():
    middle = {"name": "Ada Ample", "email": "ada@example.com", "phone": "+49 30 1234567"}
    left = {"name": "Ada Ample", "email": "ada@example.com", "city": "Ghent", "birth_year": 1950, "address": "A Lane 1", "postal_code": "1"}
    right = {"name": "Ada Ample", "phone": "+49 30 1234567", "city": "Basel", "birth_year": 1991, "address": "B Road 2", "postal_code": "2",
             "email": "other@example.com"}
    pairs = find(people(left, middle, right)).pairs
    mine = pairs[pairs["second_id"] <= 3]
    assert set(zip(mine["first_id"], mine["second_id"], strict=True)) == {(1, 2), (2, 3)} and mine["group"].nunique() == 2


def test_pairs_that_are_not_the_same_and_customers_that_are_gone_are_left_out():
    result = find(people(ADA, {**ADA, "name": "Ada Ampel"}, {**ADA, "name": "A. Ample"}))
    before = {(first, second) for first, second in zip(result.pairs["first_id"], result.pairs["second_id"], strict=True)}
    assert {(1, 2), (1, 3), (2, 3)} <= before
    left = without(result, [(2, 1)])
    assert {*zip(left.pairs["first_id"], left.pairs["second_id"], strict=True)} == before - {(1, 2)}
    assert left.pairs["group"].nunique() == left.groups and left.surplus < result.surplus + 1
    gone = without(result, [], gone=[3])
    assert {*zip(gone.pairs["first_id"], gone.pairs["second_id"], strict=True)} == before - {(1, 3), (2, 3)}


def test_how_many_fewer_there_would_be_counts_groups():
    empty = find(people())
    result = find(people(ADA, {**ADA, "name": "Ada Ampel"}, {**ADA, "name": "A. Ample"}, {"name": "Bo Brimble", "email": "b@example.com"},
                         {"name": "Bo Brimble", "email": "b@example.com"}))
    assert result.surplus - empty.surplus == 3 and result.groups - empty.groups == 2


def test_the_sequence_of_the_rows_changes_nothing():
    customers, _ = company(600, seed=4)
    one, other = find(customers), find(customers.sample(frac=1, random_state=1).reset_index(drop=True))
    assert_frame_equal(one.pairs, other.pairs)
    assert one.compared == other.compared


def test_the_callers_table_is_not_changed():
    customers, _ = company(50, seed=4)
    before = customers.copy()
    find(customers)
    assert_frame_equal(customers, before)


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_to_compare_gives_no_pairs(rows):
    result = find(pd.DataFrame({"customer_id": range(rows), "name": ["Ada Ample"] * rows}))
    assert result.pairs.empty and result.groups == result.surplus == result.compared == 0
    assert list(result.pairs.columns) == ["first_id", "second_id", "score", "reasons", "against", "group"]


def test_what_too_many_share_is_told_and_the_doubles_in_it_are_found_all_the_same():
    crowd = LARGEST_BLOCK + 20
    rows = [{"name": "Ada Ample", "city": "Ghent", "postal_code": f"{place}", "email": f"ada{place}@example.com"}
            for place in range(crowd)]
    result = find(people(*rows, {"name": "Ada Ample", "email": "ada7@example.com"}))
    assert result.left_out["customers"].max() >= crowd and "name" in set(result.left_out["shared"])
    pairs = result.pairs
    assert (8, crowd + 1) in set(zip(pairs["first_id"], pairs["second_id"], strict=True))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearly_all_that_is_proposed_is_right_and_most_doubles_are_found(seed):
    customers, true = company(3_000, seed=seed)
    pairs = find(customers).pairs
    proposed = set(zip(pairs["first_id"], pairs["second_id"], strict=True))
    precision, recall = len(proposed & true) / len(proposed), len(proposed & true) / len(true)
    assert precision >= 0.95 and recall >= 0.80, (precision, recall)
    # The yardstick that a spreadsheet offers: the same e-mail or the same name, letter by letter.
    exact = _exact(customers, "email") | _exact(customers, "name")
    assert precision > len(exact & true) / len(exact) and recall > len(exact & true) / len(true)


def test_a_higher_threshold_gives_some_of_the_same_pairs():
    customers, _ = company(1_500, seed=1)
    strict, usual = find(customers, threshold=0.9).pairs, find(customers, threshold=THRESHOLD).pairs
    both = usual[usual["score"] >= 0.9].reset_index(drop=True)
    assert_frame_equal(strict.drop(columns="group"), both.drop(columns="group"))
    low = find(customers, threshold=0.1).pairs
    assert_frame_equal(low[low["score"] >= 0.9].reset_index(drop=True).drop(columns="group"), both.drop(columns="group"))


def _exact(customers: pd.DataFrame, column: str) -> set[tuple[int, int]]:
    known = customers[["customer_id", column]].dropna()
    pairs = known.merge(known, on=column)
    pairs = pairs[pairs["customer_id_x"] < pairs["customer_id_y"]]
    return set(zip(pairs["customer_id_x"], pairs["customer_id_y"], strict=True))
