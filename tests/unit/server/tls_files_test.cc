#include "server/tls_files.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/certificates.h"
#include "env/memory_file_system.h"
#include "env/whole_file.h"

namespace millrace::server {
namespace {

using std::chrono::days;

struct TlsFilesTest : testing::Test {
    env::MemoryFileSystem data{1 << 20};
    env::MemoryFileSystem host{1 << 20};
    Options options;
    WallTime now = wall_time(1'800'000'000'000);

    Result<TlsFiles> load() { return load_tls_files(options, data, host, now); }
    void write(env::FileSystem& files, const std::string& path, const std::string& text) {
        ASSERT_TRUE(files.create_directories(env::Path(path).parent_path()));
        ASSERT_TRUE(env::replace_file(files, path, as_bytes(text)));
    }
};

TEST_F(TlsFilesTest, WhatWasMadeStays) {
    const TlsFiles first = load().value();
    EXPECT_TRUE(wire::TlsContext::server(first.identity));
    EXPECT_TRUE(first.authority.starts_with("-----BEGIN CERTIFICATE-----"));
    EXPECT_EQ(first.authority.find("PRIVATE"), std::string::npos);
    now += days(300);
    const TlsFiles second = load().value();
    EXPECT_EQ(second.authority, first.authority);
    EXPECT_EQ(second.identity.certificate, first.identity.certificate);
}

TEST_F(TlsFilesTest, ACertificateIsRenewedInTimeUnderTheSameAuthority) {
    const TlsFiles first = load().value();
    now += days(397 - 29);
    const TlsFiles second = load().value();
    EXPECT_EQ(second.authority, first.authority);
    EXPECT_NE(second.identity.certificate, first.identity.certificate);
    EXPECT_EQ(load().value().identity.certificate, second.identity.certificate);
}

TEST_F(TlsFilesTest, ANewNameMakesANewCertificate) {
    const TlsFiles first = load().value();
    options.tls_names = {"millrace.example.org", "10.1.2.3"};
    options.listen = {"0.0.0.0:4567", "127.0.0.7:4567"};
    const TlsFiles second = load().value();
    EXPECT_EQ(second.authority, first.authority);
    const std::vector<std::string> names = {
        "millrace.example.org", "10.1.2.3", "127.0.0.7", "localhost", "127.0.0.1", "::1"};
    const auto text = env::load_file(data, "millrace-data/tls/authority.pem").value();
    EXPECT_TRUE(crypto::serves(second.identity.certificate, as_text(*text), names, now, now));
}

TEST_F(TlsFilesTest, WhatIsBrokenIsMadeAnew) {
    const TlsFiles first = load().value();
    write(data, "millrace-data/tls/server.pem", "torn");
    EXPECT_EQ(load().value().authority, first.authority);
    write(data, "millrace-data/tls/authority.pem", "torn");
    const TlsFiles second = load().value();
    EXPECT_NE(second.authority, first.authority);
    EXPECT_TRUE(wire::TlsContext::server(second.identity));
}

TEST_F(TlsFilesTest, ANameThatIsNoneIsRefused) {
    options.tls_names = {"not a name"};
    const auto loaded = load();
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(loaded.error().message.starts_with("tls-names: 'not a name'"))
        << loaded.error().message;
}

TEST_F(TlsFilesTest, GivenFilesAreTaken) {
    const std::string authority = crypto::make_authority(now);
    const std::string pem =
        crypto::make_certificate(authority, std::vector<std::string>{"a"}, now).value();
    write(host, "/etc/cert.pem", crypto::certificate_of(pem));
    write(host, "/etc/key.pem", pem);
    options.tls_certificate = "/etc/cert.pem";
    options.tls_key = "/etc/key.pem";
    options.tls_client_ca = "/etc/cert.pem";
    const TlsFiles files = load().value();
    EXPECT_TRUE(wire::TlsContext::server(files.identity));
    EXPECT_EQ(files.authority, "");
    options.tls_key = "";
    EXPECT_FALSE(wire::TlsContext::server(load().value().identity));  // no key in it
    options.tls_certificate = "/etc/key.pem";
    EXPECT_TRUE(wire::TlsContext::server(load().value().identity));
    options.tls_client_ca = "/etc/nothing.pem";
    EXPECT_EQ(load().error().message, "tls-client-ca: /etc/nothing.pem does not exist or is empty");
}

}  // namespace
}  // namespace millrace::server
