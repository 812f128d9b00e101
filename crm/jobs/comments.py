"""Comments: what do customers write with their answers, what is it about, and how does it sound?"""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import comments as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.jobs.results import plain


@reads("surveys")
def run(session: Session, *, as_of: date, themes: int | None = None, random_state: int = 0,
        among: np.ndarray | None = None) -> analysis.Comments:
    """The comments up to `as_of` read; only those of the customers `among` these ids where some are given.

    Raises NotEnoughData without a single comment.
    """
    written = frames.comments(session, until=as_of)
    if among is not None:
        written = written[written["customer_id"].isin(among)]
    if len(written):
        written = _with_forms(written, frames.answers(session, until=as_of))
    return analysis.analyse(written, as_of=as_of, themes=themes, random_state=random_state)


def _with_forms(written: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Each comment with its form and, where it was given without a score, with the form's first overall score."""
    place = answers["answer_id"].searchsorted(written["answer_id"])  # answers come sorted by it
    written = written.assign(response=answers["response"].to_numpy()[place])
    without = written["score"].isna()
    if not without.any():
        return written
    overall = answers[answers["response"].isin(written.loc[without, "response"]) & answers["score"].notna()]
    overall = overall.assign(rank=pd.Categorical(overall["metric"], categories=analysis.METRICS).codes)
    overall = overall.sort_values(["rank", "answer_id"]).drop_duplicates("response").set_index("response")
    for name in ("metric", "score", "scale_min", "scale_max"):
        found = overall[name].astype(object).reindex(written["response"]).to_numpy()
        known = without.to_numpy() & pd.notna(found)
        column = written[name].to_numpy(dtype=object)
        written = written.assign(**{name: pd.Series(np.where(known, found, column), index=written.index).astype(written[name].dtype)})
    return written


def quality(result: analysis.Comments) -> dict:
    """How many comments, how far their tone agrees with the scores, and the themes, as plain values."""
    return plain({"comments": len(result.each), "different": result.different, "doubles": result.doubles, "blank": result.blank,
                  "older": result.older, "customers": result.customers, "tones": result.tones, "languages": result.languages,
                  "agreement": None if result.agreement is None else vars(result.agreement),
                  "themes": result.themes.table, "themes_missing": result.themes.missing,
                  "keywords_missing": result.keywords_missing})


def table(result: analysis.Comments, names: pd.DataFrame) -> pd.DataFrame:
    """One row a comment, the newest first: who, when, the score, its theme and tone, and what was written."""
    known = dict(zip(result.themes.table["theme"], result.themes.table["name"], strict=True))
    each = result.each.assign(answered_on=result.each["answered_on"].dt.date,
                              theme=result.each["theme"].map(lambda theme: known.get(theme, "")))
    anonymous = pd.DataFrame({"customer_id": [0], "customer_code": [""], "customer_name": [""]})
    written = named(each, pd.concat([names, anonymous], ignore_index=True))
    return written.sort_values(["answered_on", "answer_id"], ascending=False, ignore_index=True)[
        ["customer_code", "customer_name", "answered_on", "metric", "score", "scale_min", "scale_max", "theme", "tone", "sentiment", "times", "comment"]]
