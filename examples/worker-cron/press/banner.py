"""A text as a banner."""


def banner(text: str) -> str:
    """The text in a frame, its letters spaced."""
    line = " ".join(text.upper())
    edge = "*" * (len(line) + 4)
    return f"{edge}\n* {line} *\n{edge}"
