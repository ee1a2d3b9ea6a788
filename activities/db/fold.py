"""Text as it is searched: lower case, and Polish letters without their marks, so that "lodz" finds "Łódź" and the reverse.

The column `objects.search` holds the folded text, made by the SQL function `stam_fold`; what is looked for is folded here.
Both know the same letters (a test compares them): `unaccent` is not immutable, so no generated column may use it, and its
rules are a file of the server's that we cannot count on.
"""

from typing import Final

MARKED: Final = "ąćęłńóśźżáäčďéěíľňôöřšťúůüýžßĄĆĘŁŃÓŚŹŻÁÄČĎÉĚÍĽŇÔÖŘŠŤÚŮÜÝŽ"
PLAIN: Final = "acelnoszzaacdeeilnoorstuuuyzsacelnoszzaacdeeilnoorstuuuyz"

_TABLE: Final = str.maketrans(MARKED, PLAIN)


def fold(text: str) -> str:
    """As `stam_fold` does it in the database."""
    return text.translate(_TABLE).lower()


def words(text: str) -> list[str]:
    """What must all be found, folded."""
    return fold(text).split()
