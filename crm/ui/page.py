"""What do all pages share? A question as title, an answer below it, advice where data is short, the method at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm.errors import CrmError, InvalidInput, NotEnoughData
from crm.services import export
from crm.ui import run, words
from crm.ui.menu import file

# The forms of crm.services.export as they are offered, what most people need first.
FORMATS = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet", "csv_plain": "CSV for other programs"}


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
def advice(*, bring_in: bool = True) -> Iterator[None]:
    """Show what an analysis lacks as advice, with the way to `bring_in` more, and any other expected error as a sentence."""
    try:
        yield
    except NotEnoughData as error:
        st.info(words.plain(error), icon=":material/lightbulb:")
        if bring_in:
            st.page_link(file("data"), label="Bring in more data", icon=":material/upload_file:")
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
             label: str = "Download table", whole: str | None = None) -> None:
    """The table as CSV, and beside it the other formats; `question(session)` is asked only when somebody wants it.

    `whole` names a table of crm.services.export that can be had beside what is shown, all of it.
    """
    stem = file_name.removesuffix(".csv")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        download_as("csv", question, name=stem, key=key, label=label)
        with st.popover("Other formats", type="tertiary", key=f"{key}_formats"):
            for form, words_of_it in list(FORMATS.items())[1:]:
                download_as(form, question, name=stem, key=f"{key}_{form}", label=words_of_it)
            if whole is not None:
                st.caption("The whole table, with all columns")
                for form, words_of_it in FORMATS.items():
                    download_as(form, lambda session: export.table(session, whole), name=whole,
                                key=f"{key}_whole_{form}", label=words_of_it)


def download_as(form: str, question: Callable[[Session], pd.DataFrame], *, name: str, key: str, label: str,
                disabled: bool = False) -> None:
    """One button that downloads `question(session)` in one of FORMATS, made when it is clicked."""
    kind = export.FORMS[form]
    st.download_button(label, data=run.later(lambda session: _content(session, question, form)),
                       file_name=name + kind.ending, mime=kind.mime, key=key, icon=":material/download:",
                       on_click="ignore", disabled=disabled)


def _content(session: Session, question: Callable[[Session], pd.DataFrame], form: str) -> bytes:
    table = question(session)
    try:
        return export.as_file(table, form)
    except InvalidInput as error:
        # A download is made outside the page, where no sentence can be shown: it goes where the user will look.
        return export.as_file(pd.DataFrame({"Not in this file": [str(error)]}), form)


def link(page: str, label: str, *, icon: str | None = None, query: dict | None = None) -> None:
    """A link to another page of pages/, by its file's name."""
    st.page_link(file(page), label=label, icon=icon, query_params=query)


def go_to(page: str, **query: str) -> None:
    """Open another page of pages/; never call it inside a transaction."""
    st.switch_page(file(page), query_params=query)

