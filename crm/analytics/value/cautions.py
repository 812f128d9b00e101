"""Cautions: what should be known before these figures are relied on?"""

from crm.analytics.value.fitting import Fitted
from crm.analytics.value.gamma_gamma import usable
from crm.analytics.value.hold_out import HoldOut
from crm.analytics.value.past import PastValue
from crm.analytics.value.transactions import DAYS_A_WEEK

FEW_REPEAT_BUYERS = 100  # with 107, the range of an invented shop's next year reached 29 % to either side
# Nobody leaves: below this chance of leaving after a purchase, a customer of 50 purchases is still there 9 times of 10.
HARDLY_EVER_LEAVES = 0.002
RELATED = 0.3  # a rank correlation from here on explains a tenth of the differences
TWO_DEVIATIONS = 2.0  # a rank correlation of unrelated things spreads by about 1 / sqrt(n)
BADLY_OFF = 0.2  # a fifth too much or too little is more than an owner can plan with
LONGEST_LOOK = 2.0  # histories ahead: beyond twice the time known nothing supports the forecast
MOST_COSTS_KNOWN = 0.8
INFINITE_SPREAD = 2.0  # a q up to here makes the variance of purchases infinite


def cautions(fitted: Fitted, tested: HoldOut | None, untested: str | None, past: PastValue, *, correlation: float,
             weeks: float) -> tuple[str, ...]:
    """Whole sentences, what weighs most first; empty where nothing stands out."""
    model, found = fitted.purchases_fit, []
    again = int((fitted.customers.repeats > 0).sum())
    known_weeks = fitted.customers.age_days.max() / DAYS_A_WEEK
    if model.a / (model.a + model.b) < HARDLY_EVER_LEAVES:
        found.append("The model finds no sign that anybody ever stops buying for good, so it counts on everybody. Expect less "
                     "from those who have been silent for long.")
    elif model.maximum.at_border.any():
        found.append("The model of repeat purchases lies at the edge of what it can describe, as when all customers buy "
                     "alike. Take its figures as rough.")
    if tested is None and untested is not None:
        found.append(f"The forecast could not be tested on your own orders. {untested}")
    elif tested is not None:
        found += _about_test(tested)
    if again < FEW_REPEAT_BUYERS:
        found.append(f"Only {again} customers have bought again; below {FEW_REPEAT_BUYERS} such figures are rough.")
    if weeks > LONGEST_LOOK * known_weeks:
        found.append(f"It looks {weeks:.0f} weeks ahead from {known_weeks:.0f} weeks of orders; that far it is a guess.")
    found += _about_spend(fitted, correlation)
    if 0 < past.known_cost_share < MOST_COSTS_KNOWN:
        found.append(f"Costs are known for {past.known_cost_share * 100:.0f} % of what was sold; margins speak for that part "
                     "only.")
    return tuple(found)


def _about_test(tested: HoldOut) -> list[str]:
    purchases = _off(tested.expected_purchases, tested.actual_purchases, tested.purchases_low, tested.purchases_high)
    spend = _off(tested.expected_spend, tested.actual_spend, tested.spend_low, tested.spend_high)
    why = "buying has changed, or follows seasons that the model does not know"
    if purchases > 1:
        return [f"When tested, {purchases + 1:.1f} times as many purchases came as were expected: {why}."]
    if abs(purchases) > BADLY_OFF:
        more = "more" if purchases > 0 else "fewer"
        return [f"When tested, {abs(purchases) * 100:.0f} % {more} purchases came than were expected: {why}."]
    if spend > 1:
        return [f"When tested, {spend + 1:.1f} times as much was spent as was expected: {why}."]
    if abs(spend) > BADLY_OFF:
        more = "more" if spend > 0 else "less"
        return [f"When tested, {abs(spend) * 100:.0f} % {more} was spent than was expected: {why}."]
    return []


def _off(expected: float, actual: float, low: float, high: float) -> float:
    """The relative error where what came lies outside the range, else 0."""
    return 0.0 if low <= actual <= high or expected <= 0 else actual / expected - 1


def _about_spend(fitted: Fitted, correlation: float) -> list[str]:
    customers, found = fitted.customers, []
    if abs(correlation) >= RELATED and abs(correlation) * usable(customers).sum() ** 0.5 > TWO_DEVIATIONS:
        how = "more" if correlation > 0 else "less"
        found.append(f"Who buys more often also spends {how} a purchase (rank correlation {correlation:.2f}), which the model "
                     "does not know: the spend expected of customers with few purchases is rough.")
    if fitted.spend_fit is None:
        found.append("Spend a purchase does not follow the usual model here, so each customer's own mean is used, drawn towards "
                     "that of all; the ranges of single customers are too narrow.")
    elif fitted.spend_fit.q <= INFINITE_SPREAD:
        found.append("A few very large purchases rule the spend; its ranges are rough.")
    refunded = int(((customers.repeats > 0) & ~usable(customers)).sum())
    if refunded > 0.05 * (customers.repeats > 0).sum():
        found.append(f"{refunded} customers who bought again gave back all that they bought or more. What a purchase comes to "
                     "is learned from the others, so expect less of these.")
    return found
