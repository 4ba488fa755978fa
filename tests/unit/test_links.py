"""Every link from one of our documents to another leads somewhere, down to the heading."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")
_MARKDOWN = MarkdownIt().enable("table")


def links(document: Path) -> Iterator[str]:
    """Where its links lead."""
    for block in _MARKDOWN.parse(document.read_text("utf-8")):
        for token in block.children or ():
            if token.type == "link_open":
                yield unquote(str(token.attrs["href"]))


@cache
def anchors(document: Path) -> frozenset[str]:
    """Its `<a id>`, and what GitHub calls its headings in an address: the second of a name ends in `-1`."""
    text = document.read_text("utf-8")
    tokens = _MARKDOWN.parse(text)
    seen, found = Counter[str](), set(re.findall(r'<a id="([^"]+)"></a>', text))
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(t.content for t in heading.children or () if t.type in ("text", "code_inline"))
            name = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return frozenset(found)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in links(document):
        if _ELSEWHERE.match(link):
            continue
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and target.suffix == ".md" and heading not in anchors(target)):
            broken.append(link)
    assert not broken
