"""The page of journeys, driven as a user would: its answer, its choices, groups, downloads, and what it says of little."""

import json
from datetime import date, datetime, timedelta
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from crm import db
from crm.__main__ import _plain
from crm.errors import InvalidInput
from crm.jobs import journey as job
from crm.services import customers, orders, segments
from crm.services.orders import LineInput
from crm.ui import journey_words
from tests.pages.conftest import TODAY, open_page, words_of

LAST_DAY = date(2025, 12, 31)
CARDS = ["The usual ways", "What comes next, and how soon", "Where they stop", "How soon they order", "Where everybody stands today",
         "What a beginning leads to", "The most usual whole ways", "Do groups take other ways?"]


def sell(workspace, lives: list[tuple], **fields) -> list[int]:
    """Customers with orders so many days before LAST_DAY."""
    made = []
    with db.transaction(workspace) as session:
        for place, days in enumerate(lives):
            made.append(customers.create(session, name=f"Customer {place}", **{name: choose(place) for name, choose in fields.items()}))
            for ago in days:
                orders.create(session, customer_id=made[-1], ordered_at=datetime.combine(LAST_DAY - timedelta(days=ago), datetime.min.time()),
                              lines=[LineInput(None, 1, 20, description="Candle")])
    return made


def test_the_demo_gets_an_answer_with_its_own_numbers_all_cards_and_its_method(in_demo, files):
    app = open_page("journey")
    told = words_of(app)
    assert "Of 100 customers who buy once," in told and "buy again within a year" in told and "from the first contact to the third order" in told
    assert "have been silent for 270 days or longer and may be lost" in told
    assert "270 days are used because nine of ten pauses" in told
    assert [item.value for item in app.subheader] == CARDS and len(app.get("plotly_chart")) == 3
    assert "nan" not in told.lower().split() and "were probably customers before your records begin" in told
    assert all(name in told for name in ("Kaplan & Meier", "Wilson", "Benjamini & Hochberg", "What it cannot say")) and len(app.latex) == 3
    assert [item.label for item in app.metric] == ["Customers followed", "Buy again", "Half of them within", "Order at all", "Silent today"]
    ways = pd.read_csv(BytesIO(files["download_ways"][1]()))
    assert ways["customers"].sum() == int(app.metric[0].value.replace(",", "")) and ways["path"].str.contains(" → ").any()
    picture = pd.read_csv(BytesIO(files["download_steps"][1]()))
    assert set(picture["from_kind"]) <= set(journey_words.NAMES.values()) and set(picture["step"]) == {1, 2, 3}
    for key in ("download_next", "download_stops", "download_beginnings", "download_groups"):
        assert len(pd.read_csv(BytesIO(files[key][1]())))


def test_every_choice_changes_what_is_shown(in_demo):
    app = open_page("journey", since="All", compare_by="Won through")
    followed = app.metric[0].value
    assert "before your records begin" not in words_of(app) and "Marketplace" in app.dataframe[-1].value["group"].tolist()
    app.selectbox(key="since").set_value("The last 12 months").run()
    assert app.metric[0].value != followed and "who came before 9 Mar 2025 are left out" in words_of(app)
    app.selectbox(key="silent").set_value("30 days").run()
    assert "do not order within 30 days" in words_of(app) and "30 days are used, as you chose" in words_of(app)
    app.slider(key="steps").set_value(1).run()
    app.multiselect(key="left_out").set_value(["Low scores", "High scores"]).run()
    assert not app.exception and not app.error
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert sum(trace["type"] == "bar" for trace in spec["data"]) == 2
    assert not [way for way in next(table.value for table in app.dataframe if "revenue" in table.value and "share" in table.value)["way"] if "Happy" in way]


def test_only_the_chosen_customers_take_ways(own_company):
    ids = sell(own_company, [(300, 200)] * 15 + [(300,)] * 30)
    with db.transaction(own_company) as session:
        segments.create(session, name="Came back", kind="snapshot", definition={"type": "members"}, members=ids[:15], as_of=LAST_DAY)
    app = open_page("journey", as_of=LAST_DAY.isoformat(), only="Came back")
    assert app.metric[0].value == "15" and "100 buy again" in words_of(app) and "Only customers in **Came back**" in words_of(app)
    with db.reading(own_company) as session:
        result = job.run(session, as_of=LAST_DAY, among=np.array(ids[:15]), silence_days=90)
    assert result.customers == 15 and result.to_second_order.taken == 15


def test_groups_that_differ_are_named_as_they_are_written(own_company):
    sell(own_company, [(400, 380) if place % 2 and place % 6 else (400 - place,) for place in range(90)],
         channel=lambda place: "*Fair*" if place % 2 else "Web")
    app = open_page("journey", as_of=LAST_DAY.isoformat(), compare_by="Won through")
    told = words_of(app)
    assert "These groups differ beyond chance" in told and "buy again in the group *Fair*, 0 % in the group Web" in told


def test_an_empty_company_is_told_what_it_takes(own_company):
    app = open_page("journey")
    assert "takes 10 customers who ordered or got in touch; there are 0" in app.info[0].value
    assert not app.get("plotly_chart") and not app.metric and not app.error


def test_customers_of_this_week_are_too_early_to_say(own_company):
    sell(own_company, [(place % 5,) for place in range(12)])
    app = open_page("journey", as_of=LAST_DAY.isoformat())
    told = words_of(app)
    assert "too early to say whether customers come back" in told and "no two groups of ten customers" in told
    assert "needs ten contacts on record" in told and "needs thirty customers" in told and not app.error


def test_customers_who_all_bought_once_are_told_without_a_false_zero(own_company):
    sell(own_company, [(200 + place,) for place in range(40)])
    told = words_of(open_page("journey", as_of=LAST_DAY.isoformat())).replace("**", "")
    assert "Nobody who bought once has bought again within 180 days (likely 0 to 8.8 of 100)." in told
    assert "After the first order 100 of 100 do not order within 60 days (91 to 100)." in told
    assert "whether that is only a pause cannot be told" in told and "lost" not in told and "largest" not in told


def test_late_is_not_called_lost_and_the_sentence_says_what_the_picture_shows(own_company):
    """Half need 50 days to order again, and records of 200 days allow no longer silence than 60."""
    sell(own_company, [(200, 164 - place, 85, 10) for place in range(18)] + [(130, 55)] * 12)
    app = open_page("journey", as_of=LAST_DAY.isoformat())
    told = words_of(app).replace("**", "")
    assert "Nobody has been silent for 60 days, so nobody is lost so far." in told and told.lower().count("lost") == 1
    assert "After the first order 40 of 100 do not order within 60 days (25 to 58). The larger shares in the picture, after the second order and " \
           "after the third order, are of fewer than 30 customers each: too few to be sure." in told
    assert "60 days are used because your records are short" in told and "nine of ten pauses" not in told.split("How this is computed")[0]
    assert "Where they pause" in [item.value for item in app.subheader]
    steps = next(table.value for table in app.dataframe if "between" in table.value).set_index("way")
    metrics = {item.label: item.value for item in app.metric}
    assert "half of them within 50 days." in told and metrics["Half of them within"] == "50 days" and metrics["Silent today"] == "0"
    assert steps.loc["First order → Second order", "days"] == 50


@pytest.mark.parametrize("number", [1, 3, 9])
def test_too_few_customers_are_told_so_and_nothing_else(own_company, number):
    sell(own_company, [(200, 100)] * number)
    app = open_page("journey", as_of=LAST_DAY.isoformat())
    assert f"takes 10 customers who ordered or got in touch; there are {number}." in app.info[0].value
    assert not app.metric and not app.error and "lost" not in words_of(app)


@pytest.mark.parametrize(("silent", "said"), [(1, "1 customer has been silent for 60 days or longer. That may be only a pause, for half"),
                                              (3, "3 customers have been silent for 60 days or longer. Some may only pause, for half"),
                                              (9, "9 customers have been silent for 60 days or longer. Some may only pause, for half")])
def test_few_silent_customers_are_told_in_true_sentences(own_company, silent, said):
    sell(own_company, [(190, 120)] * silent + [(190, 120, 50)] * (12 - silent))
    told = words_of(open_page("journey", as_of=LAST_DAY.isoformat()))
    assert f"{said} of those who order again take 70 days or longer." in told and "lost" not in told
    assert "That rests on 12 customers only." in told


def test_no_journey_since_then_is_told_with_what_to_change(own_company):
    sell(own_company, [(700,)] * 12)
    app = open_page("journey", as_of=LAST_DAY.isoformat(), since="The last 12 months")
    assert "since 31 December 2024 0 came. Choose an earlier day." in app.info[0].value


def test_the_command_line_gets_plain_figures_and_one_row_a_step(in_demo):
    with db.reading(in_demo) as session:
        result = job.run(session, as_of=TODAY, group_by="kind", without="low_score, high_score")
        with pytest.raises(InvalidInput, match="hair"):
            job.run(session, as_of=TODAY, group_by="hair")
        with pytest.raises(InvalidInput, match="no day"):
            job.run(session, as_of=TODAY, since="soon")
    figures = json.loads(json.dumps(_plain(job.quality(result)), allow_nan=False))
    assert figures["customers"] == result.customers and 0 < figures["to_second_order"]["share"] < 1
    assert {row["group"] for row in figures["groups"]["groups"]} == {"person", "company"}
    assert not job.table(result).duplicated(["step", "from_kind", "to_kind"]).any()
    assert not result.flows["from_kind"].isin(["low_score", "high_score"]).any()


@pytest.mark.parametrize(("number", "said"), [(0, "the same day"), (1, "1 day"), (33, "33 days"), (float("nan"), "–")])
def test_days_are_said_as_people_say_them(number, said):
    assert journey_words.days(number) == said
