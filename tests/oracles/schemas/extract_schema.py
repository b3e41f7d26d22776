#!/usr/bin/env python3
"""Rebuild a Terraform provider's schema from a prebuilt CDKTF or CDK Terrain provider package (npm).

usage: extract_schema.py PACKAGE_DIR OUT.json.gz

PACKAGE_DIR is the unpacked npm package (it holds lib/*/index.js and index.d.ts). The classes generated there name
every argument, whether it is computed, optional or required, its type, and whether it is a block. That is all
`terraform validate` asks of a schema.

Output: {"provider": BLOCK, "resources": {type: BLOCK}, "data": {type: BLOCK}}
  BLOCK = {"a": {name: [type, required, optional, computed]}, "b": {name: [nesting, min, max, BLOCK]}}
  type  = a Terraform type constraint in JSON form: "string", ["list", "string"], ["list", ["object", {...}]]
"""
import gzip
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

CLASS = re.compile(r"^class (\w+) extends cdkt[fn]\.(\w+)", re.M)
# the comment the generator puts before each getter
FLAGS = re.compile(r"// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)")
GETTER_LENGTH = 260  # enough text after that comment to see what the getter returns
GETTER = re.compile(r"(Fn\.tolist\(cdkt[fn]\.Fn|Fn\.tolist\()?\(?this\.get(\w+?)Attribute\(")
NESTED = re.compile(r"\b_\w+ = new (\w+)\(this, \"(\w+)\"")
# an entry of a generated writer of HCL; the indent depends on the kind of class it is in
WRITTEN = re.compile(r"^ {8}(?: {4})?(\w+): \{\n {12}(?: {4})?value: (.*),\n +isBlock: (true|false),\n"
                     r" +type: \"(\w+)\",\n +storageClassType: \"(\w+)\"", re.M)
MAPPER = re.compile(r"(\w+)ToHclTerraform")
OBJECT_MAPPER = "ToHclTerraform, false)"  # how the generator maps a list of objects that is no block
INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.M | re.S)
FIELD = re.compile(r"#(\w+)\}(?:(?!\*/).)*?\*/\s+readonly \w+(\??):", re.S)
TYPE_OUTSIDE = re.compile(r"^(\w+)\.tfResourceType = \"(\w+)\";", re.M)  # older packages
TYPE_INSIDE = re.compile(r"^    static tfResourceType = \"(\w+)\";", re.M)
SIMPLE = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
NESTING = {"struct": "single", "list": "list", "set": "set", "map": "map"}
REFERENCE = "OutputReference"


class Written(NamedTuple):
    """What the HCL writer says of one argument."""
    value: str
    is_block: str
    kind: str
    storage: str

    def block_mapper(self):
        """The function that writes the block's content; None for a plain argument."""
        mapper = MAPPER.search(self.value)
        return mapper.group(1) if mapper and self.nests() else None

    def nests(self):
        return self.is_block == "true" and OBJECT_MAPPER not in self.value

    def type(self):
        return storage_type(self.kind, self.storage)


def storage_type(kind, storage):
    """The type constraint behind a storage class such as stringList or numberMap."""
    for suffix in ("List", "Map"):
        if storage.endswith(suffix):
            outer = "map" if suffix == "Map" else "set" if kind == "set" else "list"
            return [outer, storage_type("simple", storage[:-len(suffix)])]
    return SIMPLE.get(storage, "dynamic")


def getter_type(text):
    """The type constraint behind a getter such as this.getListAttribute(...)."""
    found = GETTER.search(text)
    if not found:
        return "dynamic"
    from_set, what = found.groups()
    outer = "set" if from_set else "list"
    if what == "List":
        return [outer, "string"]
    if what == "NumberList":
        return [outer, "number"]
    if what.endswith("Map"):
        return ["map", SIMPLE.get(what[:-3].lower(), "dynamic")]
    return SIMPLE.get(what.lower(), "dynamic")


def written_in(text):
    return {name: Written(*rest) for name, *rest in WRITTEN.findall(text)}


def object_type(block):
    """A block's content as an object type."""
    fields = {name: attribute[0] for name, attribute in block["a"].items()}
    for name, (nesting, _, _, inner) in block["b"].items():
        fields[name] = ["set" if nesting == "set" else "list", ["object", object_type(inner)]]
    return fields


class Source:
    """One generated file: the classes of one resource, data source or provider."""

    def __init__(self, path):
        self.text = path.read_text()
        declarations = (path.parent / "index.d.ts").read_text()
        self.mandatory = {name: {field for field, optional in FIELD.findall(body) if not optional}
                          for name, body in INTERFACE.findall(declarations)}
        starts = list(CLASS.finditer(self.text))
        ends = [m.start() for m in starts[1:]] + [len(self.text)]
        self.classes = {m.group(1): (m.group(2), self.text[m.start():end]) for m, end in zip(starts, ends)}

    def types(self):
        """(Terraform type, base class, BLOCK) of each class that stands for a Terraform type."""
        named = TYPE_OUTSIDE.findall(self.text)
        named += [(cls, kind) for cls, (_, body) in self.classes.items() for kind in TYPE_INSIDE.findall(body)]
        for cls, kind in named:
            base, body = self.classes[cls]
            yield kind, base, self.block(cls, body[body.find("synthesizeHclAttributes"):])

    def block(self, cls, writer):
        """The BLOCK of a class: first what its getters say, then what only the writer knows."""
        base, body = self.classes[cls]
        nested = {name: target for target, name in NESTED.findall(body)}
        written = written_in(writer)
        out = {"a": {}, "b": {}}
        for name, flags, getter in self.getters(body):
            if name in nested:
                self.add_nested(out, name, flags, nested[name], written.get(name))
            elif name in written:
                self.add_written(out, name, flags, written[name])
            else:
                out["a"][name] = [getter_type(getter), *flags]
        config = cls + "Config" if base.startswith("Terraform") else cls[:-len(REFERENCE)]
        for name, argument in written.items():
            if name not in out["a"] and name not in out["b"]:
                must = name in self.mandatory.get(config, ())
                self.add_written(out, name, (must, not must, not must), argument)
        return out

    @staticmethod
    def getters(body):
        """(name, (required, optional, computed), text of the getter), the first mention of each name."""
        seen = set()
        for mark in FLAGS.finditer(body):
            name, computed, optional, required = mark.groups()
            if name not in seen:
                seen.add(name)
                text = body[mark.end():mark.end() + GETTER_LENGTH].split("// ")[0]
                yield name, (required == "true", optional == "true", computed == "true"), text

    def add_written(self, out, name, flags, argument):
        mapper = argument.block_mapper()
        if not mapper:
            out["a"][name] = [argument.type(), *flags]
        elif argument.kind == "struct":
            out["b"][name] = ["single", 0, 0, self.mapped(mapper)]
        else:
            most = 0 if "listMapperHcl" in argument.value else 1
            out["b"][name] = [argument.kind, int(flags[0]), most, self.mapped(mapper)]

    def add_nested(self, out, name, flags, target, argument):
        """An argument that has a class of its own: a block, a map of strings or a list of objects."""
        if target.startswith(("cdktf.", "cdktn.")):
            out["a"][name] = [["map", "string"], *flags]
            return
        single = target.endswith(REFERENCE)
        cls = target if single else target[:-len("List")] + REFERENCE
        if cls not in self.classes:
            out["a"][name] = ["dynamic", *flags]
            return
        stem = cls[:-len(REFERENCE)]
        inner = self.block(cls, self.mapper_text(stem[0].lower() + stem[1:]))
        if argument and argument.nests():
            nesting = NESTING[argument.kind]
            least = int(flags[0] and nesting != "single")
            out["b"][name] = [nesting, least, int(single and nesting in ("list", "set")), inner]
        else:
            outer = "set" if argument and argument.kind == "set" else "list"
            out["a"][name] = [[outer, ["object", object_type(inner)]], *flags]

    def mapped(self, mapper):
        """A block that no class describes: only the writer's word for its arguments."""
        return {"a": {name: [argument.type(), False, True, True]
                      for name, argument in written_in(self.mapper_text(mapper)).items()}, "b": {}}

    def mapper_text(self, mapper):
        start = self.text.find(f"function {mapper}ToHclTerraform(")
        return self.text[start:self.text.find("\n}\n", start)] if start >= 0 else ""


def mend_statements(schema):
    """Statements of web ACLs and rule groups nest in themselves, and CDK for Terraform gives such blocks as values. In the
    provider they are blocks. Only the statement that terramend writes is described, without what nests in it.

    <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/wafv2_web_acl#statement-block>
    """
    names = {name: ["string", name != "version", name == "version", False] for name in ("name", "vendor_name", "version")}
    for kind in ("aws_wafv2_rule_group", "aws_wafv2_web_acl"):
        rule = schema["resources"][kind]["b"]["rule"][3]
        if rule["a"].pop("statement", None):
            rule["b"]["statement"] = ["list", 1, 1, {"a": {}, "b": {
                "managed_rule_group_statement": ["list", 0, 1, {"a": names, "b": {}}]}}]


def extract(package):
    schema = {"provider": {"a": {}, "b": {}}, "resources": {}, "data": {}}
    for path in sorted(package.glob("lib/*/index.js")):
        for kind, base, block in Source(path).types():
            if base == "TerraformProvider":
                schema["provider"] = block
            elif base == "TerraformDataSource":
                schema["data"][kind] = block
            elif base == "TerraformResource":
                schema["resources"][kind] = block
    if "aws_wafv2_web_acl" in schema["resources"]:
        mend_statements(schema)
    return schema


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    schema = extract(Path(sys.argv[1]))
    with gzip.open(sys.argv[2], "wt") as out:
        json.dump(schema, out, separators=(",", ":"), sort_keys=True)
    print(len(schema["resources"]), "resources,", len(schema["data"]), "data sources")


if __name__ == "__main__":
    main()
