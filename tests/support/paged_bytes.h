// A file's bytes in pages that copies share until one of them writes: a picture of a large sparse
// file costs next to nothing. What was never written reads as zeros. Not thread-safe, nor together
// with a copy.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>

#include "base/bytes.h"

namespace millrace::test {

class PagedBytes final {
public:
    std::uint64_t size() const { return size_; }

    // Fewer than out.size() bytes only at the end.
    std::size_t read(std::uint64_t offset, std::span<std::byte> out) const {
        if (offset >= size_)
            return 0;
        const std::size_t total = std::min<std::uint64_t>(out.size(), size_ - offset);
        for (std::size_t done = 0; done < total;) {
            const std::uint64_t at = offset + done;
            const std::size_t within = at % kPageBytes;
            const std::size_t part = std::min(total - done, kPageBytes - within);
            const auto page = pages_.find(at / kPageBytes);
            if (page == pages_.end())
                std::memset(out.data() + done, 0, part);
            else
                std::memcpy(out.data() + done, page->second->data() + within, part);
            done += part;
        }
        return total;
    }

    void write(std::uint64_t offset, Bytes bytes) {
        size_ = std::max<std::uint64_t>(size_, offset + bytes.size());
        while (!bytes.empty()) {
            const std::size_t within = offset % kPageBytes;
            const std::size_t part = std::min(bytes.size(), kPageBytes - within);
            std::memcpy(own(offset / kPageBytes).data() + within, bytes.data(), part);
            offset += part;
            bytes = bytes.subspan(part);
        }
    }

    void resize(std::uint64_t size) {
        if (size < size_) {
            pages_.erase(pages_.lower_bound((size + kPageBytes - 1) / kPageBytes), pages_.end());
            const std::size_t within = size % kPageBytes;
            if (within != 0 && pages_.contains(size / kPageBytes)) {
                Page& page = own(size / kPageBytes);
                std::fill(page.begin() + static_cast<std::ptrdiff_t>(within), page.end(),
                          std::byte{0});
            }
        }
        size_ = size;
    }

private:
    static constexpr std::size_t kPageBytes = 4096;
    using Page = std::array<std::byte, kPageBytes>;

    // The page, held by nobody else.
    Page& own(std::uint64_t number) {
        std::shared_ptr<Page>& page = pages_[number];
        if (page == nullptr)
            page = std::make_shared<Page>();
        else if (page.use_count() > 1)
            page = std::make_shared<Page>(*page);
        return *page;
    }

    std::map<std::uint64_t, std::shared_ptr<Page>> pages_;
    std::uint64_t size_ = 0;
};

}  // namespace millrace::test
