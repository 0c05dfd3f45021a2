"""Which Debian packages compiled files load: asked of the builder, which linked them."""

from collections.abc import Iterable

# Prints package names. What a wheel brings along has names of its own, which no package has.
SEARCH = r"""
find /app -xdev -type f \( -name '*.so' -o -name '*.so.[0-9]*' -o -name '*.node' \
    -o -path '*/.venv/bin/*' -o -path '/app/bin/*' \) -print0 |
  xargs -0 -r objdump -p 2>/dev/null | awk '$1 == "NEEDED" {print "*/" $2}' | sort -u |
  xargs -r dpkg-query --search 2>/dev/null | sed -n 's/^\([a-z0-9][a-z0-9+.-]*\):.*/\1/p' |
  sort -u || true
"""
# On every Debian.
_EVERYWHERE = frozenset({"libc6", "libcrypt1", "libgcc-s1", "libstdc++6"})


def packages(lines: Iterable[str]) -> tuple[str, ...]:
    """The packages that hosts need for what SEARCH printed."""
    names = {line.strip() for line in lines}
    return tuple(
        sorted(n for n in names if n and n not in _EVERYWHERE and not n.endswith(("-dev", "-dbg")))
    )
