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
#include "wire/text.h"

namespace millrace::wire {
namespace {

constexpr std::uint32_t kStreamWindow = 1 << 20;
constexpr std::int32_t kConnectionWindow = 8 << 20;
constexpr std::size_t kOutputFull = 256 << 10;
constexpr std::size_t kFrameHeadBytes = 9;
// What a header costs beside its text, RFC 9113, 6.5.2.
constexpr std::size_t kFieldBytes = 32;
constexpr std::size_t kBodyRoomMin = 4 << 10;
// A client that sent nothing for this long, while it has streams, is asked whether it lives.
constexpr Millis kPingAfter{30'000};

const std::uint8_t* octets(const void* bytes) {
    return static_cast<const std::uint8_t*>(bytes);
}

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
    return as_text(std::as_bytes(std::span(bytes, size)));
}

// The fields of one answer, as nghttp2 takes them; it copies them when they are submitted.
class Fields final {
public:
    Fields(std::size_t bytes_max, std::size_t count_max) {
        text_.reserve(bytes_max);  // so that it never moves
        fields_.reserve(count_max);
    }

    void add(std::string_view name, std::string_view value) {
        CHECK(text_.size() + name.size() + value.size() <= text_.capacity());
        std::uint8_t* const at = text_.data() + text_.size();
        for (const char c : name) {
            const bool upper = c >= 'A' && c <= 'Z';
            text_.push_back(static_cast<std::uint8_t>(upper ? c + ('a' - 'A') : c));
        }
        for (const char c : value) {
            text_.push_back(static_cast<std::uint8_t>(c));
        }
        fields_.push_back({at, at + name.size(), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }

    const std::vector<nghttp2_nv>& list() const { return fields_; }

private:
    std::vector<std::uint8_t> text_;
    std::vector<nghttp2_nv> fields_;
};

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

}  // namespace

struct Http2Session::Stream final : Exchange {
    enum class State : std::uint8_t { kHead, kBody, kComplete, kGivenOut, kAnswered };

    Stream(std::int32_t the_id, ByteBudget& budget, SteadyTime now)
        : id(the_id), share(budget), since(now) {}

    struct Field {
        std::size_t name_end;
        std::size_t value_end;
    };

    const std::int32_t id;
    State state = State::kHead;
    bool gone = false;              // closed; only kept because it is running
    bool refused = false;           // answered before it was complete
    std::size_t dropped_bytes = 0;  // of its body, since then
    bool was_reset = false;         // or will be
    std::size_t head_bytes = 0;     // as they count against the limit
    std::string head;               // every name and value, one after another
    std::vector<Field> fields;      // where they end
    std::string body;
    BudgetShare share;
    std::string unsent;  // of the answer
    std::size_t sent = 0;
    bool ended = false;  // nothing follows `unsent`
    SteadyTime since;    // when the last step towards its end was made
};

// Everything here runs inside nghttp2: nothing throws, nothing calls back into feed() or produce().
struct Http2Session::Callbacks final {
    using Self = Http2Session;

    static Self& self(void* user) noexcept { return *static_cast<Self*>(user); }
    static Stream* find(nghttp2_session* session, std::int32_t id) noexcept {
        return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
    }
    static int flooded(Self& self) noexcept {
        self.flooded_ = true;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    static int count(Self& self) noexcept {
        return self.guard_.pass(self.context_.now) ? 0 : flooded(self);
    }

    static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) noexcept {
        Self& me = self(user);
        if (frame->type != NGHTTP2_HEADERS && frame->type != NGHTTP2_CONTINUATION) {
            // What is skipped shows nowhere else.
            const bool skipped =
                frame->type == NGHTTP2_PRIORITY || frame->type > NGHTTP2_CONTINUATION;
            return skipped ? count(me) : 0;
        }
        if (frame->type == NGHTTP2_HEADERS) {
            me.head_block_bytes_ = 0;
        }
        // Compressed it may not even be as long as it may be in the clear; empty frames count too.
        me.head_block_bytes_ += frame->length + kFrameHeadBytes;
        const std::size_t limit = 2 * me.context_.limits.header_bytes_max;
        return me.head_block_bytes_ > limit ? flooded(me) : 0;
    }

    static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                             void* user) noexcept {
        Self& me = self(user);
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
            return 0;
        }
        const std::int32_t id = frame->hd.stream_id;
        if (me.streams_.size() >= me.context_.limits.streams_max) {
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
            return count(me);
        }
        nghttp2_session_set_stream_user_data(session, id, &me.add_stream(id));
        return 0;
    }

    static int header(nghttp2_session* session, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t, void* user) noexcept {
        Self& me = self(user);
        Stream* const stream = find(session, frame->hd.stream_id);
        if (stream == nullptr) {
            return 0;
        }
        stream->head_bytes += name_size + value_size + kFieldBytes;
        const std::size_t limit = me.context_.limits.header_bytes_max;
        if (stream->head_bytes > limit) {
            // Few bytes can stand for very many: there is an end to expanding them as well.
            return stream->head_bytes > 16 * limit ? flooded(me) : 0;
        }
        if (stream->state != Stream::State::kHead) {
            return 0;  // trailers carry nothing we would act on
        }
        stream->head.append(text(name, name_size));
        const std::size_t name_end = stream->head.size();
        stream->head.append(text(value, value_size));
        stream->fields.push_back({name_end, stream->head.size()});
        return 0;
    }

    static int data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                    const std::uint8_t* bytes, std::size_t size, void* user) noexcept {
        if (Stream* const stream = find(session, id)) {
            self(user).add_body(*stream, text(bytes, size));
        }
        return 0;
    }

    static int frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
        Self& me = self(user);
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
            case NGHTTP2_HEADERS:
                if (Stream* const stream = find(session, frame->hd.stream_id)) {
                    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
                        me.finish_head(*stream);
                    }
                    if (ends) {
                        me.complete(*stream);
                    }
                }
                return 0;
            case NGHTTP2_DATA:
                if (Stream* const stream = find(session, frame->hd.stream_id); stream && ends) {
                    me.complete(*stream);
                }
                return frame->hd.length == 0 && !ends ? count(me) : 0;
            case NGHTTP2_PING:
            case NGHTTP2_SETTINGS:
                return (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 ? count(me) : 0;
            default:
                return 0;
        }
    }

    static int closed(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) noexcept;
    static ssize_t read_answer(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                               std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
        const Stream& stream = *static_cast<const Stream*>(source->ptr);
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

    static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head,
                         std::size_t size, nghttp2_data_source* source, void* user) noexcept {
        Self& me = self(user);
        if (me.output_full()) {
            return NGHTTP2_ERR_WOULDBLOCK;
        }
        Stream& stream = *static_cast<Stream*>(source->ptr);
        std::string& out = me.output_.head;
        out.append(text(head, kFrameHeadBytes));
        out.append(stream.unsent, stream.sent, size);
        stream.sent += size;
        stream.since = me.context_.now;
        me.unsent_bytes_ -= size;
        if (stream.sent == stream.unsent.size()) {
            stream.unsent = {};
            stream.sent = 0;
        }
        return 0;
    }

    static const nghttp2_session_callbacks* all();
    static const nghttp2_option* options();
};

int Http2Session::Callbacks::closed(nghttp2_session* session, std::int32_t id, std::uint32_t error,
                                    void* user) noexcept {
    Self& me = self(user);
    Stream* const stream = find(session, id);
    // Whoever reset it, the client is behind it: what it sent was wrong, or it gave up.
    const bool reset = error != NGHTTP2_NO_ERROR;
    if (stream != nullptr) {
        me.closed(*stream);
    }
    if (reset && !me.guard_.pass(me.context_.now)) {
        me.flooded_ = true;
    }
    return 0;
}

const nghttp2_session_callbacks* Http2Session::Callbacks::all() {
    static const nghttp2_session_callbacks* const callbacks = [] {
        nghttp2_session_callbacks* made = nullptr;
        CHECK(nghttp2_session_callbacks_new(&made) == 0);
        nghttp2_session_callbacks_set_on_begin_frame_callback(made, begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(made, begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(made, header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(made, frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(made, closed);
        nghttp2_session_callbacks_set_send_data_callback(made, send_data);
        return made;
    }();
    return callbacks;
}

const nghttp2_option* Http2Session::Callbacks::options() {
    static const nghttp2_option* const options = [] {
        nghttp2_option* made = nullptr;
        CHECK(nghttp2_option_new(&made) == 0);
        nghttp2_option_set_no_closed_streams(made, 1);
        return made;
    }();
    return options;
}

Http2Session::Http2Session(const SessionContext& context)
    : context_(context), guard_(context.now), heard_(context.now) {
    CHECK(nghttp2_session_server_new2(&session_, Callbacks::all(), this, Callbacks::options()) ==
          0);
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
    Stream& stream = made->add_stream(kFirst);
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

Http2Session::Stream& Http2Session::stream_of(Exchange& exchange) {
    return static_cast<Stream&>(exchange);
}

Http2Session::Stream& Http2Session::add_stream(std::int32_t id) {
    return *streams_.emplace_back(std::make_unique<Stream>(id, context_.budget, context_.now));
}

void Http2Session::remove(Stream& stream) {
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
    if (flooded_ || used == NGHTTP2_ERR_FLOODED) {
        terminate(NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (used < 0) {
        terminate(NGHTTP2_PROTOCOL_ERROR);
    }
}

void Http2Session::terminate(std::uint32_t error) {
    nghttp2_session_terminate_session(session_, error);
    failed_ = true;
}

// The head is complete: the request's views are made now that it does not move any more.
void Http2Session::finish_head(Stream& stream) {
    if (stream.state != Stream::State::kHead) {
        return;
    }
    stream.state = Stream::State::kBody;
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
        Fields fields(16, 1);
        fields.add(":status", "100");
        nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr,
                               fields.list().data(), fields.list().size(), nullptr);
    }
}

// False: the shared budget has not so much left.
bool Http2Session::make_body_room(Stream& stream, std::size_t bytes) {
    const std::size_t held = stream.head.capacity() + std::max(bytes, stream.body.capacity());
    if (!stream.share.hold(held > Output::kKeptBytesMax ? held : 0)) {
        return false;
    }
    stream.body.reserve(bytes);
    return true;
}

void Http2Session::add_body(Stream& stream, std::string_view bytes) {
    if (stream.refused) {
        stream.dropped_bytes += bytes.size();
        if (stream.dropped_bytes > context_.limits.linger_bytes_max) {
            reset(stream, NGHTTP2_NO_ERROR);
        }
        return;
    }
    if (stream.state != Stream::State::kBody) {
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

void Http2Session::complete(Stream& stream) {
    if (stream.state != Stream::State::kBody || stream.refused) {
        return;
    }
    stream.state = Stream::State::kComplete;
    stream.request.body = stream.body;
    ++waiting_;
}

// Answers an error before the request is complete. What its client still sends is dropped for a
// while: some take a reset for a failure even when they have their answer.
void Http2Session::refuse(Stream& stream, unsigned status) {
    stream.refused = true;
    stream.body = {};
    stream.ended = true;
    stream.since = context_.now;
    submit(stream, Response{status, {}, {}, nullptr}, false);
}

void Http2Session::reset(Stream& stream, std::uint32_t error) {
    if (std::exchange(stream.was_reset, true)) {
        return;
    }
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, error);
}

// nghttp2 is done with it.
void Http2Session::closed(Stream& stream) {
    unsent_bytes_ -= stream.unsent.size() - stream.sent;
    stream.unsent = {};
    stream.sent = 0;
    if (stream.state == Stream::State::kComplete) {
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
    if (waiting_ == 0 || failed_ || unsent_bytes_ >= kUnsentMax) {
        return nullptr;
    }
    Stream* oldest = nullptr;
    for (const auto& stream : streams_) {
        if (stream->state == Stream::State::kComplete &&
            (oldest == nullptr || stream->id < oldest->id)) {
            oldest = stream.get();
        }
    }
    CHECK(oldest != nullptr);
    --waiting_;
    ++requests_;
    oldest->state = Stream::State::kGivenOut;
    oldest->running = true;
    return oldest;
}

void Http2Session::answer(Exchange& exchange, Response response) {
    Stream& stream = stream_of(exchange);
    CHECK(stream.state == Stream::State::kGivenOut && stream.running);
    stream.running = false;
    if (stream.gone) {
        remove(stream);
        return;
    }
    stream.state = Stream::State::kAnswered;
    stream.since = context_.now;
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
    if (pieces && draining_) {
        stream.source->stop(Source::Stop::kDraining);
    }
    stream.request = {};
    stream.head = {};
    stream.body = {};
    CHECK(stream.share.hold(0));
}

// `body`: one follows.
void Http2Session::submit(Stream& stream, const Response& response, bool body) {
    std::array<char, 20> status_room;
    std::array<char, 20> length_room;
    const bool sized = response.source == nullptr && response.status >= 200 &&
                       response.status != 204 && response.status != 304;
    const std::string_view length = sized ? decimal(response.body.size(), length_room) : "";
    std::size_t bytes = 128 + context_.date.size();
    for (const auto& [name, value] : response.headers) {
        bytes += name.size() + value.size();
    }
    Fields fields(bytes, response.headers.size() + 3);
    fields.add(":status", decimal(response.status, status_room));
    for (const auto& [name, value] : response.headers) {
        fields.add(name, value);
    }
    fields.add("date", context_.date);
    if (sized) {
        fields.add("content-length", length);
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = &stream;
    provider.read_callback = Callbacks::read_answer;
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
        Stream& stream = *streams_[turn_];
        if (stream.source != nullptr && !stream.running && stream.unsent.empty()) {
            stream.running = true;
            return &stream;
        }
    }
    return nullptr;
}

void Http2Session::piece(Exchange& exchange, std::string bytes) {
    Stream& stream = stream_of(exchange);
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
    unsent_bytes_ += bytes.size();
    stream.unsent = std::move(bytes);
    nghttp2_session_resume_data(session_, stream.id);
}

void Http2Session::fail(Exchange& exchange) {
    Stream& stream = stream_of(exchange);
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
            output_.head.append(text(bytes, static_cast<std::size_t>(size)));
        } else if (flooded_ && !failed_) {
            terminate(NGHTTP2_ENHANCE_YOUR_CALM);
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
Millis Http2Session::patience(const Stream& stream) const {
    switch (stream.state) {
        case Stream::State::kHead:
            return context_.limits.header_timeout;
        case Stream::State::kBody:
            return context_.limits.body_timeout;
        case Stream::State::kAnswered:
            return stream.unsent.empty() ? Millis::max() : context_.limits.write_timeout;
        case Stream::State::kComplete:
        case Stream::State::kGivenOut:
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
