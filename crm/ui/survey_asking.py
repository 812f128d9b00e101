"""Whom does a survey ask, and with which links? They are shown once: only their checksums are kept."""

import numpy as np
import pandas as pd
import streamlit as st

from crm.errors import CrmError
from crm.services import service_policy, settings, survey_invitations, survey_whom
from crm.services.surveys import SurveyDetails
from crm.ui import answer_door, audience, dialogs, page, referral_form, run, words

MADE = "survey_links"  # what was made last: the survey, the table with its links, what was left out
LATELY, GROUP, ONE = "Who ordered lately", "A group or segment", "One customer"
LATELY_DAYS = 30
DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "12 months": 365}
REST = {"Asked in the last 30 days": 30, "Asked in the last 90 days": 90, "Nobody": 0}


def can_link() -> bool:
    """Whether personal links can be made; where not, the reason is on the screen."""
    if run.current().key != "own":
        st.info("This is the invented company: nobody could answer, so no links are made. In your own company each customer gets a "
                "personal link.", icon=":material/theater_comedy:")
        return False
    problem = answer_door.why_no_links()
    if problem is not None:
        st.info(words.plain(problem), icon=":material/public_off:")
        st.caption("Until then you can ask in another way, such as on paper, and note the answers here.")
    return problem is None


def button(details: SurveyDetails) -> None:
    """Opens the choice of customers."""
    dialogs.button("Ask customers", key=f"ask_{details.id}", title="Whom do you want to ask?", icon=":material/send:",
                   form=f"ask_{details.id}", width="large", draw=lambda: _form(details))


def made(details: SurveyDetails) -> None:
    """The links that were made just now."""
    last = st.session_state.get(MADE)
    if last is None or last["survey"] != (run.current().key, details.id):
        return
    table: pd.DataFrame = last["table"]
    asked = "1 customer is asked now." if len(table) == 1 else f"{words.count(len(table))} customers are asked now."
    with page.card("Links made just now" if last["links"] else "Asked just now", key="links_card"):
        st.markdown(asked)
        for sentence in _left_out(last["left_out"]):
            st.caption(sentence)
        if len(table) and last["links"]:
            st.markdown("**They are shown only now.** Each can be used once, in this customer's name, by whoever has it: send it to "
                        "this customer alone, with your own mail program.")
            st.dataframe(table, hide_index=True, placeholder="–", alt="Personal links", column_config={
                "name": st.column_config.TextColumn("Customer", width=180), "email": st.column_config.TextColumn("E-mail", width=200),
                "link": st.column_config.TextColumn("Personal link", width=520)})
            page.download(lambda _session: table, file_name="survey_links.csv", key="download_links")
        st.button("Done", key="forget_links", type="tertiary", on_click=_forget)


def keep(details_id: int, found: survey_invitations.Invited | None, table: pd.DataFrame, *, links: bool) -> None:
    """Remember links in this window until they are fetched."""
    left_out = (0, 0, 0) if found is None else (found.no_consent, found.asked_already, found.deleted)
    st.session_state[MADE] = {"survey": (run.current().key, details_id), "table": table, "left_out": left_out, "links": links}


def with_links(invitations: pd.DataFrame) -> pd.DataFrame:
    """name, email and link of each."""
    return invitations.assign(link=[answer_door.link(secret) for secret in invitations["secret"]])[["name", "email", "link"]]


def _form(details: SurveyDetails) -> None:
    form = f"ask_{details.id}"
    token, today = run.token(form), run.fresh(settings.today)
    way = st.segmented_control("Whom?", [LATELY, GROUP, ONE], default=LATELY, required=True, key=f"whom_{token}") or LATELY
    ids = _chosen(way, token)
    if ids is not None and way != ONE:
        rest = st.selectbox("Leave out who was", list(REST), key=f"rest_{token}", width=260,
                            help="By any survey. Who is asked too often stops answering.")
        days = REST[rest or "Nobody"]
        if days:
            lately = run.fresh(survey_whom.asked_lately, as_of=today, days=days)
            ids = np.setdiff1d(ids, lately)
        people = "1 customer" if len(ids) == 1 else f"{words.count(len(ids))} customers"
        st.markdown(f"**{people}** would be asked.")
    if ids is not None and way == ONE and len(np.intersect1d(ids, run.fresh(survey_whom.asked_lately, as_of=today, days=LATELY_DAYS))):
        st.warning("This customer was asked within the last 30 days already. Who is asked too often stops answering.",
                   icon=":material/notifications_paused:")
    may_link = can_link()
    with st.container(horizontal=True):
        wanted = [(True, "Make personal links", not may_link), (False, "I ask them in another way", False)]
        for with_link, label, off in wanted:
            if st.button(label, key=f"invite_{with_link}_{token}", type="primary" if with_link else "secondary",
                         disabled=off or ids is None or not len(ids)):
                _invite(details, form, ids, today, with_link=with_link)
    st.caption("Nothing is sent from here. Who does not want e-mails from you gets no link.")


def _chosen(way: str, token: str) -> np.ndarray | None:
    today = run.fresh(settings.today)
    if way == ONE:
        chosen = referral_form.choose("Look for the customer", key=f"one_{token}")
        return None if chosen is None else np.array([chosen], dtype="int64")
    if way == GROUP:
        among = audience.chosen(key="ask_group", as_of=today, help="Your saved segments and groups.")
        if among is None:
            st.caption("Choose a group above. Groups are saved on the pages Groups and Customers.")
        return None if among is None else among.customer_ids
    period = st.segmented_control("Ordered in the last", list(DAYS), default="30 days", required=True, key=f"lately_{token}")
    return run.fresh(survey_whom.bought_lately, as_of=today, days=DAYS[period or "30 days"])


def _invite(details: SurveyDetails, form: str, ids: np.ndarray, today, *, with_link: bool) -> None:
    try:
        moment = run.fresh(service_policy.local_now)
    except CrmError as error:
        st.error(words.plain(error))
        return
    found = run.command(survey_invitations.invite, form=form, survey_id=details.id, customer_ids=ids.tolist(), today=today,
                        invited_at=moment, with_link=with_link)
    if found is run.FAILED:
        return
    if found is not None:
        table = with_links(found.invitations) if with_link else found.invitations[["name", "email"]]
        keep(details.id, found, table, links=with_link)
    dialogs.close()
    st.rerun()


def _left_out(numbers: tuple[int, int, int]) -> list[str]:
    """Who was left out, and why."""
    no_consent, asked_already, deleted = numbers
    said = []
    if no_consent:
        said.append(f"Left out, because they do not want e-mails from you: {words.count(no_consent)}.")
    if asked_already:
        said.append(f"Left out, because they were asked already and still have time: {words.count(asked_already)}.")
    if deleted:
        said.append(f"Left out, because they are not there any more: {words.count(deleted)}.")
    return said


def _forget() -> None:
    st.session_state[MADE] = None
