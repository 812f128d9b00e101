"""The job of value: from imported files to published figures, and from a result to the customers' pages."""

import datetime as dt

import pandas as pd
import pytest

from crm import db, imports
from crm.errors import NotEnoughData
from crm.jobs import names, value
from crm.services import customers, orders, scores

CALIBRATED_ON = dt.date(1997, 9, 30)


def test_an_imported_file_leads_to_the_published_figures_and_back_to_the_customers(workspace, datasets):
    """Eight first purchases of the file are for nothing; the published figures count them."""
    columns = {"1": "customer_code", "2": "", "3": "ordered_at", "4": "quantity", "5": "amount"}
    with db.transaction(workspace) as session:
        imports.import_file(session, datasets / "cdnow" / "CDNOW_sample.txt.xz", kind="order_lines", overrides=columns)
    with db.transaction(workspace) as session:
        result = value.run(session, as_of=CALIBRATED_ON)
        found = value.quality(result)
        published = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881, "log_likelihood": -9582.429}
        assert {name: found[name] for name in published} == pytest.approx(published, rel=1e-5)
        assert (found["p"], found["q"], found["gamma"]) == pytest.approx((6.25, 3.74, 15.44), abs=0.005)
        assert found["customers"] == 2_357 and found["hold_out"]["customers"] == 2_357
        assert isinstance(found["warnings"], list) and isinstance(found["hold_out"]["by_frequency"], list)
        table = value.table(result, names.customers(session))
        assert len(table) == 2_357 and list(table.columns[:3]) == ["customer_code", "customer_name", "expected_spend"]
        run_id = value.save(session, result)
        assert scores.newest_run(session, analysis="value") == run_id
        best = result.customers.iloc[0]
        (kept,) = scores.of_customer(session, int(best["customer_id"]))
        assert (kept.analysis, kept.label) == ("value", "12 months") and kept.number == pytest.approx(best["expected_spend"])


def test_value_is_told_by_channel_and_by_the_newest_saved_groups(workspace):
    with db.transaction(workspace) as session:
        ids = [customers.create(session, name=f"Customer {place}", channel="Web" if place % 2 else "Shop")
               for place in range(20)]
        for place, customer in enumerate(ids):
            for day in (3 * place, 50 + 2 * place, 120 + place):
                orders.create(session, customer_id=customer, ordered_at=dt.datetime(2026, 1, 1) + dt.timedelta(days=day),
                              lines=[orders.LineInput(None, 1, 10.0 + place, description="Tea")])
    as_of = dt.date(2026, 7, 1)
    with db.transaction(workspace) as session:
        assert set(value.run(session, as_of=as_of).groups) == {"cohort", "channel"}
        assert set(value.past(session, as_of=as_of).groups) == {"cohort", "channel"}
        scores.save(session, pd.DataFrame({"customer_id": ids[:15], "label": ["Best"] * 5 + ["Rest"] * 10}),
                    analysis="segments", as_of=as_of, parameters={}, quality={})
        by_group = value.run(session, as_of=as_of).groups["segment"]
        assert by_group["customers"].sum() == 20 and set(by_group["group"].dropna()) == {"Best", "Rest"}
        assert by_group["group"].isna().tolist() == [False, False, True]


def test_an_empty_company_is_told_what_is_wanting(workspace):
    with db.reading(workspace) as session:
        for job in (value.run, value.past):
            with pytest.raises(NotEnoughData, match="there are 0"):
                job(session, as_of=CALIBRATED_ON)
