"""Which links are there? Referrals as of a day, people and their company, subsidiaries and their parent."""

import pandas as pd
import pytest

from crm.analytics import network
from crm.errors import NotEnoughData
from tests.analytics.network.networks import AS_OF, analysed, customers, graph, of, orders, referrals, written


def links(found) -> set[tuple]:
    return set(found.links[["from_id", "to_id", "kind"]].itertuples(index=False, name=None))


def test_a_referral_leads_from_the_brought_to_who_brought():
    assert links(graph((1, 2))) == {(2, 1, "referral")}


def test_a_later_referral_does_not_count_and_one_without_a_day_does():
    found = graph((1, 2, "2026-06-30"), (1, 3, "2026-07-01"), (1, 4))
    assert links(found) == {(2, 1, "referral"), (4, 1, "referral")} and found.undated == 1


def test_nobody_brings_oneself():
    found = graph((1, 1), (1, 2))
    assert links(found) == {(2, 1, "referral")} and found.self_loops == 1


def test_of_several_referrers_the_first_counts():
    found = graph((5, 2, "2026-02-01"), (4, 2, "2026-01-01"), (3, 2))
    assert links(found) == {(2, 4, "referral")} and found.second_referrers == 2


def test_a_referral_said_twice_is_one():
    assert graph((1, 2), (1, 2)).second_referrers == 0


COMPANY = (10, "Blue Kettle GmbH", None, "company")


@pytest.mark.parametrize("text", ["Blue Kettle GmbH", "blue kettle", "BLUE-KETTLE  Ltd.", "Blue  Kettle G.m.b.H.",
                                  "Blue Kettle GmbH & Co. KG"])
def test_people_belong_to_the_company_however_it_is_written(text):
    assert links(graph(people=customers(COMPANY, (1, "Ada", text, "person")))) == {(1, 10, "company")}


@pytest.mark.parametrize("text", [None, "", "  ", "n/a", "-", "Private", "Blue Kettles", "GmbH"])
def test_other_texts_name_another_company_or_none(text):
    assert graph(people=customers(COMPANY, (1, "Ada", text, "person"))).links.empty


def test_a_company_customer_with_that_company_is_the_company_where_there_is_one_only():
    contact = (10, "Ingo", "Blue Kettle", "company")
    assert links(graph(people=customers(contact, (1, "Ada", "blue kettle", "person")))) == {(1, 10, "company")}
    found = graph(people=customers(contact, (11, "Inge", "Blue Kettle", "company"), (1, "Ada", "blue kettle", "person")))
    assert links(found) == {(1, -1, "company"), (10, -1, "company"), (11, -1, "company")}


def test_people_of_a_company_that_is_no_customer_hang_together():
    found = graph(people=customers((1, "Ada", "Red Pot", "person"), (2, "Bo", "red pot inc", "person"),
                                   (3, "Cy", "Green Pan", "person")))
    assert links(found) == {(1, -1, "company"), (2, -1, "company")}
    assert found.hubs.to_dict("records") == [{"node_id": -1, "name": "Red Pot"}]
    assert found.customers.tolist() == [1, 2] and found.matrix().nnz == 0


def test_a_company_does_not_belong_to_itself():
    assert graph(people=customers((10, "Acme", "Acme", "company"))).links.empty


PEOPLE = customers((1, "Acme Corporation", None, "company"), (2, "Bluth", None, "company"), (3, "Ada Ample", None, "person"),
                   (4, "Ada Ample", None, "person"), (5, "Bo Brass", None, "person"))


@pytest.mark.parametrize(("named", "to"), [("Acme Corporation", 1), ("acme", 1), ("C1", 1), (" c1 ", 1), ("Bo Brass", 5)])
def test_a_field_may_name_the_parent_by_name_or_code(named, to):
    assert links(graph(people=PEOPLE, fields=written((2, "parent", named)))) == {(2, to, "parent")}


def test_a_name_that_fits_several_or_nobody_links_nobody():
    found = graph(people=PEOPLE, fields=written((2, "parent", "Ada Ample"), (1, "parent", "Nobody"),
                                                (5, "referrer", "Nobody"), (3, "referrer", "Acme")))
    assert links(found) == {(3, 1, "referral")} and found.unresolved == 3


def test_subsidiaries_of_a_parent_that_is_no_customer_hang_together():
    found = graph(people=PEOPLE, fields=written((1, "parent", "Globex Inc"), (2, "parent", "GLOBEX")))
    assert links(found) == {(1, -1, "parent"), (2, -1, "parent")} and found.hubs["name"].tolist() == ["Globex Inc"]


def test_a_referrer_on_record_comes_before_one_in_a_field():
    found = graph((1, 5, "2026-01-01"), people=PEOPLE, fields=written((5, "referrer", "Bluth"), (4, "referrer", "Bluth")))
    assert links(found) == {(5, 1, "referral"), (4, 2, "referral")}


def test_a_parent_of_ones_own_and_circles_of_parents_are_survived():
    fields = written((1, "parent", "Acme"), (2, "parent", "Acme"), (1, "parent", "Bluth"))
    found = graph(people=PEOPLE, fields=fields)
    assert links(found) == {(2, 1, "parent"), (1, 2, "parent")}
    assert network.analyse(found, orders()).totals["belonging"] == 2


def test_real_accounts_name_their_parents(datasets):
    accounts = pd.read_csv(datasets / "crm_opportunities" / "accounts.csv")
    people = customers(*((place + 1, name, name, "company") for place, name in enumerate(accounts["account"])))
    fields = written(*((place + 1, "parent", name) for place, name in enumerate(accounts["subsidiary_of"])
                       if isinstance(name, str)))
    found = graph(people=people, fields=fields)
    assert len(found.links) == accounts["subsidiary_of"].notna().sum() == 15
    assert found.unresolved == 0 and found.hubs.empty


def test_families_hang_together_over_links_of_any_kind():
    result = analysed((1, 2), people=customers((10, "Acme", None, "company"), (2, "Bo", "Acme", "person"),
                                               (3, "Cy", "Acme", "person"), (8, "Di", "Pan", "person"),
                                               (9, "Ed", "Pan", "person")))
    family = result.customers.set_index("customer_id")["family"]
    assert family[[1, 2, 3, 10]].nunique() == 1 and family[8] == family[9] != family[1]
    assert result.totals["families"] == 2 and result.totals["largest_family"] == 4
    assert of(result, 2)["whole_id"] == 10 and of(result, 2)["referrer_id"] == 1 and of(result, 9)["whole_id"] == -1


def test_nobody_linked_is_told_with_advice():
    with pytest.raises(NotEnoughData, match="0 customers are linked.*who brought them"):
        analysed(people=PEOPLE, bought=orders((1, "2026-01-01", 5)))


def test_belonging_alone_is_a_network_in_which_nobody_brought():
    result = analysed(people=customers(COMPANY, (1, "Ada", "Blue Kettle", "person")))
    assert result.totals["referrers"] == 0 and result.customers["rank"].isna().all()
    assert result.customers["brought"].tolist() == [0, 0]


def test_ranks_are_by_value_and_missing_for_who_brought_nobody():
    bought = orders((2, "2026-01-01", 5), (4, "2026-01-01", 50), (6, "2026-01-01", 50))
    result = analysed((1, 2), (3, 4), (5, 6), (3, 7), bought=bought)
    assert result.customers["customer_id"].head(3).tolist() == [3, 5, 1]
    assert result.customers["rank"].head(3).tolist() == [1, 2, 3] and result.customers["rank"].isna().sum() == 4


def test_later_orders_and_referrals_change_nothing():
    pairs, bought = [(1, 2, "2026-01-01"), (2, 3)], [(2, "2026-01-01", 5), (3, "2026-05-01", 7)]
    before = analysed(*pairs, bought=orders(*bought))
    after = analysed(*pairs, (3, 9, "2026-07-01"), (8, 10, "2027-01-01"), (9, 9, "2026-07-02"),
                     bought=orders(*bought, (3, "2026-07-01", 99), (9, "2026-08-01", 99)))
    pd.testing.assert_frame_equal(before.customers, after.customers)
    assert before.totals == after.totals and vars(before.graph)["undated"] == after.graph.undated
    assert before.graph.self_loops == after.graph.self_loops
    assert before.comparison_missing == after.comparison_missing


def test_the_sequence_of_rows_changes_nothing_and_neither_does_a_second_run():
    pairs = [(1, 2), (1, 3, "2026-01-01"), (2, 4), (5, 6), (6, 5), (9, 4, "2026-03-01")]
    people = customers((1, "Ada", "Pan", "person"), (7, "Bo", "pan", "person"), (8, "Pot", None, "company"),
                       (9, "Cy", "Pot", "person"))
    bought = orders(*((1 + place % 9, f"2025-{1 + place % 12:02}-01", 0.1 * place) for place in range(200)))
    once, again = (analysed(*pairs, people=people, bought=bought) for _ in range(2))
    turned = network.analyse(network.build(referrals(*pairs[::-1]), people[::-1], written(), as_of=AS_OF), bought[::-1])
    for other in (again, turned):
        pd.testing.assert_frame_equal(once.customers, other.customers)
        assert once.totals == other.totals
        pd.testing.assert_frame_equal(once.graph.links, other.graph.links)


def test_the_callers_frames_stay_as_they_were():
    given = [referrals((1, 2), (2, 2)), PEOPLE.copy(), written((2, "parent", "Acme")), orders((2, "2026-01-01", 5))]
    copies = [frame.copy() for frame in given]
    network.analyse(network.build(*given[:3], as_of=AS_OF), given[3])
    for frame, copy in zip(given, copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_the_first_by_each_method_stand_side_by_side():
    bought = orders((2, "2026-01-01", 500), (4, "2026-01-01", 1), (5, "2026-01-01", 1))
    table = network.leaders(analysed((1, 2), (3, 4), (3, 5), bought=bought))
    assert table["by_value"].dropna().tolist() == [1, 3] and table["by_pagerank"].iloc[0] == 3
    assert table["by_authority"].dropna().tolist() == [3] and table["place"].tolist() == [1, 2, 3, 4, 5]
