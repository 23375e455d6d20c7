"""Let each batch say how long its personal data are kept, and when they were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the days to the batches."""
    op.add_column("batches", sa.Column("keep_until", sa.Text(), nullable=True))
    op.add_column("batches", sa.Column("erased_on", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("batches", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_column("erased_on")
        batch.drop_column("keep_until")
