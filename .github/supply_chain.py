"""What this project is made of, and whether it may be: `make supply-chain`, and CI on each build.

    python .github/supply_chain.py                     everything below, for the wheel of this checkout
    python .github/supply_chain.py sbom PYTHON FILE    the CycloneDX SBOM of an environment, validated
    python .github/supply_chain.py licenses PYTHON     the licences of an environment, against licenses.txt
    python .github/supply_chain.py audit               known vulnerabilities of what is locked

The environment of a wheel is the wheel and what it needs at run time, in the locked versions: nothing of
what builds or tests it. Everything is written to build/supply.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pytest_arc.errors import LoadError
from pytest_arc.supply.licenses import AllowList, Package, load_allow_list

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "supply"
LICENSES = ROOT / ".github" / "licenses.txt"
CORE = ROOT / "requirements" / "core.txt"
DENIED = "GPL"
"""In any part of an expression: also of LGPL, AGPL and `MIT AND GPL-3.0-only`."""


class Refused(Exception):
    """Something is not as it must be."""


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments:
            case []:
                _check_all()
            case ["sbom", python, file]:
                _say(make_sbom(Path(python).absolute(), Path(file).absolute()))
            case ["licenses", python]:
                _say(check_licenses(Path(python).absolute()))
            case ["audit"]:
                _say(audit())
            case _:
                print(__doc__, file=sys.stderr)
                return 4
    except (Refused, LoadError) as error:
        print(f"supply chain: {error}", file=sys.stderr)
        return 1
    return 0


def _check_all() -> None:
    wheel = build_wheel(BUILD / "dist")
    python = make_environment(wheel, BUILD / "environment")
    _say(make_sbom(python, BUILD / "bom.json"))
    _say(check_licenses(python))
    # What the suite runs with contains every extra.
    _say(check_licenses(Path(sys.executable)))
    _say(audit())


def _say(line: str) -> None:
    print(f"supply chain: {line}", flush=True)


# The environment of the wheel.


def build_wheel(folder: Path) -> Path:
    """The only wheel in the folder, built from this checkout."""
    shutil.rmtree(folder, ignore_errors=True)
    _run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_environment(wheel: Path, folder: Path) -> Path:
    """An environment with the wheel and what it needs; its Python."""
    venv.create(folder, clear=True, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = ("pip", "--disable-pip-version-check", "install", "--quiet")
    _run(*pip, "--require-hashes", "--requirement", CORE, python=python)
    _run(*pip, "--no-deps", wheel, python=python)
    # The lock also holds what builds the package.
    site = next(path for path in folder.rglob("site-packages"))
    found = {canonicalize_name(each.metadata["Name"]): each for each in distributions(path=[str(site)])}
    spare = sorted(found.keys() - set(_list_needed("pytest-arc", found)))
    _run("pip", "uninstall", "--quiet", "--yes", *spare, python=python)
    return python


def _list_needed(name: str, found: dict[str, Distribution]) -> Iterator[str]:
    """A package and all that it needs at run time, of those that were found."""
    waiting, seen = [name], {name}
    while waiting:
        name = waiting.pop()
        yield name
        for text in found[name].requires or ():
            needed = Requirement(text)
            other = canonicalize_name(needed.name)
            if other not in seen and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                waiting.append(other)
                seen.add(other)


# What is asked of an environment.


def make_sbom(python: Path, file: Path) -> str:
    """Write the SBOM of an environment, held against the schema by the program that writes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    output = ("--sv", "1.6", "--output-reproducible", "--of", "JSON", "--validate", "-o", file)
    _run("cyclonedx_py", "environment", *output, python)
    components = json.loads(file.read_text(encoding="utf-8")).get("components", [])
    if not components:
        raise Refused(f"{file} lists no package: {python} has none")
    return f"{file} lists {len(components)} packages"


def check_licenses(python: Path) -> str:
    """Raise Refused unless every licence is allowed to the letter and none has a part that is denied."""
    allowed = load_allow_list(LICENSES)
    packages = _list_packages(python)
    if not packages:
        raise Refused(f"{python} has no package whose licence could be checked")
    # pip-licenses is content when one of several classifiers is allowed; we want the whole to be.
    if strangers := allowed.list_strangers(packages):
        told = "".join(f"\n  {package.name} {package.version}: {package.license}" for package in strangers)
        raise Refused(f"{allowed.path} does not allow the licences of{told}")
    looked_at = _name_releases(allowed, packages)
    # Never with --partial-match: 'MIT' would be found in 'MIT AND GPL-3.0-only'.
    _ask_licenses(python, *looked_at, "--allow-only", ";".join(sorted(allowed.expressions)))
    _ask_licenses(python, *looked_at, "--fail-on", DENIED, "--partial-match")
    return f"the licences of {len(packages)} packages of {python} are allowed"


def _list_packages(python: Path) -> list[Package]:
    listed = json.loads(_ask_licenses(python, "--format=json"))
    return [Package(each["Name"], each["Version"], each["License"]) for each in listed]


def _name_releases(allowed: AllowList, packages: Sequence[Package]) -> list[str]:
    """The named exceptions: releases that were looked at by hand."""
    names = [p for p in packages if p.version in allowed.releases.get(canonicalize_name(p.name), ())]
    return ["--ignore-packages", *(f"{p.name}:{p.version}" for p in names)] if names else []


def _ask_licenses(python: Path, *arguments: str) -> str:
    return _run("piplicenses", "--from=mixed", "--with-system", f"--python={python}", *arguments)


def audit() -> str:
    """Ask for known vulnerabilities of what is locked. Without an answer: refused in CI, said elsewhere."""
    locks = [part for lock in ("core", "dev") for part in ("-r", str(ROOT / "requirements" / f"{lock}.txt"))]
    options = ("--progress-spinner=off", "--format=json", "--require-hashes", "--disable-pip")
    done = _start("pip_audit", *options, *locks)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _leave_unaudited(done.stderr.strip().rpartition("\n")[2])
    if vulnerable := [package for package in found if package.get("vulns")]:
        told = (f"{package['name']} {package['version']}: {_name_all(package)}" for package in vulnerable)
        raise Refused("known vulnerabilities:" + "".join(f"\n  {line}" for line in told))
    # What a registry does not know it passes over, and calls the rest clean.
    if skipped := [package["skip_reason"] for package in found if "skip_reason" in package]:
        return _leave_unaudited(f"{len(skipped)} of {len(found)} packages: {skipped[0]}")
    return f"no known vulnerability in {len(found)} locked packages"


def _name_all(package: dict[str, Any]) -> str:
    return ", ".join(each["id"] for each in package["vulns"])


def _leave_unaudited(why: str) -> str:
    if os.environ.get("CI"):
        raise Refused(f"not audited: {why}")
    return f"NOT AUDITED here, where the service has no answer (CI refuses that): {why}"


def _run(module: str, *arguments: object, python: Path = Path(sys.executable)) -> str:
    """What a module run by Python prints. Raises Refused with what it complains of."""
    done = _start(module, *arguments, python=python)
    if done.returncode:
        raise Refused(f"{module} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _start(
    module: str, *arguments: object, python: Path = Path(sys.executable)
) -> subprocess.CompletedProcess[str]:
    # Away from the checkout: pip-licenses reads settings from the pyproject.toml where it stands.
    command = [str(python), "-P", "-m", module, *map(str, arguments)]
    return subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, encoding="utf-8", check=False
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
