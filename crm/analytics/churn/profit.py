"""Contact plan: whom is it worth contacting, and what does that bring against nobody or everybody?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.churn.model import ChurnResult
from crm.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class ContactPlan:
    """customers: customer_id, probability, expected_profit (one contact, may be < 0), contact (bool), best
    first.

    contacted (customers worth it), profit, profit_everybody (money expected, contacts paid), profit_nobody
    (0).
    """

    customers: pd.DataFrame
    contacted: int
    profit: float
    profit_everybody: float
    profit_nobody: float


def contact_plan(
    result: ChurnResult, *, cost: float, success_rate: float, kept: float | None = None
) -> ContactPlan:
    """Contact where probability x success_rate x kept > cost (Elkan 2001).

    cost: money a contact, >= 0. success_rate: 0..1, leavers whom a contact makes stay. kept: money a customer
    kept is worth; None takes what each one spends a year (0 where that is negative).
    """
    if cost < 0:
        raise InvalidInput(f"A contact costs {cost:g}; it cannot cost less than 0.", field="cost")
    if not 0 <= success_rate <= 1:
        raise InvalidInput(
            f"The success rate is {success_rate:.0%}; choose 0 % to 100 %.", field="success_rate"
        )
    worth = result.customers["monetary_per_year"].clip(lower=0.0) if kept is None else kept
    expected_profit = result.customers["probability"] * success_rate * worth - cost
    planned = result.customers[["customer_id", "probability"]].assign(
        expected_profit=expected_profit, contact=expected_profit > 0
    )
    return ContactPlan(
        customers=planned.sort_values(
            ["expected_profit", "customer_id"], ascending=[False, True], ignore_index=True
        ),
        contacted=int(planned["contact"].sum()),
        profit=float(np.maximum(expected_profit, 0.0).sum()),
        profit_everybody=float(expected_profit.sum()),
        profit_nobody=0.0,
    )
