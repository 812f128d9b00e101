"""Do ratings get in with the products that they judge: found or created, once, and taken back with the import?"""

from datetime import date

import pytest
from sqlalchemy import select

from crm import db, frames
from crm.imports.files import open_source
from crm.imports.guessing import guess
from crm.imports.tables import read_head
from crm.models import Customer, Product, SurveyAnswer
from crm.services import check, products, ratings
from crm.services.undoing import undo_import
from tests.imports.test_records_road import bring_in, everything, rows

MAPPED = {"customer_code": "who", "product_code": "what", "product_name": "called", "score": "stars", "answered_at": "when",
          "comment": "said"}
RATINGS = (
    "who,what,called,stars,when,said\n"
    "7,A1,Teapot,5,2024-01-02,lovely\n7,B2,Blue mug,4,2024-01-02,\n8,A1,Teapot,1,2024-01-03,leaks\n"
    "8,,Blue mug,2,2024-01-03,\n9,,,3,2024-01-04,just so\n"
)


def known_teapot(workspace):
    bring_in(workspace, "code,name\nA1,Tea pot (old name)\n", "products", {"product_code": "code", "product_name": "name"})


def judged(workspace) -> list[tuple]:
    query = (select(Customer.code, Product.code, SurveyAnswer.score).select_from(SurveyAnswer)
             .outerjoin(Customer, Customer.id == SurveyAnswer.customer_id)
             .outerjoin(Product, Product.id == SurveyAnswer.product_id))
    with db.reading(workspace) as session:
        return sorted(map(tuple, session.execute(query)), key=str)


def test_ratings_find_their_products_and_unknown_ones_are_created(workspace):
    known_teapot(workspace)
    done = bring_in(workspace, RATINGS, "answers_long", MAPPED)
    assert (done.imported, done.duplicate, done.reasons) == (5, 0, {})
    assert done.created == {"customers": 3, "products": 1, "survey_answers": 5} and done.updated == {}
    assert judged(workspace) == [("7", "A1", 5.0), ("7", "B2", 4.0), ("8", "A1", 1.0), ("8", "B2", 2.0), ("9", None, 3.0)]
    assert rows(workspace, Product.code, Product.name) == [("A1", "Tea pot (old name)"), ("B2", "Blue mug")]
    with db.reading(workspace) as session:
        found = frames.ratings(session, until=date(2024, 1, 31))
    assert found["rating"].tolist() == [1.0, 0.75, 0.0, 0.25]


@pytest.mark.parametrize("numbered", [True, False])
def test_twice_is_once_and_the_same_stars_for_two_products_are_two_ratings(workspace, numbered):
    text = ("form,who,what,stars,when\nF1,7,A1,4,2024-01-02\nF1,7,B2,4,2024-01-02\nF2,8,A1,4,2024-01-02\n")
    mapped = {"customer_code": "who", "product_code": "what", "score": "stars", "answered_at": "when"}
    mapped |= {"response_code": "form"} if numbered else {}
    first = bring_in(workspace, text, "answers_long", mapped)
    assert first.created == {"customers": 2, "products": 2, "survey_answers": 3}
    before = everything(workspace)
    again = bring_in(workspace, text, "answers_long", mapped)
    assert (again.imported, again.duplicate, again.created) == (0, 3, {}) and everything(workspace) == before
    more = bring_in(workspace, text + "F2,8,C3,4,2024-01-02\n", "answers_long", mapped)
    assert (more.imported, more.created) == (1, {"products": 1, "survey_answers": 1})


def test_an_undone_import_takes_its_ratings_and_products_and_leaves_what_was_there(workspace):
    known_teapot(workspace)
    before = everything(workspace)
    done = bring_in(workspace, RATINGS, "answers_long", MAPPED)
    with db.transaction(workspace) as session:
        undone = undo_import(session, done.batch_id)
        assert check.findings(session) == []
    assert undone.removed == {"survey_answers": 5, "products": 1, "customers": 3} and undone.kept.empty
    assert everything(workspace) == before
    assert bring_in(workspace, RATINGS, "answers_long", MAPPED).imported == 5


def test_a_product_that_got_a_rating_by_hand_since_stays(workspace):
    done = bring_in(workspace, RATINGS, "answers_long", MAPPED)
    with db.transaction(workspace) as session:
        mug = session.scalar(select(Product.id).where(Product.code == "B2"))
        who = session.scalar(select(Customer.id).where(Customer.code == "7"))
        ratings.record(session, customer_id=who, product_id=mug, score=3, rated_on=date(2024, 2, 1))
        kept = undo_import(session, done.batch_id).kept
    assert sorted(zip(kept["record"], kept["reason"], strict=True)) == [("7", "used"), ("B2", "used")]


def test_stars_up_to_ten_are_no_recommendation_of_the_company(workspace):
    text = "who,what,stars,when\n" + "".join(f"{n},A{n % 3},{n},2024-01-02\n" for n in range(1, 11))
    mapped = {"customer_code": "who", "product_code": "what", "score": "stars", "answered_at": "when"}
    bring_in(workspace, text, "answers_long", mapped)
    assert set(rows(workspace, SurveyAnswer.metric, SurveyAnswer.scale_min, SurveyAnswer.scale_max)) == {("likert", 1.0, 10.0)}


def test_half_stars_begin_with_a_half(workspace):
    text = "who,what,stars,when\n1,A,0.5,2024-01-02\n2,A,4.5,2024-01-02\n3,A,5,2024-01-02\n"
    mapped = {"customer_code": "who", "product_code": "what", "score": "stars", "answered_at": "when"}
    done = bring_in(workspace, text, "answers_long", mapped)
    assert done.reasons == {} and set(rows(workspace, SurveyAnswer.scale_min, SurveyAnswer.scale_max)) == {(0.5, 5.0)}


def test_a_product_known_only_by_a_name_too_long_for_a_code_is_refused(workspace):
    text = f"who,called,stars,when\n7,{'x' * 300},4,2024-01-02\n"
    mapped = {name: MAPPED[name] for name in ("customer_code", "product_name", "score", "answered_at")}
    done = bring_in(workspace, text, "answers_long", mapped)
    assert "the product's name is longer" in done.reasons[2] and done.created == {}


@pytest.mark.parametrize(("heading", "expected"), [
    ("customer_id,product_id,product_name,rating,review,review date",
     ["customer_code", "product_code", "product_name", "score", "comment", "answered_at"]),
    ("客户编号,产品 ID,商品名称,评分,评论,日期",
     ["customer_code", "product_code", "product_name", "score", "comment", "answered_at"]),
    ("userId,movieId,title,rating,comment,date",
     ["customer_code", "product_code", "product_name", "score", "comment", "answered_at"])])
def test_a_list_of_ratings_is_known_for_what_it_is(heading, expected):
    text = heading + "\n" + "".join(f"C{n // 3},P{n % 4},Mug {n % 4},{n % 5 + 1},nice,2024-01-{n % 28 + 1:02d}\n"
                                    for n in range(30))
    found = guess(read_head(open_source(text.encode(), file_name="file.csv"), lines=1_000).lines)
    assert found.kind == "answers_long"
    known = dict(zip(expected, [found.mapping.get(name) for name in heading.split(",")], strict=True))
    assert known["product_code"] == "product_code" and known["score"] == "score" and known["answered_at"] == "answered_at"


def test_a_product_that_came_back_for_ratings_stays_where_newer_ratings_judge_it(workspace):
    known_teapot(workspace)
    with db.transaction(workspace) as session:
        teapot = session.scalar(select(Product).where(Product.code == "A1"))
        products.delete(session, teapot.id, version=teapot.version)
    first = bring_in(workspace, RATINGS, "answers_long", MAPPED)
    bring_in(workspace, "who,what,called,stars,when,said\n7,A1,Teapot,2,2024-03-02,chipped\n", "answers_long", MAPPED)
    with db.transaction(workspace) as session:
        undone = undo_import(session, first.batch_id)
    assert ("products", "A1", "used") in [tuple(row) for row in undone.kept.itertuples(index=False)]
    assert judged(workspace) == [("7", "A1", 2.0)]
    with db.reading(workspace) as session:
        assert session.scalar(select(Product.deleted_at).where(Product.code == "A1")) is None
