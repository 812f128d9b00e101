"""The server itself: this machine only, no foreign host, safe headers, no details to strangers."""

import socket
import urllib.error
import urllib.request

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("browser")
ROUTES = ["/", "/customers", "/_stcore/health", "/_stcore/host-config", "/nothing/there"]


def ask(server, route: str, **headers: str):
    try:
        return urllib.request.urlopen(urllib.request.Request(server.address + route, headers=headers), timeout=20)
    except urllib.error.HTTPError as error:
        return error


@pytest.mark.parametrize("route", ROUTES)
def test_a_foreign_host_is_refused_on_every_route(server, route):
    assert ask(server, route, Host="evil.example").status == 400


@pytest.mark.parametrize("route", ROUTES)
def test_its_own_names_are_served_with_safe_headers(server, route):
    answer = ask(server, route, Host=f"localhost:{server.port}")
    assert answer.status in (200, 404)
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_websocket_of_a_foreign_host_is_refused(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(b"GET /_stcore/stream HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        assert b" 101 " not in wire.recv(200).split(b"\r\n")[0]


def test_it_listens_on_this_machine_only():
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    assert 'address = "127.0.0.1"' in config and "gatherUsageStats = false" in config
    assert 'showErrorDetails = "none"' in config


def test_large_answers_are_compressed(server):
    assert ask(server, "/", **{"Accept-Encoding": "gzip"}).headers.get("content-encoding") == "gzip"
