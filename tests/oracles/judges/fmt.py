"""Judge: does `terraform fmt` have nothing new to say?

A file that was formatted stays formatted, and no file stops parsing. Files that were not formatted to begin with are
not held against the edit; lines inserted there that fmt would change are noted.
"""
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from judges.terraform import clean_environment, require_terraform, squeeze, terraform
from judges.trees import walk
from judges.verdict import JudgeError, Verdict, scratch

FORMATTED = (".tf", ".tfvars")
ERROR_PLACES = (re.compile(r"^\s*on (.+?) line \d+", re.M), re.compile(r"(?:in|file) (\S+\.tf\S*)"))
LINE_LIMIT = 120


@dataclass
class Formatting:
    files: dict[str, list[str]]  # path -> lines, of every file that fmt reads
    unclean: set[str]  # files that fmt would change
    unparsable: set[str]
    complaints: dict[str, Counter[str]]  # path -> lines that fmt would change (none where `diff` is not installed)


def judge(before: Path, after: Path) -> Verdict:
    require_terraform()
    old, new = formatting(before), formatting(after)
    verdict = Verdict("fmt")
    lost = sorted(new.unclean - old.unclean - old.unparsable)
    broken = sorted(new.unparsable - old.unparsable)
    verdict.failures = [f"{p}: does not parse any more" for p in broken]
    verdict.failures += [f"{p}: was formatted, is not now" if p in old.files else f"{p}: added, not formatted"
                         for p in lost]
    verdict.notes = [f"{p}: inserted line that fmt would change: {line.strip()[:LINE_LIMIT]}"
                     for p in sorted(new.unclean & old.unclean) for line in inserted_unformatted(p, old, new)]
    verdict.summary = [f"{len(new.files)} files; not formatted {len(old.unclean)} -> {len(new.unclean)}, "
                       f"not parsable {len(old.unparsable)} -> {len(new.unparsable)}"]
    verdict.data = {"formatting_lost": lost, "newly_unparsable": broken,
                    "formatting_gained": sorted(old.unclean - new.unclean - new.unparsable)}
    return verdict.close()


def inserted_unformatted(path: str, old: Formatting, new: Formatting) -> list[str]:
    inserted = Counter(new.files[path]) - Counter(old.files[path])
    complaints = new.complaints.get(path, Counter()) - old.complaints.get(path, Counter())
    return sorted(inserted & complaints)


def formatting(tree: Path) -> Formatting:
    """What fmt says of the tree. It lists nothing while any file has a syntax error, so those leave a copy first."""
    with scratch() as work:
        files, unparsable = {}, set()
        for path in walk(tree, FORMATTED):
            if path.is_file():
                name = path.relative_to(tree).as_posix()
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, work / name)
                files[name] = path.read_text("utf8", "replace").splitlines()
        args = ("fmt", "-check", "-diff", "-recursive", "-no-color")
        while True:
            run = terraform(work, clean_environment(), *args)
            bad = syntax_errors(work, run.stderr) if run.returncode not in (0, 3) else set()
            if not bad:
                break
            for name in bad:
                (work / name).unlink()
            unparsable |= bad
        if run.returncode not in (0, 3):
            raise JudgeError(f"terraform fmt fails: {squeeze(run.stderr, 300)}")
    unclean, complaints = read_diff(run.stdout, files)
    return Formatting(files, unclean, unparsable, complaints)


def syntax_errors(work: Path, message: str) -> set[str]:
    """The files that fmt's error message names."""
    named = {name.strip() for place in ERROR_PLACES for name in place.findall(message)}
    return {Path(name).as_posix() for name in named if (work / name).is_file()}


def read_diff(output: str, files: dict[str, list[str]]) -> tuple[set[str], dict[str, Counter[str]]]:
    """fmt's listed files, and of each the lines that fmt would replace. A listed name is a line of its own."""
    unclean, complaints, name = set(), {}, ""
    for line in output.split("\n"):
        if line in files and not line.startswith(("+", "-", " ")):
            name = line
            unclean.add(name)
            complaints[name] = Counter()
        elif name and line.startswith("-") and not line.startswith("--- "):
            complaints[name][line[1:].rstrip("\r")] += 1
    return unclean, complaints
