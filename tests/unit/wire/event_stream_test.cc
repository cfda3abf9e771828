#include "wire/event_stream.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace millrace::wire {
namespace {

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

TEST(EventFrame, IsTheInitialResponseThatEveryClientWaitsFor) {
    constexpr std::array<EventHeader, 3> kHeaders = {{{":event-type", "initial-response"},
                                                      {":content-type", "application/json"},
                                                      {":message-type", "event"}}};
    const std::string frame = event_frame(kHeaders, "{}");
    EXPECT_EQ(frame.size(), 104u);
    EXPECT_EQ(hex(frame),
              "00000068000000564e6817240b3a6576656e742d74797065070010696e697469616c2d726573706f6e"
              "73650d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d657373"
              "6167652d747970650700056576656e747b7dd591c62b");
}

TEST(EventFrame, IsTheExampleOfItsDescription) {
    constexpr std::array<EventHeader, 1> kHeaders = {{{":message-type", "event"}}};
    EXPECT_EQ(hex(event_frame(kHeaders, "{}")),
              "000000280000001660470efd0d3a6d6573736167652d747970650700056576656e747b7db7184afc");
}

TEST(EventFrame, MayBeEmpty) {
    EXPECT_EQ(hex(event_frame({}, "")), "000000100000000005c248eb7d98c8ff");
}

TEST(EventFrame, StandsBehindWhatIsThereAlready) {
    constexpr std::array<EventHeader, 1> kHeaders = {{{"name", "value"}}};
    std::string out = event_frame(kHeaders, "first");
    const std::string first = out;
    EventFrame second(out, kHeaders);
    out += "sec";
    out += "ond";
    second.finish();
    EXPECT_EQ(out, first + event_frame(kHeaders, "second"));
}

TEST(EventFrame, WritesLengthsOfValuesInTwoBytes) {
    const std::string value(0x0102, 'v');
    const std::array<EventHeader, 1> headers = {{{"n", value}}};
    const std::string frame = event_frame(headers, "");
    EXPECT_EQ(hex(frame.substr(12, 5)), "016e070102");
    EXPECT_EQ(frame.substr(17, value.size()), value);
    EXPECT_EQ(frame.size(), 17 + value.size() + 4);
}

}  // namespace
}  // namespace millrace::wire
