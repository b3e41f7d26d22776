"""The Checkov checks that terramend answers for: serverless-checks.txt, and what a caller picks of it."""
from pathlib import Path

from judges.terraform import ORACLES

LIST = ORACLES / "serverless-checks.txt"
FIX = "fix"  # the action of a check that a control repairs whatever the configuration looks like
EVIDENCE = "evidence"  # of one that it repairs where the configuration shows that it applies

Checks = dict[str, str]  # check id -> action


def read_list(path: Path) -> Checks:
    """Lines of `id action name`, or of ids only; # begins a comment line."""
    checks = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            fields = line.split("\t")
            for check in fields[0].replace(",", " ").split():
                checks[check] = fields[1] if len(fields) > 1 else ""
    return checks


def pick(wanted: str | None) -> Checks:
    """The whole list, or `@FILE` or `ID,ID`: ids that the list does not hold count as ones to fix."""
    known = read_list(LIST)
    if not wanted:
        return known
    ids = dict.fromkeys(wanted.replace(",", " ").split(), "")
    chosen = read_list(Path(wanted[1:])) if wanted.startswith("@") else ids
    return {check: action or known.get(check, FIX) for check, action in chosen.items()}
