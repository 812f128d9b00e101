"""Do the demo's rows keep every rule of the records?"""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pandas as pd
import pytest

from crm import db, demo
from crm.demo import planted
from crm.errors import Conflict
from crm.services import settings

pytestmark = pytest.mark.xdist_group("demo")  # one build serves all of these
PLANS = {"due_on", "expected_on", "expires_on", "answer_due_at", "solution_due_at"}  # the only days that may lie ahead
RANGES = {"customers": (1_900, 2_100), "products": (61, 61), "orders": (15_000, 21_000),
          "order_lines": (35_000, 50_000), "payments": (14_000, 19_500),
          "tickets": (2_100, 2_900), "interactions": (3_000, 8_000), "survey_answers": (6_000, 12_000),
          "surveys": (5, 5), "survey_questions": (14, 14), "survey_invitations": (15_000, 30_000), "canned_answers": (6, 6),
          "deals": (150, 250), "campaigns": (5, 10), "campaign_members": (1_500, 5_000), "tasks": (25, 60),
          "referrals": (150, 350), "customer_tags": (400, 1_500)}


@pytest.mark.parametrize("table", RANGES)
def test_every_table_holds_about_as_many_rows_as_promised(built_demo, tables, table):
    lowest, highest = RANGES[table]
    assert lowest <= len(tables[table]) <= highest
    assert built_demo[1][table] == len(tables[table])


def test_sixty_products_in_eight_categories_and_a_fee_are_sold(tables):
    products = tables["products"]
    sold = products[products.kind != "fee"]
    assert len(sold) == 60 and sold.category.nunique() == 8
    assert (products.kind == "fee").sum() == 1
    assert (sold.price_e4 > sold.cost_e4).all() and sold.description.str.len().min() > 10
    assert set(sold.id) <= set(tables["order_lines"].product_id)


def test_every_pointer_leads_to_a_row(built_demo):
    with closing(sqlite3.connect(built_demo[0].file)) as connection:
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_order_totals_equal_their_lines_and_a_cancelled_order_comes_to_nothing(tables):
    orders, lines = tables["orders"].set_index("id"), tables["order_lines"]
    counted = lines[lines.order_id.map(orders.status) != "cancelled"]
    charged = counted[(counted.amount_e4 > 0) & (counted.kind != "cancellation")]
    net_e4 = counted.groupby("order_id").amount_e4.sum().reindex(orders.index, fill_value=0)
    charged_e4 = charged.groupby("order_id").amount_e4.sum().reindex(orders.index, fill_value=0)
    pd.testing.assert_series_equal(orders.net_amount_e4, net_e4, check_names=False)
    pd.testing.assert_series_equal(orders.charged_amount_e4, charged_e4, check_names=False)
    assert set(lines.order_id) == set(orders.index)


def test_a_line_comes_to_quantity_times_price_less_discount(tables):
    lines = tables["order_lines"]
    kept_percent = (100 - lines.discount.fillna(0) * 100).round().astype(int)
    assert (lines.amount_e4 * 100 == lines.quantity.astype(int) * lines.unit_price_e4 * kept_percent).all()
    assert set(lines.kind) == {"sale", "return", "cancellation", "fee", "adjustment"}
    assert (lines[lines.kind.isin(["return", "cancellation"])].quantity < 0).all()


def test_nothing_comes_back_that_was_not_sold_before(tables):
    orders, lines = tables["orders"].set_index("number"), tables["order_lines"]
    credits = orders[orders.note.notna()]
    origins = orders.loc[credits.note.str.removeprefix("Credit for ")]
    assert (credits.ordered_at.to_numpy() > origins.ordered_at.to_numpy()).all()
    assert (credits.customer_id.fillna(0).to_numpy() == origins.customer_id.fillna(0).to_numpy()).all()
    back = lines[lines.kind == "return"].merge(credits.assign(origin_id=origins.id.to_numpy()), left_on="order_id",
                                               right_on="id")
    sold = lines[lines.kind == "sale"].set_index(["order_id", "product_id"]).quantity
    assert (sold.loc[list(zip(back.origin_id, back.product_id, strict=True))].to_numpy() == -back.quantity).all()


def test_order_numbers_count_anew_each_year(tables, demo_today):
    orders = tables["orders"]
    assert orders.number.str.fullmatch(r"\d{4}-(\d{5}|R\d{4})").all() and orders.number.is_unique
    assert (orders.number.str[:4].astype(int) == orders.ordered_at.dt.year).all()
    assert f"{demo_today.year}-00001" in set(orders.number)
    assert (orders.source == "demo").all()


def test_nothing_is_dated_after_today_but_plans(tables, demo_today):
    end = pd.Timestamp(demo_today + timedelta(days=1))
    for name, frame in tables.items():
        for column in frame.columns:
            if (column.endswith(("_at", "_on")) and column not in PLANS and name != "revisions"
                    and not (name == "campaigns" and column == "ended_on")):
                assert not (pd.to_datetime(frame[column]) >= end).any(), f"{name}.{column}"


def test_history_spans_three_years_up_to_today(tables, demo_today):
    ordered_on = tables["orders"].ordered_at.dt.date
    assert ordered_on.max() >= demo_today - timedelta(days=2)
    assert timedelta(days=1_080) < demo_today - ordered_on.min() <= timedelta(days=1_095)


def test_nobody_can_be_taken_for_a_real_person(tables):
    customers = tables["customers"]
    assert customers.email.dropna().str.fullmatch(r"[a-z.\-]+\d+@example\.(com|org|net)").all()
    first = customers[customers.code.str.startswith("C")]
    assert first.email.dropna().is_unique and len(customers) - len(first) == planted.TWICE
    assert customers.phone.dropna().str.fullmatch(r"\+1 555-01\d\d|\+44 1632 960\d{3}").all()
    assert first.code.tolist() == [f"C{number:05d}" for number in range(1, len(first) + 1)]


def test_profiles_have_gaps_and_several_scripts(tables):
    customers = tables["customers"]
    for column in ("email", "phone", "address", "birth_year", "gender", "yearly_income_e4", "education",
                   "email_consent"):
        assert 0.02 < customers[column].isna().mean() < 0.65, column
    assert customers.name.str.contains(r"[一-鿿]").any() and customers.name.str.contains(r"[а-яі]").any()
    assert set(customers.stage) == {"lead", "prospect", "customer", "former"}
    assert (customers.custom_fields != "{}").mean() > 0.3


def test_search_text_finds_a_customer_by_name_mail_and_phone(tables):
    someone = tables["customers"].dropna(subset=["email", "phone"]).iloc[0]
    for word in (someone["name"].casefold(), someone.email, "".join(filter(str.isdigit, someone.phone))):
        assert word in someone.search_text


def test_tickets_are_answered_after_they_are_opened_and_their_state_says_so(tables):
    tickets = tables["tickets"]
    orders = tables["orders"].set_index("id")
    assert (tickets.first_answered_at.dropna() >= tickets.opened_at[tickets.first_answered_at.notna()]).all()
    assert (tickets.resolved_at.isna() == tickets.status.isin(["open", "answered", "reopened"])).all()
    again = tickets[tickets.times_reopened > 0]
    assert (again.reopened_at > again.first_answered_at).all() and set(again.status) == {"resolved", "reopened"}
    assert (again.reopened_at < again.resolved_at)[again.status == "resolved"].all()
    assert tickets.topic.notna().all() and tickets.channel.notna().all()
    assert (tickets.first_answered_at.isna() == (tickets.status == "open")).all()
    about = tickets.dropna(subset="order_id")
    assert (about.opened_at.to_numpy() >= orders.loc[about.order_id].ordered_at.to_numpy()).all()
    assert (about.customer_id.to_numpy() == orders.loc[about.order_id].customer_id.to_numpy()).all()


def test_the_morning_has_fresh_complaints_and_tasks_for_today(tables, demo_today):
    tickets, tasks = tables["tickets"], tables["tasks"]
    fresh = tickets[(tickets.kind == "complaint") & (tickets.status == "open")]
    assert len(fresh) >= 4
    assert (pd.Timestamp(demo_today) - fresh.opened_at).max() < pd.Timedelta(days=4)
    todo = tasks[tasks.done_at.isna()]
    assert (todo.due_on == pd.Timestamp(demo_today)).any() and (todo.due_on < pd.Timestamp(demo_today)).any()


def test_answers_stay_on_their_scales_and_some_do_not_apply(tables):
    answers = tables["survey_answers"]
    scales = answers.groupby("metric")[["scale_min", "scale_max"]].agg(["min", "max"]).to_numpy().tolist()
    assert dict(zip(sorted(set(answers.metric)), scales, strict=True)) == {
        "ces": [1, 1, 7, 7], "csat": [1, 1, 5, 5], "likert": [1, 1, 5, 5], "nps": [0, 0, 10, 10]}
    likert = answers[(answers.metric == "likert") & (answers.source == "survey")]
    assert likert.item.nunique() == 7 and 0.03 < likert.score.isna().mean() < 0.2
    assert answers[answers.metric != "likert"].score.notna().all()
    assert answers.comment.str.contains(r"[一-鿿]", na=False).sum() >= 10


def test_every_answer_to_a_survey_belongs_to_an_invitation_of_its_customer(tables):
    answers, asked = tables["survey_answers"].query("source == 'survey'"), tables["survey_invitations"].set_index("id")
    of_form = asked.loc[answers.invitation_id.astype(int)]
    assert (of_form.customer_id.to_numpy() == answers.customer_id.to_numpy()).all()
    assert (of_form.survey_id.to_numpy() == answers.survey_id.to_numpy()).all()
    assert (pd.to_datetime(of_form.answered_at).to_numpy() == answers.answered_at.to_numpy()).all()
    assert (asked.answered_at.isna() == asked.seconds_taken.isna()).all() and 0.6 < asked.answered_at.isna().mean() < 0.9
    assert (pd.to_datetime(asked.answered_at) >= pd.to_datetime(asked.invited_at))[asked.answered_at.notna()].all()
    assert set(asked.index[asked.answered_at.notna()]) == set(answers.invitation_id)


def test_the_workspace_says_that_it_is_a_demo(built_demo, demo_today):
    with db.reading(built_demo[0]) as session:
        company = settings.company(session)
        assert (company.name, company.currency, company.time_zone) == (demo.COMPANY_NAME, "EUR", "UTC")
        assert "demo" in company.name
        assert settings.read(session, "demo_today") == demo_today.isoformat()
        assert settings.read(session, "demo_seed") == demo.DEFAULT_SEED


def test_progress_is_told_from_nothing_to_all(built_demo):
    shares = [share for share, _ in built_demo[2]]
    assert len(shares) >= 8 and shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert all(stage for _, stage in built_demo[2])


def test_the_same_seed_and_day_give_the_same_rows(tables, tables_of_demo, tmp_path):
    again = tables_of_demo(tmp_path)
    assert again.keys() == tables.keys()
    for name in tables.keys() - {"revisions"}:
        pd.testing.assert_frame_equal(again[name], tables[name])


def test_another_day_shifts_the_company_and_another_seed_changes_it(tables, tables_of_demo, tmp_path, demo_today):
    later = date(2027, 8, 21)
    other = tables_of_demo(tmp_path, today=later, seed=7)
    shift = other["orders"].ordered_at.max() - tables["orders"].ordered_at.max()
    assert abs(shift - (pd.Timestamp(later) - pd.Timestamp(demo_today))) <= pd.Timedelta(days=2)
    assert other["customers"].name.tolist() != tables["customers"].name.tolist()
    for table, (lowest, highest) in RANGES.items():
        assert lowest <= len(other[table]) <= highest, table


def test_a_workspace_with_records_is_refused(built_demo, demo_today):
    with pytest.raises(Conflict, match="empty database"):
        demo.build(built_demo[0], today=demo_today)
