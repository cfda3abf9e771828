// token.key is 48 bytes: the magic "millrkey", the key, and the first 8 bytes of the MD5 of both,
// which tells a whole file from a torn one.
#include "stream/token_key.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/log.h"
#include "crypto/md5.h"

namespace millrace::stream {
namespace {

constexpr std::string_view kMagic = "millrkey";
constexpr std::size_t kCheckAt = 8 + crypto::Aead::kKeyBytes;
constexpr std::size_t kFileBytes = kCheckAt + 8;
using Content = std::array<std::byte, kFileBytes>;
static_assert(kFileBytes == 48);

void put_check(Content& content) {
    const crypto::Md5Digest digest = crypto::md5(Bytes(content).first(kCheckAt));
    std::copy_n(digest.begin(), kFileBytes - kCheckAt, content.begin() + kCheckAt);
}

// The key in the file; kCorrupt when it is not one of ours.
Result<crypto::Aead::Key> read_key(env::File& file) {
    std::array<std::byte, kFileBytes + 1> bytes;
    std::size_t size = 0;
    while (size < bytes.size()) {
        MILLRACE_TRY(const std::size_t more,
                     file.read_at(size, std::span(bytes).subspan(size), env::ReadMode::kMayBlock));
        if (more == 0) {
            break;
        }
        size += more;
    }
    Content content;
    std::copy_n(bytes.begin(), content.size(), content.begin());
    Content expected = content;
    put_check(expected);
    if (size != kFileBytes || as_text(Bytes(content).first(kMagic.size())) != kMagic ||
        content != expected) {
        return Error{Errc::kCorrupt, "token.key is damaged"};
    }
    crypto::Aead::Key key;
    std::copy_n(content.begin() + kMagic.size(), key.size(), key.begin());
    return key;
}

Result<crypto::Aead::Key> make_key(env::FileSystem& files, const env::Path& data_dir,
                                   env::Entropy& entropy) {
    crypto::Aead::Key key;
    entropy.fill(key);
    Content content;
    std::memcpy(content.data(), kMagic.data(), kMagic.size());
    std::copy(key.begin(), key.end(), content.begin() + kMagic.size());
    put_check(content);

    const env::Path draft = data_dir / "token.key.new";
    if (const auto removed = files.remove(draft);
        !removed && removed.error().code != Errc::kNotFound) {
        return removed.error();
    }
    {
        MILLRACE_TRY(const auto file, files.open(draft, env::OpenMode::kCreate));
        const Bytes slices[] = {Bytes(content)};
        MILLRACE_TRY(file->write_at(0, slices));
        MILLRACE_TRY(file->sync_data());
    }
    MILLRACE_TRY(files.rename(draft, data_dir / "token.key"));
    MILLRACE_TRY(files.sync_directory(data_dir));
    return key;
}

}  // namespace

Result<crypto::Aead::Key> load_token_key(env::FileSystem& files, const env::Path& data_dir,
                                         env::Entropy& entropy) {
    auto file = files.open(data_dir / "token.key", env::OpenMode::kReadOnly);
    if (file) {
        auto key = read_key(*file.value());
        if (key || key.error().code != Errc::kCorrupt) {
            return key;
        }
        log::warn("{}: a new key is made, iterators given out before are invalid",
                  key.error().message);
    } else if (file.error().code != Errc::kNotFound) {
        return std::move(file).error();
    }
    return make_key(files, data_dir, entropy);
}

}  // namespace millrace::stream
