#include "server/tls_files.h"

#include <boost/asio/ip/host_name.hpp>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/certificates.h"
#include "env/whole_file.h"
#include "wire/address.h"

namespace millrace::server {
namespace {

// What a certificate has left when it is renewed; looked at on every start and twice a day.
constexpr std::chrono::days kRenewal{30};

Error about(std::string_view option, const Error& error) {
    std::string message(option);
    return Error{error.code, message.append(": ").append(error.message)};
}

// Empty: there is no such file.
Result<std::string> read_text(env::FileSystem& files, const env::Path& path) {
    MILLRACE_TRY(const auto content, env::load_file(files, path));
    return content ? std::string(as_text(*content)) : std::string();
}

Result<std::string> read_option(env::FileSystem& files, std::string_view option,
                                const std::string& path) {
    auto text = read_text(files, path);
    if (!text) {
        return about(option, text.error());
    }
    if (text.value().empty()) {
        return about(option, Error{Errc::kNotFound, path + " does not exist or is empty"});
    }
    return text;
}

std::vector<std::string> names_of(const Options& options) {
    std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
    const auto add = [&names](const std::string& name) {
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
        }
    };
    for (const std::string& text : options.listen) {
        const std::string host = wire::parse_address(text).value().host;  // checked
        add(host == "0.0.0.0" || host == "::" ? "" : host);
    }
    for (const std::string& name : options.tls_names) {
        add(name);
    }
    return names;
}

Result<TlsFiles> own_files(const Options& options, env::FileSystem& data, WallTime now) {
    const env::Path folder = env::Path(options.data_dir) / "tls";
    const env::Path authority_path = folder / "authority.pem";
    const env::Path server_path = folder / "server.pem";
    MILLRACE_TRY(data.create_directories(folder));

    MILLRACE_TRY(std::string authority, read_text(data, authority_path));
    if (!crypto::is_authority(authority, now + kRenewal)) {
        authority = crypto::make_authority(now);
        MILLRACE_TRY(env::replace_file(data, authority_path, as_bytes(authority)));
        log::info("made an authority for TLS certificates path={}", authority_path.string());
    }
    std::vector<std::string> names = names_of(options);
    boost::system::error_code unknown;
    const std::string host = boost::asio::ip::host_name(unknown);
    if (!unknown && std::find(names.begin(), names.end(), host) == names.end() &&
        crypto::is_name(host)) {
        names.push_back(host);
    }
    MILLRACE_TRY(std::string server, read_text(data, server_path));
    if (!crypto::serves(server, authority, names, now, now + kRenewal)) {
        auto made = crypto::make_certificate(authority, names, now);
        if (!made) {
            return about("tls-names", made.error());
        }
        server = std::move(made).value();
        MILLRACE_TRY(env::replace_file(data, server_path, as_bytes(server)));
    }
    return TlsFiles{{server, server, {}}, crypto::certificate_of(authority)};
}

}  // namespace

Result<TlsFiles> load_tls_files(const Options& options, env::FileSystem& data,
                                env::FileSystem& host, WallTime now) {
    TlsFiles files;
    if (options.tls_certificate.empty()) {
        MILLRACE_TRY(files, own_files(options, data, now));
    } else {
        const std::string& key =
            options.tls_key.empty() ? options.tls_certificate : options.tls_key;
        MILLRACE_TRY(files.identity.certificate,
                     read_option(host, "tls-certificate", options.tls_certificate));
        MILLRACE_TRY(files.identity.key, read_option(host, "tls-key", key));
    }
    if (!options.tls_client_ca.empty()) {
        MILLRACE_TRY(files.identity.client_authority,
                     read_option(host, "tls-client-ca", options.tls_client_ca));
    }
    return files;
}

}  // namespace millrace::server
