#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "base/check.h"
#include "wire/http2_fields.h"
#include "wire/http2_session.h"
#include "wire/http2_stream.h"

namespace millrace::wire {
namespace {

constexpr std::size_t kFrameHeadBytes = 9;
// What a header costs beside its text, RFC 9113, 6.5.2.
constexpr std::size_t kFieldBytes = 32;

}  // namespace

// Everything here runs inside nghttp2: nothing throws, nothing calls back into feed() or produce().
struct Http2Session::Callbacks final {
    using Self = Http2Session;

    static Self& self(void* user) noexcept { return *static_cast<Self*>(user); }
    static Http2Stream* find(nghttp2_session* session, std::int32_t id) noexcept {
        return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
    }
    static int fault(Self& self, std::uint32_t error) noexcept {
        self.fault_ = error;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    static int flooded(Self& self) noexcept { return fault(self, NGHTTP2_ENHANCE_YOUR_CALM); }
    static int count(Self& self) noexcept {
        return self.guard_.pass(self.context_.now) ? 0 : flooded(self);
    }

    // The client ended the stream, or opened one after it: nothing of it can still be on its way.
    static bool over(Self& self, nghttp2_session* session, std::int32_t id) noexcept {
        return id % 2 == 1 && id > self.reset_until_ &&
               id <= nghttp2_session_get_last_proc_stream_id(session) &&
               find(session, id) == nullptr;
    }

    static int begin_frame(nghttp2_session* session, const nghttp2_frame_hd* frame,
                           void* user) noexcept {
        Self& me = self(user);
        const std::int32_t id = frame->stream_id;
        if ((frame->type == NGHTTP2_HEADERS && over(me, session, id)) ||
            (frame->type == NGHTTP2_PRIORITY && id == 0)) {
            return fault(me, NGHTTP2_PROTOCOL_ERROR);
        }
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
        Http2Stream* const stream = find(session, frame->hd.stream_id);
        if (stream == nullptr) {
            return 0;
        }
        stream->head_bytes += name_size + value_size + kFieldBytes;
        const std::size_t limit = me.context_.limits.header_bytes_max;
        if (stream->head_bytes > limit) {
            // Few bytes can stand for very many: there is an end to expanding them as well.
            return stream->head_bytes > 16 * limit ? flooded(me) : 0;
        }
        if (stream->state != Http2Stream::State::kHead) {
            return 0;  // trailers carry nothing we would act on
        }
        stream->head.append(octet_text(name, name_size));
        const std::size_t name_end = stream->head.size();
        stream->head.append(octet_text(value, value_size));
        stream->fields.push_back({name_end, stream->head.size()});
        return 0;
    }

    static int data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                    const std::uint8_t* bytes, std::size_t size, void* user) noexcept {
        if (Http2Stream* const stream = find(session, id)) {
            self(user).add_body(*stream, octet_text(bytes, size));
        }
        return 0;
    }

    static int frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
        Self& me = self(user);
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
            case NGHTTP2_HEADERS:
                if (Http2Stream* const stream = find(session, frame->hd.stream_id)) {
                    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
                        me.finish_head(*stream);
                    }
                    if (ends) {
                        me.complete(*stream);
                    }
                }
                return 0;
            case NGHTTP2_DATA:
                if (Http2Stream* const stream = find(session, frame->hd.stream_id);
                    stream && ends) {
                    me.complete(*stream);
                }
                return frame->hd.length == 0 && !ends ? count(me) : 0;
            case NGHTTP2_RST_STREAM:
                if (Http2Stream* const stream = find(session, frame->hd.stream_id)) {
                    stream->client_reset = true;
                }
                return 0;
            case NGHTTP2_PING:
            case NGHTTP2_SETTINGS:
                return (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 ? count(me) : 0;
            default:
                return 0;
        }
    }

    static int closed(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) noexcept;
    static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head,
                         std::size_t size, nghttp2_data_source* source, void* user) noexcept {
        Self& me = self(user);
        if (me.output_full()) {
            return NGHTTP2_ERR_WOULDBLOCK;
        }
        Http2Stream& stream = *static_cast<Http2Stream*>(source->ptr);
        std::string& out = me.output_.head;
        out.append(octet_text(head, kFrameHeadBytes));
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
};

int Http2Session::Callbacks::closed(nghttp2_session* session, std::int32_t id, std::uint32_t error,
                                    void* user) noexcept {
    Self& me = self(user);
    Http2Stream* const stream = find(session, id);
    // Whoever reset it, the client is behind it: what it sent was wrong, or it gave up.
    const bool reset = error != NGHTTP2_NO_ERROR;
    if (stream == nullptr || (!stream->client_reset && (reset || stream->was_reset))) {
        me.reset_until_ = std::max(me.reset_until_, id);
    }
    if (stream != nullptr) {
        me.closed(*stream);
    }
    if (reset && !me.guard_.pass(me.context_.now)) {
        me.fault_ = NGHTTP2_ENHANCE_YOUR_CALM;
    }
    return 0;
}

const nghttp2_session_callbacks* Http2Session::callbacks() {
    static const nghttp2_session_callbacks* const all = [] {
        nghttp2_session_callbacks* made = nullptr;
        CHECK(nghttp2_session_callbacks_new(&made) == 0);
        nghttp2_session_callbacks_set_on_begin_frame_callback(made, Callbacks::begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(made, Callbacks::begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(made, Callbacks::header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Callbacks::data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(made, Callbacks::frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(made, Callbacks::closed);
        nghttp2_session_callbacks_set_send_data_callback(made, Callbacks::send_data);
        return made;
    }();
    return all;
}

const nghttp2_option* Http2Session::options() {
    static const nghttp2_option* const options = [] {
        nghttp2_option* made = nullptr;
        CHECK(nghttp2_option_new(&made) == 0);
        nghttp2_option_set_no_closed_streams(made, 1);
        return made;
    }();
    return options;
}

}  // namespace millrace::wire
