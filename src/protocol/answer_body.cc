#include "protocol/answer_body.h"

#include <utility>

#include "base/check.h"

namespace millrace::protocol {

AnswerBody::AnswerBody(std::unique_ptr<api::Call> call, const model::Shape& shape, Format format,
                       std::size_t size)
    : call_(std::move(call)), encoder_(format, shape, call_->response()), left_(size) {}

std::string AnswerBody::next_piece() {
    std::string piece = encoder_.next();
    // The client was told.
    CHECK(piece.empty() ? left_ == 0 : piece.size() <= left_);
    left_ -= piece.size();
    return piece;
}

}  // namespace millrace::protocol
