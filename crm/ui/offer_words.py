"""What does the page of offers say? How good the offers measured, by what they are chosen, and how many there are."""

from crm.analytics.recommendations.judging import Comparison
from crm.jobs.recommendations import Learned
from crm.ui import words

# Code of a method -> what offers are chosen by
METHODS = {
    "popular": "the best sellers", "recent": "what sells best of late", "group": "what is popular with people alike",
    "items": "products bought by the same customers", "users": "what the most similar customers bought",
    "baskets": "products bought in the same order", "content": "products that are like each other",
    "linear": "all products weighed against each other", "svd": "a few common tastes", "nmf": "a few common tastes, added up",
    "blend": "several ways together", "random": "chance",
    "own_count": "how often they bought it", "own_recent": "how often they bought it lately", "due": "when each is due again",
}
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
HEADS = {"new": "**Something new for {people} customers**, out of {products} products.",
         "repeat": "**What {people} customers may buy again**, out of {products} products."}


def sentence(learned: Learned, people: int) -> str:
    """How often the offers would have hit, beside the list of best sellers."""
    if learned.question == "repeat":
        people = len(learned.known.purchases.customer_ids)  # who bought nothing has nothing to buy again
    head = HEADS[learned.question].format(people=words.count(people), products=words.count(learned.products))
    found = learned.comparison
    if found is None:
        return f"{head} How good these offers are cannot be told yet: {words.plain(learned.missing)}"
    chosen = "" if not learned.is_chosen or learned.method == found.proposed else (
        f" You chose {METHODS[learned.method]}; offers by {METHODS[found.proposed]} measured better.")
    top, popular = NUMBERS.get(found.top, str(found.top)), words.share(found.value("popular", "hit_rate"))
    if learned.method == "popular":
        why = ("no method was clearly better than simply offering the best sellers" if not found.beats_popularity else
               "the best sellers are offered")
        return f"{head} Tested on what customers bought next, {why}: a list of {top} held it for {popular} of customers.{chosen}"
    hit, low, high = (words.share(found.value(learned.method, name)) for name in ("hit_rate", "hit_rate_low", "hit_rate_high"))
    told = (f"{head} Tested on what customers bought next, a list of {top} held it for **{hit}** of them ({low} to {high}); the "
            f"best sellers did for {popular}.")
    gain = found.value(learned.method, "ndcg_gain_low")
    return f"{told}{'' if gain > 0 else ' That may be luck: it is not surely better than the best sellers.'}{chosen}"


def measured_by(found: Comparison) -> str:
    """On whom."""
    if found.split == "time":
        return (f"Measured on {words.count(found.customers_measured)} customers: everything after {words.day(found.cut_on)} was hidden "
                "from the methods.")
    return (f"Measured on {words.count(found.customers_measured)} customers: the orders of each one's last day were hidden from the "
            "methods.")
