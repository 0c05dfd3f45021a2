"""What all verbs share: finding the verb, common options, errors and exit codes."""

import errno
import importlib
import os
import sys
import traceback
from typing import Annotated, Any

import typer

from hivemind_agents import cli
from hivemind_agents.errors import HivemindError, UserError
from hivemind_agents.locations import give_back

TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target", "-t", metavar="NAME", help="Where to work; the chosen target if absent."
    ),
]
RegionOption = Annotated[
    str | None,
    typer.Option("--region", metavar="REGION", help="Another region than the target's own."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the deployment.")]

# What typer makes of an interruption by the keyboard.
_INTERRUPTED = 130
# The base of all complaints about a command line, in whichever module typer keeps it.
_UsageError: Any = typer.BadParameter.__base__


def new_app(**settings: Any) -> typer.Typer:  # noqa: ANN401 - handed on to typer
    """A typer app in our dress: fast to import, plain help, no shell completion."""
    return typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
        **settings,
    )


def run(name: str, arguments: list[str]) -> int:  # noqa: PLR0911 - a code for each family
    """Run one verb and return its exit code; no exception leaves this function."""
    try:
        command = _command(name)
        result = command.main(args=arguments, prog_name=f"hivemind {name}", standalone_mode=False)
        sys.stdout.flush()
        if result == _INTERRUPTED:
            _complain("stopped by the keyboard; the same command starts over")
    except HivemindError as error:
        _complain(str(error))
        return error.exit_code
    except _UsageError as error:
        said = error.format_message()
        if said.startswith("Usage:"):
            # A group without a command: its help is the answer.
            sys.stderr.write(f"{said}\n")
            return UserError.exit_code
        _complain(f"{said}\n  → hivemind {name} --help")
        return UserError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _complain("stopped: nothing was changed")
        return _INTERRUPTED
    except SystemExit:
        # typer's own way of saying that the reader of our output has gone, as with `| head`.
        return 0
    except OSError as error:
        if error.errno != errno.EPIPE:
            return _unforeseen(name, error)
        # The reader of our output has gone, as with `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: a message instead of a traceback
        return _unforeseen(name, error)
    finally:
        give_back()
    return result if isinstance(result, int) else 0


def _command(name: str) -> Any:  # noqa: ANN401 - typer's own command type is private
    verb = cli.verbs().get(name)
    if verb is not None and verb.module is not None:
        module = importlib.import_module(verb.module)
        app = module.apps[name] if hasattr(module, "apps") else module.app
    else:
        app = _joined(name)
    return typer.main.get_command(app)


def _joined(name: str) -> typer.Typer:
    """An app that another package brings, by the entry point group `hivemind.commands`."""
    from importlib.metadata import entry_points

    for point in entry_points(group="hivemind.commands", name=name):
        try:
            app: typer.Typer = point.load()
            # In our dress, whatever theirs is.
            app.rich_markup_mode = None
        except ModuleNotFoundError as error:
            raise UserError(
                f"`hivemind {name}` needs a part that is not installed ({error.name})",
                mend=f"pip install 'hivemind[{name}]'",
            ) from error
        return app
    raise UserError(f"there is no verb {name!r}{_meant(name)}", mend="hivemind --help")


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, cli.verbs(), n=1)
    return f": did you mean `hivemind {close[0]}`?" if close else ""


def _complain(message: str) -> None:
    if os.environ.get("HIVEMIND_DEBUG") and sys.exc_info()[0] is not None:
        traceback.print_exc()
    sys.stderr.write(f"hivemind: {message}\n")


def _unforeseen(name: str, error: Exception) -> int:
    _complain(
        f"{name} stopped on a fault of its own: {type(error).__name__}: {error}\n"
        "  → HIVEMIND_DEBUG=1 shows where; please report it with that output"
    )
    return HivemindError.exit_code
