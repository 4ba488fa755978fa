"""Which errors of a bulk write are a document's own fault, and which are the store's."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from shared.runtime.mongo import own_faults

TAKEN = {
    "index": 0,
    "code": 11000,
    "errmsg": "E11000 duplicate key error collection: s.c index: _id_ dup key: { _id: 1 }",
}


def bulk(*errors: dict[str, Any], concern: bool = False) -> BulkWriteError:
    return BulkWriteError({"writeErrors": list(errors), "writeConcernErrors": [{"code": 64}] if concern else []})


def test_a_document_that_was_inserted_meanwhile_is_nobodys_fault() -> None:
    assert own_faults(bulk(TAKEN)) == {}


def test_a_unique_index_and_a_document_too_large_are_their_own() -> None:
    unique = {
        "index": 3,
        "code": 11000,
        "errmsg": "E11000 duplicate key error collection: s.c index: name_1 dup key: x",
    }
    large = {"index": 5, "code": 17419, "errmsg": "Resulting document after update is larger than 16777216"}
    faults = own_faults(bulk(TAKEN, unique, large))
    assert faults.keys() == {3, 5}
    assert "dup key" not in str(faults[3])


@pytest.mark.parametrize("code", [11600, 11602, 91, 189, 10107, 13435, 50, 64, 99999])
def test_a_store_in_trouble_parks_nothing(code: int) -> None:
    with pytest.raises(BulkWriteError):
        own_faults(bulk(TAKEN, {"index": 1, "code": code, "errmsg": "…"}))


def test_a_majority_that_did_not_answer_parks_nothing() -> None:
    with pytest.raises(BulkWriteError):
        own_faults(bulk(TAKEN, concern=True))
