"""Scales: on which scale does a formula see each feature?"""

# Between the plain days and their logarithm, which flattens after a month, the root is best calibrated. Ten usual gaps of
# silence say as much as fifty.
SCALES = {
    **dict.fromkeys(("days_silent", "tenure_days", "days_since_complaint", "known_days"), "root"),
    **dict.fromkeys(("silence_ratio", "longest_silence_ratio"), "capped"),
    **dict.fromkeys(
        ("frequency", "purchase_days", "recent_orders", "earlier_orders", "mean_gap_days", "monetary", "average_order",
         "last_order", "recent_monetary", "spent_before", "complaints_open", "complaints_recent", "unanswered_3_days",
         "first_answer_hours"), "log"),
    **dict.fromkeys(
        ("recency", "gap_spread", "trend", "returned_share", "has_returned", "satisfaction_last", "satisfaction_mean",
         "satisfaction_known"), "plain"),
}


def scales_of(columns: tuple[str, ...]) -> dict[str, str]:
    """The scale of each column that has one here; of the others models choose it by their skewness."""
    return {name: SCALES[name] for name in columns if name in SCALES}
