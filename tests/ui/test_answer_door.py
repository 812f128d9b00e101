"""The door for customers' answers: the public host shows forms and nothing else, whatever is tried; nothing typed is lost."""

import asyncio
import html
import logging
import re
import threading
from datetime import datetime, timedelta
from types import SimpleNamespace
from urllib.parse import unquote, urlencode

import pytest
from sqlalchemy import func, select

from crm import config, db
from crm.errors import CrmError, InvalidInput
from crm.models import SurveyAnswer
from crm.services import customers, settings, survey_answering, survey_invitations, surveys
from crm.services.surveys import Question
from crm.ui import answer_door, answer_limits
from crm.ui.answer_hosts import PublicHost

PUBLIC = "feedback.example"
LOCAL = ("127.0.0.1", 50000)
SCRIPT = '<script>alert("x")</script>'
FORM = {"q1": "9", "q2": "Good tea", "q3": "4"}


@pytest.fixture
def shop(tmp_path, monkeypatch, empty_file):
    """The owner's company with an open survey; `link()` asks its customer and returns the path of the form."""
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CRM_PUBLIC_URL", f"https://{PUBLIC}")
    (tmp_path / "crm.db").write_bytes(empty_file.read_bytes())
    with db.transaction(db.own()) as session:
        settings.save_company(session, name=f"Tea {SCRIPT}", currency="EUR", time_zone="Europe/Berlin")
        customers.create(session, name=f"Ada {SCRIPT}")
        surveys.create(session, name="Spring", title=f"How was it? {SCRIPT}", intro=f"Be frank.\n{SCRIPT}", thanks=f"Thanks {SCRIPT}", questions=[
            Question("nps", f"Recommend? {SCRIPT}", low_label=f"no {SCRIPT}", high_label="yes"),
            Question("comment", f"Why? {SCRIPT}", is_required=False), Question("csat", "Delivery?", may_not_apply=True)])
        surveys.set_status(session, 1, version=1, status="open")
    yield SimpleNamespace(link=link)
    db.dispose(db.own())


def link() -> str:
    moment = datetime.now() - timedelta(days=1)
    with db.transaction(db.own()) as session:
        for number in session.scalars(select(survey_invitations.SurveyInvitation.id).where(
                survey_invitations.SurveyInvitation.answered_at.is_(None))).all():
            survey_invitations.take_back(session, number)
        asked = survey_invitations.invite(session, survey_id=1, customer_ids=[1], today=moment.date(), invited_at=moment)
    return answer_door.link(asked.invitations["secret"].item()).removeprefix(f"https://{PUBLIC}")


class Asked:
    """What was answered."""

    def __init__(self, messages: list[dict]) -> None:
        self.messages = messages
        start = messages[0]
        self.status = start.get("status")
        self.headers = {name.decode(): text.decode() for name, text in start.get("headers", [])}
        self.body = b"".join(one.get("body", b"") for one in messages).decode()
        self.text = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", self.body, flags=re.S))


async def app(scope, receive, send) -> None:
    """Stands for the whole app behind the door."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"THE APP"})


def door(**limits) -> answer_door.Door:
    return answer_door.Door(app, answer_door.Limits(**limits))


async def call(one: answer_door.Door, path="/", method="GET", *, headers=(), body: bytes | list[bytes] = b"", kind="http",
               host: str | None = PUBLIC, client=LOCAL, length=True) -> Asked:
    portions = [body] if isinstance(body, bytes) else list(body)
    named = [(b"host", host.encode())] if host is not None else []
    named += [(name.lower().encode(), text.encode("latin-1")) for name, text in headers]
    if method == "POST":
        named += [(b"content-type", b"application/x-www-form-urlencoded")] if not any(n == b"content-type" for n, _ in named) else []
        named += [(b"content-length", str(sum(map(len, portions))).encode())] if length else []
    messages = []
    incoming = iter([{"type": "websocket.connect"}] if kind == "websocket" else [
        {"type": "http.request", "body": part, "more_body": place < len(portions) - 1} for place, part in enumerate(portions)])

    async def receive():
        found = next(incoming, None)
        if found is None:
            await asyncio.sleep(3600)
        return found

    async def send(message) -> None:
        messages.append(message)

    raw = path.partition("?")[0].encode("latin-1")
    await one({"type": kind, "method": method, "path": unquote(raw.decode("latin-1")), "raw_path": raw, "query_string": b"", "headers": named,
               "client": client, "http_version": "1.1"}, receive, send)
    return Asked(messages)


def ask(path="/", method="GET", *, one: answer_door.Door | None = None, **more) -> Asked:
    return asyncio.run(call(one or door(), path, method, **more))


def post(path, given=FORM, **more) -> Asked:
    return ask(path, "POST", body=urlencode(given).encode(), **more)


def kept() -> int:
    with db.reading(db.own()) as session:
        return session.scalar(select(func.count()).select_from(SurveyAnswer))


# Who comes through the public host

FORWARDED = [("X-Forwarded-For", "203.0.113.9")]


@pytest.mark.parametrize(("host", "headers", "is_public"), [
    (PUBLIC, [], True), (f"{PUBLIC.upper()}:8443", [], True), (f"{PUBLIC}.", [], True),
    ("localhost:8501", [], False), ("127.0.0.1:8501", [], False), ("[::1]:8501", [], False),
    ("localhost:8501", FORWARDED, True), ("127.0.0.1", [("Forwarded", "for=1.2.3.4;host=x.example")], True),
    ("localhost", [("CF-Connecting-IP", "1.2.3.4")], True), ("localhost", [("Via", "1.1 proxy")], True),
    ("localhost", [("X-Real-IP", "1.2.3.4")], True), ("localhost", [("X-Forwarded-Proto", "https")], True),
    ("localhost", [("X-Forwarded-Host", PUBLIC)], True), ("crm.lan", [("X-Forwarded-Host", f"a.example, {PUBLIC}:443")], True),
    ("crm.lan", [("Forwarded", f'for=1.2.3.4;Host="{PUBLIC.title()}"')], True),
    ("crm.lan", [("Origin", f"https://{PUBLIC}")], True), ("localhost:8501", [("Origin", f"https://{PUBLIC}")], True),
    ("localhost:8501", [("Origin", "http://localhost:8501")], False), ("localhost", [("Origin", "null")], False),
    ("crm.lan", FORWARDED, False), ("crm.lan:80", [], False), ("x.home.lan", FORWARDED, False), ("other.lan", FORWARDED, True),
    ("crm.lan", [("Host", PUBLIC)], True), ("localhost", [("Host", "localhost")], True),
    (f"localhost@{PUBLIC}", [], True), (f"{PUBLIC} ", [], True), (None, FORWARDED, True), (None, [], False), ("", [], True),
    ("localhost\t", FORWARDED, True), ("münchen", [], True),
])
def test_the_public_host_is_known_by_any_sign(host, headers, is_public):
    scope = {"headers": ([(b"host", host.encode("utf-8"))] if host is not None else [])
             + [(name.lower().encode(), text.encode()) for name, text in headers]}
    assert PublicHost(PUBLIC, ("localhost", "127.0.0.1", "crm.lan", "*.home.lan")).reached_by(scope) is is_public


def test_an_allowance_for_every_host_names_none():
    scope = {"headers": [(b"host", b"crm.lan"), (b"x-forwarded-for", b"1.2.3.4")]}
    assert PublicHost(PUBLIC, ("*",)).reached_by(scope)


OTHER_PATHS = [
    "/", "/customers", "/_stcore/health", "/_stcore/stream", "/_stcore/upload_file/a/b", "/static/index.js", "/media/x.csv", "/answer",
    "/answer/", "/answer/x", "//answer/{s}", "/answer//{s}", "/answer/{s}/", "/answer/{s}/../../customers", "/answer/{s}%2f..%2f..",
    "/answer/%2e%2e/customers", "/answer%2f{s}", "/%61nswer/{s}", "/answer/{s}%00", "/answer/{s}%0a", "/Answer/{s}", "/answer/{s}.",
    "http://localhost/answer/{s}", "/answer/{s}/thanks/x", "/answer/" + "A" * 200, "*", "/answer\\{s}", "/answer/{s};x"]


def test_the_public_host_reaches_nothing_but_forms(shop):
    secret = shop.link().rpartition("/")[2]
    for path in OTHER_PATHS:
        for host, headers in ((PUBLIC, []), ("localhost", FORWARDED)):
            for method in ("GET", "POST", "OPTIONS"):
                found = ask(path.replace("{s}", secret), method, host=host, headers=headers)
                assert found.status == 404 and "THE APP" not in found.body, (path, host, method)
                assert found.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/_stcore/stream", "/answer/" + "A" * 43, "/"])
def test_websockets_through_the_public_host_are_refused(monkeypatch, path):
    monkeypatch.setenv("CRM_PUBLIC_URL", f"https://{PUBLIC}")
    assert ask(path, kind="websocket").messages == [{"type": "websocket.close", "code": 1008}]
    assert ask(path, kind="websocket", host="localhost", headers=FORWARDED).messages[0]["type"] == "websocket.close"
    assert ask(path, kind="websocket", host="localhost").messages == [{"type": "websocket.accept"}]


def test_other_hosts_get_the_app_and_no_forms(shop):
    assert ask("/customers", host="localhost:8501").body == "THE APP"
    found = ask(shop.link(), host="localhost:8501")
    assert found.status == 404 and PUBLIC in found.text and "Recommend" not in found.text


def test_without_a_public_address_there_is_no_door(shop, monkeypatch):
    path = shop.link()
    monkeypatch.delenv("CRM_PUBLIC_URL")
    assert ask(path).body == "THE APP"  # whose server refuses the foreign host, as ever
    with pytest.raises(InvalidInput, match="CRM_PUBLIC_URL"):
        answer_door.link("x")


def test_a_wrong_public_address_closes_the_door_and_keeps_proxies_from_the_app(shop, monkeypatch, caplog):
    path = shop.link()
    monkeypatch.setenv("CRM_PUBLIC_URL", f"http://{PUBLIC}")
    found = ask(path, host="localhost", headers=FORWARDED)
    assert found.status == 404 and "THE APP" not in found.body and "https://" in caplog.text
    assert ask("/", host="localhost").body == "THE APP"
    assert "https://" in answer_door.why_no_links()


@pytest.mark.parametrize(("url", "public"), [
    ("https://feedback.example", "https://feedback.example"), (" https://Feedback.Example.:443/ ", "https://feedback.example"),
    ("https://feedback.example:8443", "https://feedback.example:8443"), ("https://müsli.example", "https://xn--msli-0ra.example"),
    ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"), ("", None)])
def test_a_public_address_is_a_host(monkeypatch, url, public):
    monkeypatch.setenv("CRM_PUBLIC_URL", url)
    assert config.public_url() == public


@pytest.mark.parametrize("url", [
    "http://a.example", "feedback.example", "https://", "https://a.example/x", "https://a.example?", "https://a.example#", "https://u:secret@a.example",
    "https://a.example:99999", "https://a b.example", "https://*.example", "https://localhost", "https://127.0.0.1:8501", "https://[::1]", "https://0.0.0.0",
    "https://127.1", "https://app.localhost", "https://a.example\\@b.example", "ftp://a.example", "https://" + "a" * 64 + ".example"])
def test_what_is_no_public_address_is_told_without_repeating_it(monkeypatch, url):
    monkeypatch.setenv("CRM_PUBLIC_URL", url)
    with pytest.raises(config.WrongPublicUrl, match="^CRM_PUBLIC_URL ") as wrong:
        config.public_url()
    assert "secret" not in str(wrong.value)


# The form

def test_a_form_is_shown_sent_and_thanked_for_once(shop):
    path = shop.link()
    for _ in range(3):  # scanners of mail open links
        found = ask(path)
        assert found.status == 200 and ask(path, "HEAD").status == 200
    assert kept() == 0
    sent = post(path, FORM | {"shown": re.search(r'name="shown" value="(\d+)"', found.body)[1]})
    assert sent.status == 303 and sent.headers["location"] == f"{path}/thanks"
    assert "Thanks <script>" in ask(f"{path}/thanks").text
    again = post(path, FORM | {"q2": "Something else"})
    assert again.status == 409 and "the first answer counts" in again.text and "Something else" in again.text
    assert "used already" in ask(path).text and kept() == 2
    with db.reading(db.own()) as session:
        row = session.execute(select(SurveyAnswer.comment, SurveyAnswer.seconds_taken).where(SurveyAnswer.metric == "nps")).one()
    assert row.comment == "Good tea" and 0 < row.seconds_taken < 120


def test_nothing_that_is_written_becomes_html(shop):
    path = shop.link()
    bodies = [ask(path).body, post(path, {"q1": SCRIPT, "q2": SCRIPT + "</textarea>", "q3": '"><b>'}).body,
              post(path, FORM).body, ask(f"{path}/thanks").body, post(path, {"q2": SCRIPT}).body, ask(path).body]
    for body in bodies:
        assert "<script" not in body and "</textarea></textarea>" not in body and "<b>" not in body
    assert html.escape(SCRIPT) in bodies[0] and html.escape(SCRIPT) in bodies[1]


def test_no_page_runs_anything_sets_a_cookie_or_fetches(shop):
    path = shop.link()
    for found in (ask(path), post(path, {}), post(path), ask(f"{path}/thanks"), ask("/nothing")):
        assert "set-cookie" not in found.headers and found.headers["cache-control"] == "no-store"
        assert found.headers["referrer-policy"] == "no-referrer" and "noindex" in found.headers["x-robots-tag"]
        policy = found.headers["content-security-policy"]
        assert "unsafe" not in policy and all(part in policy for part in ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"))
        assert not re.search(r"\b(src|href)=\"(?!#)|\bon[a-z]+=|style=", found.body)


def test_what_is_missing_is_told_at_its_question_and_all_that_was_sent_stays(shop):
    path = shop.link()
    found = post(path, {"q1": "", "q2": "x" * 10_001, "q3": "na", "shown": "1700000000", "q99": "stray", "junk": "1"})
    assert found.status == 422 and "2 questions still need you" in found.text
    assert 'href="#f1"' in found.body and 'href="#f2"' in found.body and "autofocus" in found.body
    assert "Please choose an answer" in found.text and "10,001 characters" in found.text and "x" * 10_001 in found.body
    assert 'value="na" checked' in found.body and 'name="shown" value="1700000000"' in found.body
    assert kept() == 0


def test_a_comment_begins_as_it_was_typed_when_it_comes_back(shop):
    found = post(shop.link(), {"q2": "\n  indented"})
    assert re.search(r"<textarea[^>]*>\n\n  indented</textarea>", found.body)


def test_forged_expired_and_closed_links_show_no_survey_and_keep_nothing(shop):
    forged = "/answer/" + "A" * 43
    assert ask(forged).status == 404 and post(forged).status == 404
    path = shop.link()
    with db.transaction(db.own()) as session:
        surveys.set_status(session, 1, version=2, status="closed")
    found = post(path, {"q1": "9", "q2": "A long complaint", "q3": "4"})
    assert found.status == 410 and "was not kept" in found.text and "A long complaint" in found.text
    assert ask(path).status == 410 and kept() == 0 and "Recommend" not in ask(path).text


def test_only_the_owners_company_answers(shop, monkeypatch, tmp_path):
    path = shop.link()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path / "elsewhere"))
    assert ask(path).status == 404 and post(path).status == 404
    assert not list((tmp_path / "elsewhere").iterdir())  # and no company is begun by asking


def test_two_posts_at_once_are_one_answer(shop):
    path, one = shop.link(), door()

    async def both() -> list[int]:
        return sorted([found.status for found in await asyncio.gather(*(
            call(one, path, "POST", body=urlencode(FORM | {"q1": str(score)}).encode()) for score in (1, 2, 2, 2)))])

    assert asyncio.run(both()) in ([303, 303, 303, 409], [303, 409, 409, 409])  # a double tap is told twice that it is kept
    assert kept() == 2


# Bodies

def test_only_forms_of_a_sensible_size_are_read(shop, monkeypatch):
    path = shop.link()
    assert post(path, {"q1": "9", "q2": "茶" * 100_000, "q3": "4"}).status == 422  # told, and all of it there again
    assert ask(path, "POST", body=b"x" * 2_000_001).status == 413
    assert ask(path, "POST", body=[b"x" * 1_000_000] * 3, length=False).status == 413  # however it is announced
    assert ask(path, "POST", length=False, headers=[("Content-Length", "9" * 30)]).status == 413
    assert ask(path, "POST", length=False, headers=[("Content-Length", "-1")]).status == 413
    for kind in ("multipart/form-data; boundary=x", "application/json", "text/plain"):
        assert ask(path, "POST", body=urlencode(FORM).encode(), headers=[("Content-Type", kind)]).status == 415
    assert ask(path, "POST", body=b"&".join(b"q1=9" for _ in range(1000))).status == 400
    assert ask(path, "POST", body=b"q1=\xff\xfe%ff%00&q2=%f0%9f&=&&%&q" + b"9" * 5000 + b"=1").status == 422
    assert ask(path, "PUT").status == 405 and ask(path, "DELETE").status == 405
    monkeypatch.setattr(answer_door, "SLOWEST_BODY", 0.05)
    assert ask(path, "POST", body=[], length=False).status == 408
    assert kept() == 0 and post(path).status == 303


def test_slow_bodies_of_one_address_leave_room_for_others(shop, monkeypatch):
    path, one = shop.link(), door()
    monkeypatch.setattr(answer_door, "SLOWEST_BODY", 0.5)

    async def crowd() -> tuple[list[int], int]:
        slow = [asyncio.create_task(call(one, path, "POST", body=[], length=False, client=("203.0.113.5", 1))) for _ in range(12)]
        await asyncio.sleep(0.05)
        other = await call(one, path, client=("203.0.113.6", 1))
        return sorted([found.status for found in await asyncio.gather(*slow)]), other.status

    assert asyncio.run(crowd()) == ([408] * 8 + [503] * 4, 200)
    assert not one.inside


def test_when_the_database_does_not_answer_the_form_comes_back_ready_to_be_sent(shop, monkeypatch, caplog):
    path = shop.link()
    for trouble in (CrmError("The database did not answer."), RuntimeError("secret words of a customer")):
        with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
            broken.setattr(survey_answering, "submit", lambda *_, _trouble=trouble, **__: (_ for _ in ()).throw(_trouble))
            found = post(path, FORM | {"q2": "Kept\n<b>safe</b>", "shown": "5"})
        assert found.status == 503 and "&lt;b&gt;safe" in found.body and 'name="q1">\n9<' in found.body
    assert "secret words" not in caplog.text and path.rpartition("/")[2] not in caplog.text
    assert post(path).status == 303


# How much one visitor may ask for

def test_an_address_that_asks_too_much_waits_and_others_do_not(shop):
    path = shop.link()
    one = door(pages=answer_limits.Allowance(5, 6))
    first = [ask(path, one=one, client=("203.0.113.5", 1)).status for _ in range(7)]
    assert first == [200] * 5 + [429] * 2
    found = ask(path, one=one, client=("203.0.113.5", 1))
    assert 1 <= int(found.headers["retry-after"]) <= 10 and found.headers["retry-after"] in found.text
    assert ask(path, one=one, client=("203.0.113.6", 1)).status == 200


def test_who_guesses_links_is_stopped_sooner_than_who_uses_one(shop):
    path, one = shop.link(), door(misses=answer_limits.Allowance(3, 1))
    peer = {"one": one, "client": ("203.0.113.5", 1)}
    assert [ask(path, **peer).status for _ in range(9)] == [200] * 9
    assert [ask(f"/answer/{'A' * 42}{n}", **peer).status for n in range(5)] == [404] * 3 + [429] * 2


def test_addresses_are_counted_in_little_memory_and_allowances_come_back():
    clock = SimpleNamespace(now=0.0)
    allowance = answer_limits.Allowance(2, 60, lambda: clock.now)
    assert [allowance.take("a") for _ in range(3)] == [0, 0, 1]
    clock.now = 1.0
    assert [allowance.take("a") for _ in range(2)] == [0, 1]
    for number in range(answer_limits.MOST_ADDRESSES + 10):
        allowance.take(str(number))
    assert len(allowance.left) == answer_limits.MOST_ADDRESSES
    clock.now = 1e6
    assert [allowance.take("5000") for _ in range(3)] == [0, 0, 1]  # never more than the burst


@pytest.mark.parametrize(("peer", "noted", "address"), [
    ("203.0.113.5", "1.2.3.4", "203.0.113.5"),  # who is no proxy of ours can note what it likes
    ("127.0.0.1", "9.9.9.9, 203.0.113.7", "203.0.113.7"), ("::1", "203.0.113.7:555", "203.0.113.7"),
    ("127.0.0.1", "203.0.113.7, junk", "proxy"), ("127.0.0.1", "", "proxy"), ("127.0.0.1", "127.0.0.1", "proxy"),
    ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"), ("127.0.0.1", "[2001:db8:1:2:ffff::1]:80", "2001:db8:1:2::/64"),
    ("::ffff:203.0.113.5", "", "203.0.113.5"), ("junk", "", "proxy")])
def test_who_asks_is_the_last_that_our_own_proxy_noted(peer, noted, address):
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", noted.encode())] if noted else []}
    assert answer_limits.address_of(scope) == address


def test_the_work_leaves_the_event_loop_free(shop, monkeypatch):
    path, one, let_go = shop.link(), door(), threading.Event()
    real = survey_answering.read_form
    monkeypatch.setattr(survey_answering, "read_form", lambda *a, **k: let_go.wait(10) and real(*a, **k))

    async def both() -> tuple[int, int]:
        waiting = asyncio.create_task(call(one, path))
        await asyncio.sleep(0.02)
        meanwhile = await call(one, "/customers", host="localhost")
        let_go.set()
        return meanwhile.status, (await waiting).status

    assert asyncio.run(both()) == (200, 200)
