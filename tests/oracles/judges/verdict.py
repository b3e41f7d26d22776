"""What a judge says, and how it is shown."""
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

SHOWN = 20  # lines of a kind on the terminal; the JSON output holds all


class Unavailable(Exception):
    """A judge cannot run here; the message says what is missing."""


class JudgeError(Exception):
    """A judge ran and could not come to a verdict."""


@dataclass
class Verdict:
    judge: str
    state: str = "pass"  # pass, fail, skipped (a tool is missing), error (no verdict)
    seconds: float = 0.0
    summary: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: dict = field(default_factory=dict)

    def close(self) -> "Verdict":
        """The state that follows from the failures."""
        self.state = "fail" if self.failures else "pass"
        return self

    def show(self) -> None:
        print(f"{self.judge}: {self.state.upper()} ({self.seconds:.1f} s)")
        for line in self.summary:
            print(f"  {line}")
        for label, lines in (("FAIL", self.failures), ("note", self.notes)):
            for line in lines[:SHOWN]:
                print(f"  {label}: {line}")
            if len(lines) > SHOWN:
                print(f"  {label}: ... {len(lines) - SHOWN} more")
        sys.stdout.flush()


def run_judge(name: str, judge: Callable[[], Verdict]) -> Verdict:
    """The judge's verdict, timed; a judge that cannot run gives a verdict that says why."""
    start = time.monotonic()
    try:
        verdict = judge()
    except Unavailable as reason:
        verdict = Verdict(name, "skipped", summary=[str(reason)])
    except JudgeError as reason:
        verdict = Verdict(name, "error", summary=[str(reason)])
    verdict.seconds = round(time.monotonic() - start, 1)
    return verdict


def exit_code(verdicts: list[Verdict]) -> int:
    """0 every judge that ran is content, 1 one is not, 2 one gave no verdict, none ran, or (in CI) one is missing."""
    states = {v.state for v in verdicts}
    if "error" in states or not states & {"pass", "fail"} or ("skipped" in states and os.environ.get("CI")):
        return 2
    return 1 if "fail" in states else 0


def as_json(verdicts: list[Verdict]) -> list[dict]:
    return [asdict(v) for v in verdicts]


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards, also when the run is told to end."""
    with tempfile.TemporaryDirectory(prefix="oracles-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def end_tidily() -> None:
    """Make a termination signal unwind the stack, so that scratch folders are removed and servers stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def find_tool(name: str) -> str:
    """The program's path: from PATH, or beside the Python that runs (a virtual environment that is not activated)."""
    beside = Path(sys.executable).parent / name
    found = shutil.which(name) or (str(beside) if os.access(beside, os.X_OK) else None)
    if not found:
        raise Unavailable(f"{name} is not on PATH")
    return found
