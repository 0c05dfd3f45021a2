"""Make the table. Run once per release, before it takes traffic."""

import os

import psycopg

from shortlinks.links import TABLE

if __name__ == "__main__":
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(TABLE)
