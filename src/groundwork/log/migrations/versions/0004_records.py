"""Records: what each says as data, which key signed it, its place in a status list, who did what."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_name", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("status_list", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("status_index", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("facts", sa.JSON(), nullable=True))
    _fill_new_columns()
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_unique_constraint("record_status_entry", ["status_list", "status_index"])
        batch_op.create_index(batch_op.f("ix_record_key_name"), ["key_name"], unique=False)

    op.create_table(
        "record_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("other", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("record_act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_act_record_id"), ["record_id"], unique=False)

    op.create_table(
        "signed_status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_name", sa.String(length=80), nullable=False),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def _fill_new_columns() -> None:
    """Records issued before have their place in `reason` and their key in the credential."""
    record = sa.table(
        "record",
        sa.column("id", sa.String()),
        sa.column("reason", sa.JSON()),
        sa.column("json", sa.LargeBinary()),
        sa.column("key_name", sa.String()),
        sa.column("status_list", sa.Integer()),
        sa.column("status_index", sa.Integer()),
    )
    connection = op.get_bind()
    for one in connection.execute(sa.select(record.c.id, record.c.reason, record.c.json)).all():
        entry = one.reason.get("status")
        if entry is None:
            continue
        method = json.loads(one.json)["proof"]["verificationMethod"]
        connection.execute(
            record.update()
            .where(record.c.id == one.id)
            .values(
                key_name=method.partition("#")[2],
                status_list=entry["list_number"],
                status_index=entry["index"],
            )
        )


def downgrade() -> None:

    op.drop_table("signed_status_list")
    with op.batch_alter_table("record_act", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_act_record_id"))

    op.drop_table("record_act")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_key_name"))
        batch_op.drop_constraint("record_status_entry", type_="unique")
        batch_op.drop_column("facts")
        batch_op.drop_column("status_index")
        batch_op.drop_column("status_list")
        batch_op.drop_column("key_name")
