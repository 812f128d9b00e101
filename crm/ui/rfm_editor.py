"""How does the owner rename the groups and draw their borders anew? A dialog that shows what it would change first."""

from datetime import date

import pandas as pd
import streamlit as st

from crm.analytics.segments.names import RFM_GROUPS
from crm.errors import CrmError
from crm.jobs import audiences
from crm.services import rfm_settings, settings
from crm.services.rfm_settings import Rfm
from crm.ui import dialogs, run, words
from crm.ui.segment_words import MEANINGS

FORM = "rfm_editor"
MEASURES = {"recency_days": "Days since the last order", "orders": "Orders", "money": "Net spend"}
MARKS = {"recency_days": ("5 marks up to", "4 up to", "3 up to", "2 up to"),
         "orders": ("2 marks from", "3 from", "4 from", "5 from"), "money": ("2 marks from", "3 from", "4 from", "5 from")}


def draw(as_of: date) -> None:
    """The button; not inside a popover, which would stay open over the dialog."""
    dialogs.button("Names and borders of the groups", key="edit_rfm", title="Names and borders of the groups",
                   draw=lambda: _form(as_of), icon=":material/edit:", form=FORM, width="large")


def _form(as_of: date) -> None:
    token = run.token(FORM)
    # As it was when the dialog was opened; what another window saves meanwhile is told, not overwritten.
    seen: Rfm = st.session_state.setdefault(f"rfm_seen_{token}", run.fresh(rfm_settings.read))
    st.caption("Every customer gets marks from 1 to 5 for how lately, how often and for how much he or she has bought; the "
               "group follows from the marks. By fifths, each mark goes to a fifth of your customers.")
    names_tab, borders_tab = st.tabs(["Names", "Borders"], key=f"rfm_tabs_{token}")
    with names_tab:
        names = _names(seen, token)
    with borders_tab:
        borders = _borders(seen, as_of, token)
    try:
        choice = rfm_settings.checked(**borders, names=names)
    except CrmError as error:
        choice = None
        st.error(words.plain(error), icon=":material/error:")
    if choice is not None:
        _preview(choice, seen, as_of)
    with st.container(horizontal=True):
        if st.button("Save", key=f"rfm_save_{token}", type="primary", disabled=choice is None or choice == seen):
            _save(choice, seen)
        if st.button("Back to fifths and the usual names", key=f"rfm_reset_{token}", disabled=seen == Rfm()):
            _save(Rfm(), seen)


def _names(seen: Rfm, token: str) -> dict[str, str]:
    with st.grid(2, min_column_width=240):
        return {group: st.text_input(group, value=seen.called(group), key=f"rfm_name_{group}_{token}",
                                     max_chars=rfm_settings.NAME_LIMIT, help=f"{group}: {MEANINGS[group]}")
                for group in RFM_GROUPS}


def _borders(seen: Rfm, as_of: date, token: str) -> dict[str, list[float] | None]:
    usual = run.cached(audiences.fifths, as_of=as_of)._asdict()
    currency = run.fresh(settings.company).currency
    chosen: dict[str, list[float] | None] = {}
    for measure, label in MEASURES.items():
        kept = getattr(seen, measure)
        own = st.toggle(f"{label}: borders of my own", value=kept is not None, key=f"rfm_own_{measure}_{token}")
        if not own:
            st.caption(f"By fifths; today their borders are {_written(usual[measure], measure, currency)}.")
            chosen[measure] = None
            continue
        start = kept or _rising(usual[measure], measure)
        with st.grid(4, min_column_width=110):
            keys = [f"rfm_{measure}_{place}_{token}" for place in range(len(start))]
            if measure == "money":
                chosen[measure] = [st.number_input(f"{mark} {words.sign(currency)}", value=float(border), min_value=0.0,
                                                   step=10.0, format="%.2f", key=key)
                                   for mark, border, key in zip(MARKS[measure], start, keys, strict=True)]
            else:
                chosen[measure] = [st.number_input(mark, value=int(border), min_value=0, step=1, key=key)
                                   for mark, border, key in zip(MARKS[measure], start, keys, strict=True)]
    return chosen


def _preview(choice: Rfm, seen: Rfm, as_of: date) -> None:
    now, then = (run.cached(audiences.rfm_sizes, as_of=as_of, cuts=cuts)["customers"] for cuts in (seen.cuts, choice.cuts))
    table = pd.DataFrame({"group": [choice.called(group) for group in RFM_GROUPS], "then": then,
                          "change": [f"{number:+,}" if number else "" for number in then - now]})
    st.dataframe(table, hide_index=True, height="content", alt="Customers in each group with these borders", column_config={
        "group": st.column_config.TextColumn("Group", width="medium"),
        "then": st.column_config.NumberColumn("Customers", format="%,d", width="small"),
        "change": st.column_config.TextColumn("Against now", width="small")})


def _save(choice: Rfm, seen: Rfm) -> None:
    if run.command(rfm_settings.save, choice, seen=seen, form=FORM) is not run.FAILED:
        dialogs.close()
        st.session_state["toast"] = "Saved. The groups follow your borders and names from now on."
        st.rerun()


def _rising(borders: tuple[float, ...], measure: str) -> list[float]:
    """Fifths may have one border several times, or none; what is typed must rise."""
    rising: list[float] = []
    for border in borders:
        lowest = rising[-1] + 1 if rising else (1 if measure == "orders" else 0)
        whole = border if abs(border) != float("inf") else lowest
        rising.append(max(round(whole), lowest))
    return rising


def _written(borders: tuple[float, ...], measure: str, currency: str) -> str:
    real = [border for border in borders if abs(border) != float("inf")]
    if not real:
        return "not known yet"
    return ", ".join(words.money(border, currency).replace("$", r"\$") if measure == "money" else words.count(border)
                     for border in real)
