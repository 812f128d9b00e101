"""Comments from the database: their forms and scores, one segment alone, the table for a download."""

from datetime import date, datetime

import numpy as np
import pytest

from crm import db, jobs
from crm.errors import NotEnoughData
from crm.jobs import comments as job
from crm.models import Customer, SurveyAnswer

AS_OF = date(2026, 3, 31)


@pytest.fixture
def answered(workspace):
    with db.transaction(workspace) as session:
        people = [Customer(code=f"C{number}", name=f"Name {number}", search_text=f"name {number}") for number in range(2)]
        session.add_all(people)
        session.flush()

        def answer(customer, score, comment, metric="csat", form=None, day=1):
            session.add(SurveyAnswer(customer_id=customer, metric=metric, item=f"Item {metric}", score=score, scale_min=1, scale_max=5, comment=comment,
                                     answered_at=datetime(2026, 3, day, 12), response_code=form, source="test"))

        answer(people[0].id, 2, None, "csat", "f1")
        answer(people[0].id, None, "The parcel was late.", "likert", "f1")  # no score of its own: that of the form counts
        answer(people[1].id, 5, "Lovely tea, thank you!", day=2)
        answer(None, 4, "<b>Good</b> cup", day=3)
        answer(people[1].id, 5, "Written later.", day=31)
        ids = [one.id for one in people]
    return workspace, ids


def test_comments_are_read_with_their_form_and_score(answered):
    workspace, ids = answered
    with db.reading(workspace) as session:
        found = job.run(session, as_of=date(2026, 3, 30))
        table = job.table(found, jobs.names.customers(session))
        alone = job.run(session, as_of=AS_OF, among=np.array(ids[1:]))
        with pytest.raises(NotEnoughData):
            job.run(session, as_of=AS_OF, among=np.array([], dtype="int64"))
    assert table["comment"].tolist() == ["<b>Good</b> cup", "Lovely tea, thank you!", "The parcel was late."]
    assert table["customer_code"].tolist() == ["", "C1", "C0"] and table["tone"].tolist() == ["happy", "happy", "unhappy"]
    assert table["score"].tolist() == [4, 5, 2] and table["metric"].tolist() == ["csat", "csat", "csat"]
    assert alone.each["comment"].tolist() == ["Written later.", "Lovely tea, thank you!"]
    figures = job.quality(found)
    assert figures["comments"] == 3 and figures["agreement"] is None and "3" in figures["themes_missing"]
