"""Which of several courses somebody chose last."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("learner") as batch_op:
        batch_op.add_column(sa.Column("chosen", sa.String(120), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("learner") as batch_op:
        batch_op.drop_column("chosen")
