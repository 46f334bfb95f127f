#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what no compiler checks: the arrows between the rooms and the rules of the house.

usage: repository.py [SOURCE FOLDER]

Prints one line per finding, "file:line: sentence", and exits 1 when there is any.
The arrows are drawn in docs/architecture.md.
"""

import re
import sys
from pathlib import Path

# room -> the rooms that it may include
ARROWS = {
    "core": set(),
    "redis": {"core"},
    "locks": {"core", "redis"},
    "sessions": {"core", "redis", "locks"},
    "app": {"core", "redis", "locks", "sessions"},
    "demo": {"core", "redis", "locks", "sessions"},
    "cli": {"core", "redis", "locks", "sessions", "app", "demo"},
    "gui": {"core", "redis", "locks", "sessions", "app", "demo"},
}
LONGEST_FILE = 400
LONGEST_TEST = 700
LONGEST_MAIN = 80

QUOTED_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
GUI_INCLUDE = re.compile(r"^\s*#\s*include\s+<(Qt(Gui|Widgets|Svg|PrintSupport)/|QtGui>|QtWidgets>)")
GUI_LINK = re.compile(r"Qt6::(Gui|Widgets|Svg|SvgWidgets|PrintSupport|OpenGL)")
HIREDIS_INCLUDE = re.compile(r"^\s*#\s*include\s+[<\"](hiredis|sds|sdscompat|read\.h)")
SQL_CLASS = re.compile(r"\bQSql[A-Z]\w*")
BLOCKING = re.compile(
    r"\b(QEventLoop|QCoro::waitFor|processEvents|waitFor(Started|Finished|ReadyRead|BytesWritten"
    r"|Connected|Disconnected|Encrypted|Done|NewConnection))\b"
)
EXEC = re.compile(r"(\.|->)exec\(")
SINGLETON = re.compile(r"\bstatic\s+\w+\s*&\s*instance\(|\bQ_GLOBAL_STATIC\b|\bQ_APPLICATION_STATIC\b")
MACHINE_PATH = re.compile(r"/(home|Users)/[a-z]|/root/[a-z.]")
TEMP_PATH = re.compile(r"(?<![\w.])/(tmp|var/tmp)/")
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"


def code_lines(path):
    """Numbered lines without // comments; none of ours put // into a string but URLs."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield number, re.sub(r"(^|\s)//.*$", "", line)


def room_files(source, room):
    return [f for f in sorted((source / "src" / room).rglob("*")) if f.suffix in (".h", ".cpp")]


def cpp_files(source):
    for folder in ("src", "tests"):
        yield from (f for f in sorted((source / folder).rglob("*")) if f.suffix in (".h", ".cpp"))


def text_files(source):
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name == "LICENSE" and not path.is_symlink():
            yield path
    for folder in (".ci", "src", "tests", "ui", "resources", "docs", "packaging"):
        for path in sorted((source / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def check_arrows(source):
    for room, allowed in ARROWS.items():
        for path in room_files(source, room):
            for number, line in code_lines(path):
                match = QUOTED_INCLUDE.match(line)
                if not match:
                    continue
                included = match.group(1)
                if "/" not in included:
                    if not re.match(r"(ui_\w+\.h|moc_\w+\.cpp|\w+\.moc)$", included):
                        yield path, number, f'"{included}" is included without its room'
                    continue
                other = included.split("/")[0]
                if other != room and other not in allowed:
                    yield path, number, f"{room} must not include {other}"


def check_gui_stays_in_gui(source):
    for room in ARROWS:
        if room == "gui":
            continue
        for path in room_files(source, room):
            for number, line in code_lines(path):
                if GUI_INCLUDE.match(line):
                    yield path, number, "Qt Gui and Widgets belong to src/gui"
        lists = source / "src" / room / "CMakeLists.txt"
        for number, line in enumerate(lists.read_text(encoding="utf-8").splitlines(), 1):
            if GUI_LINK.search(line.split("#")[0]):
                yield lists, number, "only src/gui may link Qt Gui and Widgets"


def check_hiredis(source):
    users = []
    for path in cpp_files(source):
        for number, line in code_lines(path):
            if HIREDIS_INCLUDE.match(line):
                users.append((path, number))
                if path.suffix == ".h":
                    yield path, number, "hiredis headers are included in .cpp files only"
    if len({path for path, _ in users}) > 2:
        for path, number in users:
            yield path, number, "more than two files include hiredis headers"


def check_forbidden_words(source):
    for room in ARROWS:
        for path in room_files(source, room):
            for number, line in code_lines(path):
                if SQL_CLASS.search(line) and room not in ("sessions", "app"):
                    yield path, number, "SQL classes belong to src/sessions and src/app"
                if match := BLOCKING.search(line):
                    yield path, number, f"{match.group(1)}: nothing under src waits or nests loops"
                if room in ("cli", "gui") and path.name != "main.cpp" and EXEC.search(line):
                    yield path, number, "exec() nests an event loop; use open() or popup()"
                if SINGLETON.search(line):
                    yield path, number, "no singletons: main builds, and passes by reference"
                if TEMP_PATH.search(line):
                    yield path, number, "a temporary folder is asked for, not written down"


def check_spdx(source):
    for path in text_files(source):
        if path.suffix not in (".h", ".cpp", ".py", ".sh") and path.name not in ("dev", "run"):
            continue
        with path.open(encoding="utf-8") as file:
            head = [file.readline(), file.readline()]
        if not any(SPDX in line for line in head):
            yield path, 1, f"the line with {SPDX.split(':')[0]} is missing"


def check_lengths(source):
    for path in cpp_files(source):
        length = len(path.read_text(encoding="utf-8").splitlines())
        longest = LONGEST_FILE if (source / "src") in path.parents else LONGEST_TEST
        if length > longest:
            yield path, length, f"{length} lines, more than {longest}: it does too much"
        if path.name == "main.cpp" and length >= LONGEST_MAIN:
            yield path, length, f"a main of {length} lines; it only builds and passes on"
        if path.suffix == ".h" and "#pragma once" not in path.read_text(encoding="utf-8"):
            yield path, 1, "#pragma once is missing"


# Up to the end of the statement, or to where a lambda or the body of an `if` begins.
AWAITING = re.compile(r"co_await\b([^;]*?)(?=;|\)\s*\{|\]\s*\()", re.DOTALL)


def check_awaits(source):
    """g++ 12 miscounts the lifetime of temporaries of braced lists and of ?: beside co_await."""
    for path in cpp_files(source):
        if (source / "src") not in path.parents:
            continue
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"", lambda m: " " * len(m.group()), text)
        for match in AWAITING.finditer(code):
            if "{" in match.group(1) or " ? " in match.group(1):
                number = text.count("\n", 0, match.start()) + 1
                yield path, number, "a braced list or ?: within co_await: give the value a name"


NESTED_LOOP = re.compile(r"\bQEventLoop\b|::get(?:Open|Save|Existing)\w+\(|(?:ialog|enu)\w*(?:\.|->)exec\("
                         r"|QMessageBox::(?:question|warning|critical|information)\(")


def check_event_loops(source):
    """docs/architecture.md promises that there is none within another."""
    for path in cpp_files(source):
        if (source / "src") not in path.parents:
            continue
        for number, line in code_lines(path):
            if NESTED_LOOP.search(line):
                yield path, number, "an event loop within the program's own"


def check_machine_paths(source):
    for path in text_files(source):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                yield path, number, "a path of somebody's machine"


def main():
    source = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    findings = 0
    for check in (check_arrows, check_gui_stays_in_gui, check_hiredis, check_forbidden_words,
                  check_spdx, check_lengths, check_awaits, check_event_loops,
                  check_machine_paths):
        for path, number, sentence in check(source):
            print(f"{path.relative_to(source)}:{number}: {sentence}")
            findings += 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
