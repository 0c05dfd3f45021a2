"""`hivemind build`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import output, variables
from hivemind_agents.cli.frame import JsonOption, new_app
from hivemind_agents.cli.recon import FolderOption, RepositoryArgument, title
from hivemind_agents.errors import UserError

if TYPE_CHECKING:
    from hivemind_agents.building.model import Artifact, Manifest

# Of those that came out otherwise.
_SHOWN_FILES = 10

app = new_app()


@app.command()
def build(
    repository: RepositoryArgument = ".",
    path: FolderOption = None,
    ref: Annotated[
        str | None, typer.Option(metavar="REF", help="Branch, tag or commit of a URL.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="web, worker or static, if Recon errs.")] = None,
    start: Annotated[str | None, typer.Option(help="The start command; the port is $PORT.")] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", "-e", metavar="NAME=VALUE", help="A plain setting."),
    ] = None,
    build_secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A variable that only the steps which bring dependencies see; from this "
            "environment, else asked for or read from standard input.",
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Keep the archive there.")
    ] = None,
    memory_mb: Annotated[int, typer.Option(min=256, help="Memory of the build in MiB.")] = 4096,
    timeout_minutes: Annotated[int, typer.Option(min=1, max=240, help="Minutes it may take.")] = 30,
    engine: Annotated[
        str | None, typer.Option(help="podman or docker; the first that is installed if absent.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Build although nothing changed, and list files that come out otherwise.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build a repository into an artifact, as a deploy would. Nothing is deployed.

    Where nothing changed since the last build, that one's archive is taken.

    \b
    Examples:
      hivemind build ./shop
      hivemind build ./shop --output shop.tar.gz
      hivemind build ./shop --again
      hivemind build ./shop --build-secret PIP_EXTRA_INDEX_URL --json
    """
    import tempfile

    from hivemind_agents.bootstrap import builder_of_this_machine
    from hivemind_agents.building.files import Files
    from hivemind_agents.building.last_build import LastBuild
    from hivemind_agents.building.model import BuildLimits, BuildRequest
    from hivemind_agents.building.python_demand import built_fitting
    from hivemind_agents.building.recipe import recipe_for
    from hivemind_agents.repository import inspect
    from hivemind_agents.repository_source import fetch

    given = variables.collect(env or [], None, [], os.environ)
    secrets = _secrets(build_secret or [])
    said = {"kind": kind, "start": start}
    with tempfile.TemporaryDirectory(prefix="hivemind-source-") as folder:
        output.note("Reading the repository …")
        tree = Path(folder) / "tree"
        source = fetch(repository, ref, path or ".", tree)
        report = inspect(tree, overrides={name: word for name, word in said.items() if word})
        application = tree / report.path
        files = Files.below(application)
        request = BuildRequest.model_validate(
            {
                "deployment_name": _name(repository, path),
                "source": source,
                "tree": application,
                "recipe": recipe_for(report, files),
                "env": given.plain | given.secret,
                "secrets": secrets,
                "limits": BuildLimits(memory_mb=memory_mb, timeout_minutes=timeout_minutes),
            }
        )
        builder = builder_of_this_machine(engine=engine, tell=_tell)
        archive = to or Path(folder) / "artifact.tar.gz"
        builder.ready()
        last = LastBuild(builder.folder(request))
        differing: tuple[str, ...] = ()
        artifact = None if again else last.taken(builder.inputs_digest(request), archive)
        if artifact is None:
            _, built = built_fitting(
                lambda each: builder.build(each, archive), request, report, files
            )
            artifact = built
            differing = last.keep(artifact, archive)
        manifest = _manifest(archive)
        log = builder.folder(request) / "build.log"
    if as_json:
        output.document(
            {
                "artifact": artifact,
                "manifest": manifest,
                "differing": differing,
                "log": str(log),
                "output": to and str(to),
            }
        )
    else:
        _show(artifact, manifest, log, to, differing)


def _tell(phase: str, what: str) -> None:
    output.note(f"  {phase:<13}{what} …")


def _name(repository: str, path: str | None) -> str:
    """A folder's builds share their caches with one another, and with nothing else."""
    from hivemind_agents.building.model import digest_of
    from hivemind_agents.repository_source import is_url

    where = repository if is_url(repository) else str(Path(repository).expanduser().resolve())
    return f"{title(repository)[:30]}-{digest_of([where, path])[:8]}"


def _secrets(names: list[str]) -> dict[str, str]:
    for name in names:
        if not variables.NAME.match(name):
            raise UserError(
                f"--build-secret {name.partition('=')[0]}: give the name of a variable alone; a "
                "value does not belong on a command line",
                mend="--build-secret NAME asks for it, or takes it from this environment",
            )
    found = {name: os.environ[name] for name in names if name in os.environ}
    asked = [name for name in names if name not in found]
    terminal = sys.stdin.isatty()
    lines = [] if terminal or not asked else sys.stdin.read().splitlines()
    return found | variables.ask(asked, terminal=terminal, lines=lines)


def _manifest(archive: Path) -> "Manifest":
    import tarfile

    from hivemind_agents.building.archive import MANIFEST
    from hivemind_agents.building.model import Manifest

    with tarfile.open(archive) as opened:
        member = opened.extractfile(MANIFEST)
        assert member is not None  # noqa: S101 - archives are written with it
        return Manifest.model_validate_json(member.read())


def _show(
    artifact: "Artifact", manifest: "Manifest", log: Path, to: Path | None,
    differing: tuple[str, ...],
) -> None:  # fmt: skip
    total = sum(phase.seconds for phase in artifact.phases)
    output.note()
    for warning in artifact.warnings:
        output.note(f"Warning: {warning}")
    if differing:
        shown = differing[:_SHOWN_FILES]
        output.note(f"Not reproducible: {len(differing)} files differ from the last build's:")
        for name in shown:
            output.note(f"  {name}")
        if len(differing) > len(shown):
            output.note(f"  … and {len(differing) - len(shown)} more (--json lists all)")
    versions = ", ".join(f"{tool} {version}" for tool, version in manifest.versions.items())
    rows = {
        "artifact": f"sha256:{artifact.digest}",
        "size": f"{artifact.bytes / 1e6:.1f} MB ({manifest.files} files, "
        f"{manifest.bytes / 1e6:.1f} MB unpacked)",
        "recipe": manifest.recipe + (f" ({versions})" if versions else ""),
        "for": f"Debian 12, {manifest.architecture}",
        "packages": f"{len(manifest.packages)}, listed in .hivemind/sbom.cdx.json",
        "added": ", ".join(manifest.added),
        "hosts need": ", ".join(manifest.host_packages),
        "took": f"{total:.1f} s: "
        + ", ".join(f"{phase.phase} {phase.seconds:.1f}" for phase in artifact.phases)
        if artifact.built
        else "",
        "unchanged": "" if artifact.built else "the last build's archive (--again builds anew)",
        "log": str(log),
        "archive": str(to or ""),
    }
    for label, value in rows.items():
        if value:
            output.result(f"  {label:<11}{value}")
    for process, command in manifest.processes.items():
        output.result(f"  {process:<10} {command}")
