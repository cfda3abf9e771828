"""What follows from the members of an operation alone: for every member at any depth, values of a wrong
type, values that break a constraint, and legal ones, with the answer to each. The members are those of
tests/model/kinesis.json; values for patterns, the order of errors and of printed enums are those of
tests/corpus (the behaviour specification)."""

import json
import re

from . import model, texts

BOOLEAN = "class java.lang.Boolean can not be converted to "
NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
STRING = "class java.lang.String can not be converted to "
LIST_START = "Start of list found where not expected"
MAP_START = "Start of structure or map found where not expected."
BASE64 = "'{}' can not be converted to a Blob: "
CONTAINERS = (([], LIST_START), ({}, MAP_START), ([1], LIST_START), ({"a": 1}, MAP_START))

# Type -> (value of a wrong type, message).
WRONG = {
    "string": ((True, BOOLEAN + "an String"), (False, BOOLEAN + "an String"), (1, NUMBER + "an String"),
               (1.5, NUMBER + "an String"), *CONTAINERS),
    "integer": (("1", STRING + "an Integer"), ("", STRING + "an Integer"),
                (True, BOOLEAN + "an Integer"), *CONTAINERS),
    "boolean": ((1, NUMBER + "an Boolean"), (0, NUMBER + "an Boolean"),
                ("maybe", "'MAYBE' can not be converted to an Boolean"), *CONTAINERS),
    "blob": ((True, BOOLEAN + "a Blob"), (1, NUMBER + "a Blob"), *CONTAINERS,
             *((text, BASE64.format(text) + "Base64 encoded length is expected a multiple of 4 bytes "
                f"but found: {len(text)}") for text in ("a", "ab", "abc", "abcde")),
             *((text, BASE64.format(text) + f"Invalid Base64 character: '{c}'") for text, c in (
                 ("ab*d", "*"), ("ab d", " "), ("a-_d", "-"), ("=abc", "="), ("ab=c", "="))),
             *((text, BASE64.format(text) + "Invalid last non-pad Base64 character dectected")
               for text in ("AB==", "AAB=", "AAAAAP=="))),
    "timestamp": (("2020-01-01", STRING + "milliseconds since epoch"),
                  (True, BOOLEAN + "milliseconds since epoch"), *CONTAINERS),
    "list": (("x", "Expected list or null"), (1, "Expected list or null"),
             (True, "Expected list or null"), ({}, MAP_START), ({"a": 1}, MAP_START)),
    "map": (("x", "Expected map or null"), (1, "Expected map or null"),
            (False, "Expected map or null"), ([], LIST_START)),
    "structure": (("x", "Expected null"), (1, "Expected null"), (True, "Expected null"),
                  ([], LIST_START)),
}
LONG_LIST = 500  # lists with a higher limit are not filled beyond it


class Members:
    """The input members of one operation, in the order in which their violations are reported."""

    def __init__(self, operation, shared, order=()):
        members = model.input_members(operation)
        assert not order or sorted(order) == sorted(members), (operation, order, list(members))
        self.operation = operation
        self.members = {name: members[name] for name in order or members}
        self.patterns, self.enums = shared["patterns"], shared["enums"]

    def enum(self, shape):
        """The values in the order in which messages print them."""
        for order in self.enums:
            if sorted(order) == sorted(shape["enum"]):
                return order
        return shape["enum"]

    def good(self, shape):
        """A legal value of a member."""
        kind = shape["type"]
        if kind == "structure":
            return {name: self.good(m) for name, m in model.members_of(shape).items() if m.get("required")}
        if kind == "list":
            return [self.good(shape["member"])]
        if kind == "string" and "enum" in shape:
            return self.enum(shape)[0]
        if kind == "string" and "pattern" in shape:
            return self.patterns[shape["pattern"]]["good"]
        return {"string": "x", "integer": shape.get("min", 300), "boolean": False, "blob": "AA==", "timestamp": 1,
                "map": {"a": "b"}}[kind]

    def required_only(self):
        """The smallest body the constraint stage lets pass."""
        return {name: self.good(m) for name, m in self.members.items() if m.get("required")}

    def everywhere(self, members=None, wrap=lambda value: value, prefix=""):
        """(member, dotted path, function that puts a value for it into a body), at any depth."""
        for name, member in (self.members if members is None else members).items():
            def put(value, name=name):
                return wrap({name: value})
            path = prefix + name[0].lower() + name[1:]
            yield member, path, put
            inner = member["member"] if member["type"] == "list" else member
            if inner["type"] != "structure":
                continue
            rest = self.good(inner)
            if member["type"] == "list":
                yield from self.everywhere(model.members_of(inner), lambda v, put=put, rest=rest: put([{**rest, **v}]),
                                           path + ".1.member.")
            else:
                yield from self.everywhere(model.members_of(inner), lambda v, put=put, rest=rest: put({**rest, **v}),
                                           path + ".")

    def cases(self):
        """(name, body, expected __type, its message); no type: the operation is reached."""
        base = self.required_only()
        for member, path, put in self.everywhere():
            for value, message in WRONG[member["type"]]:
                yield f"{path} = {json.dumps(value)}", {**base, **put(value)}, "SerializationException", message
            for value, shown, constraints in self.broken(member):
                message = texts.violations(*(texts.violation(shown, path, c) for c in constraints))
                yield f"{path} = {json.dumps(value)[:60]}", {**base, **put(value)}, texts.VALIDATION, message
            if member["type"] != "structure":
                yield f"{path}, legal", {**base, **put(self.good(member))}, None, None
            if not member.get("required"):
                yield f"{path} = null", {**base, **put(None)}, None, None

    def broken(self, member):
        """(value, printed value or None, constraints violated) for one member."""
        if member.get("required"):
            yield None, "null", [texts.NOT_NULL]
        yield from getattr(self, "broken_" + member["type"], lambda _: ())(member)

    def broken_string(self, member):
        if "enum" in member:
            values = self.enum(member)
            for value in ("", "x", values[0].lower(), values[0] + " "):
                yield value, f"'{value}'", [texts.one_of(values)]
            return
        pattern, least, most = member.get("pattern"), member.get("min"), member.get("max")
        values = [*self.patterns[pattern]["bad"]] if pattern else []
        values += [""] if least and "" not in values else []
        if most:
            start = self.patterns[pattern]["good"] if pattern else ""
            values.append((start + "a" * (most + 1))[:most + 1])
        for value in values:
            wrong = []
            if pattern and not re.fullmatch(pattern, value, re.ASCII):
                wrong.append(texts.matches(pattern))
            if least and len(value) < least:
                wrong.append(texts.at_least(least))
            if most and len(value) > most:
                wrong.append(texts.at_most(most))
            yield value, f"'{value}'", wrong

    def broken_integer(self, member):
        least, most = member.get("min"), member.get("max")
        if least is not None:
            for value in {least - 1, -1, -2147483648}:
                yield value, f"'{value}'", [texts.value_at_least(least)]
            # Clamped, or rounded down, before it is judged.
            yield -100000000000, "'-2147483648'", [texts.value_at_least(least)]
            yield least - 0.5, f"'{least - 1}'", [texts.value_at_least(least)]
        if most is not None:
            yield most + 1, f"'{most + 1}'", [texts.value_at_most(most)]
            yield 100000000000, "'2147483647'", [texts.value_at_most(most)]

    def broken_list(self, member):
        inner, least, most = member["member"], member.get("min"), member.get("max")
        structures = inner["type"] == "structure"

        def shown(value):
            return None if structures else f"'[{', '.join(value)}]'"
        if least:
            yield [], shown([]), [texts.at_least(least)]
        if most and most <= LONG_LIST:
            many = [self.good(inner)] * (most + 1)
            yield many, shown(many), [texts.at_most(most)]
        if "enum" in inner:
            each = f"Member must satisfy constraint: [{texts.one_of(self.enum(inner))}]"
            first = inner["enum"][0]
            for value in ([""], [first, first.lower()]):
                yield value, shown(value), [each]
        elif not structures:
            each = f"Member must satisfy constraint: [{texts.at_most(inner['max'])}, {texts.at_least(inner['min'])}]"
            long = "b" * (inner["max"] + 1)
            for value in ([""], ["a", "", "b"], [long], ["", long]):
                yield value, shown(value), [each]

    @staticmethod
    def broken_map(member):
        if member.get("min"):
            yield {}, "'{}'", [texts.at_least(member["min"])]
        keys = f"Map keys must satisfy constraint: [{texts.at_most(128)}, {texts.at_least(1)}]"
        values = f"Map value must satisfy constraint: [{texts.at_most(256)}, {texts.at_least(0)}]"
        yield {"": "v"}, "'{=v}'", [keys]
        yield {"k" * 129: "v"}, "'{" + "k" * 129 + "=v}'", [keys]
        yield {"k": "v" * 257}, "'{k=" + "v" * 257 + "}'", [values]
        yield {"": "v" * 257}, "'{=" + "v" * 257 + "}'", [keys, values]
