"""`hivemind deploy`."""

import asyncio
import dataclasses
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hivemind_agents.cli import driving, output, prompts, reading, single, variables
from hivemind_agents.cli.frame import JsonOption, RegionOption, TargetOption, YesOption, new_app
from hivemind_agents.errors import HivemindError, UserError

if TYPE_CHECKING:
    from hivemind_agents.bootstrap import Runtime
    from hivemind_agents.cli.preview import Preview
    from hivemind_agents.domain.deployment import Deployment
    from hivemind_agents.domain.plan import Plan
    from hivemind_agents.domain.request import DeployRequest
    from hivemind_agents.domain.run import Run
    from hivemind_agents.preflight import Finding
    from hivemind_agents.repository.report import RepositoryReport
    from hivemind_agents.targets import Target

app = new_app()


@app.command()
def deploy(
    repository: Annotated[
        str,
        typer.Argument(metavar="REPOSITORY", help="Path of a folder, or URL of a git repository."),
    ],
    description: Annotated[
        str, typer.Argument(metavar="DESCRIPTION", help="What it is, in your words.")
    ] = "",
    name: Annotated[
        str | None, typer.Option(help="Name of the deployment; else made of the repository's.")
    ] = None,
    stage_1: Annotated[
        bool, typer.Option("--stage-1", help="One small host (the default for a new deployment).")
    ] = False,
    production: Annotated[
        bool, typer.Option("--production", help="Two hosts in two zones, Multi-AZ database.")
    ] = False,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            "-e",
            metavar="NAME[=VALUE]",
            help="A variable; without a value, a secret taken from this environment.",
        ),
    ] = None,
    env_file: Annotated[
        Path | None, typer.Option(help="NAME=VALUE lines; all are stored as secrets.")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=REFERENCE]", help="A secret, asked for or read from standard input."
        ),
    ] = None,
    build_secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=REFERENCE]",
            help="A secret that only the steps which bring dependencies see, such as a private "
            "package index; from this environment, else asked for.",
        ),
    ] = None,
    path: Annotated[str, typer.Option(help="Folder of the application in the repository.")] = ".",
    ref: Annotated[str | None, typer.Option(help="Branch, tag or commit of a git URL.")] = None,
    start: Annotated[str | None, typer.Option(help="Start command; it listens on $PORT.")] = None,
    health_path: Annotated[str | None, typer.Option(help="Path that answers 2xx.")] = None,
    kind: Annotated[str | None, typer.Option(help="web, worker or static, if Recon errs.")] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Any key of hivemind.yml, if Recon errs, such as needs=redis or language=node.",
        ),
    ] = None,
    domain: Annotated[str | None, typer.Option(help="Domain; adds certificate and HTTPS.")] = None,
    hosted_zone: Annotated[str | None, typer.Option(help="Route 53 zone of the domain.")] = None,
    instance_type: Annotated[str | None, typer.Option(help="EC2 instance type.")] = None,
    instance_count: Annotated[
        int | None, typer.Option(min=1, max=10, help="Hosts of the live slot.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="auto, none, postgresql or mysql (MariaDB).")
    ] = None,
    cache: Annotated[str | None, typer.Option(help="auto, none or redis.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="ARGUMENT=VALUE",
            help="Any other argument that `hivemind playbook show deploy` lists.",
        ),
    ] = None,
    target: TargetOption = None,
    region: RegionOption = None,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Show plan, price and resources; change nothing.")
    ] = False,
    yes: YesOption = False,
    approve: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Go on if the plan has this digest.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a repository to a URL that answers.

    Shows target, plan and monthly price, asks, and then works through the stages: recon, build,
    provision, install, harden, register, verify, observe. The same command again updates the
    deployment, or finds that nothing has changed.

    \b
    Examples:
      hivemind deploy ./shop "A shop with a PostgreSQL database"
      hivemind deploy https://github.com/you/shop.git --ref v1.4 --name shop
      hivemind deploy ./shop --what-if
      hivemind deploy ./shop --env LOG_LEVEL=info --secret STRIPE_KEY --production
      pass stripe | hivemind deploy ./shop --secret STRIPE_KEY --yes --json
    """
    from hivemind_agents.domain.request import DeployRequest

    if stage_1 and production:
        raise UserError("--stage-1 and --production exclude each other", mend="give one of them")
    repository = located(repository)
    chosen_name = checked(name or default_name(repository))
    given = variables.collect(env or [], env_file, secret or [], os.environ)
    for exposed in given.exposed:
        output.note(
            f"Warning: {exposed} looks like a secret; it is stored as one, but it stood on the "
            f"command line. Next time: --secret {exposed}"
        )
    for_build = variables.collect_for_build(build_secret or [], os.environ)
    arguments = single.parsed(settings or [], mend="hivemind playbook show deploy")
    named = (
        ("instance_type", instance_type),
        ("instance_count", instance_count),
        ("database_engine", database),
        ("cache", cache),
    )
    arguments |= {key: value for key, value in named if value is not None}
    place = reading.on_target(target, region)
    request = DeployRequest(
        repository=repository,
        description=description,
        name=chosen_name,
        ref=ref,
        path=path,
        kind=_kind(kind),
        stage_mode="production" if production else "stage-1" if stage_1 else None,
        start_command=start,
        health_path=health_path,
        overrides=single.parsed(
            override or [], option="--override", mend="docs/hivemind-yml.md lists the keys"
        ),
        build_secrets=for_build.all_references(chosen_name, "build"),
        domain_name=domain,
        hosted_zone_id=hosted_zone,
        arguments=arguments,
    )
    work = _Deploy(place, request, given, for_build, yes=yes, approve=approve, as_json=as_json)
    if what_if:
        driving.with_runtime(place, work.look)
    else:
        driving.with_runtime(place, work.do)


class _Deploy:
    """One deploy as the terminal sees it: prepared, shown, approved, done."""

    def __init__(
        self,
        target: "Target",
        request: "DeployRequest",
        given: variables.Variables,
        for_build: variables.Variables,
        *,
        yes: bool,
        approve: str | None,
        as_json: bool,
    ) -> None:
        self._target = target
        self._request = request
        self._given = given
        self._for_build = for_build
        self._yes = yes
        self._approve = approve
        self._as_json = as_json

    async def look(self, hivemind: "Runtime") -> None:
        """`--what-if`: everything is computed and shown, nothing is changed."""
        plan, preview = await self._prepare(hivemind, looking=True)
        if self._as_json:
            output.document(
                {
                    "name": self._request.name,
                    "target": self._target.name,
                    "region": self._target.region,
                    "plan": plan,
                    "digest": plan.digest,
                    "resources": preview.resources,
                    "price": {**preview.price.model_dump(), "total_usd": preview.price.total_usd},
                }
            )
            return
        output.result("Resources")
        output.result(_indented(output.table(("NAME", "TYPE", "ACTION"), preview.resources)))
        output.result("\nPrice")
        output.result(_indented(preview.price_text))
        output.result(f"\nPlan {plan.digest}")
        for step in plan.steps:
            output.result(f"  {step.verb:<10} {step.reason}")
        output.result("\nWithout any agent")
        output.result(f"  {hivemind.playbook_command(plan)}")
        output.note("\nNothing was changed.")

    async def do(self, hivemind: "Runtime") -> None:
        """Prepare, ask, run, and say how it ended."""
        from hivemind_agents.bootstrap import raise_for_status

        plan, preview = await self._prepare(hivemind)
        hivemind.get_ready()
        driving.show_plan(plan)
        output.note(f"\nPrice\n{_indented(preview.price_text)}\n")
        self._check_approval(plan)
        await self._store_secrets(hivemind)
        title = f"Deploying {self._request.name} on {self._target.name} ({self._target.region})"
        run = await driving.watched(
            [step.verb for step in plan.steps],
            title,
            lambda view: hivemind.execute(
                plan,
                approval=plan.digest,
                description=self._request.description,
                on_event=view.show,
            ),
        )
        record = await _record(hivemind, self._request.name)
        if self._as_json:
            output.document(_final(run, record, preview))
        elif run.status == "succeeded":
            _print_summary(run, record, preview)
        raise_for_status(run)

    async def _prepare(
        self, hivemind: "Runtime", *, looking: bool = False
    ) -> "tuple[Plan, Preview]":
        """Preflight and Recon at the same time, then the plan and what it would make.

        `looking`: what would stop a deploy is shown, and stops nothing where there is a plan.
        """
        from hivemind_agents.cli.preview import preview
        from hivemind_agents.preflight import before_deploy, raise_for

        reading.announce(self._target)
        output.note("Checking the target and reading the repository …")
        request = self._request = await asyncio.to_thread(_with_mode, self._request)
        checking = asyncio.create_task(
            asyncio.to_thread(
                before_deploy,
                self._target,
                name=request.name,
                repository=request.repository,
                admin_cidr=request.arguments.get("admin_cidr"),
            )
        )
        read, checked = await asyncio.gather(
            self._read(hivemind, looking=looking), checking, return_exceptions=True
        )
        if isinstance(read, UserError):
            raise read
        if isinstance(checked, BaseException):
            raise checked
        _print_findings(checked, failed_too=looking)
        if not looking or isinstance(read, BaseException):
            raise_for(checked, f"deploy {request.name} to {self._target.name}")
        if isinstance(read, BaseException):
            raise read
        plan = await hivemind.plan(self._request, on_event=output.agent_note, report=read)
        seen = await asyncio.to_thread(preview, plan, self._request, self._target, read)
        return plan, seen

    async def _read(self, hivemind: "Runtime", *, looking: bool) -> "RepositoryReport":
        """Recon's report, with all that it cannot know asked, or made up where that is right."""
        from hivemind_agents.cli import answers, own_keys

        record = await _record(hivemind, self._request.name)
        if record is not None and record.status in ("destroyed", "rolled-back"):
            record = None
        word = (record.overrides if record else {}) | self._request.word
        somebody = sys.stdin.isatty() and not (self._yes or looking)
        with await hivemind.fetch(self._request) as fetched:
            report = await asyncio.to_thread(fetched.report, word)
            if somebody:
                report, said = answers.settle(report, fetched.report, word, prompts.question)
            else:
                report, said = await asyncio.to_thread(
                    answers.by_model, report, fetched.report, word, fetched.folder
                )
            self._request = self._request.model_copy(
                update={"overrides": self._request.overrides | said}
            )
            for warning in await asyncio.to_thread(fetched.check, report):
                output.note(f"  Warning: {warning}")
        for behaviour in report.behaviours:
            where = f" ({behaviour.evidence[0]})" if behaviour.evidence else ""
            output.note(f"  {behaviour.about}{where}: {behaviour.why}\n    → {behaviour.mend}")
        given = self._given
        names = {*given.plain, *given.references, *given.stored_names}
        found = answers.answered(
            answers.missing(report, names, record),
            report,
            prompts.variable if somebody else None,
            strict=not looking,
        )
        if found.made:
            output.note(f"  keys of its own, made and kept as secrets: {', '.join(found.made)}")
            for password in filter(own_keys.is_first_password, found.made):
                name = self._request.name
                file = f"/etc/hivemind/{name}/app.env"
                output.note(
                    f"    {password} is for you to log in with; when {name} runs, it is read by\n"
                    f"    → hivemind ssh {name} -- sudo grep {password} {file}"
                )
        if found.open:
            output.note(
                f"  without a value: {answers.told(found.open)}\n"
                f"    → hivemind deploy … {answers.options(found.open)}"
            )
        self._given = dataclasses.replace(
            given, plain=given.plain | found.plain, secret=given.secret | found.secret
        )
        self._request = self._request.model_copy(
            update={
                "env": self._given.plain,
                "secrets": self._given.all_references(self._request.name),
            }
        )
        return report

    def _check_approval(self, plan: "Plan") -> None:
        if self._approve is not None:
            if not plan.digest.startswith(self._approve) or len(self._approve) < 12:
                raise UserError(
                    f"the plan is not the approved one: its digest is {plan.digest}",
                    mend="look at it again (--what-if), then approve its digest",
                )
            return
        question = f"Deploy {self._request.name} to {self._target.name} ({self._target.region})?"
        driving.confirm(question, yes=self._yes)

    async def _store_secrets(self, hivemind: "Runtime") -> None:
        """Get the values that were not given yet, and store all."""
        waiting = bool(self._given.asked or self._for_build.asked)
        terminal = sys.stdin.isatty()
        lines = [] if terminal or not waiting else sys.stdin.read().splitlines()
        for given, kind in ((self._given, "env"), (self._for_build, "build")):
            asked = variables.ask(given.asked, terminal=terminal, lines=lines)
            lines = lines[len(given.asked) :]
            values = given.secret | asked
            for name, value in values.items():
                await hivemind.store_secret(self._request.name, name, value, kind=kind)
            if values:
                of = " of the build" if kind == "build" else ""
                output.note(f"Stored as secrets{of}: {', '.join(values)}")


def _with_mode(request: "DeployRequest") -> "DeployRequest":
    """Nothing dear by surprise: what is new and was not asked for otherwise is stage-1."""
    from hivemind_agents.errors import UnknownDeployment

    if request.stage_mode is not None:
        return request
    try:
        reading.record(request.name)
    except UnknownDeployment:
        return request.model_copy(update={"stage_mode": "stage-1"})
    except HivemindError:
        # Preflight says it better.
        return request
    return request


def located(repository: str) -> str:
    """A URL as it is, a path made absolute. Raises RepositoryError for a path that is not there."""
    from hivemind_agents.errors import RepositoryError
    from hivemind_agents.repository_source import is_url

    if is_url(repository):
        if re.match(r"^https?://[^/]*@", repository):
            # It would be kept with the plan and the record, and it is seen in process lists.
            raise UserError(
                "the URL holds a user name or a token, which would be stored with the plan",
                mend="clone it yourself and give the folder, or use git@HOST:OWNER/NAME",
            )
        return repository
    folder = Path(repository).expanduser()
    if not folder.is_dir():
        what = "it is not a folder" if folder.exists() else "it does not exist"
        raise RepositoryError(
            f"there is no repository at {repository!r}: {what}",
            mend="give the path of a folder, or a git URL such as https://host/owner/name.git",
        )
    return str(folder.resolve())


def default_name(repository: str) -> str:
    """A valid deployment name from the last part of a path or URL."""
    last = re.split(r"[/:]", repository.rstrip("/").removesuffix(".git"))[-1].lower()
    name = re.sub(r"[^a-z0-9]+", "-", last).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:24].rstrip("-")
    return name if len(name) >= 2 else "app"


def checked(name: str) -> str:
    """The name, if a deployment may have it."""
    from hivemind_agents.domain.deployment import checked_name

    try:
        return checked_name(name)
    except ValueError as error:
        raise UserError(str(error), mend="--name NAME, such as --name shop") from None


def _kind(kind: str | None) -> Any:  # noqa: ANN401 - checked here against the literal type
    if kind not in (None, "web", "worker", "static"):
        raise UserError(f"--kind {kind!r} is none of web, worker, static", mend="leave it out")
    return kind


def _print_findings(findings: "list[Finding]", *, failed_too: bool) -> None:
    """One line when all is well; else a line for each that is not."""
    shown = ("warning", "skipped", "failed") if failed_too else ("warning", "skipped")
    good = sum(finding.status == "passed" for finding in findings)
    output.note(f"Preflight: {good} of {len(findings)} checks passed")
    for finding in findings:
        if finding.status in shown:
            mend = f"\n    → {finding.mend}" if finding.mend else ""
            output.note(f"  {finding.check}: {finding.detail}{mend}")


async def _record(hivemind: "Runtime", name: str) -> "Deployment | None":
    try:
        return await hivemind.deployment(name)
    except HivemindError:
        return None


def _print_summary(run: "Run", record: "Deployment | None", preview: "Preview") -> None:
    if not sys.stderr.isatty():
        driving.summarise(run)
    name = run.deployment_name
    if driving.changed_nothing(run):
        output.note("Nothing changed.")
    pairs: list[tuple[str, object]] = [("run", run.id)]
    if record is not None:
        release = record.live_release
        balancer = record.load_balancer
        pairs = [
            ("url", record.url),
            ("load balancer", balancer.name if balancer else None),
            ("dashboard", record.monitoring.dashboard_url),
            ("release", release.number if release else None),
            *pairs,
        ]
    pairs.append(("price", f"about ${preview.price.total_usd:.2f} a month (estimate)"))
    output.result(f"{output.bold(name)} is {output.state('live')}")
    for key, value in pairs:
        if value is not None:
            output.result(f"  {key:<14}{value}")
    for check in record.verification.checks if record and record.verification else ():
        if check.status == "warning":
            output.result(f"  {output.state('warning')}: {check.detail}")
    output.note(f"  → hivemind status {name}, hivemind logs {name}, hivemind destroy {name}")


def _final(run: "Run", record: "Deployment | None", preview: "Preview") -> dict[str, Any]:
    """What `--json` prints when the deploy has ended, well or not."""
    release = record.live_release if record else None
    return {
        "name": run.deployment_name,
        "status": run.status,
        "run": run.id,
        "url": record.url if record else None,
        "load_balancer": record.load_balancer.name if record and record.load_balancer else None,
        "dashboard_url": record.monitoring.dashboard_url if record else None,
        "release": release.number if release else None,
        "changed": not driving.changed_nothing(run),
        "stages": run.stages,
        "monthly_usd": preview.price.total_usd,
        "failure": run.failure,
    }


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
