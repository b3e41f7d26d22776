"""Runs the chosen judges over an edit and shows what they say."""
import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from judges import checkov, fmt, plan, planned, reasons, validate
from judges.checks import Checks, pick
from judges.trees import compare_text, terraform_files, text_summary
from judges.verdict import Unavailable, Verdict, as_json, run_judge

NAMES = ("fmt", "validate", "plan", "checkov", "planned", "reasons")
OF_AN_EDIT = NAMES[:-1]  # what needs nothing but the two trees


@dataclass
class Options:
    judges: tuple[str, ...] = OF_AN_EDIT
    report: Path | None = None
    strict: bool = False
    cache: Path | None = None
    checks: str | None = None
    program: Path | None = None
    modules: Path | None = None

    @classmethod
    def of(cls, args: argparse.Namespace, report: Path | None, program: Path | None = None) -> "Options":
        return cls(args.judges, report, args.strict, args.cache, args.checks, program, args.modules)


def add_options(parser: argparse.ArgumentParser, judges: tuple[str, ...] = OF_AN_EDIT) -> None:
    """The options that concern the judges."""
    parser.add_argument("--judges", type=judge_names, default=judges, metavar="NAMES",
                        help=f"which judges to run, with commas (default {','.join(judges)})")
    parser.add_argument("--checks", metavar="@FILE|IDS", help="the Checkov checks to judge by "
                        "(default: serverless-checks.txt)")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep Checkov's findings there, for the next run")
    parser.add_argument("--modules", type=Path, metavar="DIR", help="clones of a registry's modules for validate and plan: "
                        "DIR/NAMESPACE/terraform-PROVIDER-NAME, with the tags of their versions")
    parser.add_argument("--strict", action="store_true", help="a change that is declared and not planned is a failure")


def judge_names(value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no judge {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return names


def run_judges(before: Path, after: Path, options: Options) -> list[Verdict]:
    """The verdicts, each shown as it comes."""
    before, after = before.resolve(), after.resolve()
    checks = pick(options.checks)
    available: dict[str, Callable[[], Verdict]] = {
        "fmt": lambda: fmt.judge(before, after),
        "validate": lambda: validate.judge(before, after, options.modules),
        "plan": lambda: plan.judge(before, after, options.report, options.strict, options.modules),
        "checkov": lambda: checkov.judge(before, after, checks, options.cache),
        "planned": lambda: planned.judge(before, after, checks, options.modules, options.cache),
        "reasons": lambda: judge_reasons(after, checks, options)}
    print("edit:", text_summary(compare_text(terraform_files(before), terraform_files(after))), flush=True)
    verdicts = []
    for name in options.judges:
        verdicts.append(run_judge(name, available[name]))
        verdicts[-1].show()
    return verdicts


def judge_reasons(after: Path, checks: Checks, options: Options) -> Verdict:
    if not options.report or not options.program:
        raise Unavailable("reasons are judged where terramend runs: by `corpus`")
    return reasons.judge(after, options.report, checks, reasons.aliases_of(options.program), options.cache)


def write_json(path: Path | None, verdicts: list[Verdict], **more) -> None:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**more, "verdicts": as_json(verdicts)}, indent=1) + "\n")


def closing_line(verdicts: list[Verdict]) -> str:
    return "; ".join(f"{v.judge} {v.state}" for v in verdicts)
