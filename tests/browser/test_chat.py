"""The chat example, in real browsers that share one room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as condition
from selenium.webdriver.support.wait import WebDriverWait

from tests.live import REPOSITORY, live

pytestmark = pytest.mark.needs("chromium", "chromedriver")

CHROMIUM = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def browser(profile: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in (*CHROMIUM, f"--user-data-dir={profile}"):
        options.add_argument(word)
    driver = Chrome(options, ChromeService("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def join(visitor: Chrome, url: str, name: str) -> None:
    visitor.get(url)
    visitor.find_element(By.ID, "name").send_keys(name, Keys.ENTER)
    WebDriverWait(visitor, 20).until(condition.visibility_of_element_located((By.ID, "text")))


def say(visitor: Chrome, text: str) -> None:
    visitor.find_element(By.ID, "text").send_keys(text, Keys.ENTER)


def wait_for(visitor: Chrome, text: str) -> None:
    WebDriverWait(visitor, 20).until(condition.text_to_be_present_in_element((By.ID, "lines"), text))


def test_two_people_read_each_other(tmp_path: Path) -> None:
    with (
        live(REPOSITORY / "examples" / "fastapi-chat") as up,
        browser(tmp_path / "ada") as ada,
        browser(tmp_path / "bob") as bob,
    ):
        url = up.ready()
        join(ada, url, "Ada")
        join(bob, url, "Bob")
        wait_for(ada, "Bob came in")
        say(ada, "good morning ☀ <b>all</b>")
        wait_for(bob, "good morning ☀ <b>all</b>")
        say(bob, "hello")
        wait_for(ada, "hello")
        bob.get("about:blank")
        wait_for(ada, "Bob left")
        assert up.interrupt() == 0
