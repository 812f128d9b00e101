"""The tab “What drives it”: what to mend first, whether the questions belong together, and who answered without reading."""

import pandas as pd
import streamlit as st

from crm.analytics.satisfaction import driver_charts
from crm.analytics.satisfaction.what_drives import Choice, WhatDrives
from crm.jobs.satisfaction import drivers as job
from crm.ui import audience, chart, page, words
from crm.ui import satisfaction_drivers_words as said

DOING = "Looking for what drives satisfaction"
IMPORTANCES = {"What fits these answers": None, "Fair shares": "shares", "Tried out": "tried_out"}
CORRELATIONS = {"Pearson": "pearson", "Spearman, by ranks": "spearman"}


def draw(*, as_of, among) -> None:
    """The whole tab, or what is needed for it."""
    with page.advice():
        _draw(as_of, among)


def _draw(as_of, among) -> None:
    intro, controls = st.container(), page.controls()
    driven = audience.ask(job.run, among, as_of=as_of, doing=DOING)
    asked: dict = {}
    with controls:
        battery = _choose("Questions", driven.found.batteries, driven.found.battery, "drivers_battery",
                          lambda choice: said.battery(choice, driven.surveys))
        if battery != driven.found.battery:
            asked["battery"] = battery
            driven = audience.ask(job.run, among, as_of=as_of, doing=DOING, **asked)
        target = _choose("What shall be explained", driven.found.targets, driven.found.target, f"drivers_target_{battery}", said.target)
        if target != driven.found.target:
            asked["target"] = target
        careless = int(driven.found.careless.careless.sum())
        if careless and st.toggle(f"Leave out careless forms ({words.count(careless)})", key="drivers_leave_out",
                                  help="Forms that were filled in without reading; see below."):
            asked["leave_out"] = 1
        with st.popover("More options", key="drivers_options"):
            by = st.radio("What matters is told by", list(IMPORTANCES), key="drivers_importance", help=said.IMPORTANCE_HELP)
            correlation = st.radio("Correlation", list(CORRELATIONS), key="drivers_correlation", help=said.CORRELATION_HELP)
        if CORRELATIONS[correlation] != "pearson":
            asked["correlation"] = CORRELATIONS[correlation]
    if asked:
        driven = audience.ask(job.run, among, as_of=as_of, doing=DOING, **asked)
    found = driven.found
    with intro:
        page.answer(said.answer(found))
    numbers = _drivers(driven, by=IMPORTANCES[by], names=said.short_names(found))
    left, right = st.columns(2)
    with left, page.card("Do the questions belong together?", key="reliability_card"):
        _reliability(found)
    with right, page.card("Which are answered alike?", key="correlations_card"):
        _correlations(found, numbers)
    with page.card("Forms filled in without reading", key="careless_card"):
        _careless(found)
    with page.explanation("drivers_method"):
        said.method(found)


def _choose(label: str, choices: tuple[Choice, ...], now: str | None, key: str, named) -> str | None:
    """The key of the choice; no control where there is nothing to choose."""
    keys = [choice.key for choice in choices]
    if len(keys) < 2:
        return now
    if st.session_state.get(key) not in keys:
        st.session_state.pop(key, None)
    names = {choice.key: named(choice) for choice in choices}
    return st.selectbox(label, keys, index=keys.index(now) if now in keys else None, key=key, width=320,
                        format_func=lambda one: names.get(one, one), placeholder="Choose an overall score") or now


def _drivers(driven: job.Driven, *, by: str | None, names: dict[str, str]) -> dict[str, int] | None:
    """The cards of what matters; the questions' numbers in them, None without."""
    found = driven.found
    drivers = found.drivers
    if drivers is None:
        st.info(words.plain(found.drivers_missing), icon=":material/lightbulb:")
        return None
    by = by or drivers.recommended
    shown = drivers.priorities_tried if by == "tried_out" and drivers.priorities_tried is not None else drivers.priorities
    if drivers.foretells is not False:
        left, right = st.columns([3, 2])
        with left, page.card("What matters, and how good it is", key="priorities_card"):
            chart.show(driver_charts.importance_performance(
                shown, places=said.PLACES, importance_title=said.IMPORTANCE_AXIS[by]), key="priorities", height=380,
                       alt="Each question by its mean score and by how much it matters for the overall score; at the top left what "
                           "matters and is weak.")
        with right, page.card("What that says", key="places_card"):
            st.markdown(said.places(shown))
    with page.card("Every question", key="drivers_card"):
        _table(driven, shown, names)
    with st.expander("Compare methods", icon=":material/compare_arrows:", key="drivers_methods", on_change="rerun") as box:
        if box.open:
            _methods(driven, names)
    return dict(zip(shown.table["item"], shown.table["number"], strict=True))


def _table(driven: job.Driven, shown, names: dict[str, str]) -> None:
    drivers = driven.found.drivers
    rows = shown.table.assign(place=[said.PLACES.get(place, "Runs the other way") for place in shown.table["place"]],
                              share=shown.table["importance"].clip(lower=0) * 100, sure=shown.table["place_sure"].map(words.share),
                              question=shown.table["item"].map(names))
    columns = {"number": st.column_config.NumberColumn("No.", width=45, help="As in the picture; 1 matters most."),
               "question": st.column_config.TextColumn("Question", width="medium"),
               "place": st.column_config.TextColumn("Place", width=130),
               "sure": st.column_config.TextColumn("Sure", width="small", alignment="right", help=said.SURE_HELP),
               "share": st.column_config.ProgressColumn("Matters", format="%.0f %%", min_value=0,
                                                        max_value=max(100.0, float(rows["share"].max()))),
               "performance": st.column_config.NumberColumn("Mean", format="%.2f", width="small")}
    if drivers.foretells is False:
        for column in ("place", "sure"):
            columns.pop(column)
    if drivers.regression is not None:
        rows = rows.merge(drivers.regression.table[["item", "per_point", "per_point_low", "per_point_high"]], on="item")
        verdict = drivers.regression.kind == "logistic"
        rows[["per_point", "per_point_low", "per_point_high"]] *= 100 if verdict else 1
        form = "%+.1f %%" if verdict else "%+.2f"
        columns |= {"per_point": st.column_config.NumberColumn("+1 point", format=form, width="small", help=said.point_help(drivers)),
                    "per_point_low": st.column_config.NumberColumn("from", format=form, width="small"),
                    "per_point_high": st.column_config.NumberColumn("to", format=form, width="small")}
    st.dataframe(rows.sort_values("number")[list(columns)], hide_index=True, height="content", column_config=columns,
                 alt="Every question with how much it matters and its mean score")
    for line in said.cautions(drivers):
        st.caption(line)
    page.download(lambda session: job.table(driven), file_name="drivers.csv", key="download_drivers")


def _methods(driven: job.Driven, names: dict[str, str]) -> None:
    drivers = driven.found.drivers
    if drivers.regression is None:
        st.info(words.plain(drivers.regression_missing), icon=":material/lightbulb:")
    else:
        st.markdown(said.regression_line(drivers))
        chart.show(driver_charts.coefficients(drivers.regression, title=said.point_title(drivers)), key="coefficients",
                   alt="What one point more of each question goes with, with its range.")
    if drivers.tried_out is None:
        st.info(words.plain(drivers.tried_out_missing), icon=":material/lightbulb:")
    else:
        st.markdown(said.tried_line(drivers))
    rows = pd.DataFrame({"item": list(drivers.items), "question": [names[item] for item in drivers.items],
                         "share": drivers.priorities.table["importance"] * 100})
    columns = {"question": st.column_config.TextColumn("Question", width="medium"),
               "share": st.column_config.NumberColumn("Fair share", format="%.0f %%")}
    if drivers.regression is not None:
        rows = rows.merge(drivers.regression.table[["item", "standardised", "variance_inflation"]], on="item")
        columns |= {"standardised": st.column_config.NumberColumn("Regression", format="%+.2f"),
                    "variance_inflation": st.column_config.NumberColumn("Overlap", format="%.1f", help=said.OVERLAP_HELP)}
    if drivers.tried_out is not None:
        rows = rows.merge(drivers.tried_out.table.assign(lost=lambda table: table["loss"] * 100)[["item", "lost"]], on="item")
        columns["lost"] = st.column_config.NumberColumn("Lost without it", format="%.1f %%")
    st.dataframe(rows.sort_values("share", ascending=False)[list(columns)], hide_index=True, height="content", column_config=columns,
                 alt="How much each question matters by each method")


def _reliability(found: WhatDrives) -> None:
    alpha = found.reliability
    if alpha is None:
        st.info(words.plain(found.reliability_missing), icon=":material/lightbulb:")
        return
    st.markdown(said.reliability(alpha))
    st.dataframe(alpha.items.sort_values("item_total", ascending=False), hide_index=True, height="content",
                 column_order=["item", "item_total", "alpha_without"], alt="How each question fits the others", column_config={
                     "item": st.column_config.TextColumn("Question", width="medium"),
                     "item_total": st.column_config.NumberColumn("With the others", format="%.2f", help=said.TOTAL_HELP),
                     "alpha_without": st.column_config.NumberColumn("Alpha without it", format="%.2f", help=said.WITHOUT_HELP)})


def _correlations(found: WhatDrives, numbers: dict[str, int] | None) -> None:
    alike = found.correlations
    if alike is None:
        st.info(words.plain(found.correlations_missing), icon=":material/lightbulb:")
        return
    st.markdown(said.correlations(alike))
    chart.show(driver_charts.correlations(alike, names={"": said.NEAR}, numbers=numbers), key="correlations",
               alt="The correlation of each pair of questions.")
    page.download(lambda session: alike.pairs, file_name="correlations.csv", key="download_correlations")


def _careless(found: WhatDrives) -> None:
    for line in said.careless(found):
        st.markdown(line)
    levels = found.careless.levels
    if len(levels):
        columns = ["score", "forms", "expected", "note"] if levels["expected"].notna().any() else ["score", "forms"]
        st.dataframe(levels.assign(note=["many more than expected" if doubtful else "" for doubtful in levels["doubtful"]]),
                     hide_index=True, height="content", width="content", column_order=columns, placeholder="–",
                     alt="Forms with one score all the way down", column_config={
                         "score": st.column_config.NumberColumn("Score all the way down", format="%.4g"),
                         "forms": st.column_config.NumberColumn("Forms", format="%,d"),
                         "expected": st.column_config.NumberColumn("Expected of honest answers", format="%.1f"),
                         "note": st.column_config.TextColumn("", width="medium")})
    if found.with_all is not None:
        st.markdown("**What leaving them out changes**")
        st.dataframe(said.effect(found), hide_index=True, height="content", width="content", alt="Figures with and without careless forms")
