"""How are journeys computed? In words, formulas and the user's own numbers."""

import streamlit as st

from crm.analytics.journey import Journey
from crm.ui import journey_words, words

SILENCE = {
    "rhythm": "nine of ten pauses between two purchases of your customers are shorter, every customer who came back counting once, rounded up to "
              "a length that people remember",
    "records": "as much as a third of the time on record; more than one in ten pauses between two purchases is longer, so that some of the silent "
               "are only late",
    "longest": "the longest time that is taken; more than one in ten pauses between two purchases is longer, so that some of the silent are only late",
    "usual": "too few of your customers came back to show a rhythm, so a usual length is taken",
    "chosen": "as you chose",
}


def draw(result: Journey) -> None:
    """The method with this result's figures."""
    reached = result.reached.set_index("kind")["customers"]
    st.markdown(
        f"**What is a step.** The first contact (being brought by a customer, an answer to a campaign, a question or wish, a message; whichever "
        f"came first, and only where nothing else came before it: known of {words.count(reached['contact'])} of {words.count(result.customers)} "
        "customers), each order with something charged, complaints and their solutions, low and high scores of surveys. All orders of one day are "
        "one; the same kind again at once is one step; within a day the order is that of this list. A survey day is low where more scores were low "
        "than high: up to 6 of 0 to 10, or the lower half of another scale; high is 9 and 10, or the upper quarter. Effort scores do not count; "
        "single questions only where the whole was not asked about.")
    if result.without:
        left_out = ", ".join(journey_words.FOR_TABLE[kind].lower() for kind in result.without)
        st.markdown(f"**Left out of the ways**, as you chose: {left_out}. Where customers stop is counted with them all the same.")
    st.markdown(
        f"**Silence** is {result.silence_days} days without any order, message, ticket or answer: {SILENCE[result.silence_from]}. Silent is not gone. "
        f"Today {words.count(result.silent_now)} of {words.count(result.customers)} are silent. Nothing after {words.day(result.as_of)} is looked at.")
    st.markdown(
        f"**Where they stop.** Of the customers whose {result.silence_days} days after a step are over, the share that did not order in them; the range "
        "is Wilson's (1927). Who took the step lately is on neither side, for counting him as going on once he does would make every step look "
        "safer than it is.")
    st.latex(r"\hat p = \frac{\#\{\text{no order within } H \text{ days}\}}{\#\{\text{step at least } H \text{ days ago}\}} \qquad "
             r"\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}")
    second = result.to_second_order
    if second is not None and second.within_days is not None:
        st.markdown(
            f"**How soon.** Many have not ordered again *yet*. The estimate of Kaplan & Meier (1958) counts everybody for as long as they were "
            f"watched: {words.count(second.taken)} of {words.count(second.customers)} have bought again so far, "
            f"{words.share(second.taken / second.customers, 1)} whatever their age; within {journey_words.span(second.within_days)} it is "
            f"{words.share(second.share, 1)}. Variance by Greenwood (1926), ranges of 95 % on the log(−log) scale (Kalbfleisch & Prentice 2002).")
        st.latex(r"S(t) = \prod_{s \le t}\left(1 - \frac{d_s}{n_s}\right)")
    st.markdown(
        "**Groups** are compared by Pearson's chi-square, or where few are expected in a cell by 9,999 tables drawn with the same sums; the "
        "chances are corrected for being many (Benjamini & Hochberg 1995), so that of all differences named here about one in twenty is none.")
    st.latex(r"\chi^2 = \sum_{g} \frac{(O_g - n_g\,\hat p)^2}{n_g\,\hat p\,(1-\hat p)}")
    st.markdown(
        "**What it cannot say.** What is not on record is no step: a call that nobody noted, a contact that came to nothing and was never kept. "
        "Typical days between two steps are of those who took both, but those to the second order in the table are estimated as "
        "above, and in the picture all are of those who went that way. That one step follows another does not say that it caused it.")
