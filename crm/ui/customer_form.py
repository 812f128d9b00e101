"""How is a customer typed in? One form for a new customer and for changes."""

from datetime import date

import streamlit as st

from crm.services import customers
from crm.ui import run, words

KINDS = {"person": "Person", "company": "Company"}
STAGES = {"lead": "Lead", "prospect": "Prospect", "customer": "Customer", "former": "Former customer"}
CONSENT = {None: "Never asked", True: "Yes", False: "No"}


def open_add() -> None:
    """Open the dialog for a new customer; for a callback."""
    st.session_state["adding_customer"] = True


def show_add() -> None:
    """Draws the dialog for a new customer while it is open."""
    if st.session_state.get("adding_customer"):
        _add_dialog()


def _close_add() -> None:
    st.session_state["adding_customer"] = False


@st.dialog("Add a customer", width="large", icon=":material/person_add:", on_dismiss=_close_add)
def _add_dialog() -> None:
    form = "new_customer"
    typed, sent = _fields(form, None)
    if sent:
        added = run.command(customers.create, form=form, **typed)
        if added is not run.FAILED:
            _close_add()
            if added is not None:  # None: a second click on the same form
                st.session_state.update(open_customer=added, toast="Customer added.")
            st.rerun()


def edit(details: customers.CustomerDetails) -> None:
    """The form for changes; a change made elsewhere since it was opened is told and never overwritten."""
    form = f"customer_{details.id}"
    # The version that the form was opened with: reading it anew on saving would overwrite the other window's change.
    opened = st.session_state.setdefault(f"opened_{run.token(form)}", details)
    if details.version != opened.version:
        st.warning("This customer was changed in another window since you opened the form.", icon=":material/sync_problem:")
        st.button("Show the new values", key=f"reload_{form}", on_click=run.renew, args=(form,))
    typed, sent = _fields(form, opened)
    if sent:
        changes = {name: content for name, content in typed.items() if content != getattr(opened, name)}
        if run.command(customers.update, details.id, form=form, version=opened.version, **changes) is not run.FAILED:
            st.session_state["toast"] = "Saved."
            st.rerun()


def _fields(form: str, shown: customers.CustomerDetails | None) -> tuple[dict, bool]:
    token = run.token(form)

    def text(label: str, name: str, place=st, **others) -> str | None:
        given = getattr(shown, name) if shown else None
        return place.text_input(label, value=given or "", key=f"{name}_{token}", **others).strip() or None

    with st.form(f"form_{token}", border=False):
        left, right = _sides(shown)
        typed = {"name": text("Name", "name", left), "company": text("Company", "company", right),
                 "email": text("E-mail", "email", left), "phone": text("Phone", "phone", right)}
        typed["kind"] = left.selectbox("Kind", list(KINDS), format_func=KINDS.get, key=f"kind_{token}",
                                       index=list(KINDS).index(shown.kind) if shown else 0)
        stages = list(STAGES)
        typed["stage"] = right.selectbox("Stage", stages, format_func=STAGES.get, key=f"stage_{token}",
                                         index=stages.index(shown.stage if shown else "customer"))
        tags = list(shown.tags) if shown else []
        typed["tags"] = tuple(sorted(st.multiselect("Tags", tags, default=tags, key=f"tags_{token}",
                                                    accept_new_options=True, placeholder="Type a word and press Enter")))
        with st.expander("Address", icon=":material/home:"):
            typed["address"] = text("Street and number", "address")
            left, right = _sides(shown)
            typed |= {"postal_code": text("Postal code", "postal_code", left), "city": text("City", "city", right),
                      "region": text("Region", "region", left), "country": text("Country", "country", right)}
        with st.expander("More about this customer", icon=":material/badge:"):
            typed |= _profile(token, shown, text)
        sent = st.form_submit_button("Save" if shown else "Add customer", type="primary")
    return typed, sent


def _sides(shown: customers.CustomerDetails | None):
    """Two columns in the wide dialog of a new customer, one in the narrow card of a known one."""
    if shown is None:
        return st.columns(2)
    card = st.container()
    return card, card


def _profile(token: str, shown: customers.CustomerDetails | None, text) -> dict:
    left, right = _sides(shown)
    typed = {"code": text("Customer code", "code", left, help="Left empty, a code is made." if not shown else None),
             "channel": text("Won through", "channel", right)}
    typed["since_on"] = left.date_input("Customer since", value=shown.since_on if shown else None,
                                        min_value=date(1900, 1, 1), key=f"since_on_{token}", format="YYYY-MM-DD")
    typed["birth_year"] = right.number_input("Birth year", 1850, date.today().year, key=f"birth_year_{token}",
                                             value=shown.birth_year if shown else None, step=1)
    typed |= {"gender": text("Gender", "gender", left), "education": text("Education", "education", right)}
    typed["yearly_income"] = left.number_input("Yearly income", min_value=0.0, step=1000.0, format="%.2f",
                                               value=shown.yearly_income if shown else None, key=f"income_{token}")
    consents = list(CONSENT)
    typed["email_consent"] = right.selectbox("May we write to this customer?", consents, format_func=CONSENT.get,
                                             index=consents.index(shown.email_consent if shown else None),
                                             key=f"consent_{token}")
    typed["note"] = st.text_area("Note", value=(shown.note if shown else None) or "", key=f"note_{token}").strip() or None
    return typed


def facts(details: customers.CustomerDetails) -> list[tuple[str, str]]:
    """Label and content of what is known, for the customer's page; safe inside Markdown."""
    where = ", ".join(part for part in (details.address, " ".join(filter(None, (details.postal_code, details.city))),
                                        details.region, details.country) if part)
    known = [("Company", details.company), ("E-mail", details.email), ("Phone", details.phone), ("Address", where),
             ("Stage", STAGES[details.stage]), ("Won through", details.channel),
             ("Customer since", words.day(details.since_on) if details.since_on else None),
             ("Birth year", details.birth_year), ("Tags", ", ".join(details.tags)), ("Code", details.code),
             ("Note", details.note)]
    known += list(details.custom_fields.items())
    return [(words.plain(label), words.plain(content)) for label, content in known if content not in (None, "")]
