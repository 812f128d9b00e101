"""What would the model say if this were different? Sliders for one case, beside what it says of it as it is."""

from collections.abc import Callable, Hashable, Mapping

import pandas as pd
import streamlit as st

from crm.analytics.prediction.what_if import NO_RULES, Control, Rules, controls, curve, what_if
from crm.analytics.prediction.why_charts import along
from crm.ui import chart, reason_words, words

UNKNOWN = "not known"
GRID = 40  # points of the line
CHOICES = 24  # of a slider of which "not known" is one
SAME = 0.005  # half a point: below, the answer is the same as people write it


@st.fragment
def draw(model, frame: pd.DataFrame, background: pd.DataFrame, row_id: Hashable, *, labels: Callable[[str], str], key: str,
         rules: Rules = NO_RULES, currency: str = "EUR", of_what: str = "Chance",
         whom: str = "this customer") -> None:
    """Up to five controls of the columns that can move the answer for one row, the answer, and a line along one column.

    frame: rows whose index holds `row_id`; background: rows that tell how far each column usually goes. labels: column -> its
    words. rules: CUSTOMERS for customers. of_what: the axis, as "Chance of leaving". whom: "this customer", "this line".
    """
    row = frame.loc[[row_id]]
    found = controls(model, row, background, rules=rules)
    if not found:
        st.caption(f"Nothing that could be different would move the answer for {whom}.")
        return
    place = f"{key}_{row_id}"
    answer = st.container()  # above what moves it: on a phone the controls fill the screen
    left, right = st.columns([2, 3], gap="large")
    with left:
        tried = {control.column: _moved(control, words.plain(labels(control.column)), key=f"{place}_{control.column}", currency=currency)
                 for control in found}
        changes = {control.column: tried[control.column] for control in found if tried[control.column] != control.own}
        st.button("As it is", key=f"{place}_again", icon=":material/undo:", disabled=not changes, on_click=_forget,
                  args=([f"{place}_{control.column}" for control in found],))
    own, now = (what_if(model, row, some, rules=rules) for some in ({}, changes))
    with answer:
        st.markdown(_answer(own, now, changed=bool(changes)))
    with right:
        _along(model, row, found, tried, changes, (own, now), labels, key=place, rules=rules, of_what=of_what)
    st.caption("This is what the model would say of such a case. It is not what would happen if you changed it: what goes with "
               "leaving or buying need not be its cause.")


def _answer(own: float, now: float, *, changed: bool) -> str:
    if not changed:
        return f"**{words.share(own)}**, as it is. Move something to see what the model would say then."
    if abs(own - now) < SAME:
        return f"**{words.share(now)}**, the same as it is."
    return f"**{words.share(now)} instead of {words.share(own)}**"


def _moved(control: Control, label: str, *, key: str, currency: str):
    """The control as a widget; what it is set to."""
    if control.kind == "flag":
        return st.toggle(label, value=control.own, key=key)
    if control.kind == "text":
        options = [*control.options, *([None] if control.may_be_missing else [])]
        return st.selectbox(label, options, index=options.index(control.own), key=key,
                            format_func=lambda value: UNKNOWN if value is None else value)
    if control.may_be_missing:
        options = [None, *control.values(CHOICES)]
        return st.select_slider(label, options, value=control.own, key=key, format_func=lambda value: UNKNOWN if value is None
                                else reason_words.written(value, control.column, currency))
    form = reason_words.slider_format(control.column, currency) or _digits(control)
    return st.slider(label, control.low, control.high, value=control.own, step=control.step, key=key, format=form)


def _digits(control: Control) -> str:
    if control.step >= 1:
        return "%,.0f"
    return f"%.{len(f'{control.step:.10f}'.rstrip('0').partition('.')[2])}f"


def _along(model, row: pd.DataFrame, found: tuple, tried: Mapping, changes: Mapping, chances: tuple[float, float],
           labels: Callable[[str], str], *, key: str, rules: Rules, of_what: str) -> None:
    by_column = {control.column: control for control in found}
    column = st.selectbox("How it changes with", list(by_column), format_func=labels, key=f"{key}_along")
    control = by_column[column]
    values = control.values(GRID) + ([None] if control.may_be_missing and control.kind != "number" else [])
    others = {other: value for other, value in changes.items() if other != column}
    line = curve(model, row, column, values, changes=others, rules=rules)
    own, now = chances
    figure = along(line, control, label=labels(column), now=(control.own, own), tried=(tried[column], now), axis=of_what,
                              unknown=UNKNOWN)
    chart.show(figure, key=f"{key}_line", height=240, alt=f"{of_what} along {labels(column)}, all else as it is set.")


def _forget(keys: list[str]) -> None:
    """Back to the case's own values: a widget without a state takes its first one again."""
    for key in keys:
        st.session_state.pop(key, None)
