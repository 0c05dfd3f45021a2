"""Alembic's entry: migrates the engine that the run store hands over."""

from alembic import context

from hivemind_agents.adapters.run_store import metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
