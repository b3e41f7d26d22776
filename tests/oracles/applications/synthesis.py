"""Runs applications as the CDK command line would, without it.

What is synthesised before a fix is the same in every run, so it is kept (`cache`). Types are not checked here: that is
asked apart, once for all (`types.mjs`).
"""
import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

COMPILED_FIRST = re.compile(r"^\s*(?:npx\s+tsc(?:\s+-b)?|npm\s+run\s+build|npx\s+tsc\s+--build)\s*&&\s*")
TELLING = re.compile(r"«|Error|Cannot find|not found|No module|required")


@dataclass(frozen=True)
class Tools:
    modules: Path  # node_modules
    python: str
    seconds: int  # for a synthesis on an idle machine
    traces: bool


def environment(tools: Tools, app: Path, out: Path) -> dict[str, str]:
    """What the CDK command line would give to the application."""
    context = {**read(app / "cdk.json").get("context", {}), **read(app / "cdk.context.json")}
    context |= {"aws:cdk:bundling-stacks": [], "aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
    given = dict(os.environ) | {
        "CDK_OUTDIR": str(out),
        "CDK_DEFAULT_ACCOUNT": "123456789012",
        "CDK_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "TS_NODE_TRANSPILE_ONLY": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # The library's own validation takes most of the time of a synthesis; cfn-lint has the same rules.
        "CDK_VALIDATION": "false",
    }
    if tools.traces:
        given |= {"JSII_HOST_STACK_TRACES": "1", "NODE_OPTIONS": "--stack-trace-limit=100"}
    else:
        context["aws:cdk:disable-creation-stack-traces"] = True
    given["CDK_CONTEXT_JSON"] = json.dumps(context)
    bins = [str(tools.modules / ".bin"), str(Path(tools.python).parent)]
    given["PATH"] = os.pathsep.join([*bins, given["PATH"]])
    return given


def read(file: Path) -> dict:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def command_of(tools: Tools, command: str) -> str:
    """The application's own command, without what only compiles or starts a package manager."""
    command = COMPILED_FIRST.sub("", command)
    command = re.sub(r"\bnpx\s+(?=ts-node|tsx|node)", "", command)
    return re.sub(r"^\s*\S*python3?(?=\s)", tools.python, command)


def synthesise(tools: Tools, app: Path, command: str, out: Path) -> str | None:
    """The reason why it doesn't, or nothing."""
    shutil.rmtree(out, ignore_errors=True)
    code, _, error = run(command_of(tools, command), app, environment(tools, app, out), patient(tools.seconds))
    if code == 0 and (out / "manifest.json").is_file():
        return None
    lines = [line.strip() for line in error.splitlines() if TELLING.search(line)] or error.splitlines()[-3:]
    return " | ".join(lines[:3])[:300] or f"exit code {code} and no assembly"


def patient(seconds: int) -> float:
    """Seconds to wait, more on a machine that others use, too."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def run(command, directory: Path, env: dict[str, str], seconds: float) -> tuple[int, str, str]:
    """Exit code and both outputs; what takes too long is ended with all that it started."""
    process = subprocess.Popen(
        command, cwd=directory, env=env, shell=isinstance(command, str), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
    )
    try:
        out, error = process.communicate(timeout=seconds)
        return process.returncode, out, error
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return -1, "", f"took longer than {seconds:.0f} seconds"


def first(tools: Tools, app: Path, name: str, command: str, out: Path, cache: Path) -> str | None:
    """Synthesises before any fix, or takes what is kept of it."""
    kept = cache / name
    if (kept / "failure").is_file():
        return (kept / "failure").read_text()
    if kept.is_dir():
        shutil.copytree(kept, out, symlinks=True)
        return None
    failure = synthesise(tools, app, command, out)
    if failure:
        kept.mkdir(parents=True)
        (kept / "failure").write_text(failure)
    else:
        keep(out, kept)
    return failure


def keep(out: Path, kept: Path) -> None:
    """Keeps an assembly without its assets, which may be large, and takes them out of it, too: what is judged before and
    after a fix has the same then, and functions are read where the program packs them."""
    for asset in list(out.rglob("asset.*")):
        if asset.is_dir() and not asset.is_symlink():
            shutil.rmtree(asset)
        else:
            asset.unlink(missing_ok=True)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(out, kept, symlinks=True)
