"""How quick is the service desk with a million tickets? Its list, its board and its page, beside an empty page.

python tests/benchmarks/service_desk.py [--tickets 1000000]

The tickets are made here, half of them solved. Milliseconds are CPU time of one thread, the best of ROUNDS. The yardstick of a
redraw is a page of one line in the same frame: menu, workspace and all.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
ROUNDS = 5
CHUNK = 50_000
CUSTOMERS = 2_000
DAYS = 1_095


def build(tickets: int) -> None:
    """The owner's company with so many tickets of three years."""
    import numpy as np
    from sqlalchemy import insert

    from crm import db
    from crm.models import PRIORITIES, TICKET_KINDS, Ticket
    from crm.services import customers, service_policy, settings

    random = np.random.default_rng(1)
    with db.transaction(db.own()) as session:
        settings.save_company(session, name="Many tickets", currency="EUR", time_zone="Europe/Berlin")
        ids = [customers.create(session, name=f"Customer {number}") for number in range(CUSTOMERS)]
        now = service_policy.local_now(session)
        for start in range(0, tickets, CHUNK):
            rows = []
            for number in range(start, min(start + CHUNK, tickets)):
                opened = now - timedelta(seconds=DAYS * 86_400 * (1 - number / tickets))
                answered, solved = (opened + timedelta(hours=float(hours)) for hours in np.cumsum(random.exponential([8, 40])))
                status = "resolved" if number % 2 and solved < now else "answered" if number % 4 and answered < now else "open"
                rows.append({
                    "customer_id": ids[number % CUSTOMERS], "kind": TICKET_KINDS[number % 3], "priority": PRIORITIES[number // 3 % 3],
                    "status": status, "subject": f"Subject {number}", "topic": f"Topic {number % 12}", "channel": "email",
                    "agent": ("Owner", "Weekend help")[number % 7 == 0], "opened_at": opened, "answer_due_at": opened + timedelta(hours=10),
                    "solution_due_at": opened + timedelta(days=5), "first_answered_at": None if status == "open" else answered,
                    "resolved_at": solved if status == "resolved" else None})
            session.execute(insert(Ticket.__table__), rows)


def measured(what: Callable) -> float:
    """Milliseconds, the best of ROUNDS after one that is not counted."""
    what()
    seconds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        what()
        seconds.append(time.process_time() - begun)
    return min(seconds) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    tickets = parser.parse_args().tickets
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CRM_DATA_DIR"] = folder
        build(tickets)
        from streamlit.testing.v1 import AppTest

        from crm import db
        from crm.jobs import service_desk as job
        from crm.services import service_policy, settings, ticket_listing
        from crm.ui import menu

        def ask(question, **parameters):
            with db.reading(db.own()) as session:
                return question(session, **parameters)

        now, today = ask(service_policy.local_now), ask(settings.today)
        print(f"{tickets:,} tickets, milliseconds of CPU")
        for label, what in (
                ("an empty question", lambda: ask(settings.company)),
                ("a page of the list, with its count", lambda: ask(ticket_listing.page, now=now)),
                ("the board", lambda: ask(ticket_listing.board, now=now, resolved_since=now - timedelta(days=7), size=10)),
                ("how fast, 12 months", lambda: ask(job.run, as_of=today)),
                ("how fast, all time", lambda: ask(job.run, as_of=today, days=0)),
                ("what complaints cost", lambda: ask(job.complaints, as_of=today))):
            print(f"{label:40}{measured(what):9.0f}")
        empty = Path(folder) / "empty.py"
        empty.write_text('from crm.ui import page\n\npage.question("Nothing")\n', encoding="utf-8")
        found = menu.file
        menu.file = lambda name: empty if name == "journey" else found(name)
        frame = str(ROOT / "crm" / "ui" / "frame.py")
        for label, page in (("redraw of an empty page", empty), ("redraw of the queue", found("service_desk"))):
            app = AppTest.from_file(frame, default_timeout=600)
            app.switch_page(str(page))
            app.run()
            print(f"{label:40}{measured(app.run):9.0f}{'' if not app.exception else ' (it failed)'}")


if __name__ == "__main__":
    main()
