"""Judges of all that was edited, each asked once: the compiler, cfn-lint, Checkov, cdk-nag.

A run takes them together because starting them, and reading the library's types, costs more than judging.
"""
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from applications.treatment import Work
from judges import cfn_lint
from judges.verdict import JudgeError, Unavailable, Verdict, find_tool, run_judge, scratch

HERE = Path(__file__).parent
# Seconds.
TIMEOUT = 3600
# What newly fails because of what a fix is for, with the reason. Everything else that newly fails is a mistake.
EXPLAINED = {
    "CKV_AWS_158": "a log group that a fix adds has no key of the customer's (the profile `strict` sets one)",
    "CKV_AWS_338": "a log group that a fix adds keeps its events a month, not a year (the profile `strict` keeps them)",
    "CKV_AWS_66": "a log group that a fix adds keeps its events as long as the option says",
    "CKV_AWS_111": "the library grants xray:Put* and the delivery of logs on all resources: AWS has none that could be named",
    "CKV_AWS_108": "the library's grants, as above",
    "CKV_AWS_27": "Checkov takes only a key of KMS for the encryption of a queue in templates; dead letters that a fix adds have SQS's own",
    "Serverless-SQSRedrivePolicy": "the queue that a fix adds is the dead-letter queue: there is none behind it",
    "AwsSolutions-SQS3": "the queue that a fix adds is the dead-letter queue: there is none behind it",
    "AwsSolutions-IAM5": "the library grants xray:Put* and the delivery of logs on all resources, as AWS demands",
    "Serverless-CloudWatchLogGroupRetentionPeriod": "the retention stands in a token",
}
# The same by place: what the library makes for itself when a fix asks for something.
EXPLAINED_AT = {
    "LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a":
        "CDK's own function sets the retention of logs that a service makes (AppSync's): nothing in a program configures it",
}
# And by what a rule is about.
EXPLAINED_ABOUT = {
    "AWSAppSyncPushToCloudWatchLogs": "the policy of AWS that CDK gives to the role by which AppSync writes its logs",
}

Rows = Counter  # of (rule, place)


@dataclass(frozen=True)
class Pair:
    """A template before and after."""
    app: str
    before: Path
    after: Path


def templates(work: Work, results: list[dict]) -> list[Pair]:
    """Templates that a fix changed or added."""
    found = []
    for result in results:
        after, before = work.directory / result["name"] / "after", work.cache / result["name"]
        for file in sorted(after.rglob("*.template.json")):
            old = before / file.relative_to(after)
            if not old.is_file() or old.read_bytes() != file.read_bytes():
                found.append(Pair(result["name"], old, file))
    return found


def types(work: Work, results: list[dict]) -> Verdict:
    """TypeScript's compiler with --strict says of no changed file what it didn't say before."""
    verdict = Verdict("tsc --strict")
    asked = []
    for result in results:
        tree = work.directory / result["name"] / "tree" / Path(result["app"]).relative_to(result["top"])
        files = [file for file in result["changed"] if re.search(r"\.[mc]?tsx?$", file)]
        changed = [{"now": str(tree / file), "was": str(Path(result["app"]) / file)} for file in files]
        asked += [{"name": result["name"], "changed": changed}] if changed else []
    said = node(work, "types.mjs", asked)
    for name, errors in said.items():
        new = Counter(errors["after"]) - Counter(errors["before"])
        verdict.failures += [f"{name}: {error}" for error in new.elements()]
    before = sum(len(errors["before"]) for errors in said.values())
    verdict.summary = [f"{len(said)} programs, {sum(len(entry['changed']) for entry in asked)} changed files, "
                       f"{before} errors before, {len(verdict.failures)} new"]
    return verdict.close()


def lint(work: Work, results: list[dict]) -> Verdict:
    pairs = templates(work, results)
    return cfn_lint.judge([(pair.before, pair.after) for pair in pairs if pair.before.is_file()])


def checkov(work: Work, results: list[dict]) -> Verdict:
    pairs = templates(work, results)
    return compared("checkov (cloudformation)", pairs, *(checkov_rows(pairs, which) for which in ("before", "after")))


def checkov_rows(pairs: list[Pair], which: str) -> dict[int, Rows]:
    found: dict[int, Rows] = {}
    with scratch() as directory:
        for index, pair in enumerate(pairs):
            if getattr(pair, which).is_file():
                shutil.copyfile(getattr(pair, which), directory / f"{index}.template.json")
        command = [find_tool("checkov"), "-d", str(directory), "--framework", "cloudformation", "-o", "json", "--compact",
                   "--quiet", "--skip-download", "--soft-fail"]
        out = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT).stdout
    try:
        report = json.loads(out)
    except ValueError:
        raise JudgeError(f"checkov printed no report: {out[-300:]}") from None
    for check in (report if isinstance(report, dict) else report[0]).get("results", {}).get("failed_checks", []):
        index = int(Path(check["file_path"]).name.split(".")[0])
        found.setdefault(index, Counter())[check["check_id"], check["resource"].rsplit(".", 1)[-1]] += 1
    return found


def nag(work: Work, results: list[dict]) -> Verdict:
    pairs = templates(work, results)
    files = [str(file) for pair in pairs for file in (pair.before, pair.after) if file.is_file()]
    said = node(work, "nag.mjs", files)
    rows = {file: Counter(map(tuple, found)) for file, found in said.items() if isinstance(found, list)}
    readable = [pair for pair in pairs if str(pair.after) in rows and (str(pair.before) in rows or not pair.before.is_file())]
    before, after = ({i: rows.get(str(getattr(pair, which)), Counter()) for i, pair in enumerate(readable)}
                     for which in ("before", "after"))
    verdict = compared("cdk-nag", readable, before, after)
    unread = sorted({f"{pair.app}: {said[str(pair.after)]['error']}" for pair in pairs if str(pair.after) not in rows})
    verdict.notes += [f"not included: {line}" for line in unread]
    return verdict


def compared(name: str, pairs: list[Pair], before: dict[int, Rows], after: dict[int, Rows]) -> Verdict:
    """What is gone and what is new, by rule; what is new without an explanation is a failure."""
    verdict = Verdict(name)
    gone, new = Counter(), Counter()
    notes = set()
    for index, pair in enumerate(pairs):
        old, now = before.get(index, Counter()), after.get(index, Counter())
        for (rule, place), count in (now - old).items():
            new[rule] += count
            reason = explanation(rule, place)
            if reason:
                notes.add(reason)
            else:
                verdict.failures.append(f"{pair.app}: {rule} newly fails at {place}")
        for (rule, _), count in (old - now).items():
            gone[rule] += count
    count = lambda rows: sum(found.total() for found in rows.values())
    verdict.summary = [f"{len(pairs)} templates, {count(before)} failures before, {count(after)} after"]
    verdict.summary.append(f"gone {gone.total()}: {table(gone)}")
    verdict.summary.append(f"new {new.total()}: {table(new)}")
    verdict.notes += sorted(notes)
    return verdict.close()


def explanation(rule: str, place: str) -> str | None:
    """Why something newly fails because of what a fix is for: by its place, by what the rule is about, by the rule."""
    for known, text in ((EXPLAINED_AT, place), (EXPLAINED_ABOUT, rule)):
        for name, reason in known.items():
            if name in text:
                return f"{name}: {reason}"
    reason = EXPLAINED.get(bare(rule))
    return reason and f"{bare(rule)}: {reason}"


def bare(rule: str) -> str:
    """`AwsSolutions-IAM5[Resource::*]` without what it is about."""
    return rule.split("[")[0]


def table(rules: Counter) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in rules.most_common())


def node(work: Work, script: str, asked: list) -> dict:
    command = [find_tool("node"), "--max-old-space-size=4096", str(HERE / script), str(work.tools.modules)]
    run = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=TIMEOUT)
    if run.returncode:
        reason = run.stderr.strip()[-400:]
        raise (Unavailable if "Cannot find module" in reason else JudgeError)(f"{script}: {reason}")
    return json.loads(run.stdout)


def asked(judge: Callable[[Work, list[dict]], Verdict]) -> Callable[[Work, list[dict]], bool]:
    """A judge that shows its verdict; whether it is content, or couldn't be asked."""
    def show(work: Work, results: list[dict]) -> bool:
        verdict = run_judge(judge.__name__, lambda: judge(work, results))
        verdict.show()
        return verdict.state in ("pass", "skipped")
    return show


JUDGES = {judge.__name__: asked(judge) for judge in (types, lint, checkov, nag)}
