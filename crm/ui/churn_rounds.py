"""Did acting help? Every round of contacts so far, what it brought with its range, or from when on that can be told."""

from datetime import date

import pandas as pd
import streamlit as st

from crm.analytics.churn.effect import Effect
from crm.analytics.churn.effect_chart import stayed
from crm.jobs.contact_rounds import effect as measured
from crm.services import contact_rounds
from crm.services.contact_rounds import Round
from crm.ui import chart, page, run, words

UNDO = "round_undo"
STATES = {"too_early": "from {day} on", "no_hold_out": "not measured", "too_few": "too few to say"}
VERDICTS = {"helped": "helped", "harmed": "did harm", "not_shown": "not shown"}


def draw(as_of: date, currency: str) -> None:
    """The newest round's answer in words and as a picture, and all rounds as a table."""
    _undo_note()
    rounds = run.fresh(contact_rounds.listing)
    if not rounds:
        st.markdown("No round of contacts yet. Make tasks of the list above, and hold some customers out: then it can be told "
                    "here whether the contacts kept anybody.")
        return
    effects = {one.id: run.cached(measured, round_id=one.id, as_of=as_of) for one in rounds}
    names = {one.id: one.name for one in rounds}
    chosen = rounds[0].id if len(rounds) == 1 else st.selectbox("Round", list(names), format_func=names.get, key="round_shown")
    shown = next(one for one in rounds if one.id == chosen)
    st.markdown(sentence(shown, effects[shown.id], currency))
    if effects[shown.id].state in ("measured", "too_few"):
        chart.show(stayed(effects[shown.id]), key=f"round_effect_{shown.id}", height=200,
                   alt="Share that stayed of those contacted and of those held out, with ranges.")
    st.caption(progress(shown))
    _undo_button(shown)
    if len(rounds) > 1:
        with st.expander("All rounds", icon=":material/table:", key="all_rounds"):
            _table(rounds, effects, currency)


def sentence(one: Round, effect: Effect, currency: str) -> str:
    """What this round brought, in words that promise no more than the figures hold."""
    name, day = words.plain(one.name), words.day(effect.measured_on)
    if effect.state == "too_early":
        if not effect.held_out.customers:
            return f"**{name}** runs until {day}. Nobody was held out, so its effect will not be measured."
        return f"**{name}** runs until {day}. Then it can be told whether it helped."
    contacted = f"{words.share(effect.contacted.stayed_share)} of {words.count(effect.contacted.customers)} contacted customers stayed"
    if effect.state == "no_hold_out":
        expected = words.share(effect.contacted.expected_share)
        return (f"**{name}:** {contacted}; {expected} were expected to without a contact. Nobody was held out, so the difference "
                "may as well be the forecast's error.")
    held = f"{words.share(effect.held_out.stayed_share)} of {words.count(effect.held_out.customers)} held out"
    if effect.state == "too_few":
        return f"**{name}:** {contacted}, {held}. These are too few to tell whether the contacts made the difference."
    points = f"{effect.difference * 100:+.0f} points ({effect.low * 100:+.0f} to {effect.high * 100:+.0f})".replace("-", "−")
    profit = (f"{page.amount(effect.profit, currency)} ({page.amount(effect.profit_low, currency)} to "
              f"{page.amount(effect.profit_high, currency)})")
    if effect.verdict == "helped":
        return (f"**{name} helped:** {contacted}, {held}: {points}. About {words.count(effect.kept)} customers stayed because of it; "
                f"more spend less the contacts' cost: {profit}.")
    if effect.verdict == "harmed":
        return f"**{name} did harm:** {contacted}, {held}: {points}. More spend less the contacts' cost: {profit}."
    return (f"**{name}: no effect is shown.** {contacted}, {held}: {points}. With so few, only a difference from about "
            f"{words.share(effect.visible_difference)} on would be seen.")


def progress(one: Round) -> str:
    """Where its tasks stand."""
    done = f"{words.count(one.done_tasks)} of {words.count(one.done_tasks + one.open_tasks)} tasks done."
    held = f" Held out: {words.count(one.held_out)}." if one.held_out else ""
    return f"Begun on {words.day(one.started_on)} with {words.count(one.contacted)} contacts. {done}{held}"


def _table(rounds: list[Round], effects: dict[int, Effect], currency: str) -> None:
    told = [(one, effects[one.id]) for one in rounds]
    st.dataframe(pd.DataFrame({
        "name": [one.name for one, _ in told],
        "result": [VERDICTS[found.verdict] if found.state == "measured"
                   else STATES[found.state].format(day=words.day(found.measured_on)) for _, found in told],
        "points": [found.difference * 100 for _, found in told], "low": [found.low * 100 for _, found in told],
        "high": [found.high * 100 for _, found in told], "contacted": [one.contacted for one, _ in told],
        "held_out": [one.held_out for one, _ in told], "profit": [found.profit for _, found in told]}),
        hide_index=True, height="content", placeholder="–", alt="All rounds of contacts, the newest first", column_config={
            "name": st.column_config.TextColumn("Round", width=150),
            "result": st.column_config.TextColumn("Effect", width=110),
            "points": st.column_config.NumberColumn("Points", format="%+.0f", width=60, help="Stayed, contacted less held out."),
            "low": st.column_config.NumberColumn("From", format="%+.0f", width=55),
            "high": st.column_config.NumberColumn("To", format="%+.0f", width=55),
            "contacted": st.column_config.NumberColumn("Contacted", format="%,d", width=70),
            "held_out": st.column_config.NumberColumn("Held out", format="%,d", width=65),
            "profit": st.column_config.NumberColumn("Brought", format=f"{words.sign(currency)} %,.0f", width=75)})


def _undo_button(one: Round) -> None:
    if st.button("Take this round back", key=f"delete_round_{one.id}_{one.version}", icon=":material/undo:", type="tertiary",
                 help="The round and its open tasks go; what was done stays."):
        gone = run.command(contact_rounds.delete, one.id, version=one.version)
        if gone is not run.FAILED:
            st.session_state[UNDO] = (run.current().key, one.id, one.name)
            st.rerun()


def _undo_note() -> None:
    gone = st.session_state.get(UNDO)
    if gone is None or gone[0] != run.current().key:
        return
    _, round_id, name = gone
    with st.container(horizontal=True, vertical_alignment="center", key="round_undo_note"):
        st.markdown(f"**{words.plain(name)}** was taken back with its open tasks.")
        if st.button("Undo", key="undo_round", icon=":material/undo:") and run.command(
                contact_rounds.restore, round_id) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "It is back."})
            st.rerun()
        if st.button("Fine", key="undo_round_dismiss", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()
