// What the body fuzzers check. Of any bytes: reading them neither crashes nor depends on more than
// they say. Of what binds: written in any encoding it is as long as was measured beforehand, and
// the same at once and in pieces; bound again it is the same, and so are the constraints it
// violates.
#pragma once

#include <array>
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
    std::array<std::string, 3> written;  // by kFormats
    std::string violations;
};

constexpr std::array kFormats = {Format::kJson, Format::kCbor, Format::kRpcCbor};

inline void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

inline void read(Reading& reading, const api::Operation& row, std::string body, Format format) {
    reading.body = std::move(body);
    reading.call = row.make();
    Binder binder(
        *row.request, reading.call->request(), reading.arena,
        format == Format::kCbor ? Binder::TimeUnit::kMilliseconds : Binder::TimeUnit::kSeconds);
    const bool well_formed = format == Format::kJson
                                 ? read_json(reading.body, binder, reading.arena)
                                 : read_cbor(reading.body, binder, reading.arena);
    reading.whole = well_formed && !binder.failure();
    if (!reading.whole)
        return;
    for (std::size_t i = 0; i < kFormats.size(); ++i) {
        const void* const request = reading.call->request();
        std::string& written = reading.written[i];
        written = encode(kFormats[i], *row.request, request);
        fail_unless(encoded_size(kFormats[i], *row.request, request) == written.size());
        PieceEncoder encoder(kFormats[i], *row.request, request);
        std::string pieces;
        for (std::string piece = encoder.next(); !piece.empty(); piece = encoder.next())
            pieces += piece;
        fail_unless(pieces == written);
    }
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
    for (std::size_t i = 0; i < kFormats.size(); ++i) {
        Reading again;
        read(again, row, first.written[i], kFormats[i]);
        fail_unless(again.whole && again.written == first.written);
        fail_unless(again.violations == first.violations);
    }
}

}  // namespace millrace::protocol
