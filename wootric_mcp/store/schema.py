"""The tables of the store. Times are epoch seconds: whole ones for `created`, as Wootric compares them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

VERSION = 3
"""A store of another version is set aside and filled anew."""

metadata = MetaData()

responses = Table(
    "responses",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("created", BigInteger, nullable=False),
    Column("end_user_id", BigInteger),
    Column("speaker", BigInteger, comment="the same; null for the user that anonymous visitors share"),
    Column("score", Integer),
    Column("excluded", Boolean, nullable=False),
    Column("shown", Text, nullable=False, comment="the comment as answers show it: cleaned and masked"),
    Column("analysis", Text, nullable=False, server_default="", comment="of `shown`: `feedback.comments`"),
    Column("row", Text, nullable=False, comment="JSON, as Wootric sent it"),
    Column("seen", Double, nullable=False, comment="when Wootric last returned it"),
)
declines = Table(
    "declines",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("created", BigInteger, nullable=False),
    Column("end_user_id", BigInteger),
    Column("row", Text, nullable=False),
    Column("seen", Double, nullable=False),
)
end_users = Table(
    "end_users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("created", BigInteger, nullable=False),
    Column("row", Text, nullable=False),
    Column("seen", Double, nullable=False),
)
for _table in (responses, declines, end_users):
    Index(f"{_table.name}_by_creation", _table.c.created, _table.c.id)
for _table in (responses, declines):
    Index(f"{_table.name}_by_person", _table.c.end_user_id, _table.c.created)

documents = Table(
    "documents",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("row", Text, nullable=False, comment="JSON: segments, templates, a summary of a period"),
    Column("read_at", Double, nullable=False),
)

coverage = Table(
    "coverage",
    metadata,
    Column("source", String(80), primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False, comment="first second covered"),
    Column("end", BigInteger, nullable=False, comment="first second that is not covered any more"),
    Column("read_at", Double, nullable=False, comment="when its reading began"),
    Column("unreachable", Integer, nullable=False, comment="rows the API cannot hand out; -1: unknown"),
)
wants = Table(
    "wants",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="random: never used again"),
    Column("source", String(80), nullable=False, index=True),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("newest_first", Boolean, nullable=False),
    Column("enough", BigInteger, nullable=False, comment="as many rows are enough; 0: all"),
    Column("asked_at", Double, nullable=False),
    Column("fresh", Boolean, nullable=False, comment="nothing read before `asked_at` will do"),
    Column("urgent_until", Double, nullable=False, comment="wall clock; somebody waits until then"),
    Column("lasting", Boolean, nullable=False, server_default=false(), comment="read on when nobody waits"),
)
leases = Table(
    "leases",
    metadata,
    Column("source", String(80), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("expires", Double, nullable=False, comment="wall clock"),
)
erased = Table(
    "erased",
    metadata,
    Column("mark", String(64), primary_key=True, comment="keyed hash of an end-user id"),
    Column("returned_at", Double, nullable=False, comment="when Wootric last returned something of theirs"),
)
codes = Table(
    "codes",
    metadata,
    Column("hash", String(64), primary_key=True, comment="of the code"),
    Column("bound", String(64), nullable=False, index=True, comment="hash of tool, arguments and question"),
    Column("sealed", Text, nullable=False, comment="the question, to be read with the code only"),
    Column("mailed", Integer, nullable=False, comment="customers whom the call would mail"),
    Column("expires", Double, nullable=False, comment="wall clock"),
    Column("approved_at", Double, comment="wall clock, when a person approved it in a terminal"),
    Column("used_at", Double, comment="wall clock"),
    Column("counts", Boolean, nullable=False, server_default=false(), comment="acted without a person"),
)
facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True, comment="version, privacy"),
    Column("value", String(200), nullable=False),
)
