"""What drives it: the whole answer, what is named to mend first, and how honest it is about what it cannot tell."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.satisfaction import drivers, forms, overall, priorities, trying_out, what_drives
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.satisfaction.making_forms import AS_OF, answers, driven, joined, likert


def explain(table, **choice):
    return what_drives.explain(table, as_of=AS_OF, **choice)


def table_of(*given, customer=None, **fields):
    score, said = driven(*given, **fields)
    return answers(score, overall=said, customer=customer)


def test_the_planted_driver_that_scores_low_is_mended_first():
    found = explain(table_of(400, weight=(0.6, 0.5, 0.0, 0.0)))
    first = found.drivers.priorities
    assert found.drivers.foretells and first.mend_first == "Item A" and first.is_sure
    table = first.table.set_index("item")
    assert table["place"].to_dict() == {"Item A": "mend first", "Item B": "keep up", "Item C": "low priority", "Item D": "possible overkill"}
    assert found.drivers.priorities_tried.mend_first == "Item A" and (table["place_sure"] > 0.9).all()
    tried = found.drivers.tried_out.table.set_index("item")
    assert tried.loc["Item A", "low"] > 0.2 and tried.loc["Item C", "low"] < 0.02


def test_questions_that_foretell_nothing_name_nothing_to_mend():
    rng = np.random.default_rng(2)
    found = explain(answers(likert(200, 4), overall=rng.integers(1, 6, 200)))
    assert found.drivers.foretells is False and found.drivers.tried_out.low <= 0


def test_chance_alone_is_hardly_ever_taken_for_foretelling():
    rng = np.random.default_rng(5)
    items = list("ABCD")
    told = [trying_out.try_out(likert(120, 4, seed=seed), rng.integers(1, 6, 120).astype(float), items, verdict=False,
                               random_state=0).foretells for seed in range(60)]
    assert np.mean(told) <= 0.05


def test_two_drivers_alike_cannot_be_told_apart_and_both_are_named():
    found = explain(table_of(300, weight=(0.5, 0.5, 0.0, 0.0), middle=(3.0, 3.0, 4.0, 4.0), noise=0.7))
    first = found.drivers.priorities
    assert not first.is_sure and set(first.contenders) == {"Item A", "Item B"}


def test_where_everything_that_matters_is_good_nothing_is_to_mend():
    found = explain(table_of(400, middle=(4.3, 4.3, 2.5, 2.5)))
    assert found.drivers.priorities.mend_first is None and found.drivers.priorities.none_first > 0.9


def test_a_question_that_runs_against_the_overall_score_has_no_place():
    score, said = driven(400)
    score[:, 0] = 6 - score[:, 0]
    found = explain(answers(score, overall=said))
    row = found.drivers.priorities.table.set_index("item").loc["Item A"]
    assert row["place"] is None and np.isnan(row["place_sure"]) and found.drivers.priorities.mend_first != "Item A"


def test_effects_that_bend_are_seen_by_the_trial_and_recommended():
    rng = np.random.default_rng(1)
    score = rng.integers(1, 6, (900, 4)).astype(float)
    said = np.where(score[:, 0] == 3, 5, 2) + rng.integers(-1, 1, 900)
    found = explain(answers(score, overall=np.clip(said, 1, 5))).drivers
    assert found.tried_out.kind == "curved" and found.recommended == "tried_out" and found.best is found.priorities_tried
    assert found.best.table.set_index("item")["number"].idxmin() == "Item A"
    assert explain(table_of(400)).drivers.recommended == "shares"


def test_a_verdict_is_ranked_and_explained_by_chances():
    score, said = driven(500, noise=0.8)
    found = explain(answers(score, overall=(said >= 4).astype(float), overall_scale=(0.0, 1.0))).drivers
    assert found.overall.is_verdict and found.regression.kind == "logistic" and found.tried_out.auc > 0.75
    assert found.tried_out.auc_low < found.tried_out.auc < found.tried_out.auc_high
    assert 0 < found.regression.table["per_point"].iloc[0] < 0.5


def test_ranking_a_verdict_by_chance_is_a_half():
    rng = np.random.default_rng(0)
    said, contented = rng.random(2000), rng.random(2000) < 0.4
    auc, low, high = trying_out._auc(said, contented)
    from sklearn.metrics import roc_auc_score

    assert auc == pytest.approx(roc_auc_score(contented, said)) and low < 0.5 < high


def test_copies_constants_and_seldom_answered_questions_are_left_out_and_told():
    score, said = driven(200)
    seldom = np.where(np.arange(200) < 150, np.nan, 3 + np.arange(200) % 2)
    wide = np.column_stack([score, score[:, 0], np.full(200, 4), seldom])
    found = explain(answers(wide, overall=said)).drivers
    assert dict(found.left_out.itertuples(index=False)) == {"Item E": "copy", "Item F": "constant", "Item G": "seldom"}
    assert found.items == ("Item A", "Item B", "Item C", "Item D") and found.n == 200


def test_a_question_whose_gaps_leave_too_few_forms_goes_and_the_rest_is_explained():
    score, said = driven(50)
    score[:24, 3] = np.nan
    found = explain(answers(score, overall=said)).drivers
    assert found.left_out["item"].tolist() == ["Item D"] and found.n == 50


@pytest.mark.parametrize(("count", "said"), [(29, None), (100, np.full(100, 4.0))])
def test_too_little_is_said_and_the_rest_of_the_answer_stays(count, said):
    score, found_overall = driven(count)
    found = explain(answers(score, overall=found_overall if said is None else said))
    assert found.drivers is None and found.drivers_missing and found.reliability is not None and found.correlations is not None


def test_answers_after_the_day_change_nothing_and_the_order_of_rows_neither():
    table = table_of(200, customer=np.arange(200) + 1)
    later = answers(likert(300, 4, seed=9), overall=np.full(300, 1.0), customer=np.arange(300) + 1, first=200,
                    on=np.datetime64("2026-06-16", "us"))
    one, other = explain(table), explain(joined(table, later).sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(one.drivers.priorities.table, other.drivers.priorities.table)
    pd.testing.assert_frame_equal(one.drivers.tried_out.table, other.drivers.tried_out.table)
    assert one.reliability.alpha == other.reliability.alpha and one.n_all == other.n_all == 200


def test_the_callers_frame_is_not_changed():
    table = table_of(120)
    before = table.copy(deep=True)
    explain(table, leave_out=True)
    pd.testing.assert_frame_equal(table, before)


def test_leaving_out_careless_forms_is_compared_with_all():
    score = likert(300, 6, seed=3)
    said = np.clip(np.rint(score.mean(axis=1)), 1, 5)
    score[:30], said[:30] = 3, 1
    table = answers(score, overall=said, seconds=np.r_[np.full(290, 60.0), np.full(10, 5.0)])
    with_all, without = explain(table), explain(table, leave_out=True)
    assert with_all.careless.speeder.sum() == 10 and with_all.careless.doubtful.sum() >= 30
    assert with_all.n_used == 300 > without.n_used == with_all.without.forms
    assert with_all.without.explained == pytest.approx(without.without.explained) == pytest.approx(without.drivers.explained)
    assert without.with_all.explained == pytest.approx(with_all.drivers.explained) and with_all.without.explained > with_all.with_all.explained


def test_a_careless_newest_form_gives_way_to_the_customers_earlier_one():
    score = likert(300, 6, seed=3)
    score[200:230] = 3
    on = np.where(np.arange(300) < 200, np.datetime64("2026-05-01"), np.datetime64("2026-05-20"))
    customer = np.r_[np.arange(200), np.arange(100)] + 1
    found = explain(answers(score, customer=customer, on=on), leave_out=True)
    assert found.n_all == 300 and found.n_used == found.without.forms >= 195


def test_a_verdict_of_one_kind_with_few_exceptions_is_refused():
    score, _ = driven(100)
    found = explain(answers(score, overall=(np.arange(100) < 9).astype(float), overall_scale=(0.0, 1.0)))
    assert found.drivers is None and "9 contented and 91 other ones" in found.drivers_missing


# --- The overall score ---------------------------------------------------------------------------------------------------------

def keys(table):
    return [choice.key for choice in explain(table).targets]


def test_satisfaction_on_the_same_form_comes_first_then_a_question_that_sums_up():
    score, said = driven(100)
    table = answers(score, items=["Price", "Speed", "Taste", "Overall, all was well"], overall=said)
    assert keys(table)[:2] == ["form:csat:Overall", "item:likert:Overall, all was well"]
    alone = explain(answers(score, items=["Price", "Speed", "Taste", "Overall, all was well"]))
    assert alone.target == "item:likert:Overall, all was well" and alone.drivers.items == ("Price", "Speed", "Taste")


def test_without_one_the_same_customers_score_nearby_serves_but_none_of_a_product_or_too_long_ago():
    score, said = driven(120)
    customer = np.arange(120) + 1
    form = answers(score, customer=customer)
    near = answers(said[:, None], metric="csat", customer=customer, first=120, on=np.datetime64("2026-04-20", "us"))
    assert explain(joined(form, near)).target == "near:csat"
    assert explain(joined(form, near.assign(product_id=3))).drivers is None
    assert explain(joined(form, near.assign(answered_on=np.datetime64("2026-02-01", "us")))).drivers is None
    found = explain(joined(form, near)).drivers
    np.testing.assert_array_equal(found.overall.score, said)


def test_any_question_can_be_explained_on_choice_and_one_that_is_gone_is_told():
    table = answers(likert(100, 4))
    assert explain(table).drivers is None and "How satisfied are you overall?" in explain(table).drivers_missing
    assert explain(table, target="item:likert:Item B").drivers.items == ("Item A", "Item C", "Item D")
    with pytest.raises(InvalidInput, match="not there any more"):
        explain(table, target="form:csat:Gone")


def test_an_overall_score_of_few_forms_is_not_offered():
    said = np.where(np.arange(100) < 29, np.arange(100) % 5 + 1.0, np.nan)
    assert "form:csat:Overall" not in keys(answers(likert(100, 4), overall=said))


def test_no_forms_of_several_questions_is_not_enough():
    with pytest.raises(NotEnoughData, match="several questions on one form"):
        explain(answers(likert(50, 1)))


# --- Places ----------------------------------------------------------------------------------------------------------------

def test_places_and_their_cuts_are_those_of_martilla_and_james():
    importance, performance = np.array([0.4, 0.3, 0.2, 0.1]), np.array([2.0, 4.0, 4.5, 2.5])
    found = priorities.place(list("ABCD"), importance=importance, performance=performance, importance_drawn=np.tile(importance, (50, 1)),
                             performance_drawn=np.tile(performance, (50, 1)), against=np.zeros(4, dtype=bool), scale_min=1, scale_max=5)
    assert found.table["place"].tolist() == ["mend first", "keep up", "possible overkill", "low priority"]
    assert (found.importance_cut, found.performance_cut) == (pytest.approx(0.25), 3.25)
    assert found.mend_first == "A" and found.is_sure and found.table["gain"].iloc[0] == pytest.approx(0.4 * 0.75)


def test_a_lead_within_the_noise_is_not_sure():
    rng = np.random.default_rng(0)
    importance, performance = np.array([0.41, 0.40, 0.1, 0.09]), np.array([2.0, 2.0, 4.0, 4.0])
    found = priorities.place(list("ABCD"), importance=importance, performance=performance,
                             importance_drawn=importance + rng.normal(0, 0.05, (500, 4)),
                             performance_drawn=np.tile(performance, (500, 1)), against=np.zeros(4, dtype=bool), scale_min=1, scale_max=5)
    assert found.mend_first == "A" and not found.is_sure and found.contenders == ("A", "B")


def test_what_stands_under_keep_up_and_scores_best_is_not_named_to_be_mended():
    rng = np.random.default_rng(0)
    importance, performance = np.array([0.3, 0.45, 0.15, 0.1]), np.array([3.7, 4.05, 4.0, 3.9])
    found = priorities.place(list("ABCD"), importance=importance, performance=performance,
                             importance_drawn=importance + rng.normal(0, 0.03, (500, 4)),
                             performance_drawn=performance + rng.normal(0, 0.2, (500, 4)), against=np.zeros(4, dtype=bool), scale_min=1, scale_max=5)
    assert found.table["place"].tolist()[:2] == ["mend first", "keep up"] and found.table["first"].iloc[1] > 0.1
    assert not found.is_sure and "A" in found.contenders and "B" not in found.contenders


# --- The airline's passengers ---------------------------------------------------------------------------------------------------

def test_the_airlines_passengers_miss_wifi_most(datasets):
    raw = pd.read_csv(datasets / "airline_satisfaction" / "airline_passenger_satisfaction.csv.xz", nrows=12_000)
    items = list(raw.columns[9:23])
    score = raw[items].to_numpy(dtype=float)
    score[score == 0] = np.nan  # "not applicable", no score
    (battery,) = forms.wide(answers(score, items=items, overall=(raw["Satisfaction"] == "Satisfied").to_numpy(dtype=float),
                                    overall_item="Satisfaction", overall_scale=(0.0, 1.0)), as_of=AS_OF)
    assert battery.score.shape == (12_000, 14) and np.nanmin(battery.score) == 1
    (verdict,) = (one for one in overall.offered(battery, answers(score, items=items), as_of=AS_OF) if one.how == "form")
    found = drivers.find(battery, verdict)
    assert found.recommended == "tried_out" and found.best.mend_first == "In-flight Wifi Service" and found.best.is_sure
    assert found.tried_out.auc > 0.97 and found.regression.kind == "logistic"
