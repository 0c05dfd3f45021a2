"""What every value of the domain shares."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value that refuses unknown fields, so that a typing slip never is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
