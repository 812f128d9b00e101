"""What does the page of products say? The answer about all of them, about one of them, and the methods."""

import streamlit as st

from crm.analytics.products.abc import Classes
from crm.jobs import products as job
from crm.services import products
from crm.ui import page, product_list, words

FIELDS = {"name": "Name", "code": "Code", "kind": "Kind", "category": "Category", "description": "Description",
          "price": "Price", "cost": "Cost", "is_discontinued": "No longer sold", "is_sold_out": "Sold out",
          "is_excluded": "Never offer"}


def sentence(result: job.Products, currency: str) -> str:
    """How few products make most of it, what remains, and whether sales grew."""
    found = result.classes
    if found is None:
        number = len(result.figures)
        have = "You have 1 product" if number == 1 else f"You have {words.count(number)} products"
        return f"**{have}.** {words.plain(result.missing)}"
    what = "revenue" if result.by == "revenue" else "margin"
    when, total, best = product_list.in_period(result.days), page.amount(found.total, currency), found.counts["A"]
    if found.ranked == 1 and int((result.figures["letter"] != "fee").sum()) == 1:
        head = f"**You sell one product.** It made {total} of {what} {when}."
    elif found.ranked == 1:
        head = f"**One product makes all of your {what}** {when} ({total})."
    elif best == found.ranked:
        head = f"**It takes all {words.count(best)} products that sold to make 80 % of your {what}** {when} ({total} in all)."
    else:
        head = (f"**{words.count(best)} of {words.count(found.ranked)} products {'makes' if best == 1 else 'make'} 80 % of your "
                f"{what}** {when} ({total} in all).")
    return " ".join(part for part in (head, _remains(result), _grew(result)) if part)


def left_out(found: Classes, currency: str) -> None:
    """What is in no class: products that cost more than they brought, unknown costs, fees, lines without a product."""
    told = []
    negative, nothing, unknown = (found.counts[letter] for letter in ("negative", "none", "unknown"))
    lost = page.amount(found.negative_total, currency)
    if negative and found.by == "revenue":
        told.append(f"{words.count(negative)} with more given back than sold ({lost})")
    elif negative:
        told.append(f"{words.count(negative)} that cost more than they brought ({lost})")
    if unknown:
        told.append(f"{words.count(unknown)} whose cost is not known")
    if nothing:
        told.append(f"{words.count(nothing)} that sold nothing")
    if found.fee_amount:
        told.append(f"fees ({page.amount(found.fee_amount, currency)})")
    if found.other_amount:
        told.append(f"order lines that name no product, or a deleted one ({page.amount(found.other_amount, currency)})")
    if told:
        st.caption(f"In no class: {'; '.join(told)}.")


def product_sentence(details: products.ProductDetails, result: job.Products, shown: job.Product, currency: str) -> str:
    """What this product brought, its place among the others, and whether its sales changed."""
    if details.id not in result.figures.index or shown.months.empty:
        return "**Nothing was sold of it yet.**"
    own = result.figures.loc[details.id]
    when = product_list.in_period(result.days)
    if own["letter"] == "fee":
        return f"**It brought {page.amount(own['revenue'], currency)} {when}.** A fee has no place among the products."
    if own["orders"] == 0 and own["revenue"] == 0:
        last = "" if own["last_on"] != own["last_on"] else f" It was last sold on {words.day(own['last_on'])}."
        return f"**Nothing was sold of it {when}.**{last}"
    if own["revenue"] < 0:
        return (f"**More was given back than sold {when}:** it comes to {page.amount(own['revenue'], currency)}, so it has no "
                "place among the others.")
    head = f"**It brought {page.amount(own['revenue'], currency)} {when}.**"
    place = ""
    if result.classes is not None and own["place"] > 0 and result.classes.ranked > 1:
        what = "revenue" if result.by == "revenue" else "margin"
        place = (f" That is place {words.count(own['place'])} of {words.count(result.classes.ranked)} by {what} (class "
                 f"{own['letter']}), {words.share(own['share'], 1)} of it.")
    return f"{head}{place} {_compared(own)}".strip()


def _compared(own) -> str:
    if own["low"] != own["low"]:
        return "It has not been sold long enough, or too seldom, to compare with a year before."
    months = f"the {words.count(own['months'])} latest whole months" if own["months"] > 1 else "the latest whole month"
    size = (f"{product_list.points(own['change'])} in {months} against the same ones a year before (between "
            f"{product_list.points(own['low'])} and {product_list.points(own['high'])})")
    if own["direction"] == "up":
        return f"Its sales grew: {size}."
    if own["direction"] == "down":
        return f"Its sales shrank: {size}."
    if own["low"] > 0 or own["high"] < 0:
        way = "up" if own["change"] > 0 else "down"
        return (f"Its sales are {way}: {size}. Of many products some stray as far by luck alone, so it is not called a change "
                "in the list.")
    return f"Its sales changed by no more than chance may explain: {size}."


def _remains(result: job.Products) -> str:
    known = result.margin
    if known.rate != known.rate:
        return "What remains of it is not known: no product has a cost."
    part = "" if known.known_cost_share > 0.995 else f", as far as costs are known ({words.share(known.known_cost_share)} of it)"
    return f"**{words.share(known.rate)}** of the revenue remains after the cost of the goods{part}."


def _grew(result: job.Products) -> str:
    change = result.change
    if change is None or change["low"] != change["low"]:
        return ""
    size = (f"{product_list.points(change['change'])} in the latest {words.count(change['months'])} whole months (between "
            f"{product_list.points(change['low'])} and {product_list.points(change['high'])})")
    if change["direction"] == "":
        return f"Sales are about as a year before: {size}."
    return f"Sales {'grew' if change['direction'] == 'up' else 'shrank'} against the year before: {size}."


def method(result: job.Products, currency: str) -> None:
    """How the figures of all products come about, with this company's numbers."""
    since = "the first order" if result.since is None else words.day(result.since)
    st.markdown(
        f"**Figures** count order lines from {since} to {words.day(result.as_of)}. Revenue is net of returns and "
        "cancellations; lines of fees, such as postage, make no product.\n\n"
        "**Classes** (ABC analysis; Dickie 1951): products are put in line, the one that brings most first. A product is A as "
        "long as those before it make less than 80 % of the sum, B up to 95 %, then C. The sum holds only products that brought "
        "more than nothing: one with more given back than sold would make the others' shares too large.")
    if result.classes is not None:
        found = result.classes
        st.latex(r"\text{A}: \ \sum_{j<i} r_j < 0.80 \sum_j r_j \qquad \text{Gini} = "
                 r"\frac{\sum_i (2i - n - 1)\, r_{(i)}}{n \sum_i r_i}")
        st.markdown(f"Products in class A here: {words.count(found.counts['A'])}, in B: {words.count(found.counts['B'])}, in C: "
                    f"{words.count(found.counts['C'])}; together they make {page.amount(found.total, currency)}.")
        if found.gini == found.gini:
            st.markdown(f"The Gini coefficient is {found.gini:.2f}: 0 would be all products alike, 1 a single product that brings all.")
    st.markdown(
        "**Margin** is revenue less the cost of the goods, of those lines whose cost is known: from the line itself, else the "
        "product's cost of today times the pieces. A line without either counts as unknown, never as free. Fees, your own "
        "work and rent are not in it.")
    trend_method()


def trend_method() -> None:
    """How a change is told from chance."""
    st.markdown(
        "**Change** compares sales before returns in the latest whole months (up to twelve) with the same months a year before, "
        "so that a season is no growth; only months that lay wholly after the product's first sale. With s the share of the "
        "later months in both together, the change is s / (1 − s) − 1. Its range (95 %; Wilson 1927) takes n / φ "
        "for the number of cases:")
    st.latex(r"\varphi = \max\left(\frac{\sum_m \left(\frac{x_m - s\,n_m}{1 - n_m / n}\right)^2}{n\, s\,(1 - s)},\ "
             r"\frac{\sum_k q_k^2}{\sum_k q_k}\right)")
    st.markdown(
        "x is what month m sold of the n in both its years; q are the single orders. The first term is how far the product's own "
        "months stray (quasi-Poisson: McCullagh & Nelder 1989; HC3: MacKinnon & White 1985), the second what orders of these "
        "sizes do that come at random. On invented shops whose truth was known, the range held in 92 to 100 of 100 cases. Among many products some "
        "change by luck alone: ▲ and ▼ stand only where that is corrected for (Benjamini & Hochberg 1995; of those marked, at "
        "most one in twenty is luck). It says that sales changed, not why.")


def product_method(shown: job.Product) -> None:
    """How the figures of one product come about."""
    found = shown.buyers
    st.markdown(
        "**Sales by month** are net of returns; the month that is not over is grey and takes no part in a comparison.\n\n"
        "**Price paid** is the amount of a sale line, discounts taken off, by its pieces; lines that brought nothing are left "
        "out. The line is the month's median, the band holds the prices of eight of ten lines. The list price is known from the day on which "
        "the product came into these records, and from each change made here or by a file. Prices and pieces are put side by "
        "side, no more: a large order may get a lower price, so a lower price need not have made the order large.")
    st.markdown(
        f"**Buyers** are customers with a sale of it at any time up to {words.day(shown.as_of)}: {words.count(found.count)} here. "
        "Someone comes back who bought it on two days or more. "
        "**Groups:** the share of a group's customers who bought it, divided by that of all other customers, with a range (95 % "
        "for all groups together, score test: Koopman 1984). Coloured are groups whose range leaves out 1.")
    st.latex(r"\text{times as often} = \frac{b_g / n_g}{(b - b_g) / (n - n_g)}")
    trend_method()
