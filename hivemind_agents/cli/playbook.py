"""`hivemind playbook`: the verbs as playbooks, and their arguments."""

from typing import Annotated

import typer

from hivemind_agents.cli import output
from hivemind_agents.cli.frame import JsonOption, new_app

app = new_app(
    help="""List the playbooks and show their arguments: each works without any agent.

    \b
    Examples:
      hivemind playbook list
      hivemind playbook show deploy
    """
)


@app.command("list")
def list_playbooks(as_json: JsonOption = False) -> None:
    """List the playbooks: what each does, and to what effect."""
    from hivemind_agents import catalog

    verbs = list(catalog.load())
    if as_json:
        output.document(verbs)
        return
    rows = [(verb.name, verb.effect, verb.agent, verb.summary) for verb in verbs]
    output.result(output.table(("VERB", "EFFECT", "AGENT", "SUMMARY"), rows))


@app.command()
def show(
    verb: Annotated[str, typer.Argument(metavar="VERB", help="Name of the playbook.")],
    as_json: JsonOption = False,
) -> None:
    """Show a playbook's arguments, outputs and the command that runs it by plain Ansible."""
    from hivemind_agents import catalog
    from hivemind_agents.locations import ansible_home

    found = catalog.load()[verb]
    if as_json:
        output.document(found)
        return
    output.result(f"{output.bold(found.name)}: {found.summary}\n")
    pairs = [
        ("effect", found.effect),
        ("agent", found.agent),
        ("timeout", f"{found.timeout_minutes} min"),
        ("second run", "reports no change" if found.idempotent else "acts again"),
        ("stages", " → ".join(found.stages)),
        ("playbook", str(ansible_home() / "playbooks" / found.playbook)),
    ]
    for key, value in pairs:
        if value:
            output.result(f"  {key:<12}{value}")
    output.result("\nArguments (-e NAME=VALUE):")
    for name, option in found.options.items():
        kind = "|".join(map(str, option.choices)) if option.choices else option.type
        need = "required" if option.required else f"default {_default(option.default)}"
        output.result(f"  {name} ({kind}, {need})\n{_wrapped(option.text)}")
    if found.outputs:
        output.result("\nOutputs:")
        for name, reported in found.outputs.items():
            output.result(f"  {name} ({reported.type})\n{_wrapped(reported.description)}")
    required = [name for name, option in found.options.items() if option.required]
    arguments = " ".join(f"-e {name}=…" for name in required)
    output.result("\nPlain Ansible:")
    output.result(f"  ansible-playbook playbooks/{found.playbook} {arguments}")


def _default(value: object) -> str:
    return "none" if value is None or value in ("", {}, []) else str(value)


def _wrapped(text: str) -> str:
    import textwrap

    lines = textwrap.wrap(" ".join(text.split()), width=88)
    return "\n".join(f"      {line}" for line in lines)
