// Our end of Beast's request parser: the parser is fed by hand and leaves views into the fed bytes,
// so a request costs no allocation per header. Body bytes of chunked requests are appended to a
// string; bodies of known length are the session's own business.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>
#include <string>

#include "wire/byte_budget.h"
#include "wire/handler.h"
#include "wire/plain_head.h"

namespace millrace::wire {

class Http1Parser final : public boost::beast::http::basic_parser<true> {
public:
    using ErrorCode = boost::beast::error_code;

    // Fills `request` but for its body, and `body` with the content of chunks as far as `share`
    // allows. All are borrowed.
    Http1Parser(Request& request, std::string& body, BudgetShare& share);

    // Parses what it can of `bytes`, which begin where the last call's consumption ended. Views in
    // the request point into them. Returns how many were consumed.
    std::size_t feed(std::string_view bytes, ErrorCode& ec);

    // Once the header is done; a chunked body's trailers may still end the connection.
    Http1Head head() const;

    bool http11() const { return version_ >= 11; }
    bool unknown_expectation() const { return unknown_expectation_; }
    bool unknown_coding() const { return unknown_coding_; }  // a Transfer-Encoding but "chunked"
    bool over_budget() const { return over_budget_; }

private:
    using View = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, View method, View target, int version,
                         ErrorCode&) override;
    void on_response_impl(int, View, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override;
    void on_header_impl(ErrorCode&) override { in_header_ = false; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(View body, ErrorCode&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View piece, ErrorCode&) override;
    void on_finish_impl(ErrorCode&) override {}

    Request& request_;
    std::string& body_;
    BudgetShare& share_;
    std::string_view fed_;
    int version_ = 11;
    bool in_header_ = true;
    bool expects_continue_ = false;
    bool unknown_expectation_ = false;
    bool unknown_coding_ = false;
    bool over_budget_ = false;
    bool offers_upgrade_ = false;
};

}  // namespace millrace::wire
