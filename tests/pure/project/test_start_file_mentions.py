"""Targets that a project's start files name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.mentions import DEPLOYED, DEVELOPED, TOLD, read_mentions
from webstead.project.tree import MemoryTree


@pytest.mark.parametrize(
    ("path", "line", "targets"),
    [
        ("Dockerfile", 'CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0"]', ["app.main:app"]),
        ("Dockerfile", "# CMD uvicorn old:app", []),
        ("Dockerfile", "FROM python:3.12", []),
        ("docker-compose.yml", "  command: gunicorn 'shop:create_app()'", ["shop:create_app()"]),
        ("start.sh", "exec gunicorn --bind :8000 shop.wsgi:application", ["shop.wsgi:application"]),
        ("README.md", "Run `uvicorn main:app`", ["main:app"]),
        (".flaskenv", "FLASK_APP=shop/web.py", ["shop.web"]),
        ("heroku.yml", "  web: uvicorn main:app", ["main:app"]),
        ("apprunner.yaml", "  command: uvicorn main:app", ["main:app"]),
        (".ebextensions/python.config", "    WSGIPath: src.site:web", ["src.site:web"]),
        (".ebextensions/python.config", "    WSGIPath: src/site.py", ["src.site:application"]),
        ("k8s/web.yaml", '  args: ["main:app", "--port", "80"]', ["main:app"]),
        ("gunicorn.conf.py", 'wsgi_app = "main:make()"', ["main:make()"]),
        ("bin/docker-server", "exec gunicorn main:app", ["main:app"]),
        ("Pipfile", 'web = "uvicorn main:app"', ["main:app"]),
        ("package.json", '"start": "uvicorn main:app"', ["main:app"]),
        (".vscode/launch.json", '"args": ["main:app"]', ["main:app"]),
        ("Makefile", "\tpython -m flask --app shop run", ["shop"]),
        ("Makefile", "\tflask --app=shop.web:make run", ["shop.web:make"]),
        ("config/web.yaml", "main:app", []),
        ("notes.txt", "uvicorn main:app", []),
        ("deep/er/and/deeper/start.sh", "uvicorn main:app", []),
    ],
)
def test_targets_in_start_files(path: str, line: str, targets: list[str]) -> None:
    tree = MemoryTree({path: line + "\n"})
    found = [mention.target for mention in read_mentions(tree, tree.files())]
    assert [target for target in found if not target.startswith("python:")] == targets


@pytest.mark.parametrize(
    ("path", "text", "target", "folder"),
    [
        ("Dockerfile", "WORKDIR /app/api\nCMD gunicorn main:app\n", "main:app", "api"),
        ("Dockerfile", 'CMD ["gunicorn", "--chdir", "api", "main:app"]\n', "main:app", "api"),
        ("render.yaml", "  rootDir: web/api\n  startCommand: uvicorn main:app\n", "main:app", "web/api"),
        ("api/Procfile", "web: gunicorn main:app\n", "main:app", "api"),
        ("start.sh", "cd api\ngunicorn shop.wsgi\n", "shop.wsgi", "api"),
        ("Dockerfile", 'WORKDIR /code\nCMD ["fastapi", "run", "app/main.py"]\n', "app.main", ""),
        ("Dockerfile", 'CMD ["python", "-u", "serve.py"]\n', "serve", ""),
        ("uwsgi.ini", "[uwsgi]\nchdir = api\nmodule = shop\ncallable = web\n", "shop:web", "api"),
        ("uwsgi.ini", "wsgi-file = serve.py\n", "serve", ""),
        ("railway.json", '{"deploy": {"startCommand": "uvicorn a.b:c --port $PORT"}}\n', "a.b:c", ""),
        ("railway.json", '"startCommand": "cd api && uvicorn a.b:c"', "a.b:c", "api"),
        ("supervisord.conf", "directory=/srv/api\ncommand=/usr/bin/gunicorn a.b:c\n", "a.b:c", "api"),
    ],
)
def test_the_folder_in_which_a_target_is_started(path: str, text: str, target: str, folder: str) -> None:
    tree = MemoryTree({path: text, "api/main.py": "", "web/api/main.py": ""})
    assert [(found.target, found.folder) for found in read_mentions(tree, tree.files())] == [(target, folder)]


def test_what_deploys_weighs_more_than_what_tells() -> None:
    names = ("Dockerfile", "Makefile", "README.md")
    tree = MemoryTree(dict.fromkeys(names, "run: uvicorn a:b\n"))
    found = {mention.evidence.path: mention.weight for mention in read_mentions(tree, tree.files())}
    assert found == {"Dockerfile": DEPLOYED, "Makefile": DEVELOPED, "README.md": TOLD}


@given(st.sampled_from(["Dockerfile", "uwsgi.ini", "README.md", ".flaskenv"]), st.text(max_size=200))
def test_no_text_breaks_the_reader(name: str, text: str) -> None:
    tree = MemoryTree({name: text})
    assert all(mention.target for mention in read_mentions(tree, tree.files()))
