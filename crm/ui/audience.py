"""Which customers are looked at? One control for every list: a saved segment, or a group of the newest saved result.

A page puts it among its controls and shows only the rows of those customers, also in its download:

    with controls:
        as_of = filters.as_of()
        chosen = audience.chosen(as_of=as_of)                  # None: all customers
    ...
    audience.note(chosen)                                      # says that the list is a part
    table = audience.rows_of(result.customers, chosen)         # or audience.part_of(result, chosen, "customers")

`choose` gives the bare ids. The choice is the same on every page and kept in the address. Do not hand the ids to
`run.cached`: a hundred thousand numbers as an argument are looked at each time. A job that needs them takes `among`, and is
asked by `audience.ask(job, chosen, as_of=..., ...)`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from crm.errors import CrmError
from crm.jobs import audiences
from crm.services import scores, segment_definitions, segments, settings
from crm.ui import definition_words, run, words

KEY = "only"  # of the control, and in the address
OF_LISTS = ("For the list of customers and its download; the other figures stay about all. Your saved segments, and the groups "
            "that were saved last on the Groups page.")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Audience:
    """The chosen customers: `customer_ids` sorted (int64); `definition` their rule, None for a snapshot; `question` what
    they are asked by; `problem` a sentence where they cannot be told, and then there are none."""

    name: str
    customer_ids: np.ndarray
    definition: dict | None
    question: dict
    problem: str | None = None

    def __repr__(self) -> str:
        """Short and telling: lists remember their place by it."""
        return f"Audience({self.question})"


def choose(*, key: str = KEY, as_of: date | None = None, width: int = 220) -> tuple[int, ...] | None:
    """The ids of the customers chosen, None where all are looked at; the control is drawn where there is a choice."""
    found = chosen(key=key, as_of=as_of, width=width)
    return None if found is None else tuple(found.customer_ids.tolist())


def chosen(*, key: str = KEY, as_of: date | None = None, width: int | str = 220,
           help: str = OF_LISTS) -> Audience | None:
    """The same with its name and its rule; `as_of` is the page's day, the workspace's own where none is given. help: what
    the choice changes on this page."""
    offered = _offered()
    wanted = st.session_state.get(key) or st.query_params.get(key)
    if wanted and wanted not in offered and st.session_state.get(f"{key}_gone") != wanted:
        st.session_state.pop(key, None)
        st.session_state[f"{key}_gone"] = wanted  # told once
        st.toast(f"“{words.plain(wanted)}” is not there any more; all customers are shown.", icon=":material/info:")
    if not offered:
        return None
    label = st.selectbox("Only these customers", list(offered), index=None, key=key, placeholder="All customers",
                         bind="query-params", width=width,
                         help=help)
    return None if label is None else _found(label, offered[label], as_of or run.fresh(settings.as_of))


def rows_of(table: pd.DataFrame, among: Audience | None) -> pd.DataFrame:
    """The table's rows of those customers; it has a column customer_id."""
    return table if among is None else table[table["customer_id"].isin(among.customer_ids)]


def part_of(result: Result, among: Audience | None, table: str) -> Result:
    """A result of an analysis with only their rows in one of its tables."""
    return result if among is None else replace(result, **{table: rows_of(getattr(result, table), among)})


def note(among: Audience | None) -> None:
    """That a list shows a part of the customers only, and which; nothing where it shows all."""
    if among is None:
        return
    if among.problem is not None:
        st.warning(words.plain(among.problem), icon=":material/filter_alt_off:")
        return
    people = definition_words.people(len(among.customer_ids))
    st.caption(f":material/filter_alt: Only customers in **{words.plain(among.name)}** ({people}).")


def ask(job: Callable, among: Audience | None, *, as_of: date, doing: str | None = None, **parameters):
    """The kept answer of a job that takes `among`, asked about all customers or about the chosen ones alone."""
    if among is None:
        return run.cached(job, as_of=as_of, doing=doing, **parameters)
    return run.cached(audiences.narrowed(job), as_of=as_of, doing=doing, **among.question, **parameters)


def mark(saved: segments.SavedSegment | None = None) -> str:
    """What answers about a segment are remembered by, beside the records: its version, the newest saved groups, for its
    rule may name one of these, and today's borders of the groups are part of the customers' records."""
    newest = run.fresh(scores.newest_run, analysis="segments")
    return f"{0 if saved is None else saved.version}-{newest or 0}"


def _offered() -> dict[str, segments.SavedSegment | str]:
    """What can be chosen, by the words it is offered with: segments first, then the saved groups."""
    offered = {saved.name: saved for saved in run.fresh(segments.listing, counted=False)}
    for group in run.fresh(scores.segments):
        offered.setdefault(f"Group: {group}", group)
    return offered


def _found(label: str, choice: segments.SavedSegment | str, as_of: date) -> Audience:
    if isinstance(choice, str):
        definition: dict | None = {"type": "filter", "segment": choice}
        ask, name, question = audiences.matching, choice, {
            "definition": segment_definitions.as_text(definition), "mark": mark()}
    else:
        definition = choice.definition if choice.kind == "rule" else None
        ask, name, question = audiences.members, label, {"segment_id": choice.id, "mark": mark(choice)}
    try:
        return Audience(name, run.cached(ask, as_of=as_of, doing="Looking for these customers", **question), definition,
                        question)
    except CrmError as error:
        # Better an empty list that says why than one of everybody.
        return Audience(name, np.array([], dtype="int64"), definition, question, str(error))
