#include "protocol/event_body.h"

#include <array>
#include <exception>
#include <utility>

#include "api/messages.h"
#include "base/log.h"
#include "protocol/encoder.h"
#include "protocol/json_writer.h"
#include "wire/event_stream.h"

namespace millrace::protocol {
namespace {

using wire::EventHeader;

constexpr std::size_t kFrameRoom = 256;  // for all but the payload

constexpr EventHeader kJsonPayload{":content-type", "application/json"};

std::array<EventHeader, 3> event_headers(std::string_view type) {
    return {{{":event-type", type}, kJsonPayload, {":message-type", "event"}}};
}

// Unlike in a body, an internal failure has the name of a shape here, and a text.
std::string exception_frame(const api::ClientError& error) {
    const bool internal = error.type == api::ErrorType::kInternalFailure;
    const std::string_view type =
        internal ? "InternalFailureException" : api::type_name(error.type);
    const std::array<EventHeader, 3> headers = {
        {{":message-type", "exception"}, {":exception-type", type}, kJsonPayload}};
    std::string out;
    wire::EventFrame frame(out, headers);
    JsonWriter writer(out);
    writer.begin_structure();
    writer.key("message");
    writer.text(internal ? api::kInternalFailureText : std::string_view(error.message));
    writer.end_structure();
    frame.finish();
    return out;
}

}  // namespace

EventBody::EventBody(std::unique_ptr<api::EventSource> events, const model::Shape& shape)
    : events_(std::move(events)), shape_(shape) {}

Task<std::string> EventBody::next() {
    switch (phase_) {
        case Phase::kInitial:
            phase_ = Phase::kEvents;
            co_return wire::event_frame(event_headers("initial-response"), "{}");
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
    const auto headers = event_headers(shape_.name);
    out.reserve(kFrameRoom + encoded_size(Format::kJson, shape_, event.value().get()));
    wire::EventFrame frame(out, headers);
    encode(Format::kJson, shape_, event.value().get(), out);
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
