"""How is a group of customers kept? A button that asks for a name, and whether the rule or these very customers are meant.

    segment_saving.save_segment_button(definition=..., members=..., proposed_name="Big spenders", key="spenders", as_of=as_of)

`definition` as in crm.services.segment_definitions; None or {"type": "members"} where no rule tells who belongs to them.
`members`: their ids, or a function that gives them; None: whom the rule takes in on `as_of`.
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import streamlit as st

from crm.analytics import trees
from crm.analytics.segments import Segmentation
from crm.errors import CrmError
from crm.jobs import audiences
from crm.services import rfm_settings, segment_definitions, segments, settings
from crm.ui import audience, definition_words, dialogs, feature_words, rule_words, run, words

Members = Sequence[int] | np.ndarray | Callable[[], Sequence[int]] | None
KINDS = {"rule": "Rule", "snapshot": "Snapshot"}
MEANINGS = {"rule": "Who fits is looked up anew each time: customers come and go.",
            "snapshot": "Exactly these customers stay in it, whatever they do later."}
NO_RULE = {"type": "members"}
SAVED = "Saved. You find it on the Groups page, and as “Only these customers” above every list."


def save_segment_button(*, definition: dict | None, members: Members = None, proposed_name: str = "", key: str,
                        as_of: date | None = None, label: str = "Save as a segment") -> None:
    """A button that opens the form for one group of customers; nothing is computed before it is opened."""
    def draw() -> None:
        _form(definition or NO_RULE, members, proposed_name, key=key, as_of=as_of or run.fresh(settings.as_of))

    _button(key, label, draw)


def of_groups(result: Segmentation, how: dict, *, key: str = "save_group") -> None:
    """The same for a result of the Groups page: one of its groups is chosen first; `how` are the arguments it was made by."""
    def draw() -> None:
        names = result.profile["segment"].tolist()
        group = st.selectbox("Group", names, key=f"{key}_group_{run.token(key)}")
        definition, description = NO_RULE, ""
        if result.method == "rfm":
            definition = {"type": "rfm", "groups": [result.called_first(group)]}
        else:  # no rule tells them later on: how they were found is worth a note
            by = ", ".join(feature_words.label(feature) for feature in how.get("features", result.parameters["features"]))
            description = f"Found in the data on {words.day(result.as_of)}, by: {by}."
        customers = result.customers
        _form(definition, customers.loc[customers["segment"] == group, "customer_id"].to_numpy(), group,
              key=key, as_of=result.as_of, part=str(names.index(group)), proposed_description=description)

    _button(key, "Save a group as a segment", draw)


def of_rules(found: trees.Explanation, *, as_of: date, key: str = "save_rule") -> None:
    """The same for rules that tell groups apart: one of them is chosen first. The rules are about features of customers."""
    rules = [(conditions, str(group)) for conditions, group
             in zip(found.rules["conditions"], found.rules["label"], strict=True) if conditions]

    def draw() -> None:
        said = [f"{group}: {rule_words.in_words(conditions, feature_words.label)}" for conditions, group in rules]
        place = st.selectbox("Rule", range(len(rules)), key=f"{key}_rule_{run.token(key)}", format_func=said.__getitem__)
        conditions, group = rules[place]
        _form(audiences.of_rule(conditions), None, group, key=key, as_of=as_of, part=str(place))

    if rules:
        _button(key, "Save a rule as a segment", draw)


def _button(key: str, label: str, draw: Callable[[], None]) -> None:
    dialogs.button(label, key=key, title="Save as a segment", draw=draw, icon=":material/bookmark_add:", form=key)


def _form(definition: dict, members: Members, proposed_name: str, *, key: str, as_of: date, part: str = "",
          proposed_description: str = "") -> None:
    token = f"{run.token(key)}{part}"
    try:
        customer_ids = _ids(definition, members, as_of)
    except CrmError as error:
        st.warning(words.plain(error), icon=":material/error:")
        return
    _say_whom(definition, len(customer_ids))
    with st.form(f"{key}_form_{token}", border=False):
        name = st.text_input("Name", value=proposed_name[:segments.NAME_LIMIT], key=f"{key}_name_{token}",
                             max_chars=segments.NAME_LIMIT, placeholder="What you call these customers")
        description = st.text_area("Description", value=proposed_description, key=f"{key}_description_{token}", height=80,
                                   max_chars=segments.DESCRIPTION_LIMIT, placeholder="What it is for (you may leave this empty)")
        kind = "snapshot"
        if segment_definitions.is_rule(definition):
            kind = st.radio("Keep it as", list(KINDS), format_func=KINDS.get, captions=list(MEANINGS.values()),
                            key=f"{key}_kind_{token}")
        else:
            st.caption("No rule tells who belongs to them, so exactly these customers are kept.")
        sent = st.form_submit_button("Save", type="primary", key=f"{key}_sent_{token}")
    if sent and run.command(segments.create, form=key, name=name, description=description, kind=kind,
                            definition=definition, as_of=as_of,
                            members=customer_ids if kind == "snapshot" else None) is not run.FAILED:
        dialogs.close()
        st.session_state["toast"] = SAVED
        st.rerun()


def _ids(definition: dict, members: Members, as_of: date) -> Sequence[int]:
    if members is not None:
        return members() if callable(members) else members
    return run.cached(audiences.matching, definition=segment_definitions.as_text(definition), as_of=as_of,
                      mark=audience.mark(), doing="Counting the customers")


def _say_whom(definition: dict, number: int) -> None:
    st.markdown(f"**{definition_words.people(number)}** at present")
    if segment_definitions.is_rule(definition):
        clean = segment_definitions.checked(definition)
        lines = definition_words.in_words(clean, rfm=run.fresh(rfm_settings.read), currency=run.fresh(settings.company).currency)
        st.caption(" · ".join(words.plain(line) for line in lines))
