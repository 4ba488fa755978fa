"""A list of what was decided, held against the announcement that named its root."""

from services.review.domain.announcement import Announced
from services.review.domain.decided import Decided
from shared.contracts.notices import Decisions
from shared.contracts.text import Text, text
from shared.kernel.merkle import Growing, check


def fault(one: Decided, named: Decisions, *, stands: bool) -> Text | None:
    """What does not fit about a leaf by itself; None if all does.

    Args:
        one: The leaf, as it is kept.
        named: The list that was announced.
        stands: Whether the history of its case has the entry that it names.
    """
    if (one.root, one.size) != (named.root, named.size):
        return text("根或项数与通报的不同", "root or size is not what was announced")
    path = [bytes.fromhex(beside) for beside in one.path]
    if not check(one.leaf.canonical, one.index, one.size, path, bytes.fromhex(one.root)):
        return text("该项不能由其路径推得通报的根", "the leaf and its path do not lead to the announced root")
    if not stands:
        return text(
            f"案件 {one.leaf.case} 的历史中没有所记的第 {one.leaf.entries} 条记录",
            f"the history of case {one.leaf.case} does not have the entry {one.leaf.entries} that was frozen",
        )
    return None


class Recount:
    """Goes through a whole list, leaf by leaf, in its order."""

    def __init__(self, announced: Announced, named: Decisions) -> None:
        self._named = named
        self._leaves = Growing()
        self._missing = set(announced.cases)
        """Cases that were announced as honoured, and have not come up so far."""

    def take(self, one: Decided, *, stands: bool) -> Text | None:
        """The next leaf; answers what does not fit about it."""
        place = self._leaves.size
        self._leaves.add(one.leaf.canonical)
        if one.leaf.outcome == "honoured":
            self._missing.discard(one.leaf.case)
        if one.index != place:
            return text(
                f"第 {place + 1} 位是编号 {one.index + 1} 的一项：有缺失或移动",
                f"leaf {one.index + 1} stands at position {place + 1}: one is missing or moved",
            )
        return fault(one, self._named, stands=stands)

    def end(self) -> Text | None:
        """What does not fit about the list as a whole."""
        if (self._leaves.size, self._leaves.root.hex()) != (self._named.size, self._named.root):
            return text(
                f"决定清单有 {self._leaves.size} 项，重算的根与通报的（{self._named.size} 项）不同",
                f"the list has {self._leaves.size} leaves and another root than announced ({self._named.size} leaves)",
            )
        if self._missing:
            case = min(self._missing)
            return text(f"通报授予称号的案件 {case} 不在决定清单中", f"case {case} was honoured, but not on the list")
        return None
