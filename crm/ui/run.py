"""How does a page reach the records? Cached questions, fresh reads, and one road for every write."""

import secrets
from collections.abc import Callable
from contextlib import nullcontext

import streamlit as st

from crm import db
from crm.errors import AlreadyDone, CrmError, InvalidInput, NotEnoughData
from crm.services import submissions
from crm.ui import words

NAMES = {"own": "My company", "demo": "Demo company"}  # of the two workspaces, as the address holds them
LASTING = (NotEnoughData, InvalidInput)  # errors that stay the same as long as the data does
FAILED = object()  # what a command answers when its error has been shown


def current() -> db.Workspace:
    """The workspace of this session: the chosen one, else the owner's once begun, else the demo."""
    chosen = st.session_state.get("workspace")
    for key, name in NAMES.items():
        if chosen == name and (key == "demo" or db.is_begun(db.own())):
            return db.by_key(key)
    return db.default()


def cached(question: Callable, *, doing: str | None = None, **parameters):
    """The answer of `question(session, **parameters)`, kept until a table group in `question.reads` changes.

    `doing` is shown while it is computed. That there is not enough data, or a wrong choice, is an answer too and kept;
    any other failure, such as a database that does not answer, is asked again the next time.
    """
    workspace = current()
    with db.reading(workspace) as session:
        marks = db.revisions_of(session, question.reads)
    name = f"{question.__module__}.{question.__qualname__}"
    with st.spinner(doing, show_time=True) if doing else nullcontext():
        answer = _answer(name, workspace.url, marks, tuple(sorted(parameters.items())), question, workspace)
    if isinstance(answer, LASTING):
        raise answer
    return answer


def fresh(question: Callable, **parameters):
    """The answer of `question(session, **parameters)` as of this moment: lists and forms that are being edited."""
    with db.reading(current()) as session:
        return question(session, **parameters)


def later(question: Callable) -> Callable:
    """`question(session)` to be asked when the page is long drawn, in the workspace that is open now.

    A download is made outside the page's run, where nobody knows any more which workspace was chosen.
    """
    workspace = current()

    def ask():
        with db.reading(workspace) as session:
            return question(session)

    return ask


def command(service: Callable, *args, form: str | None = None, workspace: db.Workspace | None = None, **parameters):
    """Run `service(session, ...)` in one transaction and return its answer; show its error and return FAILED.

    `form` names the form whose one-use token goes with it: sent twice, it is done once.
    """
    one_use = token(form) if form is not None else None
    try:
        with db.transaction(workspace or current()) as session:
            if one_use is not None:
                submissions.use(session, one_use)
            answer = service(session, *args, **parameters)
    except AlreadyDone:
        return None
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        return FAILED
    if form is not None:
        renew(form)
    return answer


def token(form: str) -> str:
    """The form's token until it is saved; part of its widgets' keys, so that a saved form's late clicks go nowhere."""
    return st.session_state.setdefault(_token_key(form), secrets.token_hex(8))


def renew(form: str) -> None:
    """A new token: the form starts anew, its fields empty."""
    st.session_state[_token_key(form)] = secrets.token_hex(8)


def _token_key(form: str) -> str:
    # The same form of the other company is another form: number 7 is somebody else there.
    return f"token_{current().key}_{form}"


# 64 answers of some megabytes each stay well below server.maxCacheDataSize.
@st.cache_data(max_entries=64, show_spinner=False)
def _answer(name: str, url: str, marks: tuple[str, ...], parameters: tuple, _question, _workspace):
    try:
        with db.reading(_workspace) as session:
            return _question(session, **dict(parameters))
    except LASTING as error:
        return error
