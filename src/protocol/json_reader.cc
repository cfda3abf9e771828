#include "protocol/json_reader.h"

#include <boost/json/basic_parser_impl.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace millrace::protocol {
namespace {

using boost::json::error_code;
using Text = boost::json::string_view;

// What basic_parser calls. It hands out a text in one piece of the body when it has no escapes, and
// otherwise in parts, the last of which may lie in the parser's own buffer.
class Events final {
public:
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_object_size = max_array_size;
    static constexpr std::size_t max_string_size = max_array_size;
    static constexpr std::size_t max_key_size = max_array_size;

    Events(std::string_view body, Binder& binder, Arena& arena)
        : body_(body), binder_(binder), arena_(arena) {}

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return binder_.begin_structure(), true; }
    bool on_object_end(std::size_t, error_code&) { return binder_.end_structure(), true; }
    bool on_array_begin(error_code&) { return binder_.begin_list(), true; }
    bool on_array_end(std::size_t, error_code&) { return binder_.end_list(), true; }
    bool on_key_part(Text part, std::size_t, error_code&) { return add(part); }
    bool on_key(Text last, std::size_t, error_code&) { return binder_.key(whole(last)), true; }
    bool on_string_part(Text part, std::size_t, error_code&) { return add(part); }
    bool on_string(Text last, std::size_t, error_code&) { return binder_.text(whole(last)), true; }
    bool on_number_part(Text, error_code&) { return true; }
    bool on_int64(std::int64_t value, Text, error_code&) { return binder_.number(value), true; }
    bool on_uint64(std::uint64_t value, Text, error_code&) {
        constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
        binder_.number(value > std::uint64_t{kMax} ? kMax : static_cast<std::int64_t>(value));
        return true;
    }
    bool on_double(double value, Text, error_code&) { return binder_.number(value), true; }
    bool on_bool(bool value, error_code&) { return binder_.boolean(value), true; }
    bool on_null(error_code&) { return binder_.null(), true; }
    bool on_comment_part(Text, error_code&) { return true; }
    bool on_comment(Text, error_code&) { return true; }

private:
    bool add(Text part) {
        parts_.append(part.data(), part.size());
        return true;
    }
    std::string_view whole(Text last) {
        const std::string_view text(last.data(), last.size());
        if (parts_.empty() && (text.empty() || (text.data() >= body_.data() &&
                                                text.data() < body_.data() + body_.size()))) {
            return text;
        }
        parts_ += text;
        const std::string_view kept = arena_.keep(parts_);
        parts_.clear();
        return kept;
    }

    const std::string_view body_;
    Binder& binder_;
    Arena& arena_;
    std::string parts_;
};

}  // namespace

bool read_json(std::string_view body, Binder& binder, Arena& arena) {
    boost::json::parse_options options;
    options.max_depth = kNestingMax;
    boost::json::basic_parser<Events> parser(options, body, binder, arena);
    error_code error;
    const std::size_t read = parser.write_some(false, body.data(), body.size(), error);
    return !error && parser.done() && read == body.size() && binder.is_structure();
}

}  // namespace millrace::protocol
