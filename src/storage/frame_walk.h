// FrameWalk: the frames of one file from an offset on, through a window of bytes that moves along.
// Every reader of a segment uses it: reads, index building and recovery.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "env/file_system.h"
#include "storage/frame.h"

namespace millrace::storage {

class FrameWalk final {
public:
    // Reads no byte at or past `end`. `window`: bytes of the first read; later ones grow to 1 MiB.
    FrameWalk(std::shared_ptr<env::File> file, std::uint32_t seed, std::uint64_t offset,
              std::uint64_t end, env::ReadMode mode, std::size_t window);

    std::uint64_t offset() const { return offset_; }
    bool at_end() const { return offset_ >= end_; }

    // The header at offset(). kCorrupt: none stands there (kShort at the end of the file is that,
    // too).
    Result<FrameHeader> header();
    // The whole frame whose header header() gave. Valid as long as holder() is held.
    // kCorrupt: its payload fails its checksum.
    Result<Bytes> frame();
    Position position() const { return Position(header_.position); }  // of that frame
    void skip();                                                      // past it

    // After kCorrupt: goes on at the next frame whose position is `position` or higher. False, and
    // nothing moved: there is none.
    Result<bool> resync(Position position);

    const std::shared_ptr<env::File>& file() const { return file_; }
    // Keeps the bytes of the last frame() alive.
    const std::shared_ptr<const std::byte[]>& holder() const { return window_; }

private:
    // Makes [offset_, offset_ + bytes) available; kCorrupt if the file or `end_` is nearer.
    Result<Bytes> need(std::size_t bytes);

    const std::shared_ptr<env::File> file_;
    const std::uint32_t seed_;
    const std::uint64_t end_;
    const env::ReadMode mode_;
    std::uint64_t offset_;
    std::uint64_t file_end_ = ~std::uint64_t{0};  // once a read met it
    std::size_t next_window_;
    std::shared_ptr<const std::byte[]> window_;
    std::uint64_t window_from_ = 0;
    std::size_t window_bytes_ = 0;
    FrameHeader header_{};
};

}  // namespace millrace::storage
