"""How are two customers shown side by side, with what merging would give, and merged?"""

import pandas as pd
import streamlit as st

from crm.analytics.duplicates import Duplicates
from crm.services import merging, not_duplicates
from crm.services.merge_fields import MergeField
from crm.ui import duplicate_list, duplicates_words, run, words

ALWAYS_SHOWN = ("name", "email", "phone", "address")


def show(pair: tuple[int, int], found: Duplicates, currency: str) -> None:
    """The pair, or another one of its group; raises NotFound where one of them is gone."""
    pair = _of_group(pair, found)
    keep_id, other_id = _sides(pair)
    proposed = run.fresh(merging.preview, keep_id=keep_id, other_id=other_id)
    _verdict(pair, found)
    buttons, head = st.container(horizontal=True, vertical_alignment="center"), st.container()
    choices = _choices(proposed, currency)
    preview = run.fresh(merging.preview, keep_id=keep_id, other_id=other_id, choices=choices) if choices else proposed
    with buttons:
        # The versions go with the button as it was drawn: what is merged is what was seen.
        st.button("Merge", key=f"merge_{keep_id}_{other_id}", type="primary", icon=":material/join_inner:",
                  on_click=_merge, args=(preview, choices))
        st.button("Not the same person", key=f"apart_{pair[0]}_{pair[1]}", icon=":material/call_split:",
                  on_click=_keep_apart, args=pair)
    with head:
        _table(preview, currency)


def _of_group(pair: tuple[int, int], found: Duplicates) -> tuple[int, int]:
    """Of three and more that belong together, two are looked at at a time."""
    rows = found.pairs
    mine = rows[(rows["first_id"] == min(pair)) & (rows["second_id"] == max(pair))]
    if mine.empty:
        return pair
    group = rows[rows["group"] == mine["group"].iloc[0]]
    pairs = list(zip(group["first_id"].tolist(), group["second_id"].tolist(), strict=True))
    if len(pairs) == 1:
        return pair
    called = run.fresh(merging.known, customer_ids=sorted({customer_id for one in pairs for customer_id in one}))
    # The names alone may be the same for all of them.
    label = {one: " – ".join(f"{called.loc[customer_id, 'name']} ({called.loc[customer_id, 'code']})"
                             for customer_id in one) for one in pairs}
    st.caption(f"These {len(called)} records probably belong to one customer. Merge two at a time.")
    chosen = st.selectbox("Which two?", pairs, index=pairs.index((min(pair), max(pair))), format_func=label.get,
                          key=f"of_group_{pairs[0][0]}_{pairs[0][1]}_{len(pairs)}")
    return chosen or pair


def _sides(pair: tuple[int, int]) -> tuple[int, int]:
    """Which of the two stays: the one with more orders, else of whom more is known, unless the owner says otherwise."""
    first, second = min(pair), max(pair)
    shown = run.fresh(merging.preview, keep_id=first, other_id=second)
    orders = shown.records.set_index("table").reindex(["orders"]).fillna(0).iloc[0]
    known = {side: sum(getattr(field, side) not in (None, "", (), {}) for field in shown.fields)
             for side in ("keep", "other")}
    fuller = second if (orders["other"], known["other"]) > (orders["keep"], known["keep"]) else first
    name = {field.name: field for field in shown.fields}["name"]
    label = {first: f"{name.keep} ({shown.keep_code})", second: f"{name.other} ({shown.other_code})"}
    keep_id = st.segmented_control("Which record stays?", [first, second], default=fuller, required=True,
                                   format_func=lambda customer_id: words.plain(label[customer_id]),
                                   key=f"stays_{first}_{second}") or fuller
    return keep_id, first + second - keep_id


def _verdict(pair: tuple[int, int], found: Duplicates) -> None:
    rows = found.pairs
    mine = rows[(rows["first_id"] == min(pair)) & (rows["second_id"] == max(pair))]
    if mine.empty:
        st.info("These two do not look like one customer. Merge them only if you know it better.",
                icon=":material/help:")
        return
    row = mine.iloc[0]
    sure, reasons = words.share(min(float(row["score"]), duplicates_words.SUREST)), duplicates_words.why(row["reasons"])
    st.markdown(f"**{sure} sure:** {reasons}." if not row["against"]
                else f"**{sure} sure:** {reasons}. :gray[Against it: {duplicates_words.but(row['against'])}.]")


def _table(preview: merging.MergePreview, currency: str) -> None:
    """Field by field: what stays, what goes, what comes out; ≠ where the two say different things."""
    rows, same = [], []
    for field in preview.fields:
        label = duplicates_words.LABELS[field.name]
        if field.source == "same" and field.name not in ALWAYS_SHOWN:
            same.append(label)
        elif field.source != "blank":
            cells = [words.plain(duplicates_words.shown(field.name, side, currency)).replace("\n", "  \n") or "–"
                     for side in (field.keep, field.other, field.merged)]
            taken = [field.source in (side, "both") and cell != "–" for side, cell in zip(("keep", "other"), cells,
                                                                                        strict=False)]
            cells[:2] = [f"✓ {cell}" if marked else cell for cell, marked in zip(cells[:2], taken, strict=True)]
            rows.append((f"**≠ {label}**" if field.differs else label, *cells))
    for record in preview.records.itertuples():
        rows.append((duplicates_words.RECORDS.get(record.table, record.table), words.count(record.keep),
                     words.count(record.other), words.count(record.keep + record.other)))
    keep, other = words.plain(preview.keep_code), words.plain(preview.other_code)
    st.table(pd.DataFrame(rows, columns=["", f"{keep} stays", f"{other} goes", "After merging"]), border="horizontal",
             hide_index=True, alt="Both customers side by side, and what merging gives")
    st.caption("✓ is taken, ≠ differs. Names, e-mails, phones and addresses that are not taken are written into the note.")
    if same:
        st.caption(f"The same on both sides: {', '.join(same)}.")
    st.caption("All that belongs to the record that goes is given to the one that stays. It is hidden, not deleted.")


def _choices(proposed: merging.MergePreview, currency: str) -> dict[str, str]:
    """What the owner chose otherwise than proposed."""
    open_fields = [field for field in proposed.fields if field.can_choose and field.differs]
    if not open_fields:
        return {}
    label = "Choose for 1 field" if len(open_fields) == 1 else f"Choose for {len(open_fields)} fields"
    with st.expander(label, icon=":material/tune:", key=f"choose_{proposed.keep_id}_{proposed.other_id}"):
        chosen = {field.name: _choice(field, proposed, currency) for field in open_fields}
    usual = {field.name: field.source for field in open_fields}
    return {name: side for name, side in chosen.items() if side != usual[name]}


def _choice(field: MergeField, proposed: merging.MergePreview, currency: str) -> str:
    sides = ["keep", "other", *(["both"] if field.name == "note" else [])]
    said = {side: words.plain(duplicates_words.shown(field.name, getattr(field, side, None), currency)) for side in sides}
    said |= {"both": "Both, one after the other"} if "both" in sides else {}
    return st.radio(duplicates_words.LABELS[field.name], sides, index=sides.index(field.source), format_func=said.get,
                    key=f"choice_{field.name}_{proposed.keep_id}_{proposed.other_id}") or field.source


def _merge(preview: merging.MergePreview, choices: dict[str, str]) -> None:
    form = f"merge_{preview.keep_id}_{preview.other_id}"
    correction_id = run.command(merging.merge, preview.keep_id, preview.other_id, form=form, versions=preview.versions,
                                choices=choices)
    if correction_id is run.FAILED or correction_id is None:
        return
    name = {field.name: field for field in preview.fields}["name"]
    st.session_state["settled"] = ("merged", correction_id, name.other, name.merged)
    duplicate_list.ask_for(None)


def _keep_apart(first_id: int, second_id: int) -> None:
    if run.command(not_duplicates.add, first_id, second_id, form=f"apart_{first_id}_{second_id}") is run.FAILED:
        return
    st.session_state["settled"] = ("apart", (first_id, second_id), None, None)
    duplicate_list.ask_for(None)
