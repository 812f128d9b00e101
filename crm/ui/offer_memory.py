"""What is kept in memory so that offers come at once? What was learned, for the two that were asked for last.

A model of four thousand products holds tens of megabytes: shared by all sessions and never changed, instead of copied with every
redraw. It is keyed by the revisions of what it was learned from, so it is never stale.
"""

import json
from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from crm import db
from crm.analytics.recommendations.judging import Comparison
from crm.errors import NotEnoughData
from crm.jobs import recommendations as jobs
from crm.jobs.recommendations import Known, Learned
from crm.services import offer_settings, offers, segments
from crm.services.offer_settings import OfferSettings
from crm.ui import audience, run


@dataclass(frozen=True, eq=False)
class Answer:
    """What a page shows lists from. mark: equal ones answer alike; never: what was dismissed (customer_id, product_id)."""

    learned: Learned
    settings: OfferSettings
    never: pd.DataFrame
    mark: tuple

    @property
    def lists_mark(self) -> tuple:
        """The same for lists, which follow what was dismissed and how the owner wants them."""
        told = int(pd.util.hash_pandas_object(self.never, index=False).sum()) if len(self.never) else 0
        return (*self.mark, self.settings, told)


def answer(*, as_of: date, question: str) -> Answer:
    """What is offered by, learned where it is not known yet. Raises NotEnoughData where hardly anything was sold."""
    settings = run.fresh(offer_settings.read)
    days = settings.exclude_recent_days if question == "repeat" else 0
    own = settings.method(question)
    own = own if own in jobs.METHODS[question] else None  # one that an older version knew
    parameters = settings.parameters(question) if own is not None else None
    groups = _groups(settings, as_of)
    mark = (*_place(), as_of, groups.mark, question, days)
    how = {"question": question, "groups": groups.codes, "method": own, "parameters": parameters, "exclude_recent_days": days}
    chosen = json.dumps(parameters, sort_keys=True)
    with st.spinner("Trying out methods on what was bought before", show_time=True):
        of = known(as_of)
        comparison, missing = _comparison(mark, own, chosen, of, how)
    with st.spinner("Learning from all purchases", show_time=True):
        learned = _learned(mark, own, chosen, of, comparison, missing, how)
    return Answer(learned, settings, run.fresh(lambda session: offers.dismissed(session, question=question)), (*mark, learned.method, chosen))


def _groups(settings: OfferSettings, as_of: date) -> jobs.Groups:
    """Whose favourites are offered to who bought nothing yet."""
    saved = run.fresh(segments.listing, counted=False) if settings.newcomers_by == "segment" else []
    if not saved:
        return run.cached(jobs.profile_groups, as_of=as_of)
    mark = "-".join(audience.mark(one) for one in saved)
    return run.cached(jobs.segment_groups, as_of=as_of, segment_ids=tuple(one.id for one in saved), mark=mark)


def known(as_of: date) -> Known:
    """What the records say up to that day."""
    return _known(_place(), as_of, run.current())


def _place() -> tuple:
    with db.reading(run.current()) as session:
        return run.current().url, *db.revisions_of(session, jobs.known.reads)


# One is a tenth of a gigabyte at a million lines.
@st.cache_resource(max_entries=2, show_spinner=False)
def _known(place: tuple, as_of: date, _workspace) -> Known:
    with db.reading(_workspace) as session:
        return jobs.known(session, as_of=as_of)


# Some kilobytes each.
@st.cache_data(max_entries=16, show_spinner=False)
def _comparison(mark: tuple, method: str | None, parameters: str, _of: Known,
                _how: dict) -> tuple[Comparison | None, str | None]:
    try:
        return jobs.first_comparison(_of, **_how), None
    except NotEnoughData as error:
        return None, str(error)


@st.cache_resource(max_entries=2, show_spinner=False)
def _learned(mark: tuple, method: str | None, parameters: str, _of: Known, _found: Comparison | None,
             _missing: str | None, _how: dict) -> Learned:
    return jobs.learned(_of, _found, missing=_missing, **_how)
