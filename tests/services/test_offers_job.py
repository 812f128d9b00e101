"""Offers to who bought nothing yet, and by what was said of products instead of what was bought."""

from datetime import date, datetime

import numpy as np
import pytest

from crm import db
from crm.errors import NotEnoughData
from crm.jobs import recommendations as jobs
from crm.services import customers, offer_settings, orders, products, ratings, segments

DAY = date(2026, 3, 1)


@pytest.fixture
def shop(workspace):
    """Twelve products of two tastes; sixteen customers, the first half of the one and the others of the other taste."""
    with db.transaction(workspace) as session:
        goods = [products.create(session, name=f"{taste} {number}", price=10) for taste in ("Sweet", "Sour") for number in range(6)]
        people = [customers.create(session, name=f"Customer {number:02}", country="Peru") for number in range(16)]
        for place, customer in enumerate(people):
            own = goods[:6] if place < 8 else goods[6:]
            for number in range(2):
                orders.create(session, customer_id=customer, ordered_at=datetime(2026, 1, 5 + place + number), number=f"{place}-{number}",
                              lines=[orders.LineInput(own[(place + number) % 3], 1, 10)])
    return workspace, goods, people


def say(shop, rng=None):
    """Everybody rates ten products: those of the own taste with 5 stars, the others with 1; or whatever comes, with `rng`."""
    workspace, goods, people = shop
    with db.transaction(workspace) as session:
        for place, customer in enumerate(people):
            for number, product in enumerate(goods):
                if number in (place % 6, 6 + place % 6):
                    continue  # not rated, so to be foretold
                stars = 5 if (number < 6) == (place < 8) else 1
                ratings.record(session, customer_id=customer, product_id=product, rated_on=DAY,
                               score=stars if rng is None else int(rng.integers(1, 6)))


def rated(shop, **how):
    with db.reading(shop[0]) as session:
        return jobs.rated_for(session, as_of=DAY, **how)


def test_what_a_customer_would_rate_best_is_of_their_taste_and_may_be_offered(shop):
    workspace, goods, people = shop
    say(shop)
    found = rated(shop, customer_id=people[5])  # bought Sweet 2 and 0, did not rate Sweet 5 and Sour 5
    assert found.items["product_name"].tolist() == ["Sweet 5", "Sour 5"] and found.items["rank"].tolist() == [1, 2]
    assert found.items["predicted"].is_monotonic_decreasing and found.rmse < 0.4 and found.method != "mean"
    assert rated(shop, customer_id=people[5], never=(goods[5],)).items["product_name"].tolist() == ["Sour 5"]
    with db.transaction(workspace) as session:
        sweet = products.get(session, goods[5])
        products.update(session, goods[5], version=sweet.version, is_sold_out=True)
    assert rated(shop, customer_id=people[5]).items["product_name"].tolist() == ["Sour 5"]


def test_ratings_that_say_nothing_rank_nothing_and_too_few_are_told(shop):
    with pytest.raises(NotEnoughData, match="20 ratings"):
        rated(shop, customer_id=shop[2][0])
    say(shop, np.random.default_rng(3))
    assert rated(shop, customer_id=shop[2][0]) is None


def test_who_bought_nothing_is_offered_what_their_saved_segment_likes(shop):
    workspace, goods, people = shop
    with db.transaction(workspace) as session:
        new = customers.create(session, name="Nobody yet", country="Peru")
        segments.create(session, name="Sour mouths", kind="snapshot", definition={"type": "members"}, as_of=DAY, members=[*people[8:], new])
        segments.create(session, name="Anybody", kind="snapshot", definition={"type": "members"}, as_of=DAY, members=people[:4])
    with db.reading(workspace) as session:
        ids = tuple(one.id for one in segments.listing(session, counted=False))
        groups = jobs.segment_groups(session, as_of=DAY, segment_ids=(*ids, 999)).codes
        assert groups[new] == "segment=Sour mouths" and groups[people[0]] == "segment=Anybody" and groups[people[5]] == "kind=person|country=Peru"
        assert jobs.profile_groups(session, as_of=DAY).codes[new] == "kind=person|country=Peru"

    def first_offers() -> set[str]:
        with db.reading(workspace) as session:
            items = jobs.run(session, as_of=DAY, method="group").items
        mine = items[items["customer_id"] == new]
        return {goods.index(product) // 6 for product in mine["product_id"].head(3)}

    assert first_offers() != {1}
    with db.transaction(workspace) as session:
        offer_settings.change(session, newcomers_by="segment")
    assert first_offers() == {1}
