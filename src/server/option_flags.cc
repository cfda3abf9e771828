// The one door to CLI11, which throws: nothing of it leaves this file. It only gathers texts;
// values are read by option_value.h like those of the other sources.
#include <CLI/CLI.hpp>

#include <deque>

#include "server/option_sources.h"

namespace millrace::server {
namespace {

constexpr const char* kAbout =
    "Runs the broker. Every option can also be given in the environment (MILLRACE_DATA_DIR for\n"
    "--data-dir) or in a file (see `millrace config`); a flag wins over the environment, that "
    "over\n"
    "the file, and that over the default.\n"
    "Other verbs: `millrace health`, `millrace config`, `millrace version`; each has --help.";

std::string help_of(const OptionRow& row) {
    std::string help(row.help);
    help.append(" [").append(row.by_default.empty() ? "none" : row.by_default);
    if (!row.in_aws.empty()) {
        help.append("; aws: ").append(row.in_aws);
    }
    return help + "]";
}

}  // namespace

Result<Given> read_flags(std::span<const char* const> arguments) {
    Given given;
    try {
        CLI::App app(kAbout, "millrace serve");
        app.get_formatter()->column_width(42);
        app.set_help_flag("-h,--help", "Prints this.")->group("General");
        app.add_option("--config", given.config_file, "File of options; see `millrace config`.")
            ->type_name("FILE")
            ->group("General");
        std::deque<std::vector<std::string>> texts;  // CLI11 keeps references
        std::vector<std::pair<CLI::Option*, const OptionRow*>> flags;
        for (const OptionRow& row : option_rows()) {
            CLI::Option* const flag = app.add_option(std::string("--").append(row.name),
                                                     texts.emplace_back(), help_of(row));
            flag->type_name(value_name(row))->group(std::string(row.group));
            flag->allow_extra_args(false);
            flags.emplace_back(flag, &row);
        }
        // CLI11 takes them from the back.
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        try {
            app.parse(std::move(reversed));
        } catch (const CLI::CallForHelp&) {
            return Error{Errc::kUnsupported, app.help()};
        } catch (const CLI::ExtrasError&) {
            std::string rest;
            for (const std::string& word : app.remaining()) {
                rest.append(rest.empty() ? "" : " ").append(word);
            }
            return Error{Errc::kInvalid, "unknown flag '" + rest +
                                             "'; `millrace serve --help` lists those there are"};
        }
        for (std::size_t i = 0; i < flags.size(); ++i) {
            const auto& [flag, row] = flags[i];
            const bool list =
                std::holds_alternative<std::vector<std::string> Options::*>(row->field);
            if (texts[i].size() > 1 && !list) {
                return Error{Errc::kInvalid, "--" + std::string(row->name) + ": given twice"};
            }
            if (flag->count() > 0) {
                std::string text = texts[i].front();
                for (std::size_t more = 1; more < texts[i].size(); ++more) {
                    text.append(",").append(texts[i][more]);
                }
                std::string written_as = std::string("--").append(row->name);
                given.settings.push_back({row, std::move(text), std::move(written_as)});
            }
        }
    } catch (const std::exception& error) {
        return Error{Errc::kInvalid, error.what()};
    }
    return given;
}

}  // namespace millrace::server
