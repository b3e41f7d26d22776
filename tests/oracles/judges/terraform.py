"""Terraform as a judge's tool: the pretend providers it talks to, and calls that reach nothing outside."""
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from judges.module_registry import module_registry
from judges.verdict import Unavailable, find_tool

ORACLES = Path(__file__).resolve().parent.parent
SCHEMAS = ORACLES / "schemas"
EFFECTS = ORACLES / "effects" / "terraform.json"
PYTHON_NEEDS = ("tf", "grpc", "msgpack")
OLDEST = (1, 5)
TIMEOUT = 300  # seconds for one call of Terraform
CORES = os.cpu_count() or 1
NOWHERE = "http://127.0.0.1:9"  # a proxy that refuses every connection
Environment = dict[str, str]


def require_terraform() -> str:
    """The program's path, if it is there and recent enough."""
    program = find_tool("terraform")
    shown = subprocess.run([program, "version", "-json"], env=clean_environment(), capture_output=True, text=True,
                           timeout=TIMEOUT)
    try:
        version = json.loads(shown.stdout)["terraform_version"]
    except (ValueError, KeyError):
        raise Unavailable(f"terraform does not tell its version: {squeeze(shown.stderr, 200)}") from None
    if tuple(int(n) for n in version.split(".")[:2]) < OLDEST:
        raise Unavailable(f"terraform {version} is too old: 1.5 or later is needed")
    return program


def require_provider() -> None:
    """Terraform, and what the schema provider imports."""
    require_terraform()
    missing = [name for name in PYTHON_NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(f"{sys.executable} lacks the Python modules {', '.join(missing)} (see requirements.txt)")


def clean_environment() -> Environment:
    """The caller's environment without what steers Terraform or signs in to a cloud, and with no way to a network."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(("TF_", "AWS_"))
            and k.upper() not in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")}
    kept["PATH"] = os.pathsep.join((kept.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    return kept | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": os.devnull,
                   "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "GIT_ALLOW_PROTOCOL": "file",
                   "AWS_EC2_METADATA_DISABLED": "true"}


@contextlib.contextmanager
def pretend_providers(work: Path, with_effects: bool = False, modules: Path | None = None) -> Iterator[Environment]:
    """The environment in which Terraform uses the schemas in schemas/ as its providers, while the block runs.

    No other provider can be installed: the only place to install from is an empty folder in work. Of a registry's modules
    those can whose clones are in `modules`.
    """
    require_provider()
    command = [sys.executable, "-B", "-m", "judges.schema_provider"]
    if with_effects:
        command += ["--effects", str(EFFECTS)]
    command += [f"{p.name.split('.')[0].split('-')[0]}={p}" for p in sorted(SCHEMAS.glob("*.json.gz"))]
    server = subprocess.Popen(command, cwd=ORACLES, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        attach = server.stdout.readline().strip()
        if not attach:
            raise Unavailable(f"the schema provider did not start: {squeeze(server.stderr.read(), -300)}")
        with module_registry(modules) as registry:
            config = str(no_downloads(work, registry))
            yield clean_environment() | {"TF_REATTACH_PROVIDERS": attach, "TF_CLI_CONFIG_FILE": config}
    finally:
        stop(server)


def no_downloads(work: Path, registry: str) -> Path:
    """A Terraform configuration file that lets no provider be installed, and no module but the registry's."""
    empty, config = work / "no-providers", work / "terraform.rc"
    empty.mkdir(exist_ok=True)
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{empty}"\n  }}\n}}\n{registry}')
    return config


def stop(server: subprocess.Popen) -> None:
    """The server ends by itself when its input closes."""
    server.stdin.close()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    server.stdout.close()
    server.stderr.close()


def terraform(directory: Path, env: Environment, *args: str) -> subprocess.CompletedProcess:
    """One call; one that takes too long counts as failed."""
    try:
        return subprocess.run(["terraform", *args], cwd=directory, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(args, 124, "", f"terraform {args[0]} took over {TIMEOUT} seconds")


def at_once(function: Callable, items: Iterable) -> list:
    """The function's results for all items, as many at a time as there are cores; none is begun once one fails."""
    pool = ThreadPoolExecutor(CORES)
    try:
        return list(pool.map(function, items))
    finally:
        pool.shutdown(cancel_futures=True)


def squeeze(text: str, length: int) -> str:
    """The text on one line, its beginning (or with a negative length its end) only."""
    line = " ".join(text.split())
    return line[:length] if length >= 0 else line[length:]
