// A directory of this test's own on a real disk, removed with everything in it at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/check.h"

namespace millrace::test {

class TempDirectory final {
public:
    TempDirectory() {
        std::string path = std::filesystem::temp_directory_path() / "millrace-test-XXXXXX";
        CHECK(::mkdtemp(path.data()) != nullptr);
        path_ = path;
    }
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace millrace::test
