"""From the README everything is found: its links and those of the documents lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchor(heading: str) -> str:
    """How GitHub calls a heading in an address."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {anchor(line.lstrip("#")) for line in path.read_text().splitlines() if line.startswith("#")}


def leads_nowhere(link: str, document: Path) -> bool:
    name, _hash, place = link.partition("#")
    target = document.parent / name if name else document
    return not target.exists() or (bool(place) and place not in anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]

    assert not [link for link in links if leads_nowhere(link, document)]


def test_both_readmes_lead_to_every_document():
    for readme in DOCUMENTS[:2]:
        linked = {ROOT / link.partition("#")[0] for link in LINK.findall(readme.read_text())}

        assert set(DOCUMENTS[2:]) <= linked


def test_both_readmes_have_the_same_shape():
    shapes = []
    for readme in DOCUMENTS[:2]:
        lines = readme.read_text().splitlines()
        shapes.append([line.split()[0] for line in lines if line.startswith(("#", "|", "1.", "2.", "3.", "!"))])

    assert [kind[:2] for kind in shapes[0]] == [kind[:2] for kind in shapes[1]]
