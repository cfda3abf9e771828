#include "wire/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace millrace::wire {
namespace {

namespace asio = boost::asio;

template <auto* F>
struct Free {
    template <class T>
    void operator()(T* object) const {
        F(object);
    }
};
using Bio = std::unique_ptr<BIO, Free<&BIO_vfree>>;
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;

// In the order we like them, each with its length before it.
constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";

// What OpenSSL says last went wrong.
std::string reason() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, text.data(), text.size());
    ERR_clear_error();
    return code == 0 ? "no reason given" : text.data();
}

Error invalid(std::string_view what) {
    std::string message(what);
    return Error{Errc::kInvalid, message.append(": ").append(reason())};
}

Bio reader(const std::string& text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    CHECK(bio != nullptr);
    return bio;
}

Certificate next_certificate(BIO* bio) {
    // Never asks the terminal for a password.
    return Certificate(PEM_read_bio_X509(
        bio, nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    unsigned char* found = nullptr;
    const int result = SSL_select_next_proto(&found, size, kProtocols, sizeof kProtocols - 1,
                                             offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<void> use_identity(SSL_CTX* context, const TlsContext::Identity& identity) {
    const Bio chain = reader(identity.certificate);
    const Certificate own = next_certificate(chain.get());
    if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1) {
        return invalid("the certificate cannot be used");
    }
    while (Certificate more = next_certificate(chain.get())) {
        if (SSL_CTX_add0_chain_cert(context, more.get()) != 1) {
            return invalid("the certificate's chain cannot be used");
        }
        static_cast<void>(more.release());
    }
    ERR_clear_error();
    const Key key(PEM_read_bio_PrivateKey(
        reader(identity.key).get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
    if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return invalid("the key cannot be used");
    }
    return success();
}

Result<void> ask_clients(SSL_CTX* context, const std::string& authority) {
    const Bio all = reader(authority);
    int count = 0;
    while (const Certificate one = next_certificate(all.get())) {
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1 ||
            SSL_CTX_add_client_CA(context, one.get()) != 1) {
            return invalid("the clients' authority cannot be used");
        }
        ++count;
    }
    if (count == 0) {
        return invalid("the clients' authority cannot be used");
    }
    ERR_clear_error();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return success();
}

}  // namespace

TlsContext::TlsContext(bool client)
    : context_(SSL_CTX_new(client ? TLS_client_method() : TLS_server_method())), client_(client) {
    CHECK(context_ != nullptr);
    CHECK(SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION) == 1);
    // A write that could not be finished goes on from wherever its bytes are then; idle connections
    // hold no buffers; one read takes what there is.
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                   SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context_, 1);
    SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE);
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const Identity& identity) {
    const std::shared_ptr<TlsContext> made(new TlsContext(false));
    SSL_CTX* const context = made->context_;
    MILLRACE_TRY(use_identity(context, identity));
    if (!identity.client_authority.empty()) {
        MILLRACE_TRY(ask_clients(context, identity.client_authority));
    }
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    // Of TLS 1.2 what RFC 9113 lets carry HTTP/2: forward secrecy, and authenticated encryption.
    CHECK(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
    constexpr unsigned char kSessions[] = "millrace";
    CHECK(SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1) == 1);
    return std::shared_ptr<const TlsContext>(made);
}

std::shared_ptr<const TlsContext> TlsContext::trusting_client() {
    return std::shared_ptr<const TlsContext>(new TlsContext(true));
}

// The BIO under OpenSSL: our socket, with the bytes that were seen before it.
struct TlsStream::Transport final {
    static TlsStream& stream(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* to, int size) noexcept {
        TlsStream& me = stream(bio);
        BIO_clear_retry_flags(bio);
        if (!me.seen_.empty()) {
            const std::size_t count = std::min(me.seen_.size(), static_cast<std::size_t>(size));
            me.seen_.copy(to, count);
            me.seen_.erase(0, count);
            return static_cast<int>(count);
        }
        ErrorCode ec;
        const std::size_t count =
            me.socket_.read_some(asio::buffer(to, static_cast<std::size_t>(size)), ec);
        if (would_block(ec)) {
            BIO_set_retry_read(bio);
            return -1;
        }
        me.socket_error_ = ec;
        return ec == asio::error::eof ? 0 : ec ? -1 : static_cast<int>(count);
    }

    static int write(BIO* bio, const char* from, int size) noexcept {
        TlsStream& me = stream(bio);
        BIO_clear_retry_flags(bio);
        ErrorCode ec;
        const std::size_t count =
            me.socket_.write_some(asio::buffer(from, static_cast<std::size_t>(size)), ec);
        if (would_block(ec)) {
            BIO_set_retry_write(bio);
            return -1;
        }
        me.socket_error_ = ec;
        return ec ? -1 : static_cast<int>(count);
    }

    static long control(BIO*, int command, long, void*) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const fresh =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "millrace socket");
            CHECK(fresh != nullptr && BIO_meth_set_read(fresh, read) == 1 &&
                  BIO_meth_set_write(fresh, write) == 1 && BIO_meth_set_ctrl(fresh, control) == 1);
            return fresh;
        }();
        return made;
    }
};

TlsStream::TlsStream(const TlsContext& context, Socket& socket, std::string_view seen)
    : socket_(socket), seen_(seen), ssl_(SSL_new(context.context_)) {
    BIO* const bio = BIO_new(Transport::method());
    CHECK(ssl_ != nullptr && bio != nullptr);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    if (context.client_) {
        SSL_set_connect_state(ssl_);
    } else {
        SSL_set_accept_state(ssl_);
    }
}

TlsStream::~TlsStream() {
    SSL_free(ssl_);
}

std::size_t TlsStream::read_some(std::span<char> room, ErrorCode& ec) {
    ERR_clear_error();
    std::size_t count = 0;
    ec = outcome(SSL_read_ex(ssl_, room.data(), room.size(), &count));
    return ec ? 0 : count;
}

std::size_t TlsStream::write_some(std::span<const char> bytes, ErrorCode& ec) {
    ERR_clear_error();
    std::size_t count = 0;
    ec = outcome(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count));
    return ec ? 0 : count;
}

bool TlsStream::has_something() {
    ERR_clear_error();
    char first = 0;
    std::size_t count = 0;
    return !would_block(outcome(SSL_peek_ex(ssl_, &first, 1, &count)));
}

bool TlsStream::is_established() const {
    return SSL_is_init_finished(ssl_) == 1;
}

void TlsStream::close_notify() {
    if (!failed_ && is_established()) {
        ERR_clear_error();
        SSL_shutdown(ssl_);
        ERR_clear_error();
    }
}

ErrorCode TlsStream::outcome(int result) {
    waits_to_send_ = false;
    if (result > 0) {
        return {};
    }
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return asio::error::would_block;
        case SSL_ERROR_WANT_WRITE:
            waits_to_send_ = true;
            return asio::error::would_block;
        case SSL_ERROR_ZERO_RETURN:
            return asio::error::eof;
        default:
            break;
    }
    if (!std::exchange(failed_, true) && !is_established() && !socket_error_) {
        log::debug("a TLS handshake failed: {}", reason());
    }
    ERR_clear_error();
    return socket_error_ ? socket_error_ : asio::error::connection_aborted;
}

}  // namespace millrace::wire
