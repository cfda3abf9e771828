#include "protocol/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>

#include "base/log.h"
#include "base/result.h"
#include "env/manual_clock.h"
#include "protocol/encoder.h"
#include "protocol/signature.h"
#include "support/sync_wait.h"
#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

// What the made-up operation "Echo" was called with, and what it shall answer.
struct Play {
    std::function<api::Answer<void>(const Whole&, Whole&, api::Context&)> act;
    std::atomic<int> calls = 0;
};
Play* play = nullptr;

class EchoCall final : public api::Call {
public:
    void* request() override { return &request_; }
    Task<api::Answer<void>> run(api::Context& context) override {
        ++play->calls;
        co_return play->act(request_, response_, context);
    }
    const void* response() const override { return &response_; }

private:
    Whole request_;
    Whole response_;
};

// Echoes its request as an event, for ever.
class EchoEvents final : public api::EventSource {
public:
    explicit EchoEvents(std::string text) : text_(std::move(text)) {}
    Task<api::Answer<api::Event>> next() override {
        auto event = std::make_shared<Whole>();
        event->text = text_;
        co_return api::Event(std::move(event));
    }
    void client_gone() override {}
    void server_stopping() override {}

private:
    const std::string text_;
};

class EchoesCall final : public api::Call {
public:
    void* request() override { return &request_; }
    Task<api::Answer<void>> run(api::Context& context) override {
        co_return play->act(request_, response_, context);
    }
    const void* response() const override { return nullptr; }
    std::unique_ptr<api::EventSource> events() override {
        return std::make_unique<EchoEvents>(std::string(*request_.text));
    }

private:
    Whole request_;
    Whole response_;
};

constexpr model::Field kEchoFields[] = {
    model::string_field<&Whole::text>("Text").require().within(1, 4),
    model::integer_field<&Whole::integer>("Integer"),
    model::blob_field<&Whole::blob>("Blob"),
};
constexpr model::Shape kEcho{"Echo", kEchoFields};

constexpr model::Field kLargeFields[] = {
    model::string_field<&Whole::text>("Text"),
    model::list_field<&Whole::parts>("Parts", kPart),
};
constexpr model::Shape kLarge{"Large", kLargeFields};

std::unique_ptr<api::Call> make_echo() {
    return std::make_unique<EchoCall>();
}

std::unique_ptr<api::Call> make_echoes() {
    return std::make_unique<EchoesCall>();
}

// Without limits: there is no broker to ask.
constexpr api::Operation kOperations[] = {
    api::Operation{"Echo", api::OperationKind::kUnary, &kEcho, &kEcho, make_echo}.at(0),
    api::Operation{"Large", api::OperationKind::kUnary, &kEcho, &kLarge, make_echo}.at(0),
    api::Operation{"LargeAlone", api::OperationKind::kUnary, &kEcho, &kLarge, make_echo}
        .at(0)
        .outliving_request(),
    api::Operation{"Echoes", api::OperationKind::kStreaming, &kEcho, &kEcho, make_echoes}.at(0),
    api::Operation{"Quiet", api::OperationKind::kUnary, &kEcho, nullptr, make_echo}.at(0),
};

constexpr std::string_view kJsonType = "application/x-amz-json-1.1";
constexpr std::string_view kCborType = "application/x-amz-cbor-1.1";
constexpr std::string_view kAuthorization =
    "AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-west-1/kinesis/aws4_request, "
    "SignedHeaders=host, Signature=00";

class PipelineTest : public testing::Test {
protected:
    PipelineTest() {
        play = &play_;
        play_.act = [](const Whole& request, Whole& response, api::Context&) {
            response = request;
            return api::Answer<void>(success());
        };
    }

    // A request that passes all checks; each test spoils it.
    struct Sent {
        std::string method = "POST";
        std::string target = "/";
        std::vector<std::pair<std::string, std::string>> headers = {
            {"X-Amz-Target", "Kinesis_20131202.Echo"},
            {"Content-Type", std::string(kJsonType)},
            {"Authorization", std::string(kAuthorization)},
            {"X-Amz-Date", "20260101T000000Z"}};
        std::string body = R"({"Text":"abc"})";
        std::string peer;

        Sent& with(const std::string& name, const std::string& value) {
            without(name);
            headers.emplace_back(name, value);
            return *this;
        }
        Sent& without(const std::string& name) {
            std::erase_if(headers, [&](const auto& h) { return h.first == name; });
            return *this;
        }
    };

    wire::Response send(const Sent& sent) {
        wire::Request request;
        request.method = sent.method;
        request.target = sent.target;
        request.body = sent.body;
        request.peer = sent.peer;
        for (const auto& [name, value] : sent.headers)
            request.headers.push_back({name, value});
        return test::sync_wait(pipeline_.handle(request));
    }

    static std::string header(const wire::Response& response, std::string_view name) {
        std::string value = "absent";
        for (const auto& [n, v] : response.headers) {
            if (n != name)
                continue;
            EXPECT_EQ(value, "absent") << name << " twice";
            value = v;
        }
        return value;
    }

    static void expect(const wire::Response& response, unsigned status, std::string_view type,
                       std::string_view body) {
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(header(response, "Content-Type"), type);
        EXPECT_EQ(response.body, body);
        EXPECT_EQ(header(response, "x-amzn-RequestId").size(), 36u);
        EXPECT_EQ(header(response, "x-amz-id-2").size(), 96u);
    }

    Metrics metrics_;
    env::ManualClock clock_;
    env::SystemEntropy entropy_;
    Play play_;
    // Never looked at: a Context only passes it on.
    std::aligned_storage_t<64> no_broker_;
    Pipeline pipeline_{*static_cast<stream::Broker*>(static_cast<void*>(&no_broker_)),
                       metrics_,
                       Settings{},
                       clock_,
                       entropy_,
                       kOperations};
};

TEST_F(PipelineTest, JsonIsAnsweredInJson) {
    expect(send({}), 200, kJsonType, R"({"Text":"abc"})");
    EXPECT_EQ(play_.calls, 1);
}

TEST_F(PipelineTest, CborIsAnsweredInCbor) {
    Sent sent;
    sent.with("Content-Type", std::string(kCborType));
    sent.body = hex("a2 64 54657874 63 616263 64 426c6f62 43 ff00ff");
    expect(send(sent), 200, kCborType, hex("bf 64 54657874 63 616263 64 426c6f62 43 ff00ff ff"));
}

TEST_F(PipelineTest, OperationsWithoutOutputAnswerNothing) {
    expect(send(Sent().with("X-Amz-Target", "Kinesis_20131202.Quiet")), 200, kJsonType, "");
}

// A large answer that outlives its request is encoded as it is sent; any other, at once.
TEST_F(PipelineTest, LargeAnswersComeInPiecesOfKnownLength) {
    static const std::string kText = "views nothing of the request";
    Whole answer;
    const auto answer_parts = [&](std::size_t parts) {
        answer.text = kText;
        answer.parts.emplace(parts, Part{"WIDE", 7});
        play_.act = [&](const Whole&, Whole& response, api::Context&) {
            response = answer;
            return api::Answer<void>(success());
        };
    };
    for (const std::string_view type : {kJsonType, kCborType}) {
        const Format format = type == kJsonType ? Format::kJson : Format::kCbor;
        Sent sent;
        sent.with("X-Amz-Target", "Kinesis_20131202.LargeAlone")
            .with("Content-Type", std::string(type));
        if (format == Format::kCbor)
            sent.body = hex("a1 64 54657874 63 616263");
        answer_parts(10);
        wire::Response small = send(sent);
        EXPECT_EQ(small.source, nullptr);
        EXPECT_EQ(small.source_bytes, std::nullopt);

        answer_parts(200'000);
        const std::string whole = encode(format, kLarge, &answer);
        wire::Response large = send(sent);
        ASSERT_NE(large.source, nullptr);
        EXPECT_EQ(header(large, "Content-Type"), type);
        EXPECT_EQ(large.body.size() + large.source_bytes.value_or(0), whole.size());
        EXPECT_LT(large.body.size(), whole.size() / 2) << "the first piece";
        std::string got = large.body;
        large.source->stop(wire::Source::Stop::kDraining);
        for (std::string piece = test::sync_wait(large.source->next()); !piece.empty();
             piece = test::sync_wait(large.source->next())) {
            got += piece;
        }
        EXPECT_EQ(got, whole) << "a client is not left with half of it";

        sent.with("X-Amz-Target", "Kinesis_20131202.Large");
        const wire::Response at_once = send(sent);
        EXPECT_EQ(at_once.source, nullptr);
        EXPECT_EQ(at_once.body, whole);
    }
}

TEST_F(PipelineTest, ContentTypeParametersAndThePathDoNotMatter) {
    Sent sent;
    sent.with("Content-Type", " application/x-amz-json-1.1 ; charset=UTF-8 ");
    sent.target = "/any/path?x=y";
    expect(send(sent), 200, kJsonType, R"({"Text":"abc"})");
}

TEST_F(PipelineTest, IdentityComesFromTheCredentialScope) {
    std::string account, region;
    play_.act = [&](const Whole&, Whole&, api::Context& context) {
        account = context.account;
        region = context.region;
        return api::Answer<void>(success());
    };
    send({});
    EXPECT_EQ(account, "123456789012");
    EXPECT_EQ(region, "eu-west-1");
    Sent sent;
    sent.without("Authorization");
    sent.target =
        "/?X-Amz-Algorithm=a&X-Amz-Credential=AKIA%2F20260101%2Fap-south-1%2Fkinesis%2Faws4_"
        "request&"
        "X-Amz-Signature=s&X-Amz-SignedHeaders=h&X-Amz-Date=d";
    send(sent);
    EXPECT_EQ(account, "000000000000");
    EXPECT_EQ(region, "ap-south-1");
}

TEST_F(PipelineTest, HandlersKnowWhereTheCallerIs) {
    std::string source = "none";
    play_.act = [&](const Whole&, Whole&, api::Context& context) {
        source = context.source_ip;
        return api::Answer<void>(success());
    };
    send({});
    EXPECT_EQ(source, "");
    Sent sent;
    sent.peer = "192.0.2.7";
    send(sent);
    EXPECT_EQ(source, "192.0.2.7");
}

TEST_F(PipelineTest, HandlersErrorsAreRendered) {
    play_.act = [](const Whole&, Whole&, api::Context&) {
        return api::Answer<void>(
            api::ClientError{api::ErrorType::kResourceNotFound, "Stream \"s\" not found."});
    };
    expect(send({}), 400, kJsonType,
           R"({"__type":"ResourceNotFoundException","message":"Stream \"s\" not found."})");
    play_.act = [](const Whole&, Whole&, api::Context&) {
        return api::Answer<void>(api::ClientError{api::ErrorType::kInternalFailure, "secret"});
    };
    expect(send({}), 500, kJsonType, R"({"__type":"InternalFailure"})");
}

TEST_F(PipelineTest, AHandlerThatThrowsIsAnInternalFailure) {
    play_.act = [](const Whole&, Whole&, api::Context&) -> api::Answer<void> {
        throw std::runtime_error("a bug");
    };
    expect(send({}), 500, kJsonType, R"({"__type":"InternalFailure"})");
    Sent sent;
    sent.with("Content-Type", std::string(kCborType));
    sent.body = hex("a1 64 54657874 61 61");
    expect(send(sent), 500, kCborType,
           hex("bf 66 5f5f74797065 6f 496e7465726e616c4661696c757265 ff"));
    play_.act = [](const Whole&, Whole&, api::Context&) -> api::Answer<void> { throw 1; };
    EXPECT_EQ(send({}).status, 500u);
}

TEST_F(PipelineTest, PreflightsAreAnsweredAtOnce) {
    Sent sent;
    sent.method = "OPTIONS";
    sent.body = "";
    sent.headers = {{"Origin", "https://a"},
                    {"Access-Control-Request-Headers", "x-amz-target"},
                    {"Access-Control-Request-Method", "POST"}};
    const auto response = send(sent);
    EXPECT_EQ(response.status, 200u);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(header(response, "Content-Type"), "absent");
    EXPECT_EQ(header(response, "x-amz-id-2"), "absent");
    EXPECT_EQ(header(response, "x-amzn-RequestId").size(), 36u);
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header(response, "Access-Control-Allow-Headers"), "x-amz-target");
    EXPECT_EQ(header(response, "Access-Control-Allow-Methods"), "POST");
    EXPECT_EQ(header(response, "Access-Control-Max-Age"), "172800");
    EXPECT_EQ(header(response, "Access-Control-Expose-Headers"), "absent");
    sent.headers = {{"Origin", "https://a"}};
    EXPECT_EQ(header(send(sent), "Access-Control-Allow-Headers"), "absent");
    EXPECT_EQ(header(send(sent), "Access-Control-Allow-Methods"), "absent");
}

TEST_F(PipelineTest, OtherRequestsFromBrowsersMayReadOurHeaders) {
    const auto response = send(Sent().with("Origin", "https://a"));
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header(response, "Access-Control-Expose-Headers"),
              "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,"
              "Date");
    EXPECT_EQ(header(send({}), "Access-Control-Allow-Origin"), "absent");
}

TEST_F(PipelineTest, OtherMethodsAreRefusedAfterTheirCredentials) {
    for (const char* const method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
        Sent sent;
        sent.method = method;
        expect(send(sent), 403, "absent",
               "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to "
               "be authorized</Message>\n</AccessDeniedException>\n");
        sent.without("Authorization");
        expect(send(sent), 403, "absent",
               "<MissingAuthenticationTokenException>\n  <Message>Missing Authentication "
               "Token</Message>\n</MissingAuthenticationTokenException>\n");
    }
}

TEST_F(PipelineTest, SignaturesCountOnceKeysAreRequired) {
    Sent sent;
    expect(send(sent), 200, kJsonType, R"({"Text":"abc"})");
    pipeline_.require(std::make_shared<const AccessKeys>(
        std::vector<AccessKey>{{"123456789012", "secret", "", "999900001111"}}));
    EXPECT_NE(send(sent).body.find("Signature"), std::string::npos);
    sent.method = "GET";
    EXPECT_NE(send(sent).body.find("Signature"), std::string::npos);

    std::string account;
    play_.act = [&account](const Whole&, Whole&, api::Context& context) {
        account = context.account;
        return api::Answer<void>(success());
    };
    sent = Sent{};
    sent.with("Host", "localhost").with("X-Amz-Date", "20260101T000000Z");
    wire::Request request;
    request.method = "POST";
    request.target = "/";
    request.body = sent.body;
    const std::string unsigned_yet =
        "AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-west-1/kinesis/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=";
    sent.with("Authorization", unsigned_yet + "0");
    for (const auto& [name, value] : sent.headers)
        request.headers.push_back({name, value});
    sent.with("Authorization",
              unsigned_yet + signature_of(request, authenticate(request), "secret"));
    clock_.set(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
    EXPECT_EQ(send(sent).status, 200u);
    EXPECT_EQ(account, "999900001111");
}

TEST_F(PipelineTest, EmptyBodiesAreAnsweredInCborUnlessJsonWasAsked) {
    Sent sent;
    sent.body = "";
    expect(send(sent), 400, kJsonType, R"({"__type":"SerializationException"})");
    const std::string cbor = hex("bf 66 5f5f74797065 76") + "SerializationException" + hex("ff");
    for (const char* const type :
         {"application/x-amz-cbor-1.1", "application/json", "text/plain"}) {
        expect(send(Sent(sent).with("Content-Type", type)), 400, kCborType, cbor);
    }
    sent.with("X-Amz-Target", "Kinesis_20131202.None");
    expect(send(sent), 400, kJsonType, R"({"__type":"UnknownOperationException"})");
    expect(send(Sent(sent).without("Content-Type")), 400, kCborType,
           hex("bf 66 5f5f74797065 78 19") + "UnknownOperationException" + hex("ff"));
}

TEST_F(PipelineTest, UnknownContentTypesAreRefusedByWhatTheTargetNames) {
    Sent sent;
    sent.with("Content-Type", "text/plain").without("Authorization");
    expect(send(sent), 404, "absent", "<UnknownOperationException/>\n");
    expect(send(Sent(sent).with("X-Amz-Target", "other.thing")), 404, "absent",
           "<UnknownOperationException/>\n");
    for (const char* const target : {"", "Kinesis_20131202", "Kinesis_20131202.", ".Echo"}) {
        expect(send(Sent(sent).with("X-Amz-Target", target)), 403, "absent",
               "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to "
               "be authorized</Message>\n</AccessDeniedException>\n");
    }
}

TEST_F(PipelineTest, PlainJsonIsParsedAndThenRefused) {
    Sent sent;
    sent.with("Content-Type", "application/json; charset=UTF-8").without("Authorization");
    expect(send(sent), 404, "application/json",
           R"({"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},)"
           R"("Version":"1.0"})");
    sent.body = "{";
    expect(send(sent), 400, "application/json",
           R"({"Output":{"__type":"com.amazon.coral.service#SerializationException"},)"
           R"("Version":"1.0"})");
}

TEST_F(PipelineTest, ViolationsAndCoercionFailuresAreWorded) {
    Sent sent;
    sent.body = R"({"Text":""})";
    expect(send(sent), 400, kJsonType,
           R"({"__type":"ValidationException","message":"1 validation error detected: Value '' at )"
           R"('text' failed to satisfy constraint: Member must have length greater than or equal )"
           R"(to 1"})");
    sent.body = R"({"Integer":"1"})";
    expect(send(sent), 400, kJsonType,
           R"({"__type":"SerializationException","Message":"class java.lang.String can not be )"
           R"(converted to an Integer"})");
    EXPECT_EQ(play_.calls, 0);
}

TEST_F(PipelineTest, RequestsAreCountedByOperationAndResult) {
    send({});
    send({});
    send(Sent().with("X-Amz-Target", "Kinesis_20131202.None"));
    send(Sent().without("Authorization"));
    const std::string text = metrics_.text();
    EXPECT_NE(text.find(R"(millrace_requests_total{operation="Echo",result="ok"} 2)"),
              std::string::npos);
    EXPECT_NE(text.find(R"({operation="unknown",result="UnknownOperationException"} 1)"),
              std::string::npos);
    EXPECT_NE(text.find(R"({operation="Echo",result="MissingAuthenticationTokenException"} 1)"),
              std::string::npos);
    EXPECT_NE(text.find(R"(millrace_request_seconds_count{operation="Echo"} 3)"),
              std::string::npos);
    EXPECT_EQ(text.find("None"), std::string::npos);  // never a name that a client made up
}

TEST_F(PipelineTest, WorkersShareOnePipeline) {
    // As a process begins; TSan does not see how spdlog's library guards its first use.
    ASSERT_TRUE(log::configure("info", log::Format::kText));
    std::vector<std::thread> workers;
    workers.reserve(4);
    for (int worker = 0; worker < 4; ++worker) {
        workers.emplace_back([this] {
            for (int i = 0; i < 100; ++i) {
                EXPECT_EQ(send({}).status, 200u);
                EXPECT_EQ(send(Sent().without("Authorization")).status, 400u);
            }
        });
    }
    for (auto& worker : workers)
        worker.join();
    EXPECT_EQ(play_.calls, 400);
    EXPECT_NE(metrics_.text().find(R"(millrace_requests_total{operation="Echo",result="ok"} 400)"),
              std::string::npos);
}

// Of two faults in one request, the one whose check comes first is reported.
TEST_F(PipelineTest, OfTwoFaultsTheEarlierCheckWins) {
    struct Fault {
        const char* name;
        std::function<void(Sent&)> spoil;
        std::string answer;                 // how its report begins
        std::vector<std::string> excludes;  // faults that cannot be had together with it
    };
    const std::vector<Fault> faults = {
        {"method",
         [](Sent& s) { s.method = "PUT"; },
         "<AccessDeniedException>",
         {"authentication"}},
        {"empty body",
         [](Sent& s) { s.body = ""; },
         R"({"__type":"SerializationException"})",
         {"content type", "syntax", "target", "coercion", "constraint"}},
        {"content type",
         [](Sent& s) { s.with("Content-Type", "text/plain"); },
         "<UnknownOperationException/>",
         {"empty body"}},
        {"syntax",
         [](Sent& s) { s.body = "{" + s.body; },
         R"({"__type":"SerializationException"})",
         {"empty body"}},
        {"target",
         [](Sent& s) { s.with("X-Amz-Target", "Kinesis_20131202.None"); },
         R"({"__type":"UnknownOperationException"})",
         {"empty body"}},
        {"authentication",
         [](Sent& s) { s.without("Authorization"); },
         R"({"__type":"MissingAuthenticationTokenException","message":)",
         {"method"}},
        {"coercion",
         [](Sent& s) { s.body.replace(s.body.size() - 1, 1, R"(,"Blob":1})"); },
         R"({"__type":"SerializationException","Message":)",
         {"empty body"}},
        {"constraint",
         [](Sent& s) { s.body.replace(1, 12, R"("Text":"")"); },
         R"({"__type":"ValidationException","message":)",
         {"empty body"}},
    };
    for (std::size_t first = 0; first < faults.size(); ++first) {
        Sent alone;
        faults[first].spoil(alone);
        EXPECT_TRUE(send(alone).body.starts_with(faults[first].answer)) << faults[first].name;
        for (std::size_t second = first + 1; second < faults.size(); ++second) {
            const auto& excluded = faults[first].excludes;
            if (std::count(excluded.begin(), excluded.end(), faults[second].name))
                continue;
            Sent both;
            faults[second].spoil(both);  // the later fault first: syntax damages what others made
            faults[first].spoil(both);
            EXPECT_TRUE(send(both).body.starts_with(faults[first].answer))
                << faults[first].name << " and " << faults[second].name << ": " << send(both).body;
        }
    }
    EXPECT_EQ(play_.calls, 0);
}

TEST_F(PipelineTest, StreamingOperationsAnswerWithEventsInJsonWhateverTheyWereAskedIn) {
    Sent json;
    json.with("X-Amz-Target", "Kinesis_20131202.Echoes");
    Sent cbor = json;
    cbor.with("Content-Type", std::string(kCborType)).body =
        "\xA1\x64Text\x63"
        "abc";
    for (const Sent& sent : {json, cbor}) {
        wire::Response response = send(sent);
        EXPECT_EQ(response.status, 200u);
        EXPECT_EQ(header(response, "Content-Type"), "application/vnd.amazon.eventstream");
        EXPECT_NE(header(response, "x-amzn-RequestId"), "absent");
        EXPECT_EQ(response.body, "");
        ASSERT_NE(response.source, nullptr);
        EXPECT_EQ(test::sync_wait(response.source->next()).size(), 104u);
        const std::string frame = test::sync_wait(response.source->next());
        EXPECT_NE(frame.find(R"({"Text":"abc"})"), std::string::npos);
    }
}

TEST_F(PipelineTest, StreamingOperationsRefuseLikeOthers) {
    play_.act = [](const Whole&, Whole&, api::Context&) {
        return api::Answer<void>(api::ClientError{api::ErrorType::kResourceInUse, "taken"});
    };
    Sent sent;
    sent.with("X-Amz-Target", "Kinesis_20131202.Echoes");
    const wire::Response response = send(sent);
    EXPECT_EQ(response.source, nullptr);
    expect(response, 400, kJsonType, R"({"__type":"ResourceInUseException","message":"taken"})");
}

TEST_F(PipelineTest, RpcV2IsServedByItsPath) {
    Sent sent;
    sent.without("X-Amz-Target").with("Content-Type", "application/cbor");
    sent.with("smithy-protocol", "rpc-v2-cbor");
    sent.target = "/service/Kinesis_20131202/operation/Echo";
    sent.body = hex("a1 64 54657874 63 616263");
    const wire::Response echoed = send(sent);
    expect(echoed, 200, "application/cbor", hex("bf 64 54657874 63 616263 ff"));
    EXPECT_EQ(header(echoed, "smithy-protocol"), "rpc-v2-cbor");

    sent.target = "/service/Kinesis_20131202/operation/Nothing";
    const wire::Response unknown = send(sent);
    EXPECT_EQ(unknown.status, 400u);
    EXPECT_EQ(header(unknown, "smithy-protocol"), "rpc-v2-cbor");
    EXPECT_NE(unknown.body.find("com.amazonaws.kinesis#UnknownOperationException"),
              std::string::npos);

    // Without the header it is a type nobody knows.
    sent.without("smithy-protocol");
    const wire::Response other = send(sent);
    EXPECT_EQ(other.status, 403u);
    EXPECT_EQ(header(other, "smithy-protocol"), "absent");
}

TEST_F(PipelineTest, TheCallersIdentityIsTold) {
    Sent query;
    query.without("X-Amz-Target");
    query.with("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    query.body = "Version=2011-06-15&Action=GetCallerIdentity";
    const wire::Response xml = send(query);
    EXPECT_EQ(xml.status, 200u);
    EXPECT_EQ(header(xml, "Content-Type"), "text/xml");
    EXPECT_NE(xml.body.find("<Arn>arn:aws:iam::123456789012:root</Arn>"), std::string::npos);
    EXPECT_NE(xml.body.find("<Account>123456789012</Account>"), std::string::npos);
    EXPECT_NE(xml.body.find(header(xml, "x-amzn-RequestId")), std::string::npos);
    EXPECT_EQ(send(query.without("Authorization")).status, 403u);
    query.body = "Action=GetSessionToken";
    EXPECT_EQ(send(query).status, 403u);

    Sent json;
    json.with("X-Amz-Target", "AWSSecurityTokenServiceV20110615.GetCallerIdentity");
    json.body = "{}";
    const wire::Response told = send(json);
    expect(told, 200, kJsonType,
           R"({"Account":"123456789012","Arn":"arn:aws:iam::123456789012:root",)"
           R"("UserId":"123456789012"})");
    EXPECT_EQ(send(json.without("Authorization")).status, 400u);
    EXPECT_EQ(play_.calls, 0);
}

}  // namespace
}  // namespace millrace::protocol
