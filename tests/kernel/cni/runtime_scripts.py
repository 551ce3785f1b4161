"""Plugins as scripts that note what they were given, for tests of a runtime with real processes."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from glassnet.runtime import AsyncRuntime, Runtime

_SCRIPT: Final = """\
#!{python} -IS
import json, os, signal, sys
verb, me = os.environ["CNI_COMMAND"], os.path.basename(sys.argv[0])
conf = json.loads(sys.stdin.read())
wanted = ("CNI_", "TRACE", "BAGGAGE", "X_")
kept = {{k: v for k, v in os.environ.items() if k.startswith(wanted)}}
noted = {{"type": me, "verb": verb, "env": kept, "conf": conf, "pid": os.getpid()}}
with open({log!r}, "a") as log:
    log.write(json.dumps(noted) + "\\n")
error = conf.get("fail", {{}}).get(verb)
{body}
if error is not None:
    print(json.dumps(error))
    sys.exit(1)
if verb == "VERSION":
    versions = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"]
    print(json.dumps({{"cniVersion": "1.1.0", "supportedVersions": versions}}))
elif verb == "ADD":
    made = {{"cniVersion": conf["cniVersion"], "interfaces": [], "by": []}}
    result = conf.get("prevResult", made)
    result["by"] = result.get("by", []) + [me]
    print(json.dumps(result))
"""

Json = Any


class Scripts:
    """A directory of plugins, one of networks, and a log of what was called."""

    def __init__(self, root: Path) -> None:
        self.bin, self.conf, self.cache = root / "bin", root / "net.d", root / "cache"
        self.log = root / "calls"
        for directory in (self.bin, self.conf):
            directory.mkdir()
        self.log.write_text("")

    def plugin(self, name: str, body: str = "") -> Path:
        """A plugin; ``body`` is run in it before it answers."""
        path = self.bin / name
        path.write_text(_SCRIPT.format(python=sys.executable, log=str(self.log), body=body))
        path.chmod(0o755)
        return path

    def network(self, *plugins: str | dict[str, Json], name: str = "net", **keys: Json) -> None:
        """A network of plugins, which are made if they are only named."""
        listed = [{"type": one} if isinstance(one, str) else one for one in plugins]
        for one in listed:
            if not (self.bin / one["type"]).exists():
                self.plugin(one["type"])
        whole = {"cniVersion": "1.1.0", "name": name, "plugins": listed, **keys}
        (self.conf / f"{name}.conflist").write_text(json.dumps(whole))

    @property
    def calls(self) -> list[Json]:
        """What was called, in order."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    @property
    def verbs(self) -> list[str]:
        """The same as ``ADD a``."""
        return [f"{call['verb']} {call['type']}" for call in self.calls]

    def runtime(self, kind: type[Runtime | AsyncRuntime] = Runtime, **options: Any) -> Ran:
        """A runtime on them."""
        made = kind(conf_dir=self.conf, path=(self.bin,), cache_dir=self.cache, **options)
        return Ran(made)

    @property
    def options(self) -> list[str]:
        """The same as options of the command line."""
        return [
            *("--conf-dir", str(self.conf)),
            *("--path", str(self.bin)),
            *("--cache-dir", str(self.cache)),
        ]


class Ran:
    """A runtime of either kind, whose verbs return what they return."""

    def __init__(self, runtime: Runtime | AsyncRuntime) -> None:
        self.runtime = runtime

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        method = getattr(self.runtime, verb)

        def call(*args: Any, **kwargs: Any) -> Any:
            outcome = method(*args, **kwargs)
            return asyncio.run(outcome) if inspect.iscoroutine(outcome) else outcome

        return call
