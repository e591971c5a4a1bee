"""The day an export's figures are of, the day a make-up session was planned for, and what one voucher alone may claim.

Rows of an export are kept as their records' bytes, and loans, deposits and products now say more: an export that
was loaded before cannot be read in their new form. It is let go, and the office loads it again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DELETE FROM export_row")
    op.execute("DELETE FROM core_export")
    # SQLite adds no column that must say something, not even to an empty table: it is made anew.
    with op.batch_alter_table("core_export", recreate="auto" if _is_postgresql() else "always") as table:
        table.add_column(sa.Column("as_of", sa.Date(), nullable=False))
    op.add_column("book", sa.Column("planned_on", sa.Date(), nullable=True))
    op.create_table(
        "export_card",
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("account_no", sa.String(), nullable=False),
        sa.Column("customer_code", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("serial", "account_no"),
    )
    op.create_table(
        "claim",
        sa.Column("book", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", "kind", "name"),
    )
    op.create_index("ix_claim_name", "claim", ["name"], unique=False)
    op.create_index("ix_entry_kind", "entry", ["kind"], unique=False)


def _is_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")
