"""Which texts a pattern cannot match: those without the words that all of its matches have.

Looking for a word is many times as quick as a pattern that begins with a boundary or a choice, and
most patterns are looked for in files that have none of their words.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]  # re's parser has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# More would take as long as the pattern itself.
_MOST_WORDS = 24
_LEAST_LETTERS = 2

Words = frozenset[str]


def may_match(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the text has one of the words that every match of the pattern has."""
    words = words_of(pattern)
    if not words:
        return True
    if pattern.flags & re.IGNORECASE:
        text = text.lower()
    return any(word in text for word in words)


def found_in(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The pattern's matches in the text, as `finditer` gives them."""
    return pattern.finditer(text) if may_match(pattern, text) else iter(())


def first_in(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The pattern's first match in the text, as `search` gives it."""
    return pattern.search(text) if may_match(pattern, text) else None


@lru_cache(maxsize=4096)
def words_of(pattern: re.Pattern[str]) -> Words:
    """Words of which every match has one; none where that cannot be told."""
    words = _of_sequence(parser.parse(pattern.pattern, pattern.flags))
    if pattern.flags & re.IGNORECASE:
        # Letters whose lower case is another length, or that match letters of ASCII.
        words = frozenset(word.lower() for word in words) if _ascii(words) else frozenset()
    return words


def _ascii(words: Words) -> bool:
    return all(word.isascii() for word in words)


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> Words:
    """The best of what the items one after the other ask for."""
    asked: list[Words] = []
    run = ""
    for code, argument in items:
        if code is codes.LITERAL:
            run += chr(argument)
            continue
        # These take no letter: what is on both sides of them stands side by side.
        if code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
            continue
        asked.append(frozenset({run}))
        run = ""
        asked.append(_of_item(code, argument))
    asked.append(frozenset({run}))
    return max((words for words in asked if _tells(words)), key=_worth, default=frozenset())


def _of_item(code: object, argument: Any) -> Words:  # noqa: ANN401 - another for each code
    if code is codes.SUBPATTERN:
        _, added, taken, inner = argument
        return frozenset() if added or taken else _of_sequence(inner)
    if code is codes.BRANCH:
        choices = [_of_sequence(inner) for inner in argument[1]]
        return frozenset().union(*choices) if all(choices) else frozenset()
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return _of_sequence(inner) if least else frozenset()
    if code is codes.ATOMIC_GROUP:
        return _of_sequence(argument)
    return frozenset()


def _tells(words: Words) -> bool:
    return 0 < len(words) <= _MOST_WORDS and min(map(len, words)) >= _LEAST_LETTERS


def _worth(words: Words) -> tuple[int, int]:
    return min(map(len, words)), -len(words)
