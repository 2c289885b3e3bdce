# SPDX-License-Identifier: Apache-2.0
"""Reading the documents: their code and their tables."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name, language):
    """(line, text) of the fenced code of a language, in order."""
    source = text(name)
    return [(source.count("\n", 0, found.start()) + 1, found[1])
            for found in re.finditer(rf"^```{language}\n(.*?)^```$", source, re.M | re.S)]


def indented(name):
    """(line, text) of the indented code, in order."""
    source = text(name)
    return [(source.count("\n", 0, found.start(1)) + 1, re.sub(r"(?m)^    ", "", found[1]))
            for found in re.finditer(r"(?:\A|\n\n)((?:    .*\n(?:\n(?=    ))?)+)", source)]


def cells(line):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def tables(name):
    """All tables, each as a list of rows (the head first) of cells."""
    found = re.findall(r"(?:^\|.*\n)+", text(name), re.M)
    return [[cells(line) for i, line in enumerate(table.splitlines()) if i != 1] for table in found]


def table(name, *head):
    """The rows of the one table with this head."""
    fitting = [rows[1:] for rows in tables(name) if rows[0] == list(head)]
    assert len(fitting) == 1 and fitting[0], head
    return fitting[0]


def code(cell):
    """The texts in backticks."""
    return re.findall(r"`([^`]*)`", cell)
