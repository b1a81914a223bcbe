"""A `web.config` that maps Python and names no app: an app setting names it."""

from __future__ import annotations

from webstead.plan import Overrides, make_plan
from webstead.plan.model import Plan
from webstead.project.tree import MemoryTree
from webstead.settings import Setting

APP = b"def app(environ, start_response):\n    return []\n\nother = app\n"


def plan_of(app_settings: str = "", **given: str) -> Plan:
    config = f"""<configuration>{app_settings}<system.webServer><handlers>
      <add name="p" path="*" verb="*" modules="FastCgiModule" scriptProcessor="python.exe|wfastcgi.py" />
    </handlers></system.webServer></configuration>"""
    settings = tuple(Setting.of(name, value, "app setting") for name, value in given.items())
    tree = MemoryTree({"web.config": config.encode(), "shop.py": APP, "store.py": APP})
    return make_plan(tree, Overrides(settings=settings))


def test_the_app_setting_names_the_app() -> None:
    plan = plan_of(WSGI_HANDLER="shop.other")
    assert plan.start is not None
    assert plan.start.target == "shop:other"
    assert plan.start.evidence[0].path == "app setting"


def test_the_file_s_own_word_counts_first() -> None:
    named = '<appSettings><add key="WSGI_HANDLER" value="store.app" /></appSettings>'
    plan = plan_of(named, WSGI_HANDLER="shop.other")
    assert plan.start is not None
    assert plan.start.target == "store:app"


def test_the_app_behind_a_proxy_may_be_a_setting() -> None:
    proxied = '<appSettings><add key="WSGI_HANDLER" value="ptvs_virtualenv_proxy.handler()" /></appSettings>'
    plan = plan_of(proxied, WSGI_ALT_VIRTUALENV_HANDLER="shop.app")
    assert plan.start is not None
    assert plan.start.target == "shop:app"


def test_without_either_it_is_asked_for() -> None:
    assert plan_of().start is None


def test_settings_of_django_reach_the_process() -> None:
    plan = plan_of(WSGI_HANDLER="shop.app", DJANGO_SETTINGS_MODULE="shop.production")
    settings = {setting.name: setting.text for setting in plan.processes[0].environment}
    assert settings["DJANGO_SETTINGS_MODULE"] == "shop.production"
