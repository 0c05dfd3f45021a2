"""Small readings of Python's syntax trees that several readers need."""

import ast


def keyword(node: ast.Call, *names: str) -> ast.expr | None:
    """The value of the first of a call's keywords that has one of the names."""
    return next((word.value for word in node.keywords if word.arg in names), None)


def constant(node: ast.expr | None) -> str | None:
    """A literal as text; of a text with places in it what is literal, `…` for the rest."""
    if isinstance(node, ast.Constant) and node.value is not None:
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return None
