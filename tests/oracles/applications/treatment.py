"""One application, from its copy to its result: scan, fix, fix again, synthesise, scan."""
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from applications.bytes import byte_faults
from applications.difference import difference
from applications.found import Application
from applications.synthesis import Tools, first, keep, patient, run, synthesise

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
    tree, here = copy(work, app)
    out = here / "cdk.out"
    failure = first(work.tools, here, app.name, app.command, out, work.cache)
    if failure:
        shutil.rmtree(work.place(app))
        return result | {"skipped": failure}
    before = terramend(work, here, "scan")
    own = [finding for finding in before["findings"] if finding["source"] or finding["no_source_reason"]]
    result["findings"] = [described(finding) for finding in own]
    report = terramend(work, here, "fix", *work.fix, "--write", "--allow-dirty")
    result["applied"] = [[f["control"], f["resource"], f["files"]] for f in report["applied"]]
    result["left"] = [f"{f['control']} {f['resource']}: {f['reason']}" for f in report["not_applied"] if not f.get("quiet")]
    result["errors"] = [f"{error['file']}: {error['message']}" for error in report["errors"]]
    if report["applied"]:
        result |= after_fix(work, app, here, before, report)
    for assembly in tree.rglob("cdk.out"):
        shutil.rmtree(assembly, ignore_errors=True)
    return result


def copy(work: Work, app: Application) -> tuple[Path, Path]:
    """The copied tree, and the application in it."""
    place = work.place(app)
    shutil.rmtree(place, ignore_errors=True)
    tree = place / "tree"
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
    faults = {file: byte_faults(app.path / file, here / file) for file in changed}
    result["bytes"] = [f"{file}: {fault}" for file, list in faults.items() for fault in list]
    again = terramend(work, here, "fix", *work.fix)
    result["again"] = [f"{fix['control']} {fix['resource']}" for fix in again["applied"]]
    out = here / "cdk.out"
    failure = synthesise(work.tools, here, app.command, out)
    if failure:
        return result | {"broken": failure}
    keep(out, work.place(app) / "after")
    after = terramend(work, here, "scan")
    now = {(f["control"], f["resource"]) for f in after["findings"]}
    was = {(f["control"], f["resource"]) for f in before["findings"]}
    known = {f["resource"] for f in before["findings"]}
    result["not_gone"] = [f"{f['control']} {f['resource']}" for f in report["applied"] if (f["control"], f["resource"]) in now]
    result["new"] = sorted(f"{control} {resource}" for control, resource in now - was)
    result["new_on_known"] = sorted(f"{control} {resource}" for control, resource in now - was if resource in known)
    sources = {(f["control"], f["resource"]): f["source"] for f in before["findings"]}
    applied = [sources.get((f["control"], f["resource"])) for f in report["applied"]]
    edited = {source["construct"] for source in applied if source}
    # One call may make several constructs.
    calls = {(source["file"], source["line"]) for source in applied if source}
    edited |= {s["construct"] for s in sources.values() if s and (s["file"], s["line"]) in calls}
    return result | {"difference": difference(work.cache / app.name, out, edited)}


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
