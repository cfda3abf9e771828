#include "server/access_key_file.h"

#include <boost/property_tree/ini_parser.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "env/whole_file.h"
#include "protocol/identity.h"

namespace millrace::server {
namespace {

using boost::property_tree::ptree;
using protocol::AccessKey;
using protocol::AccessKeys;

constexpr std::size_t kIdBytesMax = 128;

Error invalid(std::string message) {
    return Error{Errc::kInvalid, std::move(message)};
}

// It stands between slashes in a request's header.
bool is_id(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= kIdBytesMax && std::ranges::all_of(text, fits);
}

Result<AccessKey> read_section(const std::string& name, const ptree& section) {
    struct Entry {
        std::string_view name;
        std::string AccessKey::*field;
    };
    constexpr Entry kEntries[] = {{"aws_access_key_id", &AccessKey::id},
                                  {"aws_secret_access_key", &AccessKey::secret},
                                  {"aws_session_token", &AccessKey::session_token},
                                  {"aws_account_id", &AccessKey::account}};
    const std::string where = "[" + name + "] ";
    AccessKey key;
    for (const auto& [entry, value] : section) {
        const auto* const known = std::ranges::find(kEntries, entry, &Entry::name);
        if (known == std::end(kEntries)) {
            return invalid(where +
                           "has an entry that is none of aws_access_key_id, aws_secret_access_key, "
                           "aws_session_token and aws_account_id");
        }
        key.*known->field = value.data();
    }
    if (!is_id(key.id)) {
        return invalid(where +
                       "needs an aws_access_key_id of 1 to 128 letters, digits, '_', '-' and '.'");
    }
    if (key.secret.empty()) {
        return invalid(where + "needs an aws_secret_access_key");
    }
    if (!key.account.empty() && !protocol::is_account(key.account)) {
        return invalid(where + "has an aws_account_id that is not 12 digits");
    }
    return key;
}

}  // namespace

Result<std::shared_ptr<const AccessKeys>> parse_access_keys(const std::string& text) {
    ptree sections;
    std::istringstream lines(text);
    try {
        boost::property_tree::read_ini(lines, sections);
    } catch (const boost::property_tree::ini_parser_error& e) {
        return invalid("line " + std::to_string(e.line()) + ": " + e.message());
    }
    std::vector<AccessKey> keys;
    std::set<std::string> ids;
    for (const auto& [name, section] : sections) {
        if (section.empty()) {
            return invalid("an entry stands before the first [section], or a section has none");
        }
        MILLRACE_TRY(AccessKey key, read_section(name, section));
        if (!ids.insert(key.id).second) {
            return invalid("[" + name + "] has the aws_access_key_id of another section");
        }
        keys.push_back(std::move(key));
    }
    if (keys.empty()) {
        return invalid("has no access key, so nobody could call");
    }
    return std::make_shared<const AccessKeys>(std::move(keys));
}

Result<std::shared_ptr<const AccessKeys>> load_access_keys(env::FileSystem& host,
                                                           const std::string& path) {
    MILLRACE_TRY(const auto content, env::load_file(host, path));
    if (!content) {
        return Error{Errc::kNotFound, path + " does not exist"};
    }
    auto keys = parse_access_keys(std::string(as_text(*content)));
    if (!keys) {
        return Error{keys.error().code, path + ": " + keys.error().message};
    }
    return keys;
}

}  // namespace millrace::server
