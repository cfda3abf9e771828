// The Date header's value: "Tue, 15 Nov 1994 08:12:31 GMT".
#pragma once

#include <string>

#include "base/time.h"

namespace millrace::wire {

std::string http_date(WallTime now);

}  // namespace millrace::wire
