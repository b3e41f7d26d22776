"""Which applications there are."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = {"typescript": r"ts-node|tsx|\.ts\b|\bnode\b", "python": r"\bpython3?\b|\.py\b"}
IGNORED = {"node_modules", "cdk.out", ".venv", "venv"}


@dataclass(frozen=True)
class Application:
    top: Path  # what is copied: what the application packs may stand beside it
    path: Path  # the directory with cdk.json
    language: str
    command: str

    @property
    def name(self) -> str:
        """Unique, and the name of a directory."""
        return re.sub(r"[^A-Za-z0-9.-]+", "_", str(self.path).strip("/"))


def applications(paths: list[Path], language: str | None) -> list[Application]:
    """Directories with a cdk.json in one of the languages, below these; the first folder below is the top."""
    found = []
    for path in (path.resolve() for path in paths):
        files = [path / "cdk.json"] if (path / "cdk.json").is_file() else sorted(path.rglob("cdk.json"))
        for file in files:
            command = app_command(file)
            kind = next((name for name in LANGUAGES if re.search(LANGUAGES[name], command)), None)
            if IGNORED & set(file.relative_to(path).parts) or not kind or language not in (None, kind):
                continue
            found.append(Application(top_of(path, file.parent), file.parent, kind, command))
    return found


def top_of(path: Path, app: Path) -> Path:
    """aws-cdk-examples holds a folder for each language, with an application a folder."""
    inner = app.relative_to(path).parts
    depth = 2 if inner and inner[0] in LANGUAGES and len(inner) > 1 else 1
    return path.joinpath(*inner[:depth])


def app_command(file: Path) -> str:
    try:
        return str(json.loads(file.read_text(errors="replace"))["app"])
    except (ValueError, KeyError, TypeError, OSError):
        return ""


def spread(found: list, limit: int | None, offset: int) -> list:
    """So many, spread over all."""
    if not limit or limit >= len(found):
        return found
    step = len(found) / limit
    return [found[int(offset + i * step) % len(found)] for i in range(limit)]
