"""What is different between two assemblies, and which of it no fix announced.

Written apart from terramend's own comparison, and stricter in nothing but this: it doesn't know which fix was made.
A change is expected in a resource of a construct that was edited, of one that stands beside it under an id that begins
with its id, and in statements that let a role write traces or deliver logs.
"""
import json
import re
from collections import Counter
from pathlib import Path

ASSET = re.compile(r"[0-9a-f]{64}")
GRANTS = re.compile(r'"(?:xray:Put\w+|logs:\w*(?:LogDeliver|ResourcePolic|LogGroups)\w*)"')
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


def difference(before: Path, after: Path, edited: set[str]) -> dict:
    """Counts of what was added, removed and changed by type, and the unexpected."""
    old, new = resources(before), resources(after)
    counts: dict[str, Counter] = {"added": Counter(), "removed": Counter(), "changed": Counter()}
    unexpected = []
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if was and now and plain(was) == plain(now):
            continue
        what = "added" if not was else "removed" if not now else "changed"
        resource = now or was
        counts[what][resource["Type"]] += 1
        if not expected(what, was, now, edited):
            unexpected.append(f"{what}: {resource['Type']} {key[1]} {shown(was, now)}".strip())
    return {"counts": {name: dict(count) for name, count in counts.items()}, "unexpected": unexpected}


def expected(what: str, was: dict | None, now: dict | None, edited: set[str]) -> bool:
    resource = now or was
    if resource["Type"] in HASHED and what != "changed":
        return True
    path = resource.get("Metadata", {}).get("aws:cdk:path", "")
    if any(path == own or path.startswith(own + "/") for own in edited) and what != "removed":
        return True
    beside = any(path.startswith(own) for own in edited)
    if what == "added" and beside:
        return True
    if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::Role") and what != "removed":
        return only_grants(was, now)
    return False


def only_grants(was: dict | None, now: dict) -> bool:
    """Whether every statement that is new lets write traces or deliver logs only."""
    def statements(resource):
        document = (resource or {}).get("Properties", {}).get("PolicyDocument", {})
        return Counter(json.dumps(s, sort_keys=True) for s in document.get("Statement", []))
    added, gone = statements(now) - statements(was), statements(was) - statements(now)
    def granted(text):
        actions = json.loads(text).get("Action", [])
        actions = [actions] if isinstance(actions, str) else actions
        return all(GRANTS.fullmatch(json.dumps(action)) for action in actions)
    return not gone and all(granted(text) for text in added)


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
