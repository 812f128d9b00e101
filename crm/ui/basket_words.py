"""What does the page of baskets say? The strongest rule and how far to trust it, the rules, and who did not follow one."""

import numpy as np
import pandas as pd
import streamlit as st

from crm.analytics.baskets import BasketRules
from crm.ui import words

SHOWN = 500  # rules in the table on the page; the download has all
SURE = 0.05  # of the rules called more than luck, at most one in twenty is (false discovery rate)
SENTENCES = {
    "orders": {
        "none": "Among {all} orders no products are bought together often enough. Ask for less under “More options”.",
        "luck": "**Among {all} orders nothing is bought together more often than chance would explain.** What is listed below "
                "({rules}) may be luck.",
        "one": "Among {all} orders, the one rule that was found is more than luck.",
        "sure": "Among {all} orders, all {rules} rules that were found are more than luck.",
        "some": "Among {all} orders, {sure} of {rules} rules are more than luck; the others may be luck."},
    "baskets": {
        "none": "Among {all} baskets no products lie together often enough. Ask for less under “More options”.",
        "luck": "**Among {all} baskets nothing lies together more often than chance would explain.** What is listed below "
                "({rules}) may be luck.",
        "one": "Among {all} baskets, the one rule that was found is more than luck.",
        "sure": "Among {all} baskets, all {rules} rules that were found are more than luck.",
        "some": "Among {all} baskets, {sure} of {rules} rules are more than luck; the others may be luck."},
}
REAL = {True: "yes", False: "maybe luck"}
MANY_TIMES = 10  # from here on, decimals of “times as often” say nothing


def sure(rules: pd.DataFrame) -> pd.Series:
    """Which rules chance does not explain, nor that large orders hold a bit of everything."""
    return (rules["size_q_value"] <= SURE) & (rules["size_lift"] > 1)


def sentence(result: BasketRules, *, counted: str = "orders") -> str:
    """The strongest rule that chance does not explain, and how many there are; `counted`: orders, or baskets of a table."""
    said, rules = SENTENCES[counted], result.rules
    numbers = {"all": words.count(result.baskets), "rules": words.count(len(rules))}
    if rules.empty:
        return said["none"].format(**numbers)
    found = rules[sure(rules)]
    if found.empty:
        return said["luck"].format(**numbers)
    top = found.iloc[0]
    return (f"**Who buys {joined(top['antecedent_names'])} also buys {joined(top['consequent_names'])}** in "
            f"{share(top['confidence'])} of cases, {times(top['lift'])} times as often as by chance. "
            + said["some" if len(found) < len(rules) else "one" if len(rules) == 1 else "sure"].format(sure=words.count(len(found)), **numbers))


def joined(names: tuple[str, ...]) -> str:
    """Names in a sentence."""
    return " and ".join(words.plain(name) for name in names)


def times(lift: float) -> str:
    """
    >>> times(4.06), times(49.3)
    ('4.1', '49')
    """
    return f"{lift:,.1f}" if lift < MANY_TIMES else f"{lift:,.0f}"


def share(part: float) -> str:
    """A share in a sentence; what is not quite all is not said to be all.

    >>> share(0.934), share(262 / 263), share(1)
    ('93 %', 'over 99 %', '100 %')
    """
    return "over 99 %" if 0.995 <= part < 1 else words.share(part)


def in_percent(part: pd.Series | np.ndarray) -> pd.Series | np.ndarray:
    """Shares as numbers of per cent for a table: whole ones, but what is not quite all is at most 99.9.

    >>> in_percent(np.array([0.934, 262 / 263, 0.99999, 1])).tolist()
    [93.0, 99.6, 99.9, 100.0]
    """
    percent = part * 100
    nearly = (percent >= 99.5) & (percent < 100)
    return nearly * np.minimum(np.round(percent, 1), 99.9) + ~nearly * np.round(percent)


def rules_table(rules: pd.DataFrame, *, key: str, counted: str = "Orders") -> int | None:
    """One row a rule in the sequence given; the index label of the one that was clicked. `key` names what is listed: another
    list is another choice."""
    listed = rules.head(SHOWN)
    shown = pd.DataFrame({
        "left": [" + ".join(names) for names in listed["antecedent_names"]],
        "right": [" + ".join(names) for names in listed["consequent_names"]],
        "confidence": in_percent(listed["confidence"].to_numpy()), "lift": listed["lift"].to_numpy(),
        "count": listed["count"].to_numpy(), "real": sure(listed).map(REAL).to_numpy()})
    event = st.dataframe(shown, hide_index=True, height=424, key=key, on_select="rerun", selection_mode="single-cell",
                         alt="Rules of what is bought together, the strongest first", column_config={
        # On a phone the first three are seen: names and a figure, for a bar would be cut off.
        "left": st.column_config.TextColumn("Who buys", width=158),
        "right": st.column_config.TextColumn("also buys", width=112),
        "confidence": st.column_config.NumberColumn("In", format="%f %%", width=60,
                                                    help="Of those who buy the first, how many buy the second"),
        "lift": st.column_config.NumberColumn("× chance", format="%.1f", width=68,
                                              help="Times as often as if the two had nothing to do with each other"),
        "count": st.column_config.NumberColumn(counted, format="%,d", width=62),
        "real": st.column_config.TextColumn("Real?", width=76, help="Whether it is more than luck, orders of about the same size "
                                                                    "compared")})
    cells = event["selection"]["cells"]
    return listed.index[cells[0][0]] if cells and cells[0][0] < len(listed) else None
