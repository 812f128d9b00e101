"""Who is in the list twice? Likely doubles side by side, merged with a way back."""

import streamlit as st

from crm.errors import NotFound
from crm.services import settings
from crm.ui import duplicate_history, duplicate_list, duplicate_pair, duplicates_words, page, run, words

page.question("Who is here twice?")
currency = run.fresh(settings.company).currency
with page.advice():
    intro = st.container()
    duplicate_history.undo_note()
    found = duplicate_list.likely()
    if found.customers == 0:
        st.info("No customers yet. Once there are some, this page shows who is here twice.", icon=":material/group_add:")
        page.link("data", "Bring in a file", icon=":material/upload_file:")
    else:
        with intro:
            page.answer(duplicates_words.sentence(found))
        if len(found.pairs):
            with page.card("Probably twice", key="duplicates_card"):
                duplicate_list.table(found)
        pair = duplicate_list.asked() or duplicate_list.surest(found)
        if pair is not None:
            with page.card("Side by side", key="pair_card"):
                try:
                    duplicate_pair.show(pair, found, currency)
                except NotFound as error:
                    st.info(words.plain(error), icon=":material/person_off:")
                    st.button("Show the surest", key="surest", on_click=duplicate_list.ask_for, args=(None,))
        duplicate_list.others()
        duplicate_history.show()
        with page.explanation("duplicates_method"):
            duplicates_words.method(found)
