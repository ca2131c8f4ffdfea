"""What the headers of tables are called, in the languages in which tables come along.

Words are compared without case, marks, blanks and punctuation. Earlier ones win over later ones.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Dict, Optional

VALUE, NAME, RED, GREEN, BLUE, ALPHA, COLOR, OTHER = (
    "value", "name", "red", "green", "blue", "alpha", "color", "other",
)  # fmt: skip

#: The roles of a color's channels, in their order.
CHANNEL_ROLES = (RED, GREEN, BLUE)

_VALUE = """
value classvalue pixelvalue rastervalue cellvalue gridvalue gridcode wert klassenwert pixelwert
rasterwert valeur valeurpixel valeurclasse valor valorpixel valorclase valordopixel valore waarde
klassewaarde varde verdi vaerdi arvo wartosc code classcode klassencode codeclasse codigo codice
kod kode koodi dn pixel class classid classnumber classno classnr classindex classidx clase classe
klasse klassennummer klassennr klassenid id identifier labelid categoryid key nummer nr no num
number
numero numer index idx label category
kategorie
"""
_NAME = """
name classname labelname displayname klassenname bezeichnung klassenbezeichnung nom nomclasse
nomdelaclasse libelle nombre nombreclase nombredeclase nome nomeclasse nomedaclasse naam klassenaam
namn klassnamn navn nazwa nimi label classlabel class klasse classe clase klasa klass landcover
landcoverclass landuse landuseclass landbedeckung nutzungsart nutzung etiqueta etichetta etiquette
beschriftung category categoryname kategorie categorie categoria title titel titre titulo titolo
legend legende leyenda legenda description beschreibung descripcion descrizione descricao
omschrijving text type typ species
"""
_RED = "red r rot rouge rojo rosso vermelho rood rod czerwony redvalue rotwert colorred red255"
_GREEN = "green g grun gruen vert verde groen gron zielony greenvalue grunwert colorgreen green255"
_BLUE = "blue b blau bleu azul blu blauw bla niebieski bluevalue blauwert colorblue blue255"
_ALPHA = "alpha a opacity transparency deckkraft transparenz opacite opacidad opacita opacidade"
_COLOR = """
color colour colorhint hex hexcode hexcolor hexcolour colorhex colourhex htmlcolor colorcode
colourcode rgb rgba rgbhex colorrgb rgbcode rgbcolor farbe farbwert farbcode hexfarbe hexwert
couleur codecouleur colore cor kleur farg farve farge kolor vari fill fillcolor palette
"""
_OTHER = """
count pixelcount anzahl histogram area flache hectares prozent percent fid oid objectid rowid shape
shapelength shapearea supercategory isthing cantidad nodata
"""

#: Which words stand for what, and how early they come.
WORDS: Dict[str, Dict[str, int]] = {
    role: {word: rank for rank, word in enumerate(words.split())}
    for role, words in (
        (VALUE, _VALUE), (NAME, _NAME), (RED, _RED), (GREEN, _GREEN), (BLUE, _BLUE),
        (ALPHA, _ALPHA), (COLOR, _COLOR), (OTHER, _OTHER),
    )
}  # fmt: skip

#: Whatever stands below these, such as numbers alone, is a name.
_SURE_NAMES = ("name", "classname", "labelname", "displayname", "klassenname", "bezeichnung")
#: Inside longer headers ("NLCD Land Cover Class", "LC_Name") these still tell a column of names.
_INSIDE_NAMES = ("name", "label", "class", "klasse", "libell", "bezeichn", "desc")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_LONGEST = 60


def bare(title: object) -> str:
    """A header as it is compared.

    Examples
    --------
    >>> bare(" Código_Clase "), bare("Klassen-Nr.")
    ('codigoclase', 'klassennr')
    """
    if not isinstance(title, str) or len(title) > _LONGEST:
        return ""
    plain = unicodedata.normalize("NFKD", title.casefold().translate(_LETTERS))
    return re.sub(r"[^a-z0-9]", "", plain)


def rank(title: object, role: str) -> Optional[int]:
    """How early a header comes among the words of a role; None when it is none of them."""
    word = bare(title)
    found = WORDS[role].get(word)
    if found is None and role == NAME and any(part in word for part in _INSIDE_NAMES):
        return len(WORDS[NAME])
    return found


def is_known(title: object) -> bool:
    """Whether a header is a word of any role."""
    return any(bare(title) in words for words in WORDS.values())


def is_sure(title: object) -> bool:
    """Whether a header can only be that of names, whatever stands below it."""
    return bare(title) in _SURE_NAMES
