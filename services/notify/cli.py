"""Notify on the command line, without any server: `sihao language check`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.notify.languages import WrongLanguage, page_words
from services.notify.wording import load_wording

language_app = typer.Typer(no_args_is_help=True, help="其他语言文字：检查 / further languages: check")
Folder = Annotated[Path, typer.Argument(help="语言文件目录 / the folder with languages", exists=True, file_okay=False)]


@language_app.callback()
def _languages() -> None:
    """其他语言文字 / further languages."""


@language_app.command("check")
def check_command(folder: Folder) -> None:
    """检查目录中的语言：有误则逐处指出 / check a folder; every place that is wrong is named."""
    try:
        wording = load_wording("https://example.org", folder)
    except WrongLanguage as wrong:
        errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        for problem in wrong.problems:
            errors.print(f"{problem.field}  {problem.rule}\n  → {problem.remedy}")
        raise typer.Exit(2) from wrong
    table = Table("语言 language", "名称 name", "方向 dir", "通知 letters", "页面用语 words of pages")
    letters, words = len(wording.templates), len(page_words())
    for language in wording.languages.values():
        here = f"{len(language.letters)}/{letters}", f"{len(language.words)}/{words}"
        table.add_row(language.tag, language.name, language.dir, *here)
    Console().print(table)
