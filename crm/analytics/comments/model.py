"""Comments: what do customers write, what is it about, how does it sound, and which words go with low scores?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.comments import keywords, themes
from crm.analytics.comments.agreement import Agreement, agreement, wilson
from crm.analytics.comments.counting import Words, counted
from crm.analytics.comments.scoring import HIGH, LOW, bands, levels
from crm.analytics.comments.sentiment import TONES, sentiment
from crm.analytics.comments.texts import Texts, distinct
from crm.errors import InvalidInput, NotEnoughData

MOST_COMMENTS = 50_000  # read; the newest. What was written before hardly says how it is now, and a page shall not wait for it
EXAMPLES = 6  # of a theme
LONG_EXAMPLE, SHORT_EXAMPLE = 300, 4  # characters and pieces: typical remarks that can be read at a glance go first
EXAMPLES_LOOKED_AT = 60  # of a theme, typical first
NEARLY_SAME = 0.7  # of the shorter one's words: "It is late." and "It is late. We love the colour."
METRICS = ("csat", "nps", "ces", "likert")  # whose score a comment keeps that stands at several answers of one form
NEEDED = ("answer_id", "customer_id", "metric", "score", "scale_min", "scale_max", "answered_on", "comment")


@dataclass(frozen=True, eq=False)
class Themes:
    """What texts are about.

    table, a row a theme, what most are about first: theme (0 ...), name (its three first words), words, comments, share (of
    all with words, 0..1), stability (0..1: how much it stays the same when a fifth of the comments is left out).
    each: the theme of each text, by the texts' own index; -1 other, or nothing written. examples: theme, text (as it was
    written), times (how often it was said), typical first; of Comments also its tone and last_on, the last day it was said. usual: the words of most texts: word, comments, share.
    missing: a sentence that says why there are no themes, None where there are. tried: number of themes -> stability.
    read: texts with words; different: how many of them differ.
    """

    table: pd.DataFrame
    each: pd.Series
    examples: pd.DataFrame
    usual: pd.DataFrame
    missing: str | None
    tried: dict[int, float]
    read: int
    different: int


@dataclass(frozen=True, eq=False)
class Comments:
    """What customers wrote up to `as_of`.

    each, a row a comment, the newest first: answer_id, customer_id (0 not known), answered_on, comment (as it was written),
    metric, score (NaN without), scale_min, scale_max, band ("low", "middle", "high", "" without a score), theme (-1 other),
    tone (one of TONES), sentiment (-1..1; NaN mixed or not to be told), language, text (the same number: they say the same),
    times (how many do).
    themes: see Themes; its table has also scored, mean_level (0..1: where the scores stand on their scales; NaN without),
    low_scores, low_share with low_share_low and low_share_high (Wilson, 95 %), more_low (clearly more low scores than the
    other comments have), and a count by each of TONES.
    keywords: see keywords.telling_words; None with too few scores, and `keywords_missing` says so. with_low, with_high: comments with such a score.
    tones: tone, comments, share. languages: language, comments. agreement: None with too few to compare.
    doubles: rows left out, for the same person wrote the same on the same form or day; blank: rows without a word or sign to
    read; older: rows not read, beyond the newest MOST_COMMENTS.
    """

    each: pd.DataFrame
    themes: Themes
    keywords: pd.DataFrame | None
    keywords_missing: str | None
    with_low: int
    with_high: int
    tones: pd.DataFrame
    languages: pd.DataFrame
    agreement: Agreement | None
    customers: int
    different: int
    doubles: int
    blank: int
    older: int
    as_of: dt.date


def analyse(comments: pd.DataFrame, *, as_of: dt.date, themes: int | None = None, random_state: int = 0) -> Comments:
    """Read the comments answered up to `as_of` (columns NEEDED; `response`, the form, where it is known).

    themes: how many to look for, 2 to 12; None: as many as are stable. Raises NotEnoughData without a single comment,
    InvalidInput for another number of themes.
    """
    _check(themes)
    used, older = _newest(comments, as_of)
    texts = distinct(used["comment"])
    kept = _first_of_doubles(used, texts)
    doubles, blank = int((texts.text >= 0).sum() - len(kept)), int((texts.text < 0).sum())
    if len(kept) == 0:
        raise NotEnoughData(f"There are no comments up to {as_of} to read. Ask an open question in a survey, or bring in a file "
                            "that has a column of comments.")
    used, texts = used.iloc[kept].reset_index(drop=True), Texts(texts.text[kept], texts.verbatim, texts.readings)
    words = counted(texts.readings)
    told = [sentiment(reading) for reading in texts.readings]
    found = _themes(texts, words, pd.RangeIndex(len(used)), themes, random_state)
    level = levels(used)
    times = texts.times()
    each = pd.DataFrame({
        "answer_id": used["answer_id"].to_numpy(), "customer_id": used["customer_id"].to_numpy(),
        "answered_on": used["answered_on"].to_numpy(), "comment": used["comment"].astype("str"), "metric": used["metric"].astype("str"),
        "score": np.where(np.isnan(level), np.nan, used["score"].to_numpy(dtype=float)),
        "scale_min": used["scale_min"].to_numpy(dtype=float), "scale_max": used["scale_max"].to_numpy(dtype=float),
        "level": level, "band": pd.Series(bands(level, used["metric"].astype(object).to_numpy()), dtype="str"),
        "theme": found.each.to_numpy(), "tone": pd.Series([told[text][1] for text in texts.text], dtype="str"),
        "sentiment": np.array([told[text][0] for text in texts.text], dtype=float),
        "language": pd.Series([texts.readings[text].language for text in texts.text], dtype="str"), "text": texts.text,
        "times": times[texts.text]})
    low, high = (np.bincount(texts.text[(each["band"] == band).to_numpy()], minlength=len(times)) for band in (LOW, HIGH))
    telling = keywords.telling_words(words, low=low, high=high, all_comments=times)
    return Comments(
        each=each.drop(columns="level"), themes=_with_scores(found, each), keywords=telling,
        keywords_missing=None if telling is not None else _too_few_scores(int(low.sum()), int(high.sum())),
        with_low=int(low.sum()), with_high=int(high.sum()),
        tones=_shares(each["tone"], TONES), languages=_counts(each["language"]),
        agreement=agreement(each["tone"].to_numpy(dtype=object), each["band"].to_numpy(dtype=object)),
        customers=int(each.loc[each["customer_id"] > 0, "customer_id"].nunique()), different=int((times > 0).sum()),
        doubles=doubles, blank=blank, older=older, as_of=as_of)


def themes_of(texts: pd.Series, *, themes: int | None = None, random_state: int = 0) -> Themes:
    """What any texts are about, such as complaints; no scores are needed, and each row counts.

    With too little to find themes the table is empty and `missing` says why. Raises InvalidInput for a number of themes
    outside 2 to 12.
    """
    _check(themes)
    read = distinct(pd.Series(texts.to_numpy(dtype=object), dtype=object))
    found = _themes(read, counted(read.readings), texts.index, themes, random_state)
    return replace(found, examples=found.examples.reset_index(drop=True))


def _check(number: int | None) -> None:
    if number is not None and not 2 <= number <= themes.MOST_THEMES:
        raise InvalidInput(f"{number} themes cannot be looked for; choose 2 to {themes.MOST_THEMES}.")


def _newest(comments: pd.DataFrame, as_of: dt.date) -> tuple[pd.DataFrame, int]:
    missing = [name for name in NEEDED if name not in comments]
    if missing:
        raise InvalidInput(f"Comments lack the column “{missing[0]}”.")
    past = comments[comments["answered_on"].to_numpy() < np.datetime64(as_of, "D") + 1]
    past = past.sort_values(["answered_on", "answer_id"], ascending=False, ignore_index=True)
    return past.head(MOST_COMMENTS), max(0, len(past) - MOST_COMMENTS)


def _first_of_doubles(used: pd.DataFrame, texts: Texts) -> np.ndarray:
    """Rows that count: what one wrote twice on a form, or on a day, is said once, with the score that says most."""
    rows = np.arange(len(used))
    known = (used["customer_id"] > 0).to_numpy()
    form = used["response"].to_numpy() if "response" in used else np.full(len(used), -1)
    kind = np.select([form >= 0, known], [0, 1], 2)
    keys = pd.DataFrame({
        "row": rows, "text": texts.text, "kind": kind, "who": np.select([kind == 0, kind == 1], [form, used["customer_id"]], rows),
        "day": np.where(kind == 1, used["answered_on"].to_numpy().astype("datetime64[D]").astype(np.int64), 0),
        "no_score": used["score"].isna().to_numpy(), "metric": pd.Categorical(used["metric"], categories=METRICS).codes})
    keys = keys[keys["text"] >= 0].sort_values(["no_score", "metric", "row"])
    # A customer who sends the same words on two forms of one day, by a double click, is one voice too.
    keys = keys.drop_duplicates(["text", "kind", "who", "day"])
    return np.sort(keys["row"].to_numpy())


def _themes(texts: Texts, words: Words, index: pd.Index, number: int | None, random_state: int) -> Themes:
    times = texts.times()
    read, different = int(times.sum()), int((times > 0).sum())
    usual = keywords.usual_words(words, all_comments=times)
    found = themes.find(words, comments=times, themes=number, random_state=random_state) if different else None
    if found is None:
        table = pd.DataFrame({"theme": pd.Series(dtype="int64"), "name": pd.Series(dtype="str"), "words": pd.Series(dtype="str"),
                              "comments": pd.Series(dtype="int64"), "share": pd.Series(dtype="float64"), "stability": pd.Series(dtype="float64")})
        examples = pd.DataFrame({"theme": pd.Series(dtype="int64"), "text": pd.Series(dtype="str"), "times": pd.Series(dtype="int64")})
        return Themes(table, pd.Series(-1, index=index), examples, usual, _no_themes(read, different), {}, read, different)
    sizes = np.bincount(found.theme[found.theme >= 0], weights=times[found.theme >= 0], minlength=len(found.words)).astype(np.int64)
    order = sorted(range(len(sizes)), key=lambda theme: (-sizes[theme], found.words[theme]))
    rank = np.full(len(order) + 1, -1)
    rank[order] = np.arange(len(order))
    theme = rank[found.theme]
    table = pd.DataFrame({
        "theme": np.arange(len(order)), "name": pd.Series([", ".join(found.words[one][:3]) for one in order], dtype="str"),
        "words": pd.Series([", ".join(found.words[one]) for one in order], dtype="str"), "comments": sizes[order],
        "share": sizes[order] / max(1, read), "stability": found.stability[order]})
    of_comment = np.where(texts.text >= 0, theme[texts.text], -1)
    return Themes(table, pd.Series(of_comment, index=index), _examples(texts, theme, found.likeness, times), usual, None,
                  found.tried, read, different)


def _examples(texts: Texts, theme: np.ndarray, likeness: np.ndarray, times: np.ndarray) -> pd.DataFrame:
    """The most typical texts of each theme, chosen with what many say before what one says, short ones before long ones, and no two
    that say nearly the same; the clearest of them first. Its index: which text."""
    length = np.array([len(text) for text in texts.verbatim])
    pieces = np.array([len(reading.words) for reading in texts.readings])
    typical = likeness * (1 + 0.2 * np.log(np.maximum(times, 1))) * np.where((length > LONG_EXAMPLE) | (pieces < SHORT_EXAMPLE), 0.6, 1.0)
    table = pd.DataFrame({"theme": theme, "text": pd.Series(texts.verbatim, dtype="str"), "times": times, "typical": -typical})
    table = table[(table["theme"] >= 0) & (table["times"] > 0)].sort_values(["theme", "typical", "text"])
    kept: list[int] = []
    for _, of_theme in table.groupby("theme", sort=True):
        chosen = _unlike([int(place) for place in of_theme.index[:EXAMPLES_LOOKED_AT]], texts)
        kept += sorted(chosen, key=lambda place: -round(float(likeness[place]), 6))
    return table.loc[kept, ["theme", "text", "times"]]


def _unlike(places: list[int], texts: Texts) -> list[int]:
    """The first EXAMPLES of these texts that share less than NEARLY_SAME of their words with one before."""
    kept: list[int] = []
    for place in places:
        words = set(texts.readings[place].words)
        near = any(len(words & other) >= NEARLY_SAME * min(len(words), len(other))
                   for other in (set(texts.readings[one].words) for one in kept))
        if not near:
            kept.append(place)
        if len(kept) == EXAMPLES:
            break
    return kept


def _with_scores(found: Themes, each: pd.DataFrame) -> Themes:
    """Themes with the scores and tones of their comments."""
    by_theme = each[each["theme"] >= 0].groupby("theme")
    order = found.table["theme"]
    tones = by_theme["tone"].value_counts().unstack(fill_value=0).reindex(index=order, columns=list(TONES), fill_value=0)
    scored = by_theme["level"].count().reindex(order, fill_value=0).to_numpy(dtype=np.int64)
    low = each[(each["theme"] >= 0) & (each["band"] == LOW)].groupby("theme").size().reindex(order, fill_value=0).to_numpy(dtype=np.int64)
    start, end = wilson(low, scored)
    table = found.table.assign(
        scored=scored, mean_level=by_theme["level"].mean().reindex(order).to_numpy(dtype=float), low_scores=low,
        low_share=np.where(scored > 0, low / np.maximum(scored, 1), np.nan), low_share_low=start, low_share_high=end,
        more_low=_more_than_others(low, scored, each["band"]),
        **{tone: tones[tone].to_numpy(dtype=np.int64) for tone in TONES})
    last = each.drop_duplicates("text").set_index("text").reindex(found.examples.index)  # the newest come first
    examples = found.examples.assign(tone=last["tone"].astype("str"), last_on=last["answered_on"])
    return replace(found, table=table, examples=examples.reset_index(drop=True))


def _more_than_others(low: np.ndarray, scored: np.ndarray, band: pd.Series) -> np.ndarray:
    """Which themes have clearly more low scores than all comments: hypergeometric, Benjamini & Hochberg over the themes."""
    from scipy.stats import hypergeom

    if len(low) == 0:
        return np.zeros(0, dtype=bool)
    return keywords.surely(hypergeom.sf(low - 1, int((band != "").sum()), int((band == LOW).sum()), scored))


def _shares(column: pd.Series, names: tuple[str, ...]) -> pd.DataFrame:
    counts = column.value_counts().reindex(list(names), fill_value=0)
    return pd.DataFrame({"tone": list(names), "comments": counts.to_numpy(dtype=np.int64), "share": counts.to_numpy() / max(1, len(column))})


def _counts(column: pd.Series) -> pd.DataFrame:
    counts = column.value_counts()
    table = pd.DataFrame({"language": pd.Series(counts.index, dtype="str"), "comments": counts.to_numpy(dtype=np.int64)})
    return table.sort_values(["comments", "language"], ascending=[False, True], ignore_index=True)


def _no_themes(read: int, different: int) -> str:
    if read < themes.FEWEST_COMMENTS or different < themes.FEWEST_TEXTS:
        return (f"Themes need {themes.FEWEST_COMMENTS} comments and {themes.FEWEST_TEXTS} different ones; there are {read:,} "
                f"and {different:,} different ones. Here are the words of most comments instead.")
    return (f"The {read:,} comments have too few words in common for themes that hold. Here are the words of most comments "
            "instead.")


def _too_few_scores(low: int, high: int) -> str:
    return (f"To tell words of low scores from words of high ones takes {keywords.FEWEST_COMMENTS} comments with each; there are "
            f"{low:,} with a low score and {high:,} with a high one.")
