"""Judge: does Checkov find less than before, and nothing new?

Checkov runs once over each tree, all checks, offline. A finding is a check, a file and a resource's address. A failure
on a resource that the tree before does not have is 'on an added resource'. A finding that is gone because its resource
is gone is 'vanished', which is no fix.
"""
import hashlib
import json
import os
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from judges.checks import FIX, Checks
from judges.terraform import squeeze
from judges.trees import Files, declared_blocks, terraform_files, without_index
from judges.verdict import JudgeError, Verdict, find_tool, scratch

TIMEOUT = 3600  # seconds for one tree
SOURCES, PLANS = "terraform", "terraform_plan"  # what a tree holds, as Checkov's frameworks
ARGUMENTS = ("-o", "json", "--compact", "--skip-download", "--download-external-modules", "false")
QUIET = {"LOG_LEVEL": "ERROR", "BC_SKIP_MAPPING": "TRUE", "CHECKOV_RUN_SCA_PACKAGE_SCAN_V2": "false"}
NAME_LIMIT = 70


class Finding(NamedTuple):
    check: str
    file: str
    resource: str

    def places(self) -> set[tuple[str, str]]:
        """Where the resource is, by its file and by its directory: an edit may move it to another file."""
        address = without_index(self.resource)
        return {(self.file, address), (os.path.dirname(self.file), address)}

    def __str__(self) -> str:
        return f"{self.check} {self.file} {self.resource}"


@dataclass
class Scan:
    """What Checkov says of a tree."""
    failed: list[Finding] = field(default_factory=list)
    passed: list[Finding] = field(default_factory=list)
    parse_errors: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # check id -> title
    seconds: float = 0.0

    def seen(self) -> list[Finding]:
        return self.failed + self.passed


SCANNED: dict[str, Scan] = {}  # by digest: judges of one run look at the same trees


@dataclass
class Comparison:
    """Two scans compared."""
    before: Counter[Finding]
    after: Counter[Finding]
    fixed: list[Finding]
    vanished: list[Finding]
    new_on_existing: list[Finding]
    new_on_added: list[Finding]


def judge(before: Path, after: Path, checks: Checks, cache: Path | None = None) -> Verdict:
    files = terraform_files(before), terraform_files(after)
    old, new = scan_both(files, cache)
    return conclude("checkov", compare(old, new, declared_blocks(files[0])), checks, old, new)


def conclude(name: str, compared: Comparison, checks: Checks, old: Scan, new: Scan) -> Verdict:
    verdict = Verdict(name)
    verdict.summary = table(compared, checks, old.names | new.names)
    verdict.failures = [f"newly fails: {f}" for f in compared.new_on_existing if f.check in checks]
    verdict.failures += [f"newly fails on an added resource: {f}" for f in compared.new_on_added
                         if checks.get(f.check) == FIX]
    verdict.notes = [f"newly fails (a check terramend does not answer for): {f}"
                     for f in compared.new_on_existing if f.check not in checks]
    verdict.notes += [f"on an added resource: {f}" for f in compared.new_on_added if checks.get(f.check) != FIX]
    verdict.notes += [f"vanished with its resource: {f}" for f in compared.vanished]
    verdict.notes += [f"Checkov cannot parse any more: {p}" for p in sorted({*new.parse_errors} - {*old.parse_errors})]
    verdict.data = as_data(compared, checks, old, new)
    return verdict.close()


def scan_both(files: tuple[Files, Files], cache: Path | None, framework: str = SOURCES) -> tuple[Scan, Scan]:
    """Both scans at a time; one is enough for equal trees."""
    if files[0] == files[1]:
        same = scan(files[0], cache, framework)
        return same, same
    with ThreadPoolExecutor(2) as pool:
        old, new = pool.map(lambda f: scan(f, cache, framework), files)
    return old, new


def scan(files: Files, cache: Path | None = None, framework: str = SOURCES) -> Scan:
    """Checkov's findings in these files, from this run or from the cache if one of them has them."""
    program = find_tool("checkov")
    name = digest(f"{program} {framework}", os.stat(program).st_mtime_ns, files)
    if name not in SCANNED:
        SCANNED[name] = scan_anew((program, "--framework", framework), files, cache / f"{name}.json" if cache else None)
    return SCANNED[name]


def scan_anew(program: tuple[str, ...], files: Files, kept: Path | None) -> Scan:
    if kept and kept.is_file():
        return from_json(json.loads(kept.read_text()))
    start = time.monotonic()
    with scratch() as work:
        tree = work / "tree"  # only the Terraform files, and always under this name: both trees are read alike
        tree.mkdir()
        for name, content in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
        result = read_output(run_checkov(program, tree), tree)
    result.seconds = round(time.monotonic() - start, 1)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(vars(result)))
    return result


def from_json(saved: dict) -> Scan:
    findings = {kind: [Finding(*f) for f in saved[kind]] for kind in ("failed", "passed")}
    return Scan(**{**saved, **findings})


def digest(program: str, installed: int, files: Files) -> str:
    """Names the scan: the installed Checkov (its version would take seconds to ask for) and the files."""
    sums = hashlib.sha256(f"{program} {installed}".encode())
    for name in sorted(files):
        sums.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return sums.hexdigest()[:24]


def run_checkov(program: tuple[str, ...], tree: Path) -> list[dict]:
    """Checkov's report, one part per framework."""
    try:
        run = subprocess.run([*program, "-d", str(tree), *ARGUMENTS], cwd=tree.parent, env=os.environ | QUIET,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise JudgeError(f"checkov took over {TIMEOUT} seconds") from None
    try:
        parts = json.loads(run.stdout)
    except ValueError:
        said = squeeze(run.stdout, 300) + squeeze(run.stderr, -800)
        raise JudgeError(f"checkov gave no JSON (exit code {run.returncode}): {said}") from None
    return parts if isinstance(parts, list) else [parts]


def read_output(parts: list[dict], tree: Path) -> Scan:
    result = Scan()
    for found in (part["results"] for part in parts if "results" in part):
        for into, kind in ((result.failed, "failed_checks"), (result.passed, "passed_checks")):
            for check in found.get(kind, []):
                into.append(Finding(check["check_id"], check["file_path"].lstrip("/"), check["resource"]))
                result.names[check["check_id"]] = check["check_name"]
        result.parse_errors += [os.path.relpath(p, tree) if os.path.isabs(p) else p
                                for p in found.get("parsing_errors", [])]
    return result


def compare(old: Scan, new: Scan, blocks_before: set[tuple[str, str]]) -> Comparison:
    before, after = Counter(old.failed), Counter(new.failed)
    known = blocks_before.union(*(f.places() for f in old.seen()))
    still_there = {(os.path.dirname(f.file), f.resource) for f in new.seen()}
    added, gone = sorted((after - before).elements()), sorted((before - after).elements())
    vanished = [f for f in gone if (os.path.dirname(f.file), f.resource) not in still_there]
    return Comparison(before, after, fixed=[f for f in gone if f not in set(vanished)], vanished=vanished,
                      new_on_existing=[f for f in added if f.places() & known],
                      new_on_added=[f for f in added if not f.places() & known])


def per_check(compared: Comparison, checks: Checks) -> dict[str, dict[str, int]]:
    """For each check: failures before and after, fixed, new."""
    new = compared.new_on_existing + compared.new_on_added
    columns = {"before": compared.before.elements(), "after": compared.after.elements(),
               "fixed": compared.fixed, "new": new}
    counts = {column: Counter(f.check for f in findings) for column, findings in columns.items()}
    return {check: {column: counts[column][check] for column in columns} for check in checks}


def fix_rate(counted: dict[str, dict[str, int]], checks: Checks) -> tuple[int, int]:
    """Failures fixed, and failures before, of the checks that are to be fixed."""
    listed = [counts for check, counts in counted.items() if checks[check] == FIX]
    return sum(c["fixed"] for c in listed), sum(c["before"] for c in listed)


def table(compared: Comparison, checks: Checks, names: dict[str, str]) -> list[str]:
    counted = per_check(compared, checks)
    lines = [f"{'check':14}{'action':10}{'before':>7}{'after':>7}{'fixed':>7}{'new':>5}  name"]
    for check, counts in sorted(counted.items(), key=lambda item: -item[1]["before"]):
        if counts["before"] or counts["after"]:
            numbers = "{before:7}{after:7}{fixed:7}{new:5}".format(**counts)
            lines.append(f"{check:14}{checks[check]:10}{numbers}  {names.get(check, '')[:NAME_LIMIT]}")
    fixed, of = fix_rate(counted, checks)
    lines.append(f"fix rate of the checks marked fix: {fixed} of {of}" + (f", {fixed / of:.1%}" if of else ""))
    lines.append(f"all checks: failed {compared.before.total()} -> {compared.after.total()}, "
                 f"fixed {len(compared.fixed)}, vanished {len(compared.vanished)}, "
                 f"new on existing resources {len(compared.new_on_existing)}, "
                 f"new on added resources {len(compared.new_on_added)}")
    return lines


def as_data(compared: Comparison, checks: Checks, old: Scan, new: Scan) -> dict:
    counted = per_check(compared, checks)
    fixed, of = fix_rate(counted, checks)
    return {"per_check": {check: {"action": checks[check], **counts} for check, counts in counted.items()},
            "fix_rate": {"fixed": fixed, "of": of},
            "failed_before": compared.before.total(), "failed_after": compared.after.total(),
            **{kind: [list(f) for f in getattr(compared, kind)]
               for kind in ("fixed", "vanished", "new_on_existing", "new_on_added")},
            "parse_errors_before": old.parse_errors, "parse_errors_after": new.parse_errors,
            "seconds": [old.seconds, new.seconds]}
