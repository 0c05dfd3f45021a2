"""Applications without a framework: a function that speaks WSGI or ASGI itself."""

import ast

from hivemind_agents.repository.facts import LIKELY, Match
from hivemind_agents.repository.languages.python.project import PythonProject, Served
from hivemind_agents.repository.languages.python.serving import asgi_start, wsgi_start

_WSGI = ("environ", "start_response")
_ASGI = ("scope", "receive", "send")


def detect(project: PythonProject) -> Match | None:
    """A function of the protocol's arguments, or wsgi.py's `application` of whatever make."""
    for module in project.modules:
        for node in module.syntax.body if module.syntax else []:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            names = tuple(argument.arg for argument in node.args.args)
            if names in {_WSGI, _ASGI}:
                served = Served(module, node.name, node.lineno, factory=False)
                return _match(project, served, asgi=names == _ASGI)
        if module.path in {"wsgi.py", "asgi.py"} and "application" in module.objects:
            served = Served(module, "application", module.objects["application"][1], factory=False)
            return _match(project, served, asgi=module.path == "asgi.py")
    return None


def _match(project: PythonProject, served: Served, *, asgi: bool) -> Match:
    start, adds = (asgi_start if asgi else wsgi_start)(project, served)
    return Match(
        framework=None, kind="web", rank=35, kind_confidence=0.88, evidence=(served.where,),
        start=start, start_confidence=LIKELY, adds=adds, port=8000,
    )  # fmt: skip
