"""What a customer said: all roads, the newest first; and answers that no survey asked for."""

from datetime import datetime

from crm import db
from crm.models import SurveyAnswer
from crm.services import customer_answers, customers, surveys


def test_every_answer_of_a_customer_is_told_and_nobody_elses(workspace):
    with db.transaction(workspace) as session:
        ada, ben = (customers.create(session, name=name) for name in ("Ada", "Ben"))
        for customer_id, day, score, comment in ((ada, 1, 4, None), (ada, 3, None, "<b>So so</b>"), (ben, 2, 1, None)):
            session.add(SurveyAnswer(customer_id=customer_id, metric="csat", item="Order", score=score, scale_min=1, scale_max=5,
                                     comment=comment, answered_at=datetime(2026, 1, day)))
    with db.reading(workspace) as session:
        said = customer_answers.of_customer(session, customer_id=ada)
        assert said["answered_at"].dt.day.tolist() == [3, 1] and said["comment"].tolist()[0] == "<b>So so</b>"
        assert said["score"].isna().tolist() == [True, False]
        assert customer_answers.of_customer(session, customer_id=99).empty
        elsewhere = surveys.from_files(session)
        assert elsewhere["answers"].tolist() == [3] and elsewhere["file"].tolist() == [""]
