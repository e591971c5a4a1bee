"""Bulletins the office writes, and who held which closing sheet against which book.

A check of a closing sheet is evidence like what was received: it is never edited, and no setting turns that off.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("bulletin_no", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("points", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("written_s", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("withdrawn_s", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("bulletin_no"),
    )
    op.create_table(
        "closing_check",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.Column("settles", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_closing_check_book", "closing_check", ["book"], unique=False)
    _keep("closing_check")


def _keep(table: str) -> None:
    """Append only, as the first tables are."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
