#include "server/access_key_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "env/memory_file_system.h"
#include "env/whole_file.h"

namespace millrace::server {
namespace {

std::string refusal(const std::string& text) {
    const auto keys = parse_access_keys(text);
    return keys ? "" : keys.error().message;
}

TEST(AccessKeyFile, IsThatOfAwsTools) {
    const auto keys = parse_access_keys(
        "# mine\n; and yours\n\n[default]\naws_access_key_id=AKIA_1\n"
        "aws_secret_access_key = a=b+/c;#\n\n[profile other]\n  aws_access_key_id = 123456789012 \n"
        "aws_secret_access_key = s\naws_session_token = t==\naws_account_id = 000011112222\n");
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys.value()->count(), 2u);
    const protocol::AccessKey* const first = keys.value()->find("AKIA_1");
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->secret, "a=b+/c;#");
    EXPECT_EQ(first->account, "");
    EXPECT_EQ(first->session_token, "");
    const protocol::AccessKey* const second = keys.value()->find("123456789012");
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->account, "000011112222");
    EXPECT_EQ(second->session_token, "t==");
}

TEST(AccessKeyFile, SaysWhatIsWrongAndNoSecret) {
    const std::string id = "[a]\naws_access_key_id = A\n";
    EXPECT_NE(refusal(""), "");
    EXPECT_NE(refusal("aws_access_key_id = A\n"), "");
    EXPECT_NE(refusal("[a]\n"), "");
    EXPECT_EQ(refusal("hidden=\n"),
              "an entry stands before the first [section], or a section has none");
    EXPECT_NE(refusal(id), "");
    EXPECT_NE(refusal("[a]\naws_secret_access_key = hidden\n"), "");
    for (const char* const rest :
         {"aws_secret_access_key = hidden\naws_account_id = 12345678901\n",
          "aws_secret_access_key = hidden\nother = x\n", "hidden=\n", "[b]\n[hidden\n",
          "aws_secret_access_key : hidden\n",
          "aws_secret_access_key = hidden\naws_secret_access_key = hidden\n",
          "aws_secret_access_key = hidden\n[b]\naws_access_key_id = A\naws_secret_access_key = 1\n",
          "aws_secret_access_key = hidden\n[a]\naws_access_key_id = B\naws_secret_access_key = 1\n",
          "aws_secret_access_key = hidden\n[b\n"}) {
        EXPECT_NE(refusal(id + rest), "") << rest;
        EXPECT_EQ(refusal(id + rest).find("hidden"), std::string::npos) << refusal(id + rest);
    }
    for (const std::string& other :
         std::vector<std::string>{"", "a/b", "a b", "a,b", std::string(129, 'a')}) {
        EXPECT_NE(refusal("[a]\naws_access_key_id = " + other + "\naws_secret_access_key = s\n"),
                  "")
            << other;
    }
}

TEST(AccessKeyFile, NamesItself) {
    env::MemoryFileSystem host{1 << 20};
    EXPECT_EQ(load_access_keys(host, "/keys").error().message, "/keys does not exist");
    ASSERT_TRUE(env::replace_file(host, "/keys", as_bytes("[a]\nx\n")));
    EXPECT_TRUE(load_access_keys(host, "/keys").error().message.starts_with("/keys: line 2: "));
}

}  // namespace
}  // namespace millrace::server
