// Result<T>: what every fallible function returns. Ignoring one does not compile; no exception
// crosses a module. Use MILLRACE_TRY in functions and MILLRACE_CO_TRY in coroutines.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>
#include <boost/outcome/try.hpp>

#include "base/error.h"

namespace millrace {

template <class T>
using Result = boost::outcome_v2::basic_result<T, Error, boost::outcome_v2::policy::terminate>;

using boost::outcome_v2::failure;
using boost::outcome_v2::success;

}  // namespace millrace

#define MILLRACE_TRY BOOST_OUTCOME_TRY
#define MILLRACE_CO_TRY BOOST_OUTCOME_CO_TRY
