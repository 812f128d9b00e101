"""Who is in the list twice? Likely doubles side by side, merged with a way back."""

from crm.ui import page

page.question("Who is here twice?")
