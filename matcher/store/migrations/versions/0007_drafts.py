"""Keep what somebody typed into a form and has not saved."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "drafts",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=True),
        sa.Column("kept_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_drafts_account_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_drafts_round_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("account_id", "round_id", "form", name=op.f("pk_drafts")),
    )


def downgrade() -> None:
    """Drop it, with what is in it."""
    op.drop_table("drafts")
