"""Commands of the user's own that a deployment runs: the setting COMMAND, and those at its end."""

from __future__ import annotations

from pathlib import Path

from webstead.build.steps import last_words
from webstead.effects.files import remove_tree
from webstead.effects.processes import TimedOut
from webstead.errors import BuildError
from webstead.site.deploy.post_actions import actions_in, run_actions
from webstead.site.deploy.receiving import Received
from webstead.site.deploy.settings import value_of
from webstead.site.deploy.variables import command_variables
from webstead.site.deploy.work import Work

__all__ = ["run_command", "run_post_actions"]

_LONGEST_COMMAND_SECONDS = 6 * 3600.0


def run_command(work: Work, received: Received) -> None:
    """The setting COMMAND: what it says is all that is done to the files. Raises BuildError."""
    command = value_of(received.settings, "COMMAND")
    work.log.begin(f"Running custom deployment command: {command.splitlines()[0][:100]}")
    variables = _variables(work, received)
    try:
        done = work.runner(
            ["bash", "-c", command],
            cwd=work.folder,
            env=variables,
            on_line=lambda _, line: work.log.line(line),
            timeout=_LONGEST_COMMAND_SECONDS,
        )
    except TimedOut as error:
        raise BuildError("The deployment command did not end.", found=str(error), fix=_COMMAND_FIX) from None
    finally:
        remove_tree(Path(variables["DEPLOYMENT_TEMP"]))
    if done.code != 0:
        raise BuildError(
            "The deployment command failed.",
            found=f"exit code {done.code}: {last_words(done.tail) or 'it said nothing'}",
            fix=_COMMAND_FIX,
            detail="\n".join(done.tail),
        )
    work.log.end("Done.")


_COMMAND_FIX = "Correct the setting COMMAND, or take it out. The site serves what it served before."


def run_post_actions(work: Work, received: Received, python: Path) -> None:
    """python: of the release's environment. Raises BuildError."""
    own = value_of(received.settings, "SCM_POST_DEPLOYMENT_ACTIONS_PATH")
    folder = work.home.root / own if own else work.home.deployments / "tools" / "PostDeploymentActions"
    actions = actions_in(folder)
    if not actions:
        return
    work.log.begin("Running post deployment command(s)...")
    variables = _variables(work, received)
    try:
        run_actions(
            actions,
            runner=work.runner,
            folder=work.folder,
            variables=variables,
            python=python,
            say=work.log.line,
        )
    finally:
        remove_tree(Path(variables["DEPLOYMENT_TEMP"]))
    work.log.end()


def _variables(work: Work, received: Received) -> dict[str, str]:
    """Makes the folder for their temporary files; the end of the deployment removes it in any case."""
    temporary, apart = work.temporary, work.workshop.is_apart
    with work.workshop.at_work():
        temporary.mkdir(parents=True, exist_ok=True)
    return command_variables(
        work.environ,
        received.settings,
        home=work.home,
        folder=work.folder,
        temporary=temporary,
        previous=None if work.old is None else work.home.deployments / work.old / "manifest",
        next_manifest=(temporary if apart else work.home.deployments / work.release) / "manifest",
        clean=work.request.clean,
        commit=received.gathered.commit,
        message=work.request.message,
    )
