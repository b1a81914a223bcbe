"""What the files say of how processes are held, as the plan has it: what is written, each with its place."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.schema.processes import ASP_NET_CORE, FASTCGI
from webstead.plan import Overrides, Plan, as_json, as_text, make_plan
from webstead.plan.policies import MOST_INSTANCES
from webstead.policies import MEANINGS, NO_POLICIES, Policies, Written
from webstead.project import MemoryTree

FASTCGI_CONFIG = """<configuration>
  <appSettings><add key="WSGI_HANDLER" value="app.app" /></appSettings>
  <system.webServer>
    <handlers><add name="py" path="*" verb="*" modules="FastCgiModule"
      scriptProcessor="C:\\python.exe|C:\\wfastcgi.py" /></handlers>
    <fastCgi>
      <application fullPath="C:\\python.exe" arguments="C:\\wfastcgi.py"
        {attributes} />
    </fastCgi>
  </system.webServer>
</configuration>"""
PLATFORM_CONFIG = """<configuration>
  <system.webServer>
    <handlers><add name="py" path="*" verb="*" modules="{module}" /></handlers>
    <{section} processPath="python" arguments="app.py"
      {attributes} />
  </system.webServer>
</configuration>"""


def plan(config: str, workers: int | None = None, app: str = "def app(e, s): ...\n") -> Plan:
    files = {"app.py": app, "requirements.txt": "", "web.config": config}
    return make_plan(MemoryTree(files), Overrides(running="3.12", workers=workers))


def fastcgi(attributes: str, workers: int | None = None, app: str = "def app(e, s): ...\n") -> Plan:
    return plan(FASTCGI_CONFIG.replace("{attributes}", attributes), workers, app)


def platform(attributes: str, section: str = "httpPlatform", workers: int | None = None) -> Plan:
    module = "httpPlatformHandler" if section == "httpPlatform" else "AspNetCoreModuleV2"
    return plan(PLATFORM_CONFIG.format(module=module, section=section, attributes=attributes), workers)


def written(made: Plan) -> dict[str, str]:
    return {field: str(each) for field, each in made.processes[0].policies.each()}


def test_a_file_that_writes_nothing_changes_nothing() -> None:
    assert fastcgi("").processes[0].policies == NO_POLICIES
    assert platform("").processes[0].policies == NO_POLICIES


@pytest.mark.parametrize(
    ("attribute", "field"),
    [
        ('maxInstances="3"', "instances"),
        ('idleTimeout="600"', "idle"),
        ('activityTimeout="30"', "silence"),
        ('requestTimeout="600"', "request"),
        ('instanceMaxRequests="200"', "requests"),
        ('queueLength="10"', "queue"),
        ('rapidFailsPerMinute="0"', "rapid_fails"),
        ('signalBeforeTerminateSeconds="5"', "grace"),
        ('stderrMode="TerminateProcess"', "stderr"),
    ],
)
def test_each_setting_of_a_fastcgi_application(attribute: str, field: str) -> None:
    made = fastcgi(attribute)
    assert written(made) == {field: f"{attribute} (web.config:8)"}
    assert f"{attribute} (web.config:8): {MEANINGS[field]}" in as_text(made)


@pytest.mark.parametrize(
    ("attribute", "field", "shown"),
    [
        ('processesPerApplication="2"', "instances", "2"),
        ('startupTimeLimit="20"', "startup", "20"),
        ('startupRetryCount="2"', "start_retries", "2"),
        ('rapidFailsPerMinute="1"', "rapid_fails", "1"),
        ('requestTimeout="00:05:00"', "answer", "300"),
        ('shutdownTimeLimit="20"', "grace", "20"),
        ('disableStartUpErrorPage="true"', "startup_page", "true"),
    ],
)
@pytest.mark.parametrize("section", ["httpPlatform", "aspNetCore"])
def test_each_setting_of_a_platform(section: str, attribute: str, field: str, shown: str) -> None:
    made = platform(attribute, section)
    name = attribute.partition("=")[0]
    assert written(made) == {field: f'{name}="{shown}" (web.config:5)'}


def test_zero_stands_for_no_bound_where_IIS_means_that() -> None:
    assert written(fastcgi('maxInstances="0" signalBeforeTerminateSeconds="0"')) == {}
    made = platform('startupTimeLimit="0" requestTimeout="00:00:00" disableStartUpErrorPage="false"')
    assert written(made) == {}


def test_the_count_of_instances() -> None:
    assert fastcgi("").processes[0].instances == 2
    assert fastcgi('maxInstances="3"').processes[0].instances == 3
    assert fastcgi('maxInstances="3"', workers=5).processes[0].instances == 5
    assert written(fastcgi('maxInstances="3"', workers=5)) == {}


def test_more_instances_than_are_sensible_are_not_started() -> None:
    made = fastcgi('maxInstances="10000"')
    assert made.processes[0].instances == MOST_INSTANCES
    (warning,) = [warning for warning in made.warnings if "maxInstances" in warning.text]
    assert warning.text.startswith("web.config:8: of 10000 instances")


@pytest.mark.parametrize(
    "attribute", ['idleTimeout="600"', 'activityTimeout="30"', 'requestTimeout="60"', 'queueLength="10"']
)
def test_what_depends_on_who_waits_bounds_the_requests_of_an_instance(attribute: str) -> None:
    assert fastcgi(attribute).processes[0].policies.at_once == 1
    asgi = "from fastapi import FastAPI\napp = FastAPI()\n"
    assert fastcgi(attribute, app=asgi).processes[0].policies.at_once == 0


def test_what_does_not_leaves_them_to_the_instance() -> None:
    assert fastcgi('instanceMaxRequests="200"').processes[0].policies.at_once == 0


def test_pipes_are_noted_and_need_no_warning() -> None:
    made = fastcgi('protocol="Tcp" flushNamedPipe="true"')
    assert written(made) == {}
    assert not [warning for warning in made.warnings if "pipe" in warning.text]


def test_every_attribute_of_the_schema_has_an_effect_or_is_named_here() -> None:
    """A new attribute of a table must be thought of."""
    elsewhere = {"fullPath", "arguments", "monitorChangesTo", "protocol", "flushNamedPipe"}
    items = FASTCGI.shape.items
    assert items is not None
    assert set(items.shape.attributes) - elsewhere == {
        *("maxInstances", "idleTimeout", "activityTimeout", "requestTimeout", "instanceMaxRequests"),
        *("queueLength", "rapidFailsPerMinute", "signalBeforeTerminateSeconds", "stderrMode"),
    }
    elsewhere = {"processPath", "arguments", "stdoutLogEnabled", "stdoutLogFile"}
    elsewhere |= {"forwardWindowsAuthToken", "hostingModel"}
    assert set(ASP_NET_CORE.shape.attributes) - elsewhere == {
        *("startupTimeLimit", "startupRetryCount", "shutdownTimeLimit", "rapidFailsPerMinute"),
        *("requestTimeout", "processesPerApplication", "disableStartUpErrorPage"),
    }


def test_every_policy_has_a_meaning() -> None:
    assert set(MEANINGS) == {field.name for field in fields(Policies)} - {"at_once"}


def test_the_plan_as_json_has_them() -> None:
    made = as_json(fastcgi('idleTimeout="600"'))["processes"]
    assert isinstance(made, list)
    assert made[0]["policies"] == {
        "at_once": 1,
        "idle": {"setting": "idleTimeout", "value": 600.0, "origin": "web.config:8"},
    }


texts = st.text(max_size=20)
numbers = st.none() | st.builds(
    lambda name, value, origin: Written(name, value, origin), texts, st.floats(0, 1e6), texts
)
words = st.none() | st.builds(lambda name, value, origin: Written(name, value, origin), texts, texts, texts)
policies = st.builds(
    Policies,
    **{field.name: numbers for field in fields(Policies) if field.name not in ("stderr", "startup_page")}
    | {"stderr": words, "startup_page": words, "at_once": st.integers(0, 512)},
)


@given(policies)
def test_policies_survive_their_json(made: Policies) -> None:
    assert Policies.from_json(json.loads(json.dumps(made.as_json()))) == made
