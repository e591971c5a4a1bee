"""Since when a household is poor, near-poor or newly escaped.

Customers now say one thing more, so an export that was loaded before cannot be read in their new form. It is let
go, and the office loads it again.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("DELETE FROM export_row")
    op.execute("DELETE FROM core_export")
