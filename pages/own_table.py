"""What is in a table of your own? Any file, looked at here and not stored."""

import streamlit as st

from crm.ui import own_table, own_table_baskets, own_table_groups, own_table_prediction, page

# task on the screen -> what draws it from the table that was chosen; a new analysis adds its line
TASKS = {"Find groups": own_table_groups.draw, "Predict a column": own_table_prediction.draw,
         own_table_baskets.TASK: own_table_baskets.draw}

page.question("What is in your own table?")
page.answer("Choose a file, one line a customer, a product or anything else. It is looked at here and nowhere stored.")
with page.advice(bring_in=False), own_table_baskets.baskets_in_lines():
    if (table := own_table.choose()) is not None:
        own_table.describe(table)
        tasks = list(TASKS)
        first = {} if "own_table_task" in st.session_state else {"default": tasks[0]}  # both at once is a warning
        task = st.segmented_control("What to look for", tasks, required=True, key="own_table_task", **first,
                                    bind="query-params", label_visibility="visible" if len(tasks) > 1 else "collapsed")
        TASKS[task or tasks[0]](table)
