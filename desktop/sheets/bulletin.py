"""The office's bulletins, a page each, to be read out and to hang on the board: nothing is added to what it wrote."""

from desktop.sheets.occasion import Occasion, sheet
from desktop.sheets.parts import day_text, fact
from desktop.sheets.sheet import Facts, Paragraph, Sheet, bold, plain


def bulletin(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4, in the office's order; none where the pack brought none."""
    words = occasion.words
    return tuple(
        sheet(
            occasion,
            "bulletin",
            target=one.bulletin_no,
            blocks=(
                Facts(
                    items=(
                        fact(words("paper.bulletin.number"), one.bulletin_no),
                        fact(words("paper.bulletin.issued"), day_text(one.issued_on)),
                    )
                ),
                Paragraph(said=(bold(one.title),)),
                *(Paragraph(said=(plain(text),)) for text in one.paragraphs),
            ),
        )
        for one in occasion.session.terms.bulletins
    )
