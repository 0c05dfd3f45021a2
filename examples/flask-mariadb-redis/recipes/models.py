"""The tables."""

from datetime import datetime

from sqlalchemy import String, func
from sqlalchemy.orm import Mapped, mapped_column

from recipes.extensions import db


class Recipe(db.Model):
    """Something to cook."""

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
