"""Judge: does `terramend fix` end well, and does a second run change nothing?"""
import hashlib
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

from judges.terraform import squeeze
from judges.trees import TERRAFORM
from judges.verdict import JudgeError, Verdict

ENDS_WELL = {0: "clean", 1: "findings left", 4: "some files could not be read"}
TIMEOUT = 3600  # seconds for one run

Snapshot = dict[str, tuple[int, str]]  # path -> file mode, digest of the content


def fix(program: Path, flags: list[str], tree: Path, before: Snapshot, report: Path) -> Verdict:
    """Fix the tree in place, twice. The report is written only if the first run ended well."""
    verdict = Verdict("fix")
    first = terramend(program, flags, tree)
    fixed = snapshot(tree)
    verdict.data = {"exit_code": first.returncode, "changed": differing(before, fixed)}
    applied = read_applied(first.stdout) if first.returncode in ENDS_WELL else None
    if applied is None:
        verdict.failures = [bad_end("first run", first)]
        return verdict.close()
    report.write_text(first.stdout)
    grades = Counter(f"{a.get('grade', '?')}, {a.get('effect', '?')}" for a in applied)
    verdict.summary = [f"first run: {ENDS_WELL[first.returncode]}, {len(applied)} fixes applied",
                       *(f"{n} fixes: {what}" for what, n in grades.most_common())]
    verdict.notes = [f"changed, and is no Terraform file: {p}" for p in differing(before, fixed)
                     if not p.endswith(TERRAFORM)]
    verdict.notes += [f"file mode changed: {p}" for p in fixed if p in before and before[p][0] != fixed[p][0]]
    second = terramend(program, flags, tree)
    if second.returncode not in ENDS_WELL:
        verdict.failures.append(bad_end("second run", second))
    verdict.failures += [f"a second run changes {p}" for p in differing(fixed, snapshot(tree))]
    return verdict.close()


def terramend(program: Path, flags: list[str], tree: Path) -> subprocess.CompletedProcess:
    command = [program, "fix", *flags, "--write", "--allow-dirty", "--format", "json", tree]
    try:
        return subprocess.run(command, cwd=tree, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise JudgeError(f"terramend took over {TIMEOUT} seconds") from None


def bad_end(which: str, run: subprocess.CompletedProcess) -> str:
    if run.returncode in ENDS_WELL:
        return f"{which} printed no report: {squeeze(run.stdout, 200)}"
    how = f"signal {-run.returncode}" if run.returncode < 0 else f"exit code {run.returncode}"
    return f"{which} ended with {how}: {squeeze(run.stderr, -600)}"


def read_applied(output: str) -> list[dict] | None:
    """The fixes that the report says were applied; None if it is no report."""
    try:
        return json.loads(output)["applied"]
    except (ValueError, KeyError, TypeError):
        return None


def snapshot(tree: Path) -> Snapshot:
    """Every file of the tree, links by their target."""
    found = {}
    for folder, _, names in os.walk(tree):
        for path in (Path(folder, n) for n in names):
            content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
            found[path.relative_to(tree).as_posix()] = (path.lstat().st_mode, hashlib.sha256(content).hexdigest())
    return found


def differing(old: Snapshot, new: Snapshot) -> list[str]:
    return sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p))
