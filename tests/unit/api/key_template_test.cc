#include "api/key_template.h"

#include <gtest/gtest.h>

namespace millrace::api {
namespace {

const KeyNames kPlain{"deliveries", "abcdefghij0123456789", "orders", "NONE"};
const KeyNames kZipped{"deliveries", "abcdefghij0123456789", "orders", "GZIP"};

std::string fault(std::string_view text, const KeyNames& names = kPlain) {
    return key_template_fault(text, names).value_or("");
}

TEST(KeyTemplate, TheDefaultIsGoodForEveryCompression) {
    for (const char* compression : {"NONE", "GZIP", "ZSTD"}) {
        EXPECT_EQ(fault(kDefaultKeyTemplate, {"n", "i", "s", compression}), "");
    }
}

TEST(KeyTemplate, GoodOnes) {
    for (const char* text : {"a", "year=!{yyyy}/month=!{MM}/!{dd}-!{HH}-!{mm}-!{yy}",
                             "!{stream-name}/!{channel-id}", "a!b-_'.*()/=Z09", "a/.b/c.", "a/",
                             "x!{extension}", "x!{extension:.json}", "x!{extension:.tar.z}"}) {
        EXPECT_EQ(fault(text), "") << text;
    }
    EXPECT_EQ(fault("x!{extension}", kZipped), "");
    EXPECT_EQ(fault("x!{extension:.bin}", kZipped), "");
}

TEST(KeyTemplate, EachRuleIsNamed) {
    const char* long_names = "it is longer than 986 characters when expanded";
    struct {
        std::string text;
        std::string fault;
    } const rows[] = {
        {"/a", "it begins with a slash"},
        {"a//b", "it has two slashes in a row"},
        {"a/../b", "it has two periods in a row"},
        {"a..b", "it has two periods in a row"},
        {"./a", "it has a segment that is a lone period"},
        {"a/./b", "it has a segment that is a lone period"},
        {"a/.", "it has a segment that is a lone period"},
        {"a!{yyyy", "a placeholder is not closed"},
        {"!{partition-id}", "unknown placeholder !{partition-id}"},
        {"!{YYYY}", "unknown placeholder !{YYYY}"},
        {"!{}", "unknown placeholder !{}"},
        {"!{extension:json}", "unknown placeholder !{extension:json}"},
        {"!{extension:.JSON}", "unknown placeholder !{extension:.JSON}"},
        {"!{extension:}", "unknown placeholder !{extension:}"},
        {"a b", "it has a character that is not allowed"},
        {"a{b}", "it has a character that is not allowed"},
        {"\xc3\xa9", "it has a character that is not allowed"},
        {"!{extension}x", "an extension placeholder must be the last"},
        {"!{extension}!{extension}", "an extension placeholder must be the last"},
        {std::string(987, 'a'), long_names},
        {std::string(977, 'a') + "!{channel-name}", long_names},
        {"x!{extension:..}", "it has two periods in a row"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(fault(row.text), row.fault) << row.text;
    }
    EXPECT_EQ(fault(std::string(986, 'a')), "");
    EXPECT_EQ(fault(std::string(976, 'a') + "!{channel-name}"), "");
    EXPECT_EQ(fault("a", kZipped), "compressed objects need an extension placeholder");
    EXPECT_EQ(fault("!{channel-name}", {"..", "i", "s", "NONE"}), "it has two periods in a row");
}

}  // namespace
}  // namespace millrace::api
