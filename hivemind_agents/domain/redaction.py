"""Takes secrets out of what is stored, shown or sent to a model.

The last of several nets: nothing secret should get here, since verbs pass references and hide
what they resolve. Known values are taken out wherever they stand; others by their form.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "***"
# Shorter values would take words out of plain text.
_SHORTEST_VALUE = 6

_NAMES = (
    r"pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?(?:access)?[_-]?key)?|token|api[_-]?key|"
    r"access[_-]?key|private[_-]?key|client[_-]?secret|credential|authorization"
)
_REFERENCE = r"(?:ssm:/|file:/|arn:aws|\{\{resolve:)"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
        ),
        HIDDEN,
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,})"), HIDDEN),
    (re.compile(r"\bsk-[A-Za-z0-9_-]{16,}|\b[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}"), HIDDEN),
    (re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s\"']+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            rf"(?i)(?<!\d:)([\w-]*(?:{_NAMES})\"?'?\s*[=:]\s*)(?!\s|{_REFERENCE})"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)"
        ),
        rf"\1{HIDDEN}",
    ),
)  # fmt: skip
_SECRET_KEY = re.compile(rf"(?i)(?:^|[_-])(?:{_NAMES})$")


class Redactor:
    """Hides known values, and what looks like a secret."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: list[str] = []
        for value in values:
            self.learn(value)

    def learn(self, value: str) -> None:
        """Hide this value, and each of its lines, from now on."""
        for part in {value, *value.splitlines()}:
            if len(part) >= _SHORTEST_VALUE and part not in self._values:
                self._values.append(part)
        # The longest first: one may contain another.
        self._values.sort(key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without secrets. Redacting twice changes nothing more."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        for form, by in _FORMS:
            text = form.sub(by, text)
        return text

    def data(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """JSON data without secrets: strings are redacted, and what a secret's name holds."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): HIDDEN
                if _SECRET_KEY.search(str(key)) and _is_plain(item)
                else self.data(item)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        return value


def _is_plain(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """A string with something in it that is no reference."""
    return isinstance(value, str) and bool(value) and not re.match(_REFERENCE, value)
