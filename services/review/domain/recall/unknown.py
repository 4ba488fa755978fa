"""What is put where a fact does not tell."""

from shared.contracts.text import text
from shared.kernel.actor import Actor

UNKNOWN = Actor(id="recovered", role="service")
"""Who acted, where only the announced fact is known."""
AS_ANNOUNCED = text("据已宣布的名单。", "As it was announced.")
"""Why a place on a list is what it is, where the fact does not say."""
OBJECTION_LOST = "（异议原文随数据库遗失，请向提出人重新了解；其身份亦未保存。 The objection was lost with the store.)"
"""What an objector wrote, which is in no event."""
