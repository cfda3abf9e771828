"""docs.py finds what it compares."""

import re

import pytest

import docs

PROGRAM = "intro\n    // [README\n    one();\n        two();\n    // README]\nrest\n"
TEXT = "before\n<!-- sample: a/b.js -->\n```js\nold\n```\nafter\n```\nother\n```\n"


def test_a_sample_is_its_marked_part_without_the_indent():
    assert docs.sample(PROGRAM) == "one();\n    two();\n"


def test_a_sample_without_marks_is_refused():
    with pytest.raises(SystemExit):
        docs.sample("one();\n")


def test_only_marked_blocks_are_filled():
    assert docs.with_samples(TEXT, {"a/b.js": PROGRAM}.__getitem__) == TEXT.replace("old\n", "one();\n    two();\n")


TABLE = ("\nAll 3, as they are\n<!-- operations: checked by x -->\n| operations | real |\n|---|---|\n"
         "| Put, AB | all, of it |\n| Sub | no |\n<!-- end of operations -->\n")


def test_operations_are_found():
    source = 'built<put>("Put", kIn),\n built<a_b>(\n   "AB", kIn, &kOut),\n streaming<c>("Sub", kIn),\n'
    assert docs.operations(source) == ["Put", "AB", "Sub"]
    docs.check_operations(TABLE, docs.operations(source))


@pytest.mark.parametrize("old, new", [("AB", "AC"), ("Put, AB", "Put"), ("| Sub", "| Sub, Put"), ("All 3", "All 4"),
                                      ("operations: checked", "options: checked")])
def test_a_table_of_other_operations_is_refused(old, new):
    with pytest.raises(SystemExit):
        docs.check_operations(TABLE.replace(old, new), ["AB", "Put", "Sub"])


def test_this_repositorys_operations_are_all_found():
    source = (docs.ROOT / "src/api/operations.cc").read_text()
    [size] = re.findall(r"std::size\(kOperations\) == (\d+)", source)
    assert len(docs.operations(source)) == int(size)
    docs.check_operations(docs.README.read_text(), docs.operations(source))


def test_a_missing_place_is_refused():
    with pytest.raises(SystemExit):
        docs.filled("no markers\n", "options", "x\n")


def test_every_sample_is_in_the_readme():
    text = docs.README.read_text()
    shown = {m.group(2) for m in docs.SNIPPET.finditer(text)}
    folders = {p.name for p in (docs.ROOT / "tests/clients").iterdir() if p.is_dir()}
    assert {path.split("/")[2] for path in shown if path.startswith("tests/clients/")} == folders
