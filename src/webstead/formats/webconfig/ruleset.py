"""The rules of a folder, put together from its sections: what runs, and what is to be noted of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webstead.formats.webconfig.inherit import Effective
from webstead.formats.webconfig.maps import Maps
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.remote import named_servers
from webstead.formats.webconfig.rewrite import RuleList, needs_only_target
from webstead.formats.webconfig.rule_index import RuleIndex
from webstead.formats.webconfig.rules import Rule
from webstead.formats.webconfig.schema.node import Node
from webstead.formats.webconfig.schema.proxy import PROXY
from webstead.formats.webconfig.schema.rewrite import GLOBAL_RULES, REWRITE_RULES
from webstead.formats.webconfig.schema.rewrite_data import (
    ALLOWED_SERVER_VARIABLES,
    REWRITE_MAPS,
    REWRITE_PROVIDERS,
)
from webstead.formats.webconfig.schema.section import AnySection

__all__ = ["FolderRules", "RuleSets"]

_SECTIONS: tuple[AnySection, ...] = (
    GLOBAL_RULES,
    REWRITE_RULES,
    REWRITE_MAPS,
    REWRITE_PROVIDERS,
    ALLOWED_SERVER_VARIABLES,
    PROXY,
)
"""All that the rules of a folder are made of."""


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The global rules and the folder's rules, without those that are not applied. notes: what of them does
    not do what it says."""

    first: RuleList
    then: RuleList
    notes: tuple[Note, ...]


class RuleSets:
    """The rules of a site's folders. Those that differ in other sections only share theirs."""

    def __init__(self) -> None:
        self._made: dict[tuple[Node, ...], FolderRules] = {}

    def of(self, effective: Effective) -> FolderRules:
        nodes = tuple(effective.node(section) for section in _SECTIONS)
        found = self._made.get(nodes)
        if found is None:
            found = self._made[nodes] = _folder_rules(effective)
        return found


def _folder_rules(effective: Effective) -> FolderRules:
    every = _applied(effective, effective.of(GLOBAL_RULES)), _applied(effective, effective.of(REWRITE_RULES))
    maps = effective.of(REWRITE_MAPS)
    named = named_servers((rule for rules in every for _, rule in rules), maps)
    allowed = effective.of(ALLOWED_SERVER_VARIABLES)
    proxy = effective.of(PROXY)
    first, then = (
        RuleList(
            rules,
            RuleIndex(rules),
            maps,
            named,
            allowed,
            proxy,
            all(needs_only_target(rule) for _, rule in rules),
        )
        for rules in every
    )
    return FolderRules(first, then, tuple(_notes(effective)))


def _applied(effective: Effective, rules: tuple[tuple[str, Rule], ...]) -> tuple[tuple[str, Rule], ...]:
    providers = effective.of(REWRITE_PROVIDERS)
    return tuple(
        (folder, rule) for folder, rule in rules if rule.enabled and not _providers_of(rule, providers)
    )


def _providers_of(rule: Rule, providers: frozenset[str]) -> list[str]:
    return [name for name in _looked_up(rule) if name.lower() in providers]


def _looked_up(rule: Rule) -> list[str]:
    """The maps and providers that a rule needs, each once."""
    references = (reference for template in rule.templates() for reference in template.references())
    return list(dict.fromkeys(each.name.strip() for each in references if each.kind == "map"))


def _notes(effective: Effective) -> Iterator[Note]:
    """Of the rules seen together with the maps, providers and allowed variables of the folder."""
    maps, providers = effective.of(REWRITE_MAPS), effective.of(REWRITE_PROVIDERS)
    allowed = effective.of(ALLOWED_SERVER_VARIABLES)
    for section in (GLOBAL_RULES, REWRITE_RULES):
        for _, rule in effective.of(section):
            if rule.enabled:
                texts = (*_of_names(rule, maps, providers), *_of_variables(rule, allowed))
                yield from (
                    Note(f"rule {rule.name!r} {text}", rule.origin, True, kind) for kind, text in texts
                )


def _of_names(rule: Rule, maps: Maps, providers: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(kind, text) of each note."""
    for name in _looked_up(rule):
        if name.lower() in providers:
            yield (
                "",
                f"is not applied: {{{name}:…}} is a provider, code that runs within IIS only; write what it"
                " looks up as a <rewriteMap> of this name, and remove the provider",
            )
        elif name.lower() not in maps:
            yield (
                "rewrite-map-missing",
                f"looks up {{{name}:…}}, and there is no such rewrite map: requests that it is needed for are"
                f' answered with 500.52; add <rewriteMap name="{name}">',
            )


def _of_variables(rule: Rule, allowed: frozenset[str]) -> Iterator[tuple[str, str]]:
    if rule.is_global:
        return
    for each in rule.sets:
        if each.name not in allowed:
            yield (
                "server-variable-not-allowed",
                f"sets {each.name}, which <allowedServerVariables> does not list: requests that it fires for"
                f' are answered with 500.50, as on IIS; add <add name="{each.name}" /> to it',
            )
