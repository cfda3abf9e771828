// The events of a streaming operation as an event-stream body: the initial response at once, then a
// frame for each event, and a last one if it ends with an error. Payloads are JSON, but
// for RPC v2, where they are CBOR.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/events.h"
#include "model/shape.h"
#include "protocol/content_type.h"
#include "wire/handler.h"

namespace millrace::protocol {

inline constexpr std::string_view kEventStreamType = "application/vnd.amazon.eventstream";

class EventBody final : public wire::Source {
public:
    // `shape` is that of each event, and names them.
    EventBody(std::unique_ptr<api::EventSource> events, const model::Shape& shape, Format format);

    Task<std::string> next() override;
    void stop(Stop why) override;

private:
    enum class Phase : std::uint8_t { kInitial, kEvents, kEnded };

    Task<std::string> next_event();
    std::string exception_frame(const api::ClientError& error) const;

    const std::unique_ptr<api::EventSource> events_;
    const model::Shape& shape_;
    const Format format_;
    Phase phase_ = Phase::kInitial;
};

}  // namespace millrace::protocol
