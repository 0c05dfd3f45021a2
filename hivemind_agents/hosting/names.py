"""The names an application answers to: those of its load balancer, its domain, and its host."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from hivemind_agents.domain.deployment import Deployment

# The names of a host by itself.
_LOCAL = ("localhost", "127.0.0.1")


def with_host_names(
    env: Mapping[str, str],
    variables: Mapping[str, Mapping[str, object]],
    record: Deployment,
    own_address: str | None,
) -> dict[str, str]:
    """`env` with the variables that hold host names or origins (Recon's `host_variables`).

    Where the user has set one, the host's own address is added to it: health checks ask for
    that. `own_address`: the host's private one.
    """
    public = _public(record)
    local = [name for name in (own_address, *_LOCAL) if name]
    result = dict(env)
    for variable, spelling in variables.items():
        separator = str(spelling.get("separator") or ",")
        given = _parts(result.get(variable, ""), separator)
        if spelling.get("origins"):
            if given:
                continue
            wanted = [f"{scheme}://{name}" for name in public for scheme in ("https", "http")]
        else:
            if "*" in given:
                continue
            wanted = [*(given or public), *local]
        if wanted:
            names = list(dict.fromkeys(wanted))
            result[variable] = json.dumps(names) if separator == "json" else separator.join(names)
    return result


def with_own_url(
    env: Mapping[str, str], variables: Sequence[str], record: Deployment
) -> dict[str, str]:
    """`env` with the variables that hold the application's own address (Recon's `url_variables`).

    What the user has set stays.
    """
    if record.url is None:
        return dict(env)
    return {**dict.fromkeys(variables, record.url.rstrip("/")), **env}


def reached_as(record: Deployment, own_address: str | None) -> dict[str, str]:
    """The names of the deployment and of its host, and whether there is HTTPS, for a release's own
    wrapper (`HIVEMIND_HOSTS`, `HIVEMIND_HTTPS`).
    """
    names = [*_public(record), *(name for name in (own_address, *_LOCAL) if name)]
    scheme = urlsplit(record.url).scheme if record.url else ""
    return {
        "HIVEMIND_HOSTS": ",".join(dict.fromkeys(names)),
        "HIVEMIND_HTTPS": "yes" if scheme == "https" else "no",
    }


def _public(record: Deployment) -> list[str]:
    balancer = record.load_balancer.dns_name if record.load_balancer else None
    return list(dict.fromkeys(name for name in (_host_of(record.url), balancer) if name))


def without_https(
    env: Mapping[str, str], variables: Sequence[str], record: Deployment
) -> dict[str, str]:
    """`env` with the switches off that need HTTPS (Recon's `https_variables`), where there is none.

    A deployment without a domain is reached over plain HTTP: a redirect leads nowhere, and a
    browser keeps a secure cookie to itself. What the user has set stays.
    """
    if record.url is None or urlsplit(record.url).scheme == "https":
        return dict(env)
    return {**dict.fromkeys(variables, "False"), **env}


def _host_of(url: str | None) -> str | None:
    return urlsplit(url).hostname if url else None


def _parts(value: str, separator: str) -> list[str]:
    if separator == "json":
        try:
            parsed = json.loads(value) if value else []
        except ValueError:
            parsed = value.split(",")
        return [str(part) for part in parsed] if isinstance(parsed, list) else [str(parsed)]
    return [part.strip() for part in value.split(separator) if part.strip()]
