"""Can one column of one's own table be foreseen from the others?"""

import pandas as pd
import streamlit as st

from crm.analytics.prediction import charts, why_charts
from crm.jobs import model_questions, own_prediction
from crm.jobs.own_prediction import AMOUNT, YES_NO, Asked, Foreseen
from crm.ui import bayes_net_view, chart, long_work, model_view, own_table_amounts, page, what_if, words
from crm.ui.own_table import Chosen

SHOWN = 100  # lines; all are in the download
SHOWN_COLUMNS = 5  # of the table's own, beside what was foreseen
MOST_ANSWERS = 50  # offered as a yes; nobody looks through more
NO_BETTER_THAN_A_COIN = 0.5
TABS = ["Side by side", "Pictures", "What it lives on", "Would more data help?", "What hangs together"]
OUTCOME = "What is foreseen"  # the network's name for it, no column's


def draw(chosen: Chosen) -> None:
    """What is to be foreseen, from what, how well, and what the model says of each line."""
    frame = _frame(chosen.mark, chosen.table.frame)
    identifiers = chosen.table.identifiers
    answer = st.container()
    with page.controls():
        asked, columns = _question(chosen, frame, identifiers)
    if asked is None:
        return
    _notes(asked)
    with st.spinner("Learning from your lines", show_time=True):
        found = _foreseen(chosen.mark, (asked.target, asked.kind, asked.yes, columns), asked, frame)
    if asked.kind == AMOUNT:
        with answer:
            st.markdown(own_table_amounts.sentence(found))
        own_table_amounts.cards(found, lambda: _lines(chosen, frame, found))
        return
    with answer:
        st.markdown(sentence(found))
    _yes_no(chosen, frame, found)


def sentence(found: Foreseen) -> str:
    """How well a yes or no is foreseen, against a coin, and how many of the yeses the first lines hold."""
    compared, name = found.answer.comparison, words.plain(found.asked.target)
    judged = compared.judged[compared.proposed]
    low = judged.metrics.set_index("metric").loc["roc_auc", "low"]
    rate, lines = words.share(compared.base_rate), words.count(compared.n_tested)
    yes = words.plain(found.asked.yes)
    if not low > NO_BETTER_THAN_A_COIN:
        return (f"**The other columns do not foresee “{name}”.** {rate} of {lines} lines say “{yes}”, and no model told them apart "
                "better than a coin does.")
    right = words.count(judged.value("roc_auc") * 100)
    first = words.share(judged.value("found_in_first_30_percent"))
    return (f"**“{name}” can be foreseen: of two lines, one with “{yes}” and one without, the model picks the right one in {right} "
            f"of 100 cases** (a coin: 50). {rate} of {lines} lines say “{yes}”; the 30 % with the highest chance hold {first} of "
            "them.")


def _question(chosen: Chosen, frame: pd.DataFrame, identifiers: tuple[str, ...]) -> tuple[Asked | None, tuple[str, ...]]:
    proposed = own_prediction.proposed_target(frame, identifiers=identifiers)
    offered = [column for column in frame.columns if column not in identifiers and frame[column].nunique() > 1
               and frame[column].dtype.kind != "M"]
    target = st.selectbox("What to foresee", offered, index=offered.index(proposed), key="own_table_target", width=240)
    kind, positive = _as(frame[target])
    if kind == YES_NO and positive is None and frame[target].nunique() > 2:
        st.info(f"“{words.plain(target)}” has more than two answers. Choose the one that counts as a yes.",
                icon=":material/lightbulb:")
        return None, ()
    asked = _asked(chosen.mark, (target, kind, positive), frame, identifiers)
    others = [column for column in frame.columns if column != target]
    columns = st.multiselect("From", others, default=list(asked.columns), key=f"own_table_from_{target}_{kind}_{positive}",
                             width=480)
    return asked, tuple(columns)


def _as(column: pd.Series) -> tuple[str, str | None]:
    """As a yes or no, or as an amount, and what counts as a yes where that is not plain."""
    different = column.nunique()
    is_number = pd.api.types.is_numeric_dtype(column)
    kind = AMOUNT if is_number and different > 2 else YES_NO
    if is_number and 2 < different <= own_prediction.FEW_NUMBERS:
        chosen = st.segmented_control("As", ["An amount", "A yes or no"], default="An amount", required=True,
                                      key=f"own_table_as_{column.name}")
        kind = YES_NO if chosen == "A yes or no" else AMOUNT
    if kind == AMOUNT:
        return kind, None
    answers = own_prediction.answers_of(column)[:MOST_ANSWERS]
    place = None if len(answers) > 2 else answers.index(own_prediction.proposed_yes(column))
    return kind, st.selectbox("What counts as a yes", answers, index=place, key=f"own_table_yes_{column.name}", width=180,
                              placeholder="Choose")


def _notes(asked: Asked) -> None:
    if unknown := asked.counts.get(None, 0):
        st.caption(f"Lines without an answer, which are foreseen but not learned from: {words.count(unknown)}.")
    if asked.left_out:
        with st.expander("Left out at first", icon=":material/filter_alt:", key="own_table_left_out"):
            for column, why in asked.left_out.items():
                st.markdown(f"**{words.plain(column)}**: {words.plain(why.removesuffix(' Leave it out.'))}")


def _yes_no(chosen: Chosen, frame: pd.DataFrame, found: Foreseen) -> None:
    compared = found.answer.comparison
    subject = model_view.Subject(key="own_table", helps=model_view.LINES_HELP)
    left, right = st.columns([3, 2])
    with left, page.card("The lines, the highest chance first", key="own_table_foreseen"):
        picked = _lines(chosen, frame, found)
    with right, page.card("What moves it"):
        with st.spinner("Looking at the columns"):
            moving = _drivers(chosen.mark, (found.asked.target, found.asked.yes, found.answer.model.columns), found)
        chart.show(why_charts.drivers_bars(moving, n=6), key="own_table_drivers",
                   alt="By how much each column moves the chance, and in which direction.")
    with right, page.card("Is it right?"):
        judged = {compared.proposed: compared.judged[compared.proposed]}
        chart.show(charts.calibration(judged, names=model_view.METHODS, perfect="Right", predicted="Said", observed="Came true",
                                      cases="Lines"), key="own_table_calibration", alt="What was said against what is so.")
        st.caption("Each line was judged by models that had not seen it. On the dotted line, what was said came true.")
    if picked is not None:
        with page.card(f"Why line {words.count(picked + 1)}?", key="own_table_why"):
            _why(found, frame, picked)
    with st.expander("Compare models", icon=":material/compare_arrows:", key="own_table_compare", on_change="rerun") as box:
        if box.open:
            _compare(chosen, found, subject)
    with page.explanation("own_table_foreseen_how"):
        _method(found)


def _lines(chosen: Chosen, frame: pd.DataFrame, found: Foreseen) -> int | None:
    """The table with what was foreseen, its download, and the place of the line that was clicked."""
    is_chance = found.asked.kind == YES_NO
    own = [*chosen.table.identifiers, found.asked.target, *found.answer.model.columns]
    own = list(dict.fromkeys(column for column in own if column in frame.columns))[:SHOWN_COLUMNS]
    order = pd.Series(found.foreseen).sort_values(ascending=False, kind="stable").index[:SHOWN]
    shown = frame.loc[frame.index[order], own].reset_index(drop=True)
    shown.insert(0, "\u200bforeseen", found.foreseen[order] * (100 if is_chance else 1))
    chance = st.column_config.ProgressColumn("Chance", format="%.0f %%", min_value=0, max_value=100, width=110)
    amount = st.column_config.NumberColumn("Foreseen", format="localized", width=100)
    event = st.dataframe(shown, hide_index=True, height=420, placeholder="–", selection_mode="single-row",
                         on_select="rerun" if is_chance else "ignore", key=f"own_table_lines_{chosen.mark}_{found.asked.target}_{found.asked.yes}",
                         alt="The lines with the highest figures, and what is in them",
                         column_config={"\u200bforeseen": chance if is_chance else amount})
    if is_chance:
        st.caption("Click a line to see why.")
    page.download(lambda _session: own_prediction.labelled(chosen.table.frame, found), file_name="foreseen.csv",
                  key="own_table_foreseen_download", label="Download all lines with what is foreseen")
    rows = event["selection"]["rows"] if is_chance else []
    return int(order[rows[0]]) if rows else None


def _why(found: Foreseen, frame: pd.DataFrame, place: int) -> None:
    model, background = found.answer.model, found.task.learn.frame
    row = frame.iloc[[place]][list(model.columns)].reset_index(drop=True)
    added, base = own_prediction.why(found, row)
    chart.show(why_charts.steps(added, model.columns, base=base, label=lambda column: _with_value(column, row),
                                start="Typical line", end="This line"), key=f"own_table_why_{place}",
               alt="From the average chance to this line's, one column after the other.")
    with st.expander("What would change it", icon=":material/tune:", key="own_table_what_if", on_change="rerun") as box:
        if box.open:
            what_if.draw(model, row, background, 0, labels=str, key=f"own_table_what_if_{place}", whom="this line")


def _with_value(column: str, row: pd.DataFrame) -> str:
    value = row[column].iloc[0]
    written = "–" if pd.isna(value) else words.day(value) if isinstance(value, pd.Timestamp) else \
        f"{value:,.4g}" if isinstance(value, float) else str(value)
    return f"{column}: {written}"


def _compare(chosen: Chosen, found: Foreseen, subject: model_view.Subject) -> None:
    seconds = model_view.effort(subject)
    task, compared = found.task, found.answer.comparison
    about = (found.asked.target, found.asked.yes, tuple(task.learn.frame.columns))
    place = f"table {chosen.mark}"

    def long(name: str, question, *, label: str, note: str, again: str | None = None, **how):
        return long_work.asked(
            f"own_{name}", lambda running: question(task, progress=running.progress, cancelled=running.cancelled, **how),
            about=(*about, tuple(how.items())), place=place, label=label, note=note, again=again, names=model_view.METHODS)

    everything = long("compare", model_questions.compare_all, label="Compare all models", again="Once more",
                      note="Seven models on the same lines; up to a minute.", budget_seconds=seconds)
    if everything is not None:
        compared = everything.comparison
    tabs = dict(zip(TABS, st.tabs(TABS, key="own_table_tabs", on_change="rerun"), strict=True))
    if tabs[TABS[0]].open:
        with tabs[TABS[0]]:
            model_view.side_by_side(compared, everything, subject)
    if tabs[TABS[1]].open:
        with tabs[TABS[1]]:
            model_view.pictures(compared, everything, subject)
    method = found.answer.model.method
    if tabs[TABS[2]].open:
        with tabs[TABS[2]]:
            importance = long("importance", model_questions.importance, label="Find out what it lives on", method=method,
                              note="Every column is shuffled in turn; what gets worse shows what the model needs it for.")
            if importance is not None:
                model_view.lives_on(importance, method, subject)
    if tabs[TABS[3]].open:
        with tabs[TABS[3]]:
            curve = long("learning", model_questions.learning, label="Find out whether more data would help", method=method,
                         note="The model learns from ever larger parts of your lines.")
            if curve is not None:
                model_view.more_data(curve, subject)
    if tabs[TABS[4]].open:
        with tabs[TABS[4]]:
            network = long("network", model_questions.network, label="Draw what hangs together", target=OUTCOME,
                           note="A Bayesian network: which facts go together, and how the chance changes with what is known.")
            if network is not None:
                bayes_net_view.draw(network, target=OUTCOME, words={OUTCOME: f"{found.asked.target}: {found.asked.yes}"},
                                    key="own_table_network", outcome=f"“{found.asked.yes}”")


def _method(found: Foreseen) -> None:
    compared = found.answer.comparison
    judged = compared.judged[compared.proposed]
    figures = judged.metrics.set_index("metric")
    row = figures.loc["roc_auc"]
    st.markdown(
        f"The {words.count(compared.n_learned)} lines with an answer are dealt into five parts; each part is foreseen by models "
        "that learned from the other four, so nothing that is told here was seen before. Of the models compared, the simplest is "
        "taken whose error is within one standard error of the best (Breiman et al. 1984). Nothing is resampled or reweighted, so "
        "of ten lines with a chance of 70 %, seven should say so.")
    st.markdown(
        f"**{model_view.METHODS[compared.proposed]}**: told apart {row['value']:.3f} (ROC AUC, {row['low']:.3f} to "
        f"{row['high']:.3f} in 95 of 100 draws of the lines), error of the chances "
        f"{words.share(judged.value('calibration_error'), 1)}. What is left out gives the answer away, is different in every line "
        "or always the same. A column that was written down after the fact and hides that better than this is not noticed: a "
        "result that is too good is a reason to look at what is in the columns.")


@st.cache_data(max_entries=4, show_spinner=False)
def _frame(mark: str, _frame: pd.DataFrame) -> pd.DataFrame:
    return own_prediction.with_days(_frame)


@st.cache_data(max_entries=24, show_spinner=False)
def _asked(mark: str, how: tuple, _frame: pd.DataFrame, _identifiers: tuple[str, ...]) -> Asked:
    target, kind, positive = how
    return own_prediction.ask(_frame, target=target, kind=kind, positive=positive, identifiers=_identifiers)


@st.cache_data(max_entries=12, show_spinner=False)
def _foreseen(mark: str, how: tuple, _asked: Asked, _frame: pd.DataFrame) -> Foreseen:
    return own_prediction.foresee(_frame, _asked, columns=how[-1])


@st.cache_data(max_entries=12, show_spinner=False)
def _drivers(mark: str, how: tuple, _found: Foreseen) -> pd.DataFrame:
    return own_prediction.drivers(_found)
