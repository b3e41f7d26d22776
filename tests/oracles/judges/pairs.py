"""Judges terramend's examples: pairs of a bad configuration and what it is fixed to.

  DIR/<control>/aliases.txt              the control's names in other tools, one a line
  DIR/<control>/<n>/{bad,fixed}/main.tf  an example
"""
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from judges import checkov
from judges.checkov import Finding, Scan
from judges.terraform import pretend_providers
from judges.trees import Files, terraform_files
from judges.validate import UNCHECKABLE, not_checkable, survey
from judges.verdict import Verdict, scratch

SIDES = ("bad", "fixed")


def judge_validate(pairs: Path) -> Verdict:
    """A fixed example has no kind of error that its bad one does not have; so it is valid if that one is."""
    verdict = Verdict("validate")
    with scratch() as work, pretend_providers(work) as env:
        problems = survey(pairs, work / "tree", env)
    for directory, found in problems.items():
        path = Path(directory)
        known = {(p.summary, p.detail) for p in problems.get((path.parent / "bad").as_posix(), ())}
        for p in (p for p in found if p.summary not in UNCHECKABLE):
            new = path.name == "fixed" and (p.summary, p.detail) not in known
            (verdict.failures if new else verdict.notes).append(f"{directory}/{p}")
    uncheckable = sum(1 for found in problems.values() if found and not_checkable(found))
    valid = sum(1 for found in problems.values() if not found)
    verdict.summary = [f"{len(problems)} examples, {valid} valid, {uncheckable} not checkable offline"]
    verdict.data = {d: [str(p) for p in found] for d, found in problems.items() if found}
    return verdict.close()


@dataclass
class Row:
    """One alias of a control, over the control's examples."""
    control: str
    alias: str
    examples: int = 0
    bad_fails: int = 0
    fixed_passes: int = 0

    def __str__(self) -> str:
        return (f"{self.control:40} {self.alias:14} bad fails {self.bad_fails} of {self.examples}, "
                f"fixed passes {self.fixed_passes} of {self.examples}")


# What is added for a check and can't pass it.
INHERENT = {
    ("CKV_AWS_18", "aws_s3_bucket.access_logs"): "a bucket for access logs keeps none of its own, which would go on for ever",
    ("CKV_AWS_309", "aws_apigatewayv2_route.all_preflight"): "browsers don't sign preflight requests",
    ("CKV_AWS_309", "aws_apigatewayv2_route.all_preflight_root"): "browsers don't sign preflight requests",
}


def judge_checkov(pairs: Path) -> Verdict:
    """A fixed example fails no aliased check that its bad one did not fail."""
    verdict = Verdict("checkov")
    bad, fixed = checkov.scan_both(tuple(side_files(pairs, side) for side in SIDES), None)
    rows = []
    for control in sorted(p for p in pairs.iterdir() if p.is_dir()):
        # Templates of CloudFormation have no .tf file: other judges know them.
        pairs_of = (p for p in control.iterdir() if all((p / side).is_dir() for side in SIDES))
        examples = sorted(p.name for p in pairs_of if any((p / SIDES[0]).glob("main.tf*")))
        for alias in aliases(control):
            row = Row(control.name, alias, len(examples))
            for example in examples:
                judge_pair(row, f"{control.name}/{example}/", bad, fixed, verdict)
            rows.append(row)
    unproven = [row for row in rows if row.examples and not row.bad_fails]
    verdict.notes += [f"{row.control}: no bad example fails {row.alias}" for row in unproven]
    verdict.notes += [f"Checkov cannot parse fixed: {p}" for p in sorted({*fixed.parse_errors} - {*bad.parse_errors})]
    verdict.summary = [*map(str, rows), f"{len(rows)} aliases, {len(rows) - len(unproven)} failed by a bad example, "
                       f"{sum(r.fixed_passes for r in rows)} of {sum(r.examples for r in rows)} examples pass fixed"]
    verdict.data = {"rows": [vars(row) for row in rows]}
    return verdict.close()


def judge_pair(row: Row, prefix: str, bad: Scan, fixed: Scan, verdict: Verdict) -> None:
    def of(findings: list[Finding]) -> Counter[Finding]:
        return Counter(f for f in findings if f.check == row.alias and f.file.startswith(prefix))

    failed, fails = of(bad.failed), of(fixed.failed)
    row.bad_fails += bool(failed)
    row.fixed_passes += bool(not fails and of(fixed.passed))
    for finding in fails - failed:
        reason = INHERENT.get((finding.check, finding.resource))
        if reason:
            verdict.notes.append(f"fixed newly fails {finding}: {reason}")
        else:
            verdict.failures.append(f"fixed newly fails {finding}")
    verdict.notes += [f"fixed still fails {finding}" for finding in fails & failed]


def aliases(control: Path) -> list[str]:
    """The control's names in Checkov."""
    listed = control / "aliases.txt"
    lines = listed.read_text().split() if listed.is_file() else []
    return [line for line in lines if line.startswith("CKV")]


def side_files(pairs: Path, side: str) -> Files:
    """The files of all bad (or all fixed) examples, as <control>/<n>/..., in one tree."""
    files = {}
    for name, content in terraform_files(pairs).items():
        control, *rest = name.split("/")
        if len(rest) > 2 and rest[1] == side:
            files["/".join([control, rest[0], *rest[2:]])] = content
    return files
