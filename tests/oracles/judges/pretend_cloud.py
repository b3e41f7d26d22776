"""What a pretend AWS answers: values that a provider would compute, and which changes replace a resource.

Values are what msgpack holds: None, bool, int, float, str, list, dict, and ExtType for 'unknown'. A BLOCK is described
in schemas/extract_schema.py.
"""
import msgpack

UNKNOWN = msgpack.ExtType(0, b"\x00")
ACCOUNT, REGION = "123456789012", "us-east-1"
POLICY = '{"Version":"2012-10-17","Statement":[]}'
KNOWN = {"account_id": ACCOUNT, "region": REGION, "partition": "aws", "dns_suffix": "amazonaws.com", "json": POLICY,
         "minified_json": POLICY, "user_id": "AIDAEXAMPLE", "cidr_block": "10.0.0.0/16"}
# What AWS leaves empty: a filter without a condition.
EMPTY = {"prefix", "object_size_greater_than", "object_size_less_than"}
# Of one type: a region has several zones, and the packager of terraform-aws-modules/lambda answers with these keys. A value
# whose type the schema leaves open is sent with its type.
PACKAGE = {"filename": "package.zip", "build_plan": "{}", "build_plan_filename": "plan.json", "timestamp": "0",
           "was_missing": "false"}
OF_KIND = {("aws_availability_zones", "names"): [REGION + zone for zone in "abc"],
           ("aws_availability_zones", "zone_ids"): ["use1-az1", "use1-az2", "use1-az4"],
           ("aws_subnets", "ids"): ["subnet-1", "subnet-2", "subnet-3"],
           ("external", "result"): [b'["map","string"]', PACKAGE]}


def made_up(kind):
    """A function that invents the value of a computed argument of this resource type."""
    def leaf(name, typ):
        if (kind, name) in OF_KIND:
            return OF_KIND[kind, name]
        if name in EMPTY:
            return {"string": "", "number": 0}.get(typ)
        if typ == "string":
            if name == "arn" or name.endswith("_arn"):
                return f"arn:aws:fake:{REGION}:{ACCOUNT}:{kind}/{name}"
            return KNOWN.get(name, REGION if kind == "aws_region" and name == "name" else f"{kind}-{name}")
        if typ == "number":
            return 1
        if typ == "bool":
            return False
        if isinstance(typ, list):
            return {"map": {}, "list": [], "set": []}.get(typ[0])
        return None
    return leaf


def unknown(_name, _typ):
    return UNKNOWN


def compute(block, value, leaf):
    """value with each computed argument that is null replaced by leaf(name, type), nested blocks included."""
    if not isinstance(value, dict):
        return value
    out = dict(value)
    for name, (typ, _, _, computed) in block["a"].items():
        if computed and out.get(name) is None:
            out[name] = leaf(name, typ)
    for name, (nesting, _, _, inner) in block["b"].items():
        held = out.get(name)
        if isinstance(held, list):
            out[name] = [compute(inner, x, leaf) for x in held]
        elif isinstance(held, dict) and nesting == "map":
            out[name] = {k: compute(inner, x, leaf) for k, x in held.items()}
        elif isinstance(held, dict):
            out[name] = compute(inner, held, leaf)
    return out


def settle(block, value, kind):
    """A planned value after its apply: everything unknown is made up."""
    if not isinstance(value, dict):
        return None if isinstance(value, msgpack.ExtType) else value
    out = {}
    for name, held in value.items():
        if name not in block["b"]:
            out[name] = settle_attribute(held, name, block["a"].get(name, ["string"])[0], made_up(kind))
        elif isinstance(held, msgpack.ExtType):
            out[name] = []
        else:
            inner = block["b"][name][3]
            out[name] = [settle(inner, x, kind) for x in held] if isinstance(held, list) else settle(inner, held, kind)
    return out


def settle_attribute(value, name, typ, leaf):
    if isinstance(value, msgpack.ExtType):
        return leaf(name, typ)
    if isinstance(value, list):
        element = typ[1] if isinstance(typ, list) and len(typ) > 1 else "string"
        return [settle_attribute(x, name, element, leaf) for x in value]
    if isinstance(value, dict):
        return {k: settle_attribute(x, k, "string", leaf) for k, x in value.items()}
    return value


def replaced_by(paths, prior, proposed):
    """The top-level arguments, of these dotted paths, whose change replaces the resource."""
    return [path.split(".")[0] for path in paths if value_at(path, prior) != value_at(path, proposed)]


def value_at(path, value):
    """What the dotted path holds; a list of one block counts as that block."""
    for step in path.split("."):
        if isinstance(value, list):
            value = [x.get(step) if isinstance(x, dict) else None for x in value] or None
            value = value[0] if value and len(value) == 1 else value
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def imported(block, kind, identity):
    """The state of an imported resource: its identity, the rest made up."""
    state = {name: None for name in block["a"]}
    empty = {"map": {}, "single": None}
    state.update({name: empty.get(nesting, []) for name, (nesting, *_) in block["b"].items()})
    state["id"] = identity
    if "name" in state:
        state["name"] = identity
    return compute(block, state, made_up(kind))
