// What both body fuzzers check. Of any bytes: reading them neither crashes nor depends on more than
// they say. Of what binds: written in either encoding and bound again, it is the same, and so are
// the constraints it violates.
#pragma once

#include <cstdlib>
#include <string>

#include "api/operations.h"
#include "protocol/cbor_reader.h"
#include "protocol/encoder.h"
#include "protocol/json_reader.h"
#include "protocol/validator.h"

namespace millrace::protocol {

struct Reading {
    std::string body;
    Arena arena{0};
    std::unique_ptr<api::Call> call;
    bool whole = false;
    std::string json;
    std::string cbor;
    std::string violations;
};

inline void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

inline void read(Reading& reading, const api::Operation& row, std::string body, Format format) {
    reading.body = std::move(body);
    reading.call = row.make();
    const bool cbor = format == Format::kCbor;
    Binder binder(*row.request, reading.call->request(), reading.arena,
                  cbor ? Binder::TimeUnit::kMilliseconds : Binder::TimeUnit::kSeconds);
    const bool well_formed = cbor ? read_cbor(reading.body, binder, reading.arena)
                                  : read_json(reading.body, binder, reading.arena);
    reading.whole = well_formed && !binder.failure();
    if (!reading.whole)
        return;
    reading.json = encode(Format::kJson, *row.request, reading.call->request());
    reading.cbor = encode(Format::kCbor, *row.request, reading.call->request());
    reading.violations =
        find_violations(*row.request, reading.call->request(), binder.null_elements()).value_or("");
}

// The first byte picks the operation.
inline void fuzz_body(std::string_view input, Format format) {
    if (input.empty())
        return;
    const auto rows = api::operations();
    const api::Operation& row = rows[static_cast<unsigned char>(input.front()) % rows.size()];
    Reading first;
    read(first, row, std::string(input.substr(1)), format);
    if (!first.whole)
        return;
    Reading from_json;
    read(from_json, row, first.json, Format::kJson);
    Reading from_cbor;
    read(from_cbor, row, first.cbor, Format::kCbor);
    fail_unless(from_json.whole && from_cbor.whole);
    fail_unless(from_json.json == first.json && from_cbor.json == first.json);
    fail_unless(from_json.cbor == first.cbor && from_cbor.cbor == first.cbor);
    fail_unless(from_json.violations == from_cbor.violations);
}

}  // namespace millrace::protocol
