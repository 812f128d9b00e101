"""How far can the data be trusted? Gaps, impossible values, doubles and old records, each one click from mending."""

import streamlit as st

from crm.analytics import quality as quality_analysis
from crm.services import quality, settings
from crm.ui import chart, page, quality_filling, quality_history, quality_list, quality_words, run

page.question("How good is your data?")
with page.advice():
    today = run.fresh(settings.today)
    result = quality.together([run.cached(examine, table=table, today=today, doing="Looking at every record")
                               for table, examine in quality.EXAMINE.items()])
    best = quality_list.worthwhile(result)
    page.answer(quality_words.sentence(result, best))
    if best is not None:
        quality_list.next_fix(best)
    left, right = st.columns([3, 2])
    with left, page.card("What needs a look", key="findings_card"):
        quality_list.table(result)
    with right, page.card("Scores by table", key="scores_card"):
        rows = {name: label for name, label in quality_words.TABLES.items() if result.scores.at[name, "rows"]}
        chart.show(quality_analysis.charts.heat_map(result.scores, tables=rows, dimensions=quality_words.SCORES),
                   key="scores", height=90 + 38 * len(rows),
                   alt="A score from 0 to 100 for each table and each way of being good; blank where there is none.")
        page.download(lambda session: result.scores.rename_axis("table").reset_index(), file_name="data_quality.csv",
                      key="download_scores", label="Download the scores")
    quality_filling.card()
    quality_history.show()
    with page.explanation("quality_method"):
        quality_words.method(result)
    quality_list.show(result)
