"""Which Debian packages compiled files load: asked of the builder, which linked them."""

import shlex
from collections.abc import Iterable

# Touched before the first step: what is newer was made by this build.
MARK = "touch /tmp/hivemind-begun"
# Prints package names. What a wheel brings along has names of its own, which no package has.
_SEARCH = r"""
loaded() {
  find /app -xdev -type f \( -name '*.so' -o -name '*.so.[0-9]*' -o -name '*.node' \
      -o -path '*/.venv/bin/*' -o -path '/app/bin/*' \) \( "$@" \) -print0 |
    xargs -0 -r objdump -p 2>/dev/null | awk '$1 == "NEEDED" {print "*/" $2}' | sort -u |
    xargs -r dpkg-query --search 2>/dev/null | sed -n 's/^\([a-z0-9][a-z0-9+.-]*\):.*/\1/p' |
    sort -u || true
}
"""
_OF_KEPT = "kept "
# On every Debian.
_EVERYWHERE = frozenset({"libc6", "libcrypt1", "libgcc-s1", "libstdc++6"})


def search(kept: tuple[str, ...], *, restored: bool) -> str:
    """A command of the builder whose lines `packages` understands.

    `kept`: the folders of the application that are kept for the next build. `restored`: they were,
    so only what came or changed since MARK is looked at in them.
    """
    below = " -o ".join(f"-path {shlex.quote(f'/app/{folder}/*')}" for folder in kept) or "-false"
    if restored:
        return f"{_SEARCH}loaded ! \\( {below} \\) -o -cnewer /tmp/hivemind-begun"
    return f"{_SEARCH}loaded {below} | sed 's/^/{_OF_KEPT}/'\nloaded ! \\( {below} \\)"


def packages(lines: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The packages that hosts need for what `search` printed: of kept folders, and of the rest."""
    words = [line.strip() for line in lines]
    return (
        _of_hosts(word.removeprefix(_OF_KEPT) for word in words if word.startswith(_OF_KEPT)),
        _of_hosts(word for word in words if not word.startswith(_OF_KEPT)),
    )


def _of_hosts(names: Iterable[str]) -> tuple[str, ...]:
    wanted = {name for name in names if name and not name.endswith(("-dev", "-dbg"))}
    return tuple(sorted(wanted - _EVERYWHERE))
