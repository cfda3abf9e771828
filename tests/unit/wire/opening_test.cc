#include "wire/opening.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::wire {
namespace {

TEST(Opening, OneByteTellsTls) {
    EXPECT_EQ(opening_of("\x16"), Opening::kTls);
    EXPECT_EQ(opening_of(std::string("\x16\x03\x01\x02\x00\x01", 6)), Opening::kTls);
}

TEST(Opening, OnlyTheWholePrefaceIsHttp2) {
    for (std::size_t size = 0; size < kHttp2Preface.size(); ++size) {
        EXPECT_EQ(opening_of(kHttp2Preface.substr(0, size)), Opening::kUndecided) << size;
    }
    EXPECT_EQ(opening_of(kHttp2Preface), Opening::kHttp2);
    EXPECT_EQ(opening_of(std::string(kHttp2Preface) + "more"), Opening::kHttp2);
}

TEST(Opening, EverythingElseIsHttp1) {
    for (const std::string_view bytes :
         {"G", "PO", "PROPFIND / HTTP/1.1", "PRI * HTTP/1.1", "\r\n", "\x80", " "}) {
        EXPECT_EQ(opening_of(bytes), Opening::kHttp1) << bytes;
    }
}

}  // namespace
}  // namespace millrace::wire
