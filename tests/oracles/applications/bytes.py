"""What an edit did to the bytes of a file beside what it says, and what it replaced."""
import difflib
import re
from pathlib import Path


def byte_faults(before: Path, after: Path) -> tuple[list[str], list[str]]:
    """Line endings of another kind, more blanks at the ends of lines, a lost mark; and lines whose text was replaced."""
    old, new = before.read_bytes(), after.read_bytes()
    faults, replaced = [], []
    if old.startswith(b"\xef\xbb\xbf") != new.startswith(b"\xef\xbb\xbf"):
        faults.append("byte-order mark")
    if old.endswith(b"\n") != new.endswith(b"\n"):
        faults.append("last line ending")
    if before.stat().st_mode != after.stat().st_mode:
        faults.append("file mode")
    crlf, lone = old.count(b"\r\n"), len(re.findall(rb"(?<!\r)\n", old))
    more_crlf, more_lone = new.count(b"\r\n") - crlf, len(re.findall(rb"(?<!\r)\n", new)) - lone
    if (more_lone > 0 and crlf and not lone) or (more_crlf > 0 and not crlf):
        faults.append("line endings")
    lines, edited = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for tag, i, j, k, l in difflib.SequenceMatcher(None, lines, edited, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = b"".join(lines[i:j]), b"".join(edited[k:l])
        if not is_within(gone, come):
            replaced.append(f"line {i + 1}: {gone.decode(errors='replace').strip()!r} -> {come.decode(errors='replace').strip()!r}")
        if blank_ends(edited[k:l]) > blank_ends(lines[i:j]):
            faults.append(f"line {i + 1}: blanks at the end")
    return faults, replaced


def blank_ends(lines: list[bytes]) -> int:
    return sum(bool(re.search(rb"[ \t]\r?\n$", line)) for line in lines)


def is_within(part: bytes, whole: bytes) -> bool:
    """Whether all of a text stands in another, in its order."""
    rest = iter(whole)
    return all(byte in rest for byte in part)
