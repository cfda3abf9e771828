#include "protocol/event_body.h"

#include <array>
#include <exception>
#include <utility>

#include "api/messages.h"
#include "base/log.h"
#include "protocol/cbor_writer.h"
#include "protocol/encoder.h"
#include "protocol/json_writer.h"
#include "wire/event_stream.h"

namespace millrace::protocol {
namespace {

using wire::EventHeader;

constexpr std::size_t kFrameRoom = 256;  // for all but the payload

EventHeader payload_header(Format format) {
    return {":content-type", format == Format::kJson ? "application/json" : header_value(format)};
}

std::array<EventHeader, 3> event_headers(Format format, std::string_view type) {
    return {{{":event-type", type}, payload_header(format), {":message-type", "event"}}};
}

template <class Writer>
void write_message(Writer writer, std::string_view text) {
    writer.begin_structure();
    writer.key("message");
    writer.text(text);
    writer.end_structure();
}

}  // namespace

EventBody::EventBody(std::unique_ptr<api::EventSource> events, const model::Shape& shape,
                     Format format)
    : events_(std::move(events)), shape_(shape), format_(format) {}

// Unlike in a body, an internal failure has the name of a shape here, and a text.
std::string EventBody::exception_frame(const api::ClientError& error) const {
    const bool internal = error.type == api::ErrorType::kInternalFailure;
    const std::string_view type =
        internal ? "InternalFailureException" : api::type_name(error.type);
    const std::string_view text = internal ? api::kInternalFailureText : error.message;
    const std::array<EventHeader, 3> headers = {
        {{":message-type", "exception"}, {":exception-type", type}, payload_header(format_)}};
    std::string out;
    wire::EventFrame frame(out, headers);
    if (format_ == Format::kJson) {
        write_message(JsonWriter(out), text);
    } else {
        write_message(CborWriter(out), text);
    }
    frame.finish();
    return out;
}

Task<std::string> EventBody::next() {
    switch (phase_) {
        case Phase::kInitial:
            phase_ = Phase::kEvents;
            co_return wire::event_frame(event_headers(format_, "initial-response"),
                                        format_ == Format::kJson ? "{}" : "\xBF\xFF");
        case Phase::kEnded:
            co_return std::string();
        case Phase::kEvents:
            break;
    }
    std::string frame;
    try {
        frame = co_await next_event();
    } catch (const std::exception& e) {
        log::error("a stream of events failed: {} event={}", e.what(), shape_.name);
        phase_ = Phase::kEnded;
        frame = exception_frame(api::internal_failure());
    }
    co_return frame;
}

Task<std::string> EventBody::next_event() {
    const api::Answer<api::Event> event = co_await events_->next();
    if (event.has_error()) {
        phase_ = Phase::kEnded;
        co_return exception_frame(event.error());
    }
    std::string out;
    if (event.value() == nullptr) {
        phase_ = Phase::kEnded;
        co_return out;
    }
    const auto headers = event_headers(format_, shape_.name);
    out.reserve(kFrameRoom + encoded_room(format_, shape_, event.value().get()));
    wire::EventFrame frame(out, headers);
    encode(format_, shape_, event.value().get(), out);
    frame.finish();
    co_return out;
}

void EventBody::stop(Stop why) {
    switch (why) {
        case Stop::kClientGone:
            return events_->client_gone();
        case Stop::kDraining:
            return events_->server_stopping();
    }
}

}  // namespace millrace::protocol
