"""intake 申报: chambers hand in, and see at any moment where their application is.

Owns:       chambers (and the lists they were imported from), rounds, applications, evidence (files by their SHA-256),
            and the rubrics it has heard of.
Announces:  round.opened, round.closed, application.submitted, application.withdrawn,
            chamber.renamed, chamber.merged.
Hears:      rubric.published (what a round must fill in); application.scored, case.*, marks.settled,
            notice.opened, objection.ruled, honour.* (the applicant's timeline; a return reopens the form).

    domain/   what is decided, purely: one file per idea, refusals beside it
    handlers  which event changes which document            api/     HTTP in → deciders
    store     collections, queries, files                   keeper   closes rounds, finishes cut-off imports
    tables    XLSX and CSV bytes → rows of text             app      puts it together

An application belongs to one chamber in one round, and its id says so: `<round>-<credit code>`.
"""
