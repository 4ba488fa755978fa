"""The conformance kit: it plays the centre against any province's review software and judges what it hears on the bus.

Knows the contract and nothing else of ours: `clauses.yaml` is what is checked, `shared/contracts` the language.

    cli.py → run.py → checks/ (one file per group of clauses) → verdicts.py → report.py
             centre.py (what is said)   ledger.py (what is heard)   driver.py, hands.py (what the kit cannot do itself)
"""
