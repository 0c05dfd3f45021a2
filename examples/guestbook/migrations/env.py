"""Runs the migrations on the database that `DATABASE_URL` names."""

import os

from alembic import context
from sqlalchemy import create_engine

from guestbook.database import Base, database_url

with create_engine(database_url(os.environ)).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
