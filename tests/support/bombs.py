"""Files that are small to send and large to open."""

import io
import zipfile
from collections.abc import Mapping

M = 1024 * 1024
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0"?>'
_TYPES = f"""{_HEAD}<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>
<Override PartName="/xl/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>
<Override PartName="/xl/strings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>"""
_RELATIONS = f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_BOOK = f"""{_HEAD}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>
<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"""
_BOOK_RELATIONS = f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="sheet1.xml"/>
<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="strings.xml"/></Relationships>"""
_SHEET = f"<worksheet {_MAIN}><sheetData>%s</sheetData></worksheet>"
_STRINGS = f"<sst {_MAIN}>%s</sst>"
_CELL = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'


def workbook(sheet: str = _SHEET % _CELL, strings: str = _STRINGS % "", **more: str) -> bytes:
    """An XLSX of these parts."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _BOOK_RELATIONS,
        "xl/sheet1.xml": sheet,
        "xl/strings.xml": strings,
        **more,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return packed.getvalue()


def bombs() -> Mapping[str, bytes]:
    """Each below the size of a list that is taken."""
    nested = workbook(**{"xl/inner.xlsx": "x" * M})
    for _ in range(5):
        nested = workbook(**{"xl/inner.xlsx": nested.decode("latin-1")})
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "unpacks to 300 MB": workbook(_SHEET % (" " * 300 * M)),
        "a million shared strings": workbook(strings=_STRINGS % ("<si><t>a</t></si>" * 1_000_000)),
        "one string of 30 MB": workbook(strings=_STRINGS % f"<si><t>{'a' * 30 * M}</t></si>"),
        "millions of cells": workbook(_SHEET % f"<row>{'<c/>' * 5_000_000}</row>"),
        "millions of rows": workbook(_SHEET % ("<row/>" * 4_000_000)),
        "millions of styles": workbook(**{"xl/styles.xml": f"<styleSheet {_MAIN}>{'<xf/>' * 5_000_000}</styleSheet>"}),
        "never closed": workbook(f"<worksheet {_MAIN}>{'<a>' * 9_000_000}"),
        "a row at the end of the world": workbook(_SHEET % '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "forty thousand parts": workbook(**{f"x{n}": "" for n in range(40_000)}),
        "entities of entities": workbook(
            f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]>' + _SHEET % _CELL.replace(">x<", ">&e9;<")
        ),
        "packages in packages": nested,
        "one row of five million fields": b"," * (5 * M),
        "one field of four million characters": "一".encode() * M,
        "a quote that never ends": b'"' + b"a\n" * (2 * M),
        "wrong in every cell": (b",".join([b"x"] * 40) + b"\n") * 5_000,
        "no text and no package": bytes(range(256)) * 4096,
    }
