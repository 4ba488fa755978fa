"""Receipts 回执: shown to their owner, and checked for anyone."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api import views
from services.intake.api.access import Reader, permitted
from services.intake.domain.receipt import application_of, genuine
from services.intake.store import IntakeStore
from shared.contracts import Instant, Sha256
from shared.kernel.change import NotFound
from shared.kernel.problem import problem
from shared.runtime.access import public
from shared.runtime.http import MAX_PUBLIC_BODY


class Claim(BaseModel):
    """A receipt that somebody shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    number: str = Field(max_length=80)
    """Its number."""
    digest: Sha256
    """Its digest."""
    at: Instant | None = None
    """Its time, as far as the receipt shown has one; then it must be right, too."""


class Verdict(BaseModel):
    """Whether a receipt is ours; nothing else is told about one that is not."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    genuine: bool
    """Whether number, digest and the stored content agree."""
    application: str | None = None
    """The application it proves."""
    revision: int | None = None
    """Its revision."""
    at: Instant | None = None
    """When it was accepted."""


def router(store: IntakeStore) -> APIRouter:
    """`/receipts` and `/applications/{id}/receipt`."""
    routes = APIRouter(tags=["回执 / receipts"])

    @routes.get("/applications/{application}/receipt", summary="回执 / receipt")
    async def receipt(
        application: str, by: Reader, revision: Annotated[int | None, Query(ge=1)] = None
    ) -> views.ReceiptView:
        """The receipt of the latest revision, or of the one asked for, with the content it proves."""
        submissions = (await permitted(store, application, by)).submissions
        found = next((s for s in reversed(submissions) if revision in (None, s.revision)), None)
        if found is None:
            raise NotFound(
                problem(
                    "receipt.unknown",
                    "revision",
                    rule=("该申报没有此次提交", "it was not handed in, or not so often"),
                    remedy=("请先提交", "Hand it in first."),
                )
            )
        return views.receipt(found)

    @routes.post(
        "/receipts/verify",
        max_body_size=MAX_PUBLIC_BODY,
        dependencies=[public("whoever holds a receipt may ask whether it is genuine")],
        summary="核验回执 / verify a receipt",
    )
    async def verify(claim: Claim) -> Verdict:
        """Whether a receipt is genuine: its number, its digest, its time and what is stored agree."""
        application = await store.application(application_of(claim.number))
        told = application.submissions if application else ()
        found = genuine(told, claim.number, claim.digest, claim.at)
        if application is None or found is None:
            return Verdict(genuine=False)
        return Verdict(genuine=True, application=application.id, revision=found.revision, at=found.receipt.at)

    return routes
