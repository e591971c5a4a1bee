"""Alembic's entry: the connection is handed in by `store.Store.migrate`, never read from a file."""

from alembic import context
from sqlmodel import SQLModel

import sync.office.store  # noqa: F401 the tables are known once it is imported

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
