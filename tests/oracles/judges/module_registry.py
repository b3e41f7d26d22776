"""A module registry on this machine: clones of public modules, under the name by which configurations call them.

A module `NAMESPACE/NAME/PROVIDER` is the repository `NAMESPACE/terraform-PROVIDER-NAME` (the registry's own rule), and its
versions are the repository's tags: <https://developer.hashicorp.com/terraform/registry/modules/publish#requirements>.
The protocol: <https://developer.hashicorp.com/terraform/internals/module-registry-protocol>.
"""
import contextlib
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "registry.terraform.io"  # whose modules they are, in a source that names no host
NAME = r"(?P<namespace>[\w-]+)/(?P<name>[\w-]+)/(?P<provider>[\w-]+)"
VERSION = r"(?P<version>[\w.+-]+)"
TAG = re.compile(r"v?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)")
TIMEOUT = 60  # seconds for one call of git


class Module:
    """A clone, and the tag of each of its versions."""

    def __init__(self, clone: Path):
        self.clone = clone
        self.tags = {m.group(1): tag for tag in self.git("tag").decode().split() if (m := TAG.fullmatch(tag))}

    def git(self, *args: str) -> bytes:
        # Clones belong to whoever made them, which git would refuse to read.
        command = ["git", "-c", "safe.directory=*", "-C", str(self.clone), *args]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True, timeout=TIMEOUT).stdout

    def archive(self, version: str) -> bytes:
        return self.git("archive", "--format=tar.gz", self.tags[version])


class Answer(BaseHTTPRequestHandler):
    """One answer of the registry; `modules` is the folder of clones."""
    modules: Path
    routes = {rf"/v1/{NAME}/versions": "versions", rf"/v1/{NAME}/{VERSION}/download": "download",
              rf"/archive/{NAME}/{VERSION}\.tar\.gz": "archive"}

    def do_GET(self) -> None:  # the name is the library's
        for route, method in self.routes.items():
            if asked := re.fullmatch(route, self.path.partition("?")[0]):
                with contextlib.suppress(subprocess.SubprocessError, KeyError, OSError):
                    return getattr(self, method)(self.module(**asked.groupdict()), **asked.groupdict())
        return self.send_error(404)

    def module(self, namespace: str, name: str, provider: str, **_) -> Module:
        return Module(self.modules / namespace / f"terraform-{provider}-{name}")

    def versions(self, module: Module, **_) -> None:
        listed = [{"version": version} for version in module.tags]
        self.answer(200, json.dumps({"modules": [{"versions": listed}]}).encode(), "application/json")

    def download(self, module: Module, namespace: str, name: str, provider: str, version: str) -> None:
        assert version in module.tags
        host = f"http://127.0.0.1:{self.server.server_port}"
        self.answer(204, b"", "text/plain", f"{host}/archive/{namespace}/{name}/{provider}/{version}.tar.gz")

    def archive(self, module: Module, version: str, **_) -> None:
        self.answer(200, module.archive(version), "application/gzip")

    def answer(self, status: int, body: bytes, kind: str, get: str = "") -> None:
        self.send_response(status)
        if get:
            self.send_header("X-Terraform-Get", get)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Says nothing: the judges' output is what counts."""


@contextlib.contextmanager
def module_registry(modules: Path | None) -> Iterator[str]:
    """What Terraform's configuration file says of the registry that serves these clones, while the block runs."""
    if not modules:
        yield ""
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answer", (Answer,), {"modules": modules.resolve()}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1/"
        yield f'host "{HOST}" {{\n  services = {{\n    "modules.v1" = "{url}"\n  }}\n}}\n'
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
