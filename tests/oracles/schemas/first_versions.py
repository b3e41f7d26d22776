#!/usr/bin/env python3
"""Since which provider version an argument or a type is there: src/effects/providers.tsv.

usage: first_versions.py TARBALLS OUT.tsv --types FILE --newest aws-6.66.0.json.gz

TARBALLS is a folder of packed npm packages `@cdktf/provider-aws` of many versions (`npm pack @cdktf/provider-aws@5.0.0`).
What the generated classes write names every argument that can be set. FILE lists the types, one a line.

Output, one line a type: `type[@FIRST][-LAST]<tab>argument[@FIRST][-LAST] block{argument ...} ...`. FIRST is the first sampled
version that has it (a bound: the argument may be a little older), absent where the oldest sample or the parent has it;
LAST the last one (`5`: the last of its line), absent where the newest has it. What went away and came back has several.

Packages up to 7.0.0 don't say their provider's version. It is bounded from what they lack: `tags_all` (3.38), `architectures`
of functions (3.61), `filter_criteria` of event source mappings (3.69); the last ones of version 3 count as 3.76.
"""
import argparse
import gzip
import json
import re
import tarfile
from pathlib import Path

TYPE = re.compile(r"(?:terraformResourceType: ['\"]|tfResourceType = ['\"])(aws_\w+)['\"]")
WRITER = re.compile(r"^(?:export )?function (\w+)ToTerraform\((?:struct|arg)[^)]*\) \{\n(.*?)^\}", re.M | re.S)
OWN = re.compile(r"synthesizeAttributes\(\) \{\n(.*?)^    \}", re.M | re.S)
RETURNED = re.compile(r"return \{\n(.*?)^\s*\};", re.M | re.S)
ENTRY = re.compile(r"^\s+(\w+): (.*)$", re.M)
INNER = re.compile(r"(\w+)ToTerraform\b")
READ = re.compile(r"get\w*Attribute\(['\"](\w+)['\"]\)")
GENERATED = re.compile(r"providerVersion: ['\"](\d+)\.(\d+)")
DATA = ["aws_region", "aws_caller_identity", "aws_partition"]
SKIPPED = {"id", "dynamic", "timeouts"}
DEPTH = 4
OLDEST = (3, 0)
NEWEST = (6, 66)


def entries(text):
    returned = RETURNED.search(text)
    return ENTRY.findall(returned.group(1)) if returned else []


def paths(body, writers, prefix=""):
    """Dotted paths of what a writer writes."""
    for name, value in body:
        if name == "dynamic" or not prefix and name in SKIPPED:
            continue
        yield prefix + name
        if prefix.count(".") + 1 < DEPTH:
            for inner in INNER.findall(value):
                yield from paths(writers.get(inner, []), writers, f"{prefix}{name}.")


def package(path, types):
    """The provider version (None where it isn't said), its constraint's major, {type: {paths}}."""
    version, major, found = None, None, {}
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name == "package/README.md":
                constraint = re.search(r"~> ?(\d+)", tar.extractfile(member).read().decode())
                major = constraint and int(constraint.group(1))
            if not (member.name.startswith("package/lib/") and member.name.endswith(".js")):
                continue
            text = tar.extractfile(member).read().decode("utf8", "replace")
            kind = TYPE.search(text)
            is_data = "data-" in member.name
            if not kind or kind.group(1) not in (DATA if is_data else types):
                continue
            generated = GENERATED.search(text)
            version = version or generated and tuple(map(int, generated.groups()))
            writers = {name: entries(body) for name, body in WRITER.findall(text)}
            own = OWN.search(text)
            names = set(paths(entries(own.group(1)), writers)) if own else set()
            found[("data." if is_data else "") + kind.group(1)] = names | set(READ.findall(text) if is_data else [])
    return version, major, found


def bound(major, found):
    """A version that a package without one is not newer than."""
    if major != 3:
        return (4, 8)
    if "tags_all" not in found["aws_sqs_queue"]:
        return OLDEST if "logging_configuration" not in found["aws_sfn_state_machine"] else (3, 38)
    if "architectures" not in found["aws_lambda_function"]:
        return (3, 61)
    return (3, 69) if "filter_criteria" not in found["aws_lambda_event_source_mapping"] else (3, 76)


def newest(schema, types):
    def objects(kind, prefix):
        if isinstance(kind, list) and kind[0] == "object":
            for name, inner in kind[1].items():
                yield prefix + name
                yield from objects(inner, f"{prefix}{name}.")
        elif isinstance(kind, list):
            yield from objects(kind[1], prefix)

    def settable(block, prefix, depth):
        for name, (kind, required, optional, _) in block["a"].items():
            if (required or optional) and (prefix or name not in SKIPPED):
                yield prefix + name
                yield from objects(kind, f"{prefix}{name}.")
        for name, (_, _, _, inner) in block["b"].items():
            if prefix or name not in SKIPPED:
                yield prefix + name
                if depth > 1:
                    yield from settable(inner, f"{prefix}{name}.", depth - 1)

    known = {kind: set(settable(block, "", DEPTH)) for kind, block in schema["resources"].items() if kind in types}
    return known | {f"data.{kind}": set(schema["data"][kind]["a"]) - SKIPPED for kind in DATA}


def runs(versions, has):
    """The unbroken runs of versions for which `has` holds: pairs of the first and the last."""
    out = []
    for before, version in zip([None, *versions], versions):
        if has(version) and out and before == out[-1][1]:
            out[-1][1] = version
        elif has(version):
            out.append([version, version])
    return out


def span(versions, parent, has):
    """`@FIRST-LAST` of what `has` says is there, and its first and last version."""
    text, there = "", runs(versions, has)
    for first, last in there:
        text += "@%d.%d" % first if first > parent[0] else ""
        if last < parent[1]:
            following = versions[versions.index(last) + 1]
            text += "-%d.%d" % last if following[0] == last[0] else "-%d" % last[0]
    return text, (there[0][0], there[-1][1])


def is_there(known, versions, kind, version, prefix, path):
    """Whether a version has an argument. Some generators write a deep block as a whole: a version that has the block and
    nothing in it says nothing of what is inside, and what an older one has there counts."""
    has = known[version].get(kind, ())
    if path in has or not prefix or prefix[:-1] not in has or any(name.startswith(prefix) for name in has):
        return path in has
    return any(path in known[older].get(kind, ()) for older in versions if older < version)


def tree(names, versions, known, kind, parent, prefix=""):
    out = []
    for name in sorted({n[len(prefix):].split(".")[0] for n in names if n.startswith(prefix)}):
        path = prefix + name
        text, own = span(versions, parent, lambda version: is_there(known, versions, kind, version, prefix, path))
        if name == "id":  # older generators leave it out
            text, own = "", parent
        inner = tree(names, versions, known, kind, own, path + ".")
        out.append(name + text + (f"{{{inner}}}" if inner else ""))
    return " ".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tarballs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--types", type=Path, required=True)
    parser.add_argument("--newest", type=Path, required=True)
    options = parser.parse_args()
    types = set(options.types.read_text().split())
    known = {NEWEST: newest(json.loads(gzip.open(options.newest).read()), types)}
    for path in sorted(options.tarballs.glob("*.tgz")):
        version, major, found = package(path, types)
        if major != 2 and found:
            of_version = known.setdefault(version or bound(major, found), {})
            for kind, names in found.items():
                of_version.setdefault(kind, set()).update(names)
    write(options.out, known)


def write(out, known):
    versions = sorted(known)
    lines = ["# Generated by tests/oracles/schemas/first_versions.py. Do not edit."]
    for kind in sorted({kind for types in known.values() for kind in types}):
        text, own = span(versions, (OLDEST, NEWEST), lambda version: kind in known[version])
        names = {name for types in known.values() for name in types.get(kind, ())}
        lines.append(f"{kind}{text}\t{tree(names, versions, known, kind, own)}")
    out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
