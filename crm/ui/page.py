"""What do all pages share? A question as title, an answer below it, advice where data is short, the method at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm.errors import CrmError, NotEnoughData
from crm.services import export
from crm.ui import run, words
from crm.ui.menu import file


def question(text: str) -> None:
    """The page's question, as its title."""
    st.header(text, anchor=False)


def answer(text: str) -> None:
    """One sentence that answers it; every name in it written by `words.plain`, every amount by `amount`."""
    st.markdown(text)


def amount(value: float | None, currency: str) -> str:
    """Money inside a sentence: a dollar sign would start a formula there."""
    return words.money(value, currency).replace("$", r"\$")


@contextmanager
def advice() -> Iterator[None]:
    """Show what an analysis lacks as advice, and any other expected error as a sentence."""
    try:
        yield
    except NotEnoughData as error:
        st.info(words.plain(error), icon=":material/lightbulb:")
        st.page_link(file("data"), label="Bring in more data",
                     icon=":material/upload_file:")
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")


@contextmanager
def card(title: str | None = None, *, key: str | None = None) -> Iterator[None]:
    """A bordered box with its title."""
    with st.container(border=True, key=key):
        if title:
            st.subheader(title, anchor=False)
        yield


def controls():
    """A row for the few choices that change the answer and, at its end, the one action; entered with `with`."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="medium")


@contextmanager
def explanation(key: str) -> Iterator[None]:
    """"How this is computed", closed at first."""
    with st.expander("How this is computed", icon=":material/function:", key=key):
        yield


def download(question: Callable[[Session], pd.DataFrame], *, file_name: str, key: str,
             label: str = "Download table") -> None:
    """The whole table as CSV; `question(session)` is asked only when somebody wants it."""
    content = run.later(lambda session: export.csv_bytes(question(session)))
    st.download_button(label, data=content, file_name=file_name, mime="text/csv", key=key, icon=":material/download:",
                       on_click="ignore")


def link(page: str, label: str, *, icon: str | None = None, query: dict | None = None) -> None:
    """A link to another page of pages/, by its file's name."""
    st.page_link(file(page), label=label, icon=icon, query_params=query)


def go_to(page: str, **query: str) -> None:
    """Open another page of pages/; never call it inside a transaction."""
    st.switch_page(file(page), query_params=query)

