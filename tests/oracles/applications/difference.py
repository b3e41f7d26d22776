"""What is different between two assemblies, and which of it no fix announced.

Written apart from terramend's own comparison, and stricter in nothing but this: it doesn't know which fix was made.
A change is expected in a resource of a construct that was edited, of one that stands beside it under an id that begins
with its id, and in statements that let a role write traces or deliver logs. A policy of such a construct may allow less.
"""
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ASSET = re.compile(r"[0-9a-f]{64}")
GRANTS = re.compile(r"xray:(?:Put|GetSampling)\w+|logs:\w*(?:LogDeliver|ResourcePolic|LogGroups|CreateLogStream)\w*")
HASHED = ("AWS::ApiGateway::Deployment", "AWS::Lambda::Version")


def resources(assembly: Path) -> dict[tuple[str, str], dict]:
    """Resources by template and logical id."""
    found = {}
    for file in sorted(assembly.rglob("*.template.json")):
        try:
            template = json.loads(file.read_text())
        except ValueError:
            continue
        for name, resource in template.get("Resources", {}).items():
            found[str(file.relative_to(assembly)), name] = resource
    return found


@dataclass(frozen=True)
class Announced:
    edited: set[str]  # constructs
    narrows: bool  # whether policies may allow less


def difference(before: Path, after: Path, announced: Announced, again: Callable[[], Path | None]) -> dict:
    """Counts of what was added, removed and changed by type, and the unexpected.

    `again` synthesises the application once more as it was: what is different then is so every time (a time, a random
    name) and doesn't count. It is asked only where something is unexpected.
    """
    old, new = resources(before), resources(after)
    renamed(old, new, announced.edited)
    counts: dict[str, Counter] = {"added": Counter(), "removed": Counter(), "changed": Counter()}
    unexpected = {}
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if was and now and plain(was) == plain(now):
            continue
        what = "added" if not was else "removed" if not now else "changed"
        resource = now or was
        counts[what][resource["Type"]] += 1
        if not expected(what, was, now, announced, {name for _, name in {*new} - {*old}}):
            unexpected[key] = f"{what}: {resource['Type']} {key[1]} {shown(was, now)}".strip()
    volatile = set()
    if unexpected and (place := again()):
        repeated = resources(place)
        volatile = {key for key in unexpected if key not in repeated or key in old and plain(repeated[key]) != plain(old[key])}
    return {
        "counts": {name: dict(count) for name, count in counts.items()},
        "unexpected": [line for key, line in unexpected.items() if key not in volatile],
        "volatile": [line for key, line in unexpected.items() if key in volatile],
    }


def renamed(old: dict, new: dict, edited: set[str]) -> None:
    """Gives resources whose logical id holds a hash the ids that they had, wherever they are named."""
    def hashed(found: dict) -> dict[tuple[str, str], str]:
        return {(file, path_of(r)): name for (file, name), r in found.items() if r["Type"] in HASHED and within(path_of(r), edited)}
    was, now = hashed(old), hashed(new)
    for key, name in now.items():
        if key in was and was[key] != name:
            for place in [place for place in new if place[0] == key[0]]:
                resource = json.loads(json.dumps(new.pop(place)).replace(f'"{name}"', f'"{was[key]}"'))
                new[place[0], was[key] if place[1] == name else place[1]] = resource


def path_of(resource: dict) -> str:
    return resource.get("Metadata", {}).get("aws:cdk:path", "")


def within(path: str, edited: set[str]) -> bool:
    return any(path == own or path.startswith(own + "/") for own in edited)


def expected(what: str, was: dict | None, now: dict | None, announced: Announced, added: set[str]) -> bool:
    resource, edited = now or was, announced.edited
    path = path_of(resource)
    if resource["Type"] == "AWS::IAM::Policy" and was and announced.narrows and (not now or narrower(was, now, added)):
        return True
    if within(path, edited):
        # The permission for everybody goes with the URL that had no authorisation.
        return what != "removed" or resource["Type"] == "AWS::Lambda::Permission" and resource["Properties"]["Principal"] == "*"
    if what == "added" and any(path.startswith(own) for own in edited):
        return True
    if resource["Type"] == "AWS::IAM::Policy" and what != "removed":
        return only_grants(was, now, added)
    return False


Permission = tuple[str, str, str]  # an action, what it is on, the rest of its statement


def permissions(resource: dict | None) -> set[Permission]:
    found = set()
    for statement in (resource or {}).get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
        rest = json.dumps({**statement, "Action": None, "Resource": None}, sort_keys=True)
        for action in listed(statement.get("Action", [])):
            found |= {(action, json.dumps(on, sort_keys=True), rest) for on in listed(statement.get("Resource"))}
    return found


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def granted(permission: Permission, added: set[str]) -> bool:
    """Whether the library gives it for what an edit sets: to write traces, to deliver logs, to use what was added."""
    action, on, rest = permission
    return bool(GRANTS.fullmatch(action)) or any(f'"{name}"' in on + rest for name in added)


def only_grants(was: dict | None, now: dict, added: set[str]) -> bool:
    """Whether nothing was taken away, and all that is new is the library's."""
    old, new = permissions(was), permissions(now)
    return old <= new and all(granted(permission, added) for permission in new - old)


def narrower(was: dict, now: dict, added: set[str]) -> bool:
    """Whether all that is allowed was allowed before, or is the library's; what was denied still is."""
    old, new = permissions(was), permissions(now)
    def covered(permission: Permission) -> bool:
        action, on, rest = permission
        return any(rest == other and place in (on, '"*"') and fnmatchcase(action.lower(), pattern.lower())
                   for pattern, place, other in old)
    denied = {permission for permission in old if '"Deny"' in permission[2]}
    return denied <= new and all(covered(permission) or granted(permission, added) for permission in new)


def shown(was: dict | None, now: dict | None) -> str:
    """The properties that differ."""
    if not was or not now:
        return ""
    old, new = was.get("Properties", {}), now.get("Properties", {})
    names = [name for name in {*old, *new} if old.get(name) != new.get(name)]
    return ", ".join(sorted(names)) or ", ".join(sorted(k for k in {*was, *now} if was.get(k) != now.get(k)))


def plain(resource: dict) -> str:
    """Without what says where it comes from, and with the same name for every asset."""
    rest = {name: value for name, value in resource.items() if name != "Metadata"}
    return ASSET.sub("ASSET", json.dumps(rest, sort_keys=True))
