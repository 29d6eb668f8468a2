"""Attempts scored again after a corrected key, and a note of each time that was done."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "rescoring",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("quiz", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("take_away", sa.Boolean(), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rescore",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rescoring_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
        sa.ForeignKeyConstraint(["rescoring_id"], ["rescoring.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("rescore", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rescore_attempt_id"), ["attempt_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("rescore", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rescore_attempt_id"))

    op.drop_table("rescore")
    op.drop_table("rescoring")
