// The two hot paths between bytes and structs: reading a PutRecords of 500 x 1 KiB, writing a
// GetRecords of 1 MiB; and what checking a signature adds. bytes_per_second counts the body.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "api/get.h"
#include "api/put.h"
#include "api/shapes.h"
#include "base/base64.h"
#include "protocol/cbor_reader.h"
#include "protocol/encoder.h"
#include "protocol/json_reader.h"
#include "protocol/signature.h"
#include "protocol/validator.h"

namespace millrace::protocol {
namespace {

std::string random_bytes(std::size_t size) {
    std::mt19937 random(1);
    std::string bytes(size, '\0');
    for (char& c : bytes)
        c = static_cast<char>(random());
    return bytes;
}

api::PutRecordsRequest put_records(const std::string& payload, std::size_t count) {
    api::PutRecordsRequest request;
    request.stream_name = "orders";
    request.records.emplace().resize(count);
    for (auto& record : *request.records) {
        record.partition_key = "partition-key-0123456789";
        record.data = as_bytes(payload);
    }
    return request;
}

void bind_put_records(benchmark::State& state, Format format) {
    const std::string payload = random_bytes(1024);
    const auto request = put_records(payload, 500);
    const std::string body = encode(format, api::kPutRecordsInput, &request);
    for (auto _ : state) {
        api::PutRecordsRequest bound;
        Arena arena(body.size());
        Binder binder(api::kPutRecordsInput, &bound, arena, Binder::TimeUnit::kSeconds);
        const bool ok = format == Format::kJson ? read_json(body, binder, arena)
                                                : read_cbor(body, binder, arena);
        if (!ok || find_violations(api::kPutRecordsInput, &bound, binder.null_elements())) {
            state.SkipWithError("does not bind");
        }
        benchmark::DoNotOptimize(bound);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}
BENCHMARK_CAPTURE(bind_put_records, json, Format::kJson);
BENCHMARK_CAPTURE(bind_put_records, cbor, Format::kCbor);

void encode_get_records(benchmark::State& state, Format format) {
    const std::string payload = random_bytes(1024);
    api::GetRecordsResponse response;
    response.records.resize(1024);
    for (auto& record : response.records) {
        record.data = as_bytes(payload);
        record.partition_key = "partition-key-0123456789";
        record.approximate_arrival_timestamp = wall_time(1700000000123);
    }
    std::size_t size = 0;
    for (auto _ : state) {
        const std::string body = encode(format, api::kGetRecordsOutput, &response);
        size = body.size();
        benchmark::DoNotOptimize(body.data());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
}
BENCHMARK_CAPTURE(encode_get_records, json, Format::kJson);
BENCHMARK_CAPTURE(encode_get_records, cbor, Format::kCbor);

void check_signature_of(benchmark::State& state, std::size_t body_bytes) {
    const std::string body = random_bytes(body_bytes);
    const std::string unsigned_yet =
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/kinesis/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=";
    std::string authorization = unsigned_yet + "0";
    wire::Request request;
    request.method = "POST";
    request.target = "/";
    request.body = body;
    request.headers = {{"Host", "localhost:4567"},
                       {"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Target", "Kinesis_20131202.PutRecord"},
                       {"X-Amz-Date", "20260101T000000Z"},
                       {"Authorization", authorization}};
    const AccessKeys keys({{"AKID", "secret", "", ""}});
    authorization = unsigned_yet + signature_of(request, authenticate(request), "secret");
    request.headers.back().value = authorization;
    const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    for (auto _ : state) {
        const Proof proof = check_signature(request, authenticate(request), keys, "kinesis", now);
        if (proof.key == nullptr)
            state.SkipWithError(proof.failure->message.c_str());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}
BENCHMARK_CAPTURE(check_signature_of, put_record_100B, 250);
BENCHMARK_CAPTURE(check_signature_of, put_record_1KiB, 1500);
BENCHMARK_CAPTURE(check_signature_of, put_records_500_1KiB, 700'000);

void base64_encode(benchmark::State& state, base64::Path path) {
    const std::string raw = random_bytes(16 * 1024);
    std::string out(base64::encoded_size(raw.size()), '\0');
    for (auto _ : state) {
        base64::encode(as_bytes(raw), out.data(), path);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
}
BENCHMARK_CAPTURE(base64_encode, plain, base64::Path::kPlain);
BENCHMARK_CAPTURE(base64_encode, best, base64::best_path());

void base64_decode(benchmark::State& state, base64::Path path) {
    const std::string raw = random_bytes(16 * 1024);
    std::string text(base64::encoded_size(raw.size()), '\0');
    base64::encode(as_bytes(raw), text.data());
    std::vector<std::byte> out(base64::decoded_size_max(text.size()));
    for (auto _ : state) {
        benchmark::DoNotOptimize(base64::decode(text, out.data(), path));
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(base64_decode, plain, base64::Path::kPlain);
BENCHMARK_CAPTURE(base64_decode, best, base64::best_path());

}  // namespace
}  // namespace millrace::protocol
