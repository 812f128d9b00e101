"""How is money kept exactly? As integers of 1/10,000 of the currency: some price lists have three decimals."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from crm.errors import InvalidInput

UNITS = 10_000
_NO_NUMBER = re.compile(r"[\s'’]|[€$£¥₹%]|[A-Z]{3}")  # blanks, grouping strokes and currencies beside a number
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


def typed(text: str) -> Decimal:
    """A number as somebody typed it, with a decimal comma or a decimal point, grouped or not.

    Raises InvalidInput for what is no number, and for what may be read in two ways.

    >>> typed("6,90"), typed("1.234,50"), typed("€ 1,234.50"), typed("-3"), typed("12.3456")
    (Decimal('6.90'), Decimal('1234.50'), Decimal('1234.50'), Decimal('-3'), Decimal('12.3456'))
    """
    digits = _NO_NUMBER.sub("", text.replace("−", "-"))
    last = max(digits.rfind(","), digits.rfind("."))
    mark = digits[last] if last >= 0 else ""
    if mark and digits.count(mark) == 1 and len(digits) - last == 4 and not set(digits) & ({",", "."} - {mark}):
        raise InvalidInput(f"“{text}” may be a thousand or a fraction; write it without the sign, or with two or four digits "
                           "after it.")
    if mark and digits.count(mark) > 1:
        mark = ""  # 1.234.567: both group
    whole, _, part = digits.rpartition(mark) if mark else (digits, "", "")
    plain = f"{whole.replace(',', '').replace('.', '')}.{part or 0}"
    try:
        return Decimal(plain.removesuffix(".0") if not part else plain)
    except InvalidOperation:
        raise InvalidInput(f"“{text}” is no number; write it like 1234.50.") from None
