"""What depends on what, and how does the chance change with what we know? The network in pictures and questions."""

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from crm.analytics.prediction import bayes_net
from crm.analytics.prediction.bayes_net import Answer, Network, State, charts
from crm.errors import InvalidInput
from crm.ui import chart, words

MOST_FACTS = 4  # with more, hardly any past case is like that
FEW_CASES = 30  # below it a share is a hint
LISTED_FACTS = 12
MOST_NAMED = 8  # columns in a caption

Labels = Mapping[str, str]


def draw(network: Network, *, target: str, words: Labels, key: str, outcome: str | None = None,
         written: Callable[[str, float], str] | None = None) -> None:
    """The picture of a learned network, questions to it, and its tables.

    words: column -> label. outcome: what is foreseen, as it stands after “the chance of” (“leaving”); by default the target's
    label with its state. written(column, number): how a border of a column is written, with its unit; by default the number.
    """
    view = _View(network, target, words, key, outcome, written)
    if not network.edges:
        st.info("Nothing in this table depends clearly on anything else, so there is no arrow to draw.", icon=":material/lightbulb:")
        return
    left, right = st.columns([6, 5], gap="large")
    with left:
        view.picture()
    with right:
        view.questions()
    with st.expander("Single facts that change it most", icon=":material/format_list_numbered:", key=f"{key}_single",
                     on_change="rerun") as single:
        if single.open:
            view.single_facts()
    with st.expander("The tables behind the picture", icon=":material/table_chart:", key=f"{key}_tables", on_change="rerun") as tables:
        if tables.open:
            view.tables()


class _View:
    def __init__(self, network: Network, target: str, labels: Labels, key: str, outcome: str | None,
                 written: Callable[[str, float], str] | None) -> None:
        self.network, self.target, self.labels, self.key, self.written = network, target, labels, key, written
        self.states = network.states(target)
        self.chosen_outcome = outcome
        self.columns = [one.name for one in network.variables if one.name != target and one.size > 1]

    def label(self, column: str) -> str:
        return str(self.labels.get(column, column))

    def state(self, column: str, state: State) -> str:
        number = (lambda border: self.written(column, border)) if self.written else None
        return state_in_words(state, number=number)

    def picture(self) -> None:
        rows = charts.in_rows(self.network)
        figure = charts.graph(self.network, label=self.label, told=_arrow_in_words,
                              words={"target": f"With “{self.label(self.target)}”", "others": "Among the others"})
        chart.show(figure, key=f"{self.key}_graph",
                   alt=f"Boxes for {self.label(self.target)} and what it hangs together with, joined by arrows.")
        st.caption("An arrow joins two things where knowing one helps to foresee the other: the thicker, the more. It does not "
                   "say that one causes the other.")
        if not any(self.network.number(self.target) in arrow for arrow in self.network.edges):
            st.caption(f"No arrow leads to or from {words.plain(self.label(self.target))}: nothing here clearly helps to foresee it.")
        left_out = [self.label(one) for one in self.columns if one not in rows]
        if left_out:
            named = ", ".join(words.plain(one) for one in left_out[:MOST_NAMED]) + (" …" if len(left_out) > MOST_NAMED else "")
            st.caption(f"Not in the picture, for they tell least or nothing: {named}")

    @st.fragment
    def questions(self) -> None:
        st.markdown("**What if we know …**")
        state = self._outcome()
        offered = bayes_net.single_facts(self.network, self.target, state, fewest_cases=FEW_CASES)
        offered = offered.sort_values("telling", ascending=False, kind="stable")
        best = offered.drop_duplicates("column").set_index("column")["state"]
        first = [column for column in best.index if column in self.columns][:1]
        facts = st.multiselect("Up to four facts", self.columns, default=first, format_func=self.label, max_selections=MOST_FACTS,
                               key=f"{self.key}_facts", placeholder="Choose what is known")
        given = {}
        for column in facts:
            states = self.network.states(column)
            given[column] = states[st.selectbox(
                self.label(column), range(len(states)), index=states.index(best[column]) if column in best else 0,
                format_func=lambda place, own=states, name=column: self.state(name, own[place]), key=f"{self.key}_fact_{column}")]
        before = bayes_net.query(self.network, self.target)
        try:
            after = bayes_net.query(self.network, self.target, given)
        except InvalidInput:
            st.warning("These facts cannot be true together. Take one of them out.", icon=":material/block:")
            return
        st.markdown(self._chance(before, after, state))
        if given:
            st.caption(self._cases(after, state))
            chart.show(charts.before_and_after(before, after, state=lambda one: self.state(self.target, one),
                                               words={"before": "Nothing known", "after": "These facts known"}),
                       key=f"{self.key}_bars", alt="The chances before and after these facts are known.")

    def single_facts(self) -> None:
        state = self._state()
        table = bayes_net.single_facts(self.network, self.target, state, fewest_cases=FEW_CASES).head(LISTED_FACTS)
        st.dataframe(pd.DataFrame({
            "fact": [f"{self.label(one.column)}: {self.state(one.column, one.state)}" for one in table.itertuples()],
            "chance": table["probability"] * 100, "change": table["change"] * 100, "cases": table["cases"]}),
            hide_index=True, height="content", alt="Single facts and the chance with each", column_config={
                "fact": st.column_config.TextColumn("If only this is known", width=200),
                "chance": st.column_config.NumberColumn("Chance", format="%.0f %%", width=70),
                "change": st.column_config.NumberColumn("Change in points", format="%+.0f", width=110),
                "cases": st.column_config.NumberColumn("Past cases", format="%,d", width=80)})
        st.caption(f"Chance of {words.plain(self._called(state))}, where nothing else is known. Facts with fewer than {FEW_CASES} "
                   "past cases are left out.")

    def tables(self) -> None:
        drawn = [one for one in charts.in_rows(self.network) if one != self.target]
        columns = [*drawn, *(one for one in self.columns if one not in drawn), self.target]
        column = st.selectbox("Table of", columns, format_func=self.label, key=f"{self.key}_table_of")
        parents = self.network.parents[self.network.number(column)]
        chart.show(charts.chances_table(self.network, column, label=self.label, state=state_in_words, always="All"),
                   key=f"{self.key}_table", alt=f"The chances of each state of {self.label(column)}.")
        if parents:
            above = ", ".join(words.plain(self.label(self.network.names[one])) for one in parents)
            st.caption(f"Every line adds up to 100 %. At its left stands, in this sequence: {above}. Where there are more than "
                       f"{charts.MOST_LINES} lines, the most frequent are shown.")
        else:
            st.caption("No arrow leads here, so there is one line: how often each occurs in all past cases.")

    def _outcome(self) -> State:
        """The state of the target that is asked about; a choice where it is not a plain yes."""
        if self._yes() is None:
            st.selectbox("Chance of", range(len(self.states)), key=f"{self.key}_outcome", index=self._rarest(),
                         format_func=lambda place: f"{self.label(self.target)}: {self.state(self.target, self.states[place])}")
        return self._state()

    def _state(self) -> State:
        yes = self._yes()
        if yes is not None:
            return yes
        return self.states[st.session_state.get(f"{self.key}_outcome", self._rarest())]

    def _yes(self) -> State | None:
        return next((one for one in self.states if one.kind == "yes"), None)

    def _rarest(self) -> int:
        """What is asked about is mostly the exception: who leaves, what fails."""
        return int(bayes_net.query(self.network, self.target).probability.argmin())

    def _called(self, state: State) -> str:
        if self.chosen_outcome and state.kind == "yes":
            return self.chosen_outcome
        return f"“{self.label(self.target)}: {self.state(self.target, state)}”"

    def _chance(self, before: Answer, after: Answer, state: State) -> str:
        usual, (chance, low, high) = words.share(before.of(state)[0]), after.of(state)
        called = words.plain(self._called(state))
        if not after.given:
            return f"With nothing known, the chance of {called} is **{usual}**. Choose a fact to see it change."
        if low != low:
            return f"The chance of {called} changes from {usual} to **{words.share(chance)}**."
        return (f"The chance of {called} changes from {usual} to **{words.share(chance)}** "
                f"(probably between {words.share(low)} and {words.share(high)}).")

    def _cases(self, after: Answer, state: State) -> str:
        if after.cases is None:
            return "How many past cases were like this is not kept with this network."
        if after.cases == 0:
            return "No past case was like this: the figure is put together from what is known about the single facts."
        happened = after.cases_by_state[after.states[0].index(state)] / after.cases
        _, low, high = after.of(state)
        if after.cases == 1:
            return "Only one past case was like this, so take the figure as a hint."
        if after.cases < FEW_CASES:
            return (f"Only {words.count(after.cases)} past cases were like this; it came true for {words.share(happened)} of them. "
                    "Take the figure as a hint.")
        told = f"{words.count(after.cases)} past cases were like this; it came true for {words.share(happened)} of them."
        if happened < low or happened > high:
            return f"{told} Where they say something else than the figure above, trust the cases."
        return told


def state_in_words(state: State, *, number: Callable[[float], str] | None = None) -> str:
    """A state as people say it.

    >>> [state_in_words(State(*what)) for what in (("below", None, 30.0), ("between", 1.5, 1200.0), ("at_least", 7.0), ("missing",))]
    ['below 30', '1.5 to below 1,200', '7 or more', 'not known']
    >>> state_in_words(State("between", 30.0, 90.0, whole=True))
    '30 to 89'
    """
    number = number or _number
    if state.kind == "between" and state.whole:
        return f"{number(state.low)} to {number(state.high - 1)}"
    return {"below": lambda: f"below {number(state.high)}", "between": lambda: f"{number(state.low)} to below {number(state.high)}",
            "at_least": lambda: f"{number(state.low)} or more", "equal": lambda: number(state.low),
            "any": lambda: f"{number(state.low)} to {number(state.high)}", "yes": lambda: "yes", "no": lambda: "no",
            "word": lambda: state.text, "other": lambda: "any other", "missing": lambda: "not known"}[state.kind]()


def _arrow_in_words(above: str, child: str, share: float) -> str:
    return f"{above} and {child}: knowing one clears up {words.share(share, 0 if share >= 0.1 else 1)} of what is open about the other"


def _number(border: float) -> str:
    return f"{border:,.0f}" if float(border).is_integer() else f"{border:,g}"
