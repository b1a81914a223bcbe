from __future__ import annotations

import json
import time
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.settings import OPTIONS, Secret, Setting, looks_secret


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("SECRET_KEY", "x", True),
        ("DJANGO_SECRET_KEY", "x", True),
        ("API_TOKEN", "x", True),
        ("DB_PASSWORD", "x", True),
        ("STRIPE_KEY", "x", True),
        ("DATABASE_URL", "postgres://me:hunter2@db/shop", True),
        ("DATABASE_URL", "sqlite:///db.sqlite3", False),
        ("STATIC_URL", "/static/", False),
        ("DEBUG", "1", False),
        ("KEYBOARD", "de", False),
        ("WSGI_HANDLER", "app.app", False),
        ("JWT_PRIVATEKEY", "x", True),
        ("DB_PASS", "x", True),
        ("SMTP_PASS", "x", True),
        ("smtpPass", "x", True),
        ("DBPASS", "x", True),
        ("GPG_PASS_PHRASE", "x", True),
        ("DB_PWD", "x", True),
        ("AZURE_STORAGE_SAS", "x", True),
        ("AZURE_STORAGE_CONNECTION_STRING", "x", True),
        ("SQLAZURECONNSTR_Main", "x", True),
        ("CUSTOMCONNSTR_Main", "x", True),
        ("SLACK_WEBHOOK_URL", "https://hooks.slack.example/services/T/B/x", True),
        ("TEAMS_WEBHOOK", "https://teams.example/x", True),
        ("WEBHOOK_RETRIES", "3", False),
        ("PWD", "/home/site/wwwroot", False),
        ("OLDPWD", "/home", False),
        ("BYPASS", "1", False),
        ("CACHE_BYPASS", "1", False),
        ("COMPASS", "north", False),
        ("MONKEY", "1", False),
        ("KEY_VAULT_NAME", "vault", False),
        ("BROKER", "amqp://u:p@h", True),
        ("DATABASE", "postgres://u:p@h/d?sslmode=require", True),
        ("CACHE", "redis://:p@h:6379/0", True),
        ("HOSTS", "http://a.example, mongodb://u:p@h1,h2/d", True),
        ("MIRROR", "https://ghp_x@github.example/a.git", True),
        ("DATABASE", "postgres://u@h/d", False),
        ("REPOSITORY", "ssh://git@github.example/a.git", False),
        ("API", "http://127.0.0.1:8080/v1/@me", False),
        ("ORIGINS", "https://a.example,https://b.example:8443", False),
        ("ADMIN", "Ada <ada@example.org>", False),
        ("WEBSITE_RUN_FROM_PACKAGE", "https://a.example/p.zip?sv=2023&sig=abc%3D", True),
        ("WEBSITE_RUN_FROM_PACKAGE", "1", False),
        ("FUNCTION", "https://f.example/api/x?code=abc", True),
        ("MAPS", "https://maps.example/js?v=3&key=abc", True),
        ("CALLBACK", "https://a.example/?next=%2F&page=2", False),
        ("JDBC", "jdbc:postgresql://h/d?user=u&password=p", True),
        ("AzureWebJobsStorage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==", True),
        ("BUS", "Endpoint=sb://b.example/;SharedAccessKeyName=n;SharedAccessKey=k=", True),
        ("SQL", "Server=h;Database=d;User Id=u;Password=p;", True),
        ("SQL", "Server=h;Database=d;Uid=u;Pwd='p'", True),
        ("SQL", "Server=h;Database=d;Trusted_Connection=yes", False),
        ("REDIS", "h:6380,password=p,ssl=True", True),
        ("PG", "host=h user=u password = p dbname=d", True),
        ("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=p", True),
        ("ACCOUNT", '{"type": "service_account", "private_key": "k"}', True),
        ("CERTIFICATE", "-----BEGIN RSA PRIVATE KEY-----\nMII", True),
        ("CERTIFICATE", "-----BEGIN CERTIFICATE-----\nMII", False),
        ("UVICORN_ARGS", "--workers=2 --log-level=info", False),
        ("SORTED", "key=name", False),
        ("PATH", "/usr/bin:/bin", False),
        ("TITLE", "Is 1 = 1? Of course & always", False),
    ],
)
def test_names_and_values_that_are_masked(name: str, value: str, secret: bool) -> None:
    assert looks_secret(name, value) is secret


_WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
_ANY = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
_FILLING = st.text("abc=;&?:/@, '\"", max_size=40)


@given(_WORD, _ANY, _WORD, st.sampled_from(["amqp", "postgres", "redis", "https", "mysql+pymysql"]), _FILLING)
def test_an_address_with_a_password_is_masked_whatever_the_password(
    user: str, password: str, host: str, scheme: str, before: str
) -> None:
    address = f"{scheme}://{user}:{quote(password, safe='')}@{host}.example/path"
    assert looks_secret("ANY", address)
    assert looks_secret("ANY", f"{before} {address}")


@given(
    st.sampled_from(
        ["sig", "token", "key", "code", "access_token", "api-key", "client_secret", "X-Amz-Signature"]
    ),
    st.dictionaries(_WORD, _WORD, max_size=3),
    _ANY,
)
def test_an_address_with_a_secret_in_its_query_is_masked(
    name: str, others: dict[str, str], text: str
) -> None:
    query = urlencode({**others, name: text})
    assert looks_secret("ANY", f"https://a.example/p.zip?{query}")


@given(
    st.sampled_from(
        ["AccountKey", "SharedAccessKey", "Password", "Pwd", "pwd", "PASSWORD", "SharedAccessSignature"]
    ),
    st.dictionaries(_WORD, _WORD, max_size=3),
    st.text(
        st.characters(exclude_categories=("C", "Z"), exclude_characters=";,&\"'"), min_size=1, max_size=30
    ),
    st.sampled_from([";", "; ", ","]),
)
def test_a_connection_string_with_a_secret_is_masked(
    name: str, others: dict[str, str], text: str, between: str
) -> None:
    parts = [f"{key}={value}" for key, value in others.items()]
    assert looks_secret("ANY", between.join([*parts, f"{name}={text}"]))
    assert looks_secret("ANY", between.join([f"{name}={text}", *parts]))


@given(st.text(), st.text())
def test_any_name_and_value_may_be_asked_about(name: str, value: str) -> None:
    if looks_secret(name):
        assert looks_secret(name, value), "what is secret by its name is so with any value"


def test_a_long_value_is_looked_through_in_no_time() -> None:
    for piece in ("a", " ", "=", "a=", "://", ":@", "?a", '"', "a:", "a-", "http://a:", "a://b:c "):
        began = time.process_time()
        looks_secret("ANY", piece * (1 << 16))
        assert time.process_time() - began < 1, piece


@given(st.text(min_size=4, alphabet="abcdefghijk"))
def test_a_secret_never_shows_its_text(text: str) -> None:
    secret = Secret(text)
    assert text not in f"{secret}{secret!r}{secret!s}"
    assert secret.reveal() == text


def test_a_secret_setting_is_masked_in_json_and_whole_for_the_process() -> None:
    setting = Setting.of("SECRET_KEY", "hunter2", "web.config:4")
    assert "hunter2" not in json.dumps(setting.as_json())
    assert "hunter2" not in repr(setting)
    assert setting.text == "hunter2"
    assert setting.as_json()["origin"] == "web.config:4"


def test_every_option_has_its_own_flag_variable_and_words() -> None:
    for name, option in OPTIONS.items():
        assert option.name == name
        assert option.flag in ("", "--" + name.replace("_", "-"))
        assert option.variable in ("", f"WEBSTEAD_{name.upper()}")
        assert option.flag or option.variable
        assert option.doc.endswith(".")
