"""What a user would take instead: the same rubric for rules engines, told from the rubric's own data.

    inputs      an application as an engine reads it best: flat, numbers and words, nothing missing but said so
    translate   the rubric with a round's parameters as expressions, one per item, clause sums and gates
    zen_graph   … as a decision graph of zen-engine
    cel_program … as programs of the Common Expression Language (common-expression-language, in Rust)

Both engines get the application in this shape for nothing: shaping is not part of what is measured. Neither checks that
a fact fits, says anything of a reason, or proves anything by a digest.
"""
