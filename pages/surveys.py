"""What did you ask, and who answered?"""

from crm.ui import page

page.question("What did you ask, and who answered?")
