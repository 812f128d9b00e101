"""How is a survey made and changed? One card a question, which can be moved; nothing is kept before “Save”."""

import secrets
from dataclasses import replace

import streamlit as st

from crm.services import surveys
from crm.services.surveys import Question, SurveyDetails
from crm.ui import page, run, survey_questions, survey_words

STATE = "survey_editor"  # the survey that is being edited: what it was, and the sequence of its questions


def open_new(template: str) -> None:
    """Begin a new survey from a ready-made one; for a callback."""
    name, title, questions, after_tickets = survey_words.TEMPLATES[template]
    _open(None, SurveyDetails(0, 0, name, title, None, None, "draft", after_tickets, 30, questions, 0, 0))


def open_for(details: SurveyDetails) -> None:
    """Change a survey; for a callback."""
    _open(details.id, details)


def is_open() -> bool:
    """Whether a survey of the open company is being edited."""
    return (st.session_state.get(STATE) or {}).get("workspace") == run.current().key


def close() -> None:
    """Forget what was not saved."""
    st.session_state[STATE] = None


def draw() -> None:
    """The editor, in place of the page's content."""
    state = st.session_state[STATE]
    shown: SurveyDetails = state["shown"]
    mark = state["mark"]
    page.question("Change the survey" if state["id"] else "What would you like to ask?")
    if shown.answered:
        st.info("Customers have answered this survey. Their answers keep the words and scales of that day; what you change holds "
                "from now on. Where a question gets another meaning, better copy the survey.", icon=":material/history_edu:")
    left, right = st.columns([3, 2])
    with left:
        typed = _head(shown, mark)
        for place, uid in enumerate(state["order"]):
            _question_card(state, place, uid)
        st.button("Add a question", key="add_question", icon=":material/add:", on_click=_add,
                  disabled=len(state["order"]) >= surveys.MOST_QUESTIONS)
        questions = tuple(_typed(state, uid) for uid in state["order"])
        with st.container(horizontal=True):
            if st.button("Save", key=f"save_survey_{mark}", type="primary", icon=":material/save:"):
                _save(state, typed, questions)
            st.button("Leave without saving", key="leave_editor", type="tertiary", on_click=close)
    with right, page.card("How it looks", key="survey_preview"):
        st.markdown(f"#### {typed['title']}" if typed["title"].strip() else ":gray[The title is empty yet.]")
        if typed["intro"]:
            st.markdown(typed["intro"])
        survey_questions.draw(tuple(_with_scale(one) for one in questions if one.item.strip()),
                              key=f"preview_{mark}_{hash(questions)}", disabled=True)


def _open(survey_id: int | None, shown: SurveyDetails) -> None:
    uids = [secrets.token_hex(4) for _ in shown.questions]
    st.session_state[STATE] = {"id": survey_id, "shown": shown, "mark": secrets.token_hex(4), "order": uids,
                               "first": dict(zip(uids, shown.questions, strict=True)), "workspace": run.current().key}


def _head(shown: SurveyDetails, mark: str) -> dict:
    with page.card():
        typed = {"name": st.text_input("Your name for it", value=shown.name, key=f"survey_name_{mark}", max_chars=surveys.NAME_LIMIT),
                 "title": st.text_input("Title that customers read", value=shown.title, key=f"survey_title_{mark}",
                                        max_chars=surveys.TITLE_LIMIT)}
        with st.popover("More options", icon=":material/tune:"):
            typed["intro"] = st.text_area("A few words before the questions", value=shown.intro or "", key=f"survey_intro_{mark}")
            typed["thanks"] = st.text_area("Words of thanks at the end", value=shown.thanks or "", key=f"survey_thanks_{mark}",
                                           placeholder="Thank you! Your answer was saved.")
            typed["valid_days"] = int(st.number_input("Days that a link can be used", 1, surveys.LONGEST_VALID_DAYS, shown.valid_days,
                                                      key=f"survey_days_{mark}"))
            typed["after_tickets"] = st.toggle("Offer it when a ticket is closed", value=shown.after_tickets,
                                               key=f"survey_tickets_{mark}")
    return typed


def _question_card(state: dict, place: int, uid: str) -> None:
    first: Question = state["first"][uid]
    with st.container(border=True, key=f"question_{uid}"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox(f"Question {place + 1}", list(survey_words.KINDS), format_func=survey_words.KINDS.get, width=210,
                                index=list(survey_words.KINDS).index(first.kind), key=f"kind_{uid}", on_change=_rescale, args=(uid,))
            st.space("stretch")
            st.button("Up", key=f"up_{uid}", icon=":material/arrow_upward:", type="tertiary", on_click=_move, args=(uid, -1),
                      disabled=place == 0)
            st.button("Down", key=f"down_{uid}", icon=":material/arrow_downward:", type="tertiary", on_click=_move, args=(uid, 1),
                      disabled=place == len(state["order"]) - 1)
            st.button("Remove", key=f"remove_{uid}", icon=":material/delete:", type="tertiary", on_click=_remove, args=(uid,),
                      disabled=len(state["order"]) == 1)
        st.text_input("What do you ask?", value=first.item, key=f"item_{uid}", max_chars=surveys.ITEM_LIMIT)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if kind != "comment":
                low, high = surveys.SCALES[kind]
                lowest, highest = (int(first.scale_min), int(first.scale_max)) if first.kind == kind and first.scale_min is not None else (low, high)
                with st.popover("Scale", icon=":material/straighten:"):
                    st.number_input("Lowest", -surveys.FURTHEST_POINT, surveys.FURTHEST_POINT, lowest, key=f"low_{uid}_{kind}",
                                    disabled=kind == "nps")
                    st.text_input("What it means", value=_label(first, kind, 0), key=f"low_label_{uid}_{kind}",
                                  max_chars=surveys.LABEL_LIMIT)
                    st.number_input("Highest", -surveys.FURTHEST_POINT, surveys.FURTHEST_POINT, highest, key=f"high_{uid}_{kind}",
                                    disabled=kind == "nps")
                    st.text_input("What it means", value=_label(first, kind, 1), key=f"high_label_{uid}_{kind}",
                                  max_chars=surveys.LABEL_LIMIT)
            st.session_state.setdefault(f"required_{uid}", first.is_required)  # no `value`: a new kind sets it, too
            st.toggle("Must be answered", key=f"required_{uid}")
            if kind != "comment":
                st.toggle("“Does not apply” is offered", value=first.may_not_apply, key=f"may_not_{uid}")


def _label(first: Question, kind: str, end: int) -> str:
    given = (first.low_label, first.high_label)[end]
    return given if first.kind == kind and given is not None else survey_words.ENDS[kind][end]


def _rescale(uid: str) -> None:
    """A text need not be written, a score must be given, unless the owner says otherwise."""
    st.session_state[f"required_{uid}"] = st.session_state[f"kind_{uid}"] != "comment"


def _typed(state: dict, uid: str) -> Question:
    """The question as it stands in its card. A widget that was not drawn yet has its first content."""
    first: Question = state["first"][uid]

    def known(name: str, otherwise):
        return st.session_state.get(f"{name}_{uid}", otherwise)

    kind = known("kind", first.kind)
    item, required = known("item", first.item), known("required", first.is_required)
    if kind == "comment":
        return Question("comment", item, is_required=required, id=first.id)
    low, high = (st.session_state.get(f"{end}_{uid}_{kind}", surveys.SCALES[kind][place]) for place, end in enumerate(("low", "high")))
    labels = (st.session_state.get(f"{end}_label_{uid}_{kind}") or None for end in ("low", "high"))
    return Question(kind, item, low, high, *labels, required, known("may_not", first.may_not_apply), first.id)


def _with_scale(question: Question) -> Question:
    """For the preview: a scale that cannot be drawn is shown as the usual one."""
    if question.kind == "comment":
        return question
    low, high = question.scale_min, question.scale_max
    if low is None or high is None or not low < high <= low + surveys.MOST_POINTS - 1:
        low, high = surveys.SCALES[question.kind]
    return replace(question, scale_min=low, scale_max=high)


def _add() -> None:
    state, uid = st.session_state[STATE], secrets.token_hex(4)
    kinds = [st.session_state.get(f"kind_{one}", "csat") for one in state["order"]]
    kind = "likert" if "likert" in kinds else "csat" if not {"csat", "nps", "ces"} & set(kinds) else "comment"
    state["first"][uid] = Question(kind, "", *surveys.SCALES.get(kind, (None, None)), is_required=kind != "comment")
    state["order"] = [*state["order"], uid]


def _move(uid: str, by: int) -> None:
    order = list(st.session_state[STATE]["order"])
    place = order.index(uid)
    order[place], order[place + by] = order[place + by], order[place]
    st.session_state[STATE]["order"] = order


def _remove(uid: str) -> None:
    state = st.session_state[STATE]
    state["order"] = [one for one in state["order"] if one != uid]


def _save(state: dict, typed: dict, questions: tuple[Question, ...]) -> None:
    content = {**typed, "intro": typed["intro"] or None, "thanks": typed["thanks"] or None, "questions": questions}
    if state["id"] is None:
        made = run.command(surveys.create, form=f"survey_new_{state['mark']}", **content)
        if made is not run.FAILED and made is not None:
            st.query_params["survey"] = str(made)
    else:
        made = run.command(surveys.update, state["id"], version=state["shown"].version, **content)
    if made is not run.FAILED:
        st.session_state["toast"] = "Saved."
        close()
        st.rerun()
