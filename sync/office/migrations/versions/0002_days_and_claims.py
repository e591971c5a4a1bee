"""The day an export's figures are of, the day a make-up session was planned for, and what one voucher alone may claim.

Exports that were loaded before are of the day they were loaded.
"""

import datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# As in `sync.office.home`; a migration stays what it was whatever the program becomes.
_VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


def upgrade() -> None:
    op.add_column("book", sa.Column("planned_on", sa.Date(), nullable=True))
    op.add_column("core_export", sa.Column("as_of", sa.Date(), nullable=True))
    exports = sa.table("core_export", sa.column("number"), sa.column("loaded_s"), sa.column("as_of", sa.Date()))
    connection = op.get_bind()
    for number, loaded_s in connection.execute(sa.select(exports.c.number, exports.c.loaded_s)).all():
        day = datetime.datetime.fromtimestamp(loaded_s, tz=_VIETNAM).date()
        connection.execute(sa.update(exports).where(exports.c.number == number).values(as_of=day))
    with op.batch_alter_table("core_export") as table:
        table.alter_column("as_of", existing_type=sa.Date(), nullable=False)
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
