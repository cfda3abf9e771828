// Every row of the real operations table, in both encodings, through the real pipeline: a whole
// request binds alike from JSON and CBOR and violates nothing; each member left out or given the
// wrong type is answered with the service's words. Handlers are never reached. The bodies are made
// from the shapes, and encoded by another library than ours.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "env/entropy.h"
#include "env/manual_clock.h"
#include "protocol/binder.h"
#include "protocol/encoder.h"
#include "protocol/pipeline.h"
#include "support/sync_wait.h"
#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

using model::Field;
using model::Kind;
using model::Shape;
using nlohmann::json;

std::string lower_first(std::string_view name) {
    std::string out(name);
    out[0] = static_cast<char>(std::tolower(out[0]));
    return out;
}

std::string sample_text(const Field& field) {
    if (!field.values.empty())
        return std::string(field.values.back());
    if (field.pattern == nullptr)
        return "sample";
    for (const char* const text :
         {"sample", "0", "arn:aws:kinesis:us-east-1:000000000000:stream/sample",
          "arn:aws:kinesis:us-east-1:000000000000:stream/sample/consumer/c:1",
          "arn:aws:kinesis:us-east-1:000000000000:channel/sample", "arn:aws:s3:::sample",
          "arn:aws:iam::000000000000:role/sample", "000000000000", "abcdefghij0123456789-abc"}) {
        if (field.pattern->matches(text))
            return text;
    }
    ADD_FAILURE() << "no sample satisfies " << field.pattern->text;
    return {};
}

json sample(const Shape& shape);

json sample(const Field& field) {
    switch (field.kind) {
        case Kind::kString:
            return sample_text(field);
        case Kind::kInteger:
        case Kind::kLong:
            return field.range.min.value_or(7);
        case Kind::kBoolean:
            return true;
        case Kind::kBlob:
            return "c2FtcGxl";
        case Kind::kTimestamp:
            return 1700000000;
        case Kind::kStructure:
            return sample(*field.shape);
        case Kind::kList:
            return json::array({field.shape ? sample(*field.shape) : json(sample_text(field))});
        case Kind::kMap:
            return json{{"key", "value"}};
    }
    return {};
}

json sample(const Shape& shape) {
    json document = json::object();
    for (const Field& field : shape.fields)
        document[std::string(field.name)] = sample(field);
    return document;
}

// A value of another type than the field's, and what is said of it.
std::pair<json, std::string> mismatch(Kind kind) {
    const std::string text = "class java.lang.String can not be converted to ";
    const std::string number =
        "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to ";
    switch (kind) {
        case Kind::kString:
            return {1, number + "an String"};
        case Kind::kInteger:
            return {"1", text + "an Integer"};
        case Kind::kLong:
            return {"1", text + "an Long"};
        case Kind::kBoolean:
            return {1, number + "an Boolean"};
        case Kind::kBlob:
            return {1, number + "a Blob"};
        case Kind::kTimestamp:
            return {"now", text + "milliseconds since epoch"};
        case Kind::kStructure:
            return {"x", "Expected null"};
        case Kind::kList:
            return {"x", "Expected list or null"};
        case Kind::kMap:
            return {"x", "Expected map or null"};
    }
    return {};
}

std::string body_of(const json& document, bool cbor) {
    if (!cbor)
        return document.dump();
    const auto bytes = json::to_cbor(document);
    return {bytes.begin(), bytes.end()};
}

class EveryOperation : public testing::TestWithParam<const api::Operation*> {
protected:
    const api::Operation& row() const { return *GetParam(); }

    json answer(const json& document, bool cbor) {
        const std::string body = body_of(document, cbor);
        const std::string target = "Kinesis_20131202." + std::string(row().name);
        wire::Request request;
        request.method = "POST";
        request.target = "/";
        request.headers = {
            {"x-amz-target", target},
            {"content-type", cbor ? "application/x-amz-cbor-1.1" : "application/x-amz-json-1.1"},
            {"authorization", "X Credential=AK/d/us-east-1/kinesis/x,SignedHeaders=b,Signature=c"},
            {"date", "now"}};
        request.body = body;
        const wire::Response response = test::sync_wait(pipeline_.handle(request));
        EXPECT_EQ(response.status, 400u);
        return cbor ? json::from_cbor(response.body) : json::parse(response.body);
    }

    Metrics metrics_;
    env::ManualClock clock_;
    env::SystemEntropy entropy_;
    std::aligned_storage_t<64> no_broker_;
    Pipeline pipeline_{*static_cast<stream::Broker*>(static_cast<void*>(&no_broker_)), metrics_,
                       Settings{}, clock_, entropy_};
};

TEST_P(EveryOperation, WholeRequestsBindAlikeFromBothEncodings) {
    const json document = sample(*row().request);
    std::string seen[2];
    for (const bool cbor : {false, true}) {
        const std::string body = body_of(document, cbor);
        const auto call = row().make();
        Arena arena(0);
        // The sample's timestamps are bare numbers, in seconds for both.
        Binder binder(*row().request, call->request(), arena, Binder::TimeUnit::kSeconds);
        ASSERT_TRUE(cbor ? read_cbor(body, binder, arena) : read_json(body, binder, arena));
        EXPECT_FALSE(binder.failure());
        EXPECT_EQ(find_violations(*row().request, call->request(), binder.null_elements()),
                  std::nullopt);
        seen[cbor] = encode(Format::kJson, *row().request, call->request());
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(json::parse(seen[0]), document);
}

TEST_P(EveryOperation, EachMissingRequiredMemberIsNamed) {
    for (const Field& field : row().request->fields) {
        if (!field.required)
            continue;
        json document = sample(*row().request);
        document.erase(std::string(field.name));
        const json expected = {
            {"__type", "ValidationException"},
            {"message", "1 validation error detected: Value null at '" + lower_first(field.name) +
                            "' failed to satisfy constraint: Member must not be "
                            "null"}};
        EXPECT_EQ(answer(document, false), expected);
        EXPECT_EQ(answer(document, true), expected);
        document[std::string(field.name)] = nullptr;
        EXPECT_EQ(answer(document, false), expected);
        EXPECT_EQ(answer(document, true), expected);
    }
}

TEST_P(EveryOperation, EachMemberOfTheWrongTypeIsRefused) {
    for (const Field& field : row().request->fields) {
        const auto [value, message] = mismatch(field.kind);
        json document = sample(*row().request);
        document[std::string(field.name)] = value;
        const json expected = {{"__type", "SerializationException"}, {"Message", message}};
        EXPECT_EQ(answer(document, false), expected) << field.name;
        EXPECT_EQ(answer(document, true), expected) << field.name;
    }
}

// What the binder takes for granted of shapes.
void expect_sound(const Shape& shape, std::size_t depth, bool request) {
    EXPECT_TRUE(!request || depth < Binder::kDepthMax) << shape.name;
    std::set<std::string_view> names;
    for (const Field& field : shape.fields) {
        EXPECT_TRUE(names.insert(field.name).second) << shape.name << "." << field.name;
        if (field.shape != nullptr)
            expect_sound(*field.shape, depth + (field.kind == Kind::kList ? 2 : 1), request);
    }
}

TEST_P(EveryOperation, ShapesAreSound) {
    ASSERT_NE(row().request, nullptr);
    expect_sound(*row().request, 1, true);
    if (row().response != nullptr)
        expect_sound(*row().response, 1, false);
}

std::vector<const api::Operation*> rows() {
    std::vector<const api::Operation*> all;
    for (const api::Operation& row : api::operations())
        all.push_back(&row);
    return all;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryOperation, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(row.param->name); });

}  // namespace
}  // namespace millrace::protocol
