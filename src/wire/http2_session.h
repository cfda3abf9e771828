// HTTP/2 (RFC 9113) as bytes in, bytes out, over nghttp2: requests come out as they are complete,
// answers leave as the client's flow control lets them. Knows no transport: h2c, an upgraded
// connection and TLS are all the same here.
//
// Memory: a body grows as it comes, counted against the shared budget; of answers no more than
// kUnsentMax waits before neither requests nor pieces are taken any more (for requests, what a
// source of known length still has counts as well); and exchanges that their client gave up count
// as streams until their handlers are done, so that a client gains nothing by resetting them.
// Floods (resets, pings, settings, empty frames, endless headers) end the connection with
// ENHANCE_YOUR_CALM. Stalled streams are reset by sweep(); a silent client with streams is pinged,
// and taken for gone if it does not answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/flood_guard.h"
#include "wire/session.h"

struct nghttp2_option;
struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace millrace::wire {

struct Http2Stream;

class Http2Session final : public Session {
public:
    static constexpr std::size_t kUnsentMax = 4 << 20;
    static constexpr std::size_t kRoomMin = 4 << 10;
    static constexpr std::size_t kRoomMax = 64 << 10;

    // What is sent, instead of a session, to a client that may only come with TLS: empty settings,
    // and GOAWAY with INADEQUATE_SECURITY.
    static constexpr std::string_view kTlsRequired{
        "\0\0\0\4\0\0\0\0\0"
        "\0\0\x14\7\0\0\0\0\0\0\0\0\0\0\0\0\xc"
        "TLS required",
        9 + 9 + 20};

    explicit Http2Session(const SessionContext& context);
    ~Http2Session() override;
    Http2Session(const Http2Session&) = delete;
    Http2Session& operator=(const Http2Session&) = delete;

    // Goes on where a request of HTTP/1.1 asked for "Upgrade: h2c": the request, which is copied,
    // becomes the first one here, and `after` is what its client sent next. `settings` are those of
    // the HTTP2-Settings header. Null: they are none.
    static std::unique_ptr<Http2Session> upgraded(const SessionContext& context,
                                                  const Request& request, std::string_view settings,
                                                  std::string_view after);

    std::span<char> room() override;
    void received(std::size_t bytes) override;

    Exchange* next() override;
    void answer(Exchange& exchange, Response&& response) override;
    Exchange* wants_piece() override;
    void piece(Exchange& exchange, std::string bytes) override;
    void fail(Exchange& exchange) override;

    bool has_output() override;
    bool output_full() const override;
    void take_output(Output& taken) override;

    void drain() override;
    void abandon() override;
    void sweep() override;

    Phase phase() const override;
    std::uint64_t requests() const override { return requests_; }
    bool should_linger() const override { return !draining_; }
    bool multiplexed() const override { return true; }
    bool should_watch() const override { return false; }  // it reads all the time

private:
    struct Callbacks;  // what nghttp2 calls
    static const nghttp2_session_callbacks* callbacks();
    static const nghttp2_option* options();

    void feed(std::string_view bytes);
    void terminate(std::uint32_t error);
    Http2Stream& add_stream(std::int32_t id);
    void remove(Http2Stream& stream);
    void finish_head(Http2Stream& stream);
    bool make_body_room(Http2Stream& stream, std::size_t bytes);
    void add_body(Http2Stream& stream, std::string_view bytes);
    void complete(Http2Stream& stream);
    void refuse(Http2Stream& stream, unsigned status);
    void reset(Http2Stream& stream, std::uint32_t error);
    void closed(Http2Stream& stream);
    void submit(Http2Stream& stream, const Response& response, bool body);
    Millis patience(const Http2Stream& stream) const;
    void produce();

    static Http2Stream& stream_of(Exchange& exchange);

    const SessionContext& context_;
    nghttp2_session* session_ = nullptr;
    std::unique_ptr<char[]> room_;
    std::size_t room_bytes_ = 0;
    Output output_;
    std::vector<std::unique_ptr<Http2Stream>> streams_;  // those given up among them
    std::size_t waiting_ = 0;                            // complete requests not given out
    std::size_t turn_ = 0;  // whose piece is next, by place in streams_
    std::size_t unsent_bytes_ = 0;
    std::size_t owed_bytes_ = 0;        // by sources of known length
    std::size_t head_block_bytes_ = 0;  // of the frames of the header block under way
    FloodGuard guard_;
    SteadyTime heard_;     // when the client last sent something
    bool pinged_ = false;  // and it was asked since
    bool draining_ = false;
    bool failed_ = false;           // no more is read
    std::uint32_t fault_ = 0;       // the client's, to be said once nghttp2 has returned
    std::int32_t reset_until_ = 0;  // the last stream that we ended: frames of it may still come
    std::uint64_t requests_ = 0;
};

}  // namespace millrace::wire
