"""Judge: does Checkov find less than before in what would be deployed, and nothing new?

Checkov reads configurations without evaluating them: what a module makes of its inputs by an expression it doesn't know.
Here it reads Terraform's plans instead, in which all values are there: of the root modules that the judge `plan` could plan,
on the same state before and after the edit.
"""
from dataclasses import replace
from pathlib import Path

from judges import checkov, plan
from judges.checks import Checks
from judges.trees import Files
from judges.verdict import Verdict

# Logs that are kept for ever (a plan says 0, a configuration nothing) pass the one and fail the other.
INSTEAD = {"CKV_AWS_338": "CKV_AWS_66"}


def judge(before: Path, after: Path, checks: Checks, modules: Path | None, cache: Path | None = None) -> Verdict:
    roots = [root for root in plan.run_roots(before, after, modules) if root.state == "planned"]
    old, new = checkov.scan_both((plans(roots, "before"), plans(roots, "after")), cache, checkov.PLANS)
    compared = checkov.compare(old, new, set())
    fixed = {(f.check, f.file, f.resource) for f in compared.fixed}
    instead = [f for f in compared.new_on_existing if (INSTEAD.get(f.check), f.file, f.resource) in fixed]
    compared = replace(compared, new_on_existing=[f for f in compared.new_on_existing if f not in instead])
    verdict = checkov.conclude("planned", compared, checks, old, new)
    verdict.notes += [f"fails instead of {INSTEAD[f.check]}: {f}" for f in instead]
    verdict.summary.insert(0, f"root modules that could be planned: {len(roots)}")
    return verdict


def plans(roots: list[plan.Root], tree: str) -> Files:
    """The plans as files, one in the directory of each root."""
    return {f"{root.path}/tfplan.json".removeprefix("./"): root.plans[tree].encode() for root in roots}
