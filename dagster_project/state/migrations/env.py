"""Alembic runs the migrations on the connection, and in the transaction, that `state.database` hands over."""

from alembic import context

from dagster_project.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
