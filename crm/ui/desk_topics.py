"""What are complaints about, does it get worse, and what do they cost?"""

import pandas as pd
import streamlit as st

from crm.analytics import service_desk as analysis
from crm.jobs import service_desk as job
from crm.ui import audience, chart, desk_speed, desk_words, page, words

NO_TOPIC = "No topic noted"
CHANGES = {"more": ": more than chance explains", "fewer": ": fewer than chance explains", "": ", a difference that may be chance"}
DIRECTIONS = {"more": "▲ more", "fewer": "▼ fewer", "": ""}
SHOWN = 25  # topics in the table; the download has all
USUAL = 15  # words, where no themes are found
QUOTED, QUOTED_CHARACTERS = 2, 300  # of each theme


def draw(currency: str) -> None:
    choice, among = desk_speed.asked(counts_hours=False)
    with page.advice():
        found = audience.ask(job.complaints, among, doing="Looking at the complaints", **choice)
        page.answer(sentence(found, choice["days"], currency))
        audience.note(among)
        left, right = st.columns([2, 3])
        with left, page.card("What they are about", key="topics_card"):
            names = {topic: (topic if len(topic) <= 26 else topic[:25] + "…") or NO_TOPIC for topic in found.topics["topic"]}
            chart.show(analysis.charts.topics(found, names=names), key="topics",
                       alt="Complaints by topic, most first; amber where there are more than before by more than chance explains.")
        with right, page.card("What they cost", key="costs_card"):
            _table(found, currency)
        _themes(choice, among)
        with page.explanation("complaints_method"):
            _method(found, currency)


def sentence(found: analysis.Complaints, days: int, currency: str) -> str:
    """How many, about what most, what it cost, and whether it gets worse."""
    first = found.topics[found.topics["topic"] != analysis.NO_TOPIC].head(1)
    when = desk_words.day_of(days, found.as_of)
    came = "1 complaint came" if found.complaints == 1 else f"{words.count(found.complaints)} complaints came"
    people = "1 customer" if found.customers == 1 else f"{words.count(found.customers)} customers"
    before = "" if found.before is None else f", {words.count(found.before)} in the equally long time before{CHANGES[found.direction]}"
    about = "" if first.empty else (f" Most are about **{words.plain(first['topic'].iloc[0])}** "
                                    f"({words.share(first['share'].iloc[0])}).")
    more = [words.plain(topic or NO_TOPIC) for topic in found.topics.loc[found.topics["direction"] == "more", "topic"]]
    worse = f" More than before, beyond chance: {', '.join(more[:3])}." if more else ""
    total = (found.noted_cost or 0.0) + found.given_back
    cost = f" As far as it is known, they cost {page.amount(total, currency)}." if total else ""
    return f"**{came} from {people}** {when}{before}.{about}{worse}{cost}"


def _table(found: analysis.Complaints, currency: str) -> None:
    table = found.topics.head(SHOWN)
    shown = pd.DataFrame({
        "topic": table["topic"].replace("", NO_TOPIC), "complaints": table["complaints"], "cost": table["cost"].where(table["cost"] > 0),
        "before": table["before"], "change": table["direction"].map(DIRECTIONS), "given_back": table["given_back"].where(table["given_back"] > 0),
        "noted_cost": table["noted_cost"], "solution": table["solution_median"].map(desk_words.hours), "waiting": table["waiting"]})
    for name in ("before", "change", "noted_cost", "given_back"):
        if not shown[name].replace("", None).notna().any():
            shown = shown.drop(columns=name)
    if not shown["waiting"].any():
        shown = shown.drop(columns="waiting")
    money = f"{words.sign(currency)} %,.0f"
    with st.container(key="topics_table"):
        st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="Topics of complaints with their number and cost",
                     column_config={
                         "topic": st.column_config.TextColumn("Topic", width=105),
                         "complaints": st.column_config.NumberColumn("Number", format="%,d", width=65),
                         "cost": st.column_config.NumberColumn("Cost", format=money, width=65, help="Noted and given back together."),
                         "before": st.column_config.NumberColumn("Before", format="%,.0f", width=58, help="In the equally long time before."),
                         "change": st.column_config.TextColumn("Change", width=62, help="Only where it is more than chance explains."),
                         "given_back": st.column_config.NumberColumn("Given back", format=money, width=78),
                         "noted_cost": st.column_config.NumberColumn("Noted", format=money, width=62),
                         "solution": st.column_config.TextColumn("Solved in", width=68, help="Half of them."),
                         "waiting": st.column_config.NumberColumn("Waiting", format="%,d", width=58)})
    st.caption(f"A cost was noted with {words.count(found.noted)} of {words.count(found.complaints)}; "
               f"{words.count(found.of_orders)} name an order.")
    page.download(lambda session: found.topics, file_name="complaints.csv", key="download_complaints")


def _method(found: analysis.Complaints, currency: str) -> None:
    st.markdown(
        "**More or fewer.** A topic's complaints are compared with those of the equally long time before. If nothing had changed, each of "
        "both together would fall into either time with the chance of one half; the table says “more” or “fewer” where that would hardly "
        "give such a difference (exact binomial test; over all topics at most one in twenty of what is said is luck, Benjamini and "
        "Hochberg, 1995).")
    st.latex(r"p = 2 \cdot P\left(X \le \min(n_{\text{now}}, n_{\text{before}})\right), \quad X \sim "
             r"\text{Binomial}(n_{\text{now}} + n_{\text{before}},\ \tfrac{1}{2})")
    noted = page.amount(found.noted_cost, currency) if found.noted else "nothing"
    st.markdown(
        f"**Cost.** What you noted with tickets ({noted}) and what was given back ({page.amount(found.given_back, currency)}): what was "
        f"taken back on the order that a complaint names, credit notes to the same customer within "
        f"{analysis.BACK_WITHIN_DAYS} days for its goods, or what was paid back for that order, where that is more. Each amount counts "
        "once, for the latest complaint before it. That a customer bought less afterwards is not in it.\n\n"
        "**Limits.** A return is counted though it may have had another reason. If you note what you gave back as a cost of the ticket, too, "
        "it counts twice; note only what is in no order.")


def _themes(choice: dict, among: audience.Audience | None) -> None:
    with st.expander("What they say", icon=":material/forum:", key="complaint_themes", on_change="rerun") as box:
        if not box.open:
            return
        found = audience.ask(job.themes, among, as_of=choice["as_of"], days=choice["days"], doing="Reading the complaints")
        if found.missing is not None:
            st.info(words.plain(found.missing), icon=":material/lightbulb:")
            usual = [f"**{words.plain(row['word'])}** ({words.share(row['share'])})" for row in found.usual.head(USUAL).to_dict("records")]
            if usual:
                st.markdown(", ".join(usual))
            return
        st.caption(f"Themes found in the words of {words.count(found.read)} complaints, whatever their topic: words that stand together "
                   "again and again. A theme is a hint where to read, no count of causes.")
        for theme in found.table.to_dict("records"):
            number = "1 complaint" if theme["comments"] == 1 else f"{words.count(theme['comments'])} complaints"
            st.markdown(f"**{words.plain(theme['name'])}** · {number} ({words.share(theme['share'])})")
            quoted = found.examples.loc[found.examples["theme"] == theme["theme"], "text"].head(QUOTED)
            for text in quoted:
                st.markdown("> " + desk_words.letter(text, QUOTED_CHARACTERS).replace("\n", "\n> "))
