"""Who is around one customer? The card on the customer's page, and the one on the page of the network."""

import streamlit as st

from crm.analytics import network
from crm.jobs import network as network_job
from crm.services import customers, referrals, settings
from crm.ui import chart, network_words, page, referral_form, run, words

STEPS = {"Direct links": 1, "Two steps": 2}
CLICKED, CLICKS = "network_clicked", "network_clicks"
LOWEST, HIGHEST = 180, 340  # pixels of a picture of few and of many


def card(details: customers.CustomerDetails, currency: str) -> None:
    """The card of a customer's page: who brought the customer, whom the customer brought, and the picture of both."""
    with page.card("Network", key="network_card"):
        known = run.fresh(referrals.of_customer, customer_id=details.id)
        today = run.fresh(settings.today)
        graph = run.cached(network_job.graph, as_of=today)
        is_linked = bool((graph.nodes == details.id).any())
        result = run.cached(network_job.run, as_of=today, doing="Looking at who brought whom") if is_linked else None
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            if known.referrer is not None:
                _link("referrer", known.referrer.id, f"Brought by {words.plain(known.referrer.name)}",
                      since=known.referrer.referred_on)
            else:
                st.caption("Nobody is on record as having brought this customer.", width="content")
            referral_form.brought_by(details, known.referrer, today=today)
        if result is not None:
            _links(details.id, known, result)
            _picture(details.id, result, currency)


def _links(customer_id: int, known: referrals.Referrals, result: network.NetworkResult) -> None:
    own = result.customers.set_index("customer_id").loc[customer_id]
    names = network_words.called(result, [int(own["referrer_id"]), int(own["whole_id"])])
    if known.referrer is None and own["referrer_id"] > 0:
        _link("written", int(own["referrer_id"]), f"Brought by {words.plain(names[own['referrer_id']])}, by a field of this "
                                                  "customer")
    if own["whole_id"] > 0:
        _link("whole", int(own["whole_id"]), f"Belongs to {words.plain(names[own['whole_id']])}", icon=":material/apartment:")
    elif own["whole_id"] < 0:
        st.markdown(f":material/apartment: Belongs to {words.plain(names[own['whole_id']])}, as others of your customers do")
    for brought in known.brought.itertuples(index=False):
        _link("brought", brought.customer_id, f"Brought {words.plain(brought.name)}", since=brought.referred_on,
              icon=":material/person_add:")
    if known.brought_in_all > len(known.brought):
        st.caption(f"These are the newest {len(known.brought)} of {words.count(known.brought_in_all)}.")


def _link(role: str, customer_id: int, label: str, *, since=None, icon: str = ":material/handshake:") -> None:
    if since is not None and since == since:
        label = f"{label} on {words.day(since)}"
    # A page link to the page that is open already would leave the old customer in the address.
    st.button(label, key=f"network_{role}_{customer_id}", type="tertiary", icon=icon, on_click=_open, args=(customer_id,))


def _open(customer_id: int) -> None:
    st.query_params["customer"] = str(customer_id)


def _picture(customer_id: int, result: network.NetworkResult, currency: str, *, steps: int = 2) -> None:
    """One customer in the middle, and who is linked to this one."""
    drawing = network.surroundings(result, customer_id=customer_id, steps=steps)
    names = network_words.called(result, drawing.nodes["node_id"])
    height = min(LOWEST + 12 * len(drawing.nodes), HIGHEST)
    figure = network.picture(drawing, names=names, hovers=network_words.hovers(drawing, names, currency), is_around=True,
                             pixels=(450, height - 60))
    chart.show(figure, key=f"around_{customer_id}", height=height,
               alt="The customer in the middle, and around it who is linked to it.")
    if drawing.left_out:
        st.caption(f"{words.count(drawing.left_out)} more are linked and not drawn.")


def families(result: network.NetworkResult, currency: str) -> None:
    """The picture of those who hang together; a click on a point shows its surroundings in the card of `around`."""
    drawing = network.overview(result)
    names = network_words.called(result, drawing.nodes["node_id"])
    # After a click it is another chart, or all points but the clicked one would stay pale.
    key = f"families_{st.session_state.get(CLICKS, 0)}"
    event = chart.show(network.picture(drawing, names=names, hovers=network_words.hovers(drawing, names, currency)), key=key,
                       height=500, on_select="rerun",
                       alt="Customers as points, lines between those who brought each other or belong together.")
    if points := event["selection"]["points"]:
        _click(points[0]["customdata"])
    st.caption(network_words.left_out(drawing))


def around(result: network.NetworkResult, currency: str) -> None:
    """One customer, looked for or clicked on the picture, with all who are linked; at first the one who brought most."""
    left, right = st.columns([2, 3])
    with left:
        typed = referral_form.choose("Customer", key="around_search")
        steps = st.segmented_control("How far", list(STEPS), default="Two steps", required=True, key="around_steps")
    customer_id = typed if typed is not None else _clicked(result)
    name = network_words.called(result, [customer_id]).get(customer_id, "–")
    if not network.has_links(result, customer_id):
        left.info(f"Nobody is linked to {words.plain(name)}. Who brought whom is said on the customer's page.",
                  icon=":material/person_off:")
        return
    with left:
        st.markdown(network_words.around(result, customer_id, name, currency))
        page.link("customer", f"Open {words.plain(name)}", icon=":material/person:", query={"customer": str(customer_id)})
    with right:
        _picture(customer_id, result, currency, steps=STEPS[steps or "Two steps"])


def _click(customdata) -> None:
    node = int(customdata[0] if isinstance(customdata, (list, tuple)) else customdata)
    if node > 0:  # a hub is nobody's page
        st.session_state.update({CLICKED: (run.current().key, node), "around_search": ""})
    st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1
    st.rerun()


def _clicked(result: network.NetworkResult) -> int:
    workspace, node = st.session_state.get(CLICKED, ("", 0))
    if workspace == run.current().key and network.has_links(result, node):
        return node
    return int(result.customers["customer_id"].iloc[0])
