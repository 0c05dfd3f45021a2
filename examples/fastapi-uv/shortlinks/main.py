"""Short names for long addresses, kept in PostgreSQL."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import RedirectResponse
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field, HttpUrl

from shortlinks.links import Link, Links

DATABASE_URL = os.environ["DATABASE_URL"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # It opens when it is needed: a database that is away does not keep the process from starting.
    pool = AsyncConnectionPool(DATABASE_URL, min_size=0, max_size=10, open=False)
    await pool.open(wait=False)
    app.state.links = Links(pool)
    yield
    await pool.close()


app = FastAPI(title="Short links", lifespan=lifespan)


class NewLink(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    url: HttpUrl


@app.get("/", include_in_schema=False)
async def front() -> Response:
    return RedirectResponse("/docs")


@app.get("/health")
async def health() -> dict[str, str]:
    """Liveness alone: a database that is away must not take the host out of service."""
    return {"status": "ok"}


@app.get("/links")
async def show() -> list[Link]:
    return await app.state.links.newest(50)


@app.put("/links", status_code=201)
async def save(link: NewLink) -> Link:
    return await app.state.links.save(link.name, str(link.url))


@app.get("/{name}")
async def follow(name: str) -> Response:
    link = await app.state.links.follow(name)
    if link is None:
        raise HTTPException(404, f"there is no link {name!r}")
    return RedirectResponse(link.url)
