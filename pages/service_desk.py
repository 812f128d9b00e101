"""Who waits for an answer? Tickets with their deadlines, how fast they are answered, and what complaints are about and cost."""

import streamlit as st

from crm.services import settings
from crm.ui import (
    desk_board,
    desk_now,
    desk_queue,
    desk_rules,
    desk_shown,
    desk_speed,
    desk_ticket,
    desk_ticket_form,
    desk_topics,
    desk_words,
    page,
    run,
)

currency = run.fresh(settings.company).currency
now, is_present = desk_now.looked_at()
if (asked := st.query_params.get("ticket", "")):
    desk_ticket.draw(asked, now, currency)
    st.stop()

desk_shown.forget()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    page.question("Who waits for an answer?")
    st.button("New ticket", key="new_ticket", type="primary", icon=":material/add_comment:", on_click=desk_ticket_form.open_for,
              args=("new",))
desk_ticket.undo_note()
found = desk_now.figures(now)
is_empty = not (found.counts.unresolved or found.counts.resolved)
if is_empty:
    st.info("No tickets yet. Add the first question or complaint above, or bring in a file of tickets.", icon=":material/support_agent:")
    page.link("data", "Bring in a file", icon=":material/upload_file:")
else:
    page.answer(desk_words.sentence(found, now))
    desk_now.note(now, is_present)
queue, board, speed, topics, rules = st.tabs(["Queue", "Board", "How fast", "What about", "Rules"], key="desk_tab", bind="query-params",
                                             on_change="rerun")
if queue.open:
    with queue:
        desk_queue.draw(now, is_empty=is_empty)
if board.open:
    with board:
        desk_board.draw(now)
if speed.open:
    with speed:
        desk_speed.draw()
if topics.open:
    with topics:
        desk_topics.draw(currency)
if rules.open:
    with rules:
        desk_rules.draw()
desk_ticket_form.show(currency=currency)
