"""Judge: would deploying the edit do what terramend declared, and nothing else?

Every root module of the tree before the edit is applied to a pretend cloud; then the edited tree is planned on that
state. A root that could be applied must still plan. Both trees are read at the same place, so that an absolute path
in a value is no change. What a plan of the unedited tree shows as well (a timestamp) is not held against the edit.
"""
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from judges import provisioners
from judges.declared import Change, Declared, Holding, hold, only_unknown, read_report
from judges.terraform import Environment, at_once, pretend_providers, squeeze, terraform
from judges.trees import module_dirs, scratch_copy
from judges.verdict import Verdict, scratch

VARIABLE = re.compile(r'^variable\s+"?([\w-]+)"?\s*\{(?:([^\n{}]*)\}|(.*?)^\})', re.M | re.S)
HAS_DEFAULT = re.compile(r"^\s*default\s*=", re.M)
TYPE = re.compile(r"^\s*type\s*=\s*(\w+)", re.M)
LOCAL_SOURCE = re.compile(r'^\s*source\s*=\s*"(\.[^"]*)"', re.M)
OF_TYPE = {"number": "1", "bool": "false", "list": '["x1"]', "set": '["x1"]', "map": "{}", "object": "{}",
           "tuple": "[]", "any": '"x1"'}
LIKELY = {"region": "us-east-1", "account": "123456789012", "email": "a@example.com", "cidr": "10.0.0.0/16",
          "arn": "arn:aws:iam::123456789012:role/x1", "zone": "us-east-1a", "environment": "dev", "stage": "dev"}
OVERRIDE = "zz_backend_override.tf"
STATE = "*.tfstate*"
RUNS_COMMANDS = "a provisioner would run commands"
QUIET = ("-input=false", "-no-color")


@dataclass
class Root:
    """A root module, and how far it came: 'deployed' and then 'planned' or 'broken'; or 'skipped'."""
    path: str
    work: Path
    state: str = ""
    reason: str = ""
    env: Environment = field(default_factory=dict)
    noise: set[tuple[str, str]] = field(default_factory=set)  # what its plan shows without any edit
    changes: list[Change] = field(default_factory=list)
    plans: dict[str, str] = field(default_factory=dict)  # of each tree, once it is deployed, as Terraform's JSON

    def become(self, state: str, reason: str = "") -> None:
        self.state, self.reason = state, reason


def judge(before: Path, after: Path, report: Path | None = None, strict: bool = False,
          modules: Path | None = None) -> Verdict:
    declared = read_report(report) if report else None
    return conclude(run_roots(before, after, modules), declared, strict)


@cache
def run_roots(before: Path, after: Path, modules: Path | None) -> list[Root]:
    """Every root module of the tree before the edit, deployed, and then planned as the edited tree has it. Judges of one run
    look at the same trees.
    """
    with scratch() as work, pretend_providers(work, with_effects=True, modules=modules) as env:
        place = work / "tree"
        with scratch_copy(before, place, STATE):
            roots = [Root(p, work / f"root-{n}", env=env) for n, p in enumerate(root_paths(place))]
            each(roots, "", place, deploy)
        with scratch_copy(after, place, STATE):
            each(roots, "deployed", place, plan)
    return roots


def each(roots: Iterable[Root], state: str, place: Path, step: Callable[[Root, Path], None]) -> None:
    """The step for every root in that state, as many at a time as there are cores."""
    skip_commands([root for root in roots if root.state == state], place)
    chosen = [root for root in roots if root.state == state]
    for root in chosen:
        root.work.mkdir(exist_ok=True)
        if (place / root.path).is_dir():
            backend = f'terraform {{\n  backend "local" {{\n    path = "{root.work / "terraform.tfstate"}"\n  }}\n}}\n'
            (place / root.path / OVERRIDE).write_text(backend)
    at_once(lambda root: step(root, place / root.path), chosen)


def root_paths(tree: Path) -> list[str]:
    """Directories with .tf files that no other directory calls as a local module."""
    dirs = module_dirs(tree, (".tf",))
    called = {module for d in dirs for module in called_by(d)}
    return [d.relative_to(tree).as_posix() for d in dirs if d.resolve() not in called]


def called_by(directory: Path) -> list[Path]:
    """The local modules that the directory calls."""
    return [(directory / source).resolve() for f in directory.glob("*.tf") for source in LOCAL_SOURCE.findall(text(f))]


def text(path: Path) -> str:
    return path.read_text("utf8", "replace") if path.is_file() else ""


def skip_commands(roots: list[Root], tree: Path) -> None:
    """A provisioner would run commands, really: those that can't be taken out stop the roots of their top-level folder."""
    unsafe = {file.parts[:-1][:1] for file in provisioners.take_out(tree)}
    for root in roots:
        top = Path(root.path).parts[:1]
        if top in unsafe or (unsafe and not top) or outside(tree, root.path) & unsafe:
            root.become("skipped", RUNS_COMMANDS)


def outside(tree: Path, path: str) -> set[tuple[str, ...]]:
    """The top-level folders of the local modules that the root calls, directly or not."""
    tree = tree.resolve()
    todo, seen = [(tree / path).resolve()], set()
    while todo:
        directory = todo.pop()
        if directory not in seen and directory.is_relative_to(tree):
            seen.add(directory)
            todo += called_by(directory)
    return {d.relative_to(tree).parts[:1] for d in seen}


def variables(directory: Path) -> Environment:
    """Values for the variables without a default, by their declared type and their name."""
    values = {}
    for file in directory.glob("*.tf"):
        for name, line, lines in VARIABLE.findall(text(file)):
            if not HAS_DEFAULT.search(line + lines):
                declared = TYPE.search(line + lines)
                likely = next((v for word, v in LIKELY.items() if word in name.lower()), "x1")
                values[f"TF_VAR_{name}"] = OF_TYPE.get(declared.group(1) if declared else "string", likely)
    return values


def deploy(root: Root, directory: Path) -> None:
    """Apply the root to the pretend cloud; one that cannot be applied is no concern of the edit's."""
    error = install(root, directory, "before")
    if not error:
        run = terraform(directory, root.env, "apply", "-auto-approve", *QUIET)
        error = squeeze(run.stderr, 160) if run.returncode else ""
    if error:
        root.become("skipped", error)
        return
    root.noise = {(c.address, c.action) for c in planned_changes(root, directory, "before")[0]}
    root.become("deployed")


def install(root: Root, directory: Path, tree: str) -> str:
    """Installs the root's modules, without their provisioners; why it cannot be planned."""
    data = root.work / tree
    root.env = root.env | variables(directory) | {"TF_DATA_DIR": str(data)}
    run = terraform(directory, root.env, "init", *QUIET)
    if run.returncode:
        return squeeze(run.stderr, 300)
    return RUNS_COMMANDS if provisioners.take_out(data / "modules") else ""


def plan(root: Root, directory: Path) -> None:
    """Plan the edited root on the state of the unedited one."""
    if not directory.is_dir():
        root.become("broken", "the root module is gone")
        return
    error = install(root, directory, "after")
    changes, error = ([], error) if error else planned_changes(root, directory, "after")
    for change in changes:
        change.unedited = (change.address, change.action) in root.noise
    root.changes = changes
    root.become("broken" if error else "planned", squeeze(error, 300))
    # What the edit adds has values once it is deployed.
    if changes and not terraform(directory, root.env, "apply", *QUIET, str(plan_file(root))).returncode:
        planned_changes(root, directory, "after")


def planned_changes(root: Root, directory: Path, tree: str) -> tuple[list[Change], str]:
    """The changes that a plan shows, or why there is none."""
    file = str(plan_file(root))
    run = terraform(directory, root.env, "plan", f"-out={file}", *QUIET)
    if run.returncode:
        return [], run.stderr or "terraform plan failed"
    shown = terraform(directory, root.env, "show", "-json", file)
    if shown.returncode:
        return [], shown.stderr or "terraform show failed"
    root.plans[tree] = shown.stdout
    changes = (planned_change(c) for c in json.loads(shown.stdout).get("resource_changes", []))
    return [c for c in changes if c], ""


def plan_file(root: Root) -> Path:
    return root.work / "terraform.plan"


def planned_change(resource: dict) -> Change | None:
    """None for what changes nothing: no-op, and a data source that is read."""
    change = resource["change"]
    actions = change["actions"]
    if resource["mode"] == "data" or actions in (["no-op"], ["read"]):
        return None
    action = "replace" if set(actions) == {"create", "delete"} else actions[0]
    ripple = action == "update" and only_unknown(change["before"], change["after"], change.get("after_unknown"))
    return Change(resource["address"], action, change.get("replace_paths") or [], ripple)


def conclude(roots: list[Root], declared: Declared | None, strict: bool) -> Verdict:
    verdict = Verdict("plan")
    for root in roots:
        if root.state == "broken":
            verdict.failures.append(f"{root.path}: does not plan any more: {root.reason}")
        elif root.state == "planned":
            held = hold(root.changes, declared.actions.get(root.path, {})) if declared else undeclared(root.changes)
            verdict.failures += [f"{root.path}: {line}" for line in held.failures]
            verdict.notes += [f"{root.path}: ripple: {line}" for line in held.ripples]
            (verdict.failures if strict else verdict.notes).extend(f"{root.path}: {line}" for line in held.unplanned)
    states = Counter(root.state for root in roots)
    does = Counter(c.action for root in roots for c in root.changes if not c.unedited)
    verdict.summary = [f"root modules: {counts(states)}", f"planned changes: {counts(does) or 'none'}"]
    if declared:
        planned = {root.path for root in roots if root.state == "planned"}
        inside = sum(len(of_root) for path, of_root in declared.actions.items() if path in planned)
        total = sum(map(len, declared.actions.values()))
        verdict.summary.append(f"declared changes: {inside} in roots that were planned, {total - inside} in others")
    verdict.data = {"roots": [{"root": r.path, "state": r.state, "reason": r.reason,
                               "changes": [asdict(c) for c in r.changes]} for r in roots]}
    return verdict.close()


def undeclared(changes: list[Change]) -> Holding:
    """Without a report: nothing may be replaced or deleted."""
    return Holding([str(c) for c in changes if c.action in ("replace", "delete") and not c.unedited])


def counts(counter: Counter) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counter.items()))
