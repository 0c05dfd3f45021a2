"""Which PHP: the hosts' one, and whether it is what the repository asks for."""

import re
from dataclasses import dataclass

from hivemind_agents.errors import RepositoryError

# Debian 12's.
HOSTS_HAVE = "8.2"
_HAVE = (8, 2)


@dataclass(frozen=True)
class Judgement:
    """`ignored`: Composer is told to pass over the repository's own word."""

    ignored: bool = False
    warnings: tuple[str, ...] = ()


def judged(wish: str | None) -> Judgement:
    """Take Composer's constraint or a plain version.

    An older PHP than the hosts' is a wish: most code runs on the newer one, and the user is told.
    Raises RepositoryError where a newer one is demanded.
    """
    if not wish or any(_fits(part) for part in re.split(r"\|\|?", wish)):
        return Judgement()
    lowest = [
        _version(found) for found in re.findall(r"(?<![<\d.])(\d+(?:\.\d+)?)", _without_upper(wish))
    ]
    if lowest and min(lowest) > _HAVE:
        raise RepositoryError(
            f"the repository asks for PHP {wish}; the hosts have {HOSTS_HAVE} and no other",
            mend=f"allow PHP {HOSTS_HAVE}: require.php in composer.json, or runtime_version in "
            "hivemind.yml",
        )
    return Judgement(
        ignored=True,
        warnings=(f"the repository asks for PHP {wish}; it runs on {HOSTS_HAVE}",),
    )


def _without_upper(wish: str) -> str:
    return re.sub(r"(<=?|!=)\s*[\d.*]+|-\s+[\d.*]+", "", wish)


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def _fits(constraint: str) -> bool:
    """Whether the hosts' PHP satisfies one alternative of a constraint."""
    text = re.sub(r"(\d)\s+-\s+(\d)", r"\1 <=\2", constraint.strip())
    text = re.sub(r"([<>=!~^]+)\s+", r"\1", text)
    ranged = " <=" in text and not re.match(r"[<>=]", text)
    for number, part in enumerate(re.split(r"[,\s]+", text)):
        found = re.fullmatch(r"([<>=!~^]*)v?(\d+)(?:\.(\d+|\*|x))?(?:\.(\d+|\*|x))?.*", part)
        if found is None:
            continue
        operator, exact = found[1], (found[3] or "*").isdigit()
        wanted = (int(found[2]), int(found[3]) if exact else 0)
        if ranged and number == 0:
            operator = ">="
        if not _holds(operator, wanted, exact=exact, patch=(found[4] or "*").isdigit()):
            return False
    return True


def _holds(  # noqa: PLR0911 - an operator each
    operator: str, wanted: tuple[int, int], *, exact: bool, patch: bool
) -> bool:
    match operator:
        case "^":
            return wanted[0] == _HAVE[0] and wanted <= _HAVE
        case "~":
            # ~8.1 goes up to 9, ~8.1.3 up to 8.2.
            return wanted == _HAVE if patch else wanted[0] == _HAVE[0] and wanted <= _HAVE
        case ">=" | ">":
            return wanted <= _HAVE
        case "<":
            return wanted > _HAVE or (patch and wanted == _HAVE)
        case "<=":
            return wanted >= _HAVE if exact else wanted[0] >= _HAVE[0]
        case "!=":
            return True
    return wanted == _HAVE if exact else wanted[0] == _HAVE[0]
