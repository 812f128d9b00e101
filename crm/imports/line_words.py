"""Which words tell a fee, an adjustment or a cancellation from a sale?"""

import re
import unicodedata

CANCELLATION_NUMBER = re.compile(r"[Cc]\d+")  # credit notes of several shop systems, Online Retail among them
_CANCELLED = re.compile(r"cancel(l?ed|lation)?|void(ed)?|storn(o|iert)|已取消|取消|交易关闭|已关闭|作废")
_OPEN = re.compile(
    r"open|new|pending|processing|unpaid|on[- ]?hold|in process|待付款|待发货|处理中|未付款|待处理"
)

# Codes that shops book what is no product under. The single letters are sizes elsewhere, so they count only
# beside a description of FEE_NAMES or ADJUSTMENT_NAMES (or none).
FEE_CODES = frozenset(
    {
        "POST",
        "DOT",
        "BANK CHARGES",
        "AMAZONFEE",
        "CRUK",
        "PADS",
        "SHIPPING",
        "POSTAGE",
        "FREIGHT",
        "DELIVERY",
        "HANDLING",
        "CARRIAGE",
        "BANKCHARGES",
        "运费",
        "邮费",
        "手续费",
    }
)
ADJUSTMENT_CODES = frozenset(
    {"MANUAL", "DISCOUNT", "ADJUST", "ADJUSTMENT", "SAMPLES", "BAD DEBT", "ROUNDING"}
)
SHORT_CODES = frozenset({"C2", "M", "D", "S", "B"})
# The whole description must be such words: COFFEE, a “delivery van” and “sample box of teas” stay products.
FEE_NAMES = re.compile(
    r"(dotcom |express |standard |international )?"
    r"(postage|carriage|freight|shipping|delivery|handling)( and handling)?( (fees?|costs?|charges?))?|"
    r"bank charges?|([\w&.-]+ ){0,3}(fees?|commission)|surcharge|"
    r"运费|邮费|快递费|配送费|手续费|服务费|平台佣金|佣金|包装费|银行手续费"
)
ADJUSTMENT_NAMES = re.compile(
    r"manual( (entry|line|adjustment))?|(order |volume |cash )?discounts?|samples?|"
    r"(write off |adjust(ment)? )?bad debts?|(stock |price )?adjust(ment|ments)?|rounding( difference)?|"
    r"折扣|优惠|优惠券|样品|坏账|调整|手工调整|补差价"
)


def fee_kind(code: str | None, name: str | None) -> str | None:
    """ "fee" (postage, bank charge, commission), "adjustment" (manual, discount, samples, bad debt) or None:
    a product.

    >>> fee_kind("POST", "POSTAGE"), fee_kind("M", "Manual"), fee_kind("M", "T-shirt")
    ('fee', 'adjustment', None)
    """
    words = " ".join(re.sub(r"[^\w&.]+", " ", (name or "").casefold()).split())
    if FEE_NAMES.fullmatch(words):
        return "fee"
    if ADJUSTMENT_NAMES.fullmatch(words):
        return "adjustment"
    upper = (code or "").strip().upper()
    if upper in FEE_CODES or (upper == "C2" and not words):
        return "fee"
    return "adjustment" if upper in ADJUSTMENT_CODES or (upper in SHORT_CODES and not words) else None


def order_status(text: str) -> str:
    """One of models.ORDER_STATUSES; what is neither cancelled nor open counts as completed.

    >>> order_status("Cancelled"), order_status("已取消"), order_status("Pending"), order_status("paid")
    ('cancelled', 'cancelled', 'open', 'completed')
    """
    word = unicodedata.normalize("NFKC", text).casefold().strip()
    if _CANCELLED.fullmatch(word):
        return "cancelled"
    return "open" if _OPEN.fullmatch(word) else "completed"
