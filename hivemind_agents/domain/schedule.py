"""Commands that run by the clock: cron's five fields, and their spelling for systemd timers."""

import re
from typing import Annotated

from pydantic import AfterValidator

from hivemind_agents.domain.base import Frozen

_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,30}$")
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_TOLD_BY_EVERY_COMMAND = frozenset(
    ("py", "js", "ts", "php", "rb", "sh", "run", "python", "python3", "node", "npm", "artisan")
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun",
           "jul", "aug", "sep", "oct", "nov", "dec")  # fmt: skip
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# (field, lowest, highest, names, number of the first name); Sunday is 0 and 7.
_FIELDS = (
    ("minute", 0, 59, (), 0),
    ("hour", 0, 23, (), 0),
    ("day of the month", 1, 31, (), 0),
    ("month", 1, 12, _MONTHS, 1),
    ("day of the week", 0, 7, _DAYS, 0),
)


def on_calendar(cron: str) -> tuple[str, ...]:
    """A cron expression as `OnCalendar=` values, in UTC as on the platforms it is written for.

    Two where both days are restricted: cron runs when either fits.
    Raises ValueError saying which field is wrong, and why.
    """
    fields = _MACROS.get(cron.strip().lower(), cron).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"{cron!r} is no schedule: five fields (minute, hour, day of the month, month, day of "
            "the week), such as '*/10 * * * *', or @hourly, @daily, @weekly, @monthly"
        )
    minutes, hours, days, months, weekdays = (
        _values(field, *known) for field, known in zip(fields, _FIELDS, strict=True)
    )
    week = sorted({day % 7 for day in weekdays}, key=lambda day: (day - 1) % 7) if weekdays else []
    names = ",".join(_DAYS[day].capitalize() for day in week)
    time = f"{_spelt(hours)}:{_spelt(minutes)}:00 UTC"
    month = _spelt(months)
    # A field with a star in it, `*/2` too, restricts together with the other day.
    if days and week and not fields[2].startswith("*") and not fields[4].startswith("*"):
        return (f"*-{month}-{_spelt(days)} {time}", f"{names} *-{month}-* {time}")
    return (f"{names + ' ' if names else ''}*-{month}-{_spelt(days)} {time}",)


def _checked_cron(cron: str) -> str:
    on_calendar(cron)
    return " ".join(cron.split())


def _checked_name(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name of a schedule: lower-case letters, digits, hyphens")
    return name


class Schedule(Frozen):
    """A command that one host runs by the clock; `cron` are five fields, in UTC."""

    name: Annotated[str, AfterValidator(_checked_name)]
    command: str
    cron: Annotated[str, AfterValidator(_checked_cron)]

    @property
    def calendars(self) -> tuple[str, ...]:
        """The values of a timer's `OnCalendar=`."""
        return on_calendar(self.cron)


def schedule_name(command: str, taken: set[str]) -> str:
    """A name for a job that has none: its command's most telling word, free among `taken`."""
    words = re.findall(r"[a-z0-9]+", command.lower().rsplit("/", 1)[-1])
    left = [word for word in words if word not in _TOLD_BY_EVERY_COMMAND]
    base = "-".join(left[-2:])[:24].strip("-") or "job"
    number, name = 2, base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _values(  # noqa: PLR0917 - a row of the table
    text: str, field: str, low: int, high: int, names: tuple[str, ...], first: int
) -> list[int]:
    """The values of one field, sorted; none where every one fits."""
    if text in {"*", "?"}:
        return []
    found: set[int] = set()
    for part in text.lower().split(","):
        matched = re.fullmatch(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d+))?", part)
        if matched is None:
            raise ValueError(f"{part!r} is no {field}")
        step = int(matched[3] or 1)
        if matched[1] == "*":
            # Seven is Sunday a second time.
            begin, end = low, 6 if high == 7 else high
        else:
            begin = _number(matched[1], field, names, first)
            end = _number(matched[2], field, names, first) if matched[2] else begin
            if matched[3] and not matched[2]:
                end = high
        if not (low <= begin <= end <= high) or step < 1:
            raise ValueError(f"{part!r} is no {field}: it goes from {low} to {high}")
        found.update(range(begin, end + 1, step))
    return sorted(found)


def _number(text: str, field: str, names: tuple[str, ...], first: int) -> int:
    if text.isdigit():
        return int(text)
    if text[:3] in names:
        return names.index(text[:3]) + first
    raise ValueError(f"{text!r} is no {field}")


def _spelt(values: list[int]) -> str:
    return ",".join(str(value) for value in values) or "*"
