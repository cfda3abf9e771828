#include "protocol/caller_identity.h"

#include <algorithm>
#include <string>

#include "protocol/json_writer.h"

namespace millrace::protocol {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kResult = "ok";

std::string root_arn(const Identity& identity) {
    return "arn:aws:iam::" + identity.account + ":root";
}

}  // namespace

bool asks_for_caller(const wire::Request& request) {
    constexpr std::string_view kAction = "Action=GetCallerIdentity";
    if (!request.header("Content-Type").starts_with(kFormType))
        return false;
    for (std::string_view rest = request.body; !rest.empty();) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        if (pair == kAction)
            return true;
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    }
    return false;
}

bool asks_for_caller(const Target& target) {
    return target.service == "AWSSecurityTokenServiceV20110615" &&
           target.operation == "GetCallerIdentity";
}

Reply caller_in_xml(const Identity& identity, std::string_view request_id) {
    Reply reply{{}, kResult};
    reply.response.headers.add("Content-Type", "text/xml");
    reply.response.body
        .append(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"
            "  <GetCallerIdentityResult>\n    <Arn>")
        .append(root_arn(identity))
        .append("</Arn>\n    <UserId>")
        .append(identity.account)
        .append("</UserId>\n    <Account>")
        .append(identity.account)
        .append("</Account>\n  </GetCallerIdentityResult>\n  <ResponseMetadata>\n    <RequestId>")
        .append(request_id)
        .append("</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n");
    return reply;
}

Reply refuse_in_xml(const Authentication::Failure& failure, std::string_view request_id) {
    struct Code {
        std::string_view type;
        std::string_view text;
    };
    constexpr Code kCodes[] = {
        {"InvalidSignatureException", "SignatureDoesNotMatch"},
        {"UnrecognizedClientException", "InvalidClientTokenId"},
        {"IncompleteSignatureException", "IncompleteSignature"},
        {"MissingAuthenticationTokenException", "MissingAuthenticationToken"}};
    const auto* const code = std::ranges::find(kCodes, failure.type, &Code::type);
    Reply reply{{}, failure.type};
    reply.response.status = 403;
    reply.response.headers.add("Content-Type", "text/xml");
    reply.response.body
        .append(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n"
            "    <Type>Sender</Type>\n    <Code>")
        .append(code != std::end(kCodes) ? code->text : failure.type)
        .append("</Code>\n    <Message>")
        .append(xml_escaped(failure.message))
        .append("</Message>\n  </Error>\n  <RequestId>")
        .append(request_id)
        .append("</RequestId>\n</ErrorResponse>\n");
    return reply;
}

Reply caller_in_json(const Identity& identity) {
    Reply reply{{}, kResult};
    reply.response.headers.add("Content-Type", header_value(Format::kJson));
    JsonWriter writer(reply.response.body);
    writer.begin_structure();
    writer.key("Account");
    writer.text(identity.account);
    writer.key("Arn");
    writer.text(root_arn(identity));
    writer.key("UserId");
    writer.text(identity.account);
    writer.end_structure();
    return reply;
}

}  // namespace millrace::protocol
