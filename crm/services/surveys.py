"""What are customers asked? A survey is made, changed, opened, closed, copied, deleted and brought back.

What was answered keeps its own words and scales (crm.services.survey_answering), so that questions may change at any time.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd
from sqlalchemy import and_, case, func, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import Session

from crm.db import reads
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import (
    QUESTION_KINDS,
    SURVEY_STATUSES,
    ImportBatch,
    Survey,
    SurveyAnswer,
    SurveyInvitation,
    SurveyQuestion,
)
from crm.models.base import now
from crm.services import audit

NAME_LIMIT, TITLE_LIMIT, LABEL_LIMIT, ITEM_LIMIT = 200, 300, 100, 500  # characters
TEXT_LIMIT = 5_000  # of the intro and of the thanks; a customer reads no more
MOST_QUESTIONS = 60  # the longest published batteries have about fifty items
MOST_POINTS = 11  # 0 to 10; finer steps are not told apart by those who answer (Preston & Colman 2000)
FURTHEST_POINT = 100  # a scale is small numbers, such as -5 to 5
LONGEST_VALID_DAYS = 366
# The scale of each kind unless another is given, as each is usually asked.
SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7), "likert": (1, 5)}
COLUMNS = ("survey_id", "version", "name", "title", "status", "after_tickets", "valid_days", "questions", "invited", "answered",
           "last_answered_at")


@dataclass(frozen=True)
class Question:
    """One question. kind: csat, nps, ces, likert or comment; item: its words. Without a scale, the kind's usual one
    (SCALES) counts; a comment has none. `id` is given by the database: keep it when a question is changed, so that a form
    that a customer has open at this moment still fits."""

    kind: str
    item: str
    scale_min: float | None = None
    scale_max: float | None = None
    low_label: str | None = None
    high_label: str | None = None
    is_required: bool = True
    may_not_apply: bool = False
    id: int | None = None


@dataclass(frozen=True)
class SurveyDetails:
    """One survey. `invited`: customers asked, without those taken back; `answered`: forms filled in, by link or by hand."""

    id: int
    version: int
    name: str
    title: str
    intro: str | None
    thanks: str | None
    status: str
    after_tickets: bool
    valid_days: int
    questions: tuple[Question, ...]
    invited: int
    answered: int


def listing(session: Session) -> pd.DataFrame:
    """All surveys, the newest first: COLUMNS. `questions`, `invited` and `answered` are numbers; `title` is what customers
    read; last_answered_at NaT where nobody answered."""
    questions = dict(session.execute(select(SurveyQuestion.survey_id, func.count()).group_by(SurveyQuestion.survey_id)).all())
    invited, answered = _invited(session), _answered(session)
    rows = [(one.id, one.version, one.name, one.title, one.status, one.after_tickets, one.valid_days, questions.get(one.id, 0),
             invited.get(one.id, 0), *answered.get(one.id, (0, None)))
            for one in session.scalars(select(Survey).where(Survey.deleted_at.is_(None)).order_by(Survey.id.desc()))]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(last_answered_at=pd.to_datetime(frame["last_answered_at"]))


@reads("surveys")
def from_files(session: Session) -> pd.DataFrame:
    """Answers that no survey here asked for, by the file that brought them, the latest first: file, answers, last_answered_at."""
    rows = session.execute(
        select(func.coalesce(ImportBatch.file_name, ""), func.count(), func.max(SurveyAnswer.answered_at))
        .outerjoin(ImportBatch, ImportBatch.id == SurveyAnswer.import_batch_id).where(SurveyAnswer.survey_id.is_(None))
        .group_by(ImportBatch.id, ImportBatch.file_name).order_by(func.max(SurveyAnswer.answered_at).desc())).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["file", "answers", "last_answered_at"])
    return frame.assign(last_answered_at=pd.to_datetime(frame["last_answered_at"]))


def get(session: Session, survey_id: int) -> SurveyDetails:
    """Raises NotFound where there is none, or where it was deleted."""
    return _details(session, _existing(session, survey_id))


def after_tickets(session: Session) -> tuple[SurveyDetails, ...]:
    """The open surveys to be offered when a ticket is closed, the newest first."""
    found = session.scalars(select(Survey).where(Survey.deleted_at.is_(None), Survey.after_tickets.is_(True),
                                                 Survey.status == "open").order_by(Survey.id.desc()))
    return tuple(_details(session, one) for one in found.all())


def create(session: Session, *, name: str, title: str, questions: Sequence[Question], intro: str | None = None,
           thanks: str | None = None, valid_days: int = 30, after_tickets: bool = False) -> int:
    """Make a draft and return its id. title: what customers read at the top; name: the owner's own word.

    Raises InvalidInput, whose field is name, title, intro, thanks, valid_days, or questions (of number 3: questions.3).
    """
    clean = _clean(name=name, title=title, intro=intro, thanks=thanks, valid_days=valid_days)
    asked = checked(questions)
    survey = Survey(**clean, after_tickets=bool(after_tickets), status="draft")
    session.add(survey)
    session.flush()
    _write_questions(session, survey.id, asked)
    audit.record(session, "survey", survey.id, "created", {"name": (None, survey.name), "questions": (None, len(asked))})
    return survey.id


def update(session: Session, survey_id: int, *, version: int, **changes) -> int:
    """Change what is named of name, title, questions, intro, thanks, valid_days, after_tickets; the new version.

    Answers that are there keep the words and scales with which they were given; links that are out show the new questions.
    Raises Conflict where somebody changed it since `version`, NotFound, InvalidInput as `create` does.
    """
    survey = _existing(session, survey_id, version=version)
    before = _details(session, survey)
    unknown = sorted(set(changes) - {"name", "title", "questions", "intro", "thanks", "valid_days", "after_tickets"})
    if unknown:
        raise TypeError(f"A survey has no {', '.join(unknown)} to change.")
    clean = _clean(**{field: changes.get(field, getattr(before, field))
                      for field in ("name", "title", "intro", "thanks", "valid_days")})
    clean["after_tickets"] = bool(changes.get("after_tickets", before.after_tickets))
    asked = _numbered(checked(changes.get("questions", before.questions)), before.questions)
    differences = {field: (getattr(before, field), content) for field, content in clean.items()
                   if getattr(before, field) != content}
    if asked != before.questions:
        differences["questions"] = (_as_noted(before.questions), _as_noted(asked))
        _write_questions(session, survey_id, asked)
    if differences:
        for field, content in clean.items():
            setattr(survey, field, content)
        _touch(survey)
        session.flush()
        audit.record(session, "survey", survey_id, "updated", differences)
    return survey.version


def set_status(session: Session, survey_id: int, *, version: int, status: str) -> int:
    """Open it (customers can be asked and can answer), close it, or make it a draft again; the new version.

    Raises Conflict, NotFound, InvalidInput (a survey that somebody was asked by is no draft any more)."""
    if status not in SURVEY_STATUSES:
        raise InvalidInput(f"“{status}” is no state of a survey; choose one of {', '.join(SURVEY_STATUSES)}.", field="status")
    survey = _existing(session, survey_id, version=version)
    if survey.status == status:
        return survey.version
    if status == "draft" and (_invited(session, survey_id) or _answered(session, survey_id)):
        raise InvalidInput("Customers were asked by this survey already, so it cannot be a draft again. Close it instead.",
                           field="status")
    audit.record(session, "survey", survey_id, "updated", {"status": (survey.status, status)})
    survey.status = status
    _touch(survey)
    session.flush()
    return survey.version


def delete(session: Session, survey_id: int, *, version: int | None = None) -> None:
    """Hide the survey; its answers stay and count, its links say that it is over. `restore` brings it back.

    Raises NotFound, and Conflict where a version is given and somebody changed it since."""
    survey = _existing(session, survey_id, version=version)
    survey.deleted_at = now()
    _touch(survey)
    audit.record(session, "survey", survey_id, "deleted")
    session.flush()


def restore(session: Session, survey_id: int) -> None:
    """Bring a deleted one back as it was; one that is there stays as it is. Raises NotFound."""
    survey = session.get(Survey, int(survey_id), with_for_update=True, populate_existing=True)
    if survey is None:
        raise NotFound(f"There is no survey with the number {survey_id}.")
    if survey.deleted_at is not None:
        survey.deleted_at = None
        _touch(survey)
        audit.record(session, "survey", survey.id, "restored")
        session.flush()


def copy(session: Session, survey_id: int, name: str) -> int:
    """A draft with the same texts and questions under another name, and its id. Raises NotFound and InvalidInput."""
    one = get(session, survey_id)
    return create(session, name=name, title=one.title, questions=one.questions, intro=one.intro, thanks=one.thanks,
                  valid_days=one.valid_days, after_tickets=one.after_tickets)


def checked(questions: Sequence[Question]) -> tuple[Question, ...]:
    """The questions, tidied, each with its scale. Raises InvalidInput; its field is questions, or questions.3 for number 3."""
    if not questions:
        raise InvalidInput("A survey needs at least one question.", field="questions")
    if len(questions) > MOST_QUESTIONS:
        raise InvalidInput(f"{len(questions)} questions are more than anybody answers; at most {MOST_QUESTIONS} are allowed.",
                           field="questions")
    tidy = tuple(_checked_question(place, one) for place, one in enumerate(questions, start=1))
    seen: dict[str, int] = {}
    for place, one in enumerate(tidy, start=1):
        alike = one.item.casefold()
        if alike in seen:
            raise InvalidInput(f"Questions {seen[alike]} and {place} have the same words; their answers could not be told apart.",
                               field=f"questions.{place}")
        seen[alike] = place
    return tidy


def questions_of(session: Session, survey_id: int) -> tuple[Question, ...]:
    """The questions of a survey as they are asked today, in their order."""
    rows = session.scalars(select(SurveyQuestion).where(SurveyQuestion.survey_id == survey_id).order_by(
        SurveyQuestion.position, SurveyQuestion.id).execution_options(populate_existing=True))
    return tuple(Question(one.kind, one.item, one.scale_min, one.scale_max, one.low_label, one.high_label, one.is_required,
                          one.may_not_apply, one.id) for one in rows)


def _details(session: Session, survey: Survey) -> SurveyDetails:
    return SurveyDetails(survey.id, survey.version, survey.name, survey.title, survey.intro, survey.thanks, survey.status,
                         survey.after_tickets, survey.valid_days, questions_of(session, survey.id), _invited(session, survey.id).get(survey.id, 0),
                         _answered(session, survey.id).get(survey.id, (0, None))[0])


def _checked_question(place: int, given: Question) -> Question:
    field, item = f"questions.{place}", " ".join((given.item or "").split())
    if given.kind not in QUESTION_KINDS:
        raise InvalidInput(f"Question {place} is of no known kind; choose one of {', '.join(QUESTION_KINDS)}.", field=field)
    if not item:
        raise InvalidInput(f"Question {place} has no words; say what is asked.", field=field)
    if len(item) > ITEM_LIMIT:
        raise InvalidInput(f"Question {place} is {len(item):,} characters long; at most {ITEM_LIMIT} are allowed.", field=field)
    labels = [" ".join((label or "").split()) or None for label in (given.low_label, given.high_label)]
    if any(label is not None and len(label) > LABEL_LIMIT for label in labels):
        raise InvalidInput(f"The words for the ends of the scale of question {place} are too long; at most {LABEL_LIMIT} "
                           "characters are allowed.", field=field)
    if given.kind == "comment":
        return replace(given, item=item, scale_min=None, scale_max=None, low_label=None, high_label=None, may_not_apply=False,
                       is_required=bool(given.is_required))
    low, high = _checked_scale(place, given)
    return replace(given, item=item, scale_min=low, scale_max=high, low_label=labels[0], high_label=labels[1],
                   is_required=bool(given.is_required), may_not_apply=bool(given.may_not_apply))


def _checked_scale(place: int, given: Question) -> tuple[float, float]:
    field, usual = f"questions.{place}", SCALES[given.kind]
    ends = [usual[end] if one is None or one != one else float(one)
            for end, one in enumerate((given.scale_min, given.scale_max))]
    low, high = ends
    if given.kind == "nps" and (low, high) != (0, 10):
        raise InvalidInput(f"Question {place} asks for a recommendation (NPS), which is always answered from 0 to 10.", field=field)
    if not (low == low // 1 and high == high // 1 and max(abs(low), abs(high)) <= FURTHEST_POINT):
        raise InvalidInput(f"The scale of question {place} needs whole numbers between −{FURTHEST_POINT} and {FURTHEST_POINT}.",
                           field=field)
    if low >= high:
        raise InvalidInput(f"The scale of question {place} goes from {low:g} to {high:g}; the lowest score must be below the "
                           "highest.", field=field)
    if high - low + 1 > MOST_POINTS:
        raise InvalidInput(f"The scale of question {place} has {high - low + 1:g} points; nobody tells so many apart. Use at most "
                           f"{MOST_POINTS}, such as 0 to 10.", field=field)
    return float(low), float(high)


def _clean(*, name: str, title: str, intro: str | None, thanks: str | None, valid_days: int) -> dict:
    name, title = (" ".join((words or "").split()) for words in (name, title))
    intro, thanks = ((words or "").strip() or None for words in (intro, thanks))
    for field, words, limit, sentence in (("name", name, NAME_LIMIT, "Give the survey a name of your own for it."),
                                          ("title", title, TITLE_LIMIT, "Say what customers read at the top of the survey.")):
        if not words:
            raise InvalidInput(sentence, field=field)
        if len(words) > limit:
            raise InvalidInput(f"The {field} is {len(words):,} characters long; at most {limit} are allowed.", field=field)
    for field, words in (("intro", intro), ("thanks", thanks)):
        if words is not None and len(words) > TEXT_LIMIT:
            what = "introduction" if field == "intro" else "text of thanks"
            raise InvalidInput(f"The {what} is {len(words):,} characters long; at most {TEXT_LIMIT:,} are allowed.", field=field)
    if isinstance(valid_days, bool) or valid_days != int(valid_days) or not 1 <= valid_days <= LONGEST_VALID_DAYS:
        raise InvalidInput(f"A link can be used for {valid_days} days; choose 1 to {LONGEST_VALID_DAYS}.", field="valid_days")
    return {"name": name, "title": title, "intro": intro, "thanks": thanks, "valid_days": int(valid_days)}


def _numbered(asked: tuple[Question, ...], known: tuple[Question, ...]) -> tuple[Question, ...]:
    """The questions with the numbers they have already: by their own, else by kind and words."""
    ids, by_words = {one.id for one in known}, {(one.kind, one.item): one.id for one in known}
    taken: set[int] = set()
    for one in asked:
        if one.id in ids:
            taken.add(one.id)
    numbered, used = [], set()
    for one in asked:
        number = one.id if one.id in ids and one.id not in used else None
        if number is None:
            alike = by_words.get((one.kind, one.item))
            number = alike if alike is not None and alike not in taken | used else None
        if number is not None:
            used.add(number)
        numbered.append(replace(one, id=number))
    return tuple(numbered)


def _write_questions(session: Session, survey_id: int, asked: tuple[Question, ...]) -> None:
    kept = {one.id: one for one in session.scalars(select(SurveyQuestion).where(SurveyQuestion.survey_id == survey_id))}
    for place, one in enumerate(asked, start=1):
        contents = {name: content for name, content in asdict(one).items() if name != "id"} | {"position": place}
        if one.id in kept:
            for name, content in contents.items():
                setattr(kept[one.id], name, content)
        else:
            session.add(SurveyQuestion(survey_id=survey_id, **contents))
            session.flush()  # ids rise with the place
    session.flush()
    # At the end: SQLite gives a freed number away again, and a form that is open somewhere would answer another question.
    gone = sorted(set(kept) - {one.id for one in asked})
    if gone:
        session.execute(sql_delete(SurveyQuestion).where(SurveyQuestion.id.in_(gone)))


def _as_noted(asked: tuple[Question, ...]) -> list[str]:
    return [one.item if one.kind == "comment" else f"{one.item} ({one.kind}, {one.scale_min:g} to {one.scale_max:g})"
            for one in asked]


def _existing(session: Session, survey_id: int, *, version: int | None = None) -> Survey:
    survey = session.get(Survey, int(survey_id), with_for_update=version is not None, populate_existing=True)
    if survey is None or survey.deleted_at is not None:
        raise NotFound("This survey is not there any more; it may have been deleted in another window.")
    if version is not None and survey.version != version:
        raise Conflict("Somebody changed this survey in the meantime, perhaps you in another window. "
                       "Nothing was changed; look at it again.")
    return survey


def _touch(survey: Survey) -> None:
    survey.version += 1
    survey.updated_at = now()


def _invited(session: Session, survey_id: int | None = None) -> dict[int, int]:
    query = (select(SurveyInvitation.survey_id, func.count()).where(SurveyInvitation.deleted_at.is_(None))
             .group_by(SurveyInvitation.survey_id))
    if survey_id is not None:
        query = query.where(SurveyInvitation.survey_id == survey_id)
    return dict(session.execute(query).all())


def _answered(session: Session, survey_id: int | None = None) -> dict[int, tuple]:
    """{survey: (forms filled in, the last one's moment)}: by invitation, else by the form's own number."""
    answer = SurveyAnswer
    mine = answer.survey_id.is_not(None) if survey_id is None else answer.survey_id == survey_id
    free = and_(answer.invitation_id.is_(None), answer.response_code.is_(None))
    # As crm.frames.answers tells forms apart: a customer's answers of one moment are one, an anonymous one stands alone.
    parts = (answer.invitation_id, answer.response_code, case((free, answer.customer_id)), case((free, answer.answered_at)),
             case((and_(free, answer.customer_id.is_(None)), answer.id)))
    forms = (select(answer.survey_id, func.max(answer.answered_at).label("answered_at")).where(mine)
             .group_by(answer.survey_id, *parts)).subquery()
    return {one: (number, last) for one, number, last in session.execute(
        select(forms.c.survey_id, func.count(), func.max(forms.c.answered_at)).group_by(forms.c.survey_id))}
