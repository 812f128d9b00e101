"""How is a rule read? The conditions in words, how often the rules are right, and the tree that they come from."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from crm.analytics import trees
from crm.ui import chart, words

PATTERNS = {"below": "{0}: below {1}", "at_least": "{0}: {1} or more", "between": "{0}: {1} to below {2}",
            "known": "{0}: known", "unknown": "{0}: not known"}
OR_UNKNOWN = "{0}, or not known"
EVERYBODY = "All of them"
MUCH_BETTER = 0.10  # than always saying the largest group; less is hardly worth a rule


def explanation(found: trees.Explanation, *, label: Callable[[str], str], key: str,
                meanings: dict[str, str] | None = None, counted: str = "Customers") -> None:
    """How far the rules can be trusted, the rules, and the tree; `meanings` are the groups' colours, `counted` says
    what the rows are."""
    right, largest = words.share(found.accuracy), words.share(found.majority_share)
    if found.accuracy - found.majority_share < MUCH_BETTER:
        st.markdown(f"These features hardly tell the groups apart: the rules are right for {right}, and always saying the "
                    f"largest group would be right for {largest}.")
    else:
        st.markdown(f"**The rules are right for {right}** of those they had not seen. Always saying the largest group would be "
                    f"right for {largest}.")
    rules = found.rules
    st.dataframe(pd.DataFrame({
        "group": rules["label"].astype(str), "rows": rules["rows"], "right": rules["precision"] * 100,
        "rule": [in_words(conditions, label) for conditions in rules["conditions"]]}),
        hide_index=True, height="content", alt="The rules, the largest first", column_config={
            "group": st.column_config.TextColumn("Mostly", width=100),
            "rows": st.column_config.NumberColumn(counted, format="%,d", width=75),
            "right": st.column_config.NumberColumn("Right", format="%.0f %%", width=60),
            "rule": st.column_config.TextColumn("If", width=640)})
    if len(rules) > 1:
        figure = trees.picture(found, label=label, meanings=meanings, everybody=EVERYBODY, unknown="not known")
        chart.show(figure, key=f"{key}_tree",
                   alt="The questions of the rules as a tree, with the groups of those who end at each.")


def in_words(conditions: tuple[trees.Condition, ...], label: Callable[[str], str]) -> str:
    """The conditions of a rule, as one line."""
    return " · ".join(condition_in_words(one, label) for one in conditions) or EVERYBODY


def condition_in_words(condition: trees.Condition, label: Callable[[str], str]) -> str:
    """One condition: what is asked of which feature."""
    name = label(condition.column)
    if condition.operator in ("is", "is_not"):
        pattern = "{0}: {1}" if condition.operator == "is" else "{0}: not {1}"
        written = pattern.format(name, " / ".join(str(word) for word in condition.values))
    else:
        written = PATTERNS[condition.operator].format(name, *(_number(border) for border in condition.values))
    return OR_UNKNOWN.format(written) if condition.or_unknown else written


def _number(border: float) -> str:
    return f"{border:,.0f}" if float(border).is_integer() else f"{border:,g}"
