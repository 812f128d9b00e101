"""How do customers come, stay and go?"""

from crm.ui import page

page.question("How do customers come, stay and go?")
