"""One application, from its copy to its result: scan, fix, fix again, synthesise, scan."""
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from applications.bytes import byte_faults
from applications.difference import Announced, difference
from applications.found import Application
from applications.synthesis import Tools, first, keep, patient, run, synthesise

# Controls whose fixes take permissions away, also from a role that stands apart.
NARROWING = ("iam-admin-policy", "iam-logs-scoped", "iam-scoped-resources", "iam-wildcard-actions", "lambda-scoped-role")
# Seconds for a run of terramend on an idle machine.
RUN = 120
LEFT_OUT = ("node_modules", "cdk.out", ".git", ".venv", "venv", "__pycache__", ".terramend.hcl")


@dataclass(frozen=True)
class Work:
    tools: Tools
    terramend: str
    directory: Path  # copies and assemblies
    cache: Path
    options: tuple[str, ...]  # of every run
    fix: tuple[str, ...]  # of a fix

    def place(self, app: Application) -> Path:
        return self.directory / app.name


def treat(work: Work, app: Application) -> dict:
    result = {"app": str(app.path), "name": app.name, "top": str(app.top), "language": app.language}
    shutil.rmtree(work.place(app), ignore_errors=True)
    tree, here = copied(work, app)
    out = here / "cdk.out"
    failure = first(work.tools, here, app.name, app.command, out, work.cache)
    if failure:
        shutil.rmtree(work.place(app))
        return result | {"skipped": failure}
    before = terramend(work, here, "scan")
    own = [finding for finding in before["findings"] if finding["source"] or finding["no_source_reason"]]
    result["findings"] = [described(finding) for finding in own]
    report = terramend(work, here, "fix", *work.fix, "--write", "--allow-dirty")
    result["applied"] = [[f["control"], f["resource"], f["file"]] for f in report["applied"]]
    result["left"] = [f"{f['control']} {f['resource']}: {f['reason']}" for f in report["not_applied"] if not f.get("quiet")]
    result["errors"] = [f"{error['file']}: {error['message']}" for error in report["errors"]]
    if report["applied"]:
        result |= after_fix(work, app, here, before, report)
    for assembly in tree.rglob("cdk.out"):
        shutil.rmtree(assembly, ignore_errors=True)
    return result


def copied(work: Work, app: Application) -> tuple[Path, Path]:
    """The copied tree, and the application in it."""
    tree = work.place(app) / "tree"
    shutil.copytree(app.top, tree, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    here = tree / app.path.relative_to(app.top)
    # NodejsFunction looks for one; what it says matters only to an installation.
    if app.language == "typescript" and not (here / "package-lock.json").exists():
        (here / "package-lock.json").write_text("{}")
    return tree, here


def after_fix(work: Work, app: Application, here: Path, before: dict, report: dict) -> dict:
    """What became of the application."""
    changed = sorted({file for fix in report["applied"] for file in fix["files"]})
    result: dict = {"changed": changed}
    found = {file: byte_faults(app.path / file, here / file) for file in changed}
    result["bytes"] = [f"{file}: {fault}" for file, (faults, _) in found.items() for fault in faults]
    result["replaced"] = [f"{file}: {line}" for file, (_, replaced) in found.items() for line in replaced]
    again = terramend(work, here, "fix", *work.fix)
    result["again"] = [f"{fix['control']} {fix['resource']}" for fix in again["applied"]]
    out = here / "cdk.out"
    failure = synthesise(work.tools, here, app.command, out)
    if failure:
        return result | {"broken": failure}
    keep(out, work.place(app) / "after")
    after = terramend(work, here, "scan")
    known, resources = keys(before["findings"]), {key[1:] for key in keys(before["findings"])}
    now = keys(after["findings"])
    new = sorted(now - known)
    result["not_gone"] = [" ".join(key) for key in keys(report["applied"]) if key in now]
    result["new"] = [" ".join(key) for key in new]
    result["new_on_known"] = [" ".join(key) for key in new if key[1:] in resources]
    narrows = any(fix["control"] in NARROWING for fix in report["applied"])
    announced = Announced(edited(before, report), narrows)
    return result | {"difference": difference(work.cache / app.name, out, announced, lambda: once_more(work, app))}


def keys(findings: list[dict]) -> set[tuple[str, str, str]]:
    return {key_of(finding) for finding in findings}


def edited(before: dict, report: dict) -> set[str]:
    """The constructs of the calls that were edited: one call may make several."""
    applied = keys(report["applied"])
    sources = [(key_of(finding), finding["source"]) for finding in before["findings"] if finding["source"]]
    calls = {(source["file"], source["line"]) for key, source in sources if key in applied}
    return {source["construct"] for _, source in sources if (source["file"], source["line"]) in calls}


def key_of(finding: dict) -> tuple[str, str, str]:
    return finding["control"], finding["file"], finding["resource"]


def once_more(work: Work, app: Application) -> Path | None:
    """The application as it was, synthesised again."""
    shutil.move(work.place(app) / "tree", work.place(app) / "edited")
    try:
        tree, here = copied(work, app)
        again = work.place(app) / "again"
        failed = synthesise(work.tools, here, app.command, here / "cdk.out")
        if not failed:
            keep(here / "cdk.out", again)
        shutil.rmtree(tree)
        return None if failed else again
    finally:
        shutil.move(work.place(app) / "edited", work.place(app) / "tree")


def terramend(work: Work, app: Path, *command: str) -> dict:
    arguments = [work.terramend, *command, *work.options, ".", "--format", "json"]
    code, out, error = run(arguments, app, dict(os.environ), patient(RUN))
    if code not in (0, 1, 4):
        raise RuntimeError(f"terramend {' '.join(command)}: exit code {code}: {error[-300:]}")
    return json.loads(out)


def described(finding: dict) -> dict:
    fix = finding["fix"] or {}
    return {
        "control": finding["control"],
        "resource": finding["resource"],
        "construct": (finding["source"] or {}).get("construct"),
        "reason": finding["no_source_reason"],
        "grade": fix.get("grade"),
        "no_fix": finding["no_fix_reason"] or "; ".join(fix.get("notes", []) if fix.get("grade") == "manual" else []),
    }
