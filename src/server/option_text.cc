#include "server/option_text.h"

#include "server/options.h"

namespace millrace::server {
namespace {

constexpr std::size_t kLineMax = 96;

// `text` in lines that begin with "# ".
void append_comment(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t cut = text.size();
        if (cut > kLineMax) {
            cut = text.rfind(' ', kLineMax);
            cut = cut == std::string_view::npos ? kLineMax : cut;
        }
        out.append("# ").append(text.substr(0, cut)).append("\n");
        text.remove_prefix(cut < text.size() ? cut + 1 : cut);
    }
}

// How the value stands in TOML: lists as arrays, numbers and booleans bare, the rest quoted.
std::string toml_value(const OptionRow& row) {
    const std::string kind = value_name(row);
    std::string value(row.by_default);
    if (kind == "LIST") {
        return value.empty() ? "[]" : "[\"" + value + "\"]";
    }
    if (kind == "COUNT" || kind == "true|false") {
        return value;
    }
    return "\"" + value + "\"";
}

std::string kind_text(const OptionRow& row) {
    const std::string kind = value_name(row);
    if (kind == "SIZE") {
        return "size: 512KiB, 64MiB, 1GiB";
    }
    if (kind == "TIME") {
        return "time: 500ms, 10s, 5m, 1h, 7d";
    }
    if (kind == "COUNT") {
        return "whole number";
    }
    if (kind == "LIST") {
        return "list";
    }
    if (kind == "TEXT") {
        return "text";
    }
    std::string names = kind;
    for (std::size_t at = 0; (at = names.find('|', at)) != std::string::npos; at += 4) {
        names.replace(at, 1, " or ");
    }
    return names;
}

}  // namespace

std::string annotated_config() {
    std::string out =
        "# Options of millrace, each at its default. Made by `millrace config`; used by\n"
        "# `millrace serve --config FILE`. A flag wins over the environment, that over this "
        "file.\n";
    std::string_view group;
    for (const OptionRow& row : option_rows()) {
        if (row.group != group) {
            group = row.group;
            out.append("\n# ---- ").append(group).append("\n");
        }
        out += "\n";
        append_comment(out, row.help);
        std::string facts = kind_text(row);
        facts.append("; --").append(row.name).append(", ").append(environment_name(row));
        if (!row.in_aws.empty()) {
            facts.append("; with profile aws: ").append(row.in_aws);
        }
        append_comment(out, "(" + facts + ")");
        out.append("# ").append(row.name).append(" = ").append(toml_value(row)).append("\n");
    }
    return out;
}

std::string options_markdown() {
    std::string out = "| option | environment | default | what it does |\n|---|---|---|---|\n";
    for (const OptionRow& row : option_rows()) {
        out.append("| `--").append(row.name).append("` | `").append(environment_name(row));
        out.append("` | ");
        if (!row.by_default.empty()) {
            out.append("`").append(row.by_default).append("`");
        }
        if (!row.in_aws.empty()) {
            out.append(" (aws: `").append(row.in_aws).append("`)");
        }
        out.append(" | ").append(row.help).append(" |\n");
    }
    return out;
}

}  // namespace millrace::server
