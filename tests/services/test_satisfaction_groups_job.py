"""The job behind “Who is happier”: everything that is known of customers and answers as groups, on every database."""

import json
from datetime import date, datetime

import numpy as np
import pytest
from sqlalchemy import insert

from crm import db
from crm.errors import InvalidInput
from crm.jobs.satisfaction import groups as job
from crm.models import Product, Survey, SurveyAnswer, Ticket
from crm.services import customers

AS_OF = date(2026, 6, 15)


def fill(workspace) -> list[int]:
    """60 customers, those of the market happier; half asked about two cups called the same, half about late and early tickets."""
    rng = np.random.default_rng(0)
    with db.transaction(workspace) as session:
        survey = Survey(name="Yearly", title="How are we doing?")
        cups = [Product(code=code, name="Cup", category="Cups") for code in ("C1", "C2")]
        session.add_all([survey, *cups])
        session.flush()
        ids = [customers.create(session, name=f"Customer {place}", channel="Market" if place % 2 else "Web",
                                birth_year=1960 + place % 40, custom_fields={"Dog": place % 3 == 0, "Letters": f"word {place}"})
               for place in range(60)]
        tickets = [Ticket(customer_id=one, kind="complaint", subject="Help", agent="Owner" if place % 4 else "Help",
                          opened_at=datetime(2026, 5, 1, 9), answer_due_at=datetime(2026, 5, 2, 9),
                          first_answered_at=datetime(2026, 5, 3 if place % 4 else 1, 10)) for place, one in enumerate(ids[:30])]
        session.add_all(tickets)
        session.flush()
        rows = []
        for place, one in enumerate(ids):
            score = float(np.clip(np.rint(3 + 1.2 * (place % 2) + 0.7 * rng.standard_normal()), 1, 5))
            about = {"ticket_id": tickets[place].id, "product_id": None} if place < 30 else {
                "ticket_id": None, "product_id": cups[place % 2].id}
            rows.append({"customer_id": one, "survey_id": survey.id, "metric": "csat", "item": "Overall", "score": score,
                         "scale_min": 1.0, "scale_max": 5.0, "answered_at": datetime(2026, 5, 20, 9), **about})
        session.execute(insert(SurveyAnswer), rows)
    return ids


def test_whatever_is_known_becomes_groups_and_only_what_has_data_is_offered(workspace):
    ids = fill(workspace)
    with db.reading(workspace) as session:
        table = job.glance(session, as_of=AS_OF, fewest=5)
        found = job.run(session, as_of=AS_OF, by="channel", then="custom.Dog", fewest=5)
        late = job.run(session, as_of=AS_OF, by="ticket_deadline", fewest=5)
        cups = job.run(session, as_of=AS_OF, by="product", fewest=5)
        part = job.run(session, as_of=AS_OF, by="channel", fewest=5, among=np.array(ids[:40]))
        asked = job.asked(session, as_of=AS_OF)
        with pytest.raises(InvalidInput, match="nothing of that kind"):
            job.run(session, as_of=AS_OF, by="custom.Letters")
        with pytest.raises(InvalidInput, match="Both groupings are the same"):
            job.run(session, as_of=AS_OF, by="channel", then="channel")
        before = job.run(session, as_of=AS_OF, by="channel", fewest=5)
    # Nobody's gender or country is known, all are of one kind and survey, and everybody has his own letters.
    assert set(table["grouping"]) == {"channel", "age", "custom.Dog", "product", "ticket_agent", "ticket_deadline"}
    assert table["grouping"].iloc[0] in ("channel", "product") and table["different"].iloc[0]
    assert found.comparison.different and found.comparison.groups.set_index("group")["n"].to_dict() == {"Market": 30, "Web": 30}
    assert found.two_ways.effects.set_index("effect").loc["first", "different"] and found.missing is None
    assert late.comparison.groups.set_index("group")["n"].to_dict() == {"kept": 8, "missed": 22}
    assert cups.comparison.groups["group"].tolist() == ["Cup (C1)", "Cup (C2)"]
    assert part.comparison.groups["n"].sum() == 40
    assert asked.to_dict("records") == [{"metric": "csat", "item": "Overall", "scores": 60}]
    figures = job.quality(found)
    assert figures["by"] == "channel" and len(figures["two_ways"]) == 3
    json.dumps(figures, default=str)
    assert job.table(found)["group"].tolist() == ["Market", "Web"]
    with db.transaction(workspace) as session:
        session.execute(insert(SurveyAnswer), [{"customer_id": one, "metric": "csat", "item": "Overall", "score": 1.0, "scale_min": 1.0,
                                                "scale_max": 5.0, "answered_at": datetime(2026, 6, 16, 9)} for one in ids])
    with db.reading(workspace) as session:
        after = job.run(session, as_of=AS_OF, by="channel", fewest=5)
    assert after.comparison.tests.equals(before.comparison.tests)


def test_groups_that_were_saved_on_the_groups_page_can_be_compared(workspace):
    import pandas as pd

    from crm.services import scores

    ids = fill(workspace)
    with db.transaction(workspace) as session:
        scores.save(session, pd.DataFrame({"customer_id": ids, "label": ["Odd" if place % 2 else "Even" for place in range(60)]}),
                    analysis="segments", as_of=AS_OF, parameters={}, quality={})
    with db.reading(workspace) as session:
        found = job.run(session, as_of=AS_OF, by="segment").comparison
    assert found.groups["group"].tolist() == ["Even", "Odd"] and found.different
