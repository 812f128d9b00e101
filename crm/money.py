"""How is money kept exactly? As integers of 1/10,000 of the currency: some price lists have three decimals."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from crm.errors import InvalidInput

UNITS = 10_000
LIMIT_E4 = 10**16  # a trillion of the currency: sums of a million such lines still fit 64 bits twice over


def to_e4(amount: Decimal | int | float | str) -> int:
    """An amount of the currency in units of 1/10,000, rounded half up.

    Raises InvalidInput for text, NaN, infinity and more than a trillion.

    >>> to_e4("12.345")
    123450
    >>> to_e4(-0.29)
    -2900
    """
    try:
        exact = Decimal(repr(float(amount)) if isinstance(amount, float) else str(amount).strip())
    except InvalidOperation:
        raise InvalidInput(f"“{amount}” is no amount; write it like 1234.50.") from None
    if not exact.is_finite() or abs(exact) * UNITS > LIMIT_E4:
        raise InvalidInput(f"The amount {amount} is too large; at most a trillion is allowed.")
    return int((exact * UNITS).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_e4(units: int) -> Decimal:
    """The exact amount in the currency.

    >>> from_e4(123450)
    Decimal('12.345')
    """
    return Decimal(units) / UNITS


def line_amount_e4(quantity: float, unit_price_e4: int, discount: float = 0.0) -> int:
    """What a line comes to: quantity x unit price less the discount (a share 0..1), in 1/10,000.

    Raises InvalidInput for more than a trillion.

    >>> line_amount_e4(3, to_e4("0.85"))
    25500
    """
    kept = Decimal(1) - Decimal(repr(float(discount)))
    exact = Decimal(repr(float(quantity))) * unit_price_e4 * kept
    if abs(exact) > LIMIT_E4:
        raise InvalidInput(f"{quantity:,.0f} pieces at this price come to more than a trillion; correct one of them.")
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
