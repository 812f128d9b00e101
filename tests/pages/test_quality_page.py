"""The page of data quality, driven as a user would: what is said, mended, taken back, filled in."""

import pytest
from sqlalchemy import select, update

from crm import db
from crm.analytics import quality as quality_analysis
from crm.models import Customer
from crm.services import customers, filling, quality
from crm.ui import quality_words
from tests.pages.conftest import TODAY, open_page, words_of

CARDS = ["What needs a look", "Scores by table"]


@pytest.fixture
def shop(own_company):
    """Five customers; one has blanks round the name, one writes the city in capitals, two left out the year of birth."""
    with db.transaction(own_company) as session:
        for name, city, year in (("Ada Ample", "Ghent", 1980), ("Bo Brass", "GHENT", None), ("Cleo Cask", "Ghent", 1990),
                                 ("Dee Dill", "Bonn", 1985), ("Eve Elm", None, None)):
            customers.create(session, name=name, city=city, birth_year=year, email=f"{name[:2].lower()}@example.com")
        session.execute(update(Customer).where(Customer.name == "Eve Elm").values(name="  Eve  Elm"))
    return own_company


def read(workspace, name: str) -> list:
    with db.reading(workspace) as session:
        return list(session.scalars(select(getattr(Customer, name)).order_by(Customer.id)))


def test_the_demo_gets_an_answer_with_its_own_numbers_and_one_next_step(in_demo):
    app = open_page("quality")
    told = words_of(app)
    assert "Your data scores" in told and "records were looked at" in told and "Do this next" in told
    assert set(CARDS) <= {item.value for item in app.subheader}
    assert app.button(key="open_next_fix")


def test_an_empty_company_is_told_what_to_do(own_company):
    app = open_page("quality")
    assert "there are 0 so far" in app.info[0].value and not app.dataframe


def test_the_next_fix_is_shown_made_and_taken_back(shop):
    app = open_page("quality")
    assert "city is spelled unlike most" in words_of(app)
    app.button(key="open_next_fix").click().run()
    shown = app.dataframe[-2].value
    assert shown[["record", "old", "new"]].values.tolist() == [["Bo Brass", "GHENT", "Ghent"]]
    app.button(key="mend").click().run()
    assert not app.exception and not app.error, words_of(app)
    assert read(shop, "city") == ["Ghent", "Ghent", "Ghent", "Bonn", None]
    assert "Mended before" in words_of(app)
    next(item for item in app.button if item.label == "Take it back").click().run()
    assert read(shop, "city") == ["Ghent", "GHENT", "Ghent", "Bonn", None] and "Taken back" in words_of(app)


def test_a_finding_without_a_fix_shows_its_records_and_what_to_do(shop):
    app = open_page("quality")
    app.session_state["quality_open"] = "customers.missing_phone"
    app.run()
    assert not app.exception and not app.error
    assert "Bring in a file" in words_of(app) and "5 of 5" in words_of(app)
    assert app.dataframe[-1].value["record"].tolist()[0] == "Ada Ample"
    assert not [item for item in app.button if item.key == "mend"]


def test_needless_blanks_are_made_visible(shop):
    app = open_page("quality")
    app.session_state["quality_open"] = "customers.blanks"
    app.run()
    assert "␣␣Eve␣␣Elm" in app.dataframe[-2].value["old"].tolist()


def test_what_changed_since_it_was_shown_is_not_mended(shop):
    app = open_page("quality")
    app.button(key="open_next_fix").click().run()
    with db.transaction(shop) as session:
        session.execute(update(Customer).where(Customer.name == "Ada Ample").values(city="ghent"))
    app.button(key="mend").click().run()
    assert "Nothing was mended" in app.error[0].value
    assert read(shop, "city") == ["ghent", "GHENT", "Ghent", "Bonn", None]
    app.button(key="look_again").click().run()
    assert app.dataframe[-2].value["old"].tolist() == ["ghent", "GHENT"]
    app.button(key="mend").click().run()
    assert read(shop, "city") == ["Ghent", "Ghent", "Ghent", "Bonn", None]


def test_the_findings_of_one_table_can_be_chosen(shop):
    app = open_page("quality")
    before = app.dataframe[0].value
    app.selectbox(key="quality_table").set_value("customers").run()
    assert app.dataframe[0].value["finding"].tolist() == before["finding"].tolist()


def test_numbers_are_filled_in_for_analyses_and_the_records_stay_empty(shop):
    app = open_page("quality")
    assert "2 of 5 customers have none" in words_of(app) and "records themselves stay empty" in words_of(app)
    app.selectbox(key="fill_method_birth_year").set_value("median").run()
    assert "2 are filled in for analyses" in words_of(app)
    app.button(key="keep_filling").click().run()
    with db.reading(shop) as session:
        assert filling.choices(session) == {"birth_year": {"method": "median", "by": None}}
    assert read(shop, "birth_year") == [1980, None, 1990, 1985, None]
    assert app.button(key="keep_filling").disabled


def test_every_finding_has_words(in_demo):
    codes = {*quality.CHECKS, *(f"{table}.outdated" for table in quality.TABLES if table != "order_lines")}
    assert codes == set(quality_words.FINDINGS)
    assert set(quality_words.TABLES) == set(quality.TABLES)
    for code in codes:
        assert quality_words.advice(code).endswith(".")


def test_every_field_that_is_shown_has_a_name(in_demo):
    with db.reading(in_demo) as session:
        for code in quality.CHECKS:
            shown = set(quality.rows(session, code, today=TODAY).columns)
            assert shown - {"id", "customer_id", "order_id"} <= set(quality_words.FIELDS), code


def test_a_score_of_a_hundred_means_that_nothing_was_found(in_demo):
    with db.reading(in_demo) as session:
        result = quality.measure(session, today=TODAY)
    figure = quality_analysis.charts.heat_map(result.scores.drop(index="payments"),
                                              tables={"orders": "Orders", "payments": "Payments"},
                                              dimensions={"completeness": "Complete", "overall": "In all"})
    assert figure.data[0].text[1] == ["", ""] and float(figure.data[0].text[0][0]) < 100
    assert quality_words.score(99.999) == "99"
