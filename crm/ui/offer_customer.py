"""What should this customer be offered? The first five with the whole reason of each, and what is done about it."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from crm import jobs
from crm.errors import CrmError, NotEnoughData
from crm.jobs import recommendations
from crm.services import customers, offers, ratings, settings
from crm.services.customers import CustomerDetails
from crm.ui import dialogs, offer_list, offer_mail, offer_memory, offer_reasons, page, run, words

LISTED = 5
TITLES = {"new": "What to offer {name}", "repeat": "What {name} may buy again"}
NOTHING = {"new": "There is nothing left to offer: this customer has everything that may be offered, or it was dismissed, or left out "
                  "under “More options”.",
           "repeat": "There is nothing to buy again: nothing was bought before the days that are left out under “More options”, or it "
                     "was dismissed."}
UNDO = "offer_undo"  # (workspace, decision, what was done)
FORM = "offer_task"


@dataclass(frozen=True)
class Acting:
    """On what day, for which question, by which method something is decided."""

    question: str
    method: str
    day: date


def draw(answer: offer_memory.Answer, customer_id: int, currency: str) -> None:
    """The card of one customer."""
    try:
        customer = run.fresh(customers.get, customer_id=customer_id)
    except CrmError as error:
        with page.card(key="offer_customer_card"):
            st.info(words.plain(error), icon=":material/person_off:")
        return
    with page.card(TITLES[answer.learned.question].format(name=words.plain(customer.name)), key="offer_customer_card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            page.link("customer", "Open the customer", icon=":material/person:", query={"customer": str(customer_id)})
            st.space("stretch")
            st.button("Close", key="close_offers", icon=":material/close:", type="tertiary", on_click=offer_list.close)
        undo_note()
        items = own_list(answer, customer_id)
        if items.empty:
            st.info(NOTHING[answer.learned.question], icon=":material/remove_shopping_cart:")
            return
        if not items["bought_before"].any() and customer_id not in answer.learned.known.spent.index:
            group = items["group"].iloc[0]
            st.caption(f"{words.plain(customer.name)} has bought nothing yet, so these are the best sellers." if pd.isna(group) else
                       f"{words.plain(customer.name)} has bought nothing yet, so these are what is popular with "
                       f"{words.plain(offer_reasons.group_name(group))}.")
        acting = Acting(answer.learned.question, answer.learned.method, max(answer.learned.known.as_of, run.fresh(settings.as_of)))
        known = run.fresh(lambda session: offers.decided(session, question=acting.question, customer_id=customer_id)).set_index("product_id")
        for row in items.to_dict("records"):
            _offer(row, known.loc[row["product_id"]] if row["product_id"] in known.index else None, customer, acting, currency)
        if acting.question == "new":
            _by_ratings(answer, customer)


def _by_ratings(answer: offer_memory.Answer, customer: CustomerDetails) -> None:
    """What the customer would rate best, where they rated anything: another question than what they will buy."""
    if run.fresh(ratings.of_customer, customer_id=customer.id).empty:
        return
    with st.expander("What would they like best, by their ratings?", icon=":material/star:", key="offer_rated", on_change="rerun") as box:
        if not box.open:
            return
        never = answer.never.loc[answer.never["customer_id"] == customer.id, "product_id"]
        try:
            found = run.cached(recommendations.rated_for, as_of=answer.learned.known.as_of, customer_id=customer.id,
                               never=tuple(sorted(never.tolist())), doing="Foretelling ratings")
        except NotEnoughData as error:
            st.markdown(words.plain(error))
            return
        if found is None:
            st.markdown("The ratings so far do not tell more than what everybody rates well.")
            return
        for row in found.items.to_dict("records"):
            st.markdown(f"**{row['rank']}. {words.plain(row['product_name'])}**, expected rating {words.share(row['predicted'])} of the scale")
        st.caption(f"Of what may be offered and was neither bought nor rated. Ratings that were held back were foretold with an error of "
                   f"{words.share(found.rmse)} of the scale.")


def own_list(answer: offer_memory.Answer, customer_id: int, *, top: int = LISTED) -> pd.DataFrame:
    """The first `top` offers of one customer, as recommendations.of_customers gives them."""
    return _own_list(answer.lists_mark, customer_id, top, answer)


@st.cache_data(max_entries=64, show_spinner=False)
def _own_list(mark: tuple, customer_id: int, top: int, _answer: offer_memory.Answer) -> pd.DataFrame:
    return recommendations.of_customers(_answer.learned, [customer_id], settings=_answer.settings, never=_answer.never, top=top)


def worth(row: dict, currency: str) -> str:
    """Chance and expected amount of an offer, as Markdown; blank where nothing is known."""
    if row["chance"] != row["chance"]:
        return ""
    chance = f"**{words.share(row['chance'], 1)}** chance in the next order"
    if row["expected_amount"] != row["expected_amount"]:
        return f"{chance}."
    return (f"{chance} × usually {page.amount(row['usual_amount'], currency)} = **{page.amount(row['expected_amount'], currency)}** "
            "expected.")


def _offer(row: dict, known: pd.Series | None, customer: CustomerDetails, acting: Acting, currency: str) -> None:
    key = f"{run.current().key}_{acting.question}_{customer.id}_{row['product_id']}"
    with st.container(border=True, key=f"offer_{key}"):
        left, right = st.columns([5, 4], vertical_alignment="center")
        with left:
            told = worth(row, currency)
            st.markdown(f"**{row['rank']}. {words.plain(row['product_name'])}**{_state(known)}  \n{offer_reasons.sentence(row)}"
                        + (f"  \n:gray[{told}]" if told else ""))
        with right, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
            _buttons(key, row, known, customer, acting, currency)


def _buttons(key: str, row: dict, known: pd.Series | None, customer: CustomerDetails, acting: Acting, currency: str) -> None:
    if known is None:
        st.button("Accept", key=f"accept_{key}", icon=":material/check:", on_click=_decide, args=("accepted", row, customer, acting),
                  help="Remember that you offer it; “What became of them” tells whether it was bought.")
    else:
        st.button("Take back", key=f"take_back_{key}", icon=":material/undo:", on_click=_take_back, args=(int(known["decision_id"]),))
    st.button("Not for them", key=f"dismiss_{key}", icon=":material/block:", on_click=_decide, args=("dismissed", row, customer, acting),
              help="This product is not offered to this customer any more.")
    if known is None or not known["task_id"]:
        dialogs.button("Task", key=f"task_{key}", title="Make a task", icon=":material/add_task:", form=FORM,
                       draw=lambda: _task_form(row, customer, acting, currency))
    offer_mail.button(customer.id, lambda: _draft(row, customer, acting, currency), key=f"mail_{key}", label="Mail")


def _state(known: pd.Series | None) -> str:
    if known is None:
        return ""
    said = f"accepted on {words.day(known['decided_on'])}"
    if known["task_id"]:
        said += ", task done" if known["task_is_done"] else ", task made"
    return f" :green-badge[:material/check: {said}]"


def _decide(decision: str, row: dict, customer: CustomerDetails, acting: Acting) -> None:
    made = run.command(offers.decide, customer_id=customer.id, product_id=row["product_id"], question=acting.question, decision=decision,
                       decided_on=acting.day, method=acting.method, chance=row["chance"], expected_amount=row["expected_amount"])
    if made is run.FAILED:
        return
    if decision == "dismissed":
        st.session_state[UNDO] = (run.current().key, made, row["product_name"], customer.name)
    else:
        st.session_state["toast"] = f"Accepted: {words.plain(row['product_name'])}."


def _take_back(decision_id: int) -> None:
    if run.command(offers.take_back, decision_id) is not run.FAILED:
        st.session_state["toast"] = "Taken back."


def undo_note() -> None:
    """After a dismissal: what was dismissed, and the way back."""
    gone = st.session_state.get(UNDO)
    if gone is None or gone[0] != run.current().key:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="offer_undo_note"):
        st.markdown(f"**{words.plain(gone[2])}** is not offered to {words.plain(gone[3])} any more.")
        st.button("Undo", key="undo_offer", icon=":material/undo:", on_click=_undo, args=(gone[1],))
        st.button("Fine", key="undo_offer_dismiss", type="tertiary", on_click=_forget)


def _undo(decision_id: int) -> None:
    if run.command(offers.take_back, decision_id) is not run.FAILED:
        _forget()
        st.session_state["toast"] = "It is back."


def _forget() -> None:
    st.session_state[UNDO] = None


def _task_form(row: dict, customer: CustomerDetails, acting: Acting, currency: str) -> None:
    token = run.token(FORM)
    title = st.text_input("What is to be done", value=task_title(row, customer.name), key=f"task_title_{token}", max_chars=500)
    due_on = st.date_input("Until", value=acting.day, min_value=acting.day, key=f"task_due_{token}", format="YYYY-MM-DD")
    note = st.text_area("Note", value=task_note(row, currency), key=f"task_note_{token}", height=110)
    if st.button("Make the task", key=f"task_sent_{token}", type="primary"):
        made = run.command(offers.make_tasks, form=FORM, question=acting.question, decided_on=acting.day, due_on=due_on, method=acting.method,
                           offers=pd.DataFrame([{"customer_id": customer.id, "product_id": row["product_id"], "title": title, "note": note,
                                                 "chance": row["chance"], "expected_amount": row["expected_amount"]}]))
        if made is not run.FAILED:
            dialogs.close()
            st.session_state["toast"] = "The task is made."
            st.rerun()


def task_title(row: dict, name: str) -> str:
    """What a task says in one line."""
    return f"Offer {row['product_name']} to {name}"


def task_note(row: dict, currency: str) -> str:
    """Why, and what it may bring."""
    reason = offer_reasons.for_a_task(row)
    if row["expected_amount"] != row["expected_amount"]:
        return reason
    return f"{reason} Chance {words.share(row['chance'])}, usually {words.money(row['usual_amount'], currency)}."


def _draft(row: dict, customer: CustomerDetails, acting: Acting, currency: str) -> offer_mail.Draft:
    price = run.cached(jobs.recommendations.prices).get(int(row["product_id"]))
    return offer_mail.proposed(
        customer=customer.name, product=row["product_name"], company=run.fresh(settings.company).name,
        price=None if price is None else words.money(price, currency), again=acting.question == "repeat",
        because=row["because_name"] if row["reason"] == "goes_with" else None)


def card(customer_id: int) -> None:
    """For the customer's own page: three offers, learned only once it is opened."""
    offer_list.forget_address()
    with st.expander("What to offer next", icon=":material/redeem:", key="offer_next", on_change="rerun") as box:
        if not box.open:
            return
        with page.advice(bring_in=False):
            answer = offer_memory.answer(as_of=run.fresh(settings.as_of), question="new")
            for row in own_list(answer, customer_id, top=3).to_dict("records"):
                st.markdown(f"**{row['rank']}. {words.plain(row['product_name'])}**  \n{offer_reasons.sentence(row)}")
            page.link("recommendations", "Act on it", icon=":material/redeem:", query={"customer": str(customer_id)})
