#include "protocol/event_body.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/sync_wait.h"
#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

using nlohmann::json;

constexpr model::Field kTickFields[] = {
    model::string_field<&Whole::text>("Text"),
    model::blob_field<&Whole::blob>("Blob"),
};
constexpr model::Shape kTick{"Tick", kTickFields};

// Plays what the test wrote down.
class Script final : public api::EventSource {
public:
    using Step = std::function<api::Answer<api::Event>()>;
    Script(std::vector<Step> steps, std::vector<std::string>& told)
        : steps_(steps.begin(), steps.end()), told_(told) {}
    Task<api::Answer<api::Event>> next() override {
        const Step step = steps_.front();
        steps_.pop_front();
        co_return step();
    }
    void client_gone() override { told_.emplace_back("gone"); }
    void server_stopping() override { told_.emplace_back("stopping"); }

private:
    std::deque<Step> steps_;
    std::vector<std::string>& told_;
};

struct Frame {
    std::map<std::string, std::string> headers;
    json payload;
};

std::uint32_t be32(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
}

Frame parse(const std::string& bytes) {
    Frame frame;
    EXPECT_EQ(be32(bytes), bytes.size());
    const std::size_t headers_end = 12 + be32(bytes.substr(4));
    for (std::size_t at = 12; at < headers_end;) {
        const auto name = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
        const std::size_t value_at = at + 1 + name + 3;
        EXPECT_EQ(bytes[at + 1 + name], 7);
        const auto value =
            static_cast<std::size_t>(static_cast<unsigned char>(bytes[value_at - 1]));
        frame.headers[bytes.substr(at + 1, name)] = bytes.substr(value_at, value);
        at = value_at + value;
    }
    frame.payload = json::parse(bytes.substr(headers_end, bytes.size() - headers_end - 4));
    return frame;
}

class EventBodyTest : public testing::Test {
protected:
    EventBody body(std::vector<Script::Step> steps, Format format = Format::kJson) {
        return {std::make_unique<Script>(std::move(steps), told_), kTick, format};
    }
    static std::string next(EventBody& body) { return test::sync_wait(body.next()); }

    static Script::Step tick(std::string_view text) {
        return [text]() -> api::Answer<api::Event> {
            auto event = std::make_shared<Whole>();
            event->text = text;
            return api::Event(std::move(event));
        };
    }
    static api::Answer<api::Event> end() { return api::Event(); }

    std::vector<std::string> told_;
};

TEST_F(EventBodyTest, BeginsWithTheInitialResponseBeforeAnythingIsAsked) {
    EventBody events = body({});
    const std::string bytes = next(events);
    EXPECT_EQ(bytes.size(), 104u);
    const Frame frame = parse(bytes);
    EXPECT_EQ(frame.headers,
              (std::map<std::string, std::string>{{":event-type", "initial-response"},
                                                  {":content-type", "application/json"},
                                                  {":message-type", "event"}}));
    EXPECT_EQ(frame.payload, json::object());
}

TEST_F(EventBodyTest, EachEventIsAFrameNamedByItsShape) {
    EventBody events = body({tick("one"), tick("t\xC3\xBC"), end});
    next(events);
    for (const char* text : {"one", "t\xC3\xBC"}) {
        const Frame frame = parse(next(events));
        EXPECT_EQ(frame.headers,
                  (std::map<std::string, std::string>{{":event-type", "Tick"},
                                                      {":content-type", "application/json"},
                                                      {":message-type", "event"}}));
        EXPECT_EQ(frame.payload, (json{{"Text", text}}));
    }
    EXPECT_EQ(next(events), "");
}

TEST_F(EventBodyTest, InRpcV2PayloadsAreCbor) {
    EventBody events = body({tick("one"),
                             [] {
                                 return api::Answer<api::Event>(
                                     api::ClientError{api::ErrorType::kResourceNotFound, "m"});
                             }},
                            Format::kRpcCbor);
    // Of each frame the content type and the payload, which the checksum follows.
    for (const std::string& payload :
         {hex("bf ff"), hex("bf 64 54657874 63 6f6e65 ff"), hex("bf 67 6d657373616765 61 6d ff")}) {
        const std::string bytes = next(events);
        EXPECT_NE(bytes.find(std::string(":content-type\x07\x00\x10", 16) + "application/cbor"),
                  std::string::npos);
        ASSERT_GT(bytes.size(), payload.size() + 4);
        EXPECT_EQ(bytes.substr(bytes.size() - 4 - payload.size(), payload.size()), payload);
    }
    EXPECT_EQ(next(events), "");
}

TEST_F(EventBodyTest, AnErrorIsAnExceptionFrameAndTheEnd) {
    EventBody events = body({[] {
        return api::Answer<api::Event>(
            api::ClientError{api::ErrorType::kResourceInUse, "taken \"over\""});
    }});
    next(events);
    const Frame frame = parse(next(events));
    EXPECT_EQ(frame.headers,
              (std::map<std::string, std::string>{{":message-type", "exception"},
                                                  {":exception-type", "ResourceInUseException"},
                                                  {":content-type", "application/json"}}));
    EXPECT_EQ(frame.payload, (json{{"message", "taken \"over\""}}));
    EXPECT_EQ(next(events), "");
}

TEST_F(EventBodyTest, InternalFailuresHaveTheNameOfTheirShape) {
    EventBody failing = body({[] {
        return api::Answer<api::Event>(api::ClientError{api::ErrorType::kInternalFailure, ""});
    }});
    EventBody throwing =
        body({[]() -> api::Answer<api::Event> { throw std::runtime_error("a bug"); }});
    for (EventBody* events : {&failing, &throwing}) {
        next(*events);
        const Frame frame = parse(next(*events));
        EXPECT_EQ(frame.headers.at(":exception-type"), "InternalFailureException");
        EXPECT_EQ(frame.payload, (json{{"message", "Internal service failure."}}));
        EXPECT_EQ(next(*events), "");
    }
}

TEST_F(EventBodyTest, LargePayloadsAreWhole) {
    const std::string data(1 << 20, 'd');
    EventBody events = body({[&]() -> api::Answer<api::Event> {
        auto event = std::make_shared<Whole>();
        event->blob = as_bytes(data);
        return api::Event(std::move(event));
    }});
    next(events);
    EXPECT_EQ(parse(next(events)).payload["Blob"].get<std::string>().size(), 1398104u);
}

TEST_F(EventBodyTest, PassesOnWhyItShouldStop) {
    EventBody events = body({});
    events.stop(wire::Source::Stop::kDraining);
    events.stop(wire::Source::Stop::kClientGone);
    EXPECT_EQ(told_, (std::vector<std::string>{"stopping", "gone"}));
}

}  // namespace
}  // namespace millrace::protocol
