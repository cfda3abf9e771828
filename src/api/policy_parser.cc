#include "api/policy_parser.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

namespace millrace::api {

namespace {

using Json = nlohmann::json;
using Names = std::initializer_list<std::string_view>;

bool only_has(const Json& object, Names names) {
    return std::ranges::all_of(object.items(), [names](const auto& member) {
        return std::ranges::find(names, member.key()) != names.end();
    });
}

// A string, or a list of one or more.
std::optional<std::vector<std::string>> texts(const Json& value) {
    std::vector<std::string> found;
    for (const Json& item : value.is_array() ? value : Json::array({value})) {
        if (!item.is_string()) {
            return std::nullopt;
        }
        found.push_back(item.get<std::string>());
    }
    return found.empty() ? std::nullopt : std::optional(std::move(found));
}

// "*", or an object of kinds. Only accounts and their members can call us: a service is nobody.
std::optional<std::vector<std::string>> principals(const Json& value) {
    if (value == "*") {
        return std::vector<std::string>{"*"};
    }
    if (!value.is_object() || value.empty() ||
        !only_has(value, {"AWS", "Service", "Federated", "CanonicalUser"})) {
        return std::nullopt;
    }
    std::vector<std::string> found;
    for (const auto& [kind, names] : value.items()) {
        auto named = texts(names);
        if (!named) {
            return std::nullopt;
        }
        if (kind == "AWS") {
            found = *std::move(named);
        }
    }
    return found;
}

using Reading = std::optional<std::vector<std::string>> (*)(const Json&);

// The one of the pair `name`, "Not" + `name` that must be there.
bool read_set(const Json& statement, const std::string& name, Reading read, PolicySet& set) {
    const bool plain = statement.contains(name);
    set.negated = statement.contains("Not" + name);
    if (plain == set.negated) {
        return false;
    }
    auto members = read(statement.at(plain ? name : "Not" + name));
    if (!members) {
        return false;
    }
    set.members = *std::move(members);
    return true;
}

bool read_conditions(const Json& statement, std::vector<PolicyCondition>& conditions) {
    if (!statement.contains("Condition")) {
        return true;
    }
    const Json& tests = statement.at("Condition");
    if (!tests.is_object()) {
        return false;
    }
    for (const auto& [test, keys] : tests.items()) {
        if (!keys.is_object()) {
            return false;
        }
        for (const auto& [key, value] : keys.items()) {
            PolicyCondition condition{test, key, {}};
            for (const Json& item : value.is_array() ? value : Json::array({value})) {
                if (!item.is_primitive() || item.is_null()) {
                    return false;
                }
                condition.values.push_back(item.is_string() ? item.get<std::string>()
                                                            : item.dump());
            }
            conditions.push_back(std::move(condition));
        }
    }
    return true;
}

std::optional<PolicyStatement> read_statement(const Json& value) {
    if (!value.is_object() ||
        !only_has(value, {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
                          "Resource", "NotResource", "Condition"})) {
        return std::nullopt;
    }
    const auto effect = value.find("Effect");
    if (effect == value.end() || (*effect != "Allow" && *effect != "Deny")) {
        return std::nullopt;
    }
    const auto sid = value.find("Sid");
    if (sid != value.end() && !sid->is_string()) {
        return std::nullopt;
    }
    PolicyStatement statement;
    statement.allows = *effect == "Allow";
    if (!read_set(value, "Principal", principals, statement.principals) ||
        !read_set(value, "Action", texts, statement.actions) ||
        !read_set(value, "Resource", texts, statement.resources) ||
        !read_conditions(value, statement.conditions)) {
        return std::nullopt;
    }
    return statement;
}

}  // namespace

std::optional<Policy> parse_policy(std::string_view text) {
    const Json document = Json::parse(text, nullptr, false);
    if (!document.is_object() || !only_has(document, {"Version", "Id", "Statement"})) {
        return std::nullopt;
    }
    const auto version = document.find("Version");
    const auto statements = document.find("Statement");
    if (version == document.end() || (*version != "2012-10-17" && *version != "2008-10-17") ||
        statements == document.end()) {
        return std::nullopt;
    }
    Policy policy;
    for (const Json& value : statements->is_array() ? *statements : Json::array({*statements})) {
        auto statement = read_statement(value);
        if (!statement) {
            return std::nullopt;
        }
        policy.statements.push_back(*std::move(statement));
    }
    return policy.statements.empty() ? std::nullopt : std::optional(std::move(policy));
}

}  // namespace millrace::api
