"""Was this form sent already? A one-use token makes two clicks one."""

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.errors import AlreadyDone
from crm.models import Submission


def use(session: Session, token: str) -> None:
    """Spend the token in this transaction. Raises AlreadyDone when it was spent before; nothing is written then."""
    try:
        session.execute(insert(Submission).values(token=token))
    except IntegrityError:
        raise AlreadyDone("This was saved already.") from None
