"""When a ticket is solved: is the customer asked how it was? A personal link where there can be one, else what is needed."""

import streamlit as st

from crm import db
from crm.services import settings, survey_invitations, surveys
from crm.services.surveys import SurveyDetails
from crm.services.tickets import TicketDetails
from crm.ui import answer_door, desk_now, offer_mail, page, run, words

LINK = "ticket_survey_link"  # (workspace, ticket, survey, secret) of the link made last: its secret is told once


def draw(details: TicketDetails) -> None:
    offered = run.fresh(surveys.after_tickets)
    if not offered:
        st.caption("To ask customers after their ticket is solved, open a survey and choose “Offer it when a ticket is closed”.")
        page.link("surveys", "Surveys", icon=":material/ballot:")
        return
    if run.current().key != db.own().key:
        st.caption("In your own company you could make a personal survey link here. The demo company has none.")
        return
    if not _reachable():
        return
    survey = offered[0]
    if len(offered) > 1:
        named = {one.id: one for one in offered}
        survey = named[st.selectbox("Survey", list(named), format_func=lambda each: named[each].name, key=f"ticket_survey_{details.id}")]
    made = st.session_state.get(LINK)
    if made is not None and made[:3] == (run.current().key, details.id, survey.id):
        _show(details, survey, made[3])
        return
    waiting = run.fresh(_waiting, survey_id=survey.id, ticket_id=details.id)
    if waiting is not None:
        st.markdown("The customer was asked and has not answered yet.")
        if st.button("Make a new link", key=f"renew_link_{details.id}", help="The old one stops working."):
            _keep(details, survey, run.command(survey_invitations.renew, waiting, today=run.fresh(settings.today)))
        return
    form = f"invite_{details.id}"
    st.markdown(f"Ask **{words.plain(details.customer)}** by “{words.plain(survey.name)}”.")
    if st.button("Make a personal link", key=f"invite_{run.token(form)}", icon=":material/link:"):
        asked = run.command(survey_invitations.invite, form=form, survey_id=survey.id, customer_ids=[details.customer_id],
                            today=run.fresh(settings.today), invited_at=desk_now.clock(), ticket_id=details.id)
        if asked is run.FAILED or asked is None:
            return
        if asked.no_consent:
            st.warning("This customer does not want e-mails from you, so no link was made.", icon=":material/unsubscribe:")
        elif asked.asked_already:
            st.info("The customer was asked about this ticket already and still has time.", icon=":material/schedule:")
        elif len(asked.invitations):
            _keep(details, survey, asked.invitations["secret"].iloc[0])


def _reachable() -> bool:
    """Whether links can be opened from outside; where not, that is said with what is needed."""
    problem = answer_door.why_no_links()
    if problem is None:
        return True
    st.caption(f"{words.plain(problem)} Until then you can ask in your own words and record the answer on the page Surveys.")
    page.link("surveys", "Surveys", icon=":material/ballot:")
    return False


def _waiting(session, *, survey_id: int, ticket_id: int) -> int | None:
    """The asking about this ticket that is open, if there is one."""
    asked = survey_invitations.listing(session, survey_id=survey_id, state="open", limit=500)
    mine = asked[asked["ticket_id"] == ticket_id]
    return int(mine["invitation_id"].iloc[0]) if len(mine) else None


def _keep(details: TicketDetails, survey: SurveyDetails, secret) -> None:
    if secret is not run.FAILED and secret is not None:
        st.session_state[LINK] = (run.current().key, details.id, survey.id, secret)
        st.rerun()


def _show(details: TicketDetails, survey: SurveyDetails, secret: str) -> None:
    link = answer_door.link(secret)
    st.markdown("This link is for this customer alone, and is shown only now:")
    st.code(link, language=None, wrap_lines=True)
    company = run.fresh(settings.company).name
    draft = offer_mail.Draft(survey.title, f"Hello {details.customer},\n\nyour matter “{details.subject}” is solved. How was it? "
                             f"It takes a minute to tell:\n{link}\n\nBest regards\n{company}")
    if details.customer_email and (mail := offer_mail.mailto(details.customer_email, draft)) is not None:
        st.link_button("Open in your mail program", mail, icon=":material/open_in_new:", key=f"survey_mail_{details.id}")
    st.caption("Nothing is sent from here: you send it yourself.")
