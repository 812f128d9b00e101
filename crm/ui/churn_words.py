"""What does the page of leaving say? How many may leave, what they are worth, and how far to trust it."""


from crm.jobs.churn import Leaving
from crm.ui import page, words
from crm.ui.kept_models_view import Proposal

HARDLY_MORE = 0.03  # of the leavers: less is nothing that a list of calls would show
LIKELY = 0.5  # more likely than not
PURPOSES = {"silence": "leaving", "ends": "ending", "given": "given"}  # kind of leaving -> what a model is kept for


def sentence(result: Leaving, currency: str) -> str:
    """How many may leave, what they are worth, and whether the model is better than the simple rule."""
    present = result.present
    likely = present[present["probability"] > LIKELY]
    yearly = page.amount(likely["monetary_per_year"].clip(lower=0).sum(), currency)
    people, of = words.count(len(likely)), words.count(len(present))
    worth = f", worth {yearly} a year" if likely["monetary_per_year"].notna().any() else ""
    return f"{_head(result, people, of, worth)} {trust(result)}"


def _head(result: Leaving, people: str, of: str, worth: str) -> str:
    field = words.plain(field_name(result.leaving))
    if result.kind == "ends":
        return (f"**Likely to leave: {people} of the {of} customers whose day in “{field}” has not come{worth}.** It is "
                f"more likely than not that it comes in the next {result.horizon_days} days.")
    if result.kind == "given":
        return (f"**Likely to leave: {people} of the {of} customers who have not left by “{field}”{worth}.** It is more "
                "likely than not that somebody like them leaves.")
    return (f"**Likely to leave: {people} of the {of} customers who ordered within a year{worth}.** It is more likely than "
            f"not that they order nothing in the next {result.horizon_days} days.")


def trust(result: Leaving) -> str:
    """How far to trust it, in plain words with the figures of the later time."""
    compared = result.comparison
    found = words.share(compared.judged[compared.proposed].value("found_in_first_30_percent"))
    where = "On later orders" if compared.tested_on == "later" else "On customers it had not seen"
    if compared.beats_rule is None or "rule" not in compared.judged:
        return f"{where}, the riskiest 30 % held {found} of the leavers; picked by chance it would be 30 %."
    rule = words.share(compared.judged["rule"].value("found_in_first_30_percent"))
    if not compared.beats_rule:
        return (f"{where}, no model was surely better than calling the longest silent first (the first 30 % of calls found "
                f"{found} of the leavers, by that rule {rule}), so simply call those.")
    if found == rule:
        return (f"{where}, the model told them apart a little better than the rule “longest silent first”, but the first "
                f"30 % of calls found {found} of the leavers either way.")
    if _share_found(compared, compared.proposed) - _share_found(compared, "rule") < HARDLY_MORE:
        return (f"{where}, the model told them apart better than the rule “longest silent first”, but the first 30 % of calls found "
                f"hardly more of the leavers: {found}, by that rule {rule}.")
    return f"{where}, calling the riskiest 30 % found {found} of the leavers; calling the longest silent first found {rule}."


def _share_found(compared, method: str) -> float:
    return compared.judged[method].value("found_in_first_30_percent")


def field_name(column: str) -> str:
    """A field of the customers as its owner calls it."""
    return column.removeprefix("custom.")


def kept_as(result: Leaving) -> Proposal:
    """The page's model, as it may be kept."""
    name = (f"Leaving, {words.day(result.as_of)}" if result.horizon_days is None
            else f"Leaving within {result.horizon_days} days, {words.day(result.as_of)}")
    about = {"test_cutoff": result.test_cutoff, "train_cutoffs": list(result.train_cutoffs),
             "refit_cutoffs": list(result.refit_cutoffs)}
    if result.kind != "silence":
        about |= {"label": result.leaving, "positive": result.parameters["positive"]}
    return Proposal(PURPOSES[result.kind], name, result.model, result.comparison,
                    result.features[~result.customers["is_gone"].to_numpy()], result.as_of, result.horizon_days, about)
