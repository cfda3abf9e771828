#include "stream/key_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/md5.h"
#include "env/whole_file.h"

namespace millrace::stream {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kCheckAt = kMagicBytes + crypto::Aead::kKeyBytes;
constexpr std::size_t kFileBytes = kCheckAt + 8;
using Content = std::array<std::byte, kFileBytes>;
static_assert(kFileBytes == 48);

Content content_of(std::string_view magic, const crypto::Aead::Key& key) {
    CHECK(magic.size() == kMagicBytes);
    Content content;
    std::memcpy(content.data(), magic.data(), magic.size());
    std::copy(key.begin(), key.end(), content.begin() + kMagicBytes);
    const crypto::Md5Digest digest = crypto::md5(Bytes(content).first(kCheckAt));
    std::copy_n(digest.begin(), kFileBytes - kCheckAt, content.begin() + kCheckAt);
    return content;
}

}  // namespace

Result<crypto::Aead::Key> KeyFile::read(env::FileSystem& files) const {
    MILLRACE_TRY(const auto file, files.open(path, env::OpenMode::kReadOnly));
    std::array<std::byte, kFileBytes + 1> bytes{};
    std::size_t size = 0;
    while (size < bytes.size()) {
        MILLRACE_TRY(const std::size_t more,
                     file->read_at(size, std::span(bytes).subspan(size), env::ReadMode::kMayBlock));
        if (more == 0) {
            break;
        }
        size += more;
    }
    crypto::Aead::Key key;
    if (takes_foreign && size == key.size()) {
        std::copy_n(bytes.begin(), key.size(), key.begin());
        return key;
    }
    std::copy_n(bytes.begin() + kMagicBytes, key.size(), key.begin());
    const Content expected = content_of(magic, key);
    if (size != kFileBytes || !std::equal(expected.begin(), expected.end(), bytes.begin())) {
        return Error{Errc::kCorrupt, path.filename().string() + " is damaged"};
    }
    return key;
}

Result<void> KeyFile::write(env::FileSystem& files, const crypto::Aead::Key& key) const {
    return env::replace_file(files, path, content_of(magic, key));
}

Result<void> KeyFile::try_write(env::FileSystem& files, const crypto::Aead::Key& key) const {
    MILLRACE_TRY(env::draft_file(files, path, content_of(magic, key)));
    return success();
}

}  // namespace millrace::stream
