"""How fast is the desk? Times to the answer and the solution, promises kept, what waits, when tickets come."""

from functools import partial

import streamlit as st

from crm.analytics import service_desk as analysis
from crm.errors import NotEnoughData
from crm.jobs import service_desk as job
from crm.services import service_policy
from crm.ui import audience, chart, desk_now, desk_words, filters, page, run, words

PERIODS = {"12 months": 365, "3 months": 91, "30 days": 30, "2 years": 730, "All time": job.EVERYTHING}
COUNTINGS = {"As they pass": "clock", "Opening hours only": "open"}
GROUPINGS = {"Who works on it": "agent", "Kind": "kind", "Priority": "priority", "Topic": "topic", "Road": "channel"}
WORDS = {"kind": desk_words.KINDS, "priority": desk_words.PRIORITIES, "channel": desk_words.CHANNELS}
BANDS = ("under a day", "1 to 3 days", "3 to 7 days", "7 to 30 days", "over 30 days")
STATES = {"unanswered": "Not answered yet", "answered": "Answered, not solved", "reopened": "Came back"}
TIMED_SHARE = 0.5  # of tickets with an hour; with fewer, a picture of hours would show who wrote them down


def asked(*, counts_hours: bool = True) -> tuple[dict, audience.Audience | None]:
    """The choices that the figures share: arguments of the jobs, and whose tickets."""
    counting = "clock"
    with page.controls():
        as_of = filters.as_of()
        days = PERIODS[st.selectbox("Tickets of", list(PERIODS), key="desk_period", width=130, bind="query-params") or "12 months"]
        if counts_hours:
            label = st.segmented_control("Count hours", list(COUNTINGS), default="As they pass", required=True, key="desk_counting",
                                         help="As they pass: what the customer waits. Opening hours only: what you had to work in.")
            counting = COUNTINGS[label or "As they pass"]
        among = audience.chosen(as_of=as_of, help="Only the tickets of these customers.")
    now = desk_now.clock()
    # Kept for minutes: what is remembered would else be new with every second.
    moment = desk_now.remembered(now).isoformat() if now.date() == as_of else ""
    mark = repr(run.fresh(service_policy.calendar)) if counting == "open" else ""
    return {"as_of": as_of, "days": days, "counting": counting, "moment": moment, "mark": mark}, among


def draw() -> None:
    choice, among = asked()
    with page.advice():
        result = audience.ask(job.run, among, doing="Looking at the tickets", **choice)
        page.answer(sentence(result))
        audience.note(among)
        _cards(result)
        left, right = st.columns(2)
        with left, page.card("How many were not solved", key="backlog_card"):
            chart.show(analysis.charts.waiting(result.backlog), key="backlog", height=250, alt="Tickets not solved at the end of each day.")
        with right, page.card("How long ago those came that are not solved", key="ages_card"):
            _ages(result.backlog)
        left, right = st.columns(2)
        with left, page.card("How long it took", key="course_card"):
            _course(result)
        with right, page.card("How many promises were kept", key="promises_card"):
            _promises(result.speed)
        left, right = st.columns(2)
        with left, page.card("What came", key="kinds_card"):
            chart.show(analysis.charts.kinds(result.volume, names=desk_words.KINDS_OF), key="kinds", height=260,
                       alt="Tickets that came in each period, by kind.")
        with right, page.card("When it came", key="hours_card"):
            _hours(result.volume)
        with page.card("Who is quicker, and what takes long", key="grouped_card"):
            _grouped(choice, among)
        with page.explanation("desk_method"):
            _method(result)


def sentence(result: job.Figures) -> str:
    """How long half and nine of ten waited, and which share of promises was kept."""
    speed, told = result.speed, _teller(result.counting)
    when = desk_words.day_of(result.days, result.as_of)
    came = "1 ticket came" if speed.tickets == 1 else f"{words.count(speed.tickets)} tickets came"
    answer = speed.answer
    took = _took(answer, told)
    solved = "" if speed.solution.median is None else f" Half were solved within {told(speed.solution.median)}."
    if speed.solution.unknown:
        solved += f" {_without(speed.solution.unknown, 'solution')}."
    share = _share(speed.answer_kept)
    few = f" These are few, so take the figures as a hint; from about {analysis.FEW_TICKETS} on they tell more." if answer.few and answer.is_told else ""
    counted = " Opening hours alone are counted." if result.counting == "open" else ""
    return f"{came} {when}. {took}{solved}{counted}{share}{few}"


def _took(answer: analysis.Waited, told) -> str:
    """How soon they were answered; those whose moment nobody wrote down are told beside it, not hidden among the others."""
    unknown = _without(answer.unknown, "first answer")
    if not answer.is_told:
        return f"How soon they were answered cannot be told: {unknown}."
    if answer.unknown:
        of = f"{unknown}. Of the other {words.count(answer.n)}, "
        if answer.median is None:
            return f"{of}not even half are answered yet."
        if answer.ninety is None:
            return f"{of}half were answered within **{told(answer.median)}**; nine of ten are not answered yet."
        return f"{of}half were answered within **{told(answer.median)}**, nine of ten within **{told(answer.ninety)}**."
    if answer.median is None:
        return "Not even half of them are answered yet."
    if answer.ninety is None:
        return f"Half of them were answered within **{told(answer.median)}**; nine of ten are not answered yet."
    return f"Half of them were answered within **{told(answer.median)}**, nine of ten within **{told(answer.ninety)}**."


def _without(number: int, of: str) -> str:
    return f"1 has no time of {of} on record" if number == 1 else f"{words.count(number)} have no time of {of} on record"


def _share(kept: analysis.Kept) -> str:
    """How many promised first answers came in time: of how many, and of how many nobody can say."""
    if kept.share is None:
        return ""
    answers = "1 promised first answer" if kept.n == 1 else f"{words.count(kept.n)} promised first answers"
    share = f"{words.share(kept.share)} came in time ({words.share(kept.low)} to {words.share(kept.high)})"
    if not kept.unknown:
        return f" Of {answers} that were due, {share}."
    return f" Of {answers} that were due and are known, {share}; of {words.count(kept.unknown)} more it is not known."


def _teller(counting: str):
    """How hours are written that are counted so."""
    return partial(desk_words.hours, of_opening=counting == "open")


def _cards(result: job.Figures) -> None:
    speed, before, hours = result.speed, result.speed.before, _teller(result.counting)
    with st.grid(min_column_width=150):
        for label, now, then, told in (
                ("First answer", speed.answer, before and before.answer, "their first answer"),
                ("Solution", speed.solution, before and before.solution, "their solution")):
            change = None if not then or not then.median or now.median is None else (now.median / then.median - 1) * 100
            _metric(label, hours(now.median), change, "{:+.0f} %", now=(now.median_low, now.median_high),
                    then=then and (then.median_low, then.median_high), more_is_better=False,
                    help=f"After so long, half of the tickets had {told}. {_range(now.median_low, now.median_high, hours)} "
                         f"Nine of ten: {hours(now.ninety)}.{_unknown(now)}" if now.is_told else
                         f"Of most of these tickets nobody wrote down when they had {told}: {words.count(now.unknown)}.")
        for label, now, then in (("Answered in time", speed.answer_kept, before and before.answer_kept),
                                 ("Solved in time", speed.solution_kept, before and before.solution_kept)):
            _metric(label, words.share(now.share), _points(now.share, then and then.share), "{:+.1f} points", now=(now.low, now.high),
                    then=then and (then.low, then.high),
                    help="No deadline of these tickets has passed yet." if now.share is None else
                    f"Of {words.count(now.n)} tickets whose deadline has passed; if later ones are like these, {words.share(now.low)} to "
                    f"{words.share(now.high)}.{_unknown(now)}")
        _metric("Came back", words.share(speed.reopened_share, 1), _points(speed.reopened_share, before and before.reopened_share),
                "{:+.1f} points", now=(speed.reopened_low, speed.reopened_high),
                then=before and (before.reopened_low, before.reopened_high), more_is_better=False,
                help=f"Of {words.count(speed.ever_solved)} that were solved, {words.count(speed.reopened)} were reopened.")
        st.metric("Not solved", words.count(result.backlog.waiting), border=True, height="stretch",
                  help="At the moment that is looked at, whenever they came; those with your answer, too."
                  f" Past a deadline: {words.count(result.backlog.late)}.")


def _metric(label: str, value: str, change: float | None, form: str, *, now: tuple, then: tuple | None, help: str,
            more_is_better: bool = True) -> None:
    """A figure with its change; grey where the ranges of both times overlap, for then it may well be chance."""
    overlap = then is None or None in (*now, *then) or (now[0] <= then[1] and then[0] <= now[1])
    colour = "off" if overlap or not change else "green" if (change > 0) == more_is_better else "orange"
    told = "" if change is None else (" The change is against the equally long time before"
                                      f"{'; it may well be chance.' if overlap else '.'}")
    st.metric(label, value, None if change is None else form.format(change).replace("-", "−"), border=True, height="stretch",
              delta_color=colour, delta_arrow="up" if (change or 0) > 0 else "down", help=help + told)


def _points(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else (now - then) * 100


def _range(low: float | None, high: float | None, hours) -> str:
    if low is None:
        return ""
    return (f"If later tickets are like these, {hours(low)} to {hours(high)}." if high is not None
            else f"If later tickets are like these, {hours(low)} or more.")


def _unknown(now: analysis.Waited | analysis.Kept) -> str:
    return f" Left out: {words.count(now.unknown)} whose moment nobody wrote down." if now.unknown else ""


def _ages(found: analysis.Backlog) -> None:
    if not found.waiting:
        st.success("Every ticket was solved at that moment.", icon=":material/task_alt:")
        return
    chart.show(analysis.charts.ages(found, names=STATES, bands=list(BANDS)), key="ages", height=250,
               alt="Tickets not solved, by how long ago they came and whether they were answered.")
    st.caption(f"Not solved: {words.count(found.waiting)}, past a deadline: {words.count(found.late)}. The oldest came "
               f"{desk_words.duration(found.oldest_days * 86_400)} ago, those that came back counted from the first time.")


def _course(result: job.Figures) -> None:
    speed = result.speed
    which = st.segmented_control("Of", ["First answer", "Solution"], default="First answer", required=True, key="desk_course",
                                 label_visibility="collapsed") or "First answer"
    asked_for = "answer" if which == "First answer" else "solution"
    if not speed.course[f"{asked_for}_median"].notna().any():
        unknown = getattr(speed, asked_for).unknown
        st.info(f"In no {speed.every} can it be told. {_without(unknown, which.lower())}." if unknown
                else f"In no {speed.every} do half of the tickets have it yet.", icon=":material/lightbulb:")
        return
    chart.show(analysis.charts.course(speed, asked_for, names=("Half within", "Range"), in_days=result.counting == "clock"),
               key="course", height=230, alt=f"How long half of the tickets of each {speed.every} waited, with its range.")
    st.caption(f"By the {speed.every} in which they came; grey where it is not over, amber where fewer than "
               f"{analysis.FEW_TICKETS} tickets came.")


def _promises(speed: analysis.Speed) -> None:
    if not (speed.answer_kept.n or speed.solution_kept.n):
        st.info("No promised deadline of these tickets has passed. What you promise is set under Rules.", icon=":material/lightbulb:")
        return
    chart.show(analysis.charts.promises(speed, names=("First answers", "Solutions")), key="promises", height=260,
               alt="Share of the promised first answers and solutions that came in time, by when the ticket came.")
    if desk_now.is_usual():
        st.caption("These are usual promises, not yours: set your own under Rules.")


def _hours(found: analysis.Volume) -> None:
    timed = found.tickets - found.without_hour
    if timed < TIMED_SHARE * found.tickets:
        st.info(f"{words.count(found.without_hour)} of {words.count(found.tickets)} tickets carry a day but no hour, so hours cannot be "
                "shown.", icon=":material/lightbulb:")
        return
    chart.show(analysis.charts.hours(found), key="hours", height=260, alt="How many tickets come on each weekday in each hour.")
    if found.without_hour:
        st.caption(f"Left out: {words.count(found.without_hour)} tickets without an hour.")


def _grouped(choice: dict, among: audience.Audience | None) -> None:
    label = st.segmented_control("Compare by", list(GROUPINGS), default="Kind", required=True, key="desk_group",
                                 label_visibility="collapsed") or "Kind"
    by = GROUPINGS[label]
    try:
        found = audience.ask(job.grouped, among, by=by, **choice)
    except NotEnoughData:
        st.info("The tickets do not say it. Note it with the tickets, or bring it in with them.", icon=":material/lightbulb:")
        return
    names = WORDS.get(by, {})
    table = found.groups.assign(group=found.groups["group"].map(lambda word: names.get(word, word)))
    told = _teller(choice["counting"])
    text = {name: table[name].map(told) for name in ("answer_median", "answer_ninety", "solution_median", "solution_ninety")}
    between = [between_of(low, high, told) for low, high in zip(table["solution_low"], table["solution_high"], strict=True)]
    shown = table[["group", "tickets"]].assign(
        answer=text["answer_median"], solution=text["solution_median"], between=between, answer_ninety=text["answer_ninety"],
        solution_ninety=text["solution_ninety"], answer_share=table["answer_share"] * 100, solution_share=table["solution_share"] * 100,
        reopened=table["reopened_share"] * 100)
    with st.container(key="desk_groups_table"):
        st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="Times and promises of each group", column_config={
            "group": st.column_config.TextColumn(label, width=120), "tickets": st.column_config.NumberColumn("Tickets", format="%,d", width=60),
            "answer": st.column_config.TextColumn("Answer", width=70, help="Half had their first answer within this time."),
            "solution": st.column_config.TextColumn("Solution", width=75, help="Half were solved within this time."),
            "between": st.column_config.TextColumn("Solution, range", width=130, help="Where half of later tickets would be solved, if they are "
                                                   "like these."),
            "answer_ninety": st.column_config.TextColumn("Answer, 9 of 10", width=105),
            "solution_ninety": st.column_config.TextColumn("Solution, 9 of 10", width=112),
            "answer_share": st.column_config.NumberColumn("Answered in time", format="%.0f %%", width=112),
            "solution_share": st.column_config.NumberColumn("Solved in time", format="%.0f %%", width=98),
            "reopened": st.column_config.NumberColumn("Came back", format="%.0f %%", width=80)})
    st.caption(_verdict(found))


def between_of(low: float, high: float, told) -> str:
    """A range as a cell shows it; NaN: no end that can be told.

    >>> between_of(8, 12, desk_words.hours), between_of(8, float("nan"), desk_words.hours), between_of(*[float("nan")] * 2, desk_words.hours)
    ('8 h – 12 h', '8 h or more', '–')
    """
    if low != low:
        return "–" if high != high else f"up to {told(high)}"
    return f"{told(low)} or more" if high != high else f"{told(low)} – {told(high)}"


def _verdict(found: analysis.Grouped) -> str:
    few = int(found.groups["few"].sum())
    caution = (f" {words.count(few)} {'group has' if few == 1 else 'groups have'} fewer than {analysis.FEW_TICKETS} tickets."
               if few else "")
    left = f" Not shown: {words.count(found.left_out)} tickets of smaller groups." if found.left_out else ""
    unknown = f" {words.count(found.not_known)} tickets do not say it." if found.not_known else ""
    if found.p_value != found.p_value:
        return f"One group has nothing to be compared with.{caution}{left}{unknown}"
    if found.different:
        why = " Who gets the harder tickets takes longer." if found.by == "agent" else ""
        return f"They are not solved equally soon: chance would hardly make such differences.{why}{caution}{left}{unknown}"
    return f"How soon they are solved differs no more than chance explains.{caution}{left}{unknown}"


def _method(result: job.Figures) -> None:
    speed = result.speed
    st.markdown(
        f"**Times.** {words.count(speed.answer.n)} tickets count for the first answer: {words.count(speed.answer.done)} have one, "
        f"{words.count(speed.answer.waiting)} still wait.{_left_out(speed.answer)} Who looks only at the answered ones seems quicker than he is, so a waiting "
        "ticket counts as “at least so long” (the product-limit estimate of Kaplan and Meier, 1958): after each answer the share that "
        "still waits falls to")
    st.latex(r"S(t) = \prod_{t_i \le t} \left(1 - \frac{\text{answered at } t_i}{\text{waiting just before } t_i}\right)")
    st.markdown(
        "Half were answered when S has fallen to 0.5, nine of ten when it has fallen to 0.1. The ranges are 95 % intervals (Brookmeyer and "
        "Crowley, 1982). A ticket that came back counts up to its last solution. Hours take summer time into account.\n\n"
        f"**Promises.** Only tickets whose deadline has passed count ({words.count(speed.answer_kept.n)} for the answer, "
        f"{words.count(speed.solution_kept.n)} for the solution): else those of the last days would look better than they are. The ranges "
        "are Wilson's (1927). A ticket that was solved in time was answered in time, though nobody noted its first answer; one that was "
        "solved later without it is left out. A deadline follows what was promised when the ticket came or was reopened; new rules "
        "change it, too, where the ticket was not solved yet when they were saved.\n\n"
        "**Groups.** Whether they are solved equally soon is tested by the log-rank test (Mantel, 1966), at 5 %. It does not know "
        "whether one group has the harder tickets.\n\n"
        f"**Limits.** {_limits(result)}")


def _left_out(answer: analysis.Waited) -> str:
    """What becomes of those whose first answer nobody noted: the solution tells the latest it can have been, not when it was."""
    if not answer.unknown:
        return ""
    return (f" {_without(answer.unknown, 'first answer')}: the solution shows that there was one, but not when, so they are left out; where "
            "they are more than the others, no time is told.")


def _limits(result: job.Figures) -> str:
    found = [f"{words.count(result.backlog.no_solution_time)} tickets are solved, but nobody wrote down when; they count neither as waiting "
             "nor in any time."] if result.backlog.no_solution_time else []
    return " ".join([*found, "Which tickets were reopened and solved again in earlier times is known by their last moments only, so an "
                             "earlier backlog is told a little too high.",
                     "What you do with a ticket shows at once, a deadline that passes within five minutes.",
                     f"As of {words.day(result.as_of)}."])
