"""Folders outside of a release that an application may have to itself on its hosts."""

import posixpath
import re

# Of the host itself, or of no use to keep.
_OF_THE_HOST = re.compile(
    r"^/(?:bin|boot|dev|etc|home|lib\w*|lost\+found|proc|root|run|sbin|snap|sys|usr)(?:/|$)|"
    r"^/(?:opt|srv|mnt|media|app|tmp)/?$|^/var(?:/(?:lib|www|opt|run|log|cache|tmp|mail|spool|backups|"
    r"local|lock))?/?$|^/var/(?:run|log|cache|tmp|lock|spool|backups|mail|local)/|^/opt/hivemind(?:/|$)|"
    r"^/var/lib/(?:hivemind|dpkg|apt|systemd|docker|containers|dbus|private|amazon|cloud)"
)


def may_be_kept(path: str) -> bool:
    """Whether an absolute path is a folder that an application may have to itself on a host."""
    return (
        path.startswith("/")
        and path == posixpath.normpath(path)
        and not _OF_THE_HOST.match(path)
        and re.fullmatch(r"[\w./-]{2,120}", path) is not None
    )
