"""`/api/docs`: the OpenAPI document as one plain page, rendered here, without scripts and outside hosts."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.headers import page_policy

Document = Mapping[str, Any]

_STYLE: Final = """
body{font:15px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d5dbe1}
details{border:1px solid #d5dbe1;border-radius:6px;margin:.4rem 0;padding:.35rem .7rem}
summary{cursor:pointer}code,pre{font:13px ui-monospace,monospace;background:#f3f5f7;border-radius:4px;padding:.1em .3em}
pre{padding:.6rem;overflow:auto}
table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #d5dbe1;padding:.2rem .5rem;
text-align:left;vertical-align:top}.m{display:inline-block;width:4.2rem;font-weight:700}.get{color:#0a6b3d}.post{color:#0b57a4}.patch{color:#8a5a00}
"""

POLICY: Final = page_policy(_STYLE)


def render(document: Document) -> str:
    """The whole page."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{_text(document['info']['title'])} API</title>",
        f"<style>{_STYLE}</style><h1>{_text(document['info']['title'])} API {_text(document['info']['version'])}</h1>",
        "<p>The same for machines: <a href=/api/openapi.json>/api/openapi.json</a></p>",
        _prose(document["info"]["description"]),
        *(_section(document, tag) for tag in document["tags"]),
        "<h2>Schemas</h2>",
        *(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
    ]
    return "\n".join(parts)


def _section(document: Document, tag: Mapping[str, str]) -> str:
    operations = "".join(
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation.get("tags", ())
    )
    return f"<h2>{_text(tag['name'])}</h2><p>{_text(tag['description'])}</p>{operations}"


def _operation(path: str, method: str, operation: Document) -> str:
    head = f"<span class='m {method}'>{method.upper()}</span><code>{_text(path)}</code> {_text(operation['summary'])}"
    return (
        f"<details id={operation['operationId']}><summary>{head}</summary>"
        f"{_prose(operation.get('description', ''))}{_parameters(operation)}{_body(operation)}{_responses(operation)}</details>"
    )


def _parameters(operation: Document) -> str:
    rows = "".join(
        f"<tr><td><code>{_text(one['name'])}</code><td>{one['in']}{' (required)' if one.get('required') else ''}"
        f"<td>{_type(one['schema'])}<td>{_text(one.get('description', ''))}"
        for one in operation.get("parameters", ())
    )
    return f"<table><tr><th>parameter<th>in<th>type<th>{rows}</table>" if rows else ""


def _body(operation: Document) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return f"<p>Body: {_type(content['schema'])}" if content else ""


def _responses(operation: Document) -> str:
    rows = "".join(
        f"<tr><td>{status}<td>{_text(answer['description'])}<td>{' '.join(_answer_types(answer))}"
        for status, answer in operation["responses"].items()
    )
    return f"<table><tr><th>status<th>when<th>answer{rows}</table>"


def _answer_types(answer: Document) -> Iterator[str]:
    for content in answer.get("content", {}).values():
        if content.get("schema"):
            yield _type(content["schema"])


def _schema(name: str, schema: Document) -> str:
    return (
        f"<details id=schema-{_text(name)}><summary><code>{_text(name)}</code></summary>{_prose(schema.get('description', ''))}"
        f"{_members(schema)}</details>"
    )


def _members(schema: Document) -> str:
    if "enum" in schema:
        return "<p>" + " ".join(f"<code>{_text(str(value))}</code>" for value in schema["enum"])
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{_text(name)}</code>{'' if name in required else ' ?'}<td>{_type(member)}"
        f"<td>{_text(member.get('description', ''))}"
        for name, member in schema.get("properties", {}).items()
    )
    return f"<table><tr><th>member<th>type<th>{rows}</table>"


def _type(schema: Document) -> str:
    """A type in a few words, references as links."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"<a href='#schema-{_text(name)}'>{_text(name)}</a>"
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "enum" in schema or "const" in schema:
        return _text(json.dumps(schema.get("enum", schema.get("const"))))
    return _text(schema.get("format") or schema.get("type") or "any")


def _prose(text: str) -> str:
    """The little Markdown our descriptions use: paragraphs, headings, tables, bold, code."""
    return "".join(_block(block) for block in text.strip().split("\n\n") if block)


def _block(block: str) -> str:
    if block.startswith("## "):
        return f"<h2>{_inline(block[3:])}</h2>"
    if block.startswith("|"):
        lines = [line for line in block.splitlines() if not set(line) <= set("|-: ")]
        return f"<table>{''.join(_row(line) for line in lines)}</table>"
    return f"<p>{_inline(block)}</p>"


def _row(line: str) -> str:
    return "<tr>" + "".join(f"<td>{_inline(cell.strip())}" for cell in re.split(r"(?<!\\)\|", line.strip("|")))


def _inline(text: str) -> str:
    escaped = _text(text.replace("\\|", "|"))
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", escaped)


def _text(value: str) -> str:
    return html.escape(value)
