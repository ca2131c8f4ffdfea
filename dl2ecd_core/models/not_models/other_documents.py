"""Files that often lie where a model should be."""

from __future__ import annotations

from ...findings.errors import ModelFileError
from ...findings.wording import printable
from ...wire.source import ByteSource

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_LFS = b"version https://git-lfs.github.com/spec/"

_HEAD = 64 * 1024
#: Documents that go with models, by a key that only they have; the .ecd holds the others' keys.
_DOCUMENTS = (
    (
        b'"EsriClassifierDefinitionFile"',
        "a classifier definition (.ecd)",
        "Get the model in it out with 'dl2ecd extract', or look at it with 'dl2ecd show'.",
    ),
    (
        b'"ImportDeepLearningModelToEsriExtraInfo"',
        "a class information document",
        "Give the model here; where both are asked for, the model comes first and the class "
        "information second.",
    ),
    (
        b'"ModelFile"',
        "a model definition (.emd)",
        "Convert it with its model: dl2ecd convert FILE.emd FILE.ecd.",
    ),
)


def refuse_mistaken(source: ByteSource) -> None:
    """Say what an empty file, a Git LFS pointer or a web page is, instead of "not recognised".

    Raises
    ------
    ModelFileError
        ``model-empty``, ``model-is-lfs-pointer`` or ``model-is-web-page``.
    """
    if source.size == 0:
        raise ModelFileError(
            "model-empty",
            f"The file '{source.name}' is empty.",
            hint="Fetch or export the model again.",
            file=source.name,
            offset=0,
        )
    start = source.read_up_to(0, 512)
    if start.startswith(_LFS):
        raise ModelFileError(
            "model-is-lfs-pointer",
            f"'{source.name}' is a Git LFS pointer: a note saying where the model lies, not the "
            "model itself.",
            hint="Run 'git lfs pull' in the repository, or download the file from its web page.",
            file=source.name,
            offset=0,
        )
    is_json = start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    head = source.read_up_to(0, _HEAD) if is_json else b""
    for mark, kind, hint in _DOCUMENTS:
        if mark in head:
            raise ModelFileError(
                "model-not-a-model",
                f"'{printable(source.name, 400)}' is {kind}, not a model.",
                hint=hint,
                file=source.name,
                offset=0,
            )
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        raise ModelFileError(
            "model-is-web-page",
            f"'{source.name}' is a web page, not a model: a download probably saved an error or "
            "sign-in page.",
            hint="Open the file in a browser to see what it says, then download the model again.",
            file=source.name,
            offset=0,
        )
