"""The table of entries and the way to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import DateTime, String, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Entry(Base):
    """One line in the book."""

    __tablename__ = "entries"
    NAME_LENGTH = 80
    MESSAGE_LENGTH = 500

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    message: Mapped[str] = mapped_column(String(MESSAGE_LENGTH))
    signed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True
    )


def database_url(environment: Mapping[str, str]) -> str:
    """`DATABASE_URL` with the driver that is installed here.

    Raises RuntimeError when it is not set.
    """
    url = environment.get("DATABASE_URL")
    if not url:
        raise RuntimeError("DATABASE_URL is not set, e.g. postgresql://user:password@host:5432/name")
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def connect(url: str) -> sessionmaker[Session]:
    """Sessions on that database. Connections are made when they are needed, and checked."""
    return sessionmaker(create_engine(url, pool_pre_ping=True), expire_on_commit=False)


def newest(session: Session, count: int) -> Sequence[Entry]:
    """The last `count` entries, newest first."""
    return session.scalars(
        select(Entry).order_by(Entry.signed_at.desc(), Entry.id.desc()).limit(count)
    ).all()
