"""What is said about the comments: their answer in a sentence, their tones, how it is computed."""

import pandas as pd
import streamlit as st

from crm.analytics.comments import TONES, Comments
from crm.analytics.comments.keywords import ERROR_SHARE, FEWEST_COMMENTS, FEWEST_WITH_WORD
from crm.analytics.comments.model import MOST_COMMENTS
from crm.analytics.comments.reading import LONGEST_READ
from crm.analytics.comments.themes import STABLE
from crm.ui import words

TONE_NAMES = {"happy": "Happy", "mixed": "Both", "unhappy": "Unhappy", "unclear": "Cannot tell"}
SOUNDS = {"happy": "sounds happy", "mixed": "says good and bad", "unhappy": "sounds unhappy", "unclear": "tone cannot be told"}
BANDS = {"low": "Low", "middle": "Middle", "high": "High", "": "No score"}
LANGUAGES = {"english": "English", "chinese": "Chinese", "mixed": "English and Chinese", "other": "another language", "none": "signs alone"}
OTHER = -1  # the theme of comments without one


def sentence(result: Comments) -> str:
    """How many, how they sound, what the low scores are about."""
    share = dict(zip(result.tones["tone"], result.tones["share"], strict=True))
    count = len(result.each)
    said = (f"**{words.count(count)} comments** up to {words.day(result.as_of)}: **{words.share(share['happy'])}** sound happy, "
            f"**{words.share(share['unhappy'])}** unhappy, {words.share(share['mixed'])} say both, and of {words.share(share['unclear'])} "
            "it cannot be told." if count != 1 else f"There is **1 comment** up to {words.day(result.as_of)}.")
    worst = worst_theme(result.themes.table)
    if worst is None:
        return said if result.themes.missing or not result.with_low else f"{said} No theme has clearly more low scores than the others."
    return (f"{said} Low scores are most frequent where customers write about **{words.plain(worst['name'])}**: "
            f"{words.count(worst['low_scores'])} of {words.count(worst['scored'])}, {words.share(worst['low_share'])} "
            f"({words.share(worst['low_share_low'])} to {words.share(worst['low_share_high'])} with chance allowed for).")


def worst_theme(table: pd.DataFrame) -> pd.Series | None:
    """The theme with the largest share of low scores, of those that have clearly more of them than the rest."""
    enough = table[table["more_low"]]
    return None if enough.empty else enough.sort_values(["low_share", "theme"], ascending=[False, True]).iloc[0]


def trust(result: Comments) -> str:
    """How far the reading of tones agrees with the scores."""
    found = result.agreement
    if found is None:
        return ("How far to trust the tones cannot be measured here: too few of these comments have both a clear tone and a clearly "
                "low or high score.")
    said = (f"The tone agrees with the score in **{words.share(found.share)}** of {words.count(found.compared)} comments "
            f"({words.share(found.low)} to {words.share(found.high)})")
    if found.by_low == found.by_low and found.by_high == found.by_high:
        said += f": {words.share(found.by_high)} where the score is high, {words.share(found.by_low)} where it is low"
    return said + "."


def limits() -> str:
    return ("Irony, and trouble told without a word of trouble, are not noticed. Read the comments themselves before you act on "
            "a single one.")


def tones_table(result: Comments) -> None:
    st.dataframe(
        pd.DataFrame({"Sounds": [TONE_NAMES[tone] for tone in TONES], "Comments": result.tones["comments"],
                      "Share": result.tones["share"] * 100}), hide_index=True, height="content", alt="How the comments sound", column_config={
            "Sounds": st.column_config.TextColumn(width="small"),
            "Comments": st.column_config.NumberColumn(format="%,d", width="small"),
            "Share": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)})


def telling_title(result: Comments) -> str:
    """Named by the sides that have words to show."""
    sure = None if result.keywords is None else result.keywords[result.keywords["sure"]]
    if sure is None or sure.empty or (sure["times"] > 1).nunique() == 2:
        return "Words of low and of high scores"
    return "Words that go with low scores" if (sure["times"] > 1).all() else "Words that go with high scores"


def themes_table(result: Comments) -> None:
    table = result.themes.table
    mean, written = table["mean_level"] * 100, "%.0f %%"
    said = "How far the scores stand on the way from the worst (0 %) to the best (100 %) that can be given, for they are on different scales."
    scales = result.each.loc[result.each["score"].notna() & (result.each["theme"] != OTHER), ["scale_min", "scale_max"]].drop_duplicates()
    if len(scales) == 1:
        low, high = scales.iloc[0]
        mean, written, said = low + table["mean_level"] * (high - low), "%.2f", f"From {low:g}, the worst, to {high:g}, the best."
    shown = table.assign(share=table["share"] * 100, mean_level=mean, low_share=table["low_share"] * 100)
    st.dataframe(shown[["name", "comments", "low_share", "mean_level", "share"]], hide_index=True, height="content",
                 alt="The themes of the comments", column_config={
        "name": st.column_config.TextColumn("Theme", width="medium"),
        "comments": st.column_config.NumberColumn("Comments", format="%,d", width="small"),
        "low_share": st.column_config.NumberColumn("Low scores", format="%.0f %%", width="small",
                                                   help="The share of its scores below the middle of the scale; 0 to 6 where 0 to 10 can be given."),
        "mean_level": st.column_config.NumberColumn("Mean score", format=written, width="small", help=said),
        "share": st.column_config.NumberColumn("Of all", format="%.0f %%", width="small")})


def left_out(result: Comments) -> str:
    """Which rows were not read or counted, "" where all were."""
    said = []
    if result.doubles:
        said.append(f"{words.count(result.doubles)} times the same person wrote the same on one form or day; it counts once.")
    if result.blank:
        said.append(f"{words.count(result.blank)} comments hold no word.")
    if result.older:
        said.append(f"The newest {words.count(MOST_COMMENTS)} comments are read; {words.count(result.older)} older ones are not.")
    return " ".join(said)


def method(result: Comments) -> None:
    """How themes, tones and telling words are found."""
    same = f", {words.count(result.different)} of them different" if result.different < len(result.each) else ""
    languages = ", ".join(f"{words.count(row.comments)} in {LANGUAGES[row.language]}" for row in result.languages.itertuples())
    st.markdown(
        f"**{words.count(len(result.each))} comments** are read{same}: {languages}. Tags, links and addresses are passed over, and "
        f"of a long comment the first {words.count(LONGEST_READ)} characters are read. {left_out(result)}")
    st.markdown(
        "**Themes.** Each comment becomes a row of its words, a rare word weighing more than a common one (TF-IDF); words that praise "
        "or blame whatever it is are left out. Non-negative matrix factorisation (Lee & Seung 1999) looks for groups of words that "
        "occur together:")
    st.latex(r"X \approx W H, \qquad W, H \ge 0")
    tried = result.themes.tried
    if tried:
        chosen = len(result.themes.table)
        st.markdown(
            f"From {min(tried)} to {max(tried)} themes were tried, each again with a fifth of the comments left out (Greene and others "
            f"2014). Shown are the {words.count(chosen)} that stay at least {words.share(STABLE)} the same then; comments that fit none are "
            "left out. A comment has one theme, that which explains most of it.")
    st.markdown(
        "**Tones** are read by lists of words of our own, some 1,700 English and 1,300 Chinese ones, with what turns them round "
        "(“not”, 不, 没有), makes them stronger or weaker (“very”, 有点), and what follows a “but”. Where a comment says as much good as bad, "
        "or nothing that the lists know, or is in another language, it has no figure. On public reviews that were not looked at when the lists "
        "were written, the tone was right for 92 % of 934 English remarks about electronics and 80 % of 3,441 Chinese ones about hotels, "
        "computers and books; it could be told for about three of four.")
    st.markdown(
        f"**Telling words** are compared by their log-odds with a prior from all comments (Monroe, Colaresi & Quinn 2008): in "
        f"{words.count(result.with_low)} comments with a low score against {words.count(result.with_high)} with a high one.")
    st.latex(r"\delta_w = \log\frac{y_w^{\text{low}} + \alpha_w}{n^{\text{low}} + \alpha_0 - y_w^{\text{low}} - \alpha_w} - "
             r"\log\frac{y_w^{\text{high}} + \alpha_w}{n^{\text{high}} + \alpha_0 - y_w^{\text{high}} - \alpha_w}")
    st.markdown(
        f"y counts the comments with a word, n all words of a side. At most {words.share(ERROR_SHARE)} of the words called sure are luck "
        f"(Benjamini & Hochberg 1995); words in fewer than {FEWEST_WITH_WORD} comments, and sides with fewer than {FEWEST_COMMENTS} comments, "
        "are not judged. The prior draws the odds towards even, most where there are few comments. A word that goes with low scores need "
        "not be their cause.")
