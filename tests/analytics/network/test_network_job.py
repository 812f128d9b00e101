"""The job of the network on a database: its table, its figures, what it keeps of every customer."""

import json
from datetime import date, datetime

import pytest

from crm import db
from crm.jobs import names
from crm.jobs import network as network_job
from crm.services import customers, orders, products, referrals, scores

AS_OF = date(2026, 6, 30)


@pytest.fixture
def shop(workspace):
    with db.transaction(workspace) as session:
        tea = products.create(session, name="Tea", price=10)
        ada, bo, cleo = (customers.create(session, name=name) for name in ("Ada", "Bo", "Cleo"))
        customers.create(session, name="Acme", kind="company", custom_fields={"subsidiary_of": "Globex"})
        customers.create(session, name="Initech", kind="company", custom_fields={"subsidiary_of": "globex inc"})
        customers.create(session, name="Di", company="ACME Ltd", custom_fields={"Referred by": "C00003"})
        for referrer, referred, day in ((ada, bo, date(2026, 1, 1)), (bo, cleo, None)):
            referrals.set_referrer(session, referred_id=referred, referrer_id=referrer, referred_on=day)
        for customer, day in ((bo, 1), (cleo, 2), (ada, 3)):
            orders.create(session, customer_id=customer, ordered_at=datetime(2026, 1, day),
                          lines=[orders.LineInput(tea, 1, 10.0)])
    return workspace


def test_the_job_reads_counts_names_and_keeps(shop):
    with db.transaction(shop) as session:
        result = network_job.run(session, as_of=AS_OF)
        table = network_job.table(result, names.customers(session)).set_index("customer_name")
        run_id = network_job.save(session, result)
        (kept,) = scores.of_customer(session, 1)
    assert table.index.tolist()[:3] == ["Ada", "Bo", "Cleo"] and table["rank"].tolist()[:3] == [1, 2, 3]
    assert table.loc["Ada", ["brought", "brought_in_all", "value_brought"]].tolist() == [1, 3, 20]
    assert table.loc["Cleo", "brought_by"] == "Bo" and table.loc["Di", "brought_by_code"] == "C00003"
    assert table["belongs_to"].dropna().to_dict() == {"Acme": "Globex", "Initech": "Globex", "Di": "Acme"}
    assert table["rank"].isna().sum() == 3 and len(table) == 6
    figures = network_job.quality(result)
    assert json.dumps(figures, default=str) and figures["referrers"] == 3 and figures["undated"] == 2
    assert run_id and (kept.analysis, kept.number) == ("network", 20)


def test_who_was_brought_later_is_not_known_before(shop):
    with db.reading(shop) as session:
        assert network_job.run(session, as_of=date(2025, 12, 31)).totals["referred"] == 2
