// What TLS shows to clients: the certificate of the options, or one of the broker's own making. The
// latter lies in <data-dir>/tls with the authority that signed it, for the owner's eyes alone; what
// is missing, broken, about to expire or without one of the names is made anew.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "env/file_system.h"
#include "millrace/options.h"
#include "wire/tls.h"

namespace millrace::server {

struct TlsFiles {
    wire::TlsContext::Identity identity;
    std::string authority;  // certificate for clients to trust; empty: not ours to give
};

// `data` is where data-dir lies, `host` where the files of the options lie. Errors name the option
// they belong to.
Result<TlsFiles> load_tls_files(const Options& options, env::FileSystem& data,
                                env::FileSystem& host, WallTime now);

}  // namespace millrace::server
