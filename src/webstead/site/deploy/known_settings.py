"""The settings that decide about deployments, by Kudu's names: declared here once, for the pipeline, for
`/api/settings`, and for the reference page.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KNOWN", "KnownSetting"]


@dataclass(frozen=True, slots=True)
class KnownSetting:
    """default: None for one that is not there until somebody sets it; else what `/api/settings` tells, as
    Kudu does. read: whether anything here reads it. doc: what it does; for one that is not read, why."""

    name: str
    doc: str
    default: str | None = None
    read: bool = True


def _not_read(name: str, doc: str, default: str | None = None) -> KnownSetting:
    return KnownSetting(name, doc, default, read=False)


KNOWN: tuple[KnownSetting, ...] = (
    KnownSetting(
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "`1` or `true`: install what the project lists; another value: do not. Unset: it is done for what "
        "came by git or from a repository, and not for a zip; the deployment's log says which, and why.",
    ),
    KnownSetting(
        "COMMAND",
        "What bash runs in the folder of the new release, in place of a build of Webstead's own. "
        "`[config] command` of `.deployment` is the same.",
    ),
    KnownSetting(
        "PROJECT",
        "A folder of what is deployed: its content becomes the release. `[config] project` is the same.",
    ),
    KnownSetting("SCM_TARGET_PATH", "A folder of the site that what is deployed goes into."),
    KnownSetting(
        "deployment_branch",
        "The branch whose pushes are deployed. While nobody has set it, `main` is, as well as `master`.",
        "master",
    ),
    KnownSetting("SCM_DISABLE_DEPLOY_ON_PUSH", "`1` or `true`: what is pushed is kept and not deployed."),
    KnownSetting("SCM_DISABLE_SUBMODULES", "`1` or `true`: submodules are not fetched."),
    KnownSetting(
        "SCM_USE_SHALLOW_CLONE",
        "`1` or `true`: a repository is fetched without its history, where it gives that out.",
    ),
    KnownSetting(
        "ScmType",
        "`None`: the web hooks of repositories are refused with 403. `git push` and the rest are not.",
    ),
    KnownSetting(
        "SCM_POST_DEPLOYMENT_ACTIONS_PATH",
        "A folder in the home with commands that run at the end of a deployment, by name. Unset: "
        "`site/deployments/tools/PostDeploymentActions`.",
    ),
    KnownSetting(
        "SCM_ZIPDEPLOY_DONOT_PRESERVE_FILETIME",
        "`1` or `true`: files have the time of their deployment, not the one in the zip.",
    ),
    KnownSetting(
        "WEBSITE_RUN_FROM_PACKAGE",
        "An app setting. `1`: a zip is served as it is, and nothing is built; it is kept in "
        "`data/SitePackages`, and the name that a client writes to `packagename.txt` there is what is served "
        "from the next restart on. An address: the package there is fetched when the setting changes and at "
        "each restart, and deployments are refused with 409. With both, `wwwroot` is read-only for the "
        "management.",
    ),
    KnownSetting(
        "SCM_RESTART_APP_CONTAINER_AFTER_DEPLOYMENT",
        "`0` or `false`: a file that is published beside the site, as a script, renews no instances. Those "
        "of a new release always start, and take over when they answer.",
    ),
    KnownSetting(
        "SCM_MAX_ZIP_PACKAGE_COUNT",
        "How many packages are kept in `data/SitePackages`; unset: 5. How many releases are, says the site's "
        "option `releases_kept`.",
    ),
    KnownSetting(
        "SCM_COMMAND_IDLE_TIMEOUT",
        "Seconds that a command of `/api/command` may print nothing and use no processor; then it is ended.",
        "60",
    ),
    KnownSetting(
        "SCM_LOGSTREAM_TIMEOUT",
        "Seconds after which a stream of logs to which nothing is added ends.",
        "7200",
    ),
    _not_read("SCM_TRACE_LEVEL", "The log of a deployment always has all that was printed.", "1"),
    _not_read("SCM_BUILD_ARGS", "It is for MSBuild.", ""),
    _not_read("SCM_SCRIPT_GENERATOR_ARGS", "Nothing is generated: the plan says what is done."),
    _not_read("SCM_REPOSITORY_PATH", "The repository is `site/repository`."),
    _not_read("SCM_NO_REPOSITORY", "What is not deployed by git has no repository anyway."),
    _not_read(
        "SCM_TOUCH_WEBCONFIG_AFTER_DEPLOYMENT", "A release is switched to, and its files stay as sent."
    ),
    _not_read("SCM_MAX_RANDOM_START_DELAY", "A deployment begins at once."),
    _not_read("SCM_USE_ORIGINALHOST_FOR_REFERENCE", "Addresses always have the host that was asked."),
)
