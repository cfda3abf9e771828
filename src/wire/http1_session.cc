#include "wire/http1_session.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "wire/http2_session.h"
#include "wire/text.h"

namespace millrace::wire {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kHeaderRoomMin = 1 << 10;
constexpr std::size_t kChunkRoom = 16 << 10;  // read size of a chunked body
// The shortest end of a chunked body, "0\r\n\r\n": with fewer bytes there is nothing to decide, and
// Beast asserts that it does not see a last chunk with fewer twice.
constexpr std::size_t kChunkedEndBytesMin = 5;
constexpr std::size_t kInlineBodyMax = 32 << 10;  // larger bodies are not copied behind the head
constexpr std::size_t kOutputFull = 256 << 10;
constexpr std::size_t kKeptHeadersMax = 64;

void append_number(std::string& out, std::size_t number, int base = 10) {
    std::array<char, 20> digits;
    const auto [end, ec] =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
    out.append(digits.data(), end);
}

void append_status_line(std::string& out, unsigned status) {
    if (status == 200) {
        out += "HTTP/1.1 200 OK\r\n";
        return;
    }
    const auto reason = http::obsolete_reason(http::int_to_status(status));
    out += "HTTP/1.1 ";
    append_number(out, status);
    out += ' ';
    out.append(reason.data(), reason.size());
    out += "\r\n";
}

bool bodiless(unsigned status) {
    return status < 200 || status == 204 || status == 304;
}

}  // namespace

Http1Session::Http1Session(const SessionContext& context)
    : context_(context), buffer_share_(context.budget), body_share_(context.budget) {}

std::span<char> Http1Session::room() {
    if (capacity_ == 0) {
        buffer_ = std::make_unique_for_overwrite<char[]>(kFirstBytes);
        capacity_ = kFirstBytes;
    }
    CHECK(end_ < capacity_ || phase_ == Phase::kPieces);
    return {buffer_.get() + end_, capacity_ - end_};
}

void Http1Session::received(std::size_t bytes) {
    DCHECK(bytes <= capacity_ - end_);
    if (phase_ != Phase::kClosing) {
        end_ += bytes;
    }
}

Exchange* Http1Session::next() {
    if (phase_ == Phase::kIdle && !begin_request()) {
        return nullptr;
    }
    if (phase_ == Phase::kHeader && !parse_header()) {
        return nullptr;
    }
    if (phase_ != Phase::kBody || !parse_body()) {
        return nullptr;
    }
    phase_ = Phase::kHandling;
    ++requests_;
    exchange_.running = true;
    return &exchange_;
}

// False: there is nothing of a request yet, or no room for its body.
bool Http1Session::begin_request() {
    // Some clients end a body with a line break that is not part of it.
    while (end_ - begin_ >= 2 && std::memcmp(&buffer_[begin_], "\r\n", 2) == 0) {
        begin_ += 2;
    }
    const bool nothing = end_ == begin_ || (end_ - begin_ == 1 && buffer_[begin_] == '\r');
    if (nothing) {
        if (begin_ > 0) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
            end_ -= std::exchange(begin_, 0);
        }
        return false;
    }
    const Limits& limits = context_.limits;
    const std::string_view bytes(&buffer_[begin_], end_ - begin_);
    const std::size_t head_bytes = read_plain_head(bytes.substr(0, limits.header_bytes_max),
                                                   limits.body_bytes_max, request_, head_);
    parsed_ = begin_ + head_bytes;
    if (head_bytes > 0) {
        return expect_body();
    }
    parser_.emplace(request_, body_, body_share_);
    parser_->body_limit(limits.body_bytes_max);
    // Ours is exact however the bytes come; Beast's depends on that, so it only backs it up.
    parser_->header_limit(static_cast<std::uint32_t>(2 * limits.header_bytes_max + 16));
    phase_ = Phase::kHeader;
    return true;
}

std::unique_ptr<Session> Http1Session::successor() {
    if (!head_.offers_upgrade || !head_.http11 || draining_ ||
        !same_text(request_.header("Upgrade"), "h2c")) {
        return nullptr;
    }
    const std::string_view settings = request_.header("HTTP2-Settings");
    if (settings.data() == nullptr) {
        return nullptr;
    }
    return Http2Session::upgraded(context_, request_, settings,
                                  {buffer_.get() + parsed_, end_ - parsed_});
}

bool Http1Session::parse_header() {
    const std::size_t limit = context_.limits.header_bytes_max;
    Http1Parser::ErrorCode ec;
    parsed_ += parser_->feed({buffer_.get() + parsed_, end_ - parsed_}, ec);
    if (ec == http::error::need_more) {
        if (end_ - begin_ >= limit) {
            refuse(431);
        } else if (capacity_ - end_ < kHeaderRoomMin) {
            make_room(std::max(end_ - begin_, kHeaderRoomMin));
        }
        return false;
    }
    if (ec) {
        refuse(ec == http::error::header_limit ? 431 : ec == http::error::body_limit ? 413 : 400);
        return false;
    }
    CHECK(parser_->is_header_done());
    if (parsed_ - begin_ > limit) {
        refuse(431);
        return false;
    }
    if (parser_->unknown_coding()) {
        refuse(501);
        return false;
    }
    if (parser_->unknown_expectation()) {
        refuse(417);
        return false;
    }
    head_ = parser_->head();
    if (head_.chunked) {
        parser_->eager(true);
    }
    return expect_body();
}

// False: there is no room for it.
bool Http1Session::expect_body() {
    phase_ = Phase::kBody;
    std::size_t missing = kChunkRoom;
    if (!head_.chunked) {
        const std::size_t there = end_ - parsed_;
        missing = head_.body_length > there ? head_.body_length - there : 0;
    }
    if (missing > 0 && !make_room(missing)) {
        return false;
    }
    if (missing > 0 && head_.expects_continue && head_.http11) {
        output_.head += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    return true;
}

bool Http1Session::parse_body() {
    if (head_.chunked) {
        return parse_chunks();
    }
    if (end_ - parsed_ < head_.body_length) {
        return false;
    }
    request_.body = {buffer_.get() + parsed_, head_.body_length};
    parsed_ += head_.body_length;
    return true;
}

// The raw chunks stand behind the head and are dropped as they are consumed, so that the head's
// views stay where they are.
bool Http1Session::parse_chunks() {
    if (end_ - parsed_ < kChunkedEndBytesMin) {
        return false;
    }
    Http1Parser::ErrorCode ec;
    const std::size_t used = parser_->feed({buffer_.get() + parsed_, end_ - parsed_}, ec);
    if (ec && ec != http::error::need_more) {
        refuse(parser_->over_budget() ? 503 : ec == http::error::body_limit ? 413 : 400);
        return false;
    }
    std::memmove(buffer_.get() + parsed_, buffer_.get() + parsed_ + used, end_ - parsed_ - used);
    end_ -= used;
    if (parser_->is_done()) {
        head_ = parser_->head();
        request_.body = body_;
        return true;
    }
    // What is left is a chunk's size line or the trailers, not yet complete.
    if (end_ - parsed_ > context_.limits.header_bytes_max) {
        refuse(431);
    } else if (capacity_ - end_ < kFirstBytes) {
        make_room(kChunkRoom);
    }
    return false;
}

bool Http1Session::make_room(std::size_t bytes) {
    const std::size_t held = end_ - begin_;
    if (capacity_ - end_ >= bytes) {
        return true;
    }
    if (capacity_ - held >= bytes) {
        move_request(buffer_.get());
        return true;
    }
    const std::size_t capacity = held + bytes;
    if (!buffer_share_.hold(capacity > kKeptBytesMax ? capacity : 0)) {
        refuse(503);
        return false;
    }
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    move_request(larger.get());
    buffer_ = std::move(larger);
    capacity_ = capacity;
    return true;
}

// Moves the current request's bytes, and with them every view of them.
void Http1Session::move_request(char* to) {
    const char* const from = buffer_.get() + begin_;
    const auto moved = [from, to](std::string_view view) {
        return view.data() == nullptr ? view
                                      : std::string_view(to + (view.data() - from), view.size());
    };
    request_.method = moved(request_.method);
    request_.target = moved(request_.target);
    for (Header& header : request_.headers) {
        header.name = moved(header.name);
        header.value = moved(header.value);
    }
    std::memmove(to, from, end_ - begin_);
    parsed_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
}

void Http1Session::answer(Exchange& exchange, Response&& response) {
    CHECK(phase_ == Phase::kHandling && exchange.running);
    exchange.running = false;
    std::size_t bytes = response.body.size() + response.source_bytes.value_or(0);
    std::optional<BudgetShare> share;
    if (bytes > Output::kKeptBytesMax) {
        share.emplace(context_.budget);
        if (!share->hold(bytes)) {
            response = {};
            response.status = 503;
            bytes = 0;
        }
    }
    const bool pieces = response.source != nullptr;
    const bool sized = !pieces || response.source_bytes;
    const bool http11 = head_.http11;
    const bool keep = !draining_ && head_.keep_alive && (http11 || sized);
    const bool head_only = request_.method == "HEAD";
    std::string& out = output_.head;
    append_status_line(out, response.status);
    out.append(response.headers.text()).append("Date: ").append(context_.date).append("\r\n");
    if (!keep) {
        out += "Connection: close\r\n";
    } else if (!http11) {
        out += "Connection: keep-alive\r\n";
    }
    chunked_ = !sized && http11;
    if (chunked_) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (sized && !bodiless(response.status)) {
        out += "Content-Length: ";
        append_number(out, bytes);
        out += "\r\n";
    }
    out += "\r\n";
    begin_ = parsed_;
    if (pieces) {
        CHECK(!head_only);
        phase_ = Phase::kPieces;
        endless_ = !sized;
        keep_after_pieces_ = keep;
        pieces_share_.swap(share);
        release();
        exchange.source = std::move(response.source);
        if (!response.body.empty()) {
            append_piece(std::move(response.body));
        }
        if (draining_) {
            exchange.source->stop(Source::Stop::kDraining);
        }
        return;
    }
    if (!head_only && !bodiless(response.status)) {
        if (response.body.size() <= kInlineBodyMax) {
            out += response.body;
        } else {
            output_.body = std::move(response.body);
            output_.share = std::move(share);
        }
    }
    answered(keep);
}

void Http1Session::answered(bool keep) {
    if (keep) {
        phase_ = Phase::kIdle;
    } else {
        phase_ = Phase::kClosing;
        unread_ = end_ > begin_;
        begin_ = end_;
    }
    release();
}

Exchange* Http1Session::wants_piece() {
    if (exchange_.source == nullptr || exchange_.running) {
        return nullptr;
    }
    exchange_.running = true;
    return &exchange_;
}

void Http1Session::piece(Exchange& exchange, std::string bytes) {
    CHECK(phase_ == Phase::kPieces && exchange.running && output_.body.empty());
    exchange.running = false;
    if (bytes.empty()) {
        exchange.source.reset();
        end_pieces();
    } else {
        append_piece(std::move(bytes));
    }
}

void Http1Session::append_piece(std::string bytes) {
    if (chunked_) {
        append_number(output_.head, bytes.size(), 16);
        output_.head += "\r\n";
        bytes += "\r\n";
    }
    if (bytes.size() <= kInlineBodyMax) {
        output_.head += bytes;
    } else {
        output_.body = std::move(bytes);
    }
}

void Http1Session::end_pieces() {
    pieces_share_.reset();
    if (chunked_) {
        output_.head += "0\r\n\r\n";
    }
    answered(keep_after_pieces_ && !draining_);
}

void Http1Session::fail(Exchange& exchange) {
    exchange.running = false;
    exchange.source.reset();
    pieces_share_.reset();
    phase_ = Phase::kClosing;
}

void Http1Session::drain() {
    draining_ = true;
    if (exchange_.source != nullptr) {
        exchange_.source->stop(Source::Stop::kDraining);
    }
}

void Http1Session::abandon() {
    if (exchange_.source == nullptr) {
        return;
    }
    if (exchange_.running) {
        exchange_.source->stop(Source::Stop::kClientGone);
    } else {
        exchange_.source.reset();
    }
}

bool Http1Session::output_full() const {
    return !output_.body.empty() || output_.head.size() >= kOutputFull;
}

void Http1Session::take_output(Output& taken) {
    taken.clear();
    taken.head.swap(output_.head);
    taken.body.swap(output_.body);
    taken.share.swap(output_.share);
}

// Answers an error that ends the session; what was received is dropped, unread.
void Http1Session::refuse(unsigned status) {
    const bool http11 = parser_ ? parser_->http11() : head_.http11;
    std::string& out = output_.head;
    append_status_line(out, status);
    out.append("Date: ").append(context_.date).append("\r\nConnection: close\r\n");
    // As the service answers what is too large: without a length.
    const bool chunked = status == 413 && http11;
    out += chunked ? "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" : "Content-Length: 0\r\n\r\n";
    unread_ = true;
    phase_ = Phase::kClosing;
    begin_ = parsed_ = end_ = 0;
    release();
}

void Http1Session::turn_away(std::string_view answer) {
    CHECK(phase_ == Phase::kIdle);
    output_.head += answer;
    unread_ = true;
    phase_ = Phase::kClosing;
    begin_ = parsed_ = end_ = 0;
}

// Lets go of the last request, and of its memory where it was large.
void Http1Session::release() {
    parser_.reset();
    head_ = {};
    request_.method = request_.target = request_.body = {};
    request_.headers.clear();
    if (request_.headers.capacity() > kKeptHeadersMax) {
        request_.headers.shrink_to_fit();
    }
    body_.clear();
    if (body_.capacity() > kKeptBytesMax) {
        body_.shrink_to_fit();
        CHECK(body_share_.hold(0));
    }
    if (begin_ == end_) {
        begin_ = parsed_ = end_ = 0;
        if (capacity_ > kKeptBytesMax) {
            buffer_.reset();
            capacity_ = 0;
            CHECK(buffer_share_.hold(0));
        }
    }
}

}  // namespace millrace::wire
