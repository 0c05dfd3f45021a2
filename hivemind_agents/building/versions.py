"""The version of a runtime that a repository asks for, as what package sources understand.

Pure: a range becomes alternatives in the order in which they are to be tried.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Triple = tuple[int, int, int]

_END: Triple = (10_000, 0, 0)
# Of the versions that a range allows, the one with the widest range of packages comes first.
NODE_MAJORS = (22, 24, 20, 26, 18, 25, 23, 21, 19, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8)
_NODE_NAMES = {
    "lts/*": "24", "lts": "24", "node": "24", "current": "24", "stable": "24", "latest": "24",
    "lts/krypton": "24", "lts/jod": "22", "lts/iron": "20", "lts/hydrogen": "18",
    "lts/gallium": "16", "lts/fermium": "14", "lts/erbium": "12", "lts/dubnium": "10",
}  # fmt: skip
_COMPARATOR = re.compile(
    r"(\^|~>?|>=|<=|>|<|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?\S*"
)


@dataclass(frozen=True)
class Span:
    """Versions from `low` up to but not including `high`."""

    low: Triple
    high: Triple

    def both(self, other: "Span") -> "Span | None":
        """What is in both, if anything."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Span(low, high) if low < high else None

    @property
    def pip(self) -> str:
        """As a specifier of Python packages."""
        return f">={_dotted(self.low)}" + (f",<{_dotted(self.high)}" if self.high != _END else "")

    @property
    def npm(self) -> str:
        """As a range of npm."""
        return self.pip.replace(",", " ")


def node_spans(wanted: str | None) -> tuple[Span, ...]:
    """The Node versions that fit, best first; empty when nothing could ever fit.

    `wanted`: a range as npm, nvm and Heroku write it. Text that is no range allows any version.
    """
    allowed = _spans(_NODE_NAMES.get((wanted or "").strip().lower(), wanted or ""))
    majors = [Span((major, 0, 0), (major + 1, 0, 0)) for major in NODE_MAJORS]
    return tuple(
        found for major in majors for span in allowed if (found := major.both(span)) is not None
    ) or tuple(allowed)


def go_spans(wanted: str | None, newest_minor: int = 24) -> tuple[Span, ...]:
    """The Go versions that fit a `go` line: its own minor version first, then newer ones.

    Go runs older modules as they were: versions of before 1.21 take a newer one.
    """
    numbers = [int(number) for number in re.findall(r"\d+", wanted or "")[:3]]
    major, minor, patch = (*numbers, *(0, 0, 0)[len(numbers) :])
    if (major, minor) < (1, 21):
        return (Span((1, newest_minor, 0), (1, newest_minor + 1, 0)), Span((1, 21, 0), (2, 0, 0)))
    return (Span((1, minor, patch), (1, minor + 1, 0)), Span((1, minor, patch), (2, 0, 0)))


def _spans(wanted: str) -> Sequence[Span]:
    found = [span for part in wanted.split("||") if (span := _alternative(part)) is not None]
    return found or ([Span((0, 0, 0), _END)] if not re.search(r"\d", wanted) else [])


def _alternative(text: str) -> Span | None:
    hyphen = re.fullmatch(r"\s*(\S+)\s+-\s+(\S+)\s*", text)
    if hyphen:
        text = f">={hyphen[1]} <={hyphen[2]}"
    span: Span | None = Span((0, 0, 0), _END)
    for found in _COMPARATOR.finditer(text):
        span = span and span.both(_comparator(*found.groups()))
    return span


def _comparator(sign: str | None, *words: str | None) -> Span:
    numbers = []
    for word in words:
        if word is None or not word.isdecimal():
            break
        numbers.append(int(word))
    if not numbers:
        return Span((0, 0, 0), _END)
    low = _triple(numbers)
    if sign == "^":
        kept = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
        return Span(low, _after(numbers[: kept + 1]))
    if sign in {"~", "~>"}:
        return Span(low, _after(numbers[:2]))
    whole = Span(low, _after(numbers))
    return {
        ">=": Span(low, _END),
        ">": Span(whole.high, _END),
        "<": Span((0, 0, 0), low),
        "<=": Span((0, 0, 0), whole.high),
    }.get(sign or "=", whole)


def _triple(numbers: Sequence[int]) -> Triple:
    first, second, third = (*numbers, 0, 0, 0)[:3]
    return first, second, third


def _after(numbers: Sequence[int]) -> Triple:
    return _triple([*numbers[:-1], numbers[-1] + 1])


def _dotted(version: Triple) -> str:
    return ".".join(map(str, version))
