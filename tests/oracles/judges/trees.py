"""Terraform files in a directory tree: finding, copying, and the plain facts of an edit."""
import contextlib
import difflib
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SKIPPED = (".terraform", ".git", "node_modules")
TERRAFORM = (".tf", ".tf.json", ".tfvars")
BLOCK = re.compile(r'^\s*(resource|data|module)\s+"([^"]+)"(?:\s+"([^"]+)")?', re.M)
INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]')

Files = dict[str, bytes]  # path relative to the tree -> content


def walk(tree: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """The files below tree with one of these endings, in order, version control and installed modules left out."""
    for folder, below, names in os.walk(tree):
        below[:] = sorted(d for d in below if d not in SKIPPED)
        yield from (Path(folder, n) for n in sorted(names) if n.endswith(suffixes))


def terraform_files(tree: Path) -> Files:
    return {p.relative_to(tree).as_posix(): p.read_bytes() for p in walk(tree, TERRAFORM) if p.is_file()}


def module_dirs(tree: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The directories that hold such files."""
    return sorted({p.parent for p in walk(tree, suffixes)})


@contextlib.contextmanager
def scratch_copy(tree: Path, place: Path, *ignored: str) -> Iterator[Path]:
    """A copy of the tree at this place, without the names that match `ignored`; removed afterwards."""
    shutil.copytree(tree, place, ignore=shutil.ignore_patterns(*SKIPPED, *ignored), symlinks=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def without_index(address: str) -> str:
    """module.a["x"].aws_sqs_queue.q[0] without its index keys."""
    return INDEX.sub("", address)


def declared_blocks(files: Files) -> set[tuple[str, str]]:
    """(directory, address) of every resource, data and module block, found by text."""
    found = set()
    for path, content in files.items():
        for kind, first, second in BLOCK.findall(content.decode("utf8", "replace")):
            address = f"module.{first}" if kind == "module" else f"{first}.{second}"
            found.add((os.path.dirname(path), f"data.{address}" if kind == "data" else address))
    return found


def compare_text(before: Files, after: Files) -> dict:
    """What the edit did to the text of the Terraform files."""
    changed = [p for p in after if p in before and after[p] != before[p]]
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    counts: Counter[str] = Counter()
    for path in changed + added + removed:
        counts.update(count_lines(before.get(path, b""), after.get(path, b"")))
    return {"files": len(before), "changed": len(changed), "added": added, "removed": removed,
            "lines_added": counts["added"], "lines_removed": counts["removed"],
            "whitespace_only": counts["whitespace"],
            "line_endings_changed": [p for p in changed if (b"\r\n" in before[p]) != (b"\r\n" in after[p])],
            "final_newline_changed": [p for p in changed if before[p].endswith(b"\n") != after[p].endswith(b"\n")],
            "blocks_lost": sorted("/".join(b) for b in declared_blocks(before) - declared_blocks(after))}


def count_lines(before: bytes, after: bytes) -> Counter[str]:
    """Lines added and removed, and those that differ from a removed one only in white space."""
    counts: Counter[str] = Counter()
    old, new = (text.decode("utf8", "replace").splitlines() for text in (before, after))
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        counts["removed"] += i2 - i1
        counts["added"] += j2 - j1
        was = Counter("".join(line.split()) for line in old[i1:i2])
        now = Counter("".join(line.split()) for line in new[j1:j2])
        counts["whitespace"] += (was & now).total() + ((now - was)[""] if tag != "insert" else 0)
    return counts


def text_summary(facts: dict) -> str:
    line = (f"{facts['files']} Terraform files, {facts['changed']} changed, {len(facts['added'])} added, "
            f"{len(facts['removed'])} removed; lines +{facts['lines_added']} -{facts['lines_removed']}, "
            f"{facts['whitespace_only']} differ in white space only")
    for key in ("line_endings_changed", "final_newline_changed", "blocks_lost"):
        if facts[key]:
            line += f"; {key.replace('_', ' ')}: {', '.join(facts[key][:5])}{' ...' if len(facts[key]) > 5 else ''}"
    return line
