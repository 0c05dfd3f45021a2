"""The table of links and the way to it."""

from dataclasses import dataclass

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

TABLE = """
CREATE TABLE IF NOT EXISTS links (
    name text PRIMARY KEY,
    url text NOT NULL,
    followed integer NOT NULL DEFAULT 0,
    saved_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass
class Link:
    """A short name, where it leads, and how often it was followed."""

    name: str
    url: str
    followed: int


class Links:
    """All links. Each method is one transaction."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def newest(self, count: int) -> list[Link]:
        return await self._rows(
            "SELECT name, url, followed FROM links ORDER BY saved_at DESC LIMIT %s", count
        )

    async def save(self, name: str, url: str) -> Link:
        (link,) = await self._rows(
            "INSERT INTO links (name, url) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET url = excluded.url RETURNING name, url, followed",
            name,
            url,
        )
        return link

    async def follow(self, name: str) -> Link | None:
        found = await self._rows(
            "UPDATE links SET followed = followed + 1 WHERE name = %s "
            "RETURNING name, url, followed",
            name,
        )
        return found[0] if found else None

    async def _rows(self, query: str, *values: object) -> list[Link]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Link)) as cursor,
        ):
            await cursor.execute(query, values)
            return await cursor.fetchall()
