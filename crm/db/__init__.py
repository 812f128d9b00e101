"""Where are the records kept? Workspaces, sessions and transactions; nothing here knows the tables."""

from crm.db.engine import dispose, engine
from crm.db.revisions import current as revisions_of
from crm.db.revisions import reads
from crm.db.sessions import default, is_begun, one_at_a_time, reading, transaction
from crm.db.upgrade import head, make_ready, migrate
from crm.db.workspaces import Workspace, by_key, demo, own

__all__ = ["Workspace", "by_key", "default", "demo", "dispose", "engine", "head", "is_begun", "make_ready", "migrate", "one_at_a_time", "own",
           "reading", "reads", "revisions_of", "transaction"]
