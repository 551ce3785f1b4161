"""Records the listings beside this file: ``.venv/bin/python tests/data/nft/record.py``.

Each is what ``nft -j list ruleset`` says in a private host that was given the text of the same
name; needs the program ``nft`` and no root. Times that run (``expires``) differ at each recording.
"""

from __future__ import annotations

import json
from pathlib import Path

from glassnet.nft.base import BASE
from glassnet.testing.host import Host

HERE = Path(__file__).parent


def record(name: str, text: str) -> None:
    """Load it, list it, keep one object a line."""
    with Host() as host:
        host.run("nft", "-f", "-", stdin=text)
        items = host.json("nft", "-j", "list", "ruleset")["nftables"]
    lines = ",\n".join(json.dumps(item) for item in items)
    (HERE / f"{name}.json").write_text(f'{{"nftables": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    record("base", BASE)
    record("elements", BASE + (HERE / "elements.nft").read_text(encoding="utf-8"))
    record("foreign", (HERE / "foreign.nft").read_text(encoding="utf-8"))
