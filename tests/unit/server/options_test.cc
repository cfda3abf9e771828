#include "server/options.h"

#include <gtest/gtest.h>

#include <set>

#include "server/option_sources.h"
#include "server/option_text.h"
#include "server/option_value.h"

#include "env/memory_file_system.h"
#include "env/posix_file_system.h"

namespace millrace::server {
namespace {

using namespace std::chrono_literals;

// The texts of the four sources; what comes of them.
struct Sources {
    std::vector<const char*> flags;
    std::vector<const char*> environment;
    std::string file;

    Result<Options> resolve() const {
        env::MemoryFileSystem files;
        std::vector<const char*> words = flags;
        if (!file.empty()) {
            auto out = files.open("/millrace.toml", env::OpenMode::kCreate);
            const Bytes slices[] = {as_bytes(file)};
            EXPECT_TRUE(out.value()->write_at(0, slices).has_value());
            words.push_back("--config");
            words.push_back("/millrace.toml");
        }
        return resolve_options(words, environment, files);
    }
    std::string error() const {
        const Result<Options> options = resolve();
        EXPECT_TRUE(options.has_error());
        return options.has_error() ? options.error().message : "";
    }
};

std::string shown(const Options& options, std::string_view name) {
    return print_option(options, *find_option(name));
}

TEST(Options, DefaultsOfTheTableAreThoseOfTheStruct) {
    const Options by_table = default_options(Profile::kTest);
    const Options by_struct;
    for (const OptionRow& row : option_rows()) {
        EXPECT_EQ(print_option(by_table, row), print_option(by_struct, row)) << row.name;
        EXPECT_EQ(print_option(by_table, row), row.by_default) << row.name;
    }
    EXPECT_TRUE(check_options(by_struct).has_value());
    EXPECT_TRUE(check_options(default_options(Profile::kAws)).has_value());
}

TEST(Options, NamesAreUniqueAndSentencesEnd) {
    std::set<std::string_view> names;
    for (const OptionRow& row : option_rows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(row.help.ends_with(".")) << row.name;
    }
}

TEST(Options, AFlagWinsOverTheEnvironmentThatOverTheFileThatOverTheDefault) {
    Sources sources;
    EXPECT_EQ(shown(sources.resolve().value(), "segment-size"), "64MiB");
    sources.file = "segment-size = \"32MiB\"\nworkers = 3\nlimits = true\nlisten = [\"[::1]:1\"]\n";
    EXPECT_EQ(shown(sources.resolve().value(), "segment-size"), "32MiB");
    sources.environment = {"MILLRACE_SEGMENT_SIZE=48MiB", "HOME=/"};
    EXPECT_EQ(shown(sources.resolve().value(), "segment-size"), "48MiB");
    sources.flags = {"--segment-size", "16MiB", "--data-dir=/d"};
    const Options options = sources.resolve().value();
    EXPECT_EQ(shown(options, "segment-size"), "16MiB");
    EXPECT_EQ(shown(options, "data-dir"), "/d");
    EXPECT_EQ(shown(options, "workers"), "3");
    EXPECT_EQ(shown(options, "limits"), "true");
    EXPECT_EQ(shown(options, "listen"), "[::1]:1");
}

TEST(Options, TheProfileDecidesDefaultsAloneWhereverItIsGiven) {
    const Options options =
        Sources{{"--create-delay", "7ms"}, {"MILLRACE_PROFILE=aws"}, {}}.resolve().value();
    EXPECT_EQ(options.profile, Profile::kAws);
    EXPECT_EQ(options.create_delay, 7ms);
    EXPECT_EQ(options.delete_delay, 10s);
    EXPECT_TRUE(options.limits);
}

TEST(Options, ListsAreSplitAtCommasAndRepeatedFlagsJoined) {
    const Options options = Sources{{"--listen", "127.0.0.1:1,127.0.0.1:2", "--listen", "[::1]:3"},
                                    {"MILLRACE_STREAMS=orders:4,clicks:on-demand,x"},
                                    {}}
                                .resolve()
                                .value();
    EXPECT_EQ(shown(options, "listen"), "127.0.0.1:1,127.0.0.1:2,[::1]:3");
    EXPECT_EQ(options.streams.size(), 3U);
}

TEST(Options, ErrorsNameTheSettingAsWrittenAndTheFix) {
    EXPECT_EQ((Sources{{"--segment-size", "64"}, {}, {}}.error()),
              "--segment-size: '64' must be a size such as 512KiB, 64MiB or 1GiB");
    EXPECT_EQ((Sources{{}, {"MILLRACE_IDLE_TIMEOUT=1"}, {}}.error()),
              "MILLRACE_IDLE_TIMEOUT: '1' must be a time such as 500ms, 10s or 1h");
    EXPECT_EQ((Sources{{}, {}, "durability = \"disk\"\n"}.error()),
              "durability in /millrace.toml line 1: 'disk' must be power, process or none");
    EXPECT_EQ((Sources{{"--segment-size", "1KiB"}, {}, {}}.error()),
              "--segment-size: '1KiB' must be from 16MiB to 64GiB");
    EXPECT_EQ((Sources{{}, {"MILLRACE_DATADIR=x"}, {}}.error()),
              "MILLRACE_DATADIR: no such option; `millrace serve --help` lists those there are");
    EXPECT_EQ(
        (Sources{{}, {}, "\nworker = 1\n"}.error()),
        "/millrace.toml line 2: unknown option 'worker'; `millrace config` prints those there "
        "are");
    EXPECT_EQ((Sources{{"--frobnicate", "1"}, {}, {}}.error()),
              "unknown flag '--frobnicate 1'; `millrace serve --help` lists those there are");
    EXPECT_EQ((Sources{{"--body-memory", "1MiB"}, {}, {}}.error()),
              "body-memory: must be at least body-size-max, or no request of that size could be "
              "read");
    EXPECT_EQ((Sources{{"--account", "12"}, {}, {}}.error()), "account: must be 12 digits");
    EXPECT_EQ((Sources{{"--config", "/nowhere"}, {}, {}}.error()).substr(0, 28),
              "config: cannot read /nowhere");
}

TEST(Options, EveryErrorIsOneLine) {
    const std::vector<Sources> wrong = {
        {{"--listen", "here"}, {}, {}},
        {{"--listen", ""}, {}, {}},
        {{"--listen", "127.0.0.1:1,127.0.0.1:1"}, {}, {}},
        {{"--listen"}, {}, {}},
        {{"--workers", "-1"}, {}, {}},
        {{"--workers", "2", "--workers", "3"}, {}, {}},
        {{"--workers", "99999999999999999999"}, {}, {}},
        {{"--body-timeout", "99999999999999999d"}, {}, {}},
        {{"--limits", "yes"}, {}, {}},
        {{"--call-rates", "DescribeStream"}, {}, {}},
        {{"--call-rates", "DescribeStream:"}, {}, {}},
        {{"--call-rates", "DescribeStream:-1"}, {}, {}},
        {{"--call-rates", "DescribeStream:1x"}, {}, {}},
        {{"--call-rates", "DescribeStream:1,DescribeStream:2"}, {}, {}},
        {{"--call-rates", "Describe*:1"}, {}, {}},
        {{"--call-rates", ":1"}, {}, {}},
        {{"--call-rates", "PutRecord:1"}, {}, {}},
        {{"--write-bytes-max", "5GiB"}, {}, {}},
        {{"--streams", "a,,b"}, {}, {}},
        {{"--streams", "a,a:2"}, {}, {}},
        {{"--streams", "a:0"}, {}, {}},
        {{"--streams", "a b"}, {}, {}},
        {{"--streams", "a:many"}, {}, {}},
        {{"--kms-keys", "alias/x"}, {}, {}},
        {{"--kms-keys", "alias/x=broken"}, {}, {}},
        {{"--encryption-key-file", ""}, {}, {}},
        {{"--region", "US EAST"}, {}, {}},
        {{"--log-level", "loud"}, {}, {}},
        {{"--tls", "maybe"}, {}, {}},
        {{"--tls-key", "key.pem"}, {}, {}},
        {{"--tls", "off", "--tls-certificate", "a.pem"}, {}, {}},
        {{"--tls-client-ca", "ca.pem"}, {}, {}},
        {{"--access-keys", "keys", "--test-controls", "true"}, {}, {}},
        {{"stray"}, {}, {}},
        {{}, {}, "workers = \n"},
        {{}, {}, "workers = 1\nworkers = 2\n"},
        {{}, {}, "[workers]\n"},
        {{}, {}, "workers = 1.5\n"},
        {{}, {}, "listen = [1]\n"},
    };
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        const std::string message = wrong[i].error();
        EXPECT_FALSE(message.empty()) << i;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
}

TEST(Options, VariablesAreTheNamesInCapitals) {
    EXPECT_EQ(environment_name(*find_option("data-dir")), "MILLRACE_DATA_DIR");
    EXPECT_EQ(environment_name(*find_option("http2-streams-max")), "MILLRACE_HTTP2_STREAMS_MAX");
}

TEST(Options, VariablesOfServiceLinksAreNotOurs) {
    const Sources sources{
        {}, {"MILLRACE_SERVICE_HOST=10.0.0.1", "MILLRACE_PORT_4567_TCP=tcp://10.0.0.1:4567"}, {}};
    EXPECT_TRUE(sources.resolve().has_value());
}

TEST(Options, HelpIsAskedForByFlagAndNamesEveryOption) {
    const char* const words[] = {"--help"};
    const auto help = read_flags(words);
    ASSERT_TRUE(help.has_error());
    EXPECT_EQ(help.error().code, Errc::kUnsupported);
    for (const OptionRow& row : option_rows()) {
        EXPECT_NE(help.error().message.find("--" + std::string(row.name)), std::string::npos);
    }
}

TEST(Options, SizesAndTimesAreStrict) {
    EXPECT_EQ(parse_size("64MiB").value(), 64U << 20);
    EXPECT_EQ(parse_size("0").value(), 0U);
    EXPECT_EQ(parse_size("100B").value(), 100U);
    EXPECT_EQ(parse_time("500ms").value(), 500ms);
    EXPECT_EQ(parse_time("7d").value(), 168h);
    for (const char* text : {"", "64", "64MB", "64mib", " 64MiB", "64 MiB", "-1MiB", "1.5GiB",
                             "MiB", "99999999999GiB", "0x10B"}) {
        EXPECT_TRUE(parse_size(text).has_error()) << text;
    }
    for (const char* text : {"", "1", "1sec", "-1s", "1e3s", "1s ", "40000d"}) {
        EXPECT_TRUE(parse_time(text).has_error()) << text;
    }
    for (const char* text : {"0B", "1B", "1023B", "1KiB", "3GiB", "1025KiB"}) {
        EXPECT_EQ(print_size(parse_size(text).value()), text);
    }
    for (const char* text : {"0ms", "1500ms", "90s", "1m", "25h", "2d"}) {
        EXPECT_EQ(print_time(parse_time(text).value()), text);
    }
}

TEST(Options, TheAnnotatedConfigInTheRepositoryIsTheGeneratedOne) {
    env::PosixFileSystem files;
    const auto file =
        files.open(MILLRACE_SOURCE_DIR "/config/millrace.toml", env::OpenMode::kReadOnly);
    ASSERT_TRUE(file.has_value());
    std::string text(file.value()->size().value(), '\0');
    const auto out = std::as_writable_bytes(std::span(text.data(), text.size()));
    ASSERT_TRUE(file.value()->read_at(0, out, env::ReadMode::kMayBlock).has_value());
    EXPECT_EQ(text, annotated_config()) << "run: millrace config > config/millrace.toml";
}

TEST(Options, TheAnnotatedConfigWithoutItsCommentsIsTheDefaults) {
    std::string document;
    std::size_t lines = 0;
    for (const OptionRow& row : option_rows()) {
        const std::string text = annotated_config();
        const std::string begin = "\n# " + std::string(row.name) + " = ";
        const std::size_t at = text.find(begin);
        ASSERT_NE(at, std::string::npos) << row.name;
        document += text.substr(at + 3, text.find('\n', at + 1) - at - 2);
        ++lines;
    }
    EXPECT_EQ(lines, option_rows().size());
    const auto settings = read_file_settings(document, "f");
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    const Options options = merge_settings(settings.value()).value();
    for (const OptionRow& row : option_rows()) {
        EXPECT_EQ(print_option(options, row), row.by_default) << row.name;
    }
}

}  // namespace
}  // namespace millrace::server
