"""Folders that Python's settings name, worked out from where the settings are.

`MEDIA_ROOT = BASE_DIR / "public" / "media"` in `src/shop/settings/base.py` is a folder of the
release: `src/public/media`. What cannot be worked out is None.
"""

import ast
import posixpath
from collections.abc import Iterator

_UPLOADS = ("MEDIA_ROOT", "UPLOAD_FOLDER", "UPLOADS_FOLDER", "UPLOAD_DIR", "UPLOADED_FILES_DEST")
_AS_IT_IS = {"str", "Path", "abspath", "realpath", "resolve", "normpath", "absolute"}


def upload_folders(name: str, text: str) -> Iterator[str]:
    """Folders below the release's root that settings in the file `name` keep uploads in."""
    if not any(setting in text for setting in _UPLOADS):
        return
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    known: dict[str, str] = {"__file__": name}
    for node in ast.walk(module):
        if not isinstance(node, ast.Assign):
            continue
        value = _path(node.value, known)
        for target in node.targets:
            named = _name(target)
            if value is None or named is None:
                continue
            known[named] = value
            if named in _UPLOADS and not value.startswith(("..", "/")) and value not in {"", "."}:
                yield posixpath.normpath(value)


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    # A setting of Flask: a key of the configuration.
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return None


def _path(node: ast.expr, known: dict[str, str]) -> str | None:  # noqa: PLR0911 - a form each
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined([node.left, node.right], known)
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        inner = _path(node.value, known)
        return None if inner is None else posixpath.dirname(inner)
    if isinstance(node, ast.Subscript):
        return _ancestor(node, known)
    if isinstance(node, ast.Call):
        return _called(node, known)
    return None


def _called(node: ast.Call, known: dict[str, str]) -> str | None:
    called = node.func
    last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if last in {"join", "joinpath"}:
        parts = list(node.args)
        if last == "joinpath" and isinstance(called, ast.Attribute):
            parts = [called.value, *parts]
        return _joined(parts, known)
    if last == "dirname" and node.args:
        inner = _path(node.args[0], known)
        return None if inner is None else posixpath.dirname(inner)
    if last in _AS_IT_IS:
        # Path(x).resolve() has its path before the dot.
        inside = isinstance(called, ast.Attribute) and last in {"resolve", "absolute"}
        inner_node = called.value if inside else (node.args[0] if node.args else None)  # type: ignore[attr-defined]  # seen to be one
        return _path(inner_node, known) if inner_node is not None else None
    return None


def _ancestor(node: ast.Subscript, known: dict[str, str]) -> str | None:
    """`Path(__file__).parents[2]`."""
    inner = node.value
    if not (isinstance(inner, ast.Attribute) and inner.attr == "parents"):
        return None
    found = _path(inner.value, known)
    if found is None or not isinstance(node.slice, ast.Constant):
        return None
    for _ in range(min(int(node.slice.value) + 1, 40)) if isinstance(node.slice.value, int) else ():
        found = posixpath.dirname(found)
    return found


def _joined(parts: list[ast.expr], known: dict[str, str]) -> str | None:
    found = [_path(part, known) for part in parts]
    texts = [part for part in found if part is not None]
    return posixpath.join(*texts) if texts and len(texts) == len(found) else None
