#include "protocol/pipeline.h"

#include <algorithm>
#include <exception>
#include <optional>

#include "api/call_rate.h"
#include "base/log.h"
#include "protocol/answer_body.h"
#include "protocol/authentication.h"
#include "protocol/binder.h"
#include "protocol/caller_identity.h"
#include "protocol/cbor_reader.h"
#include "protocol/content_type.h"
#include "protocol/cors.h"
#include "protocol/encoder.h"
#include "protocol/errors.h"
#include "protocol/event_body.h"
#include "protocol/json_reader.h"
#include "protocol/operation_metrics.h"
#include "protocol/signature.h"
#include "protocol/target.h"
#include "protocol/validator.h"

namespace millrace::protocol {
namespace {

constexpr std::string_view kNothingToAuthorize =
    "Unable to determine service/operation name to be authorized";

// What signers name as the service they call.
constexpr std::string_view kOurService = "kinesis";
constexpr std::string_view kCallerService = "sts";

constexpr std::string_view kRpcProtocol = "rpc-v2-cbor";

// A larger answer is encoded while it is sent. Of smaller ones the pieces only wake the client more
// often (Limit 1000, 1.4 MiB: 1.21M records a second in one, 1.07M in six).
constexpr std::size_t kWholeBytesMax = 2 << 20;

constexpr std::string_view kNoOperation = "unknown";  // in metrics and logs

// What a body is read against when no operation is there to want anything of it.
constexpr model::Shape kNoMembers{"Nothing", {}};

// The order of the rows. Lengths come first, as they tell most names apart.
bool before(std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

struct Pipeline::Row {
    Row(const api::Operation* row, Metrics& all_metrics)
        : operation(row), metrics(all_metrics, row != nullptr ? row->name : kNoOperation) {}

    const api::Operation* const operation;  // null: the row of requests that name none
    OperationMetrics metrics;
};

// One request on its way through. The stages are called in the order of before_call().
class Pipeline::Exchange final {
public:
    Exchange(Pipeline& pipeline, const wire::Request& request)
        : pipeline_(pipeline),
          request_(request),
          id_(pipeline.ids_.next()),
          began_(pipeline.clock_.steady()),
          arena_(request.body.size()) {}

    // The checks in the order clients see them. Nothing: the operation may be called.
    std::optional<Reply> before_call() {
        if (is_preflight(request_))
            return Reply{preflight_response(request_), "preflight"};
        if (request_.method != "POST")
            return refuse_method();

        type_ = content_type(request_.header("Content-Type"));
        if (type_ == ContentType::kRpcCbor && request_.header("smithy-protocol") != kRpcProtocol)
            type_ = ContentType::kOther;
        target_ = type_ == ContentType::kRpcCbor ? parse_rpc_target(request_.target)
                                                 : parse_target(request_.header("X-Amz-Target"));
        if (target_.names_our_service())
            row_ = pipeline_.find(target_.operation);

        if (request_.body.empty())
            return refuse_empty_body();
        if (type_ == ContentType::kOther)
            return asks_for_caller(request_) ? tell_caller() : refuse_content_type();
        if (!read_body())
            return refuse_syntax();
        if (type_ == ContentType::kPlainJson)
            return enveloped_error(404, kUnknownOperation);
        if (type_ == ContentType::kJson && asks_for_caller(target_))
            return tell_caller();
        if (row_ == nullptr)
            return error(format(), kUnknownOperation);

        Caller caller = find_caller(kOurService);
        if (caller.failure)
            return error(format(), caller.failure->type, std::move(caller.failure->message));
        if (binder_->failure())
            return error(format(), kSerialization, binder_->failure());
        if (const auto violations = find_violations(*row_->operation->request, call_->request(),
                                                    binder_->null_elements())) {
            return error(format(), kValidation, violations);
        }
        context_.emplace(api::Context{pipeline_.broker_, std::move(caller.identity.account),
                                      std::move(caller.identity.region), request_.peer});
        const auto admitted = api::check_call_rate(*context_, *row_->operation, *call_);
        if (!admitted)
            return error(format(), admitted.error());
        return std::nullopt;
    }

    Task<api::Answer<void>> call() { return call_->run(*context_); }

    Reply after_call(const api::Answer<void>& answer) {
        if (answer.has_error())
            return error(format(), answer.error());
        Reply reply{{}, "ok"};
        if (row_->operation->kind == api::OperationKind::kStreaming) {
            reply.response.headers.add("Content-Type", kEventStreamType);
            // Events are JSON to clients of both older encodings.
            const Format events = format() == Format::kRpcCbor ? Format::kRpcCbor : Format::kJson;
            reply.response.source =
                std::make_unique<EventBody>(call_->events(), *row_->operation->response, events);
            return reply;
        }
        reply.response.headers.add("Content-Type", header_value(format()));
        if (const model::Shape* const shape = row_->operation->response)
            encode_answer(*shape, reply.response);
        return reply;
    }

    Reply failed(const char* what) const {
        log::error("a request failed: {} operation={} request={}", what, operation_name(),
                   id_.uuid());
        const bool known = type_ == ContentType::kCbor || type_ == ContentType::kRpcCbor;
        return error(known ? format() : Format::kJson, kInternalFailure);
    }

    // What every response carries, and the traces it leaves with us.
    wire::Response finish(Reply&& reply) {
        const auto took = pipeline_.clock_.steady() - began_;
        Row& row = row_ != nullptr ? *row_ : *pipeline_.unknown_;
        row.metrics.record(reply.result, took);
        log::trace("answered operation={} result={} status={} request={}", operation_name(),
                   reply.result, reply.response.status, id_.uuid());

        auto& headers = reply.response.headers;
        if (type_ == ContentType::kRpcCbor)
            headers.add("smithy-protocol", kRpcProtocol);
        headers.add("x-amzn-RequestId", id_.uuid());
        if (is_preflight(request_)) {
            allow_origin(reply.response);
            return std::move(reply.response);
        }
        headers.add("x-amz-id-2", id_.extended());
        if (has_origin(request_)) {
            allow_origin(reply.response);
            expose_headers(reply.response);
        }
        return std::move(reply.response);
    }

private:
    Format format() const { return format_of(type_); }
    std::string_view operation_name() const {
        return row_ != nullptr ? row_->operation->name : kNoOperation;
    }

    void encode_answer(const model::Shape& shape, wire::Response& response) {
        if (!row_->operation->outlives_request ||
            encoded_room(format(), shape, call_->response()) <= kWholeBytesMax) {
            response.body = encode(format(), shape, call_->response());
            return;
        }
        const std::size_t size = encoded_size(format(), shape, call_->response());
        auto body = std::make_unique<AnswerBody>(std::move(call_), shape, format(), size);
        response.body = body->next_piece();  // leaves with the head
        response.source_bytes = size - response.body.size();
        response.source = std::move(body);
    }

    struct Caller {
        std::optional<Authentication::Failure> failure;
        Identity identity;  // unless that
    };

    // Who calls `service`, proven where signatures count.
    Caller find_caller(std::string_view service) const {
        Authentication authentication = authenticate(request_);
        if (authentication.failure)
            return {std::move(authentication.failure), {}};
        if (!pipeline_.signatures_count_.load(std::memory_order_acquire))
            return {{}, identify(authentication.credential, pipeline_.settings_)};
        const std::shared_ptr<const AccessKeys> keys = pipeline_.keys_.get();
        Proof proof =
            check_signature(request_, authentication, *keys, service, pipeline_.clock_.now());
        if (proof.failure)
            return {std::move(proof.failure), {}};
        return {{}, identify(authentication.credential, pipeline_.settings_, proof.key)};
    }

    Reply refuse_method() const {
        if (const auto failure = find_caller(kOurService).failure)
            return xml_error(failure->type, failure->message);
        return xml_error(kAccessDenied, kNothingToAuthorize);
    }

    // Whoever did not ask for JSON is answered in CBOR here, application/json included.
    Reply refuse_empty_body() const {
        const bool known = type_ == ContentType::kJson || type_ == ContentType::kRpcCbor;
        return error(known ? format() : Format::kCbor,
                     row_ != nullptr ? kSerialization : kUnknownOperation);
    }

    Reply refuse_content_type() const {
        return target_.names_both() ? xml_unknown_operation()
                                    : xml_error(kAccessDenied, kNothingToAuthorize);
    }

    Reply tell_caller() const {
        const bool json = type_ == ContentType::kJson;
        const Caller caller = find_caller(kCallerService);
        if (const auto& failure = caller.failure) {
            return json ? error(Format::kJson, failure->type, failure->message)
                        : refuse_in_xml(*failure, id_.uuid());
        }
        return json ? caller_in_json(caller.identity) : caller_in_xml(caller.identity, id_.uuid());
    }

    Reply refuse_syntax() const {
        return type_ == ContentType::kPlainJson ? enveloped_error(400, kSerialization)
                                                : error(format(), kSerialization);
    }

    // One pass over the body: binds it as far as it can be bound. False: it is not well-formed.
    bool read_body() {
        const model::Shape* shape = &kNoMembers;
        void* object = nullptr;
        if (row_ != nullptr) {
            call_ = row_->operation->make();
            shape = row_->operation->request;
            object = call_->request();
        }
        if (type_ == ContentType::kCbor) {
            binder_.emplace(*shape, object, arena_, Binder::TimeUnit::kMilliseconds);
            return read_cbor(request_.body, *binder_, arena_);
        }
        binder_.emplace(*shape, object, arena_, Binder::TimeUnit::kSeconds);
        if (type_ == ContentType::kRpcCbor)
            return read_cbor(request_.body, *binder_, arena_);
        return read_json(request_.body, *binder_, arena_);
    }

    Pipeline& pipeline_;
    const wire::Request& request_;
    const RequestId id_;
    const std::chrono::steady_clock::time_point began_;
    Target target_;
    ContentType type_ = ContentType::kOther;
    Row* row_ = nullptr;
    Arena arena_;
    std::unique_ptr<api::Call> call_;
    std::optional<Binder> binder_;
    std::optional<api::Context> context_;
};

Pipeline::Pipeline(stream::Broker& broker, Metrics& metrics, Settings settings, env::Clock& clock,
                   env::Entropy& entropy, std::span<const api::Operation> operations)
    : broker_(broker), settings_(std::move(settings)), clock_(clock), ids_(entropy) {
    for (const api::Operation& operation : operations) {
        rows_.push_back(std::make_unique<Row>(&operation, metrics));
    }
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) {
        return before(a->operation->name, b->operation->name);
    });
    unknown_ = std::make_unique<Row>(nullptr, metrics);
}

Pipeline::~Pipeline() = default;

void Pipeline::require(std::shared_ptr<const AccessKeys> keys) {
    keys_.set(std::move(keys));
    signatures_count_.store(true, std::memory_order_release);
}

Pipeline::Row* Pipeline::find(std::string_view operation) const {
    const auto at = std::lower_bound(
        rows_.begin(), rows_.end(), operation,
        [](const auto& row, std::string_view name) { return before(row->operation->name, name); });
    return at != rows_.end() && (*at)->operation->name == operation ? at->get() : nullptr;
}

Task<wire::Response> Pipeline::handle(const wire::Request& request) {
    Exchange exchange(*this, request);
    std::optional<Reply> reply;
    try {
        reply = exchange.before_call();
        if (!reply) {
            const api::Answer<void> answer = co_await exchange.call();
            reply = exchange.after_call(answer);
        }
    } catch (const std::exception& e) {
        reply = exchange.failed(e.what());
    } catch (...) {
        reply = exchange.failed("something that is no exception was thrown");
    }
    co_return exchange.finish(std::move(*reply));
}

}  // namespace millrace::protocol
