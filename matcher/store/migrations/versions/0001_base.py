"""Make the tables of batches, rounds, forms and preferences."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["follows"], ["batches.id"], name=op.f("fk_batches_follows"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("name", name=op.f("uq_batches_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_files")),
    )
    op.create_table(
        "earlier_pairs",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Text(), nullable=False),
        sa.Column("firm_id", sa.Text(), nullable=False),
        sa.Column("expert_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_earlier_pairs_batch_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("batch_id", "need_id", "expert_id", name=op.f("pk_earlier_pairs")),
    )
    op.create_table(
        "ratings",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("expert_id", sa.Text(), nullable=False),
        sa.Column("firm_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("firm_rating", sa.Integer(), nullable=True),
        sa.Column("expert_rating", sa.Integer(), nullable=True),
        sa.Column("need_title", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_ratings_batch_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("batch_id", "place", name=op.f("pk_ratings")),
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("answer_by", sa.Text(), nullable=True),
        sa.Column("silence", sa.Text(), nullable=True),
        sa.Column("proposed_run", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('first', 'supplementary', 'adjustment')", name=op.f("ck_rounds_kind")),
        sa.CheckConstraint("silence IN ('accept', 'decline')", name=op.f("ck_rounds_silence")),
        sa.CheckConstraint(
            "state IN ('collecting', 'choosing', 'matching', 'confirming', 'notice', 'active', 'assessed')",
            name=op.f("ck_rounds_state"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_rounds_batch_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_rounds_batch_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "experts",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("degree", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("in_post", sa.Boolean(), nullable=True),
        sa.Column("other_list", sa.Boolean(), nullable=True),
        sa.Column("discipline", sa.Text(), nullable=False),
        sa.Column("research_fields", sa.Text(), nullable=False),
        sa.Column("expertise", sa.Text(), nullable=False),
        sa.Column("achievements", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("team_members", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("days_per_year", sa.Integer(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=True),
        sa.Column("accepts_others", sa.Boolean(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("returned_because", sa.Text(), nullable=True),
        sa.Column("consent_on", sa.Text(), nullable=True),
        sa.Column("consent_document", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'returned', 'accepted')", name=op.f("ck_experts_state")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_experts_round_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("round_id", "expert_id", name=op.f("pk_experts")),
    )
    op.create_table(
        "needs",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Text(), nullable=False),
        sa.Column("need_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("township", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("above_scale", sa.Boolean(), nullable=True),
        sa.Column("high_tech", sa.Boolean(), nullable=True),
        sa.Column("need_title", sa.Text(), nullable=False),
        sa.Column("need_detail", sa.Text(), nullable=False),
        sa.Column("cooperation", sa.Text(), nullable=False),
        sa.Column("role_wanted", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("days_per_year", sa.Integer(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("accepts_others", sa.Boolean(), nullable=False),
        sa.Column("related_institutions", sa.JSON(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("returned_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'returned', 'accepted')", name=op.f("ck_needs_state")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_needs_round_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("round_id", "need_id", name=op.f("pk_needs")),
    )
    op.create_table(
        "preferences",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("own_id", sa.Text(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("vetoes", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('firm', 'expert')", name=op.f("ck_preferences_side")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_preferences_round_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("round_id", "side", "own_id", name=op.f("pk_preferences")),
    )


def downgrade() -> None:
    """Drop them, with what is in them."""
    op.drop_table("preferences")
    op.drop_table("needs")
    op.drop_table("experts")
    op.drop_table("rounds")
    op.drop_table("ratings")
    op.drop_table("earlier_pairs")
    op.drop_table("files")
    op.drop_table("events")
    op.drop_table("batches")
