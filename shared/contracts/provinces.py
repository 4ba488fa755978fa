"""What a province's own review service may write: these events, each in its own area, and no other.

The broker's topic permissions and every service that hears a province read this list. What the centre alone decides
(rounds, scores, keys, letters) is not on it.
"""

from shared.contracts.cases import (
    CaseAdvanced,
    CaseDeclined,
    CaseNominated,
    CaseOpened,
    CaseReturned,
    CaseWithdrawn,
    CohortFrozen,
    LeadershipDecided,
    MarksSettled,
    PanelDecided,
    ShortlistSealed,
)
from shared.contracts.event import Event
from shared.contracts.honours import (
    HonourCarried,
    HonourEnded,
    HonourExpired,
    HonourGranted,
    HonourRecorded,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
    HonourWithheld,
)
from shared.contracts.ledgers import LedgerClosed, LedgerDiffered
from shared.contracts.notices import (
    AnnouncementMade,
    NoticeClosed,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
)
from shared.contracts.rounds import RoundOpened
from shared.contracts.trust import KeyRegistered, KeyWithdrawn

PROVINCE_EVENTS: tuple[type[Event], ...] = (
    CaseOpened,
    CaseAdvanced,
    CaseReturned,
    CaseDeclined,
    CaseWithdrawn,
    ShortlistSealed,
    CaseNominated,
    CohortFrozen,
    MarksSettled,
    PanelDecided,
    LeadershipDecided,
    NoticeOpened,
    NoticeCorrected,
    ObjectionFiled,
    ObjectionRuled,
    NoticeClosed,
    AnnouncementMade,
    HonourGranted,
    HonourRecorded,
    HonourWithheld,
    HonourSuspended,
    HonourReinstated,
    HonourSuperseded,
    HonourCarried,
    HonourEnded,
    HonourExpired,
    HonourRevoked,
    LedgerClosed,
    LedgerDiffered,
)
"""What it writes: the course of its own cases, lists, panels and notices, the honours it grants itself, and its
books on what it sent and accepted."""

PROVINCE_MAY_WRITE: frozenset[str] = frozenset(event.wire() for event in PROVINCE_EVENTS)
"""The same by wire name."""

HEARD_OF_THE_CENTRE: tuple[type[Event], ...] = (RoundOpened, KeyRegistered, KeyWithdrawn)
"""What it may bind in the area `CN`; beside that it hears everything in its own area."""
