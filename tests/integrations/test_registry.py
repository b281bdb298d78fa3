"""The registry: every folder here, plug-ins by entry point, and nobody else."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from integrations.contract import Capability
from integrations.errors import Refused
from integrations.registry import PLUGINS, platform, slugs

ROOM = Path(__file__).parents[2] / "integrations"


def test_every_folder_is_a_platform_and_nothing_else_is() -> None:
    folders = sorted(path.parent.name for path in ROOM.glob("*/platform.py"))

    assert list(slugs()) == folders
    assert [platform(slug).slug for slug in slugs()] == folders
    assert len({platform(slug).label for slug in slugs()}) == len(folders)


@pytest.mark.parametrize("stranger", ["", "sage", "contract", "http", "..", "quickbooks.client", "Xero"])
def test_a_stranger_is_refused_with_the_names_that_are_known(stranger: str) -> None:
    with pytest.raises(Refused, match="quickbooks, stripe, xero"):
        platform(stranger)


def test_the_same_platform_is_given_every_time() -> None:
    assert all(platform(slug) is platform(slug) for slug in slugs())


BUILT: list[str] = []


def test_what_a_platform_decodes_is_built_before_two_threads_can_be_the_first() -> None:
    reply = msgspec.defstruct("Reply", [("told", "BUILT.append('told') or int")], module=__name__)

    platform.__wrapped__("stripe")

    assert BUILT == ["told"]
    assert msgspec.json.decode(b'{"told": 1}', type=reply) == reply(1)
    assert BUILT == ["told"]


def run(script: str, *folders: Path) -> str:
    """What a fresh interpreter prints."""
    lines = [f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}", script]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_naming_the_platforms_imports_none_of_them() -> None:
    script = "from integrations.registry import slugs; slugs()\nprint(*[m for m in sys.modules if m in SDKS])"

    assert run(f"SDKS = {{'stripe', 'quickbooks', 'xero_python', 'requests', 'urllib3'}}\n{script}") == ""


def test_one_platform_brings_only_its_own_sdk() -> None:
    script = "from integrations.registry import platform; platform('stripe')\nprint('xero_python' in sys.modules)"

    assert run(script) == "False"


PLUGIN = """
class Ledger:
    slug, label, capabilities = "ledger", "A Ledger", frozenset()
"""


def test_a_plug_in_is_found_by_its_entry_point(tmp_path: Path) -> None:
    (tmp_path / "a_ledger.py").write_text(PLUGIN)
    told = tmp_path / "a_ledger-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: a-ledger\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(f"[{PLUGINS}]\nledger = a_ledger:Ledger\n")

    said = run(
        "from integrations.registry import platform, slugs\nprint(*slugs())\n"
        "found = platform('ledger'); print(found.label, found is platform('ledger'), platform('xero').label)",
        tmp_path,
    )

    assert said.splitlines() == ["ledger quickbooks stripe xero", "A Ledger True Xero"]


def test_capabilities_are_words_of_the_contract() -> None:
    for slug in slugs():
        assert platform(slug).capabilities
        assert all(isinstance(one, Capability) for one in platform(slug).capabilities)
