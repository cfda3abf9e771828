#include "storage/frame_walk.h"

#include <algorithm>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::size_t kWindowBytesMax = 1 << 20;

Error damaged(const char* what) {
    return {Errc::kCorrupt, what};
}

}  // namespace

FrameWalk::FrameWalk(std::shared_ptr<env::File> file, std::uint32_t seed, std::uint64_t offset,
                     std::uint64_t end, env::ReadMode mode, std::size_t window)
    : file_(std::move(file)),
      seed_(seed),
      end_(end),
      mode_(mode),
      offset_(offset),
      next_window_(std::clamp(window, sizeof(FrameHeader), kWindowBytesMax)) {}

Result<Bytes> FrameWalk::need(std::size_t bytes) {
    if (offset_ >= window_from_ && offset_ + bytes <= window_from_ + window_bytes_) {
        return Bytes(window_.get() + (offset_ - window_from_), bytes);
    }
    const std::uint64_t end = std::min(end_, file_end_);
    if (offset_ >= end || end - offset_ < bytes) {
        return damaged("a frame reaches past the end of its segment");
    }
    const std::size_t wanted =
        std::min<std::uint64_t>(std::max(bytes, next_window_), end - offset_);
    next_window_ = std::min(next_window_ * 4, kWindowBytesMax);
    // Views of earlier frames hold the earlier window. Uninitialised: it is read over at once.
    std::shared_ptr<std::byte[]> window(new std::byte[wanted]);
    MILLRACE_TRY(const std::size_t got,
                 file_->read_at(offset_, std::span(window.get(), wanted), mode_));
    if (got < wanted) {
        file_end_ = offset_ + got;
    }
    if (got < bytes) {
        return damaged("a segment is shorter than it was");
    }
    window_ = std::move(window);
    window_from_ = offset_;
    window_bytes_ = got;
    return Bytes(window_.get(), bytes);
}

Result<FrameHeader> FrameWalk::header() {
    MILLRACE_TRY(const Bytes bytes, need(sizeof(FrameHeader)));
    if (check_header(bytes, seed_) != FrameState::kWhole) {
        return damaged("a frame's header fails its checksum");
    }
    header_ = load_header(bytes);
    return header_;
}

Result<Bytes> FrameWalk::frame() {
    MILLRACE_TRY(const Bytes bytes, need(header_.frame_bytes()));
    if (!payload_is_whole(bytes)) {
        return damaged("a record fails its checksum");
    }
    return bytes;
}

void FrameWalk::skip() {
    offset_ += header_.frame_bytes();
}

Result<bool> FrameWalk::resync(Position position) {
    const std::uint64_t from = offset_;
    // A header that is whole tells where the next frame is, and spares looking into a payload.
    const auto here = header();
    offset_ += here ? here.value().frame_bytes() : 1;
    for (; offset_ < std::min(end_, file_end_); ++offset_) {
        auto bytes = need(sizeof(FrameHeader));
        if (!bytes && bytes.error().code == Errc::kCorrupt) {
            break;  // too little is left for a header
        }
        if (!bytes) {
            return std::move(bytes).error();
        }
        if (check_header(bytes.value(), seed_) != FrameState::kWhole) {
            continue;
        }
        const FrameHeader found = load_header(bytes.value());
        if (found.position >= position.value() && found.frame_bytes() <= end_ - offset_) {
            header_ = found;
            return true;
        }
    }
    offset_ = from;
    return false;
}

}  // namespace millrace::storage
