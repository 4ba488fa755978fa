"""Letter templates: read as data, checked at the start, rendered to frozen words. Only this file renders letters.

A template is one file in `templates/letters/`: the event it answers, why it exists, to whom it goes, when it is left
out, and its subject and body in Chinese and English. Templates run in a sandbox; a field that the event does not have
is an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.notify.domain import words
from services.notify.domain.audience import Rule
from services.notify.domain.letter import Further
from services.notify.languages import Saying, load_languages
from shared.contracts import EVENTS, Event, Text, text

HERE = Path(__file__).parent
LETTERS = HERE / "templates" / "letters"


class Template(BaseModel):
    """One letter, as its file says."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Name of the file."""
    event: str
    """Wire name of the event it answers."""
    why: str
    """Why people get it, for whoever edits the templates."""
    to: tuple[Rule, ...] = Field(min_length=1)
    """Who gets it."""
    when: str = "true"
    """Expression over the event's fields; where it is false the letter is not written."""
    subject: Text
    """Subject line, in one line."""
    body: Text
    """Plain text."""

    @field_validator("event")
    @classmethod
    def _known(cls, event: str) -> str:
        if event not in EVENTS:
            raise ValueError(f"目录中没有事件 {event} / the catalogue has no event {event}")
        return event


@dataclass(frozen=True)
class Words:
    """A rendered letter."""

    subject: Text
    body: Text


class Wording:
    """All templates, compiled."""

    def __init__(
        self, templates: Sequence[Template], places: dict[str, Text], public_url: str, folder: Path | None = None
    ) -> None:
        """Compile and check.

        Raises:
            jinja2.TemplateSyntaxError: a template cannot be read.
            ValueError: a template uses a name that its event does not have.
            WrongLanguage: a further language in `folder` does not fit.
        """
        self.templates = tuple(templates)
        self._jinja = _environment(places, public_url.rstrip("/"))
        self._compiled = {
            source: self._jinja.from_string(source)
            for t in self.templates
            for source in (t.subject.zh, t.subject.en, t.body.zh, t.body.en)
        }
        self._conditions = {
            t.when: self._jinja.compile_expression(t.when, undefined_to_none=False) for t in self.templates
        }
        for template in self.templates:
            self._check(template)
        national = {t.name: Saying(subject=t.subject.zh, body=t.body.zh) for t in self.templates}
        self.languages = load_languages(folder, national, self._jinja)
        """Further languages, by tag."""
        further = [letter for language in self.languages.values() for letter in language.letters.values()]
        self._compiled |= {
            source: self._jinja.from_string(source) for letter in further for source in (letter.subject, letter.body)
        }

    def applies(self, template: Template, event: Event) -> bool:
        """Whether the letter is written for this event."""
        return bool(self._conditions[template.when](**_fields(event)))

    def render(self, template: Template, event: Event) -> Words:
        """The words of the letter for this event; pure: the same event gives the same words."""
        fields = _fields(event)

        def say(source: str) -> str:
            return self._compiled[source].render(fields)

        return Words(
            text(_one_line(say(template.subject.zh)), _one_line(say(template.subject.en))),
            text(_tidy(say(template.body.zh)), _tidy(say(template.body.en))),
        )

    def further(self, template: Template, event: Event, tag: str | None) -> Further | None:
        """The same in a further language; None where there are no words for it."""
        language = self.languages.get(tag or "")
        letter = language.letters.get(template.name) if language else None
        if language is None or letter is None:
            return None
        fields = _fields(event)
        return Further(
            language=language.tag,
            dir=language.dir,
            subject=_one_line(self._compiled[letter.subject].render(fields)),
            body=_tidy(self._compiled[letter.body].render(fields)),
        )

    def _check(self, template: Template) -> None:
        known = {*EVENTS[template.event].model_fields, *self._jinja.globals}
        condition = "{{ " + template.when + " }}"
        for source in (template.subject.zh, template.subject.en, template.body.zh, template.body.en, condition):
            for name in sorted(find_undeclared_variables(self._jinja.parse(source)) - known):
                raise ValueError(
                    f"模板 {template.name}：事件 {template.event} 没有字段 {name} / "
                    f"template {template.name}: event {template.event} has no field {name}"
                )


def load_templates(folder: Path = LETTERS) -> tuple[Template, ...]:
    """All templates of a folder, in order of name.

    Raises:
        pydantic.ValidationError: a file says something else than a template should.
    """
    return tuple(
        Template.model_validate({"name": path.stem, **yaml.safe_load(path.read_text("utf-8"))})
        for path in sorted(folder.glob("*.yaml"), key=lambda path: path.stem)
    )


def load_provinces() -> dict[str, Text]:
    """Names of the province-level areas, by code."""
    return _names("areas.yaml")


def load_places() -> dict[str, Text]:
    """Names of provinces, and of the cities that have one here."""
    return {**load_provinces(), **_names("cities.yaml")}


def _names(file: str) -> dict[str, Text]:
    data = yaml.safe_load((HERE / file).read_text("utf-8"))
    return {code: Text.model_validate(name) for code, name in data.items()}


def load_wording(public_url: str, languages: Path | None = None) -> Wording:
    """Everything letters are made of: this service's own files, and further languages from a folder."""
    return Wording(load_templates(), load_places(), public_url, languages)


def _environment(places: dict[str, Text], public_url: str) -> ImmutableSandboxedEnvironment:
    jinja = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # letters are plain text, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= words.filters(places)
    jinja.globals |= {"link": lambda path: f"{public_url}/{path}", "outcomes": words.OUTCOMES}
    return jinja


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in type(event).model_fields}


def _one_line(line: str) -> str:
    return " ".join(line.split())


def _tidy(body: str) -> str:
    lines = [line.rstrip() for line in body.strip().splitlines()]
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept) + "\n"
