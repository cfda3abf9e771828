#include "wire/http1_parser.h"

#include <algorithm>
#include <functional>

#include "wire/text.h"

namespace millrace::wire {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view v) {
    return {v.data(), v.size()};
}

// Whether `part` lies in `whole`: a folded value does not, Beast unfolds it into its own memory.
bool inside(std::string_view whole, std::string_view part) {
    const std::less_equal<const char*> before;
    return before(whole.data(), part.data()) &&
           before(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

Http1Parser::Http1Parser(Request& request, std::string& body, BudgetShare& share)
    : request_(request), body_(body), share_(share) {}

std::size_t Http1Parser::feed(std::string_view bytes, ErrorCode& ec) {
    fed_ = bytes;
    return put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
}

Http1Head Http1Parser::head() const {
    const auto length = content_length();
    return {http11(),          keep_alive(),    chunked(),
            expects_continue_, offers_upgrade_, length ? static_cast<std::size_t>(*length) : 0};
}

void Http1Parser::on_request_impl(http::verb, View method, View target, int version, ErrorCode&) {
    request_.method = view(method);
    request_.target = view(target);
    version_ = version;
}

void Http1Parser::on_field_impl(http::field field, View name, View value, ErrorCode& ec) {
    if (!in_header_) {
        return;  // trailers carry nothing we would act on
    }
    if (!inside(fed_, view(value))) {
        ec = http::make_error_code(http::error::bad_value);  // line folding: RFC 9112 5.2, refuse
        return;
    }
    if (field == http::field::transfer_encoding) {
        unknown_coding_ = unknown_coding_ || !same_text(view(value), "chunked");
    } else if (field == http::field::expect) {
        const bool known = same_text(view(value), "100-continue");
        expects_continue_ = expects_continue_ || known;
        unknown_expectation_ = unknown_expectation_ || !known;
    }
    offers_upgrade_ = offers_upgrade_ || field == http::field::upgrade;
    const Header header{view(name), view(value)};
    request_.headers.push_back(header);
}

std::size_t Http1Parser::on_chunk_body_impl(std::uint64_t, View piece, ErrorCode& ec) {
    const std::size_t needed = body_.size() + piece.size();
    if (needed > body_.capacity()) {
        const std::size_t capacity = std::max(needed, 2 * body_.capacity());
        if (!share_.hold(capacity)) {
            over_budget_ = true;
            ec = http::make_error_code(http::error::body_limit);
            return 0;
        }
        body_.reserve(capacity);
    }
    body_.append(piece.data(), piece.size());
    return piece.size();
}

}  // namespace millrace::wire
