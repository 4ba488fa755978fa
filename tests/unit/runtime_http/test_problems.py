"""Every “no” is problem+json with field, rule, remedy and trace; nothing of our insides gets out."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from shared.runtime.http import MAX_BODY
from shared.runtime.sentences import translate
from tests.unit.runtime_http.conftest import SECRET_DETAIL, Issuer, bearer, make_app


@pytest.mark.parametrize(
    ("how", "status", "kind", "retry"),
    [
        ("refused", 409, "refused", None),
        ("not-found", 404, "not-found", None),
        ("not-yet", 503, "unavailable", "2"),
        ("invalid", 422, "invalid", None),
        ("store", 503, "unavailable", "7"),
        ("bug", 500, "internal", None),
    ],
)
def test_every_kind(client: TestClient, how: str, status: int, kind: str, retry: str | None) -> None:
    answer = client.get(f"/sample/fails/{how}")
    body = answer.json()
    assert (answer.status_code, body["status"], body["type"]) == (status, status, f"urn:sihao:problem:{kind}")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers.get("Retry-After") == retry
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(body["trace_id"]) == 32
    for error in body["errors"]:
        assert error.keys() == {"code", "field", "rule", "remedy"}
        assert all(error[part][language] for part in ("rule", "remedy") for language in ("zh", "en"))


def test_one_error_is_the_detail_several_are_counted(client: TestClient) -> None:
    assert client.get("/sample/fails/not-found").json()["detail"] == "不可 / No"
    assert client.get("/sample/fails/refused").json()["detail"] == "共 2 处有误 / 2 problems"


def test_a_bug_shows_nothing_of_our_insides(client: TestClient) -> None:
    answer = client.get("/sample/fails/bug")
    assert SECRET_DETAIL not in answer.text
    assert "RuntimeError" not in answer.text


def test_a_form_with_several_faults(client: TestClient, issuer: Issuer) -> None:
    answer = client.post(
        "/sample/areas/35",
        json={"count": 21, "area": "x-y", "level": "town"},
        headers={**bearer(issuer.token("operator")), "Idempotency-Key": "short"},
    )
    assert answer.status_code == 422
    errors = {error["field"]: error for error in answer.json()["errors"]}
    assert errors.keys() == {"count", "area", "level", "header.Idempotency-Key"}
    assert errors["count"]["code"] == "request.less-than-equal"
    assert errors["count"]["rule"] == {"zh": "“count”应不大于 20。", "en": "`count` must be at most 20."}
    assert errors["area"]["rule"] == {
        "zh": "“area”：地区代码应为 CN 或 2、4、6 位数字",
        "en": "`area`: area must be CN or 2, 4 or 6 digits, got 'x-y'",
    }
    assert errors["level"]["rule"]["zh"] == "“level”应为下列之一：'province' or 'city'。"
    assert errors["header.Idempotency-Key"]["rule"]["zh"] == "“header.Idempotency-Key”至少 8 个字符。"


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [(b"{", "body", "不是有效的 JSON"), (b"[]", "body", "应为对象"), (b"", "body", "必填"), (b"{}", "count", "必填")],
)
def test_bodies_that_are_no_form(client: TestClient, issuer: Issuer, content: bytes, field: str, words: str) -> None:
    headers = {**bearer(issuer.token("operator")), "Content-Type": "application/json"}
    answer = client.post("/sample/areas/35", content=content, headers=headers)
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["field"] == field
    assert words in error["rule"]["zh"]


class Everything(BaseModel):
    """One field for every rule that forms use."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=2, max_length=3, pattern="^[a-z]*$")] = "ab"
    whole: Annotated[int, Field(gt=0, lt=10, multiple_of=2)] = 2
    points: Annotated[Decimal, Field(max_digits=3, decimal_places=1)] = Decimal(1)
    yes: bool = True
    many: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    years: dict[str, int] = {}
    at: AwareDatetime | None = None
    ident: UUID | None = None
    kind: Literal["a", "b"] = "a"
    said: str = ""
    plain: str = ""

    @field_validator("said")
    @classmethod
    def no_shouting(cls, value: str) -> str:
        """Says why in both languages."""
        if value.isupper():
            raise ValueError("请勿全用大写 / do not shout")
        return value

    @field_validator("plain")
    @classmethod
    def never_x(cls, value: str) -> str:
        """Says why in one."""
        if value == "x":
            raise ValueError("no x")
        return value


@pytest.mark.parametrize(
    ("sent", "zh", "en"),
    [
        ({"text": "a"}, "“text”至少 2 个字符。", "`text` must have at least 2 characters."),
        ({"text": "abcd"}, "“text”至多 3 个字符。", "`text` must have at most 3 characters."),
        ({"text": "A1"}, "“text”格式应符合 ^[a-z]*$。", "`text` must match ^[a-z]*$."),
        ({"text": 1}, "“text”应为文字。", "`text` must be text."),
        ({"whole": 0}, "“whole”应大于 0。", "`whole` must be greater than 0."),
        ({"whole": 10}, "“whole”应小于 10。", "`whole` must be less than 10."),
        ({"whole": 3}, "“whole”应为 2 的倍数。", "`whole` must be a multiple of 2."),
        ({"whole": "two"}, "“whole”应为整数。", "`whole` must be a whole number."),
        ({"whole": 2.5}, "“whole”应为整数，不带小数。", "`whole` must be a whole number without a fraction."),
        ({"points": "1.23"}, "“points”至多 1 位小数。", "`points` must have at most 1 decimals."),
        ({"points": "x"}, "“points”应为十进制数。", "`points` must be a decimal number."),
        ({"yes": "perhaps"}, "“yes”应为是或否（true / false）。", "`yes` must be true or false."),
        ({"many": []}, "“many”至少 1 项。", "`many` must have at least 1 items."),
        ({"many": [1, 2, 3]}, "“many”至多 2 项。", "`many` must have at most 2 items."),
        ({"many": [1, "x"]}, "“many.1”应为整数。", "`many.1` must be a whole number."),
        ({"years": {"2023": "x"}}, "“years.2023”应为整数。", "`years.2023` must be a whole number."),
        ({"years": 1}, "“years”应为对象（键与值）。", "`years` must be an object of keys and values."),
        ({"at": "2026-03-01T09:00"}, "“at”时刻须带时区。", "`at` must be an instant with its time zone."),
        ({"at": "soon"}, "“at”应为时刻。", "`at` must be an instant."),
        ({"ident": "x"}, "“ident”应为 UUID。", "`ident` must be a UUID."),
        ({"kind": "c"}, "“kind”应为下列之一：'a' or 'b'。", "`kind` must be one of 'a' or 'b'."),
        ({"other": 1}, "“other”不接受此字段。", "`other` is not a field that is accepted."),
        ({"said": "LOUD"}, "“said”：请勿全用大写", "`said`: do not shout"),
        ({"plain": "x"}, "“plain”：no x", "`plain`: no x"),
    ],
)
def test_what_pydantic_says_in_both_languages(sent: dict[str, Any], zh: str, en: str) -> None:
    with pytest.raises(ValidationError) as failed:
        Everything.model_validate(sent)
    [said] = translate([{**error, "loc": ("body", *error["loc"])} for error in failed.value.errors()])
    assert (said.rule.zh, said.rule.en) == (zh, en)
    assert said.remedy.zh
    assert said.code.startswith("request.")


def test_a_fault_that_is_not_in_the_table_still_says_something() -> None:
    with pytest.raises(ValidationError) as failed:
        TypeAdapter(bytes).validate_python(1)
    [said] = translate([{**error, "loc": ("query", "raw")} for error in failed.value.errors()])
    assert said.code == "request.bytes-type"
    assert said.rule.zh == "“query.raw”不合要求：Input should be a valid bytes"


def test_too_large_whether_announced_or_streamed(client: TestClient) -> None:
    big = b"x" * (MAX_BODY + 1)
    announced = client.post("/sample/areas/35", content=big)
    streamed = client.post("/sample/areas/35", content=iter([big[:500_000], big[500_000:]]))
    for answer in (announced, streamed):
        assert answer.status_code == 413
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.json()["errors"][0]["code"] == "too-large"


def test_an_endpoint_for_files_takes_more(client: TestClient) -> None:
    assert client.post("/sample/files", files={"file": b"x" * 2_000_000}).json() == 2_000_000
    assert client.post("/sample/files", files={"file": b"x" * 3_000_001}).status_code == 413


def test_what_the_framework_refuses(client: TestClient) -> None:
    missing, wrong = client.get("/nowhere"), client.delete("/sample/open")
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, "no-such-path")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (405, "no-such-method")
    assert wrong.headers["Allow"] == "GET"
    broken = client.post("/sample/files", content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert (broken.status_code, broken.json()["type"]) == (400, "urn:sihao:problem:unreadable")


def test_people_in_a_browser_get_a_page(client: TestClient) -> None:
    answer = client.get("/sample/fails/refused", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "不予办理" in answer.text
    assert "改之" in answer.text
    assert "<script" not in answer.text


def test_a_page_escapes_what_it_shows(issuer: Issuer) -> None:
    with TestClient(make_app(issuer)) as client:
        answer = client.get("/sample/open?limit=0&%3Cscript%3E=1", headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_of_very_many_errors_the_first_are_told_and_how_many_there_are(client: TestClient, issuer: Issuer) -> None:
    strange = {f"field{n}": n for n in range(5_000)}
    answer = client.post("/sample/strict", json=strange, headers=bearer(issuer.token("operator")))
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100
    assert answer.json()["detail"].startswith("共 5001 处有误，列出前 100 处 / 5001 problems, the first 100")
