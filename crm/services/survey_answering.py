"""What does a customer who was asked see, and how is the answer kept? By personal link or by hand, each form once.

How a form becomes rows of `survey_answers`: every scored question that was answered is a row with its words and scale of that
day; "does not apply" is a row without a score; what was left blank is no row. What is written under a comment question goes
with a score, so that it can be read beside it: with the question right above it where that asks for the whole (csat, nps,
ces), else with the form's first such question, else with its first scored one. Where no score was given at all, the comment is
a row of its own: the comment question's words, and no score on a scale from 1 to 5.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pandas as pd
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from crm.errors import InvalidInput, NotFound
from crm.models import Customer, Survey, SurveyAnswer, SurveyInvitation
from crm.models.base import now
from crm.services import audit, settings, surveys
from crm.services.survey_invitations import sha256
from crm.services.surveys import Question

COMMENT_LIMIT = 10_000  # characters; four pages
NOT_APPLICABLE = "na"  # what is given for "does not apply to me"
SOURCE = "survey"
LONGEST_FILLING = 4 * 3600  # seconds; whoever took longer did something else meanwhile
AGAIN_WITHIN = timedelta(minutes=2)
FIRST_DAY = date(1900, 1, 1)
WITHOUT_SCALE = (1.0, 5.0)  # of a comment that no score goes with; see above
MOST_LISTED = 500
FORM_COLUMNS = ("form", "customer_id", "name", "answered_at", "seconds_taken", "was_asked_by_link", "answers", "comment")
OVERALL = ("csat", "nps", "ces")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_POINT = re.compile(r"-?[0-9]{1,3}")
_TURNING = dict.fromkeys(map(ord, "\u202d\u202e"))  # they turn the text around them, in lists as well


@dataclass(frozen=True)
class Asked:
    """What the customer is asked: texts as they were written (never HTML), questions with their ids; `company` asks."""

    id: int
    title: str
    intro: str | None
    questions: tuple[Question, ...]
    company: str


@dataclass(frozen=True)
class Form:
    """What stands behind a link. state: open; answered; expired; closed (also where the survey or the customer is gone); unknown.
    `survey` where it is open; `thanks`: the owner's words where it is answered (None: no own words)."""

    state: str
    survey: Asked | None = None
    thanks: str | None = None


@dataclass(frozen=True)
class Problem:
    """Why a form was not taken. kind: missing; not_on_scale; too_long (`length` characters); nothing (no question answered at
    all, question_id 0)."""

    question_id: int
    kind: str
    length: int = 0


@dataclass(frozen=True)
class Outcome:
    """is_kept: the answer is kept now. Else `form` says what stands behind the link (not open: that is why) and `problems`
    what is to be mended, in the order of the questions."""

    is_kept: bool
    form: Form
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Read:
    """A form's content: (question, score or None for "does not apply"), comments, problems."""

    questions: tuple[Question, ...]
    scores: list[tuple[Question, float | None]] = field(default_factory=list)
    comments: list[tuple[Question, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_form(session: Session, secret: str, *, today: date) -> Form:
    """What stands behind a link on that day (of the workspace's time zone); changes nothing."""
    one = _by_secret(session, secret)
    return Form("unknown") if one is None else _form(session, one, today)


def submit(session: Session, secret: str, *, given: Mapping[int, str], moment: datetime, seconds_taken: float | None = None) -> Outcome:
    """Keep what a customer sent, once.

    given: {question id: what was sent: a point of the scale, "na", or the text}; other numbers are left aside. moment: now, in
    the workspace's time zone, without a zone. seconds_taken counts from 0 to four hours, else it is not known. The same form
    sent twice, as a double tap does, is kept once, and both are told that it is.
    """
    one = _by_secret(session, secret, lock=True)
    form = Form("unknown") if one is None else _form(session, one, moment.date())
    if form.state == "answered":
        return Outcome(_is_sent_again(session, one, given, moment), form)
    if form.state != "open":
        return Outcome(False, form)
    read = _read(form.survey.questions, given)
    if read.problems:
        return Outcome(False, form, tuple(read.problems))
    seconds = _plausible(seconds_taken)
    _keep(session, one.survey_id, read, customer_id=one.customer_id, answered_at=moment, seconds=seconds, invitation=one)
    thanks = session.scalar(select(Survey.thanks).where(Survey.id == one.survey_id))
    return Outcome(True, Form("answered", thanks=thanks))


def record(session: Session, *, survey_id: int, customer_id: int | None, given: Mapping[int, str], answered_at: datetime,
           invitation_id: int | None = None) -> str:
    """Keep an answer that came in another way, such as on paper; returns the form's number, for `take_back`.

    customer_id None: nobody knows whose it is. Where the customer was asked and has not answered, that asking is answered by
    it (invitation_id names one; else the newest asked by that day). answered_at: in the workspace's time zone, without a zone; midnight
    where only the day is known. Raises NotFound, and InvalidInput whose field is survey, answered_at, or the number of the
    question ("0": nothing was answered).
    """
    survey = session.scalar(select(Survey).where(Survey.id == int(survey_id), Survey.deleted_at.is_(None)))
    if survey is None:
        raise NotFound("This survey is not there any more; it may have been deleted in another window.")
    if survey.status == "draft":
        raise InvalidInput("This survey is a draft; open it before you note answers.", field="survey")
    last = settings.today(session)
    if not FIRST_DAY <= answered_at.date() <= last:
        raise InvalidInput(f"{answered_at.date()} cannot be the day of an answer; choose one from {FIRST_DAY} up to {last}.",
                           field="answered_at")
    if customer_id is not None and session.scalar(
            select(Customer.id).where(Customer.id == int(customer_id), Customer.deleted_at.is_(None))) is None:
        raise NotFound("This customer is not there any more; it may have been merged or deleted in another window.")
    invitation = _asked(session, survey.id, customer_id, invitation_id, answered_at)
    questions = surveys.questions_of(session, survey.id)
    read = _read(questions, given)
    if read.problems:
        raise _as_error(questions, read.problems[0])
    return _keep(session, survey.id, read, customer_id=customer_id if invitation is None else invitation.customer_id,
                 answered_at=answered_at, seconds=None, invitation=invitation)


def take_back(session: Session, form: str) -> int:
    """Remove a form that was kept here (`record` returned its number); who was asked can answer again. How many answers went.
    Raises NotFound."""
    mine = (SurveyAnswer.response_code == str(form), SurveyAnswer.source == SOURCE)
    found = session.execute(select(SurveyAnswer.survey_id, SurveyAnswer.invitation_id, func.count()).where(*mine)
                            .group_by(SurveyAnswer.survey_id, SurveyAnswer.invitation_id)).first()
    if found is None:
        raise NotFound("This answer is not there any more; it may have been taken back already.")
    survey_id, invitation_id, answers = found
    if invitation_id is not None:
        invitation = session.get(SurveyInvitation, invitation_id, with_for_update=True, populate_existing=True)
        invitation.answered_at = invitation.seconds_taken = None
        _touch(invitation)
    session.execute(delete(SurveyAnswer).where(*mine))
    audit.record(session, "survey", survey_id, "answer_taken_back", {"answers": (answers, None)})
    session.flush()
    return answers


def listing(session: Session, *, survey_id: int, limit: int = 50, offset: int = 0) -> pd.DataFrame:
    """The forms that were kept here, the newest first: FORM_COLUMNS; at most 500. customer_id 0 and name missing: nobody knows
    whose; was_asked_by_link: had a personal link; answers: to scored questions; comment: one of its texts (missing: none)."""
    query = (select(SurveyAnswer.response_code, func.coalesce(SurveyAnswer.customer_id, 0), Customer.name,
                    func.max(SurveyAnswer.answered_at), func.max(SurveyAnswer.seconds_taken),
                    func.max(SurveyInvitation.secret_sha256).is_not(None), func.count(SurveyAnswer.score),
                    func.max(SurveyAnswer.comment))
             .outerjoin(Customer, Customer.id == SurveyAnswer.customer_id)
             .outerjoin(SurveyInvitation, SurveyInvitation.id == SurveyAnswer.invitation_id)
             .where(SurveyAnswer.survey_id == survey_id, SurveyAnswer.source == SOURCE, SurveyAnswer.response_code.is_not(None))
             .group_by(SurveyAnswer.response_code, SurveyAnswer.customer_id, Customer.name)
             .order_by(func.max(SurveyAnswer.answered_at).desc(), func.max(SurveyAnswer.id).desc())
             .limit(min(int(limit), MOST_LISTED)).offset(int(offset)))
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(FORM_COLUMNS))
    return frame.assign(answered_at=pd.to_datetime(frame["answered_at"]), seconds_taken=frame["seconds_taken"].astype(float))


def clean_text(text: str) -> str:
    """As it is kept: line ends as \\n, no control characters; everything else, HTML too, is the customer's own text.

    >>> clean_text("  Good\\x00 \\r\\n<b>tea</b>\\t ")
    'Good \\n<b>tea</b>'
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TURNING)
    return "".join(sign for sign in plain if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()


def _by_secret(session: Session, secret: str, *, lock: bool = False) -> SurveyInvitation | None:
    if not _SECRET.fullmatch(secret or ""):
        return None
    query = select(SurveyInvitation).where(SurveyInvitation.secret_sha256 == sha256(secret)).execution_options(
        populate_existing=True)
    return session.scalar(query.with_for_update() if lock else query)


def _form(session: Session, one: SurveyInvitation, today: date) -> Form:
    if one.deleted_at is not None:
        return Form("unknown")
    survey = session.scalar(select(Survey).where(Survey.id == one.survey_id).execution_options(populate_existing=True))
    if one.answered_at is not None:
        return Form("answered", thanks=survey.thanks)
    is_there = session.scalar(select(Customer.id).where(Customer.id == one.customer_id, Customer.deleted_at.is_(None)))
    if survey.deleted_at is not None or survey.status != "open" or is_there is None:
        return Form("closed")
    if one.expires_on is not None and one.expires_on < today:
        return Form("expired")
    return Form("open", Asked(survey.id, survey.title, survey.intro, surveys.questions_of(session, survey.id),
                              settings.company(session).name))


def _is_sent_again(session: Session, one: SurveyInvitation, given: Mapping[int, str], moment: datetime) -> bool:
    """Whether just the same was kept a moment ago. Not later: whoever finds an old link must not find out what was answered."""
    if abs(moment - one.answered_at) > AGAIN_WITHIN:
        return False
    read = _read(surveys.questions_of(session, one.survey_id), given)
    kept = session.execute(select(SurveyAnswer.metric, SurveyAnswer.item, SurveyAnswer.score, SurveyAnswer.comment)
                           .where(SurveyAnswer.invitation_id == one.id))
    sent = {(row["metric"], row["item"], row["score"], row["comment"]) for row in _rows(read)}
    return not read.problems and sent == {tuple(row) for row in kept}


def _read(questions: tuple[Question, ...], given: Mapping[int, str]) -> _Read:
    read = _Read(questions)
    for one in questions:
        sent = given.get(one.id)
        text = "" if sent is None else clean_text(str(sent))
        if not text:
            if one.is_required:
                read.problems.append(Problem(one.id, "missing"))
        elif one.kind == "comment":
            if len(text) > COMMENT_LIMIT:
                read.problems.append(Problem(one.id, "too_long", len(text)))
            else:
                read.comments.append((one, text))
        elif text == NOT_APPLICABLE and one.may_not_apply:
            read.scores.append((one, None))
        elif _POINT.fullmatch(text) and one.scale_min <= int(text) <= one.scale_max:
            read.scores.append((one, float(text)))
        else:
            read.problems.append(Problem(one.id, "not_on_scale"))
    if not read.problems and not read.scores and not read.comments:
        read.problems.append(Problem(0, "nothing"))
    return read


def _keep(session: Session, survey_id: int, read: _Read, *, customer_id: int | None, answered_at: datetime,
          seconds: float | None, invitation: SurveyInvitation | None) -> str:
    if invitation is not None:
        # A clock that was set back must not make an answer come before its question.
        answered_at = max(answered_at, invitation.invited_at)
        invitation.answered_at, invitation.seconds_taken = answered_at, seconds
        _touch(invitation)
    form = secrets.token_hex(8)
    shared = {"customer_id": customer_id, "survey_id": survey_id, "source": SOURCE, "response_code": form,
              "invitation_id": None if invitation is None else invitation.id,
              "ticket_id": None if invitation is None else invitation.ticket_id, "answered_at": answered_at,
              "seconds_taken": seconds}
    rows = _rows(read)
    session.execute(insert(SurveyAnswer), [shared | row for row in rows])
    # Which scores and texts were given stays out of the audit: it is for what the owner did.
    audit.record(session, "survey" if invitation is None else "survey_invitation",
                 survey_id if invitation is None else invitation.id, "answered", {"answers": (None, len(rows))})
    session.flush()
    return form


def _rows(read: _Read) -> list[dict]:
    rows = {one.id: {"metric": one.kind, "item": one.item, "score": score, "scale_min": one.scale_min,
                     "scale_max": one.scale_max, "comment": None} for one, score in read.scores}
    texts: dict[int, list[tuple[Question, str]]] = {}
    for one, text in read.comments:
        beside = _beside(read, one)
        if beside is None:
            rows[one.id] = {"metric": "likert", "item": one.item, "score": None, "scale_min": WITHOUT_SCALE[0],
                            "scale_max": WITHOUT_SCALE[1], "comment": text}
        else:
            texts.setdefault(beside.id, []).append((one, text))
    for question_id, written in texts.items():
        # Two texts with one score: each under its question's words, or nobody could tell what was asked.
        rows[question_id]["comment"] = written[0][1] if len(written) == 1 else "\n\n".join(
            f"{one.item}\n{text}" for one, text in written)
    return list(rows.values())


def _beside(read: _Read, comment: Question) -> Question | None:
    """The scored question that a comment goes with, None without any score."""
    scored = {one.id: one for one, score in read.scores if score is not None}
    place = read.questions.index(comment)
    above = scored.get(read.questions[place - 1].id) if place else None
    if above is not None and above.kind in OVERALL:
        return above
    return next((one for one in scored.values() if one.kind in OVERALL), next(iter(scored.values()), None))


def _asked(session: Session, survey_id: int, customer_id: int | None, invitation_id: int | None,
           answered_at: datetime) -> SurveyInvitation | None:
    """The asking that an answer by hand answers, locked."""
    there = (SurveyInvitation.survey_id == survey_id, SurveyInvitation.deleted_at.is_(None))
    if invitation_id is None:
        if customer_id is None:
            return None
        # Often only the day of the answer is known: what was asked on that day was asked before.
        day_after = datetime.combine(answered_at.date() + timedelta(days=1), time())
        return session.scalar(
            select(SurveyInvitation).where(*there, SurveyInvitation.customer_id == int(customer_id),
                                           SurveyInvitation.answered_at.is_(None), SurveyInvitation.invited_at < day_after)
            .order_by(SurveyInvitation.invited_at.desc(), SurveyInvitation.id.desc()).limit(1)
            .with_for_update().execution_options(populate_existing=True))
    found = session.scalar(select(SurveyInvitation).where(*there, SurveyInvitation.id == int(invitation_id)).with_for_update()
                           .execution_options(populate_existing=True))
    if found is None or (customer_id is not None and found.customer_id != customer_id):
        raise NotFound("This customer was not asked by this survey, or that was taken back.")
    if found.answered_at is not None:
        raise InvalidInput("This customer has answered this asking already.")
    if answered_at.date() < found.invited_at.date():
        raise InvalidInput(f"The customer was asked on {found.invited_at.date()} and cannot have answered before.",
                           field="answered_at")
    return found


def _as_error(questions: tuple[Question, ...], problem: Problem) -> InvalidInput:
    """The owner is told the first problem."""
    if problem.kind == "nothing":
        return InvalidInput("No question is answered yet.", field="0")
    place, one = next((place, one) for place, one in enumerate(questions, start=1) if one.id == problem.question_id)
    sentence = {
        "missing": f"Question {place} (“{one.item}”) needs an answer.",
        "too_long": f"The comment at question {place} is {problem.length:,} characters long; at most {COMMENT_LIMIT:,} are "
                    "allowed.",
    }.get(problem.kind) or f"The answer to question {place} (“{one.item}”) is not on its scale from {one.scale_min:g} to {one.scale_max:g}."
    return InvalidInput(sentence, field=str(one.id))


def _plausible(seconds: float | None) -> float | None:
    """The form says itself when it was shown, and can say anything."""
    return float(seconds) if seconds is not None and 0 < seconds <= LONGEST_FILLING else None


def _touch(one: SurveyInvitation) -> None:
    one.version += 1
    one.updated_at = now()
