#include "crypto/certificates.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "base/check.h"

namespace millrace::crypto {
namespace {

using std::chrono::days;

constexpr days kAuthorityLife{3650};
constexpr days kCertificateLife{397};  // more is refused by some clients
constexpr days kSkew{1};               // clients whose clock is behind
constexpr int kSerialBits = 127;

template <auto* F>
struct Free {
    template <class T>
    void operator()(T* object) const {
        F(object);
    }
};
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<&BIO_vfree>>;

struct Pair {
    Certificate certificate;
    Key key;
    explicit operator bool() const { return certificate != nullptr && key != nullptr; }
};

Bio reader(std::string_view text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    CHECK(bio != nullptr);
    return bio;
}

Pair parse(std::string_view pem) {
    // Never asks the terminal for a password.
    const auto no_password = [](char*, int, int, void*) { return -1; };
    Pair pair;
    pair.certificate.reset(PEM_read_bio_X509(reader(pem).get(), nullptr, no_password, nullptr));
    pair.key.reset(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (pair && X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) {
        ERR_clear_error();
        pair.key = nullptr;
    }
    return pair;
}

std::string print(X509* certificate, EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    CHECK(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1);
    if (key != nullptr) {
        CHECK(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    }
    char* text = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::time_t seconds(WallTime time) {
    return static_cast<std::time_t>(to_seconds(time));
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

// A certificate but for its issuer, its extensions and its signature.
Certificate blank(EVP_PKEY* key, WallTime now, days life) {
    Certificate certificate(X509_new());
    X509* const it = certificate.get();
    const std::unique_ptr<BIGNUM, Free<&BN_free>> serial(BN_new());
    CHECK(it != nullptr && serial != nullptr);
    CHECK(BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    CHECK(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(it)) != nullptr);
    CHECK(X509_set_version(it, X509_VERSION_3) == 1);
    CHECK(ASN1_TIME_set(X509_getm_notBefore(it), seconds(now - kSkew)) != nullptr);
    CHECK(ASN1_TIME_set(X509_getm_notAfter(it), seconds(now + life)) != nullptr);
    CHECK(X509_set_pubkey(it, key) == 1);
    return certificate;
}

void name(X509* certificate, const std::string& common_name) {
    X509_NAME* const subject = X509_get_subject_name(certificate);
    for (const auto& [field, value] :
         {std::pair<const char*, std::string>{"O", "millrace"}, {"CN", common_name}}) {
        const std::basic_string<unsigned char> octets(value.begin(), value.end());
        CHECK(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, octets.c_str(), -1, -1,
                                         0) == 1);
    }
}

bool is_address(const std::string& text) {
    ASN1_OCTET_STRING* const octets = a2i_IPADDRESS(text.c_str());
    ASN1_OCTET_STRING_free(octets);
    ERR_clear_error();
    return octets != nullptr;
}

bool is_host(std::string_view text) {
    static constexpr std::string_view kOthers = "-._";
    if (text.starts_with("*.")) {
        text.remove_prefix(2);
    }
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kOthers.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), fits);
}

bool is_for(X509* certificate, const std::string& who) {
    if (is_address(who)) {
        return X509_check_ip_asc(certificate, who.c_str(), 0) == 1;
    }
    // A pattern serves itself.
    const std::string asked = who.starts_with("*.") ? "x" + who.substr(1) : who;
    return X509_check_host(certificate, asked.c_str(), asked.size(), 0, nullptr) == 1;
}

bool is_valid(X509* certificate, WallTime when) {
    std::time_t time = seconds(when);
    return X509_cmp_time(X509_get0_notBefore(certificate), &time) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &time) > 0;
}

}  // namespace

bool is_name(const std::string& text) {
    return is_address(text) || is_host(text);
}

std::string make_authority(WallTime now) {
    const Key key(EVP_EC_gen("P-256"));
    CHECK(key != nullptr);
    const Certificate made = blank(key.get(), now, kAuthorityLife);
    X509* const it = made.get();
    BIGNUM* const serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(it), nullptr);
    char* const digits = BN_bn2hex(serial);
    name(it, "millrace CA " + std::string(digits).substr(0, 8));
    OPENSSL_free(digits);
    BN_free(serial);
    CHECK(X509_set_issuer_name(it, X509_get_subject_name(it)) == 1);
    extend(it, it, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(it, it, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(it, it, NID_subject_key_identifier, "hash");
    CHECK(X509_sign(it, key.get(), EVP_sha256()) > 0);
    return print(it, key.get());
}

Result<std::string> make_certificate(std::string_view authority, std::span<const std::string> names,
                                     WallTime now) {
    const Pair issuer = parse(authority);
    if (!issuer) {
        return Error{Errc::kInvalid, "not a certificate with its key"};
    }
    std::string alternatives;
    for (const std::string& one : names) {
        if (!is_name(one)) {
            return Error{Errc::kInvalid, "'" + one + "' is neither a host name nor an address"};
        }
        alternatives.append(alternatives.empty() ? "" : ",")
            .append(is_address(one) ? "IP:" : "DNS:");
        alternatives += one;
    }
    const Key key(EVP_EC_gen("P-256"));
    CHECK(key != nullptr);
    const Certificate made = blank(key.get(), now, kCertificateLife);
    X509* const it = made.get();
    X509* const by = issuer.certificate.get();
    name(it, "millrace");
    CHECK(X509_set_issuer_name(it, X509_get_subject_name(by)) == 1);
    extend(it, by, NID_basic_constraints, "critical,CA:FALSE");
    extend(it, by, NID_key_usage, "critical,digitalSignature");
    extend(it, by, NID_ext_key_usage, "serverAuth");
    extend(it, by, NID_subject_key_identifier, "hash");
    extend(it, by, NID_authority_key_identifier, "keyid");
    if (!alternatives.empty()) {
        extend(it, by, NID_subject_alt_name, alternatives);
    }
    CHECK(X509_sign(it, issuer.key.get(), EVP_sha256()) > 0);
    return print(it, key.get());
}

bool serves(std::string_view pem, std::string_view authority, std::span<const std::string> names,
            WallTime now, WallTime later) {
    const Pair own = parse(pem);
    const Pair issuer = parse(authority);
    if (!own || !issuer) {
        return false;
    }
    X509* const it = own.certificate.get();
    const bool signed_by = X509_verify(it, X509_get0_pubkey(issuer.certificate.get())) == 1;
    ERR_clear_error();
    return signed_by && is_valid(it, now) && is_valid(it, later) &&
           std::all_of(names.begin(), names.end(),
                       [it](const std::string& one) { return is_for(it, one); });
}

bool is_authority(std::string_view pem, WallTime later) {
    const Pair pair = parse(pem);
    return pair && X509_check_ca(pair.certificate.get()) == 1 &&
           is_valid(pair.certificate.get(), later);
}

std::string certificate_of(std::string_view pem) {
    const Pair pair = parse(pem);
    return pair.certificate == nullptr ? "" : print(pair.certificate.get(), nullptr);
}

}  // namespace millrace::crypto
