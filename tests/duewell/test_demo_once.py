"""The demo tells its whole story and ends well, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_demo_ends_well_and_says_what_it_did(tmp_path: Path) -> None:
    script = Path(sys.executable).parent / "duewell"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DUEWELL_")}
    told = subprocess.run(
        [script, "demo", "--once", "--customers", "8", "--invoices", "40"],
        cwd=tmp_path,
        env={**kept, "TMPDIR": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    for number in range(1, 8):
        assert f"\n{number}. " in told.stdout
    for company in ("Cedar Ridge Builders", "Northwind Cloud", "Brightwater Studio", "Harbour Lane Catering"):
        assert f"connected: {company}" in told.stdout
    assert "yes, to the cent" in told.stdout
    assert "customers written to" in told.stdout
    assert "is paid: nobody is reminded of it." in told.stdout
    assert "The bank refused the debit, the customer was told, and paid again." in told.stdout
    assert told.stdout.count(": at zero.") == 2
    assert "Look around: http://localhost:" in told.stdout
    assert not list(tmp_path.glob("duewell.toml"))
