"""Tab “Comments”: what customers write about, how it sounds, which words go with low scores, and all of it to read."""

from datetime import date

import streamlit as st

from crm import jobs
from crm.analytics import comments
from crm.jobs import comments as job
from crm.ui import audience, chart, comment_list, comment_words, page, words

AUTOMATIC = "As many as hold"
NUMBERS = {AUTOMATIC: None, **{str(number): number for number in range(2, 13)}}


def draw(*, as_of: date, among: audience.Audience | None) -> None:
    """The tab."""
    intro = st.container()
    number = NUMBERS.get(st.session_state.get("comments_themes") or AUTOMATIC)
    result = audience.ask(job.run, among, as_of=as_of, themes=number, doing="Reading the comments")
    with intro:
        page.answer(comment_words.sentence(result))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(comment_words.trust(result), width="content")
            _options()
    if result.themes.missing is None:
        left, right = st.columns([3, 2])
        with left, page.card("What they are about", key="themes_card"):
            _themes(result)
        with right, page.card("In their own words", key="examples_card"):
            _examples(result)
    else:
        with page.card("The words of most comments", key="usual_card"):
            st.caption(words.plain(result.themes.missing))
            _usual(result)
    left, right = st.columns([3, 2])
    with left, page.card(comment_words.telling_title(result), key="telling_card"):
        _telling(result)
    with right, page.card("How they sound", key="tones_card"):
        comment_words.tones_table(result)
        st.caption(comment_words.limits())
    with page.card("Read them", key="read_card"):
        comment_list.draw(result)
        page.download(lambda session: job.table(result, jobs.names.customers(session)), file_name="comments.csv", key="download_comments")
    # The page has its own "How this is computed" below the tabs.
    with st.expander("How comments are read", icon=":material/function:", key="comments_method"):
        comment_words.method(result)


def _options() -> None:
    with st.popover("More options", icon=":material/tune:"):
        st.selectbox("Number of themes", list(NUMBERS), key="comments_themes",
                     help="Usually as many as stay the same when some comments are missing. Ask for fewer to see the large lines, for "
                          "more to see details.")


def _themes(result: comments.Comments) -> None:
    table = result.themes.table
    chart.show(comments.charts.themes(table, names=comment_words.TONE_NAMES, said="sound like this: {tone}"), key="themes_chart",
               alt="How many comments each theme has, and how they sound.")
    comment_words.themes_table(result)
    st.caption("A theme gathers comments that share words, which is not always one subject.")
    other = int((result.each["theme"] == comment_words.OTHER).sum())
    if other:
        st.caption(f"{words.count(other)} comments fit no theme.")


def _examples(result: comments.Comments) -> None:
    table = result.themes.table
    offered = dict(zip(table["name"], table["theme"], strict=True))
    worst = comment_words.worst_theme(table)
    first = list(offered).index(worst["name"]) if worst is not None else 0
    if st.session_state.get("examples_theme") not in offered:
        st.session_state.pop("examples_theme", None)
    chosen = st.selectbox("Theme", list(offered), index=first, key="examples_theme", label_visibility="collapsed")
    st.caption(f"Its words: {words.plain(table.loc[table['theme'] == offered[chosen], 'words'].iloc[0])}")
    found = result.themes.examples
    comment_list.examples(found[found["theme"] == offered[chosen]])


def _usual(result: comments.Comments) -> None:
    usual = result.themes.usual
    if usual.empty:
        st.caption("No word can tell what these comments are about.")
        return
    st.dataframe(usual.assign(share=usual["share"] * 100), hide_index=True, height="content", alt="The words of most comments", column_config={
        "word": st.column_config.TextColumn("Word"), "comments": st.column_config.NumberColumn("Comments", format="%,d", width="small"),
        "share": st.column_config.ProgressColumn("Of all", format="%.0f %%", min_value=0, max_value=100)})


def _telling(result: comments.Comments) -> None:
    if result.keywords is None:
        st.caption(words.plain(result.keywords_missing))
        return
    sure = result.keywords[result.keywords["sure"]]
    if sure.empty:
        st.caption(f"No word is clearly more frequent on one side: {words.count(result.with_low)} comments have a low score, "
                   f"{words.count(result.with_high)} a high one.")
        return
    chart.show(comments.charts.telling_words(sure, low="With low scores", high="With high scores",
                                             said="in {low} comments with a low score, {high} with a high one"),
               key="telling_chart", alt="Words by how many times as often they stand in comments with low scores as with high ones.")
    st.caption("To the right: more often with low scores. Lines show what chance allows; words joined by a dot always come together.")
