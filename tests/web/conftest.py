"""What the web tests share: the strict page check and a site that shows every part of the shell."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server


def _beside(name: str) -> ModuleType:
    """A module of this folder; the tests are not a package, so it is loaded by its file."""
    spec = importlib.util.spec_from_file_location(
        f"tests_web_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def page_checker() -> Callable[..., None]:
    """`check(html)`: fails with every fault of a page (see page_checks.py)."""
    check: Callable[..., None] = _beside("page_checks").check_page
    return check


@pytest.fixture(scope="session")
def showcase() -> ModuleType:
    """A small site with a page of every part, for the shell's own tests (see showcase.py)."""
    return _beside("showcase")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's own Chromium, kept from talking to anybody."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("NO CHROMIUM FOUND: the browser tests did not run")
    args = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium refuses its sandbox to root, as in containers
    return {**browser_type_launch_args, "executable_path": found, "args": args}


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Flask], str]]:
    """`serve(app)`: the app on a free loopback port, its address; stopped after the tests."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()
