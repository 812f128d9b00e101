"""What do customers say of a product? Their ratings, a form to record one, and the way back."""

import pandas as pd
import streamlit as st

from crm.services import ratings
from crm.ui import page, referral_form, run, words

STARS = 5
SHOWN = 50  # ratings in the table
UNDO = "rating_undo"  # (workspace, product, rating)


def draw(product_id: int) -> None:
    """The card."""
    said = run.fresh(ratings.of_product, product_id=product_id)
    with page.card("What customers say of it", key="product_ratings_card"):
        st.markdown(sentence(said))
        if len(said):
            _table(said)
        _undo_note(product_id)
        _form(product_id)


def sentence(said: pd.DataFrame) -> str:
    """How many rated it, and how on average."""
    known = said.dropna(subset=["score"])
    if known.empty:
        return "Nobody rated it yet."
    stars = 1 + (STARS - 1) * ((known["score"] - known["scale_min"]) / (known["scale_max"] - known["scale_min"])).mean()
    if len(known) == 1:
        return f"One rating so far: {stars:.1f} of {STARS} stars."
    return f"**{stars:.1f} of {STARS} stars** on average, from {words.count(len(known))} ratings."


def _table(said: pd.DataFrame) -> None:
    shown = said.head(SHOWN)
    st.dataframe(pd.DataFrame({
        "who": shown["customer_name"].fillna("Nobody known"),
        "said": [f"{row.score:g} of {row.scale_max:g}" if row.score == row.score else "" for row in shown.itertuples()],
        "on": shown["rated_on"], "comment": shown["comment"].fillna("")}), hide_index=True,
        height="content" if len(shown) <= 6 else 35 * 7, alt="Ratings of this product, the newest first", column_config={
            "who": st.column_config.TextColumn("Customer", width=140), "said": st.column_config.TextColumn("Rating", width=70),
            "on": st.column_config.DateColumn("On", format="D MMM YYYY", width=95),
            "comment": st.column_config.TextColumn("Comment", width=150)})


def _form(product_id: int) -> None:
    form = f"rating_{product_id}"
    token = run.token(form)
    with st.popover("Record a rating", icon=":material/star:", key=f"record_rating_{product_id}"):
        customer_id = referral_form.choose("Whose rating?", key=f"rating_who_{token}")
        stars = st.feedback("stars", key=f"rating_stars_{token}")
        comment = st.text_input("What did they say?", key=f"rating_comment_{token}", max_chars=2_000)
        if st.button("Save the rating", key=f"rating_save_{token}", type="primary", disabled=customer_id is None or stars is None):
            made = run.command(ratings.record, form=form, customer_id=customer_id, product_id=product_id, score=float(stars + 1),
                               comment=comment)
            if made is not run.FAILED:
                if made is not None:
                    st.session_state[UNDO] = (run.current().key, product_id, made)
                st.session_state["toast"] = "The rating is kept."
                st.rerun()


def _undo_note(product_id: int) -> None:
    last = st.session_state.get(UNDO)
    if last is None or last[:2] != (run.current().key, product_id):
        return
    st.button("Take the last rating back", key="undo_rating", type="tertiary", icon=":material/undo:", on_click=_take_back,
              args=(last[2],))


def _take_back(rating_id: int) -> None:
    if run.command(ratings.take_back, rating_id) is not run.FAILED:
        st.session_state["toast"] = "Taken back."
    st.session_state[UNDO] = None
