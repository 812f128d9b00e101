"""Is what was planted found again from the rows alone?"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm.demo import asking, planted

pytestmark = pytest.mark.xdist_group("demo")  # one build serves all of these
TODAY = pd.Timestamp("2026-03-10")  # the fixture's day


@pytest.fixture(scope="module")
def csat(tables):
    """CSAT answers with the customer's attributes and the ticket's kind and delay."""
    answers = tables["survey_answers"].query("metric == 'csat'")
    tickets = tables["tickets"]
    delay = tickets.first_answered_at - tickets.opened_at
    tickets = tickets.assign(is_late=delay > pd.Timedelta(hours=planted.LATE_AFTER_HOURS))
    customers = tables["customers"][["id", "channel", "region", "country", "gender", "education", "birth_year"]]
    return (answers.merge(tickets[["id", "kind", "is_late"]], how="left", left_on="ticket_id", right_on="id",
                          suffixes=("", "_ticket"))
            .merge(customers, left_on="customer_id", right_on="id", suffixes=("", "_customer")))


def groups(csat, attribute):
    known = csat.dropna(subset=attribute)
    return [mine.score.to_numpy() for _, mine in known.groupby(attribute)]


def test_planted_companions_have_the_highest_lift_of_all_pairs(tables):
    sold = tables["order_lines"].query("kind == 'sale'").merge(tables["products"], left_on="product_id", right_on="id")
    baskets = pd.crosstab(sold.order_id, sold.name).clip(upper=1)
    together = baskets.T @ baskets
    counts = np.diag(together)
    lift = together * len(baskets) / np.outer(counts, counts)
    above = [(lift.iloc[a, b], frozenset((lift.index[a], lift.index[b])))
             for a in range(len(lift)) for b in range(a) if together.iloc[a, b] >= 30]
    pairs = {frozenset((trigger, companion)) for trigger, companions, _ in planted.AFFINITIES
             for companion in companions} | {frozenset(planted.AFFINITIES[-1][1])}
    best = sorted(above, key=lambda pair: pair[0], reverse=True)
    assert {pair for _, pair in best[:len(pairs)]} == pairs
    assert best[len(pairs) - 1][0] > 2 * best[len(pairs)][0]
    for trigger, companions, chance in planted.AFFINITIES:
        confidence = together.loc[trigger, companions[0]] / together.loc[trigger, trigger]
        assert chance - 0.08 < confidence < chance + 0.10, trigger


def test_a_late_answer_lowers_satisfaction(csat):
    for kind in ("complaint", "service_request", "inquiry"):
        mine = csat[csat.kind == kind]
        late, soon = mine[mine.is_late.eq(True)].score, mine[mine.is_late.eq(False)].score
        assert soon.mean() - late.mean() > 0.4, kind
        assert stats.ttest_ind(late, soon, equal_var=False).pvalue < 0.001, kind


def test_a_complaint_lowers_satisfaction_even_when_answered_in_time(csat):
    complaint = csat[(csat.kind == "complaint") & csat.is_late.eq(False)].score
    assert csat[csat.kind.isna()].score.mean() - complaint.mean() > 0.5


@pytest.mark.parametrize(("attribute", "lowest"), [("channel", "Marketplace"), ("region", "Islands")])
def test_satisfaction_differs_by_way_of_being_won_and_by_region(csat, attribute, lowest):
    assert stats.f_oneway(*groups(csat, attribute), equal_var=False).pvalue < 0.001
    assert csat.groupby(attribute).score.mean().idxmin() == lowest


@pytest.mark.parametrize("attribute", ["gender", "country", "education"])
def test_satisfaction_does_not_differ_where_nothing_is_planted(csat, attribute):
    assert stats.f_oneway(*groups(csat, attribute), equal_var=False).pvalue > 0.05


def test_satisfaction_does_not_depend_on_age(csat):
    known = csat.dropna(subset="birth_year")
    assert stats.spearmanr(known.birth_year, known.score).pvalue > 0.05


def test_after_low_satisfaction_fewer_customers_return(csat, purchases):
    asked = csat[csat.answered_at <= TODAY - pd.Timedelta(days=180)]
    later = asked[["id", "customer_id", "answered_at"]].merge(
        purchases[["customer_id", "ordered_at"]], on="customer_id")
    days = (later.ordered_at - later.answered_at).dt.days
    returned = asked.id.isin(later[(days > 0) & (days <= 180)].id)
    low = asked.score <= planted.LOW_FEELING
    assert returned[~low].mean() - returned[low].mean() > 0.08
    table = pd.crosstab(low, returned)
    assert stats.chi2_contingency(table).pvalue < 0.001


def test_referred_customers_buy_more_and_stay_longer(tables, purchases):
    orders = purchases.groupby("customer_id").ordered_at.agg(["size", "max"])
    customers = tables["customers"].query("kind == 'person'").merge(orders, left_on="id", right_index=True)
    customers = customers[(customers.since_on < TODAY - pd.Timedelta(days=180))
                          & (customers.since_on > customers.since_on.min() + pd.Timedelta(days=90))]
    referred = customers.id.isin(tables["referrals"].referred_id)
    is_active = TODAY - customers["max"] < pd.Timedelta(days=180)
    assert is_active[referred].mean() - is_active[~referred].mean() > 0.08
    assert customers["size"][referred].mean() > 1.15 * customers["size"][~referred].mean()


def test_who_refers_was_a_customer_before(tables):
    since = tables["customers"].set_index("id").since_on
    referrals = tables["referrals"]
    assert (since.loc[referrals.referrer_id].to_numpy() <= referrals.referred_on).all()
    assert (referrals.referred_on <= since.loc[referrals.referred_id].to_numpy()).all()
    assert (tables["customers"].set_index("id").channel.loc[referrals.referred_id] == "Referral").all()


def test_marketplace_customers_are_worth_least(tables, purchases):
    spend = purchases.groupby("customer_id").net_amount_e4.sum()
    persons = tables["customers"].query("kind == 'person'").set_index("id")
    worth = spend.groupby(persons.channel).mean()
    assert worth.idxmin() == "Marketplace" and worth.min() < 0.8 * worth.median()


def test_companies_fill_larger_baskets(tables, purchases):
    kind = purchases.customer_id.map(tables["customers"].set_index("id").kind)
    assert purchases.charged_amount_e4.groupby(kind).mean()["company"] > 1.5 * purchases.charged_amount_e4.mean()


def test_higher_income_fills_larger_baskets(tables, purchases):
    income = tables["customers"].dropna(subset="yearly_income_e4").set_index("id").yearly_income_e4
    basket = purchases.groupby("customer_id").charged_amount_e4.mean()
    known = income.index.intersection(basket.index)
    assert stats.spearmanr(income[known], basket[known]).pvalue < 0.001
    assert stats.spearmanr(income[known], basket[known]).statistic > 0.1


def test_the_young_buy_more_coffee_and_tea(tables):
    lines = tables["order_lines"].query("kind == 'sale'").merge(tables["products"], left_on="product_id", right_on="id")
    lines = lines.merge(tables["orders"][["id", "customer_id"]], left_on="order_id", right_on="id", suffixes=("", "_o"))
    born = lines.customer_id.map(tables["customers"].set_index("id").birth_year)
    is_theirs = lines.category == planted.YOUNG_TASTE[0]
    young = born >= planted.YOUNG_FROM_YEAR
    assert is_theirs[young].mean() > 1.25 * is_theirs[born.notna() & ~young].mean()


def test_some_customers_buy_by_the_calendar(purchases):
    gaps = purchases.assign(gap=purchases.groupby("customer_id").ordered_at.diff().dt.days).dropna(subset="gap")
    spread = gaps.groupby("customer_id").gap.agg(["size", "mean", "std"]).query("size >= 6")
    is_regular = spread["std"] / spread["mean"] < 0.3  # a Poisson buyer's ratio is near 1
    assert 50 < is_regular.sum() < 250
    assert (~is_regular).sum() > 300


def test_november_and_december_are_the_peak_and_sales_grow_mildly(tables):
    orders = tables["orders"]
    month = orders.set_index("ordered_at").net_amount_e4.resample("MS").sum().iloc[1:-1] / 10_000
    year_end = month.index.month.isin([11, 12])
    assert month[year_end].mean() > 1.25 * month[~year_end].mean()
    years = [month.iloc[start:start + 12].sum() for start in (0, 12, 23)]
    assert 1.03 < years[1] / years[0] < 1.4 and 1.0 < years[2] / years[1] < 1.3
    assert month.min() > 14_000 and month.max() < 60_000 and 20_000 < month.mean() < 40_000


def test_letters_bring_orders_that_the_hold_out_did_not_place(tables, purchases):
    members = tables["campaign_members"].merge(tables["campaigns"][["id", "started_on"]], left_on="campaign_id",
                                               right_on="id").reset_index()
    ordered = members[["index", "customer_id", "started_on"]].merge(purchases[["customer_id", "ordered_at"]],
                                                                    on="customer_id")
    days = (ordered.ordered_at - ordered.started_on).dt.days
    buys = members["index"].isin(ordered[(days >= 1) & (days <= 14)]["index"])
    holdout = members.is_holdout == 1
    assert buys[~holdout].mean() - buys[holdout].mean() > 0.04
    assert stats.chi2_contingency(pd.crosstab(holdout, buys)).pvalue < 0.01
    assert members[holdout].sent_at.isna().all() and members[holdout].responded_at.isna().all()
    consented = tables["customers"].set_index("id").email_consent.loc[members.customer_id]
    assert (consented == 1).all()


def test_companies_that_buy_already_win_more_deals(tables, purchases):
    deals = tables["deals"].query("stage in ('won', 'lost')")
    past = [int(((purchases.customer_id == deal.customer_id) & (purchases.ordered_at < deal.opened_on)).sum())
            for deal in deals.itertuples()]
    is_buyer = np.array(past) >= planted.DEAL_BUYER_ORDERS
    is_won = (deals.stage == "won").to_numpy()
    assert is_won[is_buyer].mean() - is_won[~is_buyer].mean() > 0.1


def test_the_figures_are_alive(tables, purchases):
    """The ranges that the pages' pictures are made for."""
    size = purchases.groupby("customer_id").size()
    assert 0.15 < (size == 1).mean() < 0.35
    answers = tables["survey_answers"].groupby("metric").score
    assert 3.95 < answers.get_group("csat").mean() < 4.25
    nps = answers.get_group("nps")
    assert 25 < 100 * ((nps >= 9).mean() - (nps <= 6).mean()) < 45
    assert 40 < purchases.charged_amount_e4.mean() / 10_000 < 90


@pytest.mark.parametrize("days_ago", [90, 180, 360])
def test_between_a_third_and_two_thirds_of_active_customers_pause_for_a_quarter(purchases, days_ago):
    cutoff = TODAY - pd.Timedelta(days=days_ago)
    age = (cutoff - purchases.ordered_at).dt.days
    active = purchases[(age >= 0) & (age < 365)].customer_id.unique()
    following = purchases[(age < 0) & (age >= -90)].customer_id
    assert len(active) > 700
    assert 0.30 < 1 - np.isin(active, following).mean() < 0.65


def test_one_product_disappoints_and_the_others_hardly_differ(tables):
    stars = tables["survey_answers"].query("source == 'shop'").groupby("product_id").score.agg(["mean", "size"])
    names = tables["products"].set_index("id").name
    often = stars[stars["size"] >= 15].sort_values("mean")
    assert names[often.index[0]] == planted.DISAPPOINTING and often["mean"].iloc[0] < often["mean"].iloc[1] - 0.3
    assert often["mean"].iloc[1:].std() < 0.45


def test_some_forms_are_hurried_and_some_give_everything_the_same_score(tables):
    answers = tables["survey_answers"].query("source == 'survey'")
    forms = answers.groupby("invitation_id").agg(seconds=("seconds_taken", "first"), survey=("survey_id", "first"))
    hurried = forms.seconds < forms.groupby("survey").seconds.transform("median") / 3
    assert 0.5 * planted_share("SPEEDERS") < hurried.mean() < 2 * planted_share("SPEEDERS")
    likert = answers[answers.metric == "likert"].dropna(subset="score").groupby("invitation_id").score
    equal = (likert.nunique() == 1) & (likert.size() >= 5)
    assert 0.5 * planted_share("STRAIGHT_LINERS") < equal.mean() < 4 * planted_share("STRAIGHT_LINERS")


def planted_share(name: str) -> float:
    return getattr(asking, name)
