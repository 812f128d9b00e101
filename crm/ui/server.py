"""What does the server do besides pages: keep the public host to its forms, refuse foreign hosts, send safe headers,
compress, warm up?"""

import asyncio
import importlib
import logging
import threading
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from crm import db
from crm.errors import CrmError
from crm.ui import demo_company
from crm.ui.answer_door import Door

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    # Nothing is fetched from other hosts; Streamlit's and Plotly's own scripts need inline code, eval and blobs.
    b"content-security-policy": b"default-src 'self' blob: data:; script-src 'self' 'unsafe-inline' 'unsafe-eval' "
                                b"blob:; style-src 'self' 'unsafe-inline'; connect-src 'self' blob: data:; "
                                b"object-src 'none'; base-uri 'self'; frame-ancestors 'none'",
}
SLOW_IMPORTS = ("sklearn.linear_model", "sklearn.cluster", "scipy.stats", "plotly.graph_objects", "pyarrow.parquet")


class SafeHeaders:
    """Adds the headers above to every HTTP answer."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def send_with_headers(message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", [])}
                message["headers"] = [*message.get("headers", []),
                                      *((name, text) for name, text in HEADERS.items() if name not in given)]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def middleware() -> list[Middleware]:
    """In the order that a request meets them."""
    hosts = list(st.get_option("server.allowedHosts") or ["localhost", "127.0.0.1"])
    return [
        Middleware(SafeHeaders),
        Middleware(Door),  # before all that knows the app; its pages are not compressed, for they hold secrets and what was typed
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
    ]


@asynccontextmanager
async def lifespan(_app):
    """Start the slow first things beside the server, so that the first visitor finds them done."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    await asyncio.sleep(0)
    yield {}


def _warm_up() -> None:
    try:
        workspace = db.default()
        if workspace.exists:
            db.make_ready(workspace)
        else:
            demo_company.start().wait()  # before the imports: the visitor is waiting for it, too
    except CrmError as error:  # the page tells the visitor; the server must start all the same
        logging.getLogger(__name__).warning("%s", error)
    for name in SLOW_IMPORTS:
        importlib.import_module(name)
