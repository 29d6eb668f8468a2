"""Runs migrations on the connection that `Database.upgrade` hands over."""

from alembic import context

from groundwork.log.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
