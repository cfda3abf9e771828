#include "wire/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"
#include "wire/http2_fields.h"
#include "wire/http2_stream.h"
#include "wire/text.h"

namespace millrace::wire {
namespace {

constexpr std::uint32_t kStreamWindow = 1 << 20;
constexpr std::int32_t kConnectionWindow = 8 << 20;
constexpr std::size_t kOutputFull = 256 << 10;
constexpr std::size_t kBodyRoomMin = 4 << 10;
// A client that sent nothing for this long, while it has streams, is asked whether it lives.
constexpr Millis kPingAfter{30'000};

std::string_view decimal(std::size_t number, std::array<char, 20>& room) {
    const auto [end, ec] = std::to_chars(room.data(), room.data() + room.size(), number);
    return {room.data(), static_cast<std::size_t>(end - room.data())};
}

// The payload of a SETTINGS frame in the alphabet of RFC 4648, 5, without padding; empty: it is
// neither.
std::string settings_payload(std::string_view header) {
    std::string standard(header);
    for (char& c : standard) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    standard.append((4 - standard.size() % 4) % 4, '=');
    std::string payload(base64::decoded_size_max(standard.size()), '\0');
    const auto decoded =
        base64::decode(standard, std::as_writable_bytes(std::span(payload)).data());
    payload.resize(decoded.fault == base64::Fault::kNone ? decoded.size : 0);
    return payload;
}

// Gives nghttp2 what the windows allow of an answer; send_data() takes it.
ssize_t read_answer(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                    std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    const Http2Stream& stream = *static_cast<const Http2Stream*>(source->ptr);
    const std::size_t left = stream.unsent.size() - stream.sent;
    if (left == 0 && !stream.ended) {
        return NGHTTP2_ERR_DEFERRED;
    }
    const std::size_t now = std::min(left, size);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (now == left && stream.ended) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(now);
}

}  // namespace

Http2Session::Http2Session(const SessionContext& context)
    : context_(context), guard_(context.now), heard_(context.now) {
    CHECK(nghttp2_session_server_new2(&session_, callbacks(), this, options()) == 0);
    const Limits& limits = context_.limits;
    const std::array<nghttp2_settings_entry, 4> settings = {{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(limits.streams_max)},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
         static_cast<std::uint32_t>(limits.header_bytes_max)},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    }};
    CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
          0);
    CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                                kConnectionWindow) == 0);
}

Http2Session::~Http2Session() {
    nghttp2_session_del(session_);
}

std::unique_ptr<Http2Session> Http2Session::upgraded(const SessionContext& context,
                                                     const Request& request,
                                                     std::string_view settings,
                                                     std::string_view after) {
    constexpr std::int32_t kFirst = 1;
    const std::string payload = settings_payload(settings);
    auto made = std::make_unique<Http2Session>(context);
    if ((payload.empty() && !settings.empty()) ||
        nghttp2_session_upgrade2(made->session_, octets(payload.data()), payload.size(),
                                 request.method == "HEAD" ? 1 : 0, nullptr) != 0) {
        return nullptr;
    }
    Http2Stream& stream = made->add_stream(kFirst);
    nghttp2_session_set_stream_user_data(made->session_, kFirst, &stream);
    const auto add = [&stream](std::string_view name, std::string_view value) {
        stream.head.append(name);
        const std::size_t name_end = stream.head.size();
        stream.head.append(value);
        stream.fields.push_back({name_end, stream.head.size()});
    };
    add(":method", request.method);
    add(":path", request.target);
    for (const Header& header : request.headers) {
        add(header.name, header.value);
    }
    made->output_.head =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    made->finish_head(stream);
    made->add_body(stream, request.body);
    made->complete(stream);
    made->feed(after);
    return made;
}

Http2Stream& Http2Session::stream_of(Exchange& exchange) {
    return static_cast<Http2Stream&>(exchange);
}

Http2Stream& Http2Session::add_stream(std::int32_t id) {
    return *streams_.emplace_back(std::make_unique<Http2Stream>(id, context_.budget, context_.now));
}

void Http2Session::remove(Http2Stream& stream) {
    const auto at = std::find_if(streams_.begin(), streams_.end(),
                                 [&stream](const auto& one) { return one.get() == &stream; });
    CHECK(at != streams_.end());
    std::swap(*at, streams_.back());
    streams_.pop_back();
}

std::span<char> Http2Session::room() {
    if (room_ == nullptr) {
        room_bytes_ = kRoomMin;
        room_ = std::make_unique_for_overwrite<char[]>(room_bytes_);
    }
    return {room_.get(), room_bytes_};
}

void Http2Session::received(std::size_t bytes) {
    DCHECK(bytes <= room_bytes_);
    feed({room_.get(), bytes});
    // More room for a client that fills it, until it no longer does.
    const std::size_t fitting = bytes == room_bytes_      ? std::min(2 * room_bytes_, kRoomMax)
                                : bytes < room_bytes_ / 4 ? kRoomMin
                                                          : room_bytes_;
    if (fitting != room_bytes_) {
        room_.reset();
        room_bytes_ = fitting;
        room_ = std::make_unique_for_overwrite<char[]>(room_bytes_);
    }
}

void Http2Session::feed(std::string_view bytes) {
    heard_ = context_.now;
    pinged_ = false;
    if (failed_) {
        return;
    }
    const ssize_t used = nghttp2_session_mem_recv(session_, octets(bytes.data()), bytes.size());
    if (used == NGHTTP2_ERR_FLOODED) {
        fault_ = NGHTTP2_ENHANCE_YOUR_CALM;
    }
    if (fault_ != NGHTTP2_NO_ERROR) {
        terminate(fault_);
    } else if (used < 0) {
        terminate(NGHTTP2_PROTOCOL_ERROR);
    }
}

void Http2Session::terminate(std::uint32_t error) {
    nghttp2_session_terminate_session(session_, error);
    failed_ = true;
}

// The head is complete: the request's views are made now that it does not move any more.
void Http2Session::finish_head(Http2Stream& stream) {
    if (stream.state != Http2Stream::State::kHead) {
        return;
    }
    stream.state = Http2Stream::State::kBody;
    stream.since = context_.now;
    if (stream.head_bytes > context_.limits.header_bytes_max) {
        refuse(stream, 431);
        return;
    }
    Request& request = stream.request;
    request.headers.reserve(stream.fields.size());
    std::size_t at = 0;
    std::size_t body_bytes = 0;
    bool continues = false;
    for (const auto& [name_end, value_end] : stream.fields) {
        const std::string_view name(stream.head.data() + at, name_end - at);
        const std::string_view value(stream.head.data() + name_end, value_end - name_end);
        at = value_end;
        if (name == ":method") {
            request.method = value;
        } else if (name == ":path") {
            request.target = value;
        } else if (name == ":authority") {
            request.headers.push_back({"host", value});
        } else if (!name.starts_with(':')) {
            request.headers.push_back({name, value});
            if (name == "content-length") {
                std::from_chars(value.data(), value.data() + value.size(), body_bytes);
            }
            continues = continues || (name == "expect" && same_text(value, "100-continue"));
        }
    }
    stream.fields = {};
    if (body_bytes > context_.limits.body_bytes_max) {
        refuse(stream, 413);
    } else if (!make_body_room(stream, body_bytes)) {
        refuse(stream, 503);
    } else if (continues) {
        Http2Fields fields(16, 1);
        fields.add(":status", "100");
        nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr,
                               fields.list().data(), fields.list().size(), nullptr);
    }
}

// False: the shared budget has not so much left.
bool Http2Session::make_body_room(Http2Stream& stream, std::size_t bytes) {
    const std::size_t held = stream.head.capacity() + std::max(bytes, stream.body.capacity());
    if (!stream.share.hold(held > Output::kKeptBytesMax ? held : 0)) {
        return false;
    }
    stream.body.reserve(bytes);
    return true;
}

void Http2Session::add_body(Http2Stream& stream, std::string_view bytes) {
    if (stream.refused) {
        stream.dropped_bytes += bytes.size();
        if (stream.dropped_bytes > context_.limits.linger_bytes_max) {
            reset(stream, NGHTTP2_NO_ERROR);
        }
        return;
    }
    if (stream.state != Http2Stream::State::kBody) {
        return;
    }
    const std::size_t needed = stream.body.size() + bytes.size();
    if (needed > context_.limits.body_bytes_max) {
        refuse(stream, 413);
        return;
    }
    if (needed > stream.body.capacity()) {
        const std::size_t room = std::max({needed, 2 * stream.body.capacity(), kBodyRoomMin});
        if (!make_body_room(stream, std::min(room, context_.limits.body_bytes_max))) {
            refuse(stream, 503);
            return;
        }
    }
    stream.body.append(bytes);
}

void Http2Session::complete(Http2Stream& stream) {
    if (stream.state != Http2Stream::State::kBody || stream.refused) {
        return;
    }
    stream.state = Http2Stream::State::kComplete;
    stream.request.body = stream.body;
    ++waiting_;
}

// Answers an error before the request is complete. What its client still sends is dropped for a
// while: some take a reset for a failure even when they have their answer.
void Http2Session::refuse(Http2Stream& stream, unsigned status) {
    stream.refused = true;
    stream.body = {};
    stream.ended = true;
    stream.since = context_.now;
    Response response;
    response.status = status;
    submit(stream, response, false);
}

void Http2Session::reset(Http2Stream& stream, std::uint32_t error) {
    if (std::exchange(stream.was_reset, true)) {
        return;
    }
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, error);
}

// nghttp2 is done with it.
void Http2Session::closed(Http2Stream& stream) {
    unsent_bytes_ -= stream.unsent.size() - stream.sent;
    owed_bytes_ -= std::exchange(stream.owed_bytes, 0);
    stream.unsent = {};
    stream.sent = 0;
    if (stream.state == Http2Stream::State::kComplete) {
        --waiting_;
    }
    if (!stream.running) {
        remove(stream);
        return;
    }
    stream.gone = true;
    if (stream.source != nullptr) {
        stream.source->stop(Source::Stop::kClientGone);
    }
}

Exchange* Http2Session::next() {
    if (waiting_ == 0 || failed_ || unsent_bytes_ + owed_bytes_ >= kUnsentMax) {
        return nullptr;
    }
    Http2Stream* oldest = nullptr;
    for (const auto& stream : streams_) {
        if (stream->state == Http2Stream::State::kComplete &&
            (oldest == nullptr || stream->id < oldest->id)) {
            oldest = stream.get();
        }
    }
    CHECK(oldest != nullptr);
    --waiting_;
    ++requests_;
    oldest->state = Http2Stream::State::kGivenOut;
    oldest->running = true;
    return oldest;
}

void Http2Session::answer(Exchange& exchange, Response&& response) {
    Http2Stream& stream = stream_of(exchange);
    CHECK(stream.state == Http2Stream::State::kGivenOut && stream.running);
    stream.running = false;
    if (stream.gone) {
        remove(stream);
        return;
    }
    stream.state = Http2Stream::State::kAnswered;
    stream.since = context_.now;
    // From here on the share is the answer's.
    const std::size_t bytes = response.body.size() + response.source_bytes.value_or(0);
    if (!stream.share.hold(bytes > Output::kKeptBytesMax ? bytes : 0)) {
        CHECK(stream.share.hold(0));
        response = {};
        response.status = 503;
    }
    const bool head_only = stream.request.method == "HEAD";
    const bool pieces = response.source != nullptr;
    CHECK(!pieces || !head_only);
    submit(stream, response, !head_only && (pieces || !response.body.empty()));
    stream.ended = !pieces;
    if (!head_only) {
        stream.unsent = std::move(response.body);
        unsent_bytes_ += stream.unsent.size();
    }
    stream.source = std::move(response.source);
    stream.owed_bytes = response.source_bytes.value_or(0);
    owed_bytes_ += stream.owed_bytes;
    if (pieces && draining_) {
        stream.source->stop(Source::Stop::kDraining);
    }
    stream.request = {};
    stream.head = {};
    stream.body = {};
}

// `body`: one follows.
void Http2Session::submit(Http2Stream& stream, const Response& response, bool body) {
    std::array<char, 20> status_room;
    std::array<char, 20> length_room;
    const bool sized = (response.source == nullptr || response.source_bytes) &&
                       response.status >= 200 && response.status != 204 && response.status != 304;
    const std::size_t length = response.body.size() + response.source_bytes.value_or(0);
    const std::size_t bytes = 128 + context_.date.size() + response.headers.text().size();
    Http2Fields fields(bytes, response.headers.count() + 3);
    fields.add(":status", decimal(response.status, status_room));
    for (const auto& [name, value] : response.headers) {
        fields.add(name, value);
    }
    fields.add("date", context_.date);
    if (sized) {
        fields.add("content-length", decimal(length, length_room));
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = &stream;
    provider.read_callback = read_answer;
    if (nghttp2_submit_response(session_, stream.id, fields.list().data(), fields.list().size(),
                                body ? &provider : nullptr) != 0) {
        reset(stream, NGHTTP2_INTERNAL_ERROR);
    }
}

Exchange* Http2Session::wants_piece() {
    if (unsent_bytes_ >= kUnsentMax) {
        return nullptr;
    }
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        turn_ = (turn_ + 1) % streams_.size();
        Http2Stream& stream = *streams_[turn_];
        if (stream.source != nullptr && !stream.running && stream.unsent.empty()) {
            stream.running = true;
            return &stream;
        }
    }
    return nullptr;
}

void Http2Session::piece(Exchange& exchange, std::string bytes) {
    Http2Stream& stream = stream_of(exchange);
    stream.running = false;
    if (stream.gone) {
        remove(stream);
        return;
    }
    stream.since = context_.now;
    if (bytes.empty()) {
        stream.source.reset();
        stream.ended = true;
    }
    const std::size_t owed = std::min(bytes.size(), stream.owed_bytes);
    stream.owed_bytes -= owed;
    owed_bytes_ -= owed;
    unsent_bytes_ += bytes.size();
    stream.unsent = std::move(bytes);
    nghttp2_session_resume_data(session_, stream.id);
}

void Http2Session::fail(Exchange& exchange) {
    Http2Stream& stream = stream_of(exchange);
    stream.running = false;
    stream.source.reset();
    if (stream.gone) {
        remove(stream);
    } else {
        reset(stream, NGHTTP2_INTERNAL_ERROR);
    }
}

bool Http2Session::has_output() {
    produce();
    return !output_.empty();
}

void Http2Session::produce() {
    while (!output_full()) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
        if (size > 0) {
            output_.head.append(octet_text(bytes, static_cast<std::size_t>(size)));
        } else if (fault_ != NGHTTP2_NO_ERROR && !failed_) {
            terminate(fault_);
        } else {
            failed_ = failed_ || size < 0;
            return;
        }
    }
}

bool Http2Session::output_full() const {
    return output_.head.size() >= kOutputFull;
}

void Http2Session::take_output(Output& taken) {
    taken.clear();
    std::swap(taken, output_);
}

void Http2Session::drain() {
    if (draining_ || failed_) {
        return;
    }
    draining_ = true;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    for (const auto& stream : streams_) {
        if (stream->source != nullptr) {
            stream->source->stop(Source::Stop::kDraining);
        }
    }
}

void Http2Session::abandon() {
    for (const auto& stream : streams_) {
        if (stream->source == nullptr) {
            continue;
        }
        if (stream->running) {
            stream->source->stop(Source::Stop::kClientGone);
        } else {
            stream->source.reset();
        }
    }
}

// How long the client may take for what is awaited of it.
Millis Http2Session::patience(const Http2Stream& stream) const {
    switch (stream.state) {
        case Http2Stream::State::kHead:
            return context_.limits.header_timeout;
        case Http2Stream::State::kBody:
            return context_.limits.body_timeout;
        case Http2Stream::State::kAnswered:
            return stream.unsent.empty() ? Millis::max() : context_.limits.write_timeout;
        case Http2Stream::State::kComplete:
        case Http2Stream::State::kGivenOut:
            break;
    }
    return Millis::max();
}

void Http2Session::sweep() {
    const SteadyTime now = context_.now;
    const Limits& limits = context_.limits;
    bool any = false;
    for (const auto& stream : streams_) {
        if (stream->gone) {
            continue;
        }
        any = true;
        const auto waited = std::chrono::duration_cast<Millis>(now - stream->since);
        if (stream->refused && waited > limits.linger_timeout) {
            reset(*stream, NGHTTP2_NO_ERROR);
        } else if (waited > patience(*stream)) {
            reset(*stream, NGHTTP2_CANCEL);
        }
    }
    if (!any || failed_) {
        return;
    }
    if (!pinged_ && now - heard_ > kPingAfter) {
        pinged_ = true;
        nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    } else if (pinged_ && now - heard_ > kPingAfter + limits.write_timeout) {
        terminate(NGHTTP2_NO_ERROR);
    }
}

Session::Phase Http2Session::phase() const {
    if (failed_ || (draining_ && streams_.empty()) || nghttp2_session_want_read(session_) == 0) {
        return Phase::kClosing;
    }
    return streams_.empty() ? Phase::kIdle : Phase::kHandling;
}

}  // namespace millrace::wire
