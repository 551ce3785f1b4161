"""Builds the C client where there is a compiler; without one, glassnet's Python serves alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("src/glassnet/daemon/client.c")
PROGRAM = SOURCE.with_name("glassnet-cni")


class ClientHook(BuildHookInterface):  # type: ignore[misc]
    """Puts the program beside its source: into the checkout, and into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a wheel, or an editable one, is built."""
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if compiler is None:
            self.app.display_warning("no C compiler: the client is left out")
            return
        source, program = (Path(self.root, path) for path in (SOURCE, PROGRAM))
        flags = ["-O2", "-Wall", "-Wextra", "-Wno-unused-result", "-s"]
        subprocess.run([compiler, *flags, "-o", str(program), str(source)], check=True)
        build_data["artifacts"].append(str(PROGRAM))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
