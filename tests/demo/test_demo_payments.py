"""Payments of the demo: at once in the shop, companies by invoice, a few late, a few open, refunds for credits."""

import numpy as np
import pandas as pd
import pytest

from crm.demo import payments as demo_payments
from crm.demo import planted

pytestmark = pytest.mark.xdist_group("demo")  # one build serves all of these
OTHERS = ("people", "lives", "sales", "profiles", "service", "surveys", "work", "payments")


@pytest.fixture(scope="module")
def paid(tables):
    """Payments with their order's day, channel and net amount, and the customer's kind."""
    orders = tables["orders"][["id", "customer_id", "ordered_at", "channel", "net_amount_e4"]]
    joined = tables["payments"].merge(orders, left_on="order_id", right_on="id", suffixes=("", "_order"))
    joined = joined.merge(tables["customers"][["id", "kind"]], left_on="customer_id", right_on="id", suffixes=("", "_who"))
    return joined.assign(ordered_on=joined.ordered_at.dt.normalize())


def test_every_payment_pays_an_order_of_its_customer(tables, paid):
    assert len(paid) == len(tables["payments"]) and (paid.customer_id == paid.customer_id_order).all()
    assert (paid.paid_on >= paid.ordered_on).all()
    assert paid.code.is_unique and paid.code.str.fullmatch(r"P\d{4}-\d{5}").all()
    assert set(paid.method) == {"Card", "Marketplace payout", "Cash", "Bank transfer"}
    assert paid.paid_on.is_monotonic_increasing or tables["payments"].paid_on.is_monotonic_increasing


def test_persons_pay_every_order_at_once_and_in_full(tables, paid):
    bought = tables["orders"].merge(tables["customers"][["id", "kind"]], left_on="customer_id", right_on="id")
    bought = bought[(bought.kind == "person") & (bought.net_amount_e4 > 0)]
    theirs = paid[(paid.kind == "person") & (paid.amount_e4 > 0)]
    assert len(theirs) == len(bought)
    assert (theirs.paid_on == theirs.ordered_on).all() and (theirs.due_on == theirs.ordered_on).all()
    assert (theirs.amount_e4 == theirs.net_amount_e4).all()


def test_companies_pay_shop_and_phone_by_invoice_in_fourteen_days(paid):
    by_invoice = paid[(paid.kind == "company") & paid.channel.isin(["Web shop", "Phone"]) & (paid.amount_e4 > 0)]
    assert (by_invoice.due_on - by_invoice.ordered_on == pd.Timedelta(days=planted.PAYMENT_TERM_DAYS)).all()
    assert (by_invoice.method == "Bank transfer").all()
    assert 0.15 < (by_invoice.paid_on > by_invoice.due_on).mean() < 0.40


def test_late_payers_pay_the_planted_share_late_by_the_planted_days(paid, planted_late_payers, demo_today):
    always, turned = planted_late_payers
    assert len(always) >= 4 and len(turned) >= 3
    invoices = paid[(paid.method == "Bank transfer") & (paid.amount_e4 > 0)]
    days = (invoices.paid_on - invoices.due_on).dt.days
    theirs = invoices.customer_id.isin(always)
    assert abs((days[theirs] > 8).mean() - planted.LATE_PAYER_CHANCE) < 0.12
    assert abs(days[theirs & (days > 8)].mean() - np.prod(planted.LATE_PAYER_DAYS)) < 6
    lately = invoices.due_on > pd.Timestamp(demo_today) - pd.Timedelta(days=planted.LATE_PAYER_TURNED_DAYS_AGO)
    changed = invoices.customer_id.isin(turned)
    assert (days[changed & lately] > 8).mean() > 0.6 > 0.1 > (days[changed & ~lately] > 8).mean()
    assert (days[~theirs & ~changed] > 8).mean() < 0.02


def test_credits_are_paid_out_within_days(tables, paid, demo_today):
    credits = tables["orders"][(tables["orders"].net_amount_e4 < 0) & tables["orders"].customer_id.notna()]
    old = credits[credits.ordered_at < pd.Timestamp(demo_today) - pd.Timedelta(days=10)]
    refunds = paid[paid.amount_e4 < 0]
    assert set(old.id) <= set(refunds.order_id) <= set(credits.id)
    assert (refunds.amount_e4 == refunds.net_amount_e4).all()
    assert ((refunds.paid_on - refunds.ordered_on).dt.days.between(*planted.REFUND_DAYS)).all()


def test_cancelled_orders_are_never_paid(tables):
    cancelled = tables["orders"].loc[tables["orders"].status == "cancelled", "id"]
    assert not tables["payments"].order_id.isin(cancelled).any()


def test_the_streams_of_before_do_not_notice_the_newer_ones():
    """A part more at the end leaves the random numbers of those before it as they were."""
    from crm.demo import company

    assert company._PARTS[:len(OTHERS)] == OTHERS
    spawned = [np.random.SeedSequence(company.DEFAULT_SEED).spawn(count) for count in (len(OTHERS), len(company._PARTS))]
    for before, after in zip(*spawned, strict=False):
        assert before.generate_state(4).tolist() == after.generate_state(4).tolist()
    assert demo_payments.COLUMNS[0] == "id"
