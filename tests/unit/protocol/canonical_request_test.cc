#include "protocol/canonical_request.h"

#include <gtest/gtest.h>

namespace millrace::protocol {
namespace {

TEST(CanonicalRequest, NamesAreListedOnceAndAreSome) {
    EXPECT_EQ(signed_names("host;x-amz-date"), (HeaderNames{"host", "x-amz-date"}));
    EXPECT_EQ(signed_names(":authority"), HeaderNames{":authority"});
    for (const char* const text : {"", ";", "a;", ";a", "a;;b", "a;b;A", "a b", "a\n", "\x80"})
        EXPECT_TRUE(signed_names(text).empty()) << text;
    EXPECT_TRUE(has(signed_names("a;Host"), "host"));
    EXPECT_FALSE(has(signed_names("a;Host"), "hos"));
}

TEST(CanonicalRequest, HasEachPartOnALineOfItsOwn) {
    wire::Request request;
    request.method = "POST";
    request.target = "/a%20b/~c?z=1&b=%2F&a=x+y&a";
    request.body = "";
    request.headers = {{"HOST", "example.com"},
                       {"Authorization", "S Credential=a, SignedHeaders=Host;none, Signature=b"},
                       {"X-Amz-Date", "20260101T000000Z"}};
    EXPECT_EQ(canonical_request(request, authenticate(request)),
              "POST\n/a%2520b/~c\na=&a=x%20y&b=%2F&z=1\nhost:example.com\nnone:\n\nhost;none\n"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace millrace::protocol
