#include "wire/fields.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::wire {
namespace {

TEST(Fields, AreTheTextOfAHead) {
    Fields fields;
    EXPECT_EQ(fields.text(), "");
    EXPECT_EQ(fields.begin(), fields.end());
    fields.add("Content-Type", "text/plain");
    fields.add("Empty", "");
    fields.add("Long", std::string(1000, 'x') + ": y");
    EXPECT_EQ(fields.count(), 3U);
    EXPECT_EQ(fields.text(),
              "Content-Type: text/plain\r\nEmpty: \r\nLong: " + std::string(1000, 'x') + ": y\r\n");
}

TEST(Fields, ComeBackInTheirOrder) {
    Fields fields;
    fields.add("A", "1: 2");
    fields.add("Empty", "");
    fields.add("A", " blanks ");
    std::string seen;
    for (const auto& [name, value] : fields) {
        seen.append(name).append("=").append(value).append(";");
    }
    EXPECT_EQ(seen, "A=1: 2;Empty=;A= blanks ;");
}

}  // namespace
}  // namespace millrace::wire
