"""The checks that need an environment of their own: `nox --list`, `nox --session no_pytest`.

Each session but `lint` tests the wheel, as users get it, where an import can find only the wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "tests-3.11", "no_pytest", "no_xdist", "beside", "typing"]

ROOT = Path(__file__).parent
PACKAGE = "pytest_arc"


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The whole suite against the installed wheel."""
    _install_wheel(session, "dev")
    _enter_folder_without_package(session)
    session.run("python", "-m", "pytest", "-n", "auto", "--maxprocesses", "4", *session.posargs)


@nox.session(python="3.11")
def no_pytest(session: nox.Session) -> None:
    """`arc` needs no pytest: with it uninstalled, the demonstration is laid out and still passes its gate."""
    _install_wheel(session, "core")
    session.run("python", "-m", "pip", "uninstall", "--quiet", "--yes", "pytest")
    session.chdir(_make_folder(session, "empty"))
    session.run("python", "-c", "import pytest", success_codes=[1], silent=True)
    session.run("arc", "init", "--demo")
    session.run("arc", "validate", "configs")
    session.run("arc", "run", "configs/finance_agent_v2.yaml")


@nox.session(python="3.11")
def no_xdist(session: nox.Session) -> None:
    """The suite where pytest-xdist is not installed; the tests of distribution are skipped."""
    _install_wheel(session, "dev")
    session.run("python", "-m", "pip", "uninstall", "--quiet", "--yes", "pytest-xdist")
    _enter_folder_without_package(session)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.11")
def beside(session: nox.Session) -> None:
    """Plugins that many have installed change no verdict."""
    _install_wheel(session, "beside")
    _enter_folder_without_package(session)
    # They are switched on one by one in processes of their own; this one has none of them.
    session.env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    session.run("python", "-m", "pytest", "tests/beside/check_verdicts.py", *session.posargs)


@nox.session(python="3.11")
def typing(session: nox.Session) -> None:
    """The public names, type-checked as users meet them, by both checkers."""
    _install_wheel(session, "dev")
    _enter_folder_without_package(session)
    session.run("mypy", "tests/typing")
    session.run("pyright", "tests/typing")


@nox.session(python="3.11")
def lint(session: nox.Session) -> None:
    """What `make lint` checks."""
    session.install("--require-hashes", "-r", "requirements/dev.txt")
    session.install("--no-deps", "--no-build-isolation", "--editable", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-logo", "--no-cache")
    session.run("pyright")


def _install_wheel(session: nox.Session, lock: str) -> None:
    """Install the locked requirements and a wheel built from this checkout."""
    wheels = _make_folder(session, "wheels")
    session.install("--require-hashes", "-r", f"requirements/{lock}.txt")
    build = ["python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    session.run(*build, "--wheel-dir", str(wheels), str(ROOT))
    session.install("--no-deps", "--force-reinstall", *map(str, wheels.glob("*.whl")))


def _enter_folder_without_package(session: nox.Session) -> None:
    """Go to a copy of the checkout without the package."""
    folder = _make_folder(session, "checkout")
    listing = session.run("git", "ls-files", "-z", external=True, silent=True)
    for name in str(listing).rstrip("\0").split("\0"):
        if not name.startswith(f"{PACKAGE}/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    session.chdir(folder)


def _make_folder(session: nox.Session, name: str) -> Path:
    folder = Path(session.create_tmp()) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
