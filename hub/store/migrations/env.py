"""Alembic's entry: migrations run on the connection that `hub.store.migrate` hands in."""

from alembic import context

from hub.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_name=lambda name, kind, parents: not (kind == "table" and (name or "").startswith("interaction_search")),
)
with context.begin_transaction():
    context.run_migrations()
