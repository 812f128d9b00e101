"""Planning: whom is it worth contacting, how many, and what does that bring against nobody or everybody?

A contact costs money and makes some of the leavers stay. With the chance p of leaving, the share s of leavers whom a contact
makes stay, and what a customer kept is worth v, a contact is expected to bring p x s x v - cost: it pays from the chance
cost / (s x v) on, not from one half (Elkan 2001, The foundations of cost-sensitive learning).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

CURVE_POINTS = 201  # of the profit curve: finer than a picture shows


@dataclass(frozen=True, eq=False)
class ContactPlan:
    """What contacting brings, in the currency; the best first.

    customers: the columns that were given, with value (as used), expected_profit (of one contact, may be < 0; NaN where
    chance or value are not known), break_even (chance from which on a contact pays; infinite where it never does) and contact
    (bool: proposed). Sorted by expected profit, the unknown last.
    contacted: how many are proposed. profit, cost: of contacting them. kept: leavers among them who are expected to stay.
    worth_it: how many contacts would pay without a limit. profit_everybody: of contacting all whose profit is known;
    profit_nobody is 0. break_even: one chance for all where all are worth the same, else None. unknown: customers without
    chance or value. curve: contacted (0..all), profit (of contacting so many, the best first): at most 201 points, the best
    and the proposed number among them.
    """

    customers: pd.DataFrame
    contacted: int
    profit: float
    cost: float
    kept: float
    worth_it: int
    profit_worth_it: float
    profit_everybody: float
    profit_nobody: float
    break_even: float | None
    unknown: int
    curve: pd.DataFrame


def contact_plan(customers: pd.DataFrame, *, cost: float, success_rate: float, kept: float | None = None,
                 at_most: int | None = None) -> ContactPlan:
    """Propose the contacts that are expected to pay, the most profitable first.

    customers: customer_id, probability (0..1 of leaving) and, unless `kept` is given, value (money that the customer is worth
    if kept, such as what he spends a year; below 0 counts as 0); other columns stay. cost: money a contact, >= 0.
    success_rate: 0..1 of the leavers, whom a contact makes stay. kept: one value for all instead. at_most: no more contacts
    than that. Raises InvalidInput.
    """
    _check(customers, cost=cost, success_rate=success_rate, kept=kept, at_most=at_most)
    worth = customers["value"].astype(float) if kept is None else pd.Series(float(kept), index=customers.index)
    probability, worth = customers["probability"].astype(float), worth.clip(lower=0.0)
    gain = success_rate * worth
    planned = customers.assign(value=worth, expected_profit=probability * gain - cost, break_even=_break_even(gain, cost))
    planned = planned.sort_values(["expected_profit", "customer_id"], ascending=[False, True], na_position="last",
                                  ignore_index=True)
    profits = planned["expected_profit"].dropna().to_numpy()
    total = np.append(0.0, np.cumsum(profits))
    worth_it = int((profits > 0).sum())
    contacted = worth_it if at_most is None else min(worth_it, at_most)
    planned = planned.assign(contact=np.arange(len(planned)) < contacted)
    return ContactPlan(
        customers=planned, contacted=contacted, profit=float(total[contacted]), cost=float(cost * contacted),
        kept=float((planned["probability"].to_numpy(dtype=float)[:contacted] * success_rate).sum()), worth_it=worth_it,
        profit_worth_it=float(total[worth_it]), profit_everybody=float(total[-1]), profit_nobody=0.0,
        break_even=None if kept is None else float(_break_even(np.array([success_rate * max(kept, 0.0)]), cost)[0]),
        unknown=len(planned) - len(profits), curve=_curve(total, contacted, worth_it))


def _break_even(gain: np.ndarray | pd.Series, cost: float) -> np.ndarray:
    """The chance from which on a contact pays: cost over what it gains with a leaver; unknown where that is."""
    gain = np.asarray(gain, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isnan(gain), np.nan, np.where(gain > 0, cost / gain, np.inf))


def _curve(total: np.ndarray, *marked: int) -> pd.DataFrame:
    steps = np.linspace(0, len(total) - 1, min(CURVE_POINTS - len(marked), len(total))).round().astype(int)
    contacted = np.unique(np.append(steps, marked))
    return pd.DataFrame({"contacted": contacted, "profit": total[contacted]})


def _check(customers: pd.DataFrame, *, cost: float, success_rate: float, kept: float | None, at_most: int | None) -> None:
    if not 0 <= cost < np.inf:
        raise InvalidInput(f"A contact costs {cost:g}; it cannot cost less than 0.", field="cost")
    if not 0 <= success_rate <= 1:
        raise InvalidInput(f"The success rate is {success_rate:.0%}; choose 0 % to 100 %.", field="success_rate")
    if kept is not None and not 0 <= kept < np.inf:
        raise InvalidInput(f"A customer kept is worth {kept:g}; give an amount of 0 or more.", field="kept")
    if at_most is not None and at_most < 0:
        raise InvalidInput(f"At most {at_most} contacts cannot be made; choose 0 or more.", field="at_most")
    chances = customers["probability"].dropna()
    if ((chances < 0) | (chances > 1)).any():
        raise InvalidInput("A chance of leaving lies outside 0 % to 100 %.", field="probability")
