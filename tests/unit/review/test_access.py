"""Who may call what, as one table: an endpoint that is not in it, or grants more, fails here."""

from pydantic import SecretStr

from services.review.app import create_app
from services.review.settings import ReviewSettings
from shared.runtime.access import rules_of

OFFICER = {"officer": "own area"}
OFFICE = {"officer": "own area", "operator": "any area"}
READERS = {"officer": "own area", "expert": "self", "operator": "any area"}
EITHER = {"officer": "own area", "expert": "self"}
OWN = {"officer": "self", "operator": "self"}
OPERATOR = {"operator": "any area"}
ANYONE = {"public": "anyone"}

TABLE = {
    "GET /.well-known/jwks.json": ANYONE,
    "GET /announcements": ANYONE,
    "GET /announcements/{announcement}": ANYONE,
    "GET /announcements/{announcement}/decisions": ANYONE,
    "GET /announcements/{announcement}/decisions/{case}": ANYONE,
    "GET /announcements/{announcement}/decisions/{case}/opening": {"secretary": "own chamber", "officer": "own area"},
    "GET /cases": READERS,
    "GET /cases/counts": OFFICE,
    "GET /cases/{case}": READERS,
    "GET /cases/{case}/history": OFFICE,
    "GET /cohorts": OFFICE,
    "GET /cohorts/{cohort}": OFFICE,
    "GET /draws": ANYONE,
    "GET /draws/{draw}": ANYONE,
    "GET /draws/{draw}/pool": READERS,
    "GET /experts": OFFICER,
    "GET /experts/{expert}": EITHER,
    "DELETE /exports/{export}": OWN,
    "GET /exports": OWN,
    "GET /exports/{export}": OWN,
    "GET /exports/{export}/file": OWN,
    "POST /exports": OFFICE,
    "GET /honours": ANYONE,
    "GET /honours/pending": OFFICER,
    "GET /honours/{honour}/certificate.pdf": ANYONE,
    "GET /honours/{honour}/credential": ANYONE,
    "GET /honours/{line}/{code}": ANYONE,
    "GET /leadership-decisions": OFFICE,
    "GET /notices": ANYONE,
    "GET /notices/{notice}": ANYONE,
    "GET /notices/{notice}/objections": OFFICER,
    "GET /notices/{notice}/versions/{number}": ANYONE,
    "GET /panels": OFFICE,
    "GET /panels/{panel}": READERS,
    "GET /panels/{panel}/minutes": OFFICE,
    "GET /procedures": ANYONE,
    "GET /procedures/{procedure}": ANYONE,
    "GET /shortlists/{round_}/{area}": OFFICE,
    "GET /status-lists/{line}": ANYONE,
    "POST /announcements": OFFICER,
    "POST /assignments/{round_}/{area}": OFFICER,
    "POST /assignments/{round_}/{area}/proposal": OFFICER,
    "POST /cases/{case}/decline": OFFICER,
    "POST /cases/{case}/experts": OFFICER,
    "POST /cases/{case}/gates": OFFICER,
    "POST /cases/{case}/inspectors": OFFICER,
    "POST /cases/{case}/marks": {"expert": "self"},
    "POST /cases/{case}/pass": OFFICER,
    "POST /cases/{case}/return": OFFICER,
    "POST /cases/{case}/visits": OFFICER,
    "POST /cohorts": OFFICER,
    "POST /draws": OFFICER,
    "POST /draws/{draw}/reveal": OFFICER,
    "POST /experts/{expert}/ties": EITHER,
    "POST /honours": OFFICER,
    "POST /honours/{line}/{code}/merger": OFFICER,
    "POST /honours/{line}/{code}/plaque": OFFICER,
    "POST /honours/{line}/{code}/reinstate": OFFICER,
    "POST /honours/{line}/{code}/revoke": OFFICER,
    "POST /honours/{line}/{code}/suspend": OFFICER,
    "POST /leadership-decisions": OFFICER,
    "POST /notices": OFFICER,
    "POST /notices/{notice}/corrections": OFFICER,
    "POST /notices/{notice}/objections": ANYONE,
    "POST /notices/{notice}/objections/{number}/identity": OFFICER,
    "POST /notices/{notice}/objections/{number}/hearing": OFFICER,
    "POST /notices/{notice}/objections/{number}/ruling": OFFICER,
    "POST /panels": OFFICER,
    "POST /panels/{panel}/ballots": EITHER,
    "POST /panels/{panel}/close": OFFICER,
    "GET /provinces/{area}/keys": OPERATOR,
    "POST /provinces/{area}/keys": OPERATOR,
    "GET /reconciliation/{area}": OPERATOR,
    "POST /reconciliation/{area}/{day}/heal": OPERATOR,
    "POST /provinces/{area}/keys/{kid}/withdraw": OPERATOR,
    "POST /shortlists/{round_}/{area}/seal": OFFICER,
    "POST /shortlists/{round_}/{area}/what-if": OFFICER,
    "PUT /cases/{case}/opinion": OFFICER,
    "PUT /experts/{expert}": OFFICER,
    "PUT /experts/{expert}/ties": OFFICER,
    "PUT /panels/{panel}/attendance": OFFICER,
}
OF_EVERY_SERVICE = {"/docs", "/livez", "/metrics", "/openapi.json", "/readyz", "/sihao.css", "/startupz", "/version"}


async def test_the_table_is_complete_and_grants_no_more() -> None:
    settings = ReviewSettings(
        amqp_url=SecretStr("amqp://nobody@localhost:1/"),
        mongo_url=SecretStr("mongodb://localhost:1"),
        database="review",
        oidc_issuer="http://localhost:1",
        oidc_jwks_url="http://localhost:1/jwks.json",
        areas="CN,33",
    )
    rules = [rule for rule in rules_of(create_app(settings)) if rule.path not in OF_EVERY_SERVICE]
    assert {f"{rule.method} {rule.path}": rule.grants for rule in rules} == TABLE
