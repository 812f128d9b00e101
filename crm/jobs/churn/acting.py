"""What is to be done about it? Whom a contact pays for, and what could keep each one."""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import snapshots
from crm.analytics.churn import actions
from crm.analytics.churn.planning import ContactPlan, contact_plan
from crm.db import reads
from crm.jobs.churn.result import Leaving
from crm.services.contact_costs import ContactCosts


def plan(result: Leaving, costs: ContactCosts, *, among: np.ndarray | None = None,
         busy: np.ndarray | None = None) -> ContactPlan:
    """Whom it pays to contact of those who have not left; `among`: only these, `busy`: not these, ids of customers.

    A kept customer is worth what remains of a year's spend, or one amount for all, as the owner said.
    """
    customers = result.present
    if among is not None:
        customers = customers[customers["customer_id"].isin(among)]
    if busy is not None:
        customers = customers[~customers["customer_id"].isin(busy)]
    asked = customers[["customer_id", "probability", "monetary_per_year"]].assign(
        value=customers["monetary_per_year"] * costs.kept_share)
    return contact_plan(asked, cost=costs.cost, success_rate=costs.success_rate, kept=costs.kept_amount)


@reads("sales", "service", "surveys")
def facts(session: Session, *, as_of: date, customer_ids: tuple[int, ...]) -> pd.DataFrame:
    """All that is known of these customers on that day, whatever a model looks at: crm.analytics.snapshots.features."""
    def theirs(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["customer_id"].isin(customer_ids)]

    tickets, answers = frames.tickets(session, until=as_of), frames.answers(session, until=as_of)
    return snapshots.features(theirs(frames.orders(session, until=as_of)), as_of=as_of,
                              tickets=theirs(tickets) if len(tickets) else None,
                              answers=theirs(answers) if len(answers) else None)


def reasons_known(result: Leaving, customer_ids: list[int]) -> pd.DataFrame:
    """customer_id, reason_1..3 of these customers as the first answer has them, in their sequence."""
    return result.customers.set_index("customer_id").loc[customer_ids, ["reason_1", "reason_2", "reason_3"]].reset_index()


def described(result: Leaving, planned: pd.DataFrame, known: pd.DataFrame, codes: pd.DataFrame) -> pd.DataFrame:
    """These rows of a plan with what is known of each, reason_1..3, action_1..3 and rule_1..3 (codes); the sequence is kept.

    known: as `facts` gives it of these customers; codes: customer_id, reason_1..3.
    """
    planned = planned.reset_index(drop=True)
    bought = planned[["customer_id"]].merge(known, on="customer_id", how="left")
    fields = result.features.loc[planned["customer_id"]].reset_index(drop=True)
    wide = pd.concat([planned, bought.drop(columns=[name for name in bought if name in planned]),
                      fields.drop(columns=[name for name in fields if name in bought or name in planned])], axis=1)
    proposed = actions.propose(bought, codes)
    return wide.merge(codes, on="customer_id", how="left").merge(proposed, on="customer_id", how="left")
