// The operations table: one row per operation of the newest Kinesis model (45). It drives routing,
// type coercion, constraint messages, both codecs, the metrics' labels and the per-operation tests.
// To add an operation: one row, one shape pair, one function, one test.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/events.h"
#include "base/task.h"
#include "model/arn.h"
#include "model/shape.h"

namespace millrace::api {

// One invocation: owns the typed request, then the typed response. The binder fills request() by
// the row's shape; after run() returned success, the encoder reads response() by the row's shape.
// What the request's views point to must outlive the Call.
class Call : public Recycled {
public:
    virtual ~Call() = default;
    virtual void* request() = 0;
    virtual Task<Answer<void>> run(Context& context) = 0;
    virtual const void* response() const = 0;
    // The stream the filled request names, however it does: nothing if it names none, or none that
    // could be meant.
    virtual std::optional<model::StreamArn> stream(const Context&) const { return std::nullopt; }
    // Of a streaming row, once, after run() returned success: its events have the row's response
    // shape, whose name is theirs.
    virtual std::unique_ptr<EventSource> events() { return nullptr; }
};

enum class OperationKind : std::uint8_t {
    kUnary,
    kStreaming,  // success is followed by events, for as long as it lasts
};

struct Operation {
    std::string_view name;
    OperationKind kind;
    const model::Shape* request;   // never null
    const model::Shape* response;  // null: no output shape, success has an empty body
    std::unique_ptr<Call> (*make)();
    // Of one account in one region; 0: without limit.
    std::uint32_t calls_per_second = 5;
    bool for_each_stream = false;  // these, or for all streams together
    // The response views nothing of its request, so that a large one may be sent while it is
    // encoded.
    bool outlives_request = false;

    // The row with another limit.
    constexpr Operation at(std::uint32_t calls) const {
        Operation row = *this;
        row.calls_per_second = calls;
        return row;
    }
    constexpr Operation at_for_each_stream(std::uint32_t calls) const {
        Operation row = at(calls);
        row.for_each_stream = true;
        return row;
    }
    constexpr Operation outliving_request() const {
        Operation row = *this;
        row.outlives_request = true;
        return row;
    }
};

std::span<const Operation> operations();                 // in alphabetical order
const Operation* find_operation(std::string_view name);  // null: unknown

}  // namespace millrace::api
