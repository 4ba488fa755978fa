"""Further languages 其他语言文字, read from a folder of the deployment and checked at the start.

    <folder>/<tag>/language.yaml     name and direction
    <folder>/<tag>/words.yaml        words of the pages, by the Chinese they stand beside
    <folder>/<tag>/letters/*.yaml    subject and body, under the name of the platform's template

Chinese comes first everywhere, and stands where a language has no words. A letter must use the same places as the
platform's, neither more nor fewer, so that none loses its deadline in translation.
"""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from jinja2 import Environment, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notify.domain.recipient import TAG
from services.notify.domain.words import KINDS, OUTCOMES, STANDINGS, WINDOWS
from shared.contracts.chamber_words import LEVELS, TYPES
from shared.kernel.problem import Problem, problem
from shared.runtime.configured import Misconfigured
from shared.runtime.sentences import translate

M = TypeVar("M", bound=BaseModel)
PAGES = Path(__file__).parent / "templates" / "pages"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Saying(_Part):
    """A letter in this language."""

    subject: str = Field(min_length=1)
    """Subject line."""
    body: str = Field(min_length=1)
    """Plain text."""


class About(_Part):
    """What `language.yaml` says."""

    name: str = Field(min_length=1, max_length=40)
    """What the language calls itself."""
    dir: Literal["ltr", "rtl"] = "ltr"
    """In which direction it is written."""


class Language(About):
    """A further language, as its files say."""

    tag: str
    """BCP 47: `bo`, `ug`, `mn-Mong`."""
    words: Mapping[str, str] = Field(default_factory=dict)
    """Words of the pages, by the Chinese."""
    letters: Mapping[str, Saying] = Field(default_factory=dict)
    """Letters, by the name of the template."""


class _Words(_Part):
    words: dict[str, str]


class WrongLanguage(Misconfigured):
    """Files of a language that cannot be used, with every place that is wrong."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(f"{p.field}: {p.rule} → {p.remedy}" for p in problems))
        self.problems = problems


def require(languages: Collection[str], tag: str | None) -> None:
    """The language that pages show to everybody must be one that the deployment has.

    Raises:
        WrongLanguage: it is not.
    """
    if tag is not None and tag not in languages:
        known = "、".join(sorted(languages)) or "—"
        raise WrongLanguage(
            _wrong("unknown", "SIHAO_LANGUAGE", f"没有 {tag}，有：{known}", f"no {tag}; there are: {known}")
        )


def load_languages(folder: Path | None, national: Mapping[str, Saying], jinja: Environment) -> dict[str, Language]:
    """Every language of the folder, by tag; `national` has the platform's letters in Chinese.

    What begins with a dot is none: a mounted ConfigMap keeps its versions beside its files.

    Raises:
        WrongLanguage: a file cannot be read, stands beside nothing of the platform's, or uses other places.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise WrongLanguage(_wrong("folder", "SIHAO_LANGUAGES", f"{folder} 不是目录", f"{folder} is no folder"))
    tagged = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = [_language(path) for path in sorted(tagged)]
    wrong = [one for language in found for one in _faults(language, national, jinja)]
    if wrong:
        raise WrongLanguage(*wrong)
    return {language.tag: language for language in found}


def chosen(accepted: str, languages: Mapping[str, Language], default: str | None) -> Language | None:
    """The first of the languages that a reader asks for by `Accept-Language`; else the deployment's, if it has one."""
    for part in accepted[:200].split(","):
        asked = part.partition(";")[0].strip().lower()
        for tag, language in languages.items():
            if asked == tag.lower() or asked.startswith(f"{tag.lower()}-"):
                return language
    return languages.get(default or "")


def page_words() -> frozenset[str]:
    """The Chinese of everything that pages show and a language can have words for."""
    tables: Sequence[Mapping[Any, Any]] = (KINDS, OUTCOMES, STANDINGS, WINDOWS, LEVELS, TYPES)
    said = {text.zh for table in tables for text in table.values()}
    for path in PAGES.glob("*.html"):
        for call in Environment(autoescape=True).parse(path.read_text("utf-8")).find_all(nodes.Call):
            named = call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
            if named in ("head", "pair") and call.args and isinstance(call.args[0], nodes.Const):
                said.add(call.args[0].value)
    return frozenset(said)


def places(source: str, jinja: Environment) -> frozenset[str]:
    """What a template takes from the event: `deadline`, `chamber.name`; whichever language it takes it in."""
    tree = jinja.parse(source)
    roots = find_undeclared_variables(tree) - set(jinja.globals)
    paths = {_path(node, roots) for node in tree.find_all(nodes.Getattr)}
    return frozenset(roots) | frozenset(path for path in paths if path)


def _path(node: nodes.Node, roots: Collection[str]) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name if node.name in roots else None
    if not isinstance(node, nodes.Getattr):
        return None
    base = _path(node.node, roots)
    return f"{base}.{node.attr}" if base and node.attr not in ("zh", "en") else base


def _language(folder: Path) -> Language:
    tag = folder.name
    if not re.match(TAG, tag) or tag in ("zh", "en"):
        raise WrongLanguage(
            _wrong(
                "tag",
                tag,
                "目录名应为语言代码（BCP 47），且不是 zh、en",
                "a folder is named by a language tag (BCP 47) that is not zh or en",
            )
        )
    about = _read(folder / "language.yaml", About)
    given = folder / "words.yaml"
    said = _read(given, _Words, under="words").words if given.exists() else {}
    letters = {path.stem: _read(path, Saying) for path in sorted((folder / "letters").glob("*.yaml"))}
    return Language(tag=tag, words=said, letters=letters, **about.model_dump())


def _read(path: Path, model: type[M], *, under: str | None = None) -> M:
    where = f"{path.parent.name}/{path.name}" if path.parent.name != "letters" else _letter(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        return model.model_validate({under: content} if under else content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())[:300]
        raise WrongLanguage(_wrong("file", where, f"无法读取：{line}", f"cannot be read: {line}")) from error
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise WrongLanguage(
            *(one.model_copy(update={"field": f"{where} {one.field}"}) for one in translate(found))
        ) from error


def _letter(path: Path) -> str:
    return f"{path.parent.parent.name}/letters/{path.name}"


def _faults(language: Language, national: Mapping[str, Saying], jinja: Environment) -> list[Problem]:
    wrong = []
    for zh in sorted(set(language.words) - (known := page_words())):
        near = "、".join(difflib.get_close_matches(zh, known, n=3)) or "—"
        wrong.append(
            _wrong(
                "word",
                f"{language.tag}/words.yaml {zh}",
                f"页面上没有“{zh}”，相近的有：{near}",
                f"no page says “{zh}”; there are: {near}",
            )
        )
    for name, saying in language.letters.items():
        where = f"{language.tag}/letters/{name}.yaml"
        if name not in national:
            near = "、".join(difflib.get_close_matches(name, national, n=3)) or "—"
            rule = (f"平台没有此模板，相近的有：{near}", f"the platform has no such letter; there are: {near}")
            wrong.append(_wrong("letter", where, *rule))
            continue
        for key in ("subject", "body"):
            wrong += _compared(f"{where} {key}", getattr(saying, key), getattr(national[name], key), jinja)
    return wrong


def _compared(where: str, own: str, national: str, jinja: Environment) -> list[Problem]:
    try:
        jinja.from_string(own)
        here, there = places(own, jinja), places(national, jinja)
    except TemplateError as error:
        return [_wrong("template", where, f"模板有误：{error.message}", f"cannot be read: {error.message}")]
    lacking, more = "、".join(sorted(there - here)) or "—", "、".join(sorted(here - there)) or "—"
    if here == there:
        return []
    return [
        _wrong(
            "places",
            where,
            f"占位与平台模板不同：缺 {lacking}，多 {more}",
            f"its places are not the platform's: it lacks {lacking} and has {more} too many",
        )
    ]


def _wrong(code: str, field: str, zh: str, en: str) -> Problem:
    return problem(
        f"language.{code}",
        field,
        rule=(f"{zh}。", f"{en}."),
        remedy=("请更正后用 sihao language check 再查。", "Correct it and run `sihao language check` again."),
    )
