"""Every page of pages/: opens in the demo, in an empty company and on a database that cannot be opened."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.pages.conftest import open_page, words_of

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


# Pages that compute something say how, and of an empty company they say what is missing instead of a zero.
COMPUTE = {"segments", "value", "cohorts", "risk", "network", "churn", "next_orders", "recommendations", "baskets", "satisfaction", "journey"}


@pytest.mark.parametrize("name", PAGES)
def test_it_opens_in_the_demo_with_a_question_and_no_error_and_says_how_it_computes(name, in_demo):
    app = open_page(name)
    assert app.header and not app.error, words_of(app)
    if name in COMPUTE | {"overview", "products", "surveys"}:
        assert "How this is computed" in [item.label for item in app.expander]


@pytest.mark.parametrize("name", PAGES)
def test_it_opens_in_an_empty_company_with_advice_and_neither_error_nor_zero(name, own_company):
    app = open_page(name)
    assert app.header and not app.error, words_of(app)
    assert "nan" not in words_of(app).lower().split()
    if name in COMPUTE:
        assert app.info and " 0" in app.info[0].value and not app.metric


def test_the_page_of_a_customer_shows_orders_and_details(in_demo):
    app = open_page("customer")
    app.query_params["customer"] = "1"
    app.run()
    assert not app.exception and not app.error and len(app.dataframe[0].value) and "Details" in words_of(app)


def test_a_wrong_address_of_the_database_is_told_without_repeating_it(monkeypatch):
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://me:secret@host:port/name")
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60).run()
    assert not app.exception and "CRM_DATABASE_URL" in words_of(app) and "secret" not in words_of(app)


def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60).run()
    assert not app.exception and "cannot be reached" in app.error[0].value
