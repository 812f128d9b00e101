"""The comments themselves: all of them, by theme, tone and score, a few a page."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from crm.analytics.comments import TONES, Comments
from crm.ui import page, words
from crm.ui.comment_words import BANDS, OTHER, SOUNDS, TONE_NAMES

A_PAGE = 8
SHOWN = 300  # characters; the whole waits behind a click
WHOLE_HEIGHT = 300


def draw(result: Comments) -> None:
    """Filters, the comments that pass them, the newest first, and a pager."""
    themes = {row.name: row.theme for row in result.themes.table.itertuples()}
    if themes:
        themes["No theme"] = OTHER
    tones = {TONE_NAMES[tone]: tone for tone in TONES}
    bands = {BANDS[band]: band for band in BANDS if (result.each["band"] == band).any()}
    with page.controls():
        theme = _choice("Theme", themes, "comments_theme", 260)
        tone = _choice("Sounds", tones, "comments_tone", 150)
        band = _choice("Score", bands, "comments_band", 150)
    each = result.each
    for name, wanted in (("theme", theme), ("tone", tone), ("band", band)):
        if wanted is not None:
            each = each[each[name] == wanted]
    if each.empty:
        st.caption("No comment is like that.")
        return
    times = each["text"].value_counts()
    shown = each.drop_duplicates("text")  # the newest of those that say the same
    pages = -(-len(shown) // A_PAGE)
    # The choices are part of the key, so that another choice starts at its first page.
    key = f"comments_page_{theme}_{tone}_{band}"
    place = min(st.session_state.get(key, 1), pages) - 1
    names = dict(zip(result.themes.table["theme"], result.themes.table["name"], strict=True))
    for row in shown.iloc[place * A_PAGE : (place + 1) * A_PAGE].itertuples():
        about = [] if theme is not None or row.theme not in names else [words.plain(names[row.theme])]
        quote(row.comment, [*_said(times[row.text]), *_score(row), words.day(row.answered_on), SOUNDS[row.tone], *about],
              key=f"comment_{row.answer_id}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if pages > 1:
            st.pagination(pages, key=key)
        st.caption(_counted(len(each), len(shown)))


def examples(table: pd.DataFrame) -> None:
    """Typical comments of one theme."""
    for row in table.itertuples():
        quote(row.text, [*_said(row.times), words.day(row.last_on), SOUNDS[row.tone]], key=f"example_{row.Index}")


def quote(text: str, remarks: Iterable[str], *, key: str) -> None:
    """Somebody's words as they are, shortened where they are long, and what is known of them below. Not as Markdown: nothing in
    them is a format or a link."""
    with st.container(gap=None):
        st.text(text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()} …")
        st.caption(" · ".join(remarks).replace(": · ", ": "))
        if len(text) > SHOWN:
            with st.expander(f"All {words.count(len(text))} characters", key=key, on_change="rerun") as box:
                if box.open:
                    with st.container(height=WHOLE_HEIGHT):
                        st.text(text)


def _choice(label: str, offered: dict, key: str, width: int):
    """The value chosen, None for all; what is not offered any more counts as none."""
    if st.session_state.get(key) not in offered:
        st.session_state.pop(key, None)
    chosen = st.selectbox(label, list(offered), index=None, placeholder="All", key=key, width=width)
    return None if chosen is None else offered[chosen]


def _score(row) -> list[str]:
    return [f"**{row.score:g}** of {row.scale_max:g}"] if row.score == row.score else []


def _said(times: int) -> list[str]:
    return [f"said {words.count(times)} times, the last time:"] if times > 1 else []


def _counted(comments: int, different: int) -> str:
    if comments == 1:
        return "1 comment"
    return f"{words.count(comments)} comments" + (f", {words.count(different)} different ones" if different < comments else "")
