// Policy: a resource policy as statements, and what it says about one request. The service's rules:
// a Deny that applies beats every Allow, and without an Allow that applies the answer is no. What
// cannot be decided here (an operator, a condition key or a variable we know nothing of) never
// grants: in an Allow it does not apply, in a Deny it does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/identity.h"

namespace millrace::api {

// Principal or NotPrincipal, Action or NotAction, Resource or NotResource.
struct PolicySet {
    bool negated = false;
    std::vector<std::string> members;
};

struct PolicyCondition {
    std::string test;  // "StringLike"
    std::string key;   // "aws:PrincipalArn"
    std::vector<std::string> values;
};

struct PolicyStatement {
    bool allows = false;  // or denies
    PolicySet principals;
    PolicySet actions;
    PolicySet resources;
    std::vector<PolicyCondition> conditions;
};

struct Policy {
    std::vector<PolicyStatement> statements;
};

// Who wants what of which resource.
struct AccessRequest {
    model::Identity caller;
    std::string action;     // "kinesis:PutRecord"
    std::string resource;   // its ARN
    std::string source_ip;  // empty: not known
};

bool grants(const Policy& policy, const AccessRequest& request);

}  // namespace millrace::api
