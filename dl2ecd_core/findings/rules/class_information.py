"""Rules about the class information document, and about JSON texts as such."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

_FILE: Tuple[Rule, ...] = (
    Rule("file-too-large", _ERROR, "A text file is at most 16 MiB; larger ones are not read."),
    Rule("document-empty", _ERROR, "The document is not empty."),
    Rule("document-not-json", _ERROR, "The document is JSON, not a web page, archive or model."),
    Rule("document-is-emd", _ERROR, "The class information is not a model definition (.emd)."),
    Rule("document-is-ecd", _ERROR, "The class information is not a classifier definition (.ecd)."),
    Rule("json-encoding", _ERROR, "The text is UTF-8, or UTF-16 with its mark."),
)

_SYNTAX: Tuple[Rule, ...] = (
    Rule("json-truncated", _ERROR, "Every opened bracket and brace is closed: nothing is cut off."),
    Rule("json-bracket-mismatch", _ERROR, "Brackets and braces are closed by their own kind."),
    Rule("json-text-after-end", _ERROR, "Nothing follows the end of the document."),
    Rule("json-trailing-comma", _ERROR, "No comma follows the last item."),
    Rule("json-missing-comma", _ERROR, "A comma stands between items."),
    Rule("json-missing-colon", _ERROR, "A colon stands between a key and its value."),
    Rule("json-missing-value", _ERROR, "A value stands wherever one belongs."),
    Rule("json-comment", _ERROR, "The document has no comments: JSON knows none."),
    Rule("json-single-quotes", _ERROR, "Texts are in double quotes, not single ones."),
    Rule("json-curly-quotes", _ERROR, "Quotes are straight, not a word processor's curly ones."),
    Rule("json-unquoted-key", _ERROR, "Keys are in double quotes."),
    Rule("json-unquoted-text", _ERROR, "Text values are in double quotes."),
    Rule("json-missing-quote", _ERROR, "Every quote has its partner."),
    Rule("json-backslash", _ERROR, "Backslashes are doubled, or slashes used in paths."),
    Rule("json-path-escape", _WARNING, "A path holds no tab or line end made by one backslash."),
    Rule("json-control-character", _ERROR, "No NUL or other control character is in the text."),
    Rule("json-half-character", _WARNING, "Escapes of one character come in whole pairs."),
    Rule("json-literal", _ERROR, "true, false and null are spelled as JSON spells them."),
    Rule("json-not-a-number", _ERROR, "Numbers are finite: JSON knows no NaN or Infinity."),
    Rule("json-number-form", _ERROR, "Numbers are plain: no leading zero, plus sign or separator."),
    Rule("json-number-too-large", _ERROR, "Numbers are of a size that a computer can hold."),
    Rule("json-stray-character", _ERROR, "No odd character stands between the parts."),
    Rule("json-unexpected", _ERROR, "Everything in the text has a place in it."),
    Rule("json-duplicate-key", _ERROR, "A key is given once in each object."),
    Rule("json-nested-too-deeply", _ERROR, "Objects and lists nest at most 64 deep."),
    Rule("json-too-many-values", _ERROR, "The document has at most some hundred thousand values."),
    Rule("json-too-many-problems", _INFORMATION, "All problems could be listed."),
)

_KEYS: Tuple[Rule, ...] = (
    Rule("class-info-key-missing", _ERROR, "Every required key is there."),
    Rule("class-info-wrong-type", _ERROR, "Every value is of its key's type."),
    Rule("class-info-wrong-value", _ERROR, "Every value is one that its key can have."),
    Rule("class-info-placeholder", _ERROR, "Placeholders such as 'e.g. CNTK' are filled in."),
    Rule("class-info-contradiction", _ERROR, "What is said twice is said alike."),
    Rule("class-info-misspelt-key", _WARNING, "No unknown key looks like a misspelt known one."),
    Rule("class-info-misspelt-value", _WARNING, "No value looks like a misspelt known one."),
    Rule("class-info-key-not-used", _WARNING, "No key is given that the model itself decides."),
    Rule("class-info-band-list", _WARNING, "ExtractBands lists as many bands as there are."),
)

_CLASSES: Tuple[Rule, ...] = (
    Rule("class-info-no-classes", _ERROR, "There is at least one class."),
    Rule("class-value-duplicate", _ERROR, "Each class has a value of its own."),
    Rule("class-value-out-of-range", _ERROR, "Class values fit 32 bits."),
    Rule("class-value-above-8-bit", _WARNING, "Class values are at most 255: an 8-bit raster."),
    Rule("class-value-negative", _WARNING, "Class values are not negative."),
    Rule("class-name-duplicate", _WARNING, "Each class has a name of its own."),
    Rule("class-name-empty", _ERROR, "Each class has a name."),
    Rule("class-name-blanks", _WARNING, "Class names don't start or end with blanks."),
    Rule("class-name-numbered", _INFORMATION, "No name is still the number that init gave it."),
    Rule("class-name-control-character", _WARNING, "Class names hold no control characters."),
    Rule("class-color-out-of-range", _ERROR, "Color channels are 0 to 255."),
    Rule("class-color-from-palette", _WARNING, "Each class has a color of its own choice."),
)

RULES: Tuple[Rule, ...] = _FILE + _SYNTAX + _KEYS + _CLASSES
