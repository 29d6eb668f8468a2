"""How hard an English text is to read: the Flesch-Kincaid grade.

The formula is that of J. P. Kincaid, R. P. Fishburne, R. L. Rogers and B. S. Chissom,
"Derivation of new readability formulas for Navy enlisted personnel", Research Branch
Report 8-75 (1975): 0.39 x words per sentence + 11.8 x syllables per word - 15.59.

Syllables are counted by rules of spelling, not looked up; a word is now and then off by
one, which a stem of some length evens out.
"""

from __future__ import annotations

import re

TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|vs)\.")
SENTENCE_END = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s|$)|\n\s*\n")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d.,]*")
VOWELS = re.compile(r"[aeiouy]+")

SILENT = (
    re.compile(r"(?<![aeioul])e$"),  # home, not the, not table
    re.compile(r"(?<=[aeiouy])le$"),  # while
    re.compile(r"(?<![sxzcgaeiou])(?<![cs]h)(?<![^aeiouy]l)es$"),  # names, not faces, not tables
    re.compile(r"(?<![tdaeiou])ed$"),  # helped, not wanted
    re.compile(r"(?<=[^aeiou])e(?=(?:ly|ful|less|ment|ness)(?:s|ly|ness)?$)"),  # careful
    re.compile(r"(?<=car)e(?=giv)|(?<=som)e(?=.)|(?<=hom)e(?=[^rs])"),  # caregiver, something
)
SPLIT = (
    re.compile(r"(?<![ctsgx])i[ao]"),  # diary, period; not nation, special
    re.compile(r"(?:(?<![tc])|(?<=sc))ie(?=n[ct]|t)"),  # client, science; not patient
    re.compile(r"[aeiou]ing"),  # being
    re.compile(r"eo(?!p|us)|ua(?=l|t|r)|uou|ue(?=n|l)|oe(?=t|m)"),  # video, usual, poem
    re.compile(r"(?<=cr)ea(?=t)|(?<=[aeiou].)ea$"),  # create, idea
    re.compile(r"sm$|(?<=[ds])n['’]t$"),  # autism, didn't
)


def sentences(text: str) -> list[str]:
    """The sentences of a text that hold at least one word."""
    parts = SENTENCE_END.split(TITLE.sub(r"\1", text))
    return [part for part in parts if WORD.search(part)]


def words(text: str) -> list[str]:
    """The words of a text; the parts of a hyphenated word are words of their own."""
    return WORD.findall(text)


def syllables(word: str) -> int:
    """How many syllables an English word has, by its spelling; a number counts as one."""
    spelled = word.lower()
    count = len(VOWELS.findall(spelled))
    count -= sum(1 for silent in SILENT if silent.search(spelled))
    count += sum(len(split.findall(spelled)) for split in SPLIT)
    return max(count, 1)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of a text: school years a reader needs to follow it."""
    spoken = words(text)
    if not spoken:
        return 0.0
    per_sentence = len(spoken) / len(sentences(text))
    per_word = sum(map(syllables, spoken)) / len(spoken)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59
