"""通知 Notify: tells people what they must hear of, and the public what it may see.

Owns
    recipients   people by role, their address and wishes; personal data lives here and nowhere else
    letters      at most one per (event, person, channel), worded from `templates/letters/`, tried to an end
    the bulletin rounds, public notices, announcements and the register of honours: as pages, as data and as a feed

Hears
    round.*, application.submitted/scored/withdrawn, case.opened/returned/declined/nominated, shortlist.sealed,
    panel.decided, notice.*, objection.*, announcement.made, honour.*, chamber.*

Announces
    letter.delivered, letter.failed, bulletin.published

Read `handlers.py` first, then `domain/letter.py`, `domain/audience.py` and `domain/entry.py`; `templates/README.md`
says how to change a letter.
"""
