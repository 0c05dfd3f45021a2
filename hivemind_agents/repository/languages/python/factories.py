"""What a function that makes an application is called with, so that it makes one for production."""

import ast
import re

from hivemind_agents.repository.languages.python.project import PythonProject, Served

_CHOOSES = re.compile(r"config|env|stage|settings|mode", re.IGNORECASE)
_DEVELOPMENT = re.compile(r"(?:dev|develop|development|default|local|test|testing)")
_PRODUCTION = re.compile(r"[\"'](production|prod)[\"']\s*[:\]]")
_CLASS = re.compile(r"([\w.]+[.:])(?:Dev|Development|Default|Base|Test|Testing)?Config(?:uration)?")
_PRODUCTION_CLASS = re.compile(r"(?m)^class\s+(Prod\w*Config(?:uration)?)\b")


def arguments(project: PythonProject, served: Served) -> str:
    """The literal that the function's first parameter is given; empty where it chooses no stage,
    or chooses one by itself.
    """
    body = served.module.syntax.body if served.module.syntax else []
    function = next(
        (node for node in body if isinstance(node, ast.FunctionDef) and node.name == served.name),
        None,
    )
    if not served.factory or function is None or not function.args.args:
        return ""
    named, defaults = function.args.args, function.args.defaults
    default = defaults[0] if len(defaults) == len(named) else ast.Constant("")
    stage = default.value if isinstance(default, ast.Constant) else None
    chooses = _CHOOSES.search(named[0].arg) and isinstance(stage, str)
    return _for_production(project, stage) if chooses and isinstance(stage, str) else ""


def _for_production(project: PythonProject, stage: str) -> str:
    """The word for production in the place of another stage's, or of none."""
    if not stage or _DEVELOPMENT.fullmatch(stage):
        hits = (_PRODUCTION.search(each.text) for each in project.modules if "onfig" in each.text)
        return next((f'"{hit[1]}"' for hit in hits if hit), "")
    found = _CLASS.fullmatch(stage)
    place = found[1].rstrip(".:").replace(".", "/") if found else ""
    for path in (f"{place}.py", f"{place}/__init__.py") if place else ():
        if found and (hit := project.tree.search(path, _PRODUCTION_CLASS)):
            return f'"{found[1]}{hit[1]}"'
    return ""
