"""Which offers does the owner want? Something new or to buy again; method, prices, categories, how mixed: kept in the settings."""

import streamlit as st

from crm.jobs import recommendations as jobs
from crm.services import offer_settings, segments
from crm.services.offer_settings import MOST_DAYS, OfferSettings
from crm.ui import offer_words, page, run, words

QUESTIONS = {"Something new": "new", "Buy again": "repeat"}
MIXED = {"What suits best": 0.0, "A little mixed": 0.3, "Mixed": 0.6}
NEWCOMERS = {"profile": "customers of the same kind, gender and age", "segment": "the saved segment they are in"}
BEST = "best"  # the method that measures best, whichever that is


def question() -> str:
    """Something that the customer never bought, or something to buy again."""
    chosen = st.segmented_control("Offer", list(QUESTIONS), default="Something new", required=True, key="mode", bind="query-params")
    return QUESTIONS[chosen or "Something new"]


def more(asked: str, currency: str) -> None:
    """The popover; every change is kept at once and counts for the next visits too."""
    with st.popover("More options", icon=":material/tune:", key="offer_options"):
        kept = run.fresh(offer_settings.read)
        sign = words.sign(currency)
        low, high = st.columns(2)
        with low:
            st.number_input(f"Price from, in {sign}", value=kept.price_low, min_value=0.0, step=5.0, format="%.2f",
                            placeholder="any", **_kept("price_low", kept))
        with high:
            st.number_input(f"Price up to, in {sign}", value=kept.price_high, min_value=0.0, step=5.0, format="%.2f",
                            placeholder="any", **_kept("price_high", kept))
        categories = run.cached(jobs.categories)
        if categories:
            st.multiselect("Categories", categories, default=[one for one in kept.categories if one in categories],
                           placeholder="All", **_kept("categories", kept))
        mixed = min(MIXED, key=lambda label: abs(MIXED[label] - kept.diversity))
        st.segmented_control("Variety", list(MIXED), default=mixed, required=True, **_kept("diversity", kept),
                             help="Mixed: the offers of one customer are less alike, though a little less likely to be bought.")
        if asked == "repeat":
            st.number_input("Leave out what was bought within so many days", value=kept.exclude_recent_days, min_value=0,
                            max_value=MOST_DAYS, step=7, **_kept("exclude_recent_days", kept))
        if run.fresh(segments.listing, counted=False):
            st.selectbox("Who bought nothing yet is offered what is popular with", list(NEWCOMERS),
                         index=list(NEWCOMERS).index(kept.newcomers_by), format_func=NEWCOMERS.get, **_kept("newcomers_by", kept))
        choices = [BEST, *(method for method in jobs.METHODS[asked] if method != "random")]
        own = kept.method(asked)
        st.selectbox("Offers are chosen by", choices, index=choices.index(own) if own in choices else 0,
                     format_func=lambda method: "What measures best of the quick ones" if method == BEST else offer_words.METHODS[method],
                     **_kept(f"method_{asked}", kept))
        if kept != OfferSettings():
            st.button("As usual again", key="offer_usual", type="tertiary", icon=":material/restart_alt:", on_click=_usual,
                      args=(kept,))


def narrowed_note(kept: OfferSettings, currency: str) -> None:
    """That some products are left out, by the owner's own choice."""
    if not kept.is_narrowed:
        return
    if kept.price_low is not None and kept.price_high is not None:
        st.caption(f":material/filter_alt: Only products from {page.amount(kept.price_low, currency)} to "
                   f"{page.amount(kept.price_high, currency)}, as chosen under “More options”.")
    elif kept.price_low is not None:
        st.caption(f":material/filter_alt: Only products from {page.amount(kept.price_low, currency)} on, as chosen under “More options”.")
    elif kept.price_high is not None:
        st.caption(f":material/filter_alt: Only products up to {page.amount(kept.price_high, currency)}, as chosen under “More options”.")
    if kept.categories:
        st.caption(f":material/filter_alt: Only these categories, as chosen under “More options”: {words.plain(', '.join(kept.categories))}.")


def use(asked: str, method: str, parameters: dict | None = None) -> None:
    """Offer by this method from now on; for a button's on_click."""
    if run.command(offer_settings.use_method, question=asked, method=None if method == BEST else method,
                   parameters=parameters) is not run.FAILED:
        st.session_state["toast"] = "Done. Offers are made by it from now on."


def _kept(field: str, kept: OfferSettings) -> dict:
    # What is kept is part of the key: changed elsewhere, the widget shows it.
    content = getattr(kept, field)
    key = f"offer_{field}_{run.current().key}_{hash(content)}"
    return {"key": key, "on_change": _keep, "args": (field, key)}


def _keep(field: str, key: str) -> None:
    content = st.session_state[key]
    if field == "diversity":
        content = MIXED[content or "What suits best"]
    if field.startswith("method_"):
        use(field.removeprefix("method_"), content)
        return
    if field == "categories":
        content = tuple(content)
    if field == "exclude_recent_days" and content is None:
        content = OfferSettings().exclude_recent_days
    if run.command(offer_settings.change, **{field: content}) is run.FAILED:
        del st.session_state[key]  # the field shows again what counts
        st.session_state["toast"] = "That was not kept, for the lowest price would be above the highest." if field.startswith("price") else (
            "That was not kept.")


def _usual(kept: OfferSettings) -> None:
    run.command(offer_settings.change, **{field: getattr(OfferSettings(), field) for field in offer_settings.FIELDS
                                          if getattr(kept, field) != getattr(OfferSettings(), field)})

