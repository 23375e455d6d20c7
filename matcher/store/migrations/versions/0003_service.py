"""Make the tables of service and assessments."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "assessments",
        sa.Column("placement_id", sa.Integer(), nullable=False),
        sa.Column("firm_rating", sa.Integer(), nullable=True),
        sa.Column("expert_rating", sa.Integer(), nullable=True),
        sa.Column("assessment", sa.Text(), nullable=True),
        sa.Column("firm_renews", sa.Boolean(), nullable=True),
        sa.Column("expert_renews", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_assessments_placement_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_assessments")),
    )
    op.create_table(
        "service_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("placement_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("days", sa.Float(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_service_log_days")),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_service_log_placement_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_log")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them, with what is in them."""
    op.drop_table("service_log")
    op.drop_table("assessments")
