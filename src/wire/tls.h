// TLS 1.2 and 1.3 over a socket, by OpenSSL. Nothing blocks and no OpenSSL type shows.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "wire/socket.h"

struct ssl_ctx_st;
struct ssl_st;

namespace millrace::wire {

// What one side of TLS needs, shared by its connections; those keep the one they began with.
// Immutable, thread-safe.
class TlsContext final {
public:
    struct Identity {
        std::string certificate;       // PEM; intermediate ones follow
        std::string key;               // PEM; may be the same text
        std::string client_authority;  // PEM; set: clients must show a certificate of it
    };
    // kInvalid says what is wrong with it. ALPN offers h2 and http/1.1.
    static Result<std::shared_ptr<const TlsContext>> server(const Identity& identity);
    // A client that believes whatever it is shown: to look whether something answers, no more.
    static std::shared_ptr<const TlsContext> trusting_client();

    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

private:
    friend class TlsStream;
    explicit TlsContext(bool client);
    ssl_ctx_st* context_;
    const bool client_;
};

// The context new connections begin with: it may be replaced at any time. Thread-safe.
class TlsHolder final {
public:
    explicit TlsHolder(bool expected) : expected_(expected) {}

    void set(std::shared_ptr<const TlsContext> context) {
        const std::lock_guard lock(mutex_);
        context_ = std::move(context);
        expected_ = false;
    }
    // There is none yet: clients that come with TLS have to wait for set().
    bool is_expected() const {
        const std::lock_guard lock(mutex_);
        return expected_;
    }
    std::shared_ptr<const TlsContext> get() const {
        const std::lock_guard lock(mutex_);
        return context_;
    }

private:
    mutable std::mutex mutex_;
    bool expected_;
    std::shared_ptr<const TlsContext> context_;
};

// Lives as long as the socket, which does not block.
class TlsStream final {
public:
    // `seen` was read from the socket already.
    TlsStream(const TlsContext& context, Socket& socket, std::string_view seen);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    // As of a socket; they take the handshake along. would_block() is of sending if
    // waits_to_send(), else of receiving.
    std::size_t read_some(std::span<char> room, ErrorCode& ec);
    std::size_t write_some(std::span<const char> bytes, ErrorCode& ec);
    bool waits_to_send() const { return waits_to_send_; }
    // Whether read_some() would not block.
    bool has_something();
    bool is_established() const;
    // Says that nothing follows, if that can be said at once.
    void close_notify();

private:
    struct Transport;  // what OpenSSL calls

    ErrorCode outcome(int result);

    Socket& socket_;
    std::string seen_;
    ErrorCode socket_error_;
    bool waits_to_send_ = false;
    bool failed_ = false;
    ssl_st* ssl_ = nullptr;
};

}  // namespace millrace::wire
