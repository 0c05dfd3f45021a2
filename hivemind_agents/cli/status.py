"""`hivemind status`."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import output, reading
from hivemind_agents.cli.frame import JsonOption, NameArgument, RegionOption, TargetOption, new_app

if TYPE_CHECKING:
    from hivemind_agents.domain.deployment import Deployment

app = new_app()
WATCH_SECONDS = 3.0
_GONE = ("destroyed", "rolled-back")


@app.command()
def status(
    name: NameArgument,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Show it again every few seconds, until Ctrl-C.")
    ] = False,
    target: TargetOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one deployment: URL, load balancer, dashboard, hosts, releases, verification.

    \b
    Examples:
      hivemind status shop
      hivemind status shop --json | jq -r .url
    """
    place = reading.on_target(target, region)
    session = reading.session()
    while True:
        record = reading.record(name, session)
        if as_json:
            output.document(record)
        else:
            text = render(record, place.name)
            output.result(f"\x1b[2J\x1b[H{text}" if watch else text)
        if not watch:
            return
        time.sleep(WATCH_SECONDS)


def render(record: "Deployment", target: str) -> str:
    """The record as a page of text."""
    blocks = [_head(record, target), _hosts(record), _releases(record)]
    if record.status not in _GONE:
        blocks.append(_checks(record))
    return "\n\n".join(block for block in blocks if block)


def _head(record: "Deployment", target: str) -> str:
    source = record.source
    balancer = record.load_balancer
    monitoring = record.monitoring
    where = source.repository if source else None
    if source and source.path != ".":
        where = f"{where} (folder {source.path})"
    commit = None
    if source and source.commit:
        commit = source.commit[:12] + (" with local changes" if source.dirty else "")
    reached = f"{output.state(record.status)}"
    if record.status in ("deploying", "failed", "rolling-back", "destroying") and record.stage:
        reached += f", at {record.stage}"
    pairs: list[tuple[str, object]] = [
        ("status", reached),
        ("url", record.url),
        ("description", record.description or None),
        ("stage mode", record.stage_mode),
        ("target", f"{target} ({record.region})"),
        ("repository", where),
        ("commit", commit),
        ("load balancer", f"{balancer.name} ({balancer.dns_name})" if balancer else None),
        ("database", _database(record)),
        ("cache", _cache(record)),
        ("dashboard", monitoring.dashboard_url or monitoring.dashboard_name),
        ("logs", monitoring.log_group),
        ("tracing", "on" if record.xray else "off"),
        ("stack", f"{record.stack.name} ({record.stack.status})" if record.stack else None),
        ("hardened", _hardened(record)),
        ("last run", record.run_id),
        ("changed", output.age(record.updated_at)),
        ("why it failed", record.failure_analysis),
    ]
    lines = [output.bold(record.name)]
    lines += [f"  {output.dim(f'{key:<14}')}{value}" for key, value in pairs if value]
    return "\n".join(lines)


def _hardened(record: "Deployment") -> str | None:
    if record.hardened_at is not None:
        return output.age(record.hardened_at)
    return "not yet" if record.instances else None


def _cache(record: "Deployment") -> str | None:
    cache = record.cache
    return f"{cache.engine} {cache.identifier} ({cache.host}:{cache.port})" if cache else None


def _database(record: "Deployment") -> str | None:
    database = record.database
    if database is None:
        return None
    return f"{database.engine} {database.identifier} ({database.host}:{database.port})"


def _hosts(record: "Deployment") -> str:
    if not record.instances:
        return ""
    rows = [
        (host.id, host.slot, host.type, host.zone, host.public_ip, host.private_ip)
        for host in record.instances
    ]
    head = ("HOST", "SLOT", "TYPE", "ZONE", "PUBLIC", "PRIVATE")
    return _indented(output.table(head, rows))


def _releases(record: "Deployment") -> str:
    if not record.releases:
        return ""
    rows = [
        (
            release.number,
            release.state,
            release.commit[:12] if release.commit else None,
            release.artifact_digest[:12] if release.artifact_digest else None,
            output.age(release.live_at or release.created_at),
        )
        for release in sorted(record.releases, key=lambda release: -release.number)[:5]
    ]
    return _indented(output.table(("RELEASE", "STATE", "COMMIT", "ARTIFACT", "SINCE"), rows))


def _checks(record: "Deployment") -> str:
    verification = record.verification
    if verification is None:
        return ""
    rows = [(check.name, check.status, check.detail) for check in verification.checks]
    title = "CHECK"
    verdict = "passed" if verification.passed else "failed"
    table = output.table((title, "RESULT", "DETAIL"), rows)
    when = f"  verification {output.state(verdict)}, {output.age(verification.checked_at)}"
    return f"{when}\n{_indented(table)}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
