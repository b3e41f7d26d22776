"""Provisioners would run commands on this machine: they are taken out of scratch copies before Terraform applies them.

What a plan says of resources does not depend on them. A block is taken out where its closing brace stands below its
first letter, as `terraform fmt` writes it; what is written otherwise stays, and its root is not applied.
"""
import re
from pathlib import Path

from judges.trees import walk

KIND = r'"?(?:local-exec|remote-exec|file)\b"?'
BLOCK = re.compile(rf"^([ \t]*)provisioner[ \t]+{KIND}[ \t]*\{{[ \t]*(?:#.*|//.*)?\n(?:.*\n)*?\1\}}[ \t]*\n", re.M)
LEFT = re.compile(rf'^\s*provisioner\s+{KIND}|"provisioner"\s*:', re.M)


def take_out(tree: Path) -> list[Path]:
    """Takes the provisioners out of the tree's files; the files that keep one, relative to the tree."""
    left = []
    for file in walk(tree, (".tf", ".tf.json")):
        text = file.read_text("utf8", "replace") if file.is_file() else ""
        if LEFT.search(text):
            text = BLOCK.sub("", text)
            file.write_text(text, "utf8")
            if LEFT.search(text):
                left.append(file.relative_to(tree))
    return left
