// sts:GetCallerIdentity, which tools call first to see whether their credentials are any. It is
// answered on the same port as the account's root, in the Query protocol and in JSON.
#pragma once

#include <string_view>

#include "protocol/authentication.h"
#include "protocol/errors.h"
#include "protocol/identity.h"
#include "protocol/target.h"
#include "wire/handler.h"

namespace millrace::protocol {

// A form with "Action=GetCallerIdentity".
bool asks_for_caller(const wire::Request& request);
// "AWSSecurityTokenServiceV20110615.GetCallerIdentity".
bool asks_for_caller(const Target& target);

Reply caller_in_xml(const Identity& identity, std::string_view request_id);
Reply caller_in_json(const Identity& identity);
// To callers of the Query protocol, which has codes of its own for what is wrong with a signature.
Reply refuse_in_xml(const Authentication::Failure& failure, std::string_view request_id);

}  // namespace millrace::protocol
