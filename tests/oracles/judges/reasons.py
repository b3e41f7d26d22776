"""Judge: does terramend's report say why each failure that is left is left?

A failure of Checkov's on the edited tree, of a check that is marked `fix` or `evidence`, needs an entry of the report
(in `not_applied`, `exempt` or `undecided`) that is of a control with the check's id as an alias, on this resource or on
one that belongs to it (either block names the other), and gives a reason. A reason that says nothing is none. Where
terramend has mended it and the check doesn't see that, a note says so.
"""
import json
import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from judges.checkov import Finding, scan
from judges.checks import EVIDENCE, FIX, Checks
from judges.trees import Files, terraform_files, without_index
from judges.verdict import JudgeError, Verdict

HOLLOW = re.compile(r"(?:manual:|can't be written:|taken back:)?\s*$|not reached$|can't be written: there is no fix for this case")
HEADER = re.compile(r'^[ \t]*(resource|data)[ \t]+"([^"]+)"[ \t]+"([^"]+)".*?(?:^[ \t]*\}[ \t]*$|\}[ \t]*$|\Z)', re.M | re.S)
MODULES = re.compile(r"^(?:module\.[^.]+\.)+(?=.)")
NAME = re.compile(r"\b(aws_\w+\.[A-Za-z_][\w-]*)")

LISTS = {"not_applied": "reason", "exempt": "reason", "undecided": "reason"}  # list of the report -> what says why

Place = tuple[str, str]  # directory, address in its module


class Entry(NamedTuple):
    """What the report says of a resource under a control."""
    control: str
    reason: str
    list: str


def judge(after: Path, report: Path, checks: Checks, aliases: dict[str, set[str]], cache: Path | None = None) -> Verdict:
    files = terraform_files(after)
    said, applied, near = entries(report, LISTS), entries(report, {"applied": "title"}), neighbours(files)
    verdict, kinds, told = Verdict("reasons"), defaultdict(list), defaultdict(int)
    left = [f for f in scan(files, cache).failed if checks.get(f.check) in (FIX, EVIDENCE)]
    for finding in sorted(left):
        reason = reason_for(finding, said, near, aliases.get(finding.check, set()))
        if reason:
            told[checks[finding.check]] += 1
            kinds[f"{finding.check} [{reason.list}] {generic(reason.reason)}"].append(str(finding))
        elif mended := reason_for(finding, applied, near, aliases.get(finding.check, set())):
            verdict.notes.append(f"mended by {mended.control}, which the check doesn't see: {finding}")
        else:
            verdict.failures.append(f"left without a reason: {finding}")
    verdict.summary = [f"failures that are left, of the checks marked fix and evidence: {len(left)}",
                       *(f"with a reason, marked {action}: {n}" for action, n in sorted(told.items()))]
    verdict.data = {"reasons": {kind: found for kind, found in sorted(kinds.items())}}
    return verdict.close()


def reason_for(finding: Finding, said: dict[Place, list[Entry]], near: dict[Place, set[Place]],
               controls: set[str]) -> Entry | None:
    """What the report gives on the resource itself; else on those that belong to it."""
    place = (os.path.dirname(finding.file), in_module(finding.resource))
    for at in (place, *sorted(near.get(place, ()))):
        for entry in said.get(at, []):
            if entry.control in controls and not HOLLOW.match(entry.reason):
                return entry
    return None


def entries(report: Path, lists: dict[str, str]) -> dict[Place, list[Entry]]:
    try:
        parts = json.loads(report.read_text())
        found = defaultdict(list)
        for name, text in lists.items():
            for item in parts[name]:
                place = (os.path.dirname(item["file"]), without_index(item["resource"]))
                found[place].append(Entry(item["control"], item[text], name))
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JudgeError(f"{report} is no report of `terramend fix --format json`: {error!r}") from error


def in_module(address: str) -> str:
    """module.a["x"].aws_sqs_queue.q[0] as aws_sqs_queue.q."""
    return MODULES.sub("", without_index(address))


def neighbours(files: Files) -> dict[Place, set[Place]]:
    """For each resource: those of its directory that it names, and those that name it."""
    near: dict[Place, set[Place]] = defaultdict(set)
    for path, content in files.items():
        directory = os.path.dirname(path)
        for block in HEADER.finditer(content.decode("utf8", "replace")):
            kind, first, second = block.groups()
            own = (directory, f"data.{first}.{second}" if kind == "data" else f"{first}.{second}")
            for name in NAME.findall(block.group()):
                near[own].add((directory, name))
                near[(directory, name)].add(own)
    return near


def generic(reason: str) -> str:
    """Without the names of resources, so that equal reasons are one."""
    return NAME.sub(lambda found: found.group().split(".")[0] + ".*", reason)


def aliases_of(program: Path) -> dict[str, set[str]]:
    """For each check's id: the controls that have it as an alias."""
    run = subprocess.run([program, "controls", "--format", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    try:
        found = defaultdict(set)
        for control in json.loads(run.stdout):
            for alias in control["aliases"]:
                found[alias].add(control["id"])
        return found
    except (ValueError, KeyError, TypeError) as error:
        raise JudgeError(f"{program} controls --format json: {error!r}") from error
