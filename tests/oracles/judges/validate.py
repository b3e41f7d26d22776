"""Judge: does `terraform validate` find nothing new, with the AWS provider's schema (6.66.0)?

Every directory that holds Terraform files is validated, as it is, offline. Local modules are installed for it, and a
registry's whose clones are there; directories that call other modules keep the error 'Module not installed', before and
after alike.
"""
import json
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from judges.terraform import Environment, at_once, pretend_providers, squeeze, terraform
from judges.trees import module_dirs, scratch_copy
from judges.verdict import Verdict, scratch

CONFIGURATION = (".tf", ".tf.json")
UNCHECKABLE = {"Module not installed", "Missing required provider", "Unsupported Terraform Core version"}
# "main.tf:26,1-36" in a message.
PLACE = re.compile(r"(\.tf(?:\.json)?):\d+,[\d,-]+")
# A module that is validated by itself is given no provider by a caller: each resource that names one is a fault then, and
# one of several says no more.
NO_PROVIDER = "Provider configuration not present"
PROVIDER = re.compile(r'provider\["[^"]+"\](?:\.[\w-]+)?')
NOT_INSTALLED = '"Module not installed"'


class Problem(NamedTuple):
    summary: str
    detail: str
    file: str
    context: str

    def __str__(self) -> str:
        return f"{self.file}: {self.summary}: {squeeze(self.detail, 300)} [{self.context}]"


Problems = Counter[Problem]


def judge(before: Path, after: Path, modules: Path | None = None) -> Verdict:
    verdict = Verdict("validate")
    with scratch() as work, pretend_providers(work, modules=modules) as env:
        old, new = survey(before, work / "tree", env), survey(after, work / "tree", env)
    for directory, problems in new.items():
        verdict.failures += [f"{directory}/{p}" for p in problems - old.get(directory, Counter())]
    worse = sum(1 for d, problems in new.items() if problems - old.get(d, Counter()))
    verdict.summary = [f"{len(new)} directories, {worse} with a new error; "
                       f"valid {tally(old)} -> {tally(new)} (with errors, not checkable offline)"]
    verdict.data = {"before": as_lists(old), "after": as_lists(new)}
    return verdict.close()


def tally(surveyed: dict[str, Problems]) -> str:
    valid = sum(1 for problems in surveyed.values() if not problems)
    uncheckable = sum(1 for problems in surveyed.values() if problems and not_checkable(problems))
    return f"{valid} ({len(surveyed) - valid - uncheckable}, {uncheckable})"


def not_checkable(problems: Problems) -> bool:
    """Only errors that being offline explains."""
    return all(p.summary in UNCHECKABLE for p in problems)


def as_lists(surveyed: dict[str, Problems]) -> dict[str, list[str]]:
    return {d: [str(p) for p in problems] for d, problems in surveyed.items() if problems}


def survey(tree: Path, place: Path, env: Environment) -> dict[str, Problems]:
    """The errors in each directory of the tree. Both trees are read at the same place: messages may name it."""
    with scratch_copy(tree, place):
        dirs = module_dirs(place, CONFIGURATION)
        found = at_once(lambda d: validate(d, env), dirs)
        return {d.relative_to(place).as_posix(): problems for d, problems in zip(dirs, found)}


def validate(directory: Path, env: Environment) -> Problems:
    run = terraform(directory, env, "validate", "-json", "-no-color")
    if NOT_INSTALLED in run.stdout:
        terraform(directory, env, "init", "-backend=false", "-input=false", "-no-color")
        run = terraform(directory, env, "validate", "-json", "-no-color")
    try:
        diagnostics = json.loads(run.stdout)["diagnostics"]
    except (ValueError, KeyError):
        return Counter([Problem("Terraform gave no report", run.stderr, "", "")])
    problems = Counter(problem(d) for d in diagnostics if d["severity"] == "error")
    return Counter({p: 1 if p.summary == NO_PROVIDER else n for p, n in problems.items()})


def problem(diagnostic: dict) -> Problem:
    if diagnostic["summary"] == NO_PROVIDER:
        named = PROVIDER.search(diagnostic.get("detail", ""))
        return Problem(NO_PROVIDER, named.group() if named else "", "", "")
    # Lines that were added move what stands below them.
    detail = PLACE.sub(r"\1", diagnostic.get("detail", ""))
    return Problem(diagnostic["summary"], detail,
                   (diagnostic.get("range") or {}).get("filename", ""),
                   (diagnostic.get("snippet") or {}).get("context") or "")
