"""Holds a plan against what terramend declared that deploying its fixes would do.

The report is the JSON of `terramend fix --format json`. Of it this reads
  {"applied": [{"changes": [{"address": "module.x.aws_sqs_queue.q", "action": "update", "root": "dir"}]}]}
where an address has no index keys, and root is the root module's directory ('.' for the top of the tree). The address of a
module whose source is somewhere else stands for what it makes and updates, and with `replace` for what it replaces.
"""
import json
import posixpath
from dataclasses import dataclass, field
from pathlib import Path

from judges.trees import without_index
from judges.verdict import JudgeError

STRENGTH = ("update", "create", "delete", "replace")  # weakest first
ABSENT = object()


@dataclass
class Change:
    """One planned change of one resource instance."""
    address: str
    action: str
    forced_by: list[list] = field(default_factory=list)  # paths of the arguments that force a replacement
    ripple: bool = False  # an update whose every changed value is unknown until apply
    unedited: bool = False  # a plan of the unedited tree shows it too

    def __str__(self) -> str:
        forced = ", ".join(".".join(map(str, path)) for path in self.forced_by)
        return f"{self.address} would {self.action}" + (f" (forced by {forced})" if forced else "")


class Declared:
    """root -> address -> the strongest action declared for it."""

    def __init__(self, report: dict):
        self.actions: dict[str, dict[str, str]] = {}
        for fix in report["applied"]:
            for change in fix.get("changes", []):
                self.add(posixpath.normpath(change["root"]), without_index(change["address"]), change["action"])

    def add(self, root: str, address: str, action: str) -> None:
        of_root = self.actions.setdefault(root, {})
        of_root[address] = max(action, of_root.get(address, action), key=STRENGTH.index)


def read_report(path: Path) -> Declared:
    try:
        return Declared(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JudgeError(f"{path} is no report of `terramend fix --format json`: {error!r}") from error


@dataclass
class Holding:
    """A root's plan, held against what was declared for it."""
    failures: list[str] = field(default_factory=list)
    ripples: list[str] = field(default_factory=list)
    unplanned: list[str] = field(default_factory=list)  # declared, not in the plan


def hold(changes: list[Change], declared: dict[str, str]) -> Holding:
    held = Holding()
    for change in changes:
        said = declared_for(change, declared)
        if change.unedited or said == change.action:
            continue
        if said is None and change.ripple:
            held.ripples.append(f"{change.address}: only values that are unknown until apply")
        else:
            held.failures.append(f"{change}, {'not declared' if said is None else f'declared {said}'}")
    planned = {part for c in changes for part in (without_index(c.address), *modules_of(c.address))}
    held.unplanned = [f"{address}: declared {action}, not planned"
                      for address, action in sorted(declared.items()) if address not in planned]
    return held


def declared_for(change: Change, declared: dict[str, str]) -> str | None:
    """The action declared for the changed resource, or the change itself where what is declared for a call includes it."""
    said = declared.get(without_index(change.address))
    if said is None:
        of_calls = {declared.get(module) for module in modules_of(change.address)}
        included = {"update": ("create", "update"), "replace": ("create", "update", "replace")}
        return change.action if any(change.action in included.get(of, ()) for of in of_calls) else None
    return said


def modules_of(address: str) -> list[str]:
    """The addresses of the modules that a resource is in: module.a.aws_x.y is in module.a."""
    parts = without_index(address).split(".")
    return [".".join(parts[:end]) for end in range(2, len(parts), 2) if parts[end - 2] == "module"]


def only_unknown(before, after, unknown) -> bool:
    """Is every value that differs one that is unknown until apply? Arguments as in `terraform show -json`."""
    if unknown is True:
        return True
    if isinstance(before, dict) and isinstance(after, dict):
        marks = unknown if isinstance(unknown, dict) else {}
        return all(only_unknown(before.get(k, ABSENT), after.get(k, ABSENT), marks.get(k))
                   for k in before.keys() | after.keys() | marks.keys())
    if isinstance(before, list) and isinstance(after, list) and isinstance(unknown, list) and has_mark(unknown):
        return only_unknown_elements(before, after, unknown)
    return before == after


def only_unknown_elements(before: list, after: list, unknown: list) -> bool:
    """Element by element, or as a set: unknown elements have no order in one."""
    if len(before) != len(after):
        return False
    marks = unknown + [None] * (len(after) - len(unknown))
    if all(only_unknown(*triple) for triple in zip(before, after, marks)):
        return True
    return all(mark is True or element in before for element, mark in zip(after, marks))


def has_mark(unknown) -> bool:
    """Is anything in it marked unknown?"""
    if isinstance(unknown, dict):
        return any(map(has_mark, unknown.values()))
    if isinstance(unknown, list):
        return any(map(has_mark, unknown))
    return unknown is True
