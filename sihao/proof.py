"""`sihao verify proof`: whether a saved proof holds. No server, no store, no network."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.decided import OUTCOME_WORDS
from shared.contracts.event import Sha256
from shared.contracts.text import Text, text
from shared.kernel.canonical import canonical_bytes
from shared.kernel.merkle import check


class SavedProof(BaseModel):
    """A proof as `GET /announcements/{id}/decisions/{case}` serves it; what else stands there is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    announcement: str = ""
    document: str = ""
    root: Sha256
    size: Annotated[int, Field(strict=True)]
    index: Annotated[int, Field(strict=True)]
    leaf: dict[str, Any]
    path: tuple[Sha256, ...]

    def holds(self) -> bool:
        """Whether leaf and path lead to the root that the file names.

        Raises:
            TypeError: the leaf holds what has no canonical form.
        """
        path = [bytes.fromhex(beside) for beside in self.path]
        return check(canonical_bytes(self.leaf), self.index, self.size, path, bytes.fromhex(self.root))


def said_of(proof: SavedProof, root: str | None) -> tuple[bool, Text]:
    """Whether a proof holds against this root (None: the one it names itself), and in plain words what that means.

    Raises:
        TypeError: the leaf holds what has no canonical form.
    """
    if root is not None and proof.root != root:
        return False, text(
            f"证明不成立：文件所记的根 {proof.root} 不是给定的根 {root}，它说的是另一份清单。",
            f"Not proved: the file names the root {proof.root}, not the given {root}; it is about another list.",
        )
    if not proof.holds():
        return False, text(
            "证明不成立：由该项与路径推不出所记的根。决定、位置、项数或路径中至少有一处与通报时不同。",
            "Not proved: leaf and path do not lead to the root. The decision, its place, the size or the path is not "
            "what was announced.",
        )
    return True, _proved(proof, given=root is not None)


def _proved(proof: SavedProof, *, given: bool) -> Text:
    leaf = {name: _plain(value) for name, value in proof.leaf.items()}
    known = (said for name, said in OUTCOME_WORDS.items() if name == leaf.get("outcome"))
    outcome = next(known, text("结论见文件", "the outcome is in the file"))
    case, chamber, round_, points, rubric, procedure, head = (
        leaf.get(name, "?") for name in ("case", "chamber", "round", "points", "rubric", "procedure", "head")
    )
    number = proof.index + 1
    proved = text(
        f"证明成立：案件 {case}（商会 {chamber}，周期 {round_}）在决定清单中，为 {proof.size} 项之第 {number} 项："
        f"{outcome.zh}，得分 {points}，标准 {rubric}，程序 {procedure}。"
        f"当时该案历史的末条哈希为 {head}；到此为止的记录，改动任何一条都会被发现。",
        f"Proved: case {case} (chamber {chamber}, round {round_}) is on the list of decisions, number {number} of "
        f"{proof.size}: {outcome.en}, {points} points, rubric {rubric}, procedure {procedure}. "
        f"Its history then ended in the hash {head}; a change to any entry up to there will be found.",
    )
    return proved if given else _lines(proved, _compare(proof))


def _compare(proof: SavedProof) -> Text:
    return text(
        f"所用的根取自文件本身：{proof.root}。请与通报上公布的根逐字核对；不同则什么也没有证明。",
        f"The root was taken from the file itself: {proof.root}. Compare it with the published one; if they differ, "
        "nothing is proved.",
    )


def _lines(*texts: Text) -> Text:
    """Several texts, each on a line of its own."""
    return Text(zh="\n".join(one.zh for one in texts), en="\n".join(one.en for one in texts))


def _plain(value: Any) -> str:
    """A value of the file as one line without control characters: the file may come from anybody."""
    return "".join(character if character.isprintable() else "?" for character in str(value))
