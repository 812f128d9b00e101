"""Who waits for an answer?"""

from crm.ui import page

page.question("Who waits for an answer?")
