"""Chain the entries of the log, part what they say of changes from them, and let nobody change either."""

import secrets

import sqlalchemy as sa
from alembic import op

from matcher.store.chain import digest_of_content
from matcher.store.guards import guard, unguard

revision = "0005"
down_revision = "0004"

_ROWS = 1000

_EVENTS = sa.table("events", sa.column("id", sa.Integer), sa.column("digest", sa.Text))
_CONTENTS = sa.table(
    "event_contents",
    sa.column("event_id", sa.Integer),
    sa.column("salt", sa.Text),
    sa.column("before", sa.JSON),
    sa.column("after", sa.JSON),
    sa.column("why", sa.Text),
)


def upgrade() -> None:
    """Make the tables, and give each entry that is there its digest."""
    op.create_table(
        "event_contents",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_contents_event_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_contents")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("first_event", sa.Integer(), nullable=False),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.Text(), nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sqlite_autoincrement=True,
    )
    op.add_column("publications", sa.Column("chain_head", sa.Text(), nullable=True))
    op.add_column("events", sa.Column("digest", sa.Text(), nullable=True))
    op.add_column("events", sa.Column("mac", sa.Text(), nullable=True))
    _part()
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("digest", existing_type=sa.Text(), nullable=False)
        for column in ("before", "after", "why"):
            batch.drop_column(column)
    guard(op.get_bind())


def downgrade() -> None:
    """Put both together again, without the chain."""
    unguard(op.get_bind())
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("before", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("after", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("why", sa.Text(), nullable=True))
        batch.drop_column("digest")
        batch.drop_column("mac")
    for column in ("before", "after", "why"):
        op.execute(
            f"UPDATE events SET {column} = (SELECT {column} FROM event_contents WHERE event_id = events.id)"  # noqa: S608 - names of ours
        )
    op.drop_column("publications", "chain_head")
    op.drop_table("erasures")
    op.drop_table("event_contents")


def _part() -> None:
    """Move what entries say into its table as it stands, then salt and digest it."""
    connection = op.get_bind()
    op.execute(
        "INSERT INTO event_contents (event_id, salt, before, after, why) SELECT id, '', before, after, why FROM events"
    )
    last = 0
    while True:
        following = sa.select(_CONTENTS).where(_CONTENTS.c.event_id > last).order_by(_CONTENTS.c.event_id).limit(_ROWS)
        rows = [dict(row) | {"salt": secrets.token_hex(16)} for row in connection.execute(following).mappings()]
        if not rows:
            return
        last = rows[-1]["event_id"]
        salted = [{"of": row["event_id"], "new": row["salt"]} for row in rows]
        digested = [{"of": row["event_id"], "new": digest_of_content(row)} for row in rows]
        of, new = sa.bindparam("of"), sa.bindparam("new")
        connection.execute(sa.update(_CONTENTS).where(_CONTENTS.c.event_id == of).values(salt=new), salted)
        connection.execute(sa.update(_EVENTS).where(_EVENTS.c.id == of).values(digest=new), digested)
