#include "crypto/certificates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace::crypto {
namespace {

using std::chrono::days;

const WallTime kNow = wall_time(1'800'000'000'000);
const std::vector<std::string> kNames = {"localhost", "127.0.0.1", "::1", "*.example.org"};

TEST(Certificates, AnAuthorityIsOneForTenYears) {
    const std::string authority = make_authority(kNow);
    EXPECT_TRUE(is_authority(authority, kNow + days(3649)));
    EXPECT_FALSE(is_authority(authority, kNow + days(3651)));
    EXPECT_FALSE(is_authority(certificate_of(authority), kNow));
    EXPECT_FALSE(is_authority("", kNow));
    EXPECT_NE(make_authority(kNow), authority);
}

TEST(Certificates, ServeTheirNamesForAYear) {
    const std::string authority = make_authority(kNow);
    const std::string pem = make_certificate(authority, kNames, kNow).value();
    EXPECT_TRUE(serves(pem, authority, kNames, kNow, kNow + days(396)));
    EXPECT_FALSE(serves(pem, authority, kNames, kNow, kNow + days(398)));
    EXPECT_FALSE(serves(pem, authority, kNames, kNow - days(2), kNow));
    for (const std::string& name : std::vector<std::string>{"a.example.org", "LOCALHOST"}) {
        EXPECT_TRUE(serves(pem, authority, std::vector{name}, kNow, kNow)) << name;
    }
    for (const std::string& name : std::vector<std::string>{"example.org", "127.0.0.2", "::2"}) {
        EXPECT_FALSE(serves(pem, authority, std::vector{name}, kNow, kNow)) << name;
    }
    EXPECT_FALSE(is_authority(pem, kNow));
}

TEST(Certificates, ServeUnderTheirAuthorityAlone) {
    const std::string authority = make_authority(kNow);
    const std::string pem = make_certificate(authority, kNames, kNow).value();
    EXPECT_FALSE(serves(pem, make_authority(kNow), kNames, kNow, kNow));
    EXPECT_FALSE(serves(certificate_of(pem), authority, kNames, kNow, kNow));
    EXPECT_FALSE(serves(pem.substr(0, pem.size() / 2), authority, kNames, kNow, kNow));
    // Another's key.
    const std::string other = make_certificate(authority, kNames, kNow).value();
    const std::string mixed = certificate_of(pem) + other.substr(other.find("-----BEGIN PRIVATE"));
    EXPECT_FALSE(serves(mixed, authority, kNames, kNow, kNow));
}

TEST(Certificates, AreNotMadeForWhatIsNoName) {
    const std::string authority = make_authority(kNow);
    for (const char* const name : {"", "a b", "x,DNS:evil", "*.", "a*b", "IP:1.2.3.4"}) {
        const auto made = make_certificate(authority, std::vector<std::string>{name}, kNow);
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().code, Errc::kInvalid);
    }
    EXPECT_FALSE(make_certificate("nothing", kNames, kNow));
}

TEST(Certificates, OfAPairIsWithoutTheKey) {
    const std::string authority = make_authority(kNow);
    const std::string certificate = certificate_of(authority);
    EXPECT_TRUE(authority.starts_with(certificate));
    EXPECT_TRUE(certificate.starts_with("-----BEGIN CERTIFICATE-----\n"));
    EXPECT_EQ(certificate.find("PRIVATE"), std::string::npos);
}

}  // namespace
}  // namespace millrace::crypto
