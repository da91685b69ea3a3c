"""The house's own rules: floors that hold and are really checked, short files, said words, no loose ends."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    file
    for room in ("hub", "channels")
    for file in (ROOT / room).rglob("*.py")
    if "migrations/versions" not in str(file) and "static" not in file.parts
)
LONGEST = 300
NAMES_THAT_SAY_NOTHING = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|home/\w+|root|Users/\w+)/")


def lint_imports(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--config", str(root / "pyproject.toml"), *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_floors_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


PLANTED = [
    ("hub/model/identity.py", "hub.store.ids"),
    ("hub/capture/people.py", "hub.desk"),
    ("hub/store/ids.py", "hub.capture.capture"),
    ("hub/web/services.py", "hub.sandbox.mailbox"),
    ("hub/web/keys.py", "channels.sms"),
    ("channels/maildir.py", "hub.store.ids"),
    ("channels/maildir.py", "channels.sms"),
]


def test_every_planted_violation_is_caught(tmp_path: Path) -> None:
    for room in ("hub", "channels"):
        ignored = shutil.ignore_patterns("__pycache__", "static", "versions")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, module in PLANTED:
        planted = tmp_path / file
        planted.write_text(f"{planted.read_text('utf-8')}\nimport {module}\n", "utf-8")
    done = lint_imports(tmp_path, "--no-cache")
    assert done.returncode != 0
    for file, module in PLANTED:
        importer = file.removesuffix(".py").replace("/", ".")
        assert re.search(rf"{re.escape(importer)} -> {re.escape(module)}\b", done.stdout), f"{importer} -> {module}"


def test_files_are_short_and_named_by_their_topic() -> None:
    assert {_name(file): _lines(file) for file in FILES if _lines(file) > LONGEST} == {}
    vague = [
        file for file in FILES if any(NAMES_THAT_SAY_NOTHING.search(part) for part in (file.stem, file.parent.name))
    ]
    assert vague == []


def test_no_file_leaves_loose_ends_or_names_a_machine() -> None:
    loose = re.compile(rf"\b(TODO|FIXME|XXX|HACK|raise NotImplementedError)\b|{MACHINE_PATH.pattern}")
    found = {_name(file): match[0] for file in FILES if (match := loose.search(file.read_text("utf-8")))}
    assert found == {}


def test_no_error_is_passed_over_without_a_reason() -> None:
    assert [place for file in FILES for place in _silences(file)] == []


def test_what_is_public_says_what_it_is() -> None:
    assert [place for file in FILES for place in _undocumented(file)] == []


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _lines(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


def _silences(file: Path) -> Iterator[str]:
    text = file.read_text("utf-8")
    if "pass" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        silent = isinstance(node, ast.ExceptHandler) and [type(each) for each in node.body] == [ast.Pass]
        if silent and "#" not in "".join(text.splitlines()[node.lineno - 1 : node.body[0].end_lineno]):
            yield f"{_name(file)}:{node.lineno}"


# What serves a route is described where the route is; one statement is its own description.
_SERVES = re.compile(r"\b(web\.)?Request\b|\(router|def (routes|register)\(")


def _undocumented(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text("utf-8"))
    if tree.body and not ast.get_docstring(tree):
        yield f"{_name(file)}:1"
    for node in tree.body:
        public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_"
        if public and not ast.get_docstring(node) and not _says_itself(node):
            yield f"{_name(file)}:{node.lineno} {node.name}"


def _says_itself(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """An error, an enum or a record of plain fields; one statement; what serves a route."""
    if isinstance(node, ast.ClassDef):
        return not any(isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) for member in node.body)
    if any("summary=" in ast.unparse(each) for each in node.decorator_list):
        return True
    head = f"def {node.name}({ast.unparse(node.args)}"
    return len(node.body) == 1 or _SERVES.search(head) is not None
