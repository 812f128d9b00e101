"""A customer opens a personal link on a phone, without JavaScript; and what strangers try at the public host of a real server."""

import json
import os
import re
import shutil
import socket
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from crm import db
from crm.models import SurveyAnswer
from crm.services import customers, settings, survey_invitations, surveys
from crm.services.surveys import Question
from tests.browser.conftest import FLAGS, Server, sync_api

pytestmark = pytest.mark.xdist_group("browser")
PUBLIC = "feedback.example"
ITEMS = ("The shop is easy to find one's way in.", "Delivery was quick.", "The packaging keeps tea fresh.")
MAPPED = [*FLAGS, f"--host-resolver-rules=MAP {PUBLIC} 127.0.0.1", "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A server with a public host, a survey and ways to ask and look."""
    folder = tmp_path_factory.mktemp("answers")
    before = {name: os.environ.get(name) for name in ("CRM_DATA_DIR", "CRM_PUBLIC_URL")}
    os.environ |= {"CRM_DATA_DIR": str(folder), "CRM_PUBLIC_URL": f"https://{PUBLIC}"}
    with db.transaction(db.own()) as session:
        settings.save_company(session, name="Lantern & Loom", currency="EUR", time_zone="Europe/Berlin")
        customers.create(session, name="Ada", email="ada@example.org")
        surveys.create(session, name="Spring", title="How was your order?", intro="Two minutes, eight questions at most.\nNobody else reads it.",
                       thanks="Thank you, that helps a lot.", questions=[
                           Question("nps", "How likely is it that you recommend us to a friend?", low_label="not at all", high_label="certainly"),
                           Question("comment", "Why did you choose this number?", is_required=False),
                           Question("csat", "How content are you with the delivery?", low_label="not at all", high_label="very", may_not_apply=True),
                           *(Question("likert", item, low_label="disagree", high_label="agree", is_required=False) for item in ITEMS)])
        surveys.set_status(session, 1, version=1, status="open")
    server = Server(folder)

    def link() -> str:
        moment = datetime.now() - timedelta(days=1)
        with db.transaction(db.own()) as session:
            for number in session.scalars(select(survey_invitations.SurveyInvitation.id).where(
                    survey_invitations.SurveyInvitation.answered_at.is_(None))).all():
                survey_invitations.take_back(session, number)
            asked = survey_invitations.invite(session, survey_id=1, customer_ids=[1], today=moment.date(), invited_at=moment)
        return f"/answer/{asked.invitations['secret'].item()}"

    def kept() -> list[tuple]:
        with db.reading(db.own()) as session:
            return [tuple(row) for row in session.execute(select(SurveyAnswer.metric, SurveyAnswer.score, SurveyAnswer.comment).order_by(SurveyAnswer.id))]

    yield SimpleNamespace(port=server.port, link=link, kept=kept, log=lambda: (folder / "server.log").read_text())
    server.stop()
    db.dispose(db.own())
    for name, text in before.items():
        os.environ.pop(name) if text is None else os.environ.update({name: text})


@pytest.fixture(scope="module")
def phone():
    with sync_api.sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        try:
            opened = playwright.chromium.launch(executable_path=found, args=MAPPED)
        except sync_api.Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"There is no Chromium that starts here: {str(error).splitlines()[0]}")
        context = opened.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False, is_mobile=True, has_touch=True,
                                     device_scale_factor=2)
        yield context
        opened.close()


def test_a_customer_answers_on_a_phone_without_javascript(shop, phone, tmp_path):
    window, fetched = phone.new_page(), []
    window.on("request", lambda request: fetched.append(request.url))
    window.goto(f"http://{PUBLIC}:{shop.port}{shop.link()}")
    pictures = os.environ.get("CRM_TEST_PICTURES")

    def look(name: str) -> None:
        assert window.evaluate("document.documentElement.scrollWidth") <= 390  # nothing to scroll sideways
        if pictures:
            window.screenshot(path=f"{pictures}/{name}.png", full_page=True)

    assert "How was your order?" in window.inner_text("h1") and window.locator("script").count() == 0
    assert window.evaluate("getComputedStyle(document.querySelector('.points')).display") == "grid"  # its own policy lets its style through
    boxes = [one.bounding_box() for one in window.locator(".point, .other, button").all()]
    assert min(box["height"] for box in boxes) >= 44 and min(box["width"] for box in boxes) >= 44
    look("form")
    window.get_by_role("button", name="Send").tap()
    sync_api.expect(window.locator(".summary")).to_contain_text("2 questions still need you")
    assert window.evaluate("document.activeElement.className") == "summary"  # a reader of screens hears it first
    look("missing")
    window.fill("textarea", "好茶 & <b>good</b> tea")
    window.get_by_role("group", name=re.compile("recommend")).get_by_label("10", exact=True).check()
    window.get_by_role("button", name="Send").tap()
    sync_api.expect(window.locator(".summary")).to_contain_text("One question still needs you")
    assert window.get_by_role("group", name=re.compile("recommend")).get_by_label("10", exact=True).is_checked()
    window.get_by_label("Does not apply to me").check()
    window.get_by_role("group", name=re.compile("quick")).get_by_label("4", exact=True).check()
    look("filled")
    window.get_by_role("button", name="Send").tap()
    sync_api.expect(window.locator("main")).to_contain_text("that helps a lot")
    assert window.url.endswith("/thanks")
    look("thanks")
    window.reload()
    assert shop.kept() == [("nps", 10, "好茶 & <b>good</b> tea"), ("csat", None, None), ("likert", 4, None)]
    assert all(url.startswith(f"http://{PUBLIC}:{shop.port}/") for url in fetched)
    if pictures:
        window.emulate_media(color_scheme="dark")
        window.goto(f"http://{PUBLIC}:{shop.port}{shop.link()}")
        look("dark")
    window.goto(f"http://{PUBLIC}:{shop.port}/customers")
    assert "nothing at this address" in window.inner_text("h1")
    window.close()


def say(shop, *portions: bytes, until_closed: bool = True) -> bytes:
    """What the server answers to exactly these bytes."""
    with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as wire:
        answer = b""
        try:
            for one in portions:
                wire.sendall(one)
            while (until_closed or b"\r\n\r\n" not in answer) and (part := wire.recv(65536)):
                answer += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # it does not read what it has refused
        return answer


def request(path: str, *headers: str, host: str = PUBLIC, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_the_public_host_of_a_real_server_shows_nothing_else(shop):
    secret = shop.link().rpartition("/")[2]
    forwarded = "X-Forwarded-For: 203.0.113.9"
    for path in ("/", "/customers", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/static/", "//answer/x", f"//answer/{secret}",
                 f"/answer%2f{secret}", f"/answer/{secret}/../../customers", f"/answer/{secret}%2f..", f"/%61nswer/{secret}", "/..%2f..%2fcrm.db",
                 f"http://localhost/answer/{secret}", "/favicon.ico", "/robots.txt"):
        for told in (request(path), request(path, forwarded, host="localhost"), request(path, f"X-Forwarded-Host: {PUBLIC}", host=f"localhost:{shop.port}")):
            answer = say(shop, told)
            assert status(answer) == 404 and b"streamlit" not in answer.lower(), told
    for told in (request(f"/answer/{secret}"), request(f"/answer/{secret}", forwarded, host="localhost")):
        answer = say(shop, told)
        assert status(answer) == 200 and b"content-security-policy: default-src 'none'" in answer and b"set-cookie" not in answer.lower()
        assert answer.lower().count(b"content-security-policy") == 1 and b"content-encoding" not in answer.lower()
    assert b"streamlit" in say(shop, request("/", host="localhost")).lower()
    assert status(say(shop, request("/", host="evil.example"))) == 400
    assert status(say(shop, request("/", "Host: localhost"))) in (400, 404)  # two hosts


def test_websockets_through_the_public_host_of_a_real_server_are_refused(shop):
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==", "Sec-WebSocket-Version: 13")

    def shake_hands(host: str, *headers: str) -> bytes:
        told = request("/_stcore/stream", *upgrade, *headers, host=host).replace(b"Connection: close", b"Connection: Upgrade")
        return say(shop, told, until_closed=False).split(b"\r\n")[0]

    own = f"localhost:{shop.port}"
    assert b" 101 " in shake_hands(own, f"Origin: http://{own}")
    assert b" 403 " in shake_hands(PUBLIC, f"Origin: https://{PUBLIC}")
    assert b" 403 " in shake_hands(own, f"Origin: https://{PUBLIC}")
    assert b" 403 " in shake_hands(own, f"Origin: http://{own}", "X-Forwarded-For: 203.0.113.9")
    assert b" 403 " in shake_hands(own, f"Origin: http://{own}", f"Forwarded: host={PUBLIC}")


def test_guessing_is_slowed_down_by_the_address_that_the_proxy_noted(shop):
    path = shop.link()

    def guess(noted: str, to: str) -> int:
        return status(say(shop, request(to, f"X-Forwarded-For: {noted}")))

    # What a stranger writes before the proxy's own note does not make it another address.
    guesses = [guess(f"10.0.0.{number}, 198.51.100.7", f"/answer/{'A' * 41}{number:02}") for number in range(12)]
    assert guesses[:10] == [404] * 10 and 429 in guesses[10:]
    assert guess("198.51.100.8", path) == 200


def test_huge_and_malformed_bodies_are_refused_by_a_real_server(shop):
    path, before = shop.link(), shop.kept()
    form = "Content-Type: application/x-www-form-urlencoded"
    assert status(say(shop, request(path, form, "Content-Length: 3000000", method="POST"), b"q1=" + b"x" * 10_000)) == 413
    chunk = b"186a0\r\n" + b"x" * 100_000 + b"\r\n"
    chunked = say(shop, request(path, form, "Transfer-Encoding: chunked", method="POST"), *[chunk] * 25, b"0\r\n\r\n")
    assert not chunked or status(chunked) == 413
    assert status(say(shop, request(path, "Content-Type: multipart/form-data; boundary=x", "Content-Length: 2", method="POST"), b"--")) == 415
    assert shop.kept() == before and path.rpartition("/")[2] not in shop.log()
    body = json.dumps({"q1": 9}).encode()
    assert status(say(shop, request(path, form, f"Content-Length: {len(body)}", method="POST"), body)) == 422
