"""`hivemind version`."""

from hivemind_agents.cli import output
from hivemind_agents.cli.frame import JsonOption, new_app

app = new_app()


@app.command()
def version(as_json: JsonOption = False) -> None:
    """Print the version of HiveMind and of what it drives."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    found = {"python": platform.python_version()}
    for name in ("hivemind", "ansible-core", "boto3"):
        try:
            found[name] = installed(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    if as_json:
        output.document(found)
    else:
        rest = ", ".join(f"{name} {found[name]}" for name in ("ansible-core", "boto3", "python"))
        output.result(f"hivemind {found['hivemind']} ({rest})")
