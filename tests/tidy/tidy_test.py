"""Each rule of tidy.py is shown a bad example that it must catch and a good one it must let pass."""

import pytest

import tidy

TABLES = tidy.read_tables("""
| module | what it holds | may include |
|---|---|---|
| `base` | errors | – |
| `env` | files | base |
| `storage` | the engine | base env |
| `stream` | shards | base, `storage/engine.h` |
| `server` | wiring | all |

| library | its headers | only in |
|---|---|---|
| Asio | `boost/asio` | `server` |
| spdlog | `spdlog/` | `base/log` |
""")


def findings(path, text):
    return [what for _, what in tidy.check_file(path, text.encode(), TABLES)]


def place_for(rule):
    return rule.where[0] + ("stream/x.cc" if rule.where[0].startswith("src/") else "x.cc")


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.name)
def test_bad_example_is_caught(rule):
    assert [f for f in findings(place_for(rule), rule.bad + "\n") if f.startswith(rule.name + ":")]


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.name)
def test_good_example_passes(rule):
    assert findings(place_for(rule), rule.good + "\n") == []


@pytest.mark.parametrize("rule", [r for r in tidy.RULES if r.doors], ids=lambda rule: rule.name)
def test_bad_example_passes_at_its_door(rule):
    door = rule.doors[0]
    assert findings(door + ("x.cc" if door.endswith("/") else ".cc"), rule.bad + "\n") == []


@pytest.mark.parametrize("bad", [
    "std::time(nullptr)", "x = time(NULL);", "std::chrono::system_clock::now()",
    "clock_gettime(CLOCK_REALTIME, &ts)"])
def test_every_way_to_ask_the_time_is_caught(bad):
    assert findings("src/stream/x.cc", bad)


@pytest.mark.parametrize("bad", [
    "::write(fd, p, n);", "fsync(fd);", "::fdatasync(fd);", "unlink(path);", "std::FILE* f = fopen(p, m);",
    "std::rename(from.c_str(), to.c_str());", "pread(fd, p, n, 0);"])
def test_every_way_to_touch_a_file_is_caught(bad):
    assert findings("src/storage/x.cc", bad)


@pytest.mark.parametrize("good", [
    "file->read(at);", "session.write(bytes);", "stream.open(path);", "Result<File> open(const Path& p);",
    "registry.time(x);", "auto read = reader.read(8);", "fs_.rename(from, to);", "clock_.now()",
    "int random_device_count;", "std::this_thread::get_id();", "throwing(); // we throw nothing",
    'call("throw; printf(");', "const auto n = 1'000'000;  // don't", "void read(Bytes b);"])
def test_names_that_only_look_like_banned_calls_pass(good):
    assert findings("src/storage/x.cc", good) == []


def test_include_outside_the_table_is_caught():
    assert findings("src/env/x.cc", '#include "storage/engine.h"\n')
    assert findings("src/stream/x.cc", '#include "storage/segment.h"\n')
    assert findings("src/base/x.cc", '#include "env/clock.h"\n')


def test_include_inside_the_table_passes():
    assert findings("src/stream/x.cc", '#include "storage/engine.h"\n#include "base/error.h"\n') == []
    assert findings("src/server/x.cc", '#include "storage/segment.h"\n#include <vector>\n') == []


def test_commented_include_passes():
    assert findings("src/env/x.cc", '// #include "storage/engine.h"\n/*\n#include "stream/x.h"\n*/\n') == []


def test_include_without_its_module_is_caught():
    assert findings("src/stream/x.cc", '#include "shard.h"\n')


def test_module_without_a_row_is_caught():
    assert findings("src/helpers/x.cc", "int x;\n")


def test_library_outside_its_door_is_caught():
    assert findings("src/stream/x.cc", "#include <boost/asio/io_context.hpp>\n")
    assert findings("src/base/metrics.cc", "#include <spdlog/spdlog.h>\n")


def test_library_at_its_door_passes():
    assert findings("src/server/x.cc", "#include <boost/asio/io_context.hpp>\n") == []
    assert findings("src/base/log.cc", "#include <spdlog/spdlog.h>\n") == []
    assert findings("src/stream/x.cc", "#include <boost/outcome.hpp>\n") == []


def test_public_header_includes_the_standard_library_alone():
    assert findings("include/millrace/broker.h", '#pragma once\n#include "base/error.h"\n')
    assert findings("include/millrace/broker.h", '#pragma once\n#include <boost/asio.hpp>\n')
    assert findings("include/millrace/broker.h", '#pragma once\n#include <memory>\n#include "millrace/options.h"\n') == []


def test_embedding_api_below_server_is_caught():
    assert findings("src/stream/x.cc", '#include "millrace/options.h"\n')


def test_header_without_pragma_once_is_caught():
    assert findings("src/base/x.h", "int x;\n")
    assert findings("src/base/x.h", "// #pragma once\nint x;\n")
    assert findings("src/base/x.h", "#pragma once\nint x;\n") == []


@pytest.mark.parametrize("word", tidy.MACHINE_TEXT)
def test_text_of_one_machine_is_caught_in_any_file(word):
    assert findings("docker/notes.md", f"see {word}x\n")


def test_long_module_readme_is_caught():
    assert findings("src/base/README.md", "x\n" * (tidy.README_LINES_MAX + 1))
    assert findings("src/base/README.md", "x\n" * tidy.README_LINES_MAX) == []


def test_module_without_a_readme_is_caught():
    assert list(tidy.check_tree({"src/base/x.h"}))
    assert list(tidy.check_tree({"src/base/x.h", "src/base/README.md"})) == []


def test_tables_of_this_repository_are_read():
    text = (tidy.Path(__file__).resolve().parents[2] / "src/README.md").read_text()
    tables = tidy.read_tables(text)
    assert tables.modules["base"] == set()
    assert "storage/engine.h" in tables.modules["stream"]
    assert tables.modules["server"] >= {"base", "wire", "storage"}
    assert ("OpenSSL", ["openssl/"], ["crypto", "wire/tls"]) in tables.doors
