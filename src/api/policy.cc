#include "api/policy.h"

#include <algorithm>

#include "api/policy_condition.h"
#include "api/wildcard.h"
#include "model/arn.h"

namespace millrace::api {

namespace {

template <class Matches>
bool covers(const PolicySet& set, Matches matches) {
    return std::any_of(set.members.begin(), set.members.end(), matches) != set.negated;
}

bool concerns(const PolicyStatement& statement, const AccessRequest& request) {
    const std::string arn = model::principal_arn(request.caller);
    return covers(statement.principals,
                  [&](const std::string& principal) {
                      return principal == "*" || principal == arn ||
                             principal == request.caller.account;
                  }) &&
           covers(statement.actions,
                  [&](const std::string& action) {
                      return matches_wildcard(lower_case(action), lower_case(request.action));
                  }) &&
           covers(statement.resources, [&](const std::string& resource) {
               return matches_wildcard(resource, request.resource);
           });
}

}  // namespace

bool grants(const Policy& policy, const AccessRequest& request) {
    bool allowed = false;
    for (const PolicyStatement& statement : policy.statements) {
        if (!concerns(statement, request)) {
            continue;
        }
        const Holds holds = hold(statement.conditions, request);
        if (!statement.allows && holds != Holds::kNo) {
            return false;
        }
        allowed = allowed || (statement.allows && holds == Holds::kYes);
    }
    return allowed;
}

}  // namespace millrace::api
