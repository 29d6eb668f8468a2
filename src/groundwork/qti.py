"""Items in a QTI 2.1 package: one XML file an item, and a manifest.

QTI holds our rules for `single`, `multiple`, `match`, `sort`, `mark` and `estimate`
exactly; `order` is all or nothing there.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from .banks import Losses, asked, html, line, reasons
from .items import (
    Estimate,
    Item,
    Mark,
    Match,
    Multiple,
    Order,
    Part,
    Reflection,
    Scenario,
    Single,
    Sort,
)

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
EPOCH = (1980, 1, 1, 0, 0, 0)
RESPONSE, SCORE, FEEDBACK = "RESPONSE", "SCORE", "FEEDBACK"

Shares = Mapping[str, float]
"""What each answer (or pair of answers) earns."""


def qti(title: str, items: list[Item], losses: Losses) -> bytes:
    """Write items as a QTI 2.1 package."""
    losses.everywhere(
        "objective, claims, minutes and the section to read again are not in the QTI package"
    )
    written: dict[str, ET.Element] = {}
    for item in items:
        if isinstance(item, Scenario):
            losses.whole(item, "its conversation in steps is not written as a QTI item")
            continue
        if item.hint:
            losses.of(item, "a QTI item as written here has no hints; the hint is left out")
        written[f"items/{item.id}.xml"] = _item(item, losses)
    return _packed({"imsmanifest.xml": _manifest(title, written), **written})


def _packed(files: Mapping[str, ET.Element]) -> bytes:
    """A zip whose bytes depend on nothing but what is in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, root in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return packed.getvalue()


def _manifest(title: str, names: Iterable[str]) -> ET.Element:
    manifest = ET.Element("manifest", {"xmlns": PACKAGE, "identifier": "groundwork-items"})
    manifest.append(ET.Comment(f" {title.replace('--', ' ')} "))
    metadata = ET.SubElement(manifest, "metadata")
    ET.SubElement(metadata, "schema").text = "QTIv2.1 Package"
    ET.SubElement(metadata, "schemaversion").text = "1.0.0"
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    for name in names:
        identifier = f"item-{name.removeprefix('items/').removesuffix('.xml')}"
        resource = ET.SubElement(
            resources, "resource",
            {"identifier": identifier, "type": "imsqti_item_xmlv2p1", "href": name},
        )  # fmt: skip
        ET.SubElement(resource, "file", href=name)
    return manifest


def _item(item: Item, losses: Losses) -> ET.Element:
    root = ET.Element(
        "assessmentItem",
        {
            "xmlns": QTI,
            "identifier": item.id,
            "title": item.id,
            "adaptive": "false",
            "timeDependent": "false",
        },
    )
    match item:
        case Single() | Multiple():
            _choice(root, item)
        case Match():
            _matched(root, item, item.left, item.right, item.pairs)
        case Sort():
            wanted = {card.id: card.category for card in item.cards}
            _matched(root, item, item.cards, item.categories, wanted)
        case Mark():
            _hottext(root, item)
        case Order():
            losses.of(item, "QTI scores an order all or nothing, not by the longest run")
            _ordered(root, item)
        case Estimate():
            _slider(root, item)
        case Reflection():
            losses.of(item, "becomes an extended text, scored by a person; its rubric goes along")
            _text(root, item)
        case Scenario():
            raise AssertionError("left out before")
    return root


def _choice(root: ET.Element, item: Single | Multiple) -> None:
    right = item.right()
    single = isinstance(item, Single)
    wrong = 0.0 if single else -1 / len(right)
    shares = {_id(o.id): 1 / len(right) if o.correct else wrong for o in item.options}
    cardinality = "single" if single else "multiple"
    _declare(root, "identifier", cardinality, [_id(o) for o in sorted(right)], shares)
    _outcomes(root, feedback=cardinality)
    body = _body(root, asked(item))
    choices = _interaction(
        body, "choiceInteraction", shuffle="true", maxChoices="1" if single else "0"
    )
    for option in item.options:
        choices.append(_words("simpleChoice", line(option.text), identifier=_id(option.id)))
    processing = ET.SubElement(root, "responseProcessing")
    _set(processing, SCORE, ET.Element("mapResponse", identifier=RESPONSE))
    _set(processing, FEEDBACK, _variable())
    for option in item.options:
        _modal(root, _id(option.id), html(option.why))


def _matched(
    root: ET.Element,
    item: Item,
    left: Iterable[Part],
    right: Iterable[Part],
    wanted: Mapping[str, str],
) -> None:
    pairs = [f"{_id(a)} {_id(b)}" for a, b in wanted.items()]
    _declare(root, "directedPair", "multiple", pairs, dict.fromkeys(pairs, 1 / len(pairs)))
    _outcomes(root)
    table = _interaction(
        _body(root, asked(item)),
        "matchInteraction",
        shuffle="true",
        maxAssociations=f"{len(pairs)}",
    )
    for parts, most in ((left, "1"), (right, "0")):
        side = ET.SubElement(table, "simpleMatchSet")
        for part in parts:
            side.append(
                _words(
                    "simpleAssociableChoice", line(part.text), identifier=_id(part.id),
                    matchMax=most,
                )
            )  # fmt: skip
    _mapped(root, item)


def _hottext(root: ET.Element, item: Mark) -> None:
    right = sorted(item.right())
    shares = {p.id: (1 if p.correct else -1) / len(right) for p in item.phrases}
    _declare(
        root, "identifier", "multiple", [_id(p) for p in right],
        {_id(name): share for name, share in shares.items()},
    )  # fmt: skip
    _outcomes(root)
    body = _body(root, html(item.stem))
    text = _interaction(body, "hottextInteraction", maxChoices="0")
    paragraph = ET.SubElement(text, "p")
    for segment in item.segments():
        if not isinstance(segment, str):
            hot = ET.SubElement(paragraph, "hottext", identifier=_id(segment["id"]))
            hot.text = segment["text"]
            continue
        first, *rest = segment.split("\n\n")
        _add_text(paragraph, first)
        for part in rest:
            paragraph = ET.SubElement(text, "p")
            paragraph.text = part
    _mapped(root, item)


def _ordered(root: ET.Element, item: Order) -> None:
    _declare(root, "identifier", "ordered", [_id(step.id) for step in item.steps])
    _outcomes(root)
    steps = _interaction(_body(root, asked(item)), "orderInteraction", shuffle="true")
    for step in item.steps:
        steps.append(_words("simpleChoice", line(step.text), identifier=_id(step.id)))
    processing = ET.SubElement(root, "responseProcessing")
    when = ET.SubElement(ET.SubElement(processing, "responseCondition"), "responseIf")
    _operator(when, "match", _variable(), ET.Element("correct", identifier=RESPONSE))
    _set(when, SCORE, _number(1))
    _told(processing)
    _modal(root, "reasons", reasons(item))


def _slider(root: ET.Element, item: Estimate) -> None:
    numbers = (item.min, item.max, item.value, item.tolerance)
    step = 1 if all(float(number).is_integer() for number in numbers) else 0.1
    _declare(root, "float", "single", [f"{item.value:g}"])
    _outcomes(root)
    _interaction(
        _body(root, asked(item)), "sliderInteraction", lowerBound=f"{item.min:g}",
        upperBound=f"{item.max:g}", step=f"{step:g}",
    )  # fmt: skip
    processing = ET.SubElement(root, "responseProcessing")
    when = ET.SubElement(ET.SubElement(processing, "responseCondition"), "responseIf")
    _operator(_operator(when, "not"), "isNull", _variable())
    _set(when, SCORE, _slope(item))
    _told(processing)
    _modal(root, "reasons", reasons(item))


def _slope(item: Estimate) -> ET.Element:
    """Our rule in QTI's own operators: 1 within the tolerance, falling to 0 at `zero_at`."""
    over = _built("subtract", _variable(), _number(item.value))
    under = _built("subtract", _number(item.value), _variable())
    left = _built("subtract", _number(item.zero_at), _built("max", over, under))
    share = _built("divide", left, _number(item.zero_at - item.tolerance))
    return _built("max", _number(0), _built("min", _number(1), share))


def _text(root: ET.Element, item: Reflection) -> None:
    declared = {"identifier": RESPONSE, "cardinality": "single", "baseType": "string"}
    ET.SubElement(root, "responseDeclaration", declared)
    _outcome(root, SCORE, "single", "float", "0")
    body = _body(root, html(item.stem))
    rubric = ET.SubElement(body, "rubricBlock", view="scorer")
    rubric.extend(_nodes("".join(html(one) for one in item.rubric)))
    _interaction(body, "extendedTextInteraction", expectedLines="15")


def _declare(
    root: ET.Element,
    kind: str,
    cardinality: str,
    right: Iterable[str],
    shares: Shares | None = None,
) -> None:
    """The response: what is right, and what each answer earns where answers earn shares."""
    declared = {"identifier": RESPONSE, "cardinality": cardinality, "baseType": kind}
    response = ET.SubElement(root, "responseDeclaration", declared)
    correct = ET.SubElement(response, "correctResponse")
    for value in right:
        ET.SubElement(correct, "value").text = value
    if shares:
        bounds = {"lowerBound": "0", "upperBound": "1", "defaultValue": "0"}
        mapping = ET.SubElement(response, "mapping", bounds)
        for key, share in shares.items():
            ET.SubElement(mapping, "mapEntry", mapKey=key, mappedValue=f"{share:.10g}")


def _outcomes(root: ET.Element, *, feedback: str = "single") -> None:
    _outcome(root, SCORE, "single", "float", "0")
    _outcome(root, FEEDBACK, feedback, "identifier")


def _outcome(
    root: ET.Element, name: str, cardinality: str, kind: str, default: str | None = None
) -> None:
    declared = {"identifier": name, "cardinality": cardinality, "baseType": kind}
    outcome = ET.SubElement(root, "outcomeDeclaration", declared)
    if default is not None:
        ET.SubElement(ET.SubElement(outcome, "defaultValue"), "value").text = default


def _body(root: ET.Element, words: str) -> ET.Element:
    body = ET.SubElement(root, "itemBody")
    body.append(_words("div", words))
    return body


def _interaction(body: ET.Element, kind: str, **attributes: str) -> ET.Element:
    return ET.SubElement(body, kind, {"responseIdentifier": RESPONSE, **attributes})


def _mapped(root: ET.Element, item: Item) -> None:
    """Score by the mapping, then tell every reason."""
    processing = ET.SubElement(root, "responseProcessing")
    _set(processing, SCORE, ET.Element("mapResponse", identifier=RESPONSE))
    _told(processing)
    _modal(root, "reasons", reasons(item))


def _told(processing: ET.Element) -> None:
    said = ET.Element("baseValue", baseType="identifier")
    said.text = "reasons"
    _set(processing, FEEDBACK, said)


def _modal(root: ET.Element, identifier: str, words: str) -> None:
    feedback = ET.SubElement(
        root, "modalFeedback",
        {"outcomeIdentifier": FEEDBACK, "showHide": "show", "identifier": identifier},
    )  # fmt: skip
    feedback.extend(_nodes(words))


def _set(parent: ET.Element, name: str, value: ET.Element) -> None:
    ET.SubElement(parent, "setOutcomeValue", identifier=name).append(value)


def _operator(parent: ET.Element, kind: str, *values: ET.Element) -> ET.Element:
    parent.append(_built(kind, *values))
    return parent[-1]


def _built(kind: str, *values: ET.Element) -> ET.Element:
    operator = ET.Element(kind)
    operator.extend(values)
    return operator


def _variable() -> ET.Element:
    return ET.Element("variable", identifier=RESPONSE)


def _number(value: float) -> ET.Element:
    number = ET.Element("baseValue", baseType="float")
    number.text = f"{value:.10g}"
    return number


def _id(name: str) -> str:
    """An identifier as QTI wants it: ours may begin with a digit."""
    return f"c_{name}"


def _words(tag: str, words: str, **attributes: str) -> ET.Element:
    """An element with HTML of ours inside it."""
    element = ET.fromstring(f"<{tag}>{words}</{tag}>")  # noqa: S314  # our own, escaped
    element.attrib.update(attributes)
    return element


def _nodes(words: str) -> list[ET.Element]:
    return list(_words("div", words))


def _add_text(parent: ET.Element, words: str) -> None:
    """Append text to an element, after its last child where there is one."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + words
    else:
        parent.text = (parent.text or "") + words
