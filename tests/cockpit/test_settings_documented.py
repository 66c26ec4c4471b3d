"""Every environment variable that the code reads is in docs/settings.md, and the other way round."""

import ast
import re
from collections.abc import Iterator

from cockpit.launch.plan import ROOT

PACKAGES = ("cockpit", "approvals", "dashboards", "integrations", "delivery")
READERS = {"env", "env_bool", "env_list", "getenv"}
# Not ours: the system's, Python's, Django's, and the request's in a WSGI server.
FOREIGN = {"PATH", "DJANGO_SETTINGS_MODULE"}
REQUEST = re.compile(r"HTTP_|REQUEST_|CONTENT_|PATH_INFO|REMOTE_ADDR|wsgi\.")


def first_text(node: ast.Call | ast.Subscript) -> str:
    argument = node.slice if isinstance(node, ast.Subscript) else node.args[0] if node.args else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""


def reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value) in {"os.environ", "environ"}
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called in READERS or called in {"os.environ.get", "environ.get", "os.getenv", "os.environ.setdefault"}


def names_read(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if reads_environment(node) and (name := first_text(node)):
            yield name


def names_in_code() -> set[str]:
    files = [ROOT / "manage.py", *(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))]
    found = {name for file in files for name in names_read(file.read_text())}
    return {name for name in found if name not in FOREIGN and not REQUEST.match(name)}


def names_in_docs() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))


class TestSettings:
    def test_are_all_documented(self):
        assert names_in_code() - names_in_docs() == set()

    def test_are_documented_only_while_something_reads_them(self):
        files = [ROOT / "tests" / "conftest.py", *(ROOT / "tests" / "live").rglob("*.py")]
        files += [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
        code = "\n".join(file.read_text() for file in files)
        assert {name for name in names_in_docs() if not re.search(rf"\b{name}\b", code)} == set()

    def test_are_found_however_they_are_read(self):
        source = 'env("A"); os.environ["B"]; environ.get("C", ""); env_bool("D", "0"); os.getenv("E"); other("F")'
        assert set(names_read(source)) == {"A", "B", "C", "D", "E"}
