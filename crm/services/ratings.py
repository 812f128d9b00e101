"""What does a customer think of a product? Said by hand and taken back; files bring in the rest (crm.imports, "answers_long").

A rating is a survey answer that names a product: the analyses of happiness see it too.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.errors import InvalidInput, NotFound
from crm.models import Customer, Product, SurveyAnswer
from crm.services import audit, settings

ITEM = "Rating"  # what is asked; files name their own questions
LOWEST, HIGHEST = 1.0, 5.0  # stars
FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True)
class _Rated:
    """What the audit keeps of a rating."""

    product: str
    score: float | None
    scale: str
    rated_on: date
    comment: str | None


def record(session: Session, *, customer_id: int, product_id: int, score: float, scale_min: float = LOWEST,
           scale_max: float = HIGHEST, comment: str | None = None, rated_on: date | None = None) -> int:
    """Keep what a customer says of a product, today where no day is named; returns the answer's id.

    Said again, both stay; the later one counts (crm.frames.ratings). Raises NotFound for a customer or product who is not
    there, InvalidInput for a score that is not on its scale, a scale that is none, and a day that cannot be.
    """
    score, scale_min, scale_max = float(score), float(scale_min), float(scale_max)
    if not scale_min < scale_max:
        raise InvalidInput(f"A scale from {scale_min:g} to {scale_max:g} is none; the lowest score must be below the highest.",
                           field="scale_min")
    if not scale_min <= score <= scale_max:  # refuses "not a number" as well
        raise InvalidInput(f"The score {score:g} is not on the scale from {scale_min:g} to {scale_max:g}.", field="score")
    _there(session, Customer, customer_id, "customer")
    _there(session, Product, product_id, "product")
    today = settings.today(session)
    day = rated_on or today
    if not FIRST_DAY <= day <= today:
        raise InvalidInput(f"{day} cannot be the day of a rating; choose one from {FIRST_DAY} up to {today}.", field="rated_on")
    answer = SurveyAnswer(customer_id=customer_id, product_id=product_id, metric="likert", item=ITEM, score=score,
                          scale_min=scale_min, scale_max=scale_max, comment=(comment or "").strip() or None,
                          answered_at=datetime.combine(day, time()))
    session.add(answer)
    session.flush()
    _note(session, answer, "created", None, _rated(session, answer))
    return answer.id


def take_back(session: Session, rating_id: int) -> None:
    """Remove a rating, whoever brought it in; the audit keeps what it said. Raises NotFound where there is none of that id."""
    answer = session.scalar(select(SurveyAnswer).where(SurveyAnswer.id == rating_id, SurveyAnswer.product_id.is_not(None))
                            .with_for_update())
    if answer is None:
        raise NotFound("This rating is not there any more; it may have been taken back already.")
    _note(session, answer, "deleted", _rated(session, answer), None)
    session.delete(answer)
    session.flush()


def of_customer(session: Session, customer_id: int) -> pd.DataFrame:
    """What a customer said of products, the newest first: rating_id, product_id, product_code, product_name, item, score (NaN:
    it did not apply), scale_min, scale_max, comment, rated_on (a day), source."""
    return _listed(session, SurveyAnswer.customer_id == customer_id)


def of_product(session: Session, product_id: int) -> pd.DataFrame:
    """What was said of a product, the newest first: the columns of `of_customer` with customer_id, customer_code and
    customer_name (missing: nobody known) in the place of the product's."""
    return _listed(session, SurveyAnswer.product_id == product_id, of="customer")


def _listed(session: Session, condition, *, of: str = "product") -> pd.DataFrame:
    other = {"product": Product, "customer": Customer}[of]
    named = (other.id.label(f"{of}_id"), other.code.label(f"{of}_code"), other.name.label(f"{of}_name"))
    owner = SurveyAnswer.product_id if of == "product" else SurveyAnswer.customer_id
    query = (select(SurveyAnswer.id.label("rating_id"), *named, SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.scale_min,
                    SurveyAnswer.scale_max, SurveyAnswer.comment, SurveyAnswer.answered_at.label("rated_on"),
                    SurveyAnswer.source)
             .outerjoin(other, other.id == owner).where(condition, SurveyAnswer.product_id.is_not(None))
             .order_by(SurveyAnswer.answered_at.desc(), SurveyAnswer.id.desc()))
    frame = pd.DataFrame(session.execute(query).all(), columns=[column.key for column in query.selected_columns])
    return frame.assign(rated_on=[moment.date() for moment in frame["rated_on"]],
                        **{name: frame[name].astype(float) for name in ("score", "scale_min", "scale_max")})


def _there(session: Session, model: type, key: int, what: str) -> None:
    if session.scalar(select(model.id).where(model.id == key, model.deleted_at.is_(None)).with_for_update()) is None:
        raise NotFound(f"This {what} is not there any more; look it up again.")


def _rated(session: Session, answer: SurveyAnswer) -> _Rated:
    code = session.scalar(select(Product.code).where(Product.id == answer.product_id))
    return _Rated(code, answer.score, f"{answer.scale_min:g} to {answer.scale_max:g}", answer.answered_at.date(), answer.comment)


def _note(session: Session, answer: SurveyAnswer, action: str, before: _Rated | None, after: _Rated | None) -> None:
    sides = [{} if side is None else vars(side) for side in (before, after)]
    changes = {name: (sides[0].get(name), sides[1].get(name)) for name in sides[0] | sides[1]}
    audit.record(session, "survey_answer", answer.id, action,
                 {name: pair for name, pair in changes.items() if pair[0] != pair[1]})
