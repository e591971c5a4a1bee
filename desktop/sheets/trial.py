"""A page to try a printer with: every mark of the letters, figures under each other, and a code to be read back."""

from desktop.sheets.sheet import Code, Column, Facts, Paper, Paragraph, Row, Sheet, Table, Title, bold, on_paper, plain
from desktop.words import Words

# What the code says; whoever scans it sees that it is no receipt.
CODE = "ĐIỂM GIAO DỊCH · TRANG IN THỬ · KHÔNG PHẢI BIÊN LAI"
_SUMS = ("1.234.567.890", "98.765.432", "111.111", "500")


def trial_sheet(words: Words, *, printer: str, medium: Paper) -> Sheet:
    """For a printer by its name and the paper it is said to hold."""
    facts = (("printer", printer), ("medium", words(f"paper.trial.{medium}")))
    rows = tuple(Row(cells=(words("paper.trial.line", number=str(at)), sum_)) for at, sum_ in enumerate(_SUMS, start=1))
    made = Sheet(
        paper="a4" if medium == "a4" else "a5",
        family="sans",
        name=words("paper.trial.title"),
        language=words.tag,
        blocks=(
            Title(text=words("paper.trial.title"), under=words("paper.trial.under")),
            Facts(items=tuple((plain(words(f"paper.trial.{name}")), bold(value)) for name, value in facts)),
            Paragraph(said=(plain(words("paper.trial.letters")),)),
            Table(
                columns=(
                    Column(title=words("paper.trial.what"), share=60),
                    Column(title=words("paper.trial.sum"), share=40, align="right"),
                ),
                rows=rows,
            ),
            Code(text=CODE, lines=(words("paper.trial.code"),)),
        ),
        foot=words("paper.trial.foot"),
        page="{page}/{pages}",
    )
    return on_paper(made, medium)
