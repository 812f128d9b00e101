"""What do the pages of surveys say? Kinds of questions, ready-made surveys, who answers, how it is computed."""

import streamlit as st

from crm.analytics.responses import ResponseGroups, Responses
from crm.services.surveys import Question
from crm.ui import words

KINDS = {"csat": "Satisfaction", "nps": "Recommendation (0 to 10)", "ces": "Effort", "likert": "Statement", "comment": "Free text"}
STATES = {"draft": "Draft", "open": "Open", "closed": "Closed"}
ASKED_STATES = {"Has time": "open", "Answered": "answered", "Time is over": "expired"}
ENDS = {"csat": ("Very poor", "Very good"), "nps": ("Not at all likely", "Extremely likely"), "ces": ("Not at all", "Completely"),
        "likert": ("Not at all", "Completely"), "comment": ("", "")}
GROUPINGS = {"Bought before": "revenue", "Last order before": "last_order", "Person or company": "kind", "Won through": "channel",
             "Country": "country", "Region": "region", "Stage": "stage"}
WHY = Question("comment", "What should we know?", is_required=False)


def _statement(item: str) -> Question:
    return Question("likert", item, 1, 5, *ENDS["likert"], may_not_apply=True)


# Label -> (name, title, questions, offered after tickets)
TEMPLATES = {
    "After an order": ("After an order", "How was your order?",
                       (Question("csat", "How satisfied are you with your order?", 1, 5, *ENDS["csat"]), WHY), False),
    "Would they recommend you": ("Recommendation", "Would you recommend us?",
                                 (Question("nps", "How likely are you to recommend us to a friend?", 0, 10, *ENDS["nps"]), WHY), False),
    "After a ticket": ("After a ticket", "Was it easy to get help?",
                       (Question("ces", "It was easy to get help.", 1, 7, *ENDS["ces"]),
                        Question("csat", "How satisfied are you with our help?", 1, 5, *ENDS["csat"]), WHY), True),
    "What they like and dislike": ("What you like", "A few short statements about us", (
        Question("csat", "All in all, how satisfied are you with us?", 1, 5, *ENDS["csat"]),
        _statement("The delivery came when promised."), _statement("The packaging protected everything."),
        _statement("The products are well made."), _statement("The prices are fair."), _statement("Ordering was easy."),
        _statement("The advice was helpful."), WHY), False),
    "Empty": ("", "", (Question("csat", "", 1, 5, *ENDS["csat"]),), False),
}


def sentence(result: Responses) -> str:
    """How many answered, how sure, and how many still may."""
    head = (f"**{words.share(result.share)} of {words.count(result.asked)} askings were answered** "
            f"({words.share(result.low)} to {words.share(result.high)}).")
    if result.asked < 30:
        head += " These are few; the share may well turn out otherwise."
    if result.waiting:
        head += (f" {words.count(result.waiting)} more still have time and are not counted yet; of them "
                 f"{words.count(result.early)} have answered already.")
    return head


def took(days: float) -> str:
    """How long it takes to be answered."""
    if days != days:
        return "–"
    hours = days * 24
    return f"{hours:.0f} h" if hours < 36 else f"{days:.0f} days"


def group_sentence(found: ResponseGroups) -> str:
    """Whether the groups differ."""
    # Of a handful of customers no share is told in a sentence.
    told = found.groups[~found.groups["few"]]
    told = found.groups if len(told) < 2 else told
    best, worst = told.iloc[0], told.iloc[-1]
    if not found.different:
        return "These groups answer about equally often; the differences may well be chance."
    strength = ("small" if found.cramers_v < 0.1 else "clear" if found.cramers_v < 0.3 else "large")
    sentences = {
        "small": "The groups differ a little, and not by chance:",
        "clear": "The groups differ clearly, and not by chance:",
        "large": "The groups differ a lot, and not by chance:"}
    return (f"{sentences[strength]} of **{words.plain(best['group'])}** {words.share(best['share'])} answered, of "
            f"**{words.plain(worst['group'])}** {words.share(worst['share'])}. What the latter think, you hear too little of.")


def method(result: Responses) -> None:
    """How responses are counted."""
    st.markdown(
        f"An asking counts once its time is over, answered or not: {words.count(result.asked)} up to "
        f"{words.day(result.as_of)}. The time is what the link was given, or 30 days where it never expires. To count answers at "
        "once and silence only later would make every recent share too high.")
    st.latex(r"\frac{\hat p+\frac{z^2}{2n}\pm z\sqrt{\frac{\hat p(1-\hat p)}{n}+\frac{z^2}{4n^2}}}{1+\frac{z^2}{n}},\quad z=1.96")
    st.markdown(
        "The ranges are Wilson's (1927). Groups are compared within one survey, each customer once, by the last time they were "
        "asked; orders count as they were on that day. The test is Pearson's chi-square, the size of a difference Cramér's V "
        "(below .1 little, above .3 a lot). Groups of fewer than 5 customers are left out.\n\n"
        "A low share is not wrong by itself. It misleads where those who do not answer think otherwise, and the answers alone "
        "cannot show that.")
