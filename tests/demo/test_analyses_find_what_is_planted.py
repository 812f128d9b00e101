"""What is planted in the invented company is found again by the analyses that its pages show, from the database on."""

import pandas as pd
import pytest

from crm import db, frames, jobs
from crm.demo import planted
from crm.jobs import risk


@pytest.fixture(scope="module")
def ask(built_demo, demo_today):
    """Runs a job on the invented company as of its last day."""
    def run(job, **parameters):
        with db.reading(built_demo[0]) as session:
            return job(session, as_of=demo_today, **parameters)

    return run


@pytest.fixture(scope="module")
def people(built_demo):
    with db.reading(built_demo[0]) as session:
        return frames.customers(session).set_index("customer_id")


def test_the_planted_pairs_are_the_strongest_rules(ask):
    found = ask(jobs.baskets.run, min_support=0.002, min_confidence=0.2)
    strongest = {frozenset((row.name_a, row.name_b)) for row in found.pairs.head(10).itertuples()}
    for first, others, *_ in planted.AFFINITIES:
        for other in (others if isinstance(others, (list, tuple)) else (others,)):
            assert frozenset((first, other)) in strongest, (first, other)
    assert (found.rules.head(10)["q_value"] < 1e-6).all()


def test_offers_are_better_than_the_best_sellers(ask):
    found = ask(jobs.recommendations.run).comparison
    assert found.beats_popularity
    assert found.value(found.proposed, "hit_rate") > found.value("popular", "hit_rate") + 0.1


def test_leaving_is_foretold_better_than_by_silence_alone_and_honestly(ask):
    quality = jobs.churn.quality(ask(jobs.churn.run))
    assert 0.70 < quality["roc_auc"] < 0.90  # more would be a leak
    assert quality["roc_auc"] > quality["recency_roc_auc"]
    assert quality["calibration_error"] < 0.10
    assert 0.3 < quality["base_rate"] < 0.65


def test_satisfaction_differs_where_it_was_planted(ask):
    by_channel = ask(jobs.satisfaction.run, group_by="channel").comparison
    means = by_channel.groups.set_index("group")["mean"]
    assert by_channel.different and means.idxmin() == "Marketplace"
    by_region = ask(jobs.satisfaction.run, group_by="region").comparison
    assert by_region.different and by_region.groups.set_index("group")["mean"].idxmin() == "Islands"


def test_satisfaction_does_not_differ_where_nothing_was_planted(ask):
    """By chance alone one test in twenty lies below .05; what was planted lies far below .001."""
    assert ask(jobs.satisfaction.run, group_by="country").comparison.p_value > 0.01
    for field in ("channel", "region"):
        assert ask(jobs.satisfaction.run, group_by=field).comparison.p_value < 0.001


def test_groups_tell_the_living_from_the_gone(ask):
    found = ask(jobs.segments.run)
    profile = found.profile.set_index("segment")
    assert profile["share_of_revenue"].idxmax() == "Champions"
    assert profile.loc["Champions", "median_recency_days"] < profile.loc["Lost", "median_recency_days"]


def test_referred_customers_are_more_often_still_there(ask, people):
    found = ask(jobs.segments.run).customers.set_index("customer_id")
    here = found["recency_days"] <= 90
    referred = people.loc[found.index, "channel"].eq("Referral")
    assert here[referred].mean() > here[~referred].mean() + 0.1


def test_the_unhappy_leave(ask, built_demo, demo_today):
    """Who gave a low score half a year ago is back less often, through the frames that the churn page reads."""
    with db.reading(built_demo[0]) as session:
        answers, orders = frames.answers(session, until=demo_today), frames.orders(session, until=demo_today)
    scored = answers[(answers["metric"] == "csat") & (answers["customer_id"] > 0)]
    scored = scored[scored["answered_on"] < pd.Timestamp(demo_today) - pd.Timedelta(days=180)]
    later = scored.merge(orders.loc[orders["is_purchase"], ["customer_id", "ordered_on"]], on="customer_id")
    gap = (later["ordered_on"] - later["answered_on"]).dt.days
    back = scored["answer_id"].isin(later.loc[gap.between(1, 180), "answer_id"])
    low = scored["score"] <= planted.LOW_FEELING
    assert back[low].mean() < back[~low].mean() - 0.08


def test_late_payers_stand_out_and_hardly_anybody_else(ask, planted_late_payers):
    always, turned = planted_late_payers
    found = ask(risk.run)
    late = found.customers.set_index("customer_id")["late"]
    share = found.payments.customers.set_index("customer_id")["share_late"]
    present = found.customers[found.customers["is_present"]].set_index("customer_id")
    listed = present.index[present["level"].isin(["watch", "high"])]
    assert set(always + turned) & set(present.index) <= set(listed)
    assert len(listed) < 2 * len(always + turned)
    assert share[always].median() > 0.6
    assert share[always].min() > share.drop(always + turned).quantile(0.99)
    assert late[always].mean() > late[turned].mean() > 10 * late.drop(always + turned).mean()


def test_who_turned_late_is_seen_to_have_turned(ask, planted_late_payers):
    _, turned = planted_late_payers
    table = ask(risk.run).payments.customers.set_index("customer_id").loc[turned]
    table = table[(table["bills_year"] >= 3) & (table["bills_before"] >= 3)]
    worse = table["late_year"] / table["bills_year"] - table["late_before"] / table["bills_before"]
    assert len(table) and worse.min() > 0.25


def test_the_open_invoices_are_found_with_their_ages(ask):
    found = ask(risk.run)
    table = found.payments.invoices.table
    assert table["due_from"].isin(["usual", "recorded"]).all()
    days = table.loc[table["days_overdue"] > 0, "days_overdue"].tolist()
    for planted_days in planted.OVERDUE_DAYS:
        assert min(abs(one - planted_days) for one in days) <= 3, planted_days
    assert found.overdue_customers < 20 and 300 < found.overdue_amount < 6_000
    half = table[table["due_from"] == "recorded"]
    assert len(half) == 1 and abs(half["paid_amount"].item() - half["open_amount"].item()) < 0.02
    assert found.payments.invoices.unjudged_orders == 0


def test_marketplace_customers_give_more_back(ask, people):
    back = ask(risk.run).returns.customers.set_index("customer_id")
    from_market = people["channel"].reindex(back.index).eq("Marketplace")
    share = back["returned_lines"].groupby(from_market).sum() / back["sold_lines"].groupby(from_market).sum()
    assert share[True] > 1.3 * share[False]


def test_nothing_hangs_on_one_of_two_thousand_customers(ask):
    found = ask(risk.run).concentration
    assert found.top["share"].iloc[0] < 0.03 and found.equivalent > 200
