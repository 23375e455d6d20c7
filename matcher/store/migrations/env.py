"""Where alembic meets our connection: `matcher.store.migrating` gives one that is alone and in a transaction."""

from alembic import context

from matcher.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table by making it anew
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()
