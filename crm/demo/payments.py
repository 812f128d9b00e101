"""Payments: who pays at once, who by invoice, who late, and what is still open?"""

from dataclasses import dataclass

import numpy as np

from crm.demo import planted
from crm.demo.lives import NOBODY
from crm.demo.people import People
from crm.demo.sales import Sales
from crm.demo.span import DAY, Span, days

COLUMNS = ("id", "source", "code", "customer_id", "order_id", "paid_on", "due_on", "amount_e4", "method", "version",
           "created_at", "updated_at")
# How each of planted.SALES_CHANNELS is paid at once; companies pay what they order in the shop or by phone by invoice.
AT_ONCE = ("Card", "Marketplace payout", "Cash", "Card")
INVOICE = "Bank transfer"
BY_INVOICE = tuple(planted.SALES_CHANNELS.index(name) for name in ("Web shop", "Phone"))


@dataclass(frozen=True)
class Paid:
    """One entry a payment, in time: `order` is a position in Sales, days count from the first day."""

    order: np.ndarray
    customer: np.ndarray
    paid_day: np.ndarray
    due_day: np.ndarray
    amount_e4: np.ndarray
    method: np.ndarray

    def __len__(self) -> int:
        return len(self.order)


def draw(sales: Sales, people: People, period: Span, random: np.random.Generator) -> Paid:
    """The payments for all orders of known customers, and the money sent back for their credits."""
    size, ordered_day = len(sales.second), sales.second // DAY
    counted = ~sales.is_cancelled[sales.line_order]
    # Whole numbers far below 2**53: the sums are exact.
    net_e4 = np.bincount(sales.line_order[counted], sales.line_amount_e4[counted], minlength=size).astype(np.int64)
    named = sales.customer != NOBODY
    is_credit = net_e4 < 0
    by_invoice = (named & np.isin(sales.channel, BY_INVOICE) & np.where(named, people.is_company[sales.customer], False)
                  & ~is_credit & (net_e4 > 0))
    due_day = ordered_day + np.where(by_invoice, planted.PAYMENT_TERM_DAYS, 0)
    paid_day = np.where(by_invoice, due_day + _days_after_due(sales, people, by_invoice, due_day, random), ordered_day)
    paid_day = np.maximum(paid_day, ordered_day)
    first, last = planted.REFUND_DAYS
    paid_day = np.where(is_credit, ordered_day + random.integers(first, last + 1, size), paid_day)
    amount_e4 = net_e4.copy()
    _leave_open(sales, by_invoice, due_day, paid_day, amount_e4)
    method = np.where(by_invoice, INVOICE, np.array(AT_ONCE)[sales.channel])
    rows = np.flatnonzero(named & (amount_e4 != 0) & (paid_day <= planted.HISTORY_DAYS))
    rows = rows[np.argsort(paid_day[rows], kind="stable")]
    return Paid(rows, sales.customer[rows], paid_day[rows], due_day[rows], amount_e4[rows], method[rows])


def late_payers(customer: np.ndarray) -> np.ndarray:
    """Which customers pay late, given the customer of each invoice; those at odd places only since a year ago."""
    customers, invoices = np.unique(customer, return_counts=True)
    return customers[invoices >= planted.LATE_PAYERS_AMONG][::planted.LATE_PAYER_EVERY]


def _days_after_due(sales: Sales, people: People, by_invoice: np.ndarray, due_day: np.ndarray,
                    random: np.random.Generator) -> np.ndarray:
    size = len(sales.second)
    mean, spread = planted.COMPANY_PAYS_AFTER_DUE
    habit = random.normal(mean, spread, len(people))
    usual = np.round(habit[sales.customer] + random.normal(0, planted.PAYS_SPREAD_DAYS, size))
    late = np.ceil(random.gamma(*planted.LATE_PAYER_DAYS, size))
    payers = late_payers(sales.customer[by_invoice])
    turned_day = planted.HISTORY_DAYS - planted.LATE_PAYER_TURNED_DAYS_AGO
    pays_late = np.isin(sales.customer, payers[::2]) | (np.isin(sales.customer, payers[1::2]) & (due_day > turned_day))
    return np.where(pays_late & (random.random(size) < planted.LATE_PAYER_CHANCE), late, usual).astype(np.int64)


def _leave_open(sales: Sales, by_invoice: np.ndarray, due_day: np.ndarray, paid_day: np.ndarray,
                amount_e4: np.ndarray) -> None:
    """Forget the payment of one invoice for each of planted.OVERDUE_DAYS, of a company of its own; one is half paid."""
    others = np.setdiff1d(np.unique(sales.customer[by_invoice]), late_payers(sales.customer[by_invoice]))
    for place, overdue in enumerate(planted.OVERDUE_DAYS):
        candidates = np.flatnonzero(by_invoice & np.isin(sales.customer, others))
        chosen = candidates[np.argmin(np.abs(due_day[candidates] - (planted.HISTORY_DAYS - overdue)))]
        others = np.setdiff1d(others, sales.customer[chosen])
        if place == planted.HALF_PAID_PLACE:
            paid_day[chosen], amount_e4[chosen] = due_day[chosen], amount_e4[chosen] // 200 * 100  # whole cents
        else:
            amount_e4[chosen] = 0


def rows(paid: Paid, ids: range, order_ids: range, customer_ids: range, period: Span) -> list[tuple]:
    """The payments table; numbered as they came in, anew each year."""
    paid_on, due_on = days(period, paid.paid_day), days(period, paid.due_day)
    number, written = {}, []
    for place, (order, customer, amount, method) in enumerate(zip(
            paid.order.tolist(), paid.customer.tolist(), paid.amount_e4.tolist(), paid.method.tolist(), strict=True)):
        year = paid_on[place][:4]
        number[year] = number.get(year, 0) + 1
        stamp = f"{paid_on[place]} 08:00:00.000000"
        written.append((ids[place], "demo", f"P{year}-{number[year]:05d}", customer_ids[customer],
                        order_ids[order], paid_on[place], due_on[place], amount, method, 1, stamp, stamp))
    return written
