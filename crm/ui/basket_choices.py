"""Which orders are looked at, and which rules are wanted? The controls of the page of baskets, and of baskets in a table."""

import hashlib
from dataclasses import dataclass
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.analytics.baskets import BasketRules
from crm.analytics.baskets.itemsets import LONGEST, METHODS
from crm.jobs import baskets
from crm.ui import audience, words

SUPPORTS = {"1 in 2,000": 0.0005, "1 in 1,000": 0.001, "1 in 500": 0.002, "1 in 200": 0.005, "1 in 100": 0.01, "1 in 50": 0.02,
            "1 in 20": 0.05, "1 in 10": 0.1}
CONFIDENCES = {"1 in 20": 0.05, "1 in 10": 0.1, "1 in 5": 0.2, "3 in 10": 0.3, "half": 0.5, "8 in 10": 0.8}
FEWEST = 5  # orders, whatever the share: what happened four times is an anecdote
PERIODS = {"All the time": None, "The last 3 months": 91, "The last 6 months": 182, "The last 12 months": 365,
           "The last 2 years": 730}
SEASONS = {"Spring": "3,4,5", "Summer": "6,7,8", "Autumn": "9,10,11", "Winter": "12,1,2", "January": "1", "February": "2",
           "March": "3", "April": "4", "May": "5", "June": "6", "July": "7", "August": "8", "September": "9",
           "October": "10", "November": "11", "December": "12"}
# What a basket is called: an order of the records, a basket of a table of one's own.
LEAST = {"orders": "Together in at least so many of all orders", "baskets": "Together in at least so many of all baskets"}
NEVER_FEWER = {"orders": "But never in fewer orders than", "baskets": "But never in fewer baskets than"}
COMES_TO = {"orders": "That is {} of {} orders.", "baskets": "That is {} of {} baskets."}
ASK_FOR = {"orders": "Ask for {} orders at least", "baskets": "Ask for {} baskets at least"}
ENGINES = dict(zip(METHODS, ("Eclat, the quickest", "Apriori, the classic", "FP-growth, with a tree"), strict=True))


@dataclass(frozen=True)
class Rules:
    """Which rules are wanted. `only_sure`, `fold`: of what is found, what is listed."""

    min_support: float
    min_orders: int
    min_confidence: float
    max_length: int
    max_consequents: int
    method: str
    only_sure: bool
    fold: bool

    @property
    def how(self) -> dict:
        """As jobs.baskets.run and jobs.own_baskets.rules take it."""
        return {name: getattr(self, name) for name in ("min_support", "min_orders", "min_confidence", "max_length",
                                                       "max_consequents", "method")}


@dataclass(frozen=True, eq=False)
class Orders:
    """Which orders are looked at; `among` None: those of all customers and of unknown ones."""

    as_of: date
    since: date | None
    months: str | None
    among: audience.Audience | None

    @property
    def customers(self) -> dict:
        """Whose, as jobs.baskets takes it; the mark changes with the members."""
        if self.among is None:
            return {}
        members = hashlib.sha256(self.among.customer_ids.tobytes()).hexdigest()
        return {**self.among.question, "mark": members}

    @property
    def how(self) -> dict:
        """As jobs.baskets takes it."""
        return {"as_of": self.as_of, "since": self.since, "months": self.months, **self.customers}


def orders(as_of: date) -> Orders:
    """Whose orders, of which time, in which season; drawn inside the page's controls."""
    among = audience.chosen(as_of=as_of, width=200, help="Only orders of these customers count on this page. Your saved "
                            "segments, and the groups that were saved last on the Groups page.")
    period = st.selectbox("Orders of", list(PERIODS), key="baskets_period", bind="query-params", width=170) or "All the time"
    season = st.selectbox("Season", list(SEASONS), index=None, placeholder="Every season", key="baskets_season",
                          bind="query-params", width=150)
    return Orders(as_of, baskets.first_day(as_of, days=PERIODS[period]), SEASONS.get(season), among)


def rules(prefix: str, *, counted: str = "orders") -> tuple[Rules, DeltaGenerator]:
    """Which rules; good defaults behind one click, and the place where `told` says what the first of them comes to. `counted`:
    what baskets are called here."""
    least = st.select_slider(LEAST[counted], list(SUPPORTS), value="1 in 200", key=f"{prefix}_support")
    fewest = st.number_input(NEVER_FEWER[counted], min_value=1, value=FEWEST, step=1, key=f"{prefix}_min_orders")
    place = st.empty()
    surely = st.select_slider("Of those who buy the first, at least this many buy the second", list(CONFIDENCES), value="1 in 5",
                              key=f"{prefix}_confidence")
    length = st.segmented_control("Products in a rule, at most", list(range(2, LONGEST + 1)), default=3, required=True,
                                  key=f"{prefix}_length") or 3
    right = st.segmented_control("Of these on the right", list(range(1, length)), default=1, required=True,
                                 key=f"{prefix}_right_{length}") or 1
    only_sure = st.toggle("Only what is more than luck", key=f"{prefix}_only_sure")
    fold = st.toggle("Leave out what a shorter rule says already", value=True, key=f"{prefix}_fold")
    method = st.selectbox("Found by", list(ENGINES), format_func=ENGINES.get, key=f"{prefix}_engine",
                          help="All three find the same; they differ in speed alone.")
    return Rules(SUPPORTS[least], int(fewest or 1), CONFIDENCES[surely], int(length), int(right), method, only_sure, fold), place


def told(place: DeltaGenerator, result: BasketRules, *, counted: str = "orders") -> None:
    """How many orders a rule must hold in, now that they are counted."""
    place.caption(COMES_TO[counted].format(words.count(result.min_count), words.count(result.baskets)))


def too_many(error: Exception, prefix: str, *, counted: str = "orders") -> None:
    """What to say where the thresholds make the answer explode: the sentence, and one click to what works where that is known."""
    st.info(words.plain(error), icon=":material/lightbulb:")
    if (works := getattr(error, "min_count", None)) is not None:
        st.button(ASK_FOR[counted].format(words.count(works)), key=f"{prefix}_works", type="primary",
                  on_click=_set, args=(f"{prefix}_min_orders", int(works)))
    elif (length := getattr(error, "max_length", None)) is not None and length >= 2:
        st.button(f"Ask for at most {length} products in a rule", key=f"{prefix}_works", type="primary", on_click=_set,
                  args=(f"{prefix}_length", int(length)))


def _set(key: str, value: object) -> None:
    st.session_state[key] = value
