"""Books that go on from another laptop's, what was decided of two histories, and what somebody must settle.

An entry and its lines may now leave their book, for one place only: beside the other branches of it, where a copy has
to stand already. Cases, decisions and settlements are never edited.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
_KEPT = ("office_case", "settlement", "decision")
# What must stand in fork_entry before an entry, or a line of it, may leave its book.
_COPIED = (
    "EXISTS (SELECT 1 FROM fork_entry f JOIN entry e ON e.book = f.book AND e.number = f.number AND e.head = f.head "
    "AND e.raw = f.raw WHERE e.book = OLD.book AND e.number = OLD.number)"
)


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name in ("root", "follows"):
        op.add_column("book", sa.Column(name, sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
    op.add_column("book", sa.Column("begins", sa.Integer(), nullable=False, server_default=sa.text("0")))
    nothing = "''::bytea" if postgresql else "zeroblob(0)"
    # SQLite keeps an empty default as text.
    op.execute(f"UPDATE book SET root = book, follows = {nothing}")  # noqa: S608 our own words
    op.create_index("ix_book_root", "book", ["root"], unique=False)
    op.create_table(
        "office_case",
        sa.Column("case_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("vi", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("papers", sa.LargeBinary(), nullable=False),
        sa.Column("raised_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_table(
        "settlement",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_settlement_about", "settlement", ["about"], unique=False)
    op.create_table(
        "decision",
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("root", "prev"),
    )
    for table in _KEPT:
        _keep_postgresql(table) if postgresql else _keep_sqlite(table)
    for table in ("entry_line", "entry"):
        _leave_postgresql(table) if postgresql else _leave_sqlite(table)


def _leave_sqlite(table: str) -> None:
    op.execute(f"DROP TRIGGER {table}_no_delete")
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {_COPIED} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _leave_postgresql(table: str) -> None:
    op.execute(f"DROP TRIGGER {table}_kept ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )
    op.execute(
        f"CREATE FUNCTION {table}_leaves() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT {_COPIED} THEN RAISE EXCEPTION '{table} is append-only'; END IF; RETURN OLD; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_leaves BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_leaves()"
    )


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
