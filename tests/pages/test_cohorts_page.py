"""The page of cohorts, driven as a user would: its answer, its choices, groups compared, and what it says of little."""

import json
from datetime import date, datetime, timedelta
from io import BytesIO

import pandas as pd
import pytest

from crm import db
from crm.__main__ import _plain
from crm.analytics import cohorts
from crm.jobs import cohorts as job
from crm.services import customers, orders
from crm.services.orders import LineInput
from crm.ui import cohort_words
from tests.pages.conftest import TODAY, open_page, words_of

LAST_DAY = date(2024, 12, 31)
CARDS = ["Customers by their first order", "Is it getting better?", "How soon they come back",
         "How many come back, and how sure that is", "When the second order comes", "How long they go on buying"]


def sell(workspace, lives: list[tuple], **fields) -> None:
    """Customers with orders so many days before LAST_DAY."""
    with db.transaction(workspace) as session:
        for place, days in enumerate(lives):
            customer = customers.create(session, name=f"Customer {place}",
                                        **{name: choose(place) for name, choose in fields.items()})
            for ago in days:
                orders.create(session, customer_id=customer,
                              ordered_at=datetime.combine(LAST_DAY - timedelta(days=ago), datetime.min.time()),
                              lines=[LineInput(None, 1, 20, description="Candle")])


def answer(app) -> str:
    return next(item.value for item in app.markdown if "100 new customers" in item.value or "too early" in item.value)


def test_the_demo_gets_an_answer_with_its_own_numbers_and_all_cards(in_demo):
    app = open_page("cohorts")
    assert "buy again within 90 days" in answer(app) and "Half of those who come back within a year" in answer(app)
    assert [item.value for item in app.subheader] == CARDS
    assert len(app.get("plotly_chart")) == 5 and len(app.dataframe) == 1
    told = words_of(app)
    assert "were probably customers before" in told and "silent is not gone" in told and "nan" not in told.lower().split()


@pytest.mark.parametrize(("by", "shown"), list(zip(cohort_words.GRAINS, [*cohort_words.SHOWN, "Still buy"], strict=True)))
def test_every_grain_and_every_measure_can_be_shown(by, shown, in_demo):
    app = open_page("cohorts", by=by, shown=shown)
    assert not app.error and "blank is not over yet" in words_of(app)


def test_the_rows_are_what_was_asked_for(in_demo):
    by_year = json.loads(open_page("cohorts", by="Year").get("plotly_chart")[0].proto.spec)["data"][0]
    assert [name.split(" ")[0] for name in by_year["y"]] == ["2023", "2024", "2025"]
    by_quarter = json.loads(open_page("cohorts").get("plotly_chart")[0].proto.spec)["data"][0]
    assert by_quarter["y"][-1].startswith("Q4 25")


def test_nothing_after_the_chosen_day_is_looked_at(in_demo):
    one, other = (answer(open_page("cohorts", as_of=day)) for day in ("2024-06-30", TODAY.isoformat()))
    assert one != other


def test_the_time_to_come_back_in_can_be_changed(in_demo):
    app = open_page("cohorts")
    app.selectbox(key="within").set_value("30 days").run()
    assert "buy again within 30 days" in answer(app)
    app.selectbox(key="silent").set_value("60 days").run()
    assert "no order for more than 60 days" in words_of(app)
    app.toggle(key="everybody").set_value(True).run()
    assert "were probably customers before your data begin" not in words_of(app)


def test_groups_are_compared_only_when_somebody_looks(in_demo):
    app = open_page("cohorts")
    assert not [item for item in app.selectbox if item.key == "compare_by"]
    app.session_state["compare_groups"] = True
    app.run()
    assert not app.exception and not app.error
    assert "log-rank" in words_of(app) and len(app.dataframe[-1].value) == 5
    app.multiselect(key="only_Won through").set_value(["Web search", "Marketplace"]).run()
    assert app.dataframe[-1].value["group"].tolist() == ["Web search", "Marketplace"]
    app.segmented_control(key="compare_outcome").set_value("Still buy").run()
    assert "Still buying" in words_of(app) and not app.error
    app.selectbox(key="compare_by").set_value("Person or company").run()
    assert not app.exception and not app.error and set(app.dataframe[-1].value["group"]) == {"person", "company"}


def test_a_difference_between_two_groups_is_told_in_words(own_company):
    lives = [(400, 390) if place % 2 and place % 6 else (400 - place,) for place in range(80)]
    sell(own_company, lives, channel=lambda place: "*Fair*" if place % 2 else "Web")
    app = open_page("cohorts", as_of=LAST_DAY.isoformat())
    app.session_state["compare_groups"] = True
    app.run()
    assert "*Fair* comes back more often than Web" in words_of(app)


def test_the_table_of_cohorts_can_be_taken_along(in_demo, files):
    open_page("cohorts", by="Quarter", shown="Still buy")
    name, content = files["download_cohorts"]
    table = pd.read_csv(BytesIO(content()))
    assert name == "cohorts.csv" and list(table.columns[:4]) == ["cohort", "customers", "age_0", "age_1"]
    assert len(table) == 13 and (table["age_0"].dropna() == 1).all() and table["age_12"].isna().all()
    assert table.loc[0, "age_1"] > 0.3


def test_how_it_is_computed_is_told_with_the_users_own_numbers(in_demo):
    app = open_page("cohorts")
    told = words_of(app)
    assert "How this is computed" in [item.label for item in app.expander]
    assert all(name in told for name in ("Kaplan & Meier", "Greenwood", "log-rank", "Newcombe", "Holm"))
    assert len(app.latex) == 3


def test_an_empty_company_is_told_what_it_takes(own_company):
    app = open_page("cohorts")
    assert "needs 10 customers who have bought; there are 0" in app.info[0].value
    assert not app.get("plotly_chart") and not app.metric


def test_nine_customers_are_advice_ten_an_answer(own_company):
    sell(own_company, [(200, 150)] * 9)
    assert "there are 9" in open_page("cohorts").info[0].value
    sell(own_company, [(200, 150)])
    app = open_page("cohorts", as_of=LAST_DAY.isoformat())
    assert not app.error and "Of 100 new customers, 100 buy again within 90 days" in answer(app).replace("**", "")


def test_customers_who_all_bought_once_are_0_with_a_range(own_company):
    sell(own_company, [(100 + place,) for place in range(30)])
    told = words_of(open_page("cohorts", as_of=LAST_DAY.isoformat()))
    assert "Of 100 new customers, 0 buy again within 90 days** (0 to 12)" in told
    assert "Fewer than a quarter" in told and "needs 10 customers who bought on two days; there are 0" in told


def test_customers_of_this_week_are_too_early_to_say(own_company):
    sell(own_company, [(place % 5,) for place in range(20)])
    told = words_of(open_page("cohorts", as_of="2024-12-30"))
    assert "too early to say" in told and "Of your 16 customers, only 0" in told
    assert "The first month with new customers is not over yet" in told


def test_asking_for_longer_than_anybody_was_watched_is_too_early_to_say(own_company):
    sell(own_company, [(100, 50)] * 20)
    app = open_page("cohorts", as_of=LAST_DAY.isoformat())
    app.selectbox(key="within").set_value("A year").run()
    assert "none of your 20 customers had a first order 365 days ago" in words_of(app) and not app.error


@pytest.mark.parametrize(("share", "said"), [(0.384, "38"), (0.05, "5"), (0.034, "3.4"), (0.0, "0"), (0.996, "100"),
                                             (0.0996, "10")])
def test_shares_are_said_as_people_say_them(share, said):
    assert cohort_words._of_100(share) == said


@pytest.mark.parametrize(("moved", "said"), [(0.051, "+5.1"), (-0.123, "−12"), (0.0001, "0"), (-0.0004, "0")])
def test_differences_are_said_in_points(moved, said):
    assert cohort_words._points(moved) == said


def test_periods_are_named_as_people_name_them():
    start = pd.Timestamp("2024-10-01")
    assert [cohort_words.period(start, by) for by in ("month", "quarter", "year")] == ["Oct 24", "Q4 24", "2024"]


def test_the_command_line_gets_plain_figures_and_one_row_a_cohort_and_age(in_demo):
    with db.reading(in_demo) as session:
        result = job.run(session, as_of=TODAY)
        compared = job.compare(session, as_of=TODAY, group_by="channel")
    figures = json.loads(json.dumps(_plain(job.quality(result)), allow_nan=False))
    assert figures["customers"] + figures["left_out"] == 1880 and 0 < figures["share_back_low"] < figures["share_back"] < 1
    assert figures["trend"]["verdict"] in ("same", "better", "worse") and figures["quartiles"][0]["days"] > 0
    table = job.table(result)
    assert not table.duplicated(["cohort", "age"]).any() and len(table) == 13 * 13
    assert set(cohorts.SHOWN) <= set(table.columns)
    assert isinstance(compared, cohorts.Comparison)
