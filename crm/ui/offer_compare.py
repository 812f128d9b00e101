"""Compare methods: every way to choose offers on the same customers, beside the best sellers and chance; ratings where there are any."""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.recommendations.judging import Comparison, charts
from crm.errors import NotEnoughData
from crm.jobs.recommendations import Learned
from crm.ui import chart, long_work, offer_options, offer_words, page, run, words

SPLITS = {"Each one's last order": "last_order", "A later time": "time"}
MEASURES = {  # measure -> (heading, form, what it says)
    "hit_rate": ("Hit rate", "share", "Share of customers whose list held something that they then bought."),
    "ndcg": ("NDCG", "number", "How high on the list stands what was bought; 1 is a perfect list. The method is proposed by this."),
    "map": ("MAP", "number", "The same with another weight of the places; 1 is a perfect list."),
    "precision": ("Precision", "share", "Share of the list that was bought."),
    "recall": ("Recall", "share", "Share of what was bought that stood on the list."),
    "coverage": ("Coverage", "share", "Share of the range that stands on anybody's list."),
    "novelty": ("Novelty", "bits", "How unknown the offers are, in bits: one more means half as many buyers."),
}
RATINGS = {"mean": "The mean of all ratings", "usual": "What is usual for customer and product", "items": "Ratings of products rated alike",
           "users": "Ratings of customers who rate alike", "factors": "A few common tastes in the ratings"}


def draw(learned: Learned) -> None:
    """What takes long waits behind a button; what the first answer compared is there at once."""
    side, ratings = st.tabs(["Methods side by side", "Ratings"], key="offer_compare_tabs", on_change="rerun")
    if side.open:
        with side:
            _side_by_side(learned)
    if ratings.open:
        with ratings:
            _ratings(learned)


def cards(learned: Learned) -> None:
    """Beside the lists: is it right, and how likely is each place?"""
    if learned.comparison is None:
        return
    left, right = st.columns(2)
    with left, page.card("Is it right?"):
        found = learned.comparison
        chart.show(charts.compared(found, measure="hit_rate", names={method: _called(method) for method in found.table["method"]}),
                   key=f"offer_right_{learned.question}", height=250,
                   alt="Share of customers whose list held what they bought next, for each method; the dotted line is that of the best sellers.")
        st.caption(f"Share of customers whose list of {found.top} held something that they bought next.")
    if learned.chances is not None:
        with right, page.card("How likely is each place?"):
            chart.show(charts.by_rank(learned.chances), key=f"offer_places_{learned.question}", height=250,
                       alt="Chance that a customer's next order holds the product, by its place on the list.")
            st.caption("Chance that the next order of a customer who orders again holds what stands at each place of the list.")


def _side_by_side(learned: Learned) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = st.segmented_control("Hidden from the methods", list(SPLITS), default=next(iter(SPLITS)), required=True, key="offer_split",
                                     help="Each one's last order: many customers can be measured. A later time: as it really is, for "
                                          "nothing of that time is known, but fewer customers can be measured.")
        measure = st.selectbox("Figure", list(MEASURES), key="offer_measure", format_func=lambda name: MEASURES[name][0], width=180)
    split = SPLITS[label or next(iter(SPLITS))]
    days = learned.lister.exclude_recent_days
    found = long_work.of_records(
        f"compare_offers_{learned.question}_{split}", jobs.recommendations.compare_all, label="Compare all methods",
        note="Every method with its settings tried out, on up to 5,000 customers.", names=offer_words.METHODS, as_of=learned.known.as_of,
        mode=learned.question, split=split, exclude_recent_days=days)
    shown = found if found is not None else learned.comparison if split == "last_order" else None
    if shown is None:
        if learned.missing:
            st.caption(words.plain(learned.missing))
        return
    if found is None:
        st.caption("So far only the methods of the first answer are here.")
    st.markdown(proposal(shown))
    if learned.method != shown.proposed and learned.method in shown.parameters:
        st.markdown(f"In use on this page: {offer_words.METHODS[learned.method]}. Its NDCG is {shown.value(learned.method, 'ndcg'):.3f}, that of the "
                    f"proposed one {shown.value(shown.proposed, 'ndcg'):.3f}.")
    st.caption(f"{MEASURES[measure][2]} {offer_words.measured_by(shown)}")
    chart.show(charts.compared(shown, measure=measure, names={method: _called(method) for method in shown.table["method"]}),
               key=f"offer_compared_{split}_{measure}", alt=f"{MEASURES[measure][0]} of every method with its range; the dotted line is "
                                                            "that of the best sellers.")
    _table(shown)
    for method, why in shown.failed.items():
        st.caption(f"{_called(method)} could not be made: {words.plain(why)}")
    _use(shown, learned)


def proposal(found: Comparison) -> str:
    """Which method is proposed, and whether that is more than luck."""
    best = found.table.loc[found.table["method"] != "random", "method"].iloc[0]
    head = f"**Proposed: {_called(found.proposed)}**"
    if found.proposed == "popular":
        return f"{head}: no other method is surely better than offering the best sellers."
    gain, low, high = (found.value(found.proposed, name) for name in ("ndcg_gain", "ndcg_gain_low", "ndcg_gain_high"))
    if found.proposed != best:
        head += f", for it is simpler than {offer_words.METHODS[best]} and about as good"
    told = f"{gain:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
    if found.beats_popularity:
        return f"{head}. It is better than the best sellers: {told} in NDCG, the widest range for {found.tried} methods tried at once."
    return f"{head}. It is not surely better than the best sellers: {told} in NDCG."


def _called(method: str) -> str:
    name = offer_words.METHODS[method]
    return name[:1].upper() + name[1:]


def _table(found: Comparison) -> None:
    rows = [{"Method": _called(row["method"]), **{heading: _with_range(row, name, form) for name, (heading, form, _) in MEASURES.items()}}
            for row in found.table.to_dict("records")]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", placeholder="–", alt="Every figure of every method with its 95 % range",
                 column_config={
                     "Method": st.column_config.TextColumn("Offers are chosen by", width=245, pinned=True),
                     **{heading: st.column_config.TextColumn(heading, help=told, width=117) for heading, _, told in MEASURES.values()}})


def _with_range(row: dict, name: str, form: str) -> str:
    value, low, high = (_form(row[f"{name}{end}"], form) for end in ("", "_low", "_high"))
    return value if low == "–" else f"{value} ({low.removesuffix(' %')}–{high.removesuffix(' %')})"


def _form(value: float, form: str) -> str:
    if value != value:
        return "–"
    return words.share(value, 0 if value >= 0.1 else 1) if form == "share" else f"{value:.1f}" if form == "bits" else f"{value:.2f}"


def _use(found: Comparison, learned: Learned) -> None:
    """Any method that was made can become the page's own, with the settings that it was judged with."""
    made = [method for method in found.table["method"] if method != "random"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox("For this page", made, index=made.index(found.proposed), key=f"offer_use_which_{learned.question}_{found.split}_{len(made)}",
                              format_func=_called, width=330)
        st.button("Use this method", key="offer_use", icon=":material/check:", on_click=offer_options.use,
                  args=(learned.question, method, found.parameters.get(method)), disabled=learned.is_chosen and method == learned.method)
        if learned.is_chosen:
            st.button("Back to the usual choice", key="offer_use_best", type="tertiary", on_click=offer_options.use,
                      args=(learned.question, offer_options.BEST), help="What measures best of the few quick methods that are compared at "
                                                                        "every visit.")


def _ratings(learned: Learned) -> None:
    """How well what customers would say of a product is foretold, where they rated products."""
    try:
        judged = run.cached(jobs.recommendations.judged_ratings, as_of=learned.known.as_of, doing="Foretelling ratings")
    except NotEnoughData as error:
        st.markdown(words.plain(error))
        st.caption("Ratings are survey answers that name a product. Bring in a file of them on the page Data.")
        return
    best = judged.iloc[0]
    known = (f"From {words.count(best['ratings'])} ratings of {words.count(best['products'])} products by "
             f"{words.count(best['customers'])} customers.")
    if best["method"] == "mean":
        st.markdown(f"{known} Nothing foretells them better than the mean of all ratings: there are too few, or they hardly differ.")
    elif best["beats_mean"]:
        st.markdown(f"{known} Foretold best by **{RATINGS[best['method']].lower()}**, surely better than the mean of all ratings.")
    else:
        st.markdown(f"{known} Foretold best by **{RATINGS[best['method']].lower()}**, though not surely better than the mean of all "
                    "ratings.")
    st.dataframe(pd.DataFrame({
        "method": judged["method"].map(RATINGS),
        "rmse": [f"{row.rmse:.3f} ({row.rmse_low:.3f}–{row.rmse_high:.3f})" for row in judged.itertuples()],
        "mae": [f"{row.mae:.3f} ({row.mae_low:.3f}–{row.mae_high:.3f})" for row in judged.itertuples()]}), hide_index=True, height="content",
        alt="Errors of foretold ratings", column_config={
            "method": st.column_config.TextColumn("Foretold by", width=300),
            "rmse": st.column_config.TextColumn("Error (root mean square)", width=190, help="Of ratings from 0 to 1; less is better."),
            "mae": st.column_config.TextColumn("Error (mean)", width=190, help="Of ratings from 0 to 1; less is better.")})
