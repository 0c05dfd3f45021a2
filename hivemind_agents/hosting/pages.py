"""What a page tells whoever reads it: an installer that waits, an error that answers 200."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

# Where an application leads its first visitor.
_INSTALLER_PATH = re.compile(
    r"/(?:install(?:er|ation)?|setup(?:[-_]?(?:wizard|database|admin))?|mw-config|onboarding|"
    r"(?:first|initial)[-_]?(?:run|install(?:ation)?|setup|user|admin)|"
    r"wp-admin/(?:install|setup-config))(?:[/.?]|$)"
)
_INSTALLER_WORDS = re.compile(
    r"(?i)\b(?:installer|install(?:ation)? wizard|setup wizard|initial setup|first[- ]time setup|"
    r"set up the wiki first)\b"
)
# A heading that begins so is an error's.
_ERROR_HEADING = re.compile(
    r"(?i)^(?:(?:(?:fatal|database|application|server|internal(?: server)?|startup|runtime) )?"
    r"error(?:\s*$|\s*[:!\d])|(?:startup failed|service unavailable|something went wrong|whoops|"
    r"unhandled exception|error establishing a database connection)\b)"
)
_ERROR_TEXT = re.compile(
    r"(?:Fatal error|Parse error|Warning) ?: .{1,300}? on line \d+|SQLSTATE\[\w+\][^\n]{0,200}|"
    r"Traceback \(most recent call last\)"
)
_ASIDE = frozenset({"script", "style", "noscript", "template", "pre", "code"})
_HEADINGS = frozenset({"title", "h1", "h2"})
_MOST_SHOWN = 120


class _Reader(HTMLParser):
    """The headings and the text of a page, without code that it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.text: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _ASIDE | _HEADINGS:
            self._inside.append(tag)
            if tag in _HEADINGS:
                self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not _ASIDE.intersection(self._inside):
            self.text.append(data)
            if self._inside:
                self.headings[-1] += data


def page_warning(url: str, html: str) -> str | None:
    """What is wrong with a page although it answered, or None. `url` is where it was found."""
    reader = _Reader()
    reader.feed(html)
    headings = [" ".join(heading.split()) for heading in reader.headings]
    text = " ".join(" ".join(reader.text).split())
    if _INSTALLER_PATH.search(urlsplit(url).path) or any(
        _INSTALLER_WORDS.search(said) for said in (*headings, text[:500])
    ):
        return f"{url} is the application's installer, for whoever comes first: finish it now"
    error = next((heading for heading in headings if _ERROR_HEADING.match(heading)), None)
    found = _ERROR_TEXT.search(text)
    shown = error or (found[0] if found else None)
    return f"{url} answers, but shows «{shown[:_MOST_SHOWN]}»" if shown else None
