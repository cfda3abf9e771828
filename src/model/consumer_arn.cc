#include "model/consumer_arn.h"

#include <charconv>

#include "model/patterns.h"

namespace millrace::model {

namespace {
constexpr std::string_view kKind = "/consumer/";
}

std::optional<ConsumerArn> ConsumerArn::parse(std::string_view text) {
    if (!kConsumerArnPattern.matches(text)) {
        return std::nullopt;
    }
    // The pattern has both, and neither a name nor a number holds the other's mark.
    const auto kind = text.rfind(kKind);
    const auto colon = text.rfind(':');
    std::optional<StreamArn> stream = StreamArn::parse(text.substr(0, kind));
    if (!stream) {
        return std::nullopt;
    }
    ConsumerArn arn{*std::move(stream), {}, 0};
    arn.name = text.substr(kind + kKind.size(), colon - kind - kKind.size());
    const std::string_view digits = text.substr(colon + 1);
    const char* const last = digits.data() + digits.size();
    const auto [end, ec] = std::from_chars(digits.data(), last, arn.created_s);
    if (ec != std::errc() || end != last) {
        return std::nullopt;
    }
    return arn;
}

std::string ConsumerArn::text() const {
    std::string text = stream.text();
    text += kKind;
    text += name;
    text += ':';
    text += std::to_string(created_s);
    return text;
}

}  // namespace millrace::model
