"""Serve provider schemas over Terraform's plugin protocol: Terraform runs with no provider binary and no cloud.

usage: python -m judges.schema_provider [--effects terraform.json] NAME=SCHEMA.json.gz ...      (needs: pip install tf)

Prints one line, the value for TF_REATTACH_PROVIDERS, then serves until its standard input closes.
validate: every call answers 'no complaints', so what is checked is Terraform's own part (unknown arguments and
blocks, missing required arguments, types, references to things that are not declared).
plan and apply: a pretend cloud (pretend_cloud.py). Arguments that replace a resource are taken from the effects file.
"""
import gzip
import json
import os
import sys
import tempfile
from concurrent import futures
from pathlib import Path

import grpc
import msgpack
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from judges.pretend_cloud import compute, imported, made_up, replaced_by, settle, unknown

PROTOCOL = 6
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}  # the protocol's numbers
CAPABILITIES = pb.ServerCapabilities(get_provider_schema_optional=True)
# What a module says of itself to a provider, a list of strings; CDK for Terraform's classes don't hold it:
# <https://hashicorp.github.io/terraform-provider-aws/design-decisions/provider_meta>
META = {"a": {"user_agent": [["list", "string"], False, True, False]}, "b": {}}
NO_LIMIT = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def has_dynamic(block):
    return (any("dynamic" in json.dumps(a[0]) for a in block["a"].values())
            or any(has_dynamic(nested[3]) for nested in block["b"].values()))


def block_message(block):
    out = pb.Schema.Block()
    for name, (typ, required, optional, computed) in block["a"].items():
        out.attributes.append(pb.Schema.Attribute(name=name, type=json.dumps(typ).encode(), required=required,
                                                  optional=optional, computed=computed))
    for name, (nesting, least, most, inner) in block["b"].items():
        if nesting == "set" and has_dynamic(inner):  # Terraform allows no dynamic type inside a set block
            nesting = "list"
        out.block_types.append(pb.Schema.NestedBlock(type_name=name, block=block_message(inner),
                                                     nesting=NESTING[nesting], min_items=least, max_items=most))
    return out


def schema_message(block):
    return pb.Schema(version=0, block=block_message(block))


def unpack(value):
    return msgpack.unpackb(value.msgpack, strict_map_key=False, raw=False) if value.msgpack else None


def pack(value):
    return pb.DynamicValue(msgpack=msgpack.packb(value, use_bin_type=True))


class Provider(rpc.ProviderServicer):
    """The method names are the protocol's."""

    def __init__(self, doc, effects):
        self.doc, self.effects = doc, effects
        self.schemas = pb.GetProviderSchema.Response(
            provider=schema_message(doc["provider"]), provider_meta=schema_message(META),
            resource_schemas={kind: schema_message(b) for kind, b in doc["resources"].items()},
            data_source_schemas={kind: schema_message(b) for kind, b in doc["data"].items()},
            server_capabilities=CAPABILITIES)

    def GetMetadata(self, request, context):
        return pb.GetMetadata.Response(
            server_capabilities=CAPABILITIES,
            resources=[pb.GetMetadata.ResourceMetadata(type_name=kind) for kind in self.doc["resources"]],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=kind) for kind in self.doc["data"]])

    def GetProviderSchema(self, request, context):
        return self.schemas

    def ValidateProviderConfig(self, request, context):
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request, context):
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request, context):
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request, context):
        return pb.ConfigureProvider.Response()

    def UpgradeResourceState(self, request, context):
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def ReadResource(self, request, context):
        return pb.ReadResource.Response(new_state=request.current_state)

    def ImportResourceState(self, request, context):
        kind = request.type_name
        state = pack(imported(self.doc["resources"][kind], kind, request.id))
        return pb.ImportResourceState.Response(imported_resources=[
            pb.ImportResourceState.ImportedResource(type_name=kind, state=state)])

    def PlanResourceChange(self, request, context):
        prior, proposed = unpack(request.prior_state), unpack(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        block = self.doc["resources"][request.type_name]
        if prior is None:
            return pb.PlanResourceChange.Response(planned_state=pack(compute(block, proposed, unknown)))
        paths = self.effects.get(request.type_name, {}).get("force_new", [])
        replace = [pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)])
                   for name in replaced_by(paths, prior, proposed)]
        planned = proposed if prior == proposed else compute(block, proposed, unknown)
        return pb.PlanResourceChange.Response(planned_state=pack(planned), requires_replace=replace)

    def ApplyResourceChange(self, request, context):
        planned = unpack(request.planned_state)
        if planned is None:
            return pb.ApplyResourceChange.Response(new_state=request.planned_state)
        kind = request.type_name
        return pb.ApplyResourceChange.Response(new_state=pack(settle(self.doc["resources"][kind], planned, kind)))

    def ReadDataSource(self, request, context):
        kind = request.type_name
        return pb.ReadDataSource.Response(
            state=pack(compute(self.doc["data"][kind], unpack(request.config), made_up(kind))))

    def StopProvider(self, request, context):
        return pb.StopProvider.Response()


def serve(path, effects, socket):
    with gzip.open(path, "rt") as file:
        provider = Provider(json.load(file), effects)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1), options=NO_LIMIT)
    rpc.add_ProviderServicer_to_server(provider, server)
    server.add_insecure_port(f"unix://{socket}")
    server.start()
    return server


def main():
    args, effects = sys.argv[1:], {}
    if args[:1] == ["--effects"]:
        effects = json.loads(Path(args[1]).read_text())["types"]
        args = args[2:]
    with tempfile.TemporaryDirectory(prefix="oracles-") as sockets:
        attach, servers = {}, []
        for name, path in (arg.split("=", 1) for arg in args):
            socket = f"{sockets}/{name}.sock"
            servers.append(serve(path, effects, socket))
            attach[f"hashicorp/{name}"] = {"Protocol": "grpc", "ProtocolVersion": PROTOCOL, "Pid": os.getpid(),
                                           "Test": True, "Addr": {"Network": "unix", "String": socket}}
        print(json.dumps(attach), flush=True)
        sys.stdin.read()
        for server in servers:
            server.stop(0).wait()


if __name__ == "__main__":
    main()
