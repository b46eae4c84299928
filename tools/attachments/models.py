"""What the attachment tools take and give. The descriptions are what an agent's model reads: when to use, not how."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer

from tools.fields import Collection, MaxTokens, not_blank, without_controls
from tools.retrieval.rendering import fenced, in_a_line, visible
from tools.spec import Arguments, Result


def _label(filename: str) -> str:
    """The last component of a file name, whichever system it comes from. Raises ValueError where there is none."""
    return not_blank(without_controls(filename.replace("\\", "/").rpartition("/")[2]))


Filename = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_label)]
PathText = Annotated[
    str, StringConstraints(min_length=1, max_length=999), AfterValidator(without_controls), AfterValidator(not_blank)
]


class SaveArguments(Arguments):
    filename: Filename = Field(description="With extension")
    content_base64: str = Field(description="Its bytes")


class ProcessArguments(Arguments):
    file_path: PathText | None = Field(None, description="In an allowed folder")
    attachment_id: str | None = Field(None, min_length=1, max_length=64, description="From attachment_save")
    filename: Filename | None = Field(None, description="If the name has no extension")
    extract_metadata: bool = Field(True, description="Author, dates")
    chunk_for_rag: bool = Field(False, description="Let rag_search find it")
    collection: Collection = Field("default", description="For chunk_for_rag")
    max_tokens: MaxTokens | None = Field(None, description="Size limit")


class Saved(Result):
    attachment_id: str
    filename: str
    size: int
    format: str

    def text(self) -> str:
        return f"Saved {self.format}, {self.size:,} bytes. attachment_process reads attachment_id {self.attachment_id}"


class Processed(Result):
    """What a file says. In the record ``content`` is called text, a name that is taken here."""

    content: str = Field("", exclude=True)
    format: str
    pages: int | None = None
    title: str = ""
    metadata: dict[str, Any] = Field(default={})
    document_id: str | None = None
    chunks: int | None = None
    truncated: bool
    warnings: list[str] = Field(default=[])
    note: str = ""

    @model_serializer(mode="wrap")
    def _record(self, rest: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"text": self.content, **rest(self)}

    def text(self) -> str:
        pages = f", {self.pages:,} pages" if self.pages else ""
        about = {"title": self.title, **self.metadata} if self.title else self.metadata
        lines = [in_a_line(f"{name}: {_written(value)}") for name, value in about.items()]
        told = [*self.warnings, *([self.note] if self.note else [])]
        return "\n".join([f"{self.format}{pages}", fenced("file", [*lines, "", visible(self.content)]), *told])


def _written(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
