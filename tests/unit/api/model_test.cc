// The shapes of every built operation against the service's model, which stands as data in
// tests/model/kinesis.json: no member is missing, none is too many, and each has the type, the need
// and the constraints of the model.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "api/operations.h"
#include "env/posix_file_system.h"

namespace millrace::api {
namespace {

using model::Field;
using model::Kind;
using model::Shape;
using Json = nlohmann::json;

// What this server leaves out, and why.
const std::set<std::string> kLeftOut = {
    // Reserved: returning one would make clients prefix host names.
    "StreamDescriptionSummary.StreamId",
    // No channel delivers to tables, and none fails.
    "ChannelDescription.S3TablesDestinationConfiguration", "ChannelDescription.ChannelStatusReason",
    "ChannelSummary.ChannelStatusReason"};

Json load_model() {
    env::PosixFileSystem files;
    auto file =
        files.open(MILLRACE_SOURCE_DIR "/tests/model/kinesis.json", env::OpenMode::kReadOnly);
    EXPECT_TRUE(file);
    std::string text(file.value()->size().value(), '\0');
    const auto bytes = std::as_writable_bytes(std::span(text));
    EXPECT_TRUE(file.value()->read_at(0, bytes, env::ReadMode::kMayBlock));
    return Json::parse(text);
}

const Json& service() {
    static const Json model = load_model();
    return model;
}

std::string type_of(const Field& field) {
    switch (field.kind) {
        case Kind::kString:
            return "string";
        case Kind::kInteger:
            return "integer";
        case Kind::kLong:
            return "long";
        case Kind::kBoolean:
            return "boolean";
        case Kind::kBlob:
            return "blob";
        case Kind::kTimestamp:
            return "timestamp";
        case Kind::kList:
            return "list";
        case Kind::kMap:
            return "map";
        case Kind::kStructure:
            return "structure";
    }
    return "";
}

std::string range_of(const model::Range& range) {
    const auto end = [](const std::optional<std::int64_t>& value) {
        return value ? std::to_string(*value) : std::string();
    };
    return end(range.min) + ".." + end(range.max);
}
std::string range_of(const Json& member) {
    const auto end = [&](const char* key) {
        return member.contains(key) ? member.at(key).dump() : std::string();
    };
    return end("min") + ".." + end("max");
}

std::set<std::string> words(const Json& list) {
    return list.get<std::set<std::string>>();
}

class Comparison final {
public:
    explicit Comparison(bool input) : input_(input) {}

    void shape(const std::string& name, const Shape& shape, const Json& members) {
        std::set<std::string> ours;
        for (const Field& field : shape.fields) {
            const std::string member(field.name);
            const std::string path = name + "." + member;
            ours.insert(member);
            if (!members.contains(member)) {
                ADD_FAILURE() << path << " is not in the model";
                continue;
            }
            this->field(path, field, members.at(member));
        }
        for (const auto& [member, details] : members.items()) {
            EXPECT_NE(ours.contains(member), kLeftOut.contains(name + "." + member))
                << name << "." << member;
        }
    }

private:
    void field(const std::string& path, const Field& field, const Json& member) {
        EXPECT_EQ(type_of(field), member.at("type")) << path;
        if (input_) {
            constraints(path, field, member);
        }
        if (field.kind == Kind::kStructure) {
            nested(path, field, member);
        } else if (field.kind == Kind::kList) {
            const Json& element = member.at("member");
            EXPECT_EQ(field.shape != nullptr, element.at("type") == "structure") << path;
            if (field.shape != nullptr) {
                nested(path, field, element);
            }
        }
    }
    void nested(const std::string& path, const Field& field, const Json& member) {
        const std::string name = member.at("ref");
        EXPECT_EQ(field.shape->name, name) << path;
        shape(name, *field.shape, service().at("shapes").at(name));
    }
    static void constraints(const std::string& path, const Field& field, const Json& member) {
        EXPECT_EQ(field.required, member.value("required", false)) << path;
        EXPECT_EQ(range_of(field.range), range_of(member)) << path;
        const std::string pattern(field.pattern ? field.pattern->text : "");
        EXPECT_EQ(pattern, member.value("pattern", "")) << path;
        Json inner = field.kind == Kind::kList ? member.at("member") : member;
        const std::set<std::string> values(field.values.begin(), field.values.end());
        EXPECT_EQ(values, words(inner.value("enum", Json::array()))) << path;
        if (field.kind == Kind::kMap) {
            EXPECT_EQ(range_of(field.key_range), range_of(member.at("key"))) << path;
            EXPECT_EQ(range_of(field.element_range), range_of(member.at("value"))) << path;
        } else if (field.kind == Kind::kList && field.shape == nullptr) {
            EXPECT_EQ(range_of(field.element_range), range_of(inner)) << path;
        }
    }

    bool input_;
};

TEST(Model, EveryShapeIsTheModels) {
    const Json& model = service().at("operations");
    ASSERT_EQ(model.size(), operations().size());
    for (const Operation& row : operations()) {
        const std::string name(row.name);
        ASSERT_TRUE(model.contains(name)) << name;
        Comparison(true).shape(name, *row.request, model.at(name).at("input"));
        if (row.kind != OperationKind::kUnary) {
            continue;  // its events are not its response shape
        }
        const Json& output = model.at(name).at("output");
        EXPECT_EQ(row.response == nullptr, output.empty()) << name;
        if (row.response != nullptr) {
            Comparison(false).shape(name, *row.response, output);
        }
    }
}

}  // namespace
}  // namespace millrace::api
