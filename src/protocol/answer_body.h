// A large answer as a body that is encoded while it is sent: others have their turn between two
// pieces (beside two consumers that drained a stream, 10 MiB at a time, a PutRecord took 11 ms when
// each answer was encoded in one go, and 4 ms so), a piece is still in the processor's cache when
// it leaves, and a client that reads slowly holds the records and one piece, not the text of all.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "api/operations.h"
#include "protocol/encoder.h"
#include "wire/handler.h"

namespace millrace::protocol {

class AnswerBody final : public wire::Source {
public:
    // The response of `call`, which ran and views nothing of its request; `size`: encoded_size() of
    // it.
    AnswerBody(std::unique_ptr<api::Call> call, const model::Shape& shape, Format format,
               std::size_t size);

    std::string next_piece();  // empty: that was all
    Task<std::string> next() override { co_return next_piece(); }
    void stop(Stop) override {}  // it never waits; and half an answer is none

private:
    const std::unique_ptr<api::Call> call_;
    PieceEncoder encoder_;
    std::size_t left_;
};

}  // namespace millrace::protocol
