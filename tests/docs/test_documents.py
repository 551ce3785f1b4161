"""Links lead somewhere, pictures are pictures, lab files shown are lab files."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.lab.schema import SCHEMA, keys

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LAB_FILES = [
    pytest.param(block, id=f"{document.relative_to(ROOT)}-{number}")
    for document in DOCUMENTS
    for number, block in enumerate(
        re.findall(r"^```yaml\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)
    )
]


def anchors(document: Path) -> set[str]:
    """The headings of a document, as links name them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        place = document.parent / name if name else document
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


@pytest.mark.parametrize("picture", sorted(ROOT.glob("docs/**/*.svg")), ids=lambda path: path.name)
def test_pictures_are_well_formed_and_described(picture: Path) -> None:
    root = ElementTree.parse(picture).getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{svg}svg"
    assert root.findtext(f"{svg}title")
    assert root.findtext(f"{svg}desc")


@pytest.mark.parametrize("text", LAB_FILES)
def test_lab_files_shown_are_lab_files(text: str) -> None:
    assert compile_lab(read(text, "shown.yaml"))


@pytest.mark.parametrize("part", ["", *SCHEMA["$defs"]])
def test_the_guide_names_every_key_of_lab_files(part: str) -> None:
    guide = (ROOT / "docs/howto/lab-files.md").read_text()
    known = keys(SCHEMA["$defs"][part] if part else SCHEMA)
    assert [key for key in known if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", guide)] == []


def test_the_architecture_stays_on_one_page() -> None:
    assert len((ROOT / "docs/architecture.md").read_text().splitlines()) <= 150
