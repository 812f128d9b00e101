"""How do customers reach their forms, and nothing else? /answer/<secret> on the owner's public host (CRM_PUBLIC_URL).

`Door` is the server's middleware: what comes in through the public host is answered here and never gets to the app; what comes
in otherwise gets to the app and finds no forms. Looking changes nothing (scanners of mail open every link); a form that is
sent is kept once. Only the owner's own company is answered from.
"""

import asyncio
import logging
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import anyio
import streamlit as st
from starlette.responses import HTMLResponse, RedirectResponse, Response

from crm import config, db
from crm.errors import CrmError, InvalidInput
from crm.services import settings, survey_answering
from crm.ui import answer_pages
from crm.ui.answer_hosts import PublicHost
from crm.ui.answer_limits import Allowance, address_of
from crm.ui.answer_words import ENGLISH

LARGEST_BODY = 2_000_000  # bytes: a hundred thousand characters of any script, and more than a form may keep
SLOWEST_BODY = 30  # seconds for all of it; a phone with one bar sends a form in five
MOST_FIELDS = 300  # of a form; a survey has at most 60
AT_ONCE = 4  # looked up or kept at the same time, so that the owner's own pages stay quick
MOST_INSIDE = 60  # requests in the making, with 2 MB of text each at the most; the next one is asked to come back
MOST_INSIDE_OF_ONE = 8  # of one address, so that nobody fills the door alone with forms that come in byte by byte
_PATH = re.compile(rb"/answer/([A-Za-z0-9_-]{16,128})(/thanks)?")
_HEADERS = {
    "content-security-policy": answer_pages.POLICY, "referrer-policy": "no-referrer", "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}


def link(secret: str) -> str:
    """The address to send to a customer. Raises InvalidInput with what is needed where there is no public address."""
    problem = why_no_links()
    if problem is not None:
        raise InvalidInput(problem)
    return f"{config.public_url()}/answer/{secret}"


def why_no_links() -> str | None:
    """What is needed before links can be sent, as a sentence; None: they can."""
    try:
        url = config.public_url()
    except config.WrongPublicUrl as error:
        return f"{error} Then start the app again."
    if url is None:
        return ("Personal links need an address that customers can reach: set CRM_PUBLIC_URL to the https address of your proxy, "
                "such as https://feedback.example, and start the app again. README.md says how.")
    return None


@dataclass
class Limits:
    """How much one address may ask for: pages, and links that lead nowhere. A proxy that does not tell who asks is given
    room for many."""

    pages: Allowance = field(default_factory=lambda: Allowance(60, 60))
    misses: Allowance = field(default_factory=lambda: Allowance(10, 3))
    pages_of_a_proxy: Allowance = field(default_factory=lambda: Allowance(300, 600))
    misses_of_a_proxy: Allowance = field(default_factory=lambda: Allowance(100, 60))


class Door:
    """ASGI middleware. Without CRM_PUBLIC_URL it lets everything pass."""

    def __init__(self, app, limits: Limits | None = None) -> None:
        self.app, self.limits = app, limits or Limits()
        self.address, self.public = _public()
        self.inside: Counter[str] = Counter()  # by address
        self.workers: anyio.CapacityLimiter | None = None  # made in the server's event loop

    async def __call__(self, scope, receive, send) -> None:
        if self.public is None or scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self.public.reached_by(scope):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: refused with 403
            else:
                await (await self._answer(scope, receive))(scope, receive, send)
        elif scope["type"] == "http" and _is_ours(scope):
            await _told(404, ENGLISH.elsewhere_title, ENGLISH.elsewhere.format(address=self.address) if self.address
                        else ENGLISH.no_door)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: dict, receive) -> Response:
        found = _PATH.fullmatch(scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape"))
        if found is None or self.public.name is None:
            return _told(404, ENGLISH.unknown_title, ENGLISH.unknown)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _told(405, ENGLISH.unreadable_title, ENGLISH.unreadable, headers={"allow": "GET, HEAD, POST"})
        address = address_of(scope)
        pages, misses = ((self.limits.pages_of_a_proxy, self.limits.misses_of_a_proxy) if address == "proxy"
                         else (self.limits.pages, self.limits.misses))
        wait = pages.take(address) or misses.take(address)
        if wait:
            return _busy(429, wait)
        if self.inside.total() >= MOST_INSIDE or (address != "proxy" and self.inside[address] >= MOST_INSIDE_OF_ONE):
            misses.give_back(address)
            return _busy(503, 10)
        self.inside[address] += 1
        try:
            answer, is_known = await self._turn(scope, receive, found[1].decode("ascii"), bool(found[2]))
        finally:
            self.inside[address] -= 1
            if not self.inside[address]:
                del self.inside[address]
        if is_known:
            misses.give_back(address)
        return answer

    async def _turn(self, scope: dict, receive, secret: str, is_thanks: bool) -> tuple[Response, bool]:
        """The answer, and whether the link leads somewhere (or nobody could tell)."""
        if scope["method"] != "POST":
            return await self._work(lambda: _look(secret, is_thanks), lambda: _trouble(None))
        try:
            fields = await _fields(scope, receive)
        except _Unreadable as error:
            return error.answer, True
        return await self._work(lambda: _take(secret, fields), lambda: _trouble(fields))

    async def _work(self, ask: Callable, otherwise: Callable) -> tuple[Response, bool]:
        if self.workers is None:
            self.workers = anyio.CapacityLimiter(AT_ONCE)
        try:
            return await anyio.to_thread.run_sync(ask, limiter=self.workers)
        except CrmError as error:
            logging.getLogger(__name__).warning("A customer's form could not be shown or kept: %s", error)
        except Exception as error:  # the customer's text must come back whatever broke; no text or secret goes into the log
            logging.getLogger(__name__).error("A customer's form met %s:\n%s", type(error).__name__,
                                              "".join(traceback.format_tb(error.__traceback__)))
        return otherwise(), True


class _Unreadable(Exception):
    """A body that is no form; `answer` says so."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def _public() -> tuple[str | None, PublicHost | None]:
    """The public address, and what counts as coming in through it; no public host at all without CRM_PUBLIC_URL."""
    allowed = tuple(st.get_option("server.allowedHosts") or ())
    try:
        url = config.public_url()
    except config.WrongPublicUrl as error:
        logging.getLogger(__name__).warning("%s", error)
        return None, PublicHost(None, allowed)  # a proxy may be there already: better nothing than everything
    return url, None if url is None else PublicHost(config.public_host(), allowed)


def _is_ours(scope: dict) -> bool:
    return scope["path"] == "/answer" or scope["path"].startswith("/answer/")


def _form(secret: str) -> survey_answering.Form:
    if not db.is_begun(db.own()):
        return survey_answering.Form("unknown")
    with db.reading(db.own()) as session:
        return survey_answering.read_form(session, secret, today=settings.today(session))


def _look(secret: str, is_thanks: bool) -> tuple[Response, bool]:
    """In a worker: the page behind a link."""
    form = _form(secret)
    if form.state == "open":
        return _page(200, answer_pages.form(form.survey, shown=int(time.time()))), True
    return _state(form, is_thanks=is_thanks), form.state != "unknown"


def _take(secret: str, fields: list[tuple[str, str]]) -> tuple[Response, bool]:
    """In a worker: keep what was sent, or say why not."""
    given, shown = _given(fields), _shown(fields)
    form = _form(secret)
    outcome = survey_answering.Outcome(False, form)
    if form.state in ("open", "answered"):  # looked at first: whoever guesses must not hold up those who write
        with db.transaction(db.own()) as session:
            moment = datetime.now(ZoneInfo(settings.company(session).time_zone)).replace(tzinfo=None)
            outcome = survey_answering.submit(session, secret, given=given, moment=moment, seconds_taken=time.time() - shown)
    if outcome.is_kept:
        # A page of its own, so that loading it again sends nothing again.
        return RedirectResponse(f"/answer/{secret}/thanks", status_code=303, headers=_HEADERS), True
    if outcome.form.state == "open":
        return _page(422, answer_pages.form(outcome.form.survey, shown=shown, given=given, problems=outcome.problems)), True
    return _state(outcome.form, written=_written(fields)), outcome.form.state != "unknown"


def _state(form: survey_answering.Form, *, is_thanks: bool = False, written: list[str] | None = None) -> Response:
    """What is said where there is nothing to fill in; `written`: what was sent and is not kept."""
    was_sent = written is not None
    if form.state == "answered" and is_thanks:
        return _told(200, ENGLISH.thanks_title, form.thanks or ENGLISH.thanks)
    if form.state == "answered":
        return _told(409 if was_sent else 200, ENGLISH.answered_title, ENGLISH.not_kept_twice if was_sent else ENGLISH.answered,
                     *([] if was_sent or not form.thanks else [form.thanks]), written=written)
    status, title, sentence = {
        "expired": (410, ENGLISH.expired_title, ENGLISH.expired), "closed": (410, ENGLISH.closed_title, ENGLISH.closed),
    }.get(form.state, (404, ENGLISH.unknown_title, ENGLISH.unknown))
    return _told(status, title, sentence, *([ENGLISH.not_kept] if was_sent else []), written=written)


async def _fields(scope: dict, receive) -> list[tuple[str, str]]:
    """The form that was sent, field by field. Raises _Unreadable."""
    headers = dict(scope["headers"])
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/x-www-form-urlencoded":
        raise _Unreadable(_told(415, ENGLISH.unreadable_title, ENGLISH.unreadable, headers={"connection": "close"}))
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit() or int(announced[:20]) > LARGEST_BODY:
        raise _Unreadable(_told(413, ENGLISH.too_large_title, ENGLISH.too_large, headers={"connection": "close"}))
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            is_more = True
            while is_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Unreadable(Response(status_code=400))
                body += message.get("body", b"")
                is_more = message.get("more_body", False)
                if len(body) > LARGEST_BODY:
                    raise _Unreadable(_told(413, ENGLISH.too_large_title, ENGLISH.too_large, headers={"connection": "close"}))
    except TimeoutError:
        raise _Unreadable(_told(408, ENGLISH.too_slow_title, ENGLISH.too_slow, headers={"connection": "close"})) from None
    try:
        return parse_qsl(bytes(body).decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace",
                         max_num_fields=MOST_FIELDS)
    except ValueError:
        raise _Unreadable(_told(400, ENGLISH.unreadable_title, ENGLISH.unreadable)) from None


def _given(fields: list[tuple[str, str]]) -> dict[int, str]:
    """{question: what was sent}; of a field that was sent twice, the first."""
    given: dict[int, str] = {}
    for name, content in fields:
        number = name.removeprefix(answer_pages.FIELD)
        if name != number and number.isascii() and number.isdigit() and len(number) <= 18:
            given.setdefault(int(number), content)
    return given


def _shown(fields: list[tuple[str, str]]) -> int:
    """The second at which the form says that it was shown; 0 where it does not."""
    text = next((content for name, content in fields if name == answer_pages.SHOWN), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def _written(fields: list[tuple[str, str]]) -> list[str]:
    """Texts, not points of scales: what somebody took pains with."""
    return [content for name, content in fields if name.startswith(answer_pages.FIELD) and len(content.strip()) > 3]


def _trouble(fields: list[tuple[str, str]] | None) -> Response:
    if fields is None:
        return _told(503, ENGLISH.trouble_title, ENGLISH.trouble_unsent, headers={"retry-after": "60"})
    ours = [(name, content) for name, content in fields if name.startswith(answer_pages.FIELD) or name == answer_pages.SHOWN]
    return _page(503, answer_pages.once_more(ours), headers={"retry-after": "60"})


def _busy(status: int, seconds: int) -> Response:
    return _told(status, ENGLISH.busy_title, ENGLISH.busy.format(seconds=seconds), headers={"retry-after": str(seconds),
                                                                                           "connection": "close"})


def _told(status: int, title: str, *sentences: str, written: list[str] | None = None, headers: dict | None = None) -> Response:
    return _page(status, answer_pages.told(title, *sentences, written=written), headers=headers)


def _page(status: int, html: str, headers: dict | None = None) -> Response:
    return HTMLResponse(html, status_code=status, headers=_HEADERS | (headers or {}))
