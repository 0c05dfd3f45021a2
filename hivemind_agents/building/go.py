"""Go: one static program each process, compiled with the version that the module names."""

import posixpath
import re
import shlex
from collections.abc import Iterable

from hivemind_agents.building import assets
from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Recipe, Step
from hivemind_agents.building.node_runtime import RUNTIME
from hivemind_agents.building.programs import FOLDER
from hivemind_agents.building.versions import go_spans
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

# Packages that are C inside; the rest of Go needs no C library at all.
_NEEDS_C = re.compile(
    r"github\.com/(?:mattn/go-sqlite3|confluentinc/confluent-kafka-go|h2non/bimg|davidbyttow/govips|"
    r"libgit2/git2go|chai2010/webp|kolesa-team/go-webp|go-gl/|robotn/gohook|veandco/go-sdl2|"
    r"gographics/imagick|ethereum/go-ethereum|DataDog/zstd|valyala/gozstd)\S*\s+v"
)
_ENV = {
    "GOCACHE": "/cache/go-build",
    "GOMODCACHE": "/cache/go-mod",
    "GOPATH": "/tmp/go",  # noqa: S108 - the container's own
    "GOTOOLCHAIN": "local",
    "GOTELEMETRY": "off",
    "CGO_CFLAGS": "-g0 -O2",
}
# Of Go's package embed: `//go:embed static all:dist "a b/*.html"`, from the file's own folder.
_EMBEDS = re.compile(r"(?m)^//go:embed[ \t]+(\S[^\n]*)")
_INSTALLS = re.compile(r"^(?:go mod (?:download|vendor|tidy)|go get|dep ensure|glide install)\b")
_PROGRAM = re.compile(r"(^|&&\s*|\bexec\s+)(\./)?(bin/)?([\w.-]+)(?=\s|$)")
_RUN = re.compile(r"\bgo run(?:\s+-\S+)*\s+((?:\./)?[\w./-]*\.?)")


def application(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Compile the program that Recon found, and those that other processes start."""
    vendored = "vendor/modules.txt" in files
    processes, programs = _processes(report, files)
    builds = [command for command in report.build if not _INSTALLS.match(command)]
    if not builds and not programs:
        raise RepositoryError(
            "there is no package main to compile",
            mend="give the build's command in hivemind.yml, e.g. build: [go build -o out ./cmd/x]",
        )
    steps = [
        # A front end's last step takes all tools away.
        *assets.front_end_steps(report, files, _embedded(files)),
        _toolchain(report, files),
        *([] if vendored or not _requires(files) else [_download()]),
        *(Step(title="compile", command=command) for command in builds),
        *(
            Step(title=f"compile {name}", command=f"go build -o {name} {package}")
            for name, package in sorted(programs.items())
        ),
        Step(
            title="take the compiler and the sources of others away",
            command=f"rm -rf {RUNTIME} vendor",
        ),
    ]
    needs_c = _needs_c(files)
    return Recipe(
        name="go-vendored" if vendored else "go",
        steps=tuple(steps),
        env={
            **_ENV,
            "GOFLAGS": "-trimpath -buildvcs=false -ldflags=-w"
            + (" -mod=vendor" if vendored else ""),
            "CGO_ENABLED": "1" if needs_c else "0",
            **({} if _modules(files) else {"GO111MODULE": "auto"}),
        },
        reads_env=True,
        processes=processes,
        search_path=(f"{RUNTIME}/bin",),
        packages=tuple(sorted(report.system_packages)),
    )


def _embedded(files: frozenset[str]) -> list[str]:
    """The folders with a package.json that make what programs embed, where nothing is there yet."""
    found: dict[str, None] = {}
    for name in sorted(files):
        text = text_of(files, name) if name.endswith(".go") and "vendor/" not in name else None
        for line in _EMBEDS.findall(text or ""):
            for pattern in re.findall(r"[^\s\"`]+", line):
                plain, star, _ = pattern.removeprefix("all:").partition("*")
                target = posixpath.join(
                    posixpath.dirname(name), posixpath.dirname(plain) if star else plain
                ).rstrip("/")
                if not _is_there(target, files):
                    found |= dict.fromkeys(_made_in(target, files))
    return list(found)


def _is_there(target: str, files: frozenset[str]) -> bool:
    """Whether it is a file, or a folder with more than a `.gitkeep`, which is not embedded."""
    inside = [name for name in files if name.startswith(f"{target}/")]
    if not inside:
        return not target or target in files
    return any(not name.rpartition("/")[2].startswith(".") for name in inside)


def _made_in(target: str, files: frozenset[str]) -> list[str]:
    """The nearest folder with a package.json around a path, but for the root."""
    while target := posixpath.dirname(target):
        if f"{target}/package.json" in files:
            return [target]
    return []


def _toolchain(report: RepositoryReport, files: frozenset[str]) -> Step:
    module = text_of(files, "go.mod") or ""
    named = re.search(r"(?m)^toolchain\s+go(\S+)", module)
    wanted = (named[1] if named else None) or report.runtime_version
    specs = shlex.join(span.pip for span in go_spans(wanted))
    return Step(
        title="get Go",
        command=f"python3 {FOLDER}/runtimes.py go {shlex.quote(wanted or 'any')} {specs}",
        phase="tools",
    )


def _download() -> Step:
    return Step(title="get the modules", command="go mod download", phase="dependencies")


def _modules(files: Iterable[str]) -> bool:
    return any(name.rpartition("/")[2] in {"go.mod", "go.work"} for name in files)


def _requires(files: Iterable[str]) -> bool:
    text = text_of(files, "go.mod") or ""
    return bool(re.search(r"(?m)^require\b", text))


def _needs_c(files: frozenset[str]) -> bool:
    """Whether a module, or the application itself, is C inside."""
    for name in files:
        base = name.rpartition("/")[2]
        if (
            base == "go.mod"
            and "vendor/" not in name
            and _NEEDS_C.search(text_of(files, name) or "")
        ):
            return True
        own = base.endswith(".go") and not name.startswith("vendor/") and name.count("/") < 4
        if own and re.search(r'(?m)^import "C"$', text_of(files, name) or ""):
            return True
    return False


def _processes(
    report: RepositoryReport, files: frozenset[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """(the processes with compiled programs in them, program to package to be compiled)."""
    processes = dict(report.processes)
    main = "worker" if report.kind == "worker" else "web"
    if report.start:
        processes.setdefault(main, report.start)
    if main not in processes:
        raise RepositoryError(
            "there is no start command: no package main that serves was found",
            mend="give one with --start (app_start_command), e.g. './out', "
            "and its build in hivemind.yml",
        )
    built = {_output([command]) for command in report.build}
    programs: dict[str, str] = {}
    for name, command in processes.items():

        def compiled(found: re.Match[str], name: str = name) -> str:
            package = found[1] if found[1].startswith(".") else f"./{found[1]}"
            title = package.rstrip("/").rpartition("/")[2].removesuffix(".go")
            program = f"bin/{title if title not in {'', '.', 'main'} else name}"
            programs[program] = package
            return f"./{program}"

        processes[name] = _RUN.sub(compiled, command)
        processes[name] = _PROGRAM.sub(
            lambda found: _compiled(found, built, programs, files), processes[name]
        )
    return processes, programs


def _compiled(
    found: re.Match[str], built: set[str | None], programs: dict[str, str], files: frozenset[str]
) -> str:
    """The program that a command names, compiled where the build does not already.

    Heroku has all programs on its search path: `bin/shop`, or `shop` alone.
    """
    before, dot, folder, name = found.groups(default="")
    word = f"{folder}{name}"
    package = None if {word, f"bin/{name}"} & built or word in files else _package(name, files)
    if package is None or (dot and not folder):
        return found[0]
    programs.setdefault(f"bin/{name}", package)
    return found[0] if folder else f"{before}./bin/{name}"


def _package(name: str, files: frozenset[str]) -> str | None:
    """The folder of the main package that gives a program of this name."""
    for folder in (f"cmd/{name}", name, f"cmds/{name}", f"apps/{name}"):
        if _has_main(folder, files):
            return f"./{folder}"
    # Without the major version: example.org/shop/v2 gives `shop`.
    module = re.search(r"(?m)^module\s+(\S+?)(?:/v\d+)?\s*$", text_of(files, "go.mod") or "")
    own = module and module[1].rpartition("/")[2] == name
    return "." if own and _has_main("", files) else None


def _has_main(folder: str, files: frozenset[str]) -> bool:
    return any(
        name.endswith(".go")
        and name.rpartition("/")[0] == folder
        and re.search(r"(?m)^package main\b", text_of(files, name) or "")
        for name in files
    )


def _output(builds: Iterable[str]) -> str | None:
    for command in builds:
        if found := re.search(r"\bgo build\b.*?\s-o[ =](\S+)", command):
            return found[1].removeprefix("./")
    return None
