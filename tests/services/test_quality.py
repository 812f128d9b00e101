"""What is wrong with the data? Each check finds what was planted and nothing else; scores keep their formulas."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import insert

from crm import db
from crm.errors import InvalidInput, NotEnoughData
from crm.models import Customer, Deal, Interaction, Order, OrderLine, Payment, Product, SurveyAnswer, Ticket
from crm.services import customers, quality
from crm.services.quality import phones, spelling

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 1, 5, 12)


def plant(workspace, model, *rows: dict) -> None:
    """Rows as an older file may have brought them: past the services' own checks."""
    names = {name for row in rows for name in row}
    with db.transaction(workspace) as session:
        session.execute(insert(model), [{name: row.get(name) for name in names} for row in rows])


def plant_customers(workspace, *rows: dict) -> None:
    plant(workspace, Customer, *({"code": f"C{place}", "name": f"Person {chr(65 + place % 26)}{place}", "kind": "person",
                                  "stage": "customer", "search_text": "", "custom_fields": {}} | row
                                 for place, row in enumerate(rows)))


def plant_orders(workspace, *rows: dict) -> None:
    plant(workspace, Order, *({"number": str(place), "source": "test", "ordered_at": NOON, "status": "completed",
                               "net_amount_e4": 0, "charged_amount_e4": 0} | row for place, row in enumerate(rows)))


def measured(workspace) -> quality.Quality:
    with db.reading(workspace) as session:
        return quality.measure(session, today=TODAY)


def found(workspace, code: str) -> int:
    checks = measured(workspace).checks.set_index("code")["records"]
    return int(checks.get(code, 0))


def shown(workspace, code: str, **others):
    with db.reading(workspace) as session:
        return quality.rows(session, code, today=TODAY, **others)


def test_an_empty_company_has_no_score(workspace):
    with pytest.raises(NotEnoughData, match="there are 0"):
        measured(workspace)


def test_a_table_without_rows_has_no_score_and_no_finding(workspace):
    plant_customers(workspace, {"email": "ada@example.com"})
    result = measured(workspace)
    assert result.scores.loc["orders"].drop("rows").isna().all() and result.scores.at["orders", "rows"] == 0
    assert result.scores.at["customers", "overall"] > 0
    assert set(result.checks["table"]) == {"customers"}
    assert result.overall == result.scores.at["customers", "overall"]


def test_completeness_is_the_share_of_fields_that_are_filled(workspace):
    whole = {"email": "a@example.com", "phone": "+49 30 123456", "city": "Bonn", "country": "Germany", "channel": "Shop",
             "since_on": date(2026, 1, 1)}
    plant_customers(workspace, whole | {"email": "b@example.org"}, whole | {"email": "  ", "phone": None, "city": ""})
    assert measured(workspace).scores.at["customers", "completeness"] == pytest.approx(100 * (1 - 3 / 14))
    assert shown(workspace, "customers.missing_email")["id"].tolist() == [2]


def test_a_record_that_breaks_two_rules_counts_once(workspace):
    plant_customers(workspace, {"email": "wrong", "birth_year": 1870}, {"email": "ada@example.com", "birth_year": 1980})
    result = measured(workspace)
    assert result.scores.at["customers", "validity"] == 50.0
    assert {"customers.email", "customers.birth_year"} <= set(result.findings["code"])


def test_a_table_scores_the_mean_of_its_dimensions(workspace):
    plant_customers(workspace, {"email": "wrong"}, {"email": "ada@example.com"})
    scores = measured(workspace).scores.loc["customers"]
    assert scores["overall"] == pytest.approx(np.nanmean(scores[list(quality.DIMENSIONS)].to_numpy(dtype=float)))


@pytest.mark.every_database
@pytest.mark.parametrize(("code", "column", "wrong", "right"), [
    ("customers.email", "email", ["ada", "ada@x", "a b@example.com", "ada@@example.com"],
     ["ada@example.com", "zoë@exämple.de"]),
    ("customers.phone", "phone", ["12", "n/a", "+49 1234567890123456789"], ["+49 30 123456", "030/123456", "555-0100"]),
    ("customers.since_on", "since_on", [date(1900, 1, 1), TODAY + timedelta(days=1)], [TODAY, date(1990, 1, 1)]),
    ("customers.birth_year", "birth_year", [1890, 2024], [1930, 2010]),
    ("customers.income_below_zero", "yearly_income_e4", [-1], [0, 10]),
    ("customers.country_names", "country", ["UK", "united kingdom", "Großbritannien"],
     ["United Kingdom", "United Kingdom", "Germany"]),
    ("customers.city_spellings", "city", ["BERLIN", "berlin"], ["Berlin", "Berlin", "Bern"]),
    ("customers.channel_spellings", "channel", ["webshop", "Web-Shop"], ["Web shop", "Web shop", "Phone"]),
    ("customers.blanks", "name", [" Ada", "Bo  Brass", "Cy\u00a0Cask"], ["Dee Dill", "Eve Elm"]),
    ("customers.name_case", "name", ["ADA AMPLE", "bo brass"], ["Cleo Cask", "Dee Dill", "IBM-9", "李雷"]),
])
def test_wrong_customers_are_found_and_right_ones_left_alone(workspace, code, column, wrong, right):
    plant_customers(workspace, *({column: content} for content in [*wrong, *right]))
    assert sorted(shown(workspace, code)["id"]) == list(range(1, len(wrong) + 1))
    assert found(workspace, code) == len(wrong)


def test_capitals_are_no_mistake_where_most_names_have_them(workspace):
    plant_customers(workspace, {"name": "ADA AMPLE"}, {"name": "BO BRASS"}, {"name": "Cleo Cask"})
    assert found(workspace, "customers.name_case") == 0


def test_national_phones_are_told_only_beside_international_ones(workspace):
    plant_customers(workspace, {"phone": "030 123456", "country": "Germany"}, {"phone": "030 123457", "country": "Germany"})
    assert found(workspace, "customers.phone_without_country") == 0
    plant_customers(workspace, {"code": "X", "phone": "+49 30 123458", "country": "Germany"})
    assert found(workspace, "customers.phone_without_country") == 2


def test_the_same_customer_twice_is_found_and_a_namesake_elsewhere_is_not(workspace):
    plant_customers(
        workspace, {"name": "Ada Ample", "email": "ada@example.com"}, {"name": "A. Ample", "email": "ADA@example.com "},
        {"name": "Bo Brass", "city": "Ghent"}, {"name": "bo  brass", "city": "Ghent"}, {"name": "Bo Brass", "city": "Bonn"},
        {"name": "Cy Cask", "city": "Ghent", "email": "a@example.com"}, {"name": "Cy Cask", "city": "Ghent", "email": "b@example.com"},
        {"name": "Dee Dill", "phone": "+49 30 123456"}, {"name": "Dill, D.", "phone": "030/123 456"},
        {"name": "Eve Dill", "phone": "+49 30 123456"})
    assert shown(workspace, "customers.same_email")[["id", "same_as"]].values.tolist() == [[2, "Ada Ample · C0"]]
    assert shown(workspace, "customers.same_name")["id"].tolist() == [4]
    assert shown(workspace, "customers.same_phone")["id"].tolist() == [9]


def test_wrong_orders_are_found(workspace):
    plant_customers(workspace, {})
    plant_orders(workspace, {"ordered_at": datetime(1970, 1, 1)}, {"ordered_at": datetime(2027, 1, 1)},
                 {"shipped_at": datetime(2026, 1, 4)}, {"shipped_at": datetime(2026, 1, 5)},
                 {"currency": "eur"}, {"currency": "USD"},
                 {"customer_id": 1, "charged_amount_e4": 10, "net_amount_e4": 10},
                 {"customer_id": 1, "charged_amount_e4": 10, "net_amount_e4": 10})
    assert shown(workspace, "orders.ordered_at")["id"].tolist() == [1, 2]
    assert shown(workspace, "orders.shipped_before_ordered")["id"].tolist() == [3]
    assert shown(workspace, "orders.currency")["id"].tolist() == [5]
    assert shown(workspace, "orders.other_currency")["id"].tolist() == [5, 6]
    assert shown(workspace, "orders.repeated")[["id", "same_as"]].values.tolist() == [[8, "6"]]
    assert shown(workspace, "orders.totals")["id"].tolist() == [7, 8]
    assert found(workspace, "orders.without_lines") == 8


def test_wrong_lines_are_found(workspace):
    plant_orders(workspace, {})
    plant(workspace, Product, {"code": "P1", "name": "Tea", "price_e4": 100_000, "kind": "product", "custom_fields": {}})
    right = {"order_id": 1, "product_id": 1, "kind": "sale", "quantity": 2.0, "unit_price_e4": 100_000,
             "amount_e4": 200_000}
    plant(workspace, OrderLine, right, right | {"quantity": 0.0, "amount_e4": 0}, right | {"quantity": -1.0, "amount_e4": -100_000},
          right | {"kind": "return", "quantity": 1.0, "amount_e4": 100_000}, right | {"unit_price_e4": 0, "amount_e4": 0},
          right | {"unit_price_e4": 2_000_000, "amount_e4": 4_000_000}, right | {"amount_e4": 999_999},
          right | {"product_id": None}, right)
    assert shown(workspace, "order_lines.no_quantity")["id"].tolist() == [2]
    assert shown(workspace, "order_lines.quantity_sign")["id"].tolist() == [3, 4]
    assert shown(workspace, "order_lines.sold_for_nothing")["id"].tolist() == [5]
    assert shown(workspace, "order_lines.list_price")["id"].tolist() == [6]
    assert shown(workspace, "order_lines.amount")["id"].tolist() == [7]
    assert shown(workspace, "order_lines.missing_product")["id"].tolist() == [8]
    assert shown(workspace, "order_lines.repeated")["id"].tolist() == [9]


def test_a_quantity_far_off_the_products_usual_is_found_with_what_is_usual(workspace):
    plant_orders(workspace, {})
    plant(workspace, Product, *({"code": f"P{number}", "name": f"Tea {number}", "kind": "product", "custom_fields": {}}
                                for number in (1, 2)))
    line = {"order_id": 1, "kind": "sale", "unit_price_e4": 10_000, "amount_e4": 10_000}
    plant(workspace, OrderLine, *({**line, "product_id": 1, "quantity": float(1 + place % 3)} for place in range(40)),
          {**line, "product_id": 1, "quantity": 5000.0},
          *({**line, "product_id": 2, "quantity": float(10 ** place)} for place in range(5)))  # too few to judge
    rows = shown(workspace, "order_lines.quantity")
    assert rows["quantity"].tolist() == [5000.0] and rows["usual"].tolist() == [2.0]
    assert measured(workspace).checks.set_index("code").at["order_lines.quantity", "looked_at"] == 41


def test_wrong_service_survey_payment_and_deal_records_are_found(workspace):
    plant_customers(workspace, {}, {})
    plant_orders(workspace, {"customer_id": 1})
    ticket = {"customer_id": 1, "kind": "inquiry", "priority": "normal", "status": "resolved", "subject": "Where",
              "source": "test", "opened_at": NOON, "custom_fields": {}}
    plant(workspace, Ticket, ticket | {"first_answered_at": NOON + timedelta(days=2), "resolved_at": NOON + timedelta(days=1)},
          ticket | {"order_id": 1, "customer_id": 2, "subject": "Other"}, ticket | {"opened_at": datetime(2030, 1, 1)})
    answer = {"customer_id": 1, "metric": "nps", "item": "Would you?", "score": 5, "scale_min": 0, "scale_max": 10,
              "source": "test", "answered_at": NOON + timedelta(days=3)}
    plant(workspace, SurveyAnswer, answer, answer | {"ticket_id": 1, "answered_at": NOON - timedelta(days=1)},
          answer | {"scale_min": 1, "item": "Else?"}, answer)
    payment = {"customer_id": 1, "order_id": 1, "paid_on": NOON.date(), "amount_e4": 100, "source": "test",
               "custom_fields": {}}
    plant(workspace, Payment, payment, payment | {"customer_id": 2}, payment | {"paid_on": date(2030, 1, 1), "amount_e4": 0},
          payment)
    plant(workspace, Interaction, {"customer_id": 1, "channel": "phone", "direction": "in", "happened_at": datetime(1950, 1, 1),
                                   "source": "test", "custom_fields": {}})
    deal = {"customer_id": 1, "title": "Tea", "stage": "won", "opened_on": date(2026, 2, 1), "source": "test",
            "custom_fields": {}}
    plant(workspace, Deal, deal | {"closed_on": date(2026, 1, 1)}, deal | {"stage": "engaging", "closed_on": date(2026, 3, 1)})
    codes = {row.code: row.records for row in measured(workspace).findings.itertuples()}
    for code in ("tickets.resolved_before_answered", "tickets.other_customer", "tickets.opened_at",
                 "survey_answers.answered_before_asked", "survey_answers.recommendation_scale", "survey_answers.repeated",
                 "payments.other_customer", "payments.paid_on", "payments.of_nothing", "payments.repeated",
                 "interactions.happened_at", "interactions.missing_words", "deals.closed_before_opened",
                 "deals.open_but_closed"):
        assert codes[code] == 1, code


def test_every_check_shows_as_many_records_as_it_counts(workspace):
    plant_customers(workspace, {})
    plant_orders(workspace, {"customer_id": 1, "charged_amount_e4": 5, "ordered_at": datetime(2030, 1, 1)})
    counted = measured(workspace).checks.set_index("code")["records"]
    assert counted.sum() > 5
    with db.reading(workspace) as session:
        for code in quality.CHECKS:
            assert len(quality.rows(session, code, today=TODAY)) == counted.get(code, 0), code


def test_records_are_shown_page_by_page(workspace):
    plant_customers(workspace, *({} for _ in range(5)))
    assert shown(workspace, "customers.missing_email", limit=2, offset=2)["id"].tolist() == [3, 4]
    assert len(shown(workspace, "customers.missing_email", limit=None)) == 5
    with pytest.raises(InvalidInput):
        shown(workspace, "customers.nothing")


def test_deleted_records_are_not_looked_at(workspace):
    plant_customers(workspace, {"email": "wrong"}, {"email": "ada@example.com"})
    with db.transaction(workspace) as session:
        customers.delete(session, 1, version=1)
    assert found(workspace, "customers.email") == 0 and measured(workspace).scores.at["customers", "rows"] == 1


def test_freshness_falls_once_the_newest_record_is_older_than_the_usual_gap(workspace):
    plant_orders(workspace, *({"ordered_at": datetime(2025, 12, 1) + timedelta(days=2 * place)} for place in range(20)))
    result = measured(workspace)
    fresh = result.freshness["orders"]
    assert (fresh.usual_gap_days, fresh.newest_on) == (2.0, date(2026, 1, 8))
    assert fresh.score == pytest.approx(100 * 2 / (TODAY - date(2026, 1, 8)).days)
    assert "orders.outdated" in set(result.findings["code"])
    assert shown(workspace, "orders.outdated", limit=1)["record"].tolist() == ["19"]


def test_few_days_say_nothing_about_freshness(workspace):
    plant_orders(workspace, {}, {"ordered_at": NOON + timedelta(days=1)})
    assert np.isnan(measured(workspace).scores.at["orders", "freshness"])


def test_findings_that_spoil_figures_come_first(workspace):
    plant_customers(workspace, {}, {})
    plant_orders(workspace, {"ordered_at": datetime(2030, 1, 1)})
    harm = measured(workspace).findings["harm"].tolist()
    assert harm == sorted(harm, reverse=True) and harm[0] == quality.WRONG_FIGURES


@pytest.mark.parametrize(("text", "same"), [("Müller", "MULLER"), ("St. Gallen", "st gallen"), ("e-mail", "E-Mail")])
def test_spellings_of_one_word_are_equal(text, same):
    assert spelling.key(text) == spelling.key(same)


@pytest.mark.parametrize(("text", "other"), [("Berlin", "Bern"), ("Size 1", "Size 2"), ("が", "か"), ("C", "C++")])
def test_different_words_stay_different(text, other):
    assert spelling.key(text) != spelling.key(other)


def test_a_phone_is_judged_by_its_length_in_its_country():
    assert phones.is_possible("+1 212 555 0100", None) and not phones.is_possible("+1 212 555", None)
    assert phones.is_possible("0212 345 67 89", "TR") and phones.is_possible("(212) 555-0100 ext. 5", "US")
