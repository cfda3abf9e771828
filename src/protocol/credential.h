// What a request names as its signer: "AKID/20260101/us-east-1/kinesis/aws4_request".
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::protocol {

// Elements that are missing are empty.
struct Credential {
    std::string_view key_id;
    std::string_view date;
    std::string_view region;
    std::string_view service;
    std::string_view terminator;
    std::size_t elements = 0;  // slashes at the end do not count

    // Views into `text`. What comes after the fifth element is only counted.
    static Credential parse(std::string_view text);
};

}  // namespace millrace::protocol
