"""A site: its `web.config` files compiled, ready to route requests. Pure: what stands on the disk is asked of
the caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from webstead.formats.webconfig.access import (
    Anonymous,
    Authorization,
    Tls,
    refused_anonymous,
    refused_plain,
)
from webstead.formats.webconfig.addresses import Addresses, refused_address
from webstead.formats.webconfig.configuration import Configuration
from webstead.formats.webconfig.filtering import RequestFiltering, refused_request
from webstead.formats.webconfig.inherit import Effective, effective_folders
from webstead.formats.webconfig.listing import Line, listing
from webstead.formats.webconfig.mapping import (
    Mapped,
    compile_mapping,
    find_handler,
    forbidden,
    forbidden_remotely,
    is_remote,
)
from webstead.formats.webconfig.mapping import Mapping as HandlerMapping
from webstead.formats.webconfig.model import (
    Answer,
    AppSetting,
    FastCgiApplication,
    FileKind,
    Handler,
    HttpPlatform,
    Note,
    Remote,
    Request,
    Route,
    TraceStep,
)
from webstead.formats.webconfig.redirect import Redirect, redirected
from webstead.formats.webconfig.rewrite import Rewriting, RuleList, run
from webstead.formats.webconfig.ruleset import RuleSets
from webstead.formats.webconfig.schema.access import ACCESS, ANONYMOUS, AUTHORIZATION
from webstead.formats.webconfig.schema.addresses import IP_SECURITY
from webstead.formats.webconfig.schema.content import DEFAULT_DOCUMENT, STATIC_CONTENT
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING
from webstead.formats.webconfig.schema.handlers import HANDLERS
from webstead.formats.webconfig.schema.processes import ASP_NET_CORE, FASTCGI, HTTP_PLATFORM, Platform
from webstead.formats.webconfig.schema.redirect import HTTP_REDIRECT
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.settings import APP_SETTINGS
from webstead.formats.webconfig.script import same_program

__all__ = ["Site", "compile_site"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Folder:
    """One folder, compiled. added: the handlers that start to be in force here."""

    name: str
    effective: Effective
    mappings: tuple[HandlerMapping, ...]
    global_rules: RuleList
    rules: RuleList
    addresses: Addresses
    filtering: RequestFiltering
    redirect: Redirect | None
    tls: Tls
    anonymous: Anonymous
    authorization: Authorization
    added: tuple[Handler, ...] = ()
    not_remote: bool = False


class Site:
    """What `compile_site` gives. Folders are relative to the site, with `/`, "" for the root; their case does
    not count."""

    def __init__(self, folders: Mapping[str, _Folder], notes: tuple[Note, ...]) -> None:
        self._folders = dict(folders)
        self._root = folders[""]
        self._is_flat = len(folders) == 1
        self.notes = notes
        """Everything in the files that is not done, or that is a likely mistake."""
        self.depends_only_on_path = all(map(_only_path, folders.values()))
        """Whether all requests of one method, path and query get the same route: a caller may then keep
        it."""

    def route(self, request: Request, kind: FileKind, trace: list[TraceStep] | None = None) -> Route:
        """Rules, then handler mapping. kind is asked only when a rule or handler depends on it. trace gets
        each step."""
        folder = self._folder(request.path)
        refused = _refused(folder, request)
        if refused is not None:
            if trace is not None:
                trace.append(TraceStep("filter", refused.reason))
            return Route(None, refused, request.path, request.query)
        if not folder.rules.rules and not folder.global_rules.rules:
            return self._mapped(folder, request, Route(None, None, request.path, request.query), kind, trace)
        done = Rewriting.of(request)
        if folder.global_rules.rules:
            run(folder.global_rules, done, kind, trace)
            folder = self._now_in(folder, done)
        if folder.rules.rules and done.end is None:
            run(folder.rules, done, kind, trace)
            folder = self._now_in(folder, done)
        route = _rewritten(done)
        if route.answer is not None:
            return route
        return self._mapped(folder, request, route, kind, trace)

    def _mapped(
        self, folder: _Folder, request: Request, route: Route, kind: FileKind, trace: list[TraceStep] | None
    ) -> Route:
        """With the handler of a folder's default document, where that is not the folder's own."""
        route = _mapped(folder, request, route, kind, trace)
        document = _default_document(folder, route, kind)
        if document is None:
            return route
        steps = [TraceStep("handler", f"the default document {document} stands there")]
        instead = self._document(folder, request, replace(route, path=document, handler=None), kind, steps)
        if instead.handler is not None and instead.handler.kind == "static":
            return route
        if trace is not None:
            trace.extend(steps)
        return instead

    def _document(
        self, folder: _Folder, request: Request, route: Route, kind: FileKind, trace: list[TraceStep]
    ) -> Route:
        """What answers a default document; a location of its own says who may see it."""
        inner = self._folder(route.path)
        if inner is folder:
            return _handled(folder, request, route, kind, trace)
        asked = replace(request, path=route.path)
        refused = _refused(inner, asked)
        if refused is None:
            return _mapped(inner, asked, route, kind, trace)
        trace.append(TraceStep("filter", refused.reason))
        return replace(route, answer=refused)

    def refused(self, request: Request) -> Answer | None:
        """The answer to a request that is for no path (`OPTIONS *`), where it would be refused at this one
        whatever the rules made of it."""
        folder = self._folder(request.path)
        unknown = refused_anonymous(folder.anonymous, folder.authorization, request.method)
        return _refused(folder, request) or unknown

    def _now_in(self, folder: _Folder, done: Rewriting) -> _Folder:
        return self._folder(done.captures.path) if done.captures.rewritten else folder

    def folder_of(self, path: str) -> str:
        """The name of the deepest folder (or location) with something of its own that a URL path is in: what
        is in force is the same for all its paths."""
        return self._folder(path).name

    def of(self, section: Section[T], path: str) -> T:
        """What is in force of a section at a URL path (canonical): of the deepest folder or location that has
        something of its own."""
        return self._folder(path).effective.of(section)

    def listing(self, path: str) -> tuple[Line, ...]:
        """What is in force at a URL path, value by value, with origins."""
        return listing(self._folder(path).effective.nodes)

    def handlers(self) -> tuple[tuple[str, Handler], ...]:
        """(folder, handler) for each handler of the files that is in force, with its pool, in the folder that
        adds it; again in a folder that gives it another pool. The server's own (static files, OPTIONS) are
        not among them."""
        return tuple((folder.name, handler) for folder in self._folders.values() for handler in folder.added)

    def app_settings(self, folder: str = "") -> tuple[AppSetting, ...]:
        """The effective appSettings of a folder."""
        return self._folder("/" + folder).effective.of(APP_SETTINGS)

    def http_platform(self, folder: str = "") -> HttpPlatform | None:
        """The platform section in force in a folder: the one that its handlers use, or else any."""
        found = self._folder("/" + folder)
        sections = [
            _section(mapping.handler) for mapping in found.mappings if mapping.handler.kind == "platform"
        ]
        platforms = (found.effective.of(section) for section in (*sections, HTTP_PLATFORM, ASP_NET_CORE))
        return next((platform.settings for platform in platforms if platform is not None), None)

    def fastcgi_application(self, script_processor: str) -> FastCgiApplication | None:
        """The `fastCgi/application` that declares this program (quotes and case do not count), from any of
        the files."""
        for folder in self._folders.values():
            for application in folder.effective.of(FASTCGI):
                if same_program(script_processor, application.full_path, application.arguments):
                    return application
        return None

    def fastcgi_environment(self, handler: Handler) -> tuple[AppSetting, ...]:
        """The environmentVariables that are declared for a handler's program."""
        application = self.fastcgi_application(handler.script_processor)
        return application.environment if application else ()

    def mime_type(self, path: str) -> str | None:
        """The type of the file at a URL path; None where its extension is not mapped."""
        return self.of(STATIC_CONTENT, path).type_of(path)

    def default_documents(self, folder: str = "") -> tuple[str, ...]:
        """The names that are looked for in a folder, in order; none when default documents are off."""
        return self._folder("/" + folder).effective.of(DEFAULT_DOCUMENT)

    def _folder(self, path: str) -> _Folder:
        """The deepest configured folder (or location) that a URL path is in."""
        if self._is_flat:
            return self._root
        key = path.strip("/").lower()
        folders = self._folders
        while key:
            found = folders.get(key)
            if found is not None:
                return found
            key = key.rpartition("/")[0]
        return self._root


def _rewritten(done: Rewriting) -> Route:
    captures, end = done.captures, done.end
    return Route(
        handler=None,
        answer=end if isinstance(end, Answer) else None,
        path=captures.path,
        query=captures.query,
        rewritten=captures.rewritten,
        remote=end if isinstance(end, Remote) else None,
        variables=tuple(done.set_bytes.items()),
        log_rewritten=done.log_rewritten,
    )


def _mapped(
    folder: _Folder, request: Request, route: Route, kind: FileKind, trace: list[TraceStep] | None
) -> Route:
    """The route with its handler, or with the answer of a redirect or for want of a handler; who may not see
    it gets none."""
    refused = refused_anonymous(folder.anonymous, folder.authorization, request.method)
    if refused is not None:
        if trace is not None:
            trace.append(TraceStep("filter", refused.reason))
        return replace(route, answer=refused, remote=None)
    if route.remote is not None:
        return route
    redirect = folder.redirect
    answer = None if redirect is None else redirected(redirect, route.path, route.query)
    if redirect is not None and answer is not None:
        if trace is not None:
            text = f"httpRedirect: to {answer.location or answer.reason}"
            trace.append(TraceStep("handler", text, redirect.origin))
        return replace(route, answer=answer)
    return _handled(folder, request, route, kind, trace)


def _handled(
    folder: _Folder, request: Request, route: Route, kind: FileKind, trace: list[TraceStep] | None
) -> Route:
    remote = folder.not_remote and is_remote(request)
    found = find_handler(folder.mappings, request.method, route.path, kind, trace, remote)
    if isinstance(found, Mapped):
        return replace(route, handler=found.handler, script=found.script)
    return replace(route, answer=found)


def _default_document(folder: _Folder, route: Route, kind: FileKind) -> str | None:
    """The file that is asked for in a folder's stead, as IIS's DefaultDocumentModule does: it has its own
    handler, and the rules do not see it again."""
    path, handler = route.path, route.handler
    if not path.endswith("/") or handler is None or "defaultdocumentmodule" not in handler.modules.lower():
        return None
    documents = folder.effective.of(DEFAULT_DOCUMENT)
    return next((path + name for name in documents if kind(path + name) == "file"), None)


def compile_site(configs: Sequence[tuple[str, Configuration]]) -> Site:
    """The site of these files. configs: (folder, file); none at all gives a site of static files.

    Raises ConfigError for what only shows when the files are taken together (a platform without a
    processPath).
    """
    notes = [note for _, configuration in configs for note in configuration.notes]
    folders: dict[str, _Folder] = {}
    rules = RuleSets()
    for key, effective in effective_folders(configs, notes).items():
        compiled = _compile(effective, rules)
        above = _above(folders, key) if key else None
        folders[key] = replace(compiled, added=tuple(_added(compiled, above)))
    notes.extend(_mistakes(folders))
    found = (note for folder in folders.values() for note in rules.of(folder.effective).notes)
    notes.extend(dict.fromkeys(found))  # a rule is noted once, not in each folder that inherits it
    return Site(folders, tuple(notes))


def _above(folders: Mapping[str, _Folder], key: str) -> _Folder:
    while key := key.rpartition("/")[0]:
        if key in folders:
            return folders[key]
    return folders[""]


def _compile(effective: Effective, rule_sets: RuleSets) -> _Folder:
    handlers = effective.of(HANDLERS)
    mappings: list[HandlerMapping] = []
    for placed in handlers.placed:
        handler = _with_pool(placed.handler, effective)
        refusal = _refusal(handler) or forbidden(handler, handlers.policy)
        remotely = forbidden_remotely(handler, handlers.not_remote)
        mappings.append(compile_mapping(handler, placed.folder, refusal, remotely))
    rules = rule_sets.of(effective)
    for section in _PLATFORMS:
        effective.of(section)  # raises ConfigError for one without its program
    return _Folder(
        name=effective.folder,
        effective=effective,
        mappings=tuple(mappings),
        global_rules=rules.first,
        rules=rules.then,
        addresses=effective.of(IP_SECURITY),
        filtering=effective.of(REQUEST_FILTERING),
        redirect=effective.of(HTTP_REDIRECT),
        not_remote=bool(handlers.not_remote),
        tls=effective.of(ACCESS),
        anonymous=effective.of(ANONYMOUS),
        authorization=effective.of(AUTHORIZATION),
    )


def _refused(folder: _Folder, request: Request) -> Answer | None:
    return (
        refused_address(folder.addresses, request)
        or refused_plain(folder.tls, request)
        or refused_request(folder.filtering, request)
    )


_PLATFORMS = {HTTP_PLATFORM: "httpPlatformHandler", ASP_NET_CORE: "AspNetCoreModuleV2"}
"""The sections, and the module that a handler for each names."""


def _section(handler: Handler) -> Section[Platform | None]:
    return ASP_NET_CORE if "aspnetcore" in handler.modules.lower() else HTTP_PLATFORM


def _with_pool(handler: Handler, effective: Effective) -> Handler:
    if handler.kind != "platform":
        return handler
    platform = effective.of(_section(handler))
    return replace(handler, pool=None if platform is None else f"platform:{platform.folder}")


def _refusal(handler: Handler) -> Answer | None:
    lack = _lack(handler)
    if lack is None:
        return None
    return Answer(500, lack.sub_status, f"handler {handler.name} ({handler.origin}) {lack.text}")


class _Lack(NamedTuple):
    sub_status: int
    text: str


def _lack(handler: Handler) -> _Lack | None:
    """Why a handler cannot answer: its module is not here, or its process is not declared."""
    if handler.kind == "unsupported":
        what = f"module {handler.modules}"
        if handler.script_processor or handler.managed_type:
            what += f" with {handler.script_processor or handler.managed_type}"
        return _Lack(21, f"needs {what}, which is not here")
    if handler.kind == "platform" and handler.pool is None:
        return _Lack(
            19, f"needs the section <{_section(handler).path.rpartition('/')[2]}>, which is not there"
        )
    return None


def _added(folder: _Folder, above: _Folder | None) -> Iterator[Handler]:
    known = {mapping.handler for mapping in above.mappings} if above else set()
    for mapping in folder.mappings:
        if mapping.handler.origin.line and mapping.handler not in known:
            yield mapping.handler


def _mistakes(folders: Mapping[str, _Folder]) -> Iterator[Note]:
    for folder in folders.values():
        for handler in folder.added:
            lack = _lack(handler)
            if lack is not None:
                yield Note(
                    f"handler {handler.name} {lack.text}", handler.origin, matters=True, kind=_kind(handler)
                )
    uses = {handler.pool for folder in folders.values() for handler in folder.added}
    for folder in folders.values():
        for section, module in _PLATFORMS.items():
            platform = folder.effective.of(section)
            if platform and platform.folder == folder.name and f"platform:{folder.name}" not in uses:
                name = section.path.rpartition("/")[2]
                text = f"<{name}> is there, but no handler with modules={module!r} is mapped to it"
                yield Note(text, platform.settings.origin, True, "platform-without-handler")


def _kind(handler: Handler) -> str:
    return "handler-without-platform" if handler.kind == "platform" else ""


def _only_path(folder: _Folder) -> bool:
    """Of a redirect too: whoever keeps routes keeps them with their query."""
    if not (folder.addresses.is_idle and folder.tls.is_idle) or folder.not_remote:
        return False
    if folder.filtering.looks_at_host:
        return False
    if not (folder.global_rules.needs_only_target and folder.rules.needs_only_target):
        return False
    for mapping in folder.mappings:
        if mapping.handler.resource_type != "unspecified":
            return False
        if mapping.pattern is None and mapping.verbs is None:
            return True
    return True
