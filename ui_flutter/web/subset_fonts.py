"""Make the console's small fonts from Debian's `fonts-inter` and `fonts-jetbrains-mono`.

A developer's tool, run by hand when a font or the character set changes; its output is committed:
`python -m ui_flutter.web.subset_fonts [font folder]`. Needs `fonttools` and `brotli`.

The sets cover what a Polish station writes: Latin with Extended-A/B, Greek and Cyrillic (names of people and firms
in Windows-1250 panels, notes of Ukrainian guards), punctuation, arrows, mathematics and the geometric shapes.
"""

import sys
from pathlib import Path

from fontTools import subset

HERE = Path(__file__).parent / "fonts"
DEBIAN = Path("/usr/share/fonts")
LATIN = "U+0020-007E,U+00A0-024F,U+02C6-02DD,U+1E80-1E85,U+1E9E,U+2000-206F,U+2070-209F,U+20A0-20BF,U+2100-214F"
SYMBOLS = "U+2190-21FF,U+2200-22FF,U+2318,U+23CE,U+2460-2473,U+25A0-25FF,U+2600-2606,U+26A0,U+2713-2717,U+FFFD"
EASTERN = "U+0384-03CE,U+0400-045F,U+0490-0491"
SOURCES = {
    "Inter-Regular": ("opentype/inter/Inter-Regular.otf", f"{LATIN},{SYMBOLS},{EASTERN}"),
    "Inter-Medium": ("opentype/inter/Inter-Medium.otf", f"{LATIN},{SYMBOLS},{EASTERN}"),
    "Inter-SemiBold": ("opentype/inter/Inter-SemiBold.otf", f"{LATIN},{SYMBOLS},{EASTERN}"),
    "Inter-Bold": ("opentype/inter/Inter-Bold.otf", f"{LATIN},{SYMBOLS},{EASTERN}"),
    "JetBrainsMono-Regular": ("truetype/jetbrains-mono/JetBrainsMono-Regular.ttf", f"{LATIN},{SYMBOLS}"),
    "JetBrainsMono-Bold": ("truetype/jetbrains-mono/JetBrainsMono-Bold.ttf", f"{LATIN},{SYMBOLS}"),
}
FEATURES = "kern,mark,mkmk,ccmp,locl,tnum,zero,case,calt"


def make(name: str, source: Path, unicodes: str) -> int:
    """Write `fonts/<name>.woff2`; returns its size in bytes."""
    target = HERE / f"{name}.woff2"
    subset.main(
        [
            str(source),
            f"--output-file={target}",
            f"--unicodes={unicodes}",
            f"--layout-features={FEATURES}",
            "--flavor=woff2",
            "--desubroutinize",
            "--no-recalc-timestamp",
            "--name-IDs=0,1,2,3,4,5,6,13,14",
        ]
    )
    return target.stat().st_size


def main() -> None:
    """Make every font; prints one line per file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN
    for name, (path, unicodes) in SOURCES.items():
        print(f"{name:24} {make(name, folder / path, unicodes):7} B")


if __name__ == "__main__":
    main()
