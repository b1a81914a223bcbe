"""The Dockerfile that `oryx dockerfile` writes: one stage that builds, one that starts."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Dockerfile", "check_port", "dockerfile", "image_reference", "image_version"]

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:-]*[a-z0-9]:[\w][\w.-]{0,127}", re.ASCII)
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """build_image, run_image: with their tags. python: the version to ask for; "" leaves it to the project.
    install: the words that bring Webstead into an image. port: "" for the default of the script."""

    build_image: str
    run_image: str
    python: str = ""
    port: str = ""
    install: str = "pip install --no-cache-dir webstead"


def image_reference(text: str) -> str:
    """A build image as IMAGE:TAG. Raises ValueError."""
    if not _IMAGE.fullmatch(text):
        raise ValueError(f"'{text}' is no image with a tag; write IMAGE:TAG, for example python:3.13-slim.")
    return text


def check_port(text: str) -> str:
    """Raises ValueError for what is none from 0 to 65535."""
    if text and not (text.isascii() and text.isdigit() and int(text[:6]) <= _HIGHEST_PORT):
        raise ValueError(f"The bind port '{text}' is invalid; it is a number from 0 to {_HIGHEST_PORT}.")
    return text


def dockerfile(what: Dockerfile) -> str:
    version = f" --platform-version {what.python}" if what.python else ""
    port = f" -bindPort {what.port}" if what.port else ""
    expose = f"EXPOSE {what.port}\n" if what.port else ""
    return f"""\
FROM {what.build_image} AS build
RUN {what.install}
WORKDIR /app
COPY . .
RUN oryx build /app --output /output --platform python{version} -p virtualenv_name=antenv

FROM {what.run_image}
RUN {what.install}
COPY --from=build /output /app
RUN oryx create-script -appPath /app -output /app/run.sh{port}
{expose}ENTRYPOINT ["/app/run.sh"]
"""


def image_version(version: str) -> str:
    """The tag of Docker's own Python images for what a plan asks for: a version, or the lowest of a range."""
    numbers = re.findall(r"\d+(?:\.\d+){0,2}", version, re.ASCII)
    return numbers[0] if numbers else "3"
