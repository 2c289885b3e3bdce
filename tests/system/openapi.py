# SPDX-License-Identifier: Apache-2.0
"""docs/client-api/openapi.yaml as a judge of answers."""
import base64
import binascii
import copy
import json
import pathlib

import jsonschema
import yaml

FILE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "client-api" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def _content_encoding(validator, encoding, instance, schema):
    if isinstance(instance, str) and encoding == "base64":
        try:
            base64.b64decode(instance, validate=True)
        except binascii.Error as error:
            yield jsonschema.ValidationError(f"{instance!r} is no base64: {error}")


def _content_schema(validator, inner, instance, schema):
    if not isinstance(instance, str) or schema.get("contentMediaType") != "application/json":
        return
    try:
        value = json.loads(instance)
    except ValueError as error:
        yield jsonschema.ValidationError(f"{instance!r} is no JSON: {error}")
        return
    yield from validator.descend(value, inner)


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {
    "contentEncoding": _content_encoding, "contentSchema": _content_schema})


def _close(node, partial=False):
    """Forbids members that are not described: clients ignore them, but ours are all described."""
    if isinstance(node, list):
        for item in node:
            _close(item, partial)
        return
    if not isinstance(node, dict):
        return
    names = node.get("properties")
    if not partial and isinstance(names, dict) and "additionalProperties" not in node:
        node["additionalProperties"] = False
    for key, value in node.items():
        if key in ("allOf", "oneOf"):
            _close(value, partial=True)
        elif key == "properties":
            for inner in value.values():
                _close(inner, partial=False)
        elif key not in ("example", "const", "enum"):
            _close(value, partial=False)


class Document:
    def __init__(self, text=None):
        self.open = yaml.safe_load(FILE.read_text(encoding="utf-8") if text is None else text)
        self.root = copy.deepcopy(self.open)
        _close(self.root)
        self._resolver = jsonschema.RefResolver.from_schema(self.root)

    def resolve(self, node):
        """What a reference object stands for; its own description goes before."""
        if "$ref" not in node:
            return node
        _, target = self._resolver.resolve(node["$ref"])
        return {**self.resolve(target), **{k: v for k, v in node.items() if k != "$ref"}}

    def operations(self):
        """(METHOD, path, operation) of all."""
        return [(method.upper(), path, operation) for path, item in self.root["paths"].items()
                for method, operation in item.items() if method in METHODS]

    def operation(self, method, path):
        return self.root["paths"][path][method.lower()]

    def validate(self, value, schema):
        Validator(schema, resolver=self._resolver).validate(value)

    def check_request(self, method, path, body):
        content = self.resolve(self.operation(method, path)["requestBody"])["content"]["application/json"]
        self.validate(body, content["schema"])

    def check_answer(self, response, headers, body):
        """A body and headers against a response object."""
        response = self.resolve(response)
        assert headers.get("Content-Type") in response["content"], (headers, body)
        for name, header in response.get("headers", {}).items():
            self.validate(headers.get(name), self.resolve(header)["schema"])
        assert body.endswith(b"\n") and body.count(b"\n") == 1, body
        kind = headers["Content-Type"]
        value = json.loads(body) if kind == "application/json" else body.decode()
        self.validate(value, response["content"][kind]["schema"])

    def check(self, method, path, status, headers, body):
        responses = self.operation(method, path)["responses"]
        assert str(status) in responses, f"{method} {path}: {status} is not documented: {body!r}"
        self.check_answer(responses[str(status)], headers, body)
