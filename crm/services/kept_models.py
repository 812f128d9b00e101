"""How are trained models kept: named, promoted to be the one in use, deleted and brought back?

What a model is made of travels as bytes (crm.jobs.kept_models makes and reads them); this module never looks into them.
Keeping or promoting one makes no cached answer stale: who asks for an answer of a model names its id.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import PURPOSES, TrainedModel
from crm.models.base import now
from crm.services import audit
from crm.services.json_content import plain
from crm.services.search import fold

NAME_LIMIT = 80  # characters: what a list of choices shows in one line
SIZE_LIMIT = 24 * 2**20  # bytes; written as hexadecimal digits it fits a line of an exported workspace


@dataclass(frozen=True)
class KeptModel:
    """One kept model. `as_of`: the last day that counted when it was trained; `horizon_days`: how far it looks ahead (None
    where that has no meaning); `quality`: figures on the later time of its test; `size_bytes`: of its content."""

    id: int
    version: int
    name: str
    purpose: str
    method: str
    horizon_days: int | None
    as_of: date
    parameters: dict
    quality: dict
    about: dict
    versions: dict
    is_promoted: bool
    created_at: datetime
    size_bytes: int


def keep(session: Session, *, name: str, purpose: str, method: str, horizon_days: int | None, as_of: date,
         content: bytes, parameters: dict | None = None, quality: dict | None = None, about: dict | None = None,
         versions: dict | None = None) -> int:
    """Keep a model under a name of its own and return its id; it is used once it is promoted.

    Raises InvalidInput for an empty name, one that another model has, an unknown purpose, or too large a content.
    """
    one_at_a_time(session, "kept models")
    if purpose not in PURPOSES:
        raise InvalidInput(f"“{purpose}” is nothing that models are kept for; choose one of {', '.join(PURPOSES)}.",
                           field="purpose")
    if not content:
        raise InvalidInput("There is no model to be kept; train one first.", field="content")
    if len(content) > SIZE_LIMIT:
        raise InvalidInput(f"This model takes {len(content) / 2**20:,.0f} MB; at most {SIZE_LIMIT / 2**20:,.0f} MB are kept. "
                           "Train one with fewer or shallower trees.", field="content")
    model = TrainedModel(
        name=_name(session, name), purpose=purpose, method=method, horizon_days=horizon_days, as_of=as_of,
        content=bytes(content), **{field: plain(given or {}) for field, given in (
            ("parameters", parameters), ("quality", quality), ("about", about), ("versions", versions))})
    session.add(model)
    session.flush()
    audit.record(session, "trained_model", model.id, "created", {
        "name": (None, model.name), "purpose": (None, purpose), "method": (None, method), "as_of": (None, as_of)})
    return model.id


def listing(session: Session, *, purpose: str | None = None) -> list[KeptModel]:
    """All that are kept, of one purpose or of all: the one in use first, then the newest."""
    wanted = [] if purpose is None else [TrainedModel.purpose == purpose]
    return _read(session, *wanted)


def get(session: Session, model_id: int) -> KeptModel:
    """The kept model. Raises NotFound where there is none, or it was deleted."""
    found = _read(session, TrainedModel.id == model_id)
    if not found:
        raise _gone()
    return found[0]


def promoted(session: Session, purpose: str) -> KeptModel | None:
    """The model in use for this purpose; None where none was promoted."""
    found = _read(session, TrainedModel.purpose == purpose, TrainedModel.is_promoted)
    return found[0] if found else None


def content(session: Session, model_id: int) -> bytes:
    """What the model is made of. Raises NotFound."""
    found = session.scalar(select(TrainedModel.content).where(TrainedModel.id == model_id, TrainedModel.deleted_at.is_(None)))
    if found is None:
        raise _gone()
    return bytes(found)


def rename(session: Session, model_id: int, *, version: int, name: str) -> int:
    """Give it another name; returns the new version. Raises Conflict, NotFound, InvalidInput."""
    one_at_a_time(session, "kept models")
    model = _existing(session, model_id, version=version)
    clean = _name(session, name, model_id)
    if clean != model.name:
        audit.record(session, "trained_model", model_id, "updated", {"name": (model.name, clean)})
        model.name = clean
        _touch(model)
    return model.version


def promote(session: Session, model_id: int, *, version: int) -> int:
    """From now on this one is used for its purpose, and no other; returns the new version. Raises Conflict, NotFound."""
    one_at_a_time(session, "kept models")
    model = _existing(session, model_id, version=version)
    if model.is_promoted:
        return model.version
    for other in session.scalars(select(TrainedModel).where(
            TrainedModel.purpose == model.purpose, TrainedModel.is_promoted, TrainedModel.deleted_at.is_(None))
            .with_for_update().execution_options(populate_existing=True)).all():
        _withdraw(session, other)
    session.flush()  # the former one first: the database allows one at a time
    model.is_promoted = True
    _touch(model)
    audit.record(session, "trained_model", model_id, "promoted", {"is_promoted": (False, True)})
    return model.version


def withdraw(session: Session, model_id: int, *, version: int) -> int:
    """It is in use no longer, and no other takes its place; returns the new version. Raises Conflict, NotFound."""
    one_at_a_time(session, "kept models")
    model = _existing(session, model_id, version=version)
    if model.is_promoted:
        _withdraw(session, model)
    return model.version


def delete(session: Session, model_id: int, *, version: int) -> None:
    """Take it out of the lists and out of use; `restore` brings it back. Its name is free from now on. What it scored
    stays with the customers."""
    one_at_a_time(session, "kept models")
    model = _existing(session, model_id, version=version)
    if model.is_promoted:
        _withdraw(session, model)
    model.deleted_at = now()
    _touch(model)
    audit.record(session, "trained_model", model_id, "deleted")


def restore(session: Session, model_id: int) -> None:
    """Bring a deleted one back, not in use; one that is there stays as it is. Raises InvalidInput where its name was given
    anew, NotFound."""
    one_at_a_time(session, "kept models")
    model = session.get(TrainedModel, model_id, with_for_update=True, populate_existing=True)
    if model is None:
        raise _gone()
    if model.deleted_at is not None:
        _check_name(session, model.name, model_id)
        model.deleted_at = None
        _touch(model)
        audit.record(session, "trained_model", model_id, "restored")


_FIELDS = ("id", "version", "name", "purpose", "method", "horizon_days", "as_of", "parameters", "quality", "about",
           "versions", "is_promoted", "created_at")


def _read(session: Session, *conditions) -> list[KeptModel]:
    session.flush()  # what was just written is read past the session's objects
    query = (select(*(getattr(TrainedModel, name) for name in _FIELDS), func.length(TrainedModel.content))
             .where(TrainedModel.deleted_at.is_(None), *conditions)
             .order_by(TrainedModel.is_promoted.desc(), TrainedModel.created_at.desc(), TrainedModel.id.desc()))
    return [KeptModel(*row) for row in session.execute(query)]


def _existing(session: Session, model_id: int, *, version: int) -> TrainedModel:
    model = session.get(TrainedModel, model_id, with_for_update=True, populate_existing=True)
    if model is None or model.deleted_at is not None:
        raise _gone()
    if model.version != version:
        raise Conflict("Somebody changed this model in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the models as they are now and choose again.")
    return model


def _withdraw(session: Session, model: TrainedModel) -> None:
    model.is_promoted = False
    _touch(model)
    audit.record(session, "trained_model", model.id, "withdrawn", {"is_promoted": (True, False)})


def _name(session: Session, name: str, model_id: int | None = None) -> str:
    clean = " ".join((name or "").split())
    if not clean:
        raise InvalidInput("Give the model a name.", field="name")
    if len(clean) > NAME_LIMIT:
        raise InvalidInput(f"The name is {len(clean)} characters long; at most {NAME_LIMIT} are allowed.", field="name")
    _check_name(session, clean, model_id)
    return clean


def _check_name(session: Session, name: str, model_id: int | None) -> None:
    # Names are compared as people compare them; databases fold ASCII only, and there are not many.
    rows = session.execute(select(TrainedModel.id, TrainedModel.name).where(TrainedModel.deleted_at.is_(None)))
    if any(fold(taken) == fold(name) and other_id != model_id for other_id, taken in rows):
        raise InvalidInput(f"There is a model named “{name}” already; choose another name.", field="name")


def _touch(model: TrainedModel) -> None:
    model.version += 1
    model.updated_at = now()


def _gone() -> NotFound:
    return NotFound("This model is not there any more; it may have been deleted in another window.")
