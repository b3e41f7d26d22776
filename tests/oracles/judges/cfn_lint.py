"""Judge: does cfn-lint find an error in a template that was not there before the edit?"""
import json
import subprocess
from collections import Counter
from pathlib import Path

from judges.trees import TERRAFORM, walk
from judges.verdict import JudgeError, Verdict, find_tool

TEMPLATES = (".json", ".template")
BATCH = 100  # files of one call
TIMEOUT = 3600  # seconds for one call
REGION = "us-east-1"

Pair = tuple[Path, Path]  # a template before and after the edit
Finding = tuple[str, str, str]  # level, rule, place
Matches = dict[Path, dict[Finding, list[str]]]  # file -> what is found in it, with the messages


def judge(pairs: list[Pair]) -> Verdict:
    """Every error of an edited template is one that it had."""
    verdict = Verdict("cfn-lint")
    found = lint([path for pair in pairs for path in pair])
    new, gone, clean = 0, 0, 0
    for before, after in pairs:
        old, now = found.get(before, {}), found.get(after, {})
        added, removed = more(now, old), more(old, now)
        for level, rule, place in added:
            line = f"{after}: {rule} at {place}: {now[level, rule, place][-1]}"
            (verdict.failures if level == "Error" else verdict.notes).append(line)
        new += added.total()
        gone += removed.total()
        clean += not any(level == "Error" for level, _, _ in now)
    verdict.summary = [f"{len(pairs)} edited templates, {clean} without an error; {new} new findings, {gone} gone"]
    return verdict.close()


def more(these: dict[Finding, list[str]], those: dict[Finding, list[str]]) -> Counter:
    """What is found more often in these than in those."""
    this, that = (Counter({key: len(messages) for key, messages in found.items()}) for found in (these, those))
    return this - that


def lint(files: list[Path]) -> Matches:
    """What cfn-lint says of each file.

    The place is the resource and its property: lines move, and messages quote the value around the mistake, which an
    edit beside it changes.
    """
    tool = find_tool("cfn-lint")
    found: Matches = {}
    for start in range(0, len(files), BATCH):
        names = [str(path) for path in files[start:start + BATCH]]
        command = [tool, "--format", "json", "--regions", REGION, "--non-zero-exit-code", "none", "--", *names]
        try:
            run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise JudgeError(f"cfn-lint took over {TIMEOUT} seconds") from None
        try:
            matches = json.loads(run.stdout)
        except ValueError:
            raise JudgeError(f"cfn-lint printed no report: {run.stderr[-400:]}") from None
        for match in matches:
            path = (match["Location"].get("Path") or [])
            place = "/".join(str(part) for part in path if not isinstance(part, int))
            key = (match["Level"], match["Rule"]["Id"], place)
            found.setdefault(Path(match["Filename"]), {}).setdefault(key, []).append(match["Message"])
    return found


def edited(before: Path, after: Path) -> list[Pair]:
    """The templates of two trees whose text differs."""
    templates = (path for path in walk(before, TEMPLATES) if not path.name.endswith(TERRAFORM))
    both = [(path, after / path.relative_to(before)) for path in templates]
    return [(old, new) for old, new in both if new.is_file() and old.read_bytes() != new.read_bytes()]


def examples(pairs: Path) -> list[Pair]:
    """The template examples that `terramend test --export` wrote, each with what it is fixed to."""
    bad = sorted(pairs.glob("*/*/bad/main.template.json"))
    return [(path, path.parent.parent / "fixed" / path.name) for path in bad]
