"""Ways, stops, waiting and groups, on lives written by hand and on a drawn company."""

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from crm.analytics import cohorts, journey
from crm.analytics.journey import charts, shares
from crm.analytics.journey.waiting import waiting
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.journey.conftest import DAY_ONE, answers, contacts, orders, tickets

LAST = DAY_ONE + timedelta(days=400)


def follow(orders: pd.DataFrame, **others) -> journey.Journey:
    return journey.follow(orders, **{"as_of": LAST, "silence_days": 100, **others})


def of_company(company: dict, **others) -> journey.Journey:
    frames = {name: frame for name, frame in company.items() if name != "orders"}
    return journey.follow(company["orders"], **{"as_of": DAY_ONE + timedelta(days=1095), **frames, **others})


def row(table: pd.DataFrame, **wanted) -> pd.Series:
    chosen = table
    for name, content in wanted.items():
        chosen = chosen[chosen[name] == content]
    assert len(chosen) == 1, chosen
    return chosen.iloc[0]


def lives(*days: tuple[int, ...]) -> pd.DataFrame:
    return orders(*((customer, day) for customer, own in enumerate(days, start=1) for day in own))


def test_flows_count_customers_from_step_to_step_with_the_days_between():
    result = follow(lives(*[(10, 20)] * 4, *[(10, 40)] * 4, (10,), (350,)), steps=2)
    on = row(result.flows, step=1, from_kind="first_order", to_kind="second_order")
    assert on["customers"] == 8 and on["share"] == 0.8
    assert (on["days_quarter"], on["days_median"], on["days_three_quarters"]) == (10, 20, 30)
    assert row(result.flows, step=1, to_kind="silent")["customers"] == 1 and row(result.flows, step=1, to_kind="early")["customers"] == 1
    assert row(result.flows, step=2, to_kind="silent")["customers"] == 8


def test_what_goes_on_beyond_the_steps_shown_goes_on():
    result = follow(lives(*[(10, 20, 30)] * 10), steps=2)
    assert row(result.flows, step=2)["to_kind"] == "more" and result.whole["end"].tolist() == ["silent"]


def test_the_same_kind_again_is_one_step_with_its_first_day():
    result = follow(lives(*[(10, 20, 30, 90, 95)] * 10))
    assert result.whole["path"].tolist() == [("first_order", "second_order", "later_order")]
    assert result.whole["days"].tolist() == [20] and row(result.following, from_kind="second_order")["days_median"] == 10


def test_shares_of_the_flows_of_a_step_add_up_to_one(company):
    result = of_company(company, steps=4)
    assert np.allclose(result.flows.groupby(["step", "from_kind"])["share"].sum(), 1)
    assert np.allclose(result.following.groupby("from_kind")["share"].sum(), 1) and result.whole["customers"].sum() == result.customers
    arriving = result.flows[~result.flows["to_kind"].isin(journey.ENDS)].groupby(["step", "to_kind"])["customers"].sum()
    leaving = result.flows.groupby(["step", "from_kind"])["customers"].sum()
    assert all(leaving[step + 1, kind] == n for (step, kind), n in arriving.items() if step < 4)


def test_quartiles_are_those_of_pandas(company):
    only = of_company(company, without=journey.OPTIONAL, since="all")
    known = company["orders"][company["orders"]["ordered_on"] <= np.datetime64(DAY_ONE) + 1095]
    gap = known[known["is_purchase"]].drop_duplicates(["customer_id", "ordered_on"])
    gap = gap.sort_values(["customer_id", "ordered_on"]).groupby("customer_id")["ordered_on"].agg(lambda days: (days.iloc[2] - days.iloc[1]).days if len(days) > 2 else np.nan)
    found = row(only.following, from_kind="second_order", to_kind="later_order")
    assert found[["days_quarter", "days_median", "days_three_quarters"]].tolist() == gap.quantile([0.25, 0.5, 0.75]).tolist()


def test_steps_that_are_left_out_are_in_no_way_but_stay_signs_of_life():
    sold, said = lives(*[(10,)] * 10), answers(*((customer, "csat", 1, 350) for customer in range(1, 11)))
    result = follow(sold, answers=said, without=("low_score",))
    assert result.whole[["path", "end"]].values.tolist() == [[("first_order",), "early"]]
    assert follow(sold, answers=said).whole["path"].tolist() == [("first_order", "low_score")]


def test_only_customers_whose_days_are_over_are_judged_and_the_rest_are_on_neither_side():
    quick, lost, slow, new = [(10, 40)] * 6, [(10,)] * 3, [(10, 200)] * 1, [(350,)] * 5 + [(350, 360)] * 5
    found = row(follow(lives(*quick, *lost, *slow, *new)).dropouts, kind="first_order")
    assert (found["reached"], found["judged"], found["no_order"], found["share"]) == (20, 10, 4, 0.4)
    assert found["came_back_share"] == 0.25
    assert found["low"] == pytest.approx(0.1682, abs=5e-5) and found["high"] == pytest.approx(0.6873, abs=5e-5)  # Wilson, 4 of 10


def test_the_last_day_of_the_silence_decides():
    for day, is_lost in ((110, False), (111, True)):
        assert row(follow(lives(*[(10, day)] * 10)).dropouts, kind="first_order")["share"] == is_lost
    on_the_edge = follow(lives(*[(300,)] * 10))  # exactly 100 days ago
    assert on_the_edge.whole["end"].tolist() == ["silent"] and row(on_the_edge.dropouts, kind="first_order")["judged"] == 10
    assert follow(lives(*[(301,)] * 10)).whole["end"].tolist() == ["early"]


def test_a_message_ends_the_silence_but_is_no_order():
    result = follow(lives(*[(10,)] * 10), contacts=contacts(*((customer, "in", 50) for customer in range(1, 6))))
    found = row(result.dropouts, kind="first_order")
    assert found["no_order"] == 10 and found["silent"] == 5 and found["silent_share"] == 0.5


def test_a_solved_complaint_goes_on_to_its_solution():
    result = follow(lives(*[(10,)] * 10), tickets=tickets(*((customer, "complaint", 20, 23) for customer in range(1, 11))))
    assert result.whole["path"].tolist() == [("first_order", "complaint", "solution")]
    assert row(result.dropouts, kind="complaint")["silent"] == 0 and row(result.dropouts, kind="solution")["silent"] == 10


def test_a_contact_and_an_order_of_one_day_are_a_contact_that_led_to_an_order():
    result = follow(lives(*[(10,)] * 10), contacts=contacts(*((customer, "in", 10) for customer in range(1, 11))))
    assert row(result.dropouts, kind="contact")["no_order"] == 0
    assert result.to_first_order.taken == 10 and result.to_first_order.median_days == 0


def test_the_weakest_step_is_named_and_whether_it_is_clear():
    result = follow(lives(*[(10,)] * 60, *[(10, 20)] * 40))
    assert result.weakest == "second_order" and result.weakest_is_clear  # 40 of 40 against 60 of 100
    close = follow(lives(*[(10,)] * 40, *[(10, 20)] * 25, *[(10, 20, 30)] * 35))
    assert close.weakest == "later_order"
    assert follow(lives(*[(350,)] * 40)).weakest is None


def test_where_everybody_stands_adds_up():
    result = follow(lives(*[(10,)] * 6, *[(10, 390)] * 3, *[(10, 20, 390)] * 2), contacts=contacts((99, "in", 5)))
    assert result.stages.set_index("stage")["customers"].to_dict() == {"contact": 1, "first_order": 6, "second_order": 3, "later_order": 2}
    assert result.stages.set_index("stage")["silent"].to_dict() == {"contact": 1, "first_order": 6, "second_order": 0, "later_order": 0}
    assert result.silent_now == 7


def test_waiting_is_the_curve_of_kaplan_and_meier():
    draw = np.random.default_rng(3)
    watched, until = draw.integers(1, 500, 200), draw.exponential(150, 200).astype(int)
    taken = until <= watched
    days = np.where(taken, until, watched)
    found, oracle = waiting(days, taken, watched), cohorts.kaplan_meier(days, taken, followed=watched)
    looked = oracle.at(journey.LOOKED_AT_DAYS)
    assert np.allclose(found.by_days["share"], 1 - looked["survival"]) and found.by_days["followed"].tolist() == looked["followed"].tolist()
    assert np.allclose(found.by_days["low"], 1 - looked["high"]) and np.allclose(found.by_days["high"], 1 - looked["low"])
    assert found.median_days == oracle.quantile(0.5)[0] and found.within_days == 365
    assert found.half_days == oracle.quantile(found.share / 2)[0]


def test_nobody_and_everybody_have_an_interval_too():
    never = waiting(np.full(10, 100), np.zeros(10, dtype=bool), np.full(10, 100))
    always = waiting(np.full(10, 5), np.ones(10, dtype=bool), np.full(10, 100))
    assert never.share == 0 and never.high == pytest.approx(0.3085, abs=5e-5) and np.isnan(never.half_days)
    assert always.share == 1 and always.low == pytest.approx(0.6915, abs=5e-5) and always.half_days == 5


def test_contacts_that_were_kept_only_when_they_bought_are_noticed():
    old, new = [(day, day + 3) for day in range(40)], [(day, None) for day in range(200, 240)]
    wrote = contacts(*((customer, "in", begun) for customer, (begun, _) in enumerate(old + new, start=1)))
    sold = orders(*((customer, bought) for customer, (_, bought) in enumerate(old + new, start=1) if bought is not None))
    found = follow(sold, contacts=wrote).to_first_order
    assert found.is_drifting and found.older_share == 1 and found.newer_share == 0
    steady = contacts(*((customer, "in", customer) for customer in range(1, 101)))
    again = follow(orders(*((customer, customer + 3) for customer in range(1, 101, 2))), contacts=steady).to_first_order
    assert not again.is_drifting and again.share == pytest.approx(0.5)


def test_what_a_beginning_brings_is_counted_after_its_last_step_and_for_the_same_days():
    rows = [(customer, day, net) for customer in range(1, 41) for day, net in ((0, 100.0), (10, 200.0), (20, 7.0), (390, 900.0))]
    result = follow(orders(*rows))
    assert result.after_days == 365
    found = result.beginnings.iloc[0]
    assert found["path"] == ("first_order", "second_order") and found["revenue_median"] == 7 and found["bought_share"] == 1


def test_beginnings_nobody_has_lived_through_are_not_told():
    result = follow(lives(*[(10, 380)] * 40))
    assert result.after_days is None and result.beginnings.empty


def test_old_customers_who_look_new_are_left_out_unless_they_are_asked_for():
    crowd = [(day % 30, day % 30 + 40) for day in range(300)]
    new = [(day, day + 20) for day in range(40, 400, 4)]
    result = follow(lives(*crowd, *new))
    assert result.since_from == "crowd" and result.left_out == 300 and result.customers == len(new)
    everybody = follow(lives(*crowd, *new), since="all")
    assert everybody.left_out == 0 and everybody.since is None
    chosen = follow(lives(*crowd, *new), since=DAY_ONE + timedelta(days=200))
    assert chosen.since_from == "chosen" and chosen.customers == 50


def test_silence_is_what_the_customers_rhythm_says():
    steady = [(day, day + 50, day + 100) for day in range(20)]
    result = journey.follow(lives(*steady), as_of=LAST)
    assert (result.silence_days, result.silence_from) == (60, "rhythm")
    assert journey.follow(lives(*[(10,)] * 20), as_of=LAST).silence_from == "usual"


def test_records_too_short_for_the_rhythm_are_told_apart_from_it():
    slow = lives(*[(day, day + 75, day + 150) for day in range(20)])
    short = journey.follow(slow, as_of=DAY_ONE + timedelta(days=200))
    assert (short.silence_days, short.silence_from) == (60, "records")
    assert journey.follow(slow, as_of=LAST).silence_from == "rhythm"
    years = journey.follow(lives(*[(0, 900)] * 20), as_of=DAY_ONE + timedelta(days=2400))
    assert (years.silence_days, years.silence_from) == (730, "longest")


def test_a_silence_is_long_only_against_the_usual_wait():
    sold = lives(*[(10, 60)] * 20)
    assert not follow(sold, silence_days=99).silence_is_long and follow(sold, silence_days=100).silence_is_long
    assert not follow(lives(*[(10,)] * 20)).silence_is_long  # nobody came back: the usual wait is unknown
    assert not follow(lives(*[(390, 391)] * 20)).silence_is_long  # watched for ten days only


def test_the_days_to_the_second_order_are_the_same_wherever_they_are_told():
    result = follow(lives(*[(10, 60)] * 5, *[(10, 63)] * 5, *[(200,)] * 3))
    found = row(result.following, from_kind="first_order", to_kind="second_order")
    assert found["days_median"] == result.to_second_order.half_days == 50
    assert (found["days_quarter"], found["days_three_quarters"]) == (50, 53)


def test_a_planted_difference_between_groups_is_found_and_named():
    sold = lives(*[(10,)] * 45, *[(10, 20)] * 15, *[(10,)] * 15, *[(10, 20)] * 45)
    groups = pd.Series(["fair"] * 60 + ["web"] * 60, index=range(1, 121))
    found = follow(sold, groups=groups, group_name="channel").groups
    test = row(found.tests, kind="first_order")
    assert test["different"] and (test["highest"], test["lowest"]) == ("fair", "web")
    assert row(found.table, group="web")["again_share"] == 0.75 and row(found.table, group="fair")["usual_path"] == ("first_order",)


def test_groups_by_chance_are_rarely_called_different(company):
    draw = np.random.default_rng(11)
    ids, named = np.arange(1, 301), 0
    for _ in range(12):
        found = of_company(company, groups=pd.Series(draw.choice(["a", "b", "c"], 300), index=ids), group_name="x").groups
        named += bool(found.tests["different"].any())
    assert named <= 3  # one in twenty is less than one of 12; four would come up in two of 1,000 such tests


def test_small_unknown_and_surplus_groups_are_told():
    sold = lives(*[(10,)] * 135)
    labels = [name for name in "abcdefgh" for _ in range(15)] + ["tiny"] * 5 + [None] * 5 + [" "] * 5
    found = follow(sold, groups=pd.Series(labels, index=range(1, 136)), group_name="x").groups
    assert len(found.table) == 6 and found.left_out == ["g", "h"] and found.too_small == ["tiny"] and found.unknown == 10
    assert found.tests["p_value"].isna().all() and not found.tests["different"].any()  # all alike: nothing to test
    assert follow(sold, groups=pd.Series("only", index=range(1, 136))).groups is None


def test_small_tables_are_tested_by_drawing_and_agree_with_fisher():
    from scipy.stats import fisher_exact

    assert shares.differ(np.array([9, 2]), np.array([12, 11])) == pytest.approx(fisher_exact([[9, 3], [2, 9]]).pvalue, abs=0.01)
    assert shares.differ(np.array([30, 50]), np.array([100, 100])) == pytest.approx(0.0039, abs=5e-5)  # chi-square 8.333
    assert np.isnan(shares.differ(np.array([0, 0]), np.array([10, 10])))


def test_nothing_after_the_last_day_changes_anything(company):
    day = DAY_ONE + timedelta(days=700)
    cut = {name: frame[frame[column] < np.datetime64(day) + 1] for (name, frame), column in zip(
        company.items(), ("ordered_on", "opened_at", "happened_at", "answered_on", "responded_at", "referred_on"), strict=True)}
    _same(of_company(company, as_of=day, groups="entry"), of_company(cut, as_of=day, groups="entry"))


def test_the_sequence_of_rows_changes_nothing(company):
    mixed = {name: frame.sample(frac=1, random_state=5) for name, frame in company.items()}
    _same(of_company(company, groups="entry"), of_company(mixed, groups="entry"))


def _same(one, other) -> None:
    for field in fields(one):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right)
        elif hasattr(left, "__dataclass_fields__"):
            _same(left, right)
        else:
            assert left == right or (left != left and right != right), field.name


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 9}, {"silence_days": 0}, {"since": "yesterday"}, {"without": ("first_order",)},
                                   {"groups": "hair"}])
def test_a_wrong_choice_is_told(wrong):
    with pytest.raises(InvalidInput):
        follow(lives(*[(10,)] * 10), **wrong)


def test_too_few_customers_are_told_with_their_number():
    with pytest.raises(NotEnoughData, match="there are 0"):
        follow(orders())
    with pytest.raises(NotEnoughData, match="there are 9"):
        follow(lives(*[(10,)] * 9))
    with pytest.raises(NotEnoughData, match="Choose an earlier day"):
        follow(lives(*[(10,)] * 20), since=LAST)


def test_customers_who_all_did_the_same_are_an_answer():
    result = follow(lives(*[(390,)] * 10))
    assert result.to_second_order.within_days is None and np.isnan(result.to_second_order.share) and result.to_first_order is None
    assert row(result.dropouts, kind="first_order")["is_uncertain"] and np.isnan(row(result.dropouts, kind="first_order")["share"])
    for figure in (charts.streams(result), charts.dropouts(result), charts.curves({"x": result.to_second_order}, until_day=365)):
        assert isinstance(figure, go.Figure)


def test_streams_leave_and_reach_bars_of_their_own_size(company):
    result = of_company(company, steps=3)
    figure = charts.streams(result)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    drawn = [trace for trace in figure.data if trace.type == "scatter"]
    assert len(bars) == 4 and all(meta in (None, *charts.MEANINGS.values()) for trace in drawn for meta in [trace.meta["meaning"]])
    leaving = sum(trace.y[-1] - trace.y[0] for trace in drawn if min(trace.x) < 0.1)
    assert leaving == pytest.approx(sum(bars[0].y), rel=0.05)  # a bar too thin to be seen is drawn thicker
    assert sum(len(trace.x) for trace in figure.data) <= 5000
    assert any(note.text.startswith("First") for note in charts.streams(result, names={"first_order": "First"}).layout.annotations)
