"""Do terramend's reports hold against the formats' own definitions, and do the fixes in SARIF mend what they say?"""
import gzip
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

from judges.verdict import JudgeError, Unavailable, Verdict, scratch

# Source of CDK programs.
PROGRAMS = (".ts", ".mts", ".cts", ".py")
SCHEMA = Path(__file__).parent.parent / "schemas" / "reports" / "sarif-2.1.0.json.gz"


def judge_sarif(terramend: str, tree: Path, options: list[str]) -> Verdict:
    """SARIF against its JSON schema; then each fix alone, applied as a viewer would: its finding must go."""
    try:
        import jsonschema
    except ImportError as missing:
        raise Unavailable("the Python package jsonschema is missing") from missing
    verdict = Verdict("sarif")
    validator = jsonschema.Draft4Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    for command in ("scan", "fix"):
        log = json.loads(output(terramend, [command, "--format", "sarif", *options], tree))
        for error in validator.iter_errors(log):
            verdict.failures.append(f"{command}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    log = json.loads(output(terramend, ["scan", "--format", "sarif", *options], tree))
    results = log["runs"][0]["results"]
    prints = [fingerprint(result) for result in results]
    if len(set(prints)) < len(prints):
        verdict.failures.append("two results have one fingerprint")
    fixable = [result for result in results if result.get("fixes")]
    for result in fixable:
        with scratch() as folder:
            copy = folder / "tree"
            shutil.copytree(tree, copy)
            apply(copy, result["fixes"][0])
            after = json.loads(output(terramend, ["scan", "--format", "sarif", *options], copy))
            run = after["runs"][0]
            # What a program makes stays found until it is synthesised again; nothing more is to be edited.
            programs = all(change["artifactLocation"]["uri"].endswith(PROGRAMS)
                           for change in result["fixes"][0]["artifactChanges"])
            left = [other for other in run["results"] if other.get("fixes") or not programs]
            if fingerprint(result) in map(fingerprint, left):
                verdict.failures.append(f"{fingerprint(result)} is found still after its fix")
            verdict.failures.extend(f"{fingerprint(result)}: {said['message']['text']}"
                                    for said in run["invocations"][0]["toolExecutionNotifications"]
                                    if said["level"] == "error")
    verdict.summary.append(f"{len(results)} results, {len(fixable)} fixes applied one by one")
    return verdict.close()


def judge_junit(terramend: str, tree: Path, options: list[str]) -> Verdict:
    """JUnit's XML must parse, and its counts be those of its cases."""
    verdict = Verdict("junit")
    root = ElementTree.fromstring(output(terramend, ["scan", "--format", "junit", *options], tree))
    for suite in [root, *root.iter("testsuite")]:
        cases = list(suite.iter("testcase"))
        counts = {"tests": len(cases)}
        counts |= {name: sum(case.find(tag) is not None for case in cases)
                   for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))}
        if counts != (said := {name: int(suite.get(name)) for name in counts}):
            verdict.failures.append(f"{suite.get('name')}: counts {said}, has {counts}")
    verdict.summary.append(f"{len(list(root.iter('testcase')))} cases in {len(list(root.iter('testsuite')))} suites")
    return verdict.close()


def fingerprint(result: dict) -> str:
    return result["partialFingerprints"]["controlAndResource/v1"]


def output(terramend: str, arguments: list[str], tree: Path) -> bytes:
    ran = subprocess.run([terramend, *arguments, "."], cwd=tree, capture_output=True)
    if ran.returncode not in (0, 1):
        raise JudgeError(f"terramend {' '.join(arguments)} ended with {ran.returncode}: {ran.stderr.decode()[:400]}")
    return ran.stdout


def apply(tree: Path, fix: dict) -> None:
    """Replacements count from before the fix: the last in a file goes first."""
    for change in fix["artifactChanges"]:
        location = change["artifactLocation"]
        assert location["uriBaseId"] == "%SRCROOT%", location
        path = tree / unquote(location["uri"])
        raw = path.read_bytes().decode()
        mark = "\ufeff" if raw.startswith("\ufeff") else ""
        text = raw.removeprefix("\ufeff").encode("utf-16-le")
        for replacement in reversed(change["replacements"]):
            region = replacement["deletedRegion"]
            start = offset(text, region["startLine"], region["startColumn"])
            end = offset(text, region["endLine"], region["endColumn"])
            content = replacement.get("insertedContent", {}).get("text", "")
            text = text[:start] + content.encode("utf-16-le") + text[end:]
        path.write_bytes((mark + text.decode("utf-16-le")).encode())


def offset(text: bytes, line: int, column: int) -> int:
    """Where a line and a column, counted in UTF-16, lie in UTF-16 of two bytes a unit."""
    lines = text.decode("utf-16-le").split("\n")[:line - 1]
    start = sum(len((before + "\n").encode("utf-16-le")) for before in lines)
    return start + 2 * (column - 1)
