"""What is put where a fact does not tell."""

from shared.contracts.text import text
from shared.kernel.actor import Actor

UNKNOWN = Actor(id="recovered", role="service")
"""Who acted, where only the announced fact is known."""
AS_ANNOUNCED = text("据已宣布的名单。", "As it was announced.")
"""Why a place on a list is what it is, where the fact does not say."""
OBJECTION_LOST = (
    "异议原文及提出人信息随数据库遗失，请就所涉商会重新核查。/ "
    "What was written, and by whom, was lost with the store; look into the chamber anew."
)
"""What an objector wrote, which is in no event."""
