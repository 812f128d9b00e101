"""Is it understood rightly? What a file seems to be, which column is what, and the first lines as they will be read."""

import hashlib
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm import transfers
from crm.errors import CrmError
from crm.imports import (
    CUSTOM,
    ITEM,
    LEFT_OUT,
    SURE_ENOUGH,
    Choices,
    ColumnMap,
    FileFormat,
    format_as_chosen,
    format_of_choices,
    kinds,
    missing_needs,
    unreadable,
)
from crm.ui import import_source, import_words, page, run, words
from crm.ui.import_source import Draft

SHOWN = 100


@dataclass(frozen=True)
class Reviewed:
    """What the owner decided about one draft; `choices` is None where something is still missing."""

    draft: Draft
    choices: Choices | None


def review() -> list[Reviewed]:
    """Every draft with its choices; the one that is chosen is shown."""
    drafts = import_source.drafts()
    shown = drafts[0]
    if len(drafts) > 1:
        names = {draft.token: f"{place}. {words.plain(draft.origin.name)}" for place, draft in enumerate(drafts, 1)}
        token = st.segmented_control("File", list(names), format_func=names.get, default=drafts[0].token,
                                     required=True, key=f"import_shown_{drafts[0].token}")
        shown = next(draft for draft in drafts if draft.token == token)
    return [_review(draft) if draft is shown else _decided(draft) for draft in drafts]


def drop_shown() -> None:
    """Leave out the file that is on the screen; for a callback."""
    drafts = import_source.drafts()
    token = st.session_state.get(f"import_shown_{drafts[0].token}", drafts[0].token)
    import_source.keep([draft for draft in drafts if draft.token != token])


def _decided(draft: Draft) -> Reviewed:
    """What was chosen for a file that is not on the screen now, or what is proposed for it."""
    known = st.session_state.get(f"import_choices_{draft.token}")
    if known is None:
        try:
            looked = _looked(draft)
        except CrmError:
            return Reviewed(draft, None)
        known = _proposed(draft, looked)
        try:
            transfers.shown(looked, known, lines=1)
        except CrmError:
            known = None
    return Reviewed(draft, known)


def _review(draft: Draft) -> Reviewed:
    try:
        looked = _looked(draft)
    except CrmError as error:
        st.error(words.plain(error), icon=":material/error:")
        with st.expander("How the file is written", icon=":material/tune:", expanded=True):
            _format(draft, None)
        return Reviewed(draft, None)
    proposed = _proposed(draft, looked)
    told = st.container()
    kind = st.session_state.get(_key(draft, "kind")) or looked.guess.kind
    with page.controls():
        kind = st.selectbox("It holds", list(import_words.KINDS), format_func=import_words.KINDS.get,
                            index=list(import_words.KINDS).index(kind), key=_key(draft, "kind"), width=270)
        source = st.text_input("From which shop or system", value=proposed.source, key=_key(draft, "source"),
                               help="Numbers of orders and payments are told apart by it: use the same name each time.",
                               width=200)
        on_known = st.selectbox("Records that you have already", list(import_words.ON_KNOWN),
                                format_func=import_words.ON_KNOWN.get, key=_key(draft, "known"), width=240,
                                index=list(import_words.ON_KNOWN).index(proposed.on_known))
        with st.popover("How it is written", icon=":material/tune:"):
            _format(draft, looked)
    mapping = _mapping(draft, looked, kind, proposed)
    with told:
        _tell(draft, looked, mapping)
    constants = _constants(draft, kind, mapping, proposed)
    choices = Choices(kind, mapping, constants, source.strip() or "import", on_known, proposed.file_format)
    st.markdown("**The first lines, as they are understood**")
    try:
        lines = transfers.shown(looked, choices, lines=SHOWN)
    except CrmError as error:
        _missing(kind, mapping, constants, error)
        st.dataframe(looked.head.lines.head(20).astype(object), hide_index=True, height=220, alt="The first lines")
        st.session_state.pop(f"import_choices_{draft.token}", None)
        return Reviewed(draft, None)
    theirs = {ours: column for column, ours in mapping.items() if ours not in (LEFT_OUT, CUSTOM, ITEM)}
    names = {ours: f"{import_words.field(ours)} ({theirs[ours]})" if ours in theirs else import_words.field(ours)
             for ours in lines.columns if ours in import_words.FIELDS}
    st.dataframe(lines.rename(columns=names), hide_index=True, height=260, alt="The first lines, as they are understood")
    for name, count in unreadable(lines).items():
        st.caption(f":orange[:material/warning:] Not readable in “{words.plain(names.get(name, name))}”: {count} of these lines, "
                   "marked ⚠.")
    st.session_state[f"import_choices_{draft.token}"] = choices
    return Reviewed(draft, choices)


def _looked(draft: Draft) -> transfers.Look:
    """The first lines and the guess: of the kind that was chosen where it is another one than guessed, and written as
    the last file of this shape was."""
    looked = _look(draft, None)
    format_key = _key(draft, "format")
    if format_key not in st.session_state:
        remembered = looked.remembered.file_format if looked.remembered is not None else {}
        st.session_state[format_key] = format_as_chosen(format_of_choices(remembered))
        if remembered:
            looked = _look(draft, None)
    chosen = st.session_state.get(_key(draft, "kind"))
    return looked if chosen in (None, looked.guess.kind) else _look(draft, chosen)


def _look(draft: Draft, kind: str | None) -> transfers.Look:
    """Read again only when something was changed."""
    file_format = _format_chosen(draft)
    kept = st.session_state.setdefault(f"import_look_{draft.token}", {})
    mark = (kind, file_format, run.current().key)
    if mark not in kept:
        for other in [other for other in kept if other[1:] != mark[1:]]:
            del kept[other]
        kept[mark] = transfers.look(run.current(), draft.origin, kind=kind, file_format=file_format)
    return kept[mark]


def _proposed(draft: Draft, looked: transfers.Look) -> Choices:
    """The choices of the last time, else what is guessed."""
    known = looked.remembered
    guessed = {column.column: column.ours for column in looked.guess.columns}
    if known is None:
        source = draft.origin.database if draft.origin.database and "/" not in draft.origin.database else "import"
        return Choices(looked.guess.kind, guessed, {}, source, "fill", _format_chosen(draft))
    return Choices(known.kind, guessed | dict(known.mapping), known.constants, known.source, known.on_known,
                   _format_chosen(draft))


def _tell(draft: Draft, looked: transfers.Look, mapping: dict[str, str]) -> None:
    """Say what it seems to be, how sure that is, and how much of it comes in."""
    guess = looked.guess
    name, what = words.plain(draft.origin.name), import_words.KINDS_IN_A_SENTENCE[guess.kind]
    comes = sum(ours != LEFT_OUT for ours in mapping.values())
    if looked.remembered is not None:
        page.answer(f"“{name}” has the columns of a file that you brought in before, as {what}. Your choices of then are set.")
    elif guess.confidence >= SURE_ENOUGH:
        page.answer(f"“{name}” holds {what}. Columns that come in: {comes} of {len(mapping)}.")
    else:
        page.answer(f"“{name}” may hold {what}; say below what it is. Columns that come in: {comes} of {len(mapping)}.")
    reasons = [import_words.REASONS[code].format(words.plain(column)) for code, column in guess.reasons
               if code in import_words.REASONS]
    if reasons and looked.remembered is None:
        st.caption(" ".join(reasons))


def _mapping(draft: Draft, looked: transfers.Look, kind: str, proposed: Choices) -> dict[str, str]:
    """Which column is what: a table to correct, the guess and its reason beside."""
    options = {ours: import_words.field(ours) for ours in kinds.KINDS[kind].fields if ours != ITEM}
    if ITEM in kinds.KINDS[kind].fields:
        options[ITEM] = import_words.SPECIAL[ITEM] if kind == "answers_wide" else import_words.FIELDS[ITEM]
    options |= {CUSTOM: import_words.SPECIAL[CUSTOM], LEFT_OUT: import_words.SPECIAL[LEFT_OUT]}
    back = {label: ours for ours, label in options.items()}
    remembered = dict(looked.remembered.mapping) if looked.remembered is not None else {}
    rows = []
    for column in looked.guess.columns:
        ours = proposed.mapping.get(column.column, LEFT_OUT) if kind == proposed.kind else column.ours
        as_then = column.column in remembered and kind == proposed.kind
        rows.append({
            "Column": column.column, "Becomes": options.get(ours, options[LEFT_OUT]),
            "Sure": 100.0 if as_then else None if column.why == "nothing" else 100 * column.confidence,
            "Because": import_words.WHY["remembered"] if as_then else import_words.WHY.get(column.why, ""),
            "Examples": _examples(looked.head.lines[column.column])})
    frame = pd.DataFrame(rows, columns=["Column", "Becomes", "Sure", "Because", "Examples"])
    st.markdown("**Which column is what**")
    edited = st.data_editor(
        frame, key=_key(draft, f"columns_{kind}_{_mark(looked)}"), hide_index=True, num_rows="fixed",
        height="content" if len(frame) <= 12 else 440, disabled=["Column", "Sure", "Because", "Examples"], column_config={
            "Column": st.column_config.TextColumn("Column of the file", width="medium"),
            "Becomes": st.column_config.SelectboxColumn("Becomes", options=list(back), required=True, width="medium"),
            "Sure": st.column_config.ProgressColumn("How sure", format="%.0f %%", min_value=0, max_value=100, width="small"),
            "Because": st.column_config.TextColumn("Because of"),
            "Examples": st.column_config.TextColumn("First values", width="large")})
    st.caption("To change what a column becomes, click its cell and press Enter.")
    return {column: back[becomes] for column, becomes in zip(edited["Column"], edited["Becomes"], strict=True)}


def _missing(kind: str, mapping: dict[str, str], constants: dict[str, str], error: CrmError) -> None:
    """What is still to be chosen in the table of columns, in its own words."""
    by_field: dict[str, list[str]] = {}
    for column, ours in mapping.items():
        by_field.setdefault(ours, []).append(column)
    twice = {ours: names for ours, names in by_field.items()
             if len(names) > 1 and ours not in (LEFT_OUT, CUSTOM) and not (ours == ITEM and kind == "answers_wide")}
    for ours, names in twice.items():
        st.info(f"Two columns become {import_words.field(ours)}: “{words.plain(names[0])}” and “{words.plain(names[1])}”. "
                "Leave one of them out in the table above.", icon=":material/rule:")
    missing = missing_needs(kind, ColumnMap({ours: names[0] for ours, names in by_field.items()}, (),
                                            items=tuple(by_field.get(ITEM, ())), constants=constants))
    for group in missing:
        if group == (ITEM,) and kind == "answers_wide":
            st.info(f"Choose **{import_words.SPECIAL[ITEM]}** in the table above for each column that holds answers.",
                    icon=":material/rule:")
            continue
        needed = " / ".join(import_words.field(ours) for ours in group)
        st.info(f"Choose in the table above which column is this: **{needed}**.", icon=":material/rule:")
    if not twice and not missing:
        st.info(words.plain(error), icon=":material/rule:")


def _constants(draft: Draft, kind: str, mapping: dict[str, str], proposed: Choices) -> dict[str, str]:
    """What the file does not say and every line needs: asked for once."""
    mapped = set(mapping.values())
    columns = ColumnMap({ours: name for name, ours in mapping.items()}, (), items=("",) if ITEM in mapped else ())
    asked = [group[0] for group in missing_needs(kind, columns)
             if len(group) == 1 and group[0] not in (ITEM, "score", "amount")]
    given = {}
    for name in asked:
        label = import_words.field(name)
        typed = st.text_input(f"{label}, the same for all lines", value=proposed.constants.get(name, ""),
                              key=_key(draft, f"constant_{name}"), width=320,
                              placeholder="2026-11-22" if kinds.KINDS[kind].fields[name].type in ("date", "moment") else "",
                              help="The file has no column for it, so what you write here counts for every line.")
        if typed.strip():
            given[name] = typed.strip()
    kept = {name: text for name, text in proposed.constants.items() if name not in mapped and name not in asked}
    return kept | given


def _format_chosen(draft: Draft) -> FileFormat:
    chosen = st.session_state.get(_key(draft, "format"), {})
    return format_of_choices(chosen)


def _format(draft: Draft, looked: transfers.Look | None) -> None:
    """How the file is written: as found, or as the owner says."""
    if draft.origin.database is not None:
        st.caption("A database says itself how it is written.")
        return
    found = looked.head.format if looked is not None else FileFormat()
    chosen = dict(st.session_state.get(_key(draft, "format"), {}))
    as_found = "As found"
    before = dict(chosen)

    def pick(name: str, label: str, options: dict, now: object) -> None:
        shown = {as_found: as_found if now is None else f"As found: {options.get(now, now)}"}
        labels = {**shown, **{str(number): text for number, text in enumerate(options.values())}}
        contents = dict(zip([str(number) for number in range(len(options))], options, strict=True))
        index = [as_found, *contents.values()].index(chosen[name]) if chosen.get(name) in options and name in chosen else 0
        picked = st.selectbox(label, list(labels), index=index, format_func=labels.get, key=_key(draft, f"as_{name}"))
        if picked == as_found:
            chosen.pop(name, None)
        else:
            chosen[name] = contents[picked]

    sheets = _sheets(draft) if found.sheet is not None else []
    if sheets:
        pick("sheet", "Sheet", {sheet: sheet for sheet in sheets}, found.sheet)
    else:
        pick("encoding", "Letters", import_words.ENCODINGS, found.encoding)
        pick("delimiter", "Between the columns", import_words.DELIMITERS, found.delimiter)
        pick("quote", "Quotes", import_words.QUOTES, found.quote)
    pick("has_header", "The first line names the columns", import_words.YES_NO, found.has_header)
    pick("date_order", "Dates are written as", import_words.DATE_ORDERS, found.date_order)
    pick("decimal_mark", "Decimals are marked by a", import_words.DECIMAL_MARKS, found.decimal_mark)
    pick("thousands_mark", "Thousands are marked by a", import_words.THOUSANDS_MARKS, found.thousands_mark)
    skipped = st.number_input("Lines above the heading to skip", min_value=0, max_value=1000, step=1,
                              value=chosen.get("skip_rows", found.skip_rows or 0), key=_key(draft, "as_skip"))
    if skipped != (found.skip_rows or 0) or "skip_rows" in chosen:
        chosen["skip_rows"] = int(skipped)
    nothing = st.text_input("Words that mean nothing", key=_key(draft, "as_nothing"), placeholder="NULL, n/a, -",
                            value=", ".join(chosen.get("null_words") or ()))
    texts = tuple(text.strip() for text in nothing.split(",") if text.strip())
    if texts:
        chosen["null_words"] = ("", *texts)
    else:
        chosen.pop("null_words", None)
    if chosen != before:
        st.session_state[_key(draft, "format")] = chosen
        st.rerun()


def _sheets(draft: Draft) -> list[str]:
    """A workbook's sheets, asked once: the whole file is opened for it."""
    key = _key(draft, "sheets")
    if key not in st.session_state:
        st.session_state[key] = draft.origin.sheets()
    return st.session_state[key]


def _examples(column: pd.Series) -> str:
    """The first different values."""
    texts = pd.unique(column.head(200).astype(object).dropna())
    return " · ".join(str(text)[:40] for text in texts[:4] if str(text).strip())


def _mark(looked: transfers.Look) -> str:
    """Other columns need another table to correct: its edits are kept by position."""
    return hashlib.sha256(repr(list(looked.head.lines.columns)).encode()).hexdigest()[:8]


def _key(draft: Draft, name: str) -> str:
    return f"import_{draft.token}_{name}"
