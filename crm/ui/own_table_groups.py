"""Into which groups do the lines of one's own table fall?"""

import streamlit as st

from crm import jobs
from crm.analytics import segments
from crm.errors import NotEnoughData
from crm.ui import chart, group_choices, group_view, page, rule_words, words
from crm.ui.own_table import Chosen

FIRST_COLUMNS = 6  # proposed at once; more features hide the groups that a few would show
FEW_LINES = 50  # with fewer, two invented heaps look as clear as real ones


def draw(chosen: Chosen) -> None:
    """The choices, the groups, what they are like, and the labelled table."""
    table = chosen.table
    usable = [column for column in table.frame.columns if column not in table.identifiers]
    if not usable:
        raise NotEnoughData("There is no column to group by: every column is different in every line.")
    answer = st.container()
    with page.controls():
        columns = tuple(st.multiselect("Group by", usable, default=table.numbers[:FIRST_COLUMNS] or usable[:1],
                                       key="own_table_columns", width=480))
        number_place = st.container(width="content")
        with st.popover("More options", icon=":material/tune:"):
            method = group_choices.method("own_table")
            how = group_choices.fine_points("own_table", chosen=method)
        with number_place:
            number = group_choices.number("own_table") if method in group_choices.WITH_A_NUMBER else None
    how = {"columns": columns, "method": method, "n_segments": number, **how}
    with st.spinner("Looking for groups"):
        found = _groups(chosen.mark, tuple(how.items()), table.frame)
    names = {label: f"Group {label + 1}" for label in range(found.grouping.k)} | {-1: "In no group"}
    with answer:
        st.markdown(_sentence(found))
    _cards(chosen, found, names, how)


def _cards(chosen: Chosen, found: segments.Groups, names: dict[int, str], how: dict) -> None:
    columns = how["columns"]
    labels = {column: column for column in {*found.prepared.columns, *found.prepared.sources}}
    frame = chosen.table.frame
    with page.card("The groups", key="own_table_profile"):
        _profile(found, names)
        page.download(lambda _session: jobs.own_table.labelled(frame, found, names), file_name="grouped.csv",
                      key="own_table_download", label="Download the table with its groups")
        if apart := int((found.labels < 0).sum()):
            st.caption(f"In no group, for they are like too few others: {words.count(apart)}.")
        for note in group_view.prepared_notes(found, words.plain):
            st.caption(note)
    left, right = st.columns(2)
    with left, page.card("Where they lie"):
        numbers = [column for column in chosen.table.numbers if column in columns]
        axes = ("Main differences", *numbers)
        across = st.selectbox("Across", axes, key="own_table_x")
        others = [column for column in numbers if column != across]
        up = st.selectbox("Up", others or numbers, key="own_table_y") if across in numbers else None
        chart.show(segments.plane(found, frame, names=names, labels=labels, x=across if up else None, y=up),
                   key="own_table_plane", alt="Every line as a point, coloured by group.")
    with right, page.card("What is typical"):
        chart.show(segments.heatmap(found, names=names, labels=labels), key="own_table_heatmap",
                   alt="What is typical of each group, darker where it differs more from the average.")
    with st.expander("What sets them apart", icon=":material/account_tree:", key="own_table_rules", on_change="rerun") as rules:
        if rules.open:
            rule_words.explanation(_explained(chosen.mark, tuple(how.items()), found, frame, names), label=str, key="own_table_tree",
                                   counted="Lines")
    with st.expander("How many groups", icon=":material/format_list_numbered:", key="own_table_many", on_change="rerun") as many:
        if many.open:
            if found.choice is not None:
                group_view.how_many(found.choice, key="own_table")
            else:
                st.caption("Choose “As many as fit best” to see how the numbers of groups compare.")
            group_view.joining(found, names, key="own_table")
    with page.explanation("own_table_computed"):
        st.markdown("The columns are made comparable, words become yes-or-no columns, and lines that are alike are put "
                    f"together by **{group_view.METHOD_NAMES[found.method]}**. Every group is told by what is in its middle.")
        group_view.measures(found)


def _sentence(found: segments.Groups) -> str:
    lines, groups = words.count(len(found.labels)), words.count(found.grouping.k)
    if found.grouping.k == 0:
        return f"**{lines} lines, and no crowded place among them**: this kind finds no groups here. Try another kind."
    if found.grouping.k == 1:
        return f"**{lines} lines, and one group.** The others are like too few to be in one."
    if len(found.labels) < FEW_LINES:
        return f"**{lines} lines in {groups} groups.** So few lines fall into groups by chance too: take them as a hint."
    if found.quality["continuum"]:
        return (f"**{lines} lines in {groups} groups.** They shade into each other: the borders between these groups are a "
                "convenience.")
    return f"**{lines} lines fall into {groups} groups** that are clearly apart and come out alike when drawn anew."


def _profile(found: segments.Groups, names: dict[int, str]) -> None:
    profile = found.profile
    shown = profile.assign(group=profile["group"].map(names), share=profile["share"] * 100)
    fixed = {"group": st.column_config.TextColumn("Group", width=90),
             "customers": st.column_config.NumberColumn("Lines", format="%,d", width=70),
             "share": st.column_config.NumberColumn("Of all", format="%.0f %%", width=70)}
    numbers = {column: st.column_config.NumberColumn(column, format="localized") for column in shown.columns
               if column not in fixed and shown[column].dtype.kind == "f"}
    st.dataframe(shown.round(dict.fromkeys(numbers, 2)), hide_index=True, height="content",
                 column_config={**fixed, **numbers}, alt="The groups and what is in the middle of each")
    st.caption("Each figure is that of the line in the middle of its group.")


@st.cache_data(max_entries=12, show_spinner=False)
def _groups(mark: str, how: tuple, _frame):
    return jobs.own_table.groups(_frame, **dict(how))


@st.cache_data(max_entries=12, show_spinner=False)
def _explained(mark: str, how: tuple, _found, _frame, _names):
    return jobs.own_table.explain_groups(_frame, _found, columns=dict(how)["columns"], names=_names)
