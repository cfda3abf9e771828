#!/usr/bin/env python3
"""Checks what is a matter of fact in this repository: who includes whom, which library has which
door, which calls are banned and what to use instead, a README per module. The two tables stand in
src/README.md and are read from there. Prints one line per finding; exits 1 if there are any.

Usage: tidy.py [ROOT]
"""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

README_LINES_MAX = 40
CODE = {".cc", ".h"}


@dataclass
class Rule:
    """Text that may not stand in C++ code (comments and string literals are blanked first)."""

    name: str
    pattern: str
    instead: str
    bad: str  # an example the rule must catch: tidy_test.py feeds it back
    good: str  # and one it must let pass
    where: tuple = ("src/", "include/")  # path prefixes the rule looks at
    doors: tuple = ()  # path prefixes where the thing is at home
    raw: bool = False  # look at the text with its comments and literals

    def __post_init__(self):
        self.regex = re.compile(self.pattern)


# A door ending in "/" is a folder; otherwise a file name up to its extension.
RULES = [
    Rule("wall-clock", r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|\bclock_gettime\b|"
         r"\bgettimeofday\b|std::time\b|(?<![\w.>:])(?:::)?time\s*\(\s*(nullptr|NULL|0|&)",
         "env::Clock", "auto t = std::chrono::steady_clock::now();", "auto t = clock.now();",
         doors=("src/env/",)),
    Rule("randomness", r"\bstd::(random_device|mt19937(_64)?|rand|srand)\b|(?<![\w.>:])s?rand\s*\(|\bgetrandom\b",
         "env::Entropy", "int r = rand();", "auto r = entropy.u64();",
         doors=("src/env/",)),
    Rule("file-call", r"(?<![\w.>:])(::\s*)?\b(fopen|fdopen|fsync|fdatasync|sync_file_range|pread|pwrite|preadv2?|pwritev2?|"
         r"unlink|ftruncate|fallocate|posix_fallocate|mkdir|rmdir|opendir|openat|flock)\s*\(|"
         r"(?<![\w.>)])::\s*(open|read|write|rename|remove|stat|fstat|close)\s*\(|\bstd::(rename|remove)\s*\(\s*[\w\"]+\.c_str",
         "env::FileSystem", "int fd = ::open(path, O_RDONLY);", "auto file = fs.open(path, mode);",
         doors=("src/env/",)),
    Rule("file-stream", r"\bstd::(basic_)?[io]?fstream\b|#include <fstream>|\btoml::parse_file\b",
         "env::FileSystem", "std::ifstream in(path);", "auto file = fs.open(path, mode);",
         doors=("src/env/",)),
    Rule("filesystem", r"std::filesystem::(?!path\b)\w+|namespace\s+\w+\s*=\s*std::filesystem",
         "env::FileSystem (std::filesystem::path alone is a value)",
         "if (std::filesystem::exists(p)) return;", "std::filesystem::path p;",
         doors=("src/env/",)),
    Rule("print", r"\bf?printf\s*\(|\bf?puts\s*\(|\bstd::(cout|cerr|clog)\b",
         "base/log.h", 'printf("x");', 'log::info("x");',
         doors=("src/server/", "src/base/check")),
    Rule("thread", r"\bstd::j?thread\b(?!::(id|hardware_concurrency))|\bstd::async\b|\bpthread_create\b",
         "env::Executor and env::DiskPool", "std::thread t(work);", "auto id = std::thread::id();",
         doors=("src/env/", "src/storage/", "src/wire/", "src/server/")),
    Rule("sleep", r"\bsleep_(for|until)\b|(?<![\w.>])(::)?u?sleep\s*\(|\bnanosleep\b",
         "env::Timer, or ManualClock in a test", "std::this_thread::sleep_for(1ms);", "clock.advance(1ms);",
         where=("src/", "include/", "tests/unit/", "tests/contract/", "tests/fault/", "tests/support/")),
    Rule("throw", r"\bthrow\b", "Result<T>", "throw std::runtime_error(why);",
         'return Error{Errc::kInvalid, "throw"};'),
    Rule("regex", r"\bstd::(basic_)?regex\b|#include <regex>", "a hand-written scan (std::regex recurses on input)",
         "std::regex re(text);", "auto end = text.find(':');"),
    Rule("reinterpret", r"\breinterpret_cast\b", "as_bytes, as_text, load_le, store_le of base/bytes.h",
         "auto* p = reinterpret_cast<char*>(q);", "auto text = as_text(bytes);",
         doors=("src/base/bytes", "src/base/base64", "src/base/crc32c", "src/env/", "src/crypto/", "src/wire/tls")),
    Rule("const-cast", r"\bconst_cast\b", "a non-const owner", "const_cast<int&>(x) = 1;", "x = 1;",
         doors=("src/env/posix_file_system",)),  # iovec has one type for both directions
    Rule("todo-now", r"TODO\(now\)", "the work itself, or TODO(later): with what is lost meanwhile",
         "// TODO" + "(now): finish", "// TODO(later): faster", where=("",), raw=True),
    Rule("nolint", r"NOLINT(NEXTLINE|BEGIN)?(?!END)(\([\w.,* -]+\))?\s*$|NOLINT(NEXTLINE|BEGIN)?\s*:|NOLINT(?!\w*\()\b",
         "NOLINT(check): reason", "int x;  // NOLINT" + "(bugprone-foo)", "int x;  // NOLINT(bugprone-foo): frozen name",
         where=("src/", "include/", "tests/"), raw=True),
]

# In every tracked file: what only holds on one machine. Assembled here so that this file is clean.
MACHINE_TEXT = ["/" + "work/", "/" + "root/", "/" + "home/"] + [
    ".".join(host) for host in [
        ("deb", "debian", "org"), ("pypi", "org"), ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"), ("repo1", "maven", "org"), ("repo", "maven", "apache", "org"),
        ("proxy", "golang", "org"), ("static", "crates", "io"), ("index", "crates", "io")]]


@dataclass
class Tables:
    modules: dict = field(default_factory=dict)  # module -> set of places it may include
    doors: list = field(default_factory=list)  # (library, header prefixes, places)


def read_tables(text):
    """The two tables of src/README.md: `module` rows end in the may-include list, library rows in
    the places that may include the library's headers."""
    tables = Tables()
    kind = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3:
            kind = None if not line.startswith("|") else kind
        elif cells[0] in ("module", "library"):
            kind = cells[0]
        elif set(cells[0]) <= set("-: "):
            continue
        elif kind == "module":
            words = cells[2].replace("`", "").replace(",", " ").split()
            tables.modules[cells[0].strip("`")] = {w for w in words if w not in ("–", "-")}
        elif kind == "library":
            tables.doors.append((cells[0], re.findall(r"`([^`]+)`", cells[1]),
                                 re.findall(r"`([^`]+)`", cells[2])))
    for module, allowed in tables.modules.items():
        if "all" in allowed:
            tables.modules[module] = set(tables.modules)
    return tables


def blank(code):
    """`code` with comments and the insides of literals replaced by blanks, lines kept."""
    out = []
    at = 0
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|'
                       r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
    for match in token.finditer(code):
        out.append(code[at:match.start()])
        text = match.group()
        if code[:match.start()].rsplit("\n", 1)[-1].lstrip().startswith("#include"):
            out.append(text)
        else:
            out.append(re.sub(r"[^\n]", " ", text))
        at = match.end()
    return "".join(out) + code[at:]


def at_home(path, places):
    """True if `path` lies in one of `places` (a folder with "/", or a file up to its extension)."""
    for place in places:
        if path.startswith(place) if place.endswith("/") or not place else (
                path == place or path.startswith(place + ".")):
            return True
    return False


def check_includes(path, code, tables):
    if not path.startswith("src/") or path.count("/") < 2:
        return
    module = path.split("/")[1]
    if module not in tables.modules:
        yield 1, f"module `{module}` has no row in src/README.md"
        return
    allowed = tables.modules[module] | {module}
    for number, line in enumerate(code.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
        if not match:
            continue
        header = match.group(2)
        top = header.split("/")[0]
        if top in tables.modules and "/" in header:
            if top not in allowed and header not in allowed:
                yield number, f"`{module}` may not include \"{header}\" (table in src/README.md)"
        elif top == "millrace":
            if module != "server":
                yield number, f"\"{header}\": the embedding API is for server and its users alone"
        elif match.group(1) == '"':
            yield number, f"\"{header}\": write includes as \"module/file.h\""
        for library, prefixes, places in tables.doors:
            homes = [f"src/{p}" if "/" in p else f"src/{p}/" for p in places]
            if header.startswith(tuple(prefixes)) and not at_home(path, homes):
                yield number, f"<{header}>: {library} has its door in {', '.join(places)}"


def check_public_header(path, code):
    if not path.startswith("include/"):
        return
    for number, line in enumerate(code.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*["<]([^">]+)', line)
        if match and ("/" in match.group(1) or match.group(1).endswith(".h")) and not match.group(
                1).startswith("millrace/"):
            yield number, f"<{match.group(1)}>: public headers include the standard library and each other"


def check_code(path, code, tables):
    blanked = blank(code)
    if path.endswith(".h") and not re.search(r"^#pragma once$", blanked, re.M):
        yield 1, "a header begins with #pragma once"
    yield from check_includes(path, blanked, tables)
    yield from check_public_header(path, blanked)
    for rule in RULES:
        if not at_home(path, rule.where) or at_home(
                path, rule.doors):
            continue
        for number, line in enumerate((code if rule.raw else blanked).splitlines(), 1):
            if rule.regex.search(line):
                yield number, f"{rule.name}: use {rule.instead}"


def check_text(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for word in MACHINE_TEXT:
            if word in line:
                yield number, f"`{word}` holds on one machine only"


def check_tree(paths):
    """What is wrong with the set of files as such."""
    modules = {p.split("/")[1] for p in paths if p.startswith("src/") and p.count("/") >= 2}
    for module in sorted(modules):
        if f"src/{module}/README.md" not in paths:
            yield f"src/{module}", 0, "a module has a README.md (purpose, main types, may-include list)"


def check_file(path, data, tables):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    yield from check_text(path, text)
    if Path(path).suffix in CODE:
        yield from check_code(path, text, tables)
    if re.fullmatch(r"src/\w+/README\.md", path) and len(text.splitlines()) > README_LINES_MAX:
        yield 1, f"a module's README.md has at most {README_LINES_MAX} lines"


def tracked(root):
    done = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    if done.returncode == 0:
        names = done.stdout.decode().split("\0")
    else:  # an unpacked source archive
        names = [str(p.relative_to(root)) for p in Path(root).rglob("*")]
        names = [n for n in names if not n.startswith((".git/", "build/"))]
    return sorted(n for n in names if n and (Path(root) / n).is_file())


def check(root):
    paths = tracked(root)
    tables = read_tables((Path(root) / "src/README.md").read_text())
    if not tables.modules or not tables.doors:
        yield "src/README.md", 1, "the tables of modules and of libraries are not to be found"
    yield from check_tree(set(paths))
    for path in paths:
        for number, what in check_file(path, (Path(root) / path).read_bytes(), tables):
            yield path, number, what


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).resolve().parents[2])
    findings = list(check(root))
    for path, number, what in findings:
        print(f"{path}:{number}: {what}")
    print(f"tidy: {len(findings)} findings in {len(tracked(root))} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
