"""The first tables, and the triggers that keep what was received as it was received."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# What arrived or was signed is evidence: it is never edited, and no setting turns that off.
_KEPT = ("batch", "entry", "entry_line", "fork_entry", "ack")


def upgrade() -> None:
    _export_tables()
    _laptop_tables()
    _book_tables()
    _entry_tables()
    _finding_tables()
    for table in _KEPT:
        if op.get_bind().dialect.name == "postgresql":
            _keep_postgresql(table)
        else:
            _keep_sqlite(table)


def _keep_sqlite(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _keep_postgresql(table: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )


def _export_tables() -> None:
    op.create_table(
        "core_export",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("loaded_s", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "export_row",
        sa.Column("export", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("point_code", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("export", "file", "place"),
    )
    op.create_index("ix_export_row_point_code", "export_row", ["point_code"], unique=False)


def _laptop_tables() -> None:
    op.create_table(
        "device",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("sign_key", sa.LargeBinary(), nullable=True),
        sa.Column("seal_key", sa.LargeBinary(), nullable=True),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_s", sa.BigInteger(), nullable=True),
        sa.Column("revoked_s", sa.BigInteger(), nullable=True),
        sa.Column("seen_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device"),
    )
    op.create_index("ix_device_letter", "device", ["letter"], unique=False)
    op.create_table(
        "device_user",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("sign_key", sa.LargeBinary(), nullable=False),
        sa.Column("seal_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", "staff_id"),
    )
    op.create_table(
        "pack",
        sa.Column("pack", sa.LargeBinary(), nullable=False),
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("point_code", sa.String(), nullable=False),
        sa.Column("session_date", sa.Date(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("prepared_s", sa.BigInteger(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.Column("office_copy", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("fetched_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("pack"),
        sa.UniqueConstraint("book"),
    )
    op.create_index("ix_pack_device", "pack", ["device"], unique=False)


def _book_tables() -> None:
    op.create_table(
        "book",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("pack", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("point_code", sa.String(), nullable=False),
        sa.Column("point_name", sa.String(), nullable=False),
        sa.Column("session_date", sa.Date(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("safe", sa.Integer(), nullable=False),
        sa.Column("cash", sa.BigInteger(), nullable=False),
        sa.Column("cash_in", sa.BigInteger(), nullable=False),
        sa.Column("cash_out", sa.BigInteger(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("frozen", sa.String(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("received_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("book"),
    )
    op.create_index("ix_book_device", "book", ["device"], unique=False)
    op.create_index("ix_book_session_date", "book", ["session_date"], unique=False)
    op.create_table(
        "batch",
        sa.Column("batch", sa.LargeBinary(), nullable=False),
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_s", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("batch"),
    )
    op.create_index("ix_batch_book", "batch", ["book"], unique=False)
    op.create_table(
        "ack",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("ack_no", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("book", "ack_no"),
    )


def _entry_tables() -> None:
    op.create_table(
        "entry",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("slip", sa.String(), nullable=False),
        sa.Column("reverses", sa.Integer(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("approvers", sa.String(), nullable=False),
        sa.Column("wall_s", sa.BigInteger(), nullable=False),
        sa.Column("cash", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("book", "number"),
    )
    op.create_index("ix_entry_slip", "entry", ["slip"], unique=False)
    op.create_table(
        "entry_line",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", "place"),
    )
    op.create_table(
        "fork_entry",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", "head"),
    )


def _finding_tables() -> None:
    op.create_table(
        "difference",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("vi", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("found_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", "place"),
    )
    op.create_table(
        "alarm",
        sa.Column("alarm", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("vi", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("raised_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alarm"),
    )
    op.create_table(
        "officer",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stretch", sa.LargeBinary(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
