"""Do numbers and dates mean what people wrote?"""

import doctest
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import db, imports
from crm.imports import amounts, detection, line_words, matching, numerals, vocabulary
from crm.imports.moments import parse_moments
from crm.imports.numerals import detect_decimal_mark, plain_numeral, quantities, shares
from crm.money import LIMIT_E4, line_amount_e4, to_e4
from crm.services import customers, export


@pytest.mark.parametrize("module", [detection, line_words, matching, numerals, vocabulary])
def test_the_examples_in_the_docstrings_run(module):
    assert doctest.testmod(module).failed == 0 and doctest.testmod(module).attempted > 0


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("2.55", ".", "2.55"),
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("1 234,50", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("€ 12.00", ".", "12.00"),
        ("12,00 €", ",", "12.00"),
        ("(12.00)", ".", "-12.00"),
        ("($1,200.00)", ".", "-1200.00"),
        ("-£3.10", ".", "-3.10"),
        ("£-3.10", ".", "-3.10"),
        ("12.00-", ".", "-12.00"),
        ("\u221212", ".", "-12"),
        ("+5", ".", "5"),
        ("USD 7", ".", "7"),
        ("7 CHF", ".", "7"),
        ("¥１２", ".", "12"),
        ("12元", ".", "12"),
        (".5", ".", ".5"),
        ("1E+3", ".", "1E+3"),
        ("125.43999999999998", ".", "125.43999999999998"),
        ("12,34", ".", None),
        ("1,2,3", ".", None),
        ("abc", ".", None),
        ("12 apples", ".", None),
        ("A12", ".", None),
        ("--5", ".", None),
        ("(-5)", ".", None),
        ("1.2.3", ".", None),
        ("", ".", None),
        ("nan", ".", None),
        ("inf", ".", None),
        ("2024-01-02", ".", None),
        ("1,234", ",", "1.234"),
        ("=1+1", ".", None),
        ("ABC123", ".", None),
    ],
)
def test_a_number_is_read_as_people_write_it(text, mark, expected):
    assert plain_numeral(text, decimal_mark=mark) == expected


@pytest.mark.parametrize(
    ("columns", "mark"),
    [
        ([["2.55", "3"]], "."),
        ([["2,55", "3"]], ","),
        ([["1.234", "1.234,50"]], ","),
        ([["1,234", "1,234.5"]], "."),
        ([["1.234.567"]], ","),
        ([["1,234,567"]], "."),
        ([["1,234"]], "."),
        ([["1.234"]], "."),
        ([["0,125"]], ","),
        ([["1,234"], ["0,5"]], ","),
        ([[]], "."),
    ],
)
def test_the_decimal_mark_is_decided_over_all_numeric_columns(columns, mark):
    assert detect_decimal_mark(columns) == mark


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=4), st.sampled_from(".,"), st.booleans())
def test_any_amount_is_found_again_from_its_formatted_text(amount, mark, grouped):
    text = f"{amount:,.4f}" if grouped else f"{amount:.4f}"
    if mark == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    read = numerals.amounts([text], decimal_mark=mark)
    assert read.is_number[0] and read.units_e4[0] == int(amount * 10_000) and not read.rounded[0]


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2), st.sampled_from([",", ".", "'", " ", ""]))
def test_any_amount_is_found_again_by_the_sign_between_thousands_that_was_named(amount, sign):
    mark = detect_decimal_mark([["1" if sign != "." else "1,5"]], thousands_mark=sign)
    text = f"{amount:,.2f}".translate(str.maketrans({",": sign, ".": mark}))
    read = numerals.amounts([text], decimal_mark=mark, thousands_mark=sign)
    assert read.is_number[0] and read.units_e4[0] == int(amount * 10_000)


@pytest.mark.parametrize(
    ("text", "sign", "expected"),
    [
        ("1,234", "", None),
        ("1,234", ",", "1234"),
        ("1,234", "'", None),
        ("1 234", ",", None),
        ("1'234", "'", "1234"),
        ("1’234", "'", "1234"),
        ("1\u202f234", " ", "1234"),
        ("1234", ",", "1234"),
    ],
)
def test_only_the_sign_that_was_named_stands_between_thousands(text, sign, expected):
    assert plain_numeral(text, decimal_mark=".", thousands_mark=sign) == expected


def test_where_neither_comma_nor_point_groups_either_is_the_decimal_mark():
    assert detect_decimal_mark([["1,234"]], thousands_mark="") == "," == detect_decimal_mark([["1,234"]], thousands_mark="'")


@given(st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False))
def test_amounts_are_rounded_like_the_money_rules(amount):
    text = format(amount, "f")
    assert numerals.amounts([text], decimal_mark=".").units_e4[0] == to_e4(Decimal(text))


@given(st.text(max_size=20))
def test_no_text_breaks_the_number_reader(text):
    read = numerals.amounts([text], decimal_mark=".")
    assert read.is_number[0] or read.units_e4[0] == 0


def test_too_large_an_amount_is_no_number():
    assert not numerals.amounts(["1000000000001"], decimal_mark=".").is_number[0]
    assert np.isnan(quantities(["1e300"], decimal_mark=".")[0])


def test_a_fifth_decimal_is_rounded_and_counted_but_float_noise_is_not():
    read = numerals.amounts(["1.00005", "125.43999999999998"], decimal_mark=".")
    assert read.units_e4.tolist() == [10_001, 1_254_400]
    assert read.rounded.tolist() == [True, False]


def test_discounts_are_shares_however_they_are_written():
    assert shares(["0.2", "0"], decimal_mark=".").tolist() == [0.2, 0.0]
    assert shares(["20", "5", "0"], decimal_mark=".").tolist() == [0.2, 0.05, 0.0]
    assert shares(["20 %", "7,5%"], decimal_mark=",").tolist() == [0.2, 0.075]
    assert np.isnan(shares(["150", "20"], decimal_mark=".")[0])


@given(
    st.lists(
        st.tuples(
            st.integers(-1000, 1000) | st.floats(-1000, 1000).map(lambda number: round(number, 3)),
            st.integers(-(10**7), 10**7),
            st.floats(0, 1).map(lambda share: round(share, 3)),
        ),
        max_size=20,
    )
)
def test_line_amounts_equal_the_money_rules_to_the_last_digit(lines):
    quantity, price, discount = (
        (list(column) for column in zip(*lines, strict=True)) if lines else ([], [], [])
    )
    together = amounts.line_amounts_e4(
        np.array(quantity, dtype=float), np.array(price, dtype="int64"), np.array(discount, dtype=float)
    )
    assert together.tolist() == [
        line_amount_e4(float(number), cents, share) for number, cents, share in lines
    ]
    assert all(abs(amount) <= LIMIT_E4 for amount in together)


@pytest.mark.parametrize(
    ("texts", "order", "expected"),
    [
        (["2010-12-01 08:26:00"], "ymd", datetime(2010, 12, 1, 8, 26)),
        (["2010-12-01T08:26:00Z"], "ymd", datetime(2010, 12, 1, 8, 26)),
        (["2010-12-01T08:26:00.123+02:00"], "ymd", datetime(2010, 12, 1, 8, 26, 0, 123000)),
        (["2017/4/27"], "ymd", datetime(2017, 4, 27)),
        (["2017年4月27日"], "ymd", datetime(2017, 4, 27)),
        (["2017年4月27日 下午3:05"], "ymd", datetime(2017, 4, 27, 15, 5)),
        (["19970118"], "ymd", datetime(1997, 1, 18)),
        (["20240131T0930"], "ymd", datetime(2024, 1, 31, 9, 30)),
        (["03/04/2024", "25/04/2024"], "dmy", datetime(2024, 4, 3)),
        (["03/04/2024", "04/25/2024"], "mdy", datetime(2024, 3, 4)),
        (["03.04.2024"], "dmy", datetime(2024, 4, 3)),
        (["3.4.24 17:05"], "dmy", datetime(2024, 4, 3, 17, 5)),
        (["12/1/2010 8:26", "12/13/2010 8:26"], "mdy", datetime(2010, 12, 1, 8, 26)),
        (["3/4/2024 5:06 PM"], "mdy", datetime(2024, 3, 4, 17, 6)),
        (["3/4/2024 12:06 AM"], "mdy", datetime(2024, 3, 4, 0, 6)),
        (["1 Dec 2010"], "ymd", datetime(2010, 12, 1)),
        (["01-Dec-10"], "ymd", datetime(2010, 12, 1)),
        (["December 1, 2010"], "ymd", datetime(2010, 12, 1)),
    ],
)
def test_a_date_is_read_as_people_write_it(texts, order, expected):
    read = parse_moments(texts)
    assert read.moments[0] == np.datetime64(expected, "us") and read.order == order


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "31/02/2024",
        "soon",
        "",
        "2024",
        "1234-01-01",
        "2524-01-01",
        "12.50",
        "2024-13-01",
        "45000",
        "1 Foo 2010",
        "2024-01-02 25:00",
    ],
)
def test_what_is_no_date_is_none(text):
    assert np.isnat(parse_moments([text]).moments[0])


def test_an_ambiguous_column_is_a_guess_and_says_so():
    january = [f"0{day}/01/2024" for day in range(1, 10)]
    read = parse_moments(january)
    assert read.order == "dmy" and read.is_assumed
    assert parse_moments([f"01/0{day}/2024" for day in range(1, 10)]).order == "mdy"
    assert not parse_moments([*january, "13/01/2024"]).is_assumed
    assert parse_moments(january, order="mdy").moments[1] == np.datetime64("2024-02-01", "us")


def test_the_majority_decides_and_the_others_are_no_dates():
    read = parse_moments(["25/12/2023", "26/12/2023", "12/27/2023"])
    assert read.order == "dmy" and np.isnat(read.moments).tolist() == [False, False, True]


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2199, 12, 31)))
def test_every_iso_moment_is_found_again(moment):
    assert parse_moments([moment.isoformat(sep=" ")]).moments[0] == np.datetime64(moment, "us")


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("POST", "POSTAGE", "fee"),
        ("DOT", "DOTCOM POSTAGE", "fee"),
        ("C2", "CARRIAGE", "fee"),
        ("BANK CHARGES", "Bank Charges", "fee"),
        ("AMAZONFEE", "AMAZON FEE", "fee"),
        ("CRUK", "CRUK Commission", "fee"),
        ("PADS", "PADS TO MATCH ALL CUSHIONS", "fee"),
        ("X9", "Shipping costs", "fee"),
        ("1", "运费", "fee"),
        ("M", "Manual", "adjustment"),
        ("m", "Manual", "adjustment"),
        ("D", "Discount", "adjustment"),
        ("S", "SAMPLES", "adjustment"),
        ("B", "Adjust bad debt", "adjustment"),
        ("D", None, "adjustment"),
        ("DCGSSGIRL", "GIRLS PARTY BAG", None),
        ("7", "COFFEE", None),
        ("8", "Delivery van, red", None),
        ("M", "T-shirt, size M", None),
        ("9", "Sample box of teas", None),
        ("gift_0001_10", "Gift Voucher £10.00", None),
        ("85123A", None, None),
        ("POSTCARD", "Postcard", None),
    ],
)
def test_fees_and_adjustments_are_told_from_products(code, name, kind):
    assert line_words.fee_kind(code, name) == kind


def test_what_was_exported_with_an_apostrophe_before_a_formula_comes_back_as_it_was(workspace):
    with db.transaction(workspace) as session:
        customers.create(session, name="=1+1", code="7", phone="+49 30 901820")
    with db.reading(workspace) as session:
        content = export.csv_bytes(export.table(session, "customers")[["customer_code", "name", "phone"]])
    assert b"'=1+1" in content
    with db.transaction(workspace) as session:
        report = imports.import_file(session, content, kind="customers", on_known="overwrite")
    assert report.lines["duplicate"] == 1, report.lines


def test_a_form_of_the_web_writes_its_zone_behind_the_time():
    found = parse_moments(["2024/02/03 10:00:00 AM GMT+1", "2024/02/03 4:05:00 PM GMT+5:30"])
    assert found.with_zone == 2
    assert found.moments.astype(str).tolist() == ["2024-02-03T10:00:00.000000", "2024-02-03T16:05:00.000000"]
