// The answer of operations whose success has an empty body.
#pragma once

namespace millrace::api {

struct Nothing {};

}  // namespace millrace::api
