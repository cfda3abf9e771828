#include "storage/catalog_snapshot.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/crc32c.h"
#include "env/whole_file.h"

namespace millrace::storage {
namespace {

constexpr char kMagic[8] = {'m', 'i', 'l', 'l', 'c', 'a', 't', '\n'};
constexpr std::uint32_t kVersion = 1;

struct DiskSnapshot {
    char magic[8];
    std::uint32_t version;
    std::uint32_t crc;  // of everything after it
    std::uint64_t through;
};
static_assert(sizeof(DiskSnapshot) == 24);
constexpr std::size_t kCheckedFrom = 16;

}  // namespace

Result<std::optional<CatalogSnapshot>> load_snapshot(StoreParts& parts) {
    const env::Path path = parts.layout.snapshot();
    MILLRACE_TRY(const auto content, load_file(parts.files, path));
    if (!content) {
        return std::optional<CatalogSnapshot>();
    }
    const Bytes bytes(*content);
    const bool has_head = bytes.size() >= sizeof(DiskSnapshot) &&
                          std::memcmp(bytes.data(), kMagic, sizeof kMagic) == 0;
    const auto head = has_head ? load_le<DiskSnapshot>(bytes.data()) : DiskSnapshot{};
    if (has_head && head.version != kVersion) {
        return Error{Errc::kUnsupported,
                     "catalog snapshot of format version " + std::to_string(head.version)};
    }
    if (!has_head || head.crc != crc32c(bytes.subspan(kCheckedFrom))) {
        return Error{Errc::kCorrupt, "the catalog's snapshot is damaged: " + path.string()};
    }
    return std::optional(CatalogSnapshot{
        Position(head.through), std::string(as_text(bytes.subspan(sizeof(DiskSnapshot))))});
}

Result<void> store_snapshot(StoreParts& parts, const CatalogSnapshot& snapshot) {
    DiskSnapshot head{};
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    head.version = kVersion;
    head.through = snapshot.through.value();
    const Bytes state = as_bytes(snapshot.state);
    std::vector<std::byte> out(sizeof head + state.size());
    store_le(out.data(), head);
    std::copy(state.begin(), state.end(), out.data() + sizeof head);
    head.crc = crc32c(Bytes(out).subspan(kCheckedFrom));
    store_le(out.data(), head);
    return replace_file(parts.files, parts.layout.snapshot(), out);
}

}  // namespace millrace::storage
