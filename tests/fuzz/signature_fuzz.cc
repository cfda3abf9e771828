// Requests, whatever they claim of their signer. Nobody is believed who does not know the secret;
// who signs with it is, until a byte of the body is another.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/signature.h"

namespace {

using namespace millrace;
using namespace millrace::protocol;

constexpr WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

const AccessKeys& keys() {
    static const AccessKeys kKeys({{"AKID", "secret", "", ""}});
    return kKeys;
}

bool is_believed(const wire::Request& request) {
    const Authentication authentication = authenticate(request);
    return !authentication.failure &&
           !check_signature(request, authentication, keys(), "kinesis", kNow).failure;
}

// The next field of the input.
std::string take(std::string_view& rest) {
    const std::string field(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    return field;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string target = take(rest);
    const std::string names = take(rest);
    const std::string name = take(rest);
    const std::string value = take(rest);
    std::string authorization = take(rest);
    std::string body(rest);

    wire::Request request;
    request.method = "POST";
    request.target = target;
    request.body = body;
    request.headers = {{"Host", "localhost"},
                       {"X-Amz-Date", "20260101T000000Z"},
                       {name, value},
                       {"Authorization", authorization}};
    fail_unless(!is_believed(request));

    const std::string claims =
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/kinesis/aws4_request, "
        "SignedHeaders=host;x-amz-date" +
        names + ", Signature=";
    authorization = claims + "0";
    request.headers.back().value = authorization;
    const Authentication authentication = authenticate(request);
    if (authentication.failure)  // in the address, as well
        return 0;
    authorization = claims + signature_of(request, authentication, "secret");
    request.headers.back().value = authorization;
    if (is_believed(request)) {
        body += 'x';
        request.body = body;
        fail_unless(!is_believed(request));
    } else {
        // Then there is something wrong with what is signed, not with the signature.
        fail_unless(!names.empty() || !value.empty());
    }
    return 0;
}
